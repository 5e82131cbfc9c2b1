//! The tenant behind the API: who may call what, and the order in which a call is looked at. What an endpoint does is its own file's.
//!
//! Order (inferred): host and path 404, method 405, token 401, scope 403, rate 429, content type 415, size 413, then the query and the
//! body.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::header;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    jobs, limits,
    oauth::{self, Grant, Vault},
    objects,
    options::{Client, Harm, NewDataExtension, Options},
    route::Route,
    rowset,
    state::State,
    submit,
    words::{self, Refusal},
};
use crate::{
    ledger::Ledger,
    rates::Rates,
    running::Holds,
    vendor::{Call, ComeBack, Portion, Reply, SeedError, Vendor, list_of},
};

pub(super) struct Service {
    pub(super) options: Options,
    pub(super) ledger: Arc<Ledger>,
    state: Mutex<State>,
    vault: Mutex<Vault>,
    calls: Mutex<Rates<()>>,
}

impl Service {
    pub(super) fn new(options: Options, ledger: Arc<Ledger>) -> Self {
        let (state, vault) = (Mutex::new(State::new(&options)), Mutex::new(Vault::new(&options)));
        Self { options, ledger, state, vault, calls: Mutex::default() }
    }

    /// The state as it is now: jobs are as far as the clock says.
    pub(super) fn state(&self, now: Timestamp) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.go_on(self.options.jobs_go, &self.ledger, now);
        state
    }

    pub(super) fn vault(&self) -> MutexGuard<'_, Vault> {
        self.vault.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a token request.
    pub(super) fn counted(&self, client_id: &str, now: Timestamp) {
        *self.state(now).token_requests.entry(client_id.to_owned()).or_default() += 1;
    }

    fn call(&self, call: &Call, portion: Portion<'_>) -> Result<Reply, Refusal> {
        let route = Route::of(&call.method, &call.path)?;
        self.right_host(call, &route)?;
        if route == Route::Token {
            let mut reply = oauth::token(self, call, portion).unwrap_or_else(|refusal| refusal.reply());
            // The secret belongs into this body, and not into a log.
            reply.withhold = true;
            return Ok(reply);
        }
        let grant = self.admit(call)?;
        if !grant.scopes.iter().any(|scope| scope == route.scope()) {
            return Err(Refusal::no_scope());
        }
        if self.options.enforce_rates {
            let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
            let stands = calls.count((), (limits::CALLS_A_MINUTE, 60), call.now);
            if stands.exceeded {
                let wait_s = u64::try_from(stands.reset - call.now.as_second()).ok();
                return Err(Refusal::Throttled { wait_s });
            }
        }
        if route.has_body() && !call.is_json() {
            return Err(Refusal::of_status(415));
        }
        if call.body.len() > self.options.body_bytes_max {
            return Err(Refusal::of_status(413));
        }
        let mut reply = match &route {
            Route::Token => Err(Refusal::no_path()),
            Route::Find => objects::find(self, call, &grant),
            Route::Create => objects::create(self, call, portion, &grant),
            Route::Show(named) => objects::show(self, call, &grant, named),
            Route::Fields(named) => objects::fields(self, call, &grant, named),
            Route::AddFields(named) => objects::add_fields(self, call, portion, &grant, named),
            Route::Clear(named) => objects::clear(self, call, portion, &grant, named),
            Route::Upsert(named) => submit::rows(self, call, portion, &grant, (named, false)),
            Route::Insert(named) => submit::rows(self, call, portion, &grant, (named, true)),
            Route::Status(id) => Ok(jobs::status(self, call, id)),
            Route::Results(id) => jobs::results(self, call, id),
            Route::Rowset(named) => rowset::many(self, call, portion, &grant, named),
            Route::Row(named, key) => rowset::one(self, call, portion, &grant, (named, key)),
            Route::Read(named) => objects::read(self, call, &grant, named),
        }?;
        for (name, _) in call.pairs().unwrap_or_default() {
            if !route.known().contains(&name.as_str()) && !is_secret(&name) {
                reply.warnings.push(call.warning("unknown-parameter", name));
            }
        }
        Ok(reply)
    }

    /// A call that comes by a name of the vendor's comes by the right one: the tenant's, and the host of this part (*Hosts*).
    fn right_host(&self, call: &Call, route: &Route) -> Result<(), Refusal> {
        let host = call.headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        let name = host.split(':').next().unwrap_or_default().to_ascii_lowercase();
        let Some(label) = name.strip_suffix(".marketingcloudapis.com") else { return Ok(()) };
        let kind = if *route == Route::Token { "auth" } else { "rest" };
        match label.split_once('.') {
            Some((tenant, part)) if tenant.eq_ignore_ascii_case(&self.options.subdomain) && part == kind => Ok(()),
            _ => Err(Refusal::no_path()),
        }
    }

    /// `Authorization: Bearer …`, sent once, of a token that was issued and is not over.
    fn admit(&self, call: &Call) -> Result<Grant, Refusal> {
        let mut sent = call.headers.get_all(header::AUTHORIZATION).iter();
        let given = match (sent.next(), sent.next()) {
            (Some(given), None) => given.to_str().ok().and_then(|given| given.split_once(' ')),
            _ => None,
        };
        let token = given.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| token.trim());
        let token = token.ok_or_else(Refusal::not_authorized)?;
        if self.options.fixed_token.as_deref() == Some(token) {
            return Ok(oauth::fixed());
        }
        self.vault().grant(token, call.now).ok_or_else(Refusal::not_authorized)
    }

    fn each<T: serde::de::DeserializeOwned>(
        kind: &str,
        body: Value,
        mut put: impl FnMut(T) -> Result<(), String>,
    ) -> Result<usize, SeedError> {
        let items: Vec<T> = list_of(kind, body)?;
        let count = items.len();
        for (index, item) in items.into_iter().enumerate() {
            put(item).map_err(|refusal| SeedError::Item { index, refusal })?;
        }
        Ok(count)
    }
}

fn is_secret(name: &str) -> bool {
    ["access_token", "client_secret", "client_id", "oauth_token"].contains(&name)
}

impl Holds<State> for Service {
    fn held(&self) -> MutexGuard<'_, State> {
        self.state((self.options.clock)())
    }
}

impl Vendor for Service {
    fn answer(&self, call: &Call, portion: Portion<'_>) -> Reply {
        let mut reply = self.call(call, portion).unwrap_or_else(|refusal| refusal.reply());
        // Whatever became of the call, a secret in the query has been seen by every proxy on the way.
        if call.pairs().unwrap_or_default().iter().any(|(name, _)| is_secret(name)) {
            reply.warnings.push(call.warning("secret-in-query", "query"));
            reply.withhold = true;
        }
        reply
    }

    fn words(&self, status: u16, _now: Timestamp) -> Reply {
        match status {
            // What stands before the vendor's servers answers 502 and 504 with a page, not with JSON (inferred).
            502 | 504 => {
                let page = format!("<html><body><h1>{status}</h1></body></html>");
                Reply::bytes(status, "text/html", page.into())
            }
            _ => Refusal::of_status(status).reply(),
        }
    }

    /// No header of the vendor's own says when (*Global rate limits*: "no X-RateLimit headers").
    fn throttled(&self, _reset: Option<Timestamp>, _now: Timestamp) -> Reply {
        Refusal::Throttled { wait_s: None }.reply()
    }

    /// 50100 comes with `Retry-After`, 50200 without.
    fn throttled_to(&self, _call: &Call, back: ComeBack, _now: Timestamp) -> Reply {
        Refusal::Throttled { wait_s: back.retry_after_s }.reply()
    }

    /// As of a job: a status that the vendor does not describe.
    fn not_success(&self, message: &str) -> Reply {
        let status = json!({ "requestStatus": message, "resultStatus": message, "hasErrors": false });
        Reply::json(200, &json!({ "requestId": words::request_id(0), "status": status, "resultMessages": [] }))
    }

    fn state(&self, one: Option<(&str, &str)>) -> Option<Value> {
        let now = (self.options.clock)();
        let clients = self.vault().shown(now);
        let state = Service::state(self, now);
        match one {
            None => {
                let mut shown = state.to_json();
                shown["clients"] = clients;
                Some(shown)
            }
            Some((kind, key)) => state.one(kind, key),
        }
    }

    fn seed(&self, kind: &str, body: Value) -> Result<usize, SeedError> {
        let now = (self.options.clock)();
        match kind {
            "data-extensions" => Self::each(kind, body, |new: NewDataExtension| Service::state(self, now).put(new)),
            "harms" => Self::each(kind, body, |harm: Harm| {
                Service::state(self, now).harms.push(harm);
                Ok(())
            }),
            "clients" => Self::each(kind, body, |client: Client| {
                self.vault().put(client);
                Ok(())
            }),
            "revoked" => Self::each(kind, body, |token: String| match self.vault().revoke(&token) {
                true => Ok(()),
                false => Err("there is no such token".to_owned()),
            }),
            _ => Err(SeedError::UnknownKind { kind: kind.to_owned() }),
        }
    }

    fn reset(&self) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = State::new(&self.options);
        *self.vault() = Vault::new(&self.options);
        *self.calls.lock().unwrap_or_else(PoisonError::into_inner) = Rates::default();
    }
}
