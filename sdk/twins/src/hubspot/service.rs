//! The account behind the API: who may call what, and the order in which a call is looked at. What an endpoint does is its own file's.
//!
//! Order (inferred): size 413 or 414, path 404, token 401, rate 429, method 405, object type 400, scope 403, content type 415, then the
//! query and the body.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::header;
use jiff::{Timestamp, tz::TimeZone};
use serde_json::{Value, json};

use super::{
    associations, batch,
    body::{Query, stray_keys},
    limits, lists, members, oauth,
    options::{Label, NewList, Options, RefreshToken, Schema, Token},
    properties,
    property::Property,
    records,
    route::{Endpoint, Route, Version},
    state::State,
    throttle::Throttle,
    vault::{Bearer, Denied, Vault},
    words::Refusal,
};
use crate::{
    ledger::Ledger,
    running::Holds,
    vendor::{Call, Portion, Reply, SeedError, Vendor, list_of},
};

pub(super) struct Service {
    pub(super) options: Options,
    pub(super) ledger: Arc<Ledger>,
    state: Mutex<State>,
    vault: Mutex<Vault>,
    throttle: Mutex<Throttle>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Service {
    pub(super) fn new(options: Options, ledger: Arc<Ledger>) -> Self {
        let state = Mutex::new(State::new(&options, (options.clock)()));
        let vault = Mutex::new(Vault::new(&options));
        Self { options, ledger, state, vault, throttle: Mutex::default() }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        locked(&self.state)
    }

    pub(super) fn vault(&self) -> MutexGuard<'_, Vault> {
        locked(&self.vault)
    }

    fn call(&self, call: &Call, portion: Portion<'_>) -> Result<Reply, Refusal> {
        if call.path.len() + call.query.as_ref().map_or(0, String::len) > limits::URI_BYTES_MAX {
            return Err(Refusal::of_status(414));
        }
        if call.body.len() > self.options.body_bytes_max {
            return Err(Refusal::of_status(413));
        }
        let route = Route::of(call);
        if route == Route::Nowhere {
            return Err(Refusal::of_status(404));
        }
        let bearer = self.admit(call)?;
        let search = matches!(route, Route::To(Endpoint::SearchLists, _));
        let stands = locked(&self.throttle).count(&self.options, bearer.oauth, search, call.now);
        if let Some(policy) = stands.exceeded.filter(|_| self.options.enforce_rates) {
            return Ok(stands.onto(Refusal::limited(policy).reply(call.number)));
        }
        let reply = self.endpoint(call, portion, &bearer, route);
        Ok(stands.onto(reply.unwrap_or_else(|refusal| refusal.reply(call.number))))
    }

    fn endpoint(&self, call: &Call, portion: Portion<'_>, bearer: &Bearer, route: Route) -> Result<Reply, Refusal> {
        let Route::To(endpoint, version) = route else { return Err(Refusal::of_status(405)) };
        let types = {
            let state = self.state();
            endpoint.types().into_iter().map(|word| state.type_id(word)).collect::<Result<Vec<_>, _>>()?
        };
        let has = |scope: &String| bearer.scopes.contains(scope);
        if let Some(lacking) = endpoint.needs(&types).iter().find(|any_of| !any_of.iter().any(has)) {
            return Err(Refusal::scopes(lacking));
        }
        if endpoint.has_body() && !call.is_json() {
            return Err(Refusal::of_status(415));
        }
        let first = types.first().map(String::as_str).unwrap_or_default();
        let pair = (first, types.last().map(String::as_str).unwrap_or_default());
        let mut reply = match &endpoint {
            Endpoint::Account => self.account(call),
            Endpoint::Write(mode, _) => batch::write(self, call, portion, first, *mode, version),
            Endpoint::Archive(_) => records::archive(self, call, portion, first),
            Endpoint::Read(_) => records::read(self, call, first),
            Endpoint::Properties(_) => properties::all(self, call, first),
            Endpoint::CreateProperty(_) => properties::create(self, call, portion, first),
            Endpoint::Property(_, name) => properties::one(self, call, first, name),
            Endpoint::Schemas => properties::schemas(self, call),
            Endpoint::Associate(..) => associations::create(self, call, portion, pair, false),
            Endpoint::AssociateLabelled(..) => associations::create(self, call, portion, pair, true),
            Endpoint::EndAssociations(..) => associations::archive(self, call, portion, pair.0, pair.1),
            Endpoint::CreateList => lists::create(self, call, portion),
            Endpoint::List(id) => lists::one(self, call, id),
            Endpoint::ListByName(object, name) => lists::by_name(self, call, object, name),
            Endpoint::SearchLists => lists::search(self, call),
            Endpoint::Members(id) => members::page(self, call, id, false),
            Endpoint::MembersByJoining(id) => members::page(self, call, id, true),
            Endpoint::ClearMembers(id) => members::clear(self, call, portion, id),
            Endpoint::ChangeMembers(change, id) => members::change(self, call, portion, id, *change),
        }?;
        // The account's path is the one that the notes have of both kinds.
        if version == Version::Legacy && endpoint != Endpoint::Account {
            reply.warnings.push(call.warning("legacy-path", call.path.clone()));
        }
        Ok(reply)
    }

    /// The token in `Authorization: Bearer …`, sent once.
    fn admit(&self, call: &Call) -> Result<Bearer, Refusal> {
        let mut sent = call.headers.get_all(header::AUTHORIZATION).iter();
        let given = match (sent.next(), sent.next()) {
            (Some(given), None) => given.to_str().ok().and_then(|given| given.strip_prefix("Bearer ")),
            _ => None,
        };
        let Some(given) = given else { return Err(Refusal::of_status(401)) };
        self.vault().admit(given, call.now).map_err(|denied| match denied {
            Denied::Unknown => Refusal::of_status(401),
            Denied::Expired(seconds) => {
                let message = format!("The OAuth token used to make this call expired {seconds} second(s) ago.");
                Refusal::new(401, "EXPIRED_AUTHENTICATION", message)
            }
        })
    }

    /// `GET /account-info/{version}/details` (*Connection check*).
    fn account(&self, call: &Call) -> Result<Reply, Refusal> {
        let query = Query::of(call, &[])?;
        let zone = TimeZone::get(&self.options.time_zone).unwrap_or(TimeZone::UTC);
        let offset = zone.to_offset(call.now);
        let account = json!({
            "portalId": self.options.portal_id, "accountType": "STANDARD", "timeZone": self.options.time_zone,
            "companyCurrency": "EUR", "additionalCurrencies": [], "utcOffset": offset.to_string(),
            "utcOffsetMilliseconds": i64::from(offset.seconds()) * 1_000, "uiDomain": "app.hubspot.com", "dataHostingLocation": "na1",
        });
        Ok(query.onto(Reply::json(200, &account)))
    }

    fn put<T: serde::de::DeserializeOwned>(
        &self,
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

impl Holds<State> for Service {
    fn held(&self) -> MutexGuard<'_, State> {
        self.state()
    }
}

/// A property of a seed: of which type.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Of {
    object_type: String,
    #[serde(flatten)]
    property: serde_json::Map<String, Value>,
}

fn if_known(known: bool, what: impl Into<String>) -> Result<(), String> {
    if known { Ok(()) } else { Err(what.into()) }
}

impl Vendor for Service {
    fn answer(&self, call: &Call, portion: Portion<'_>) -> Reply {
        let mut reply = match call.path.as_str() {
            oauth::AUTHORIZE => oauth::authorize(self, call),
            oauth::TOKEN => oauth::token(self, call, portion),
            _ => self.call(call, portion).unwrap_or_else(|refusal| refusal.reply(call.number)),
        };
        stray_keys(&mut reply, call);
        reply
    }

    fn words(&self, status: u16, _now: Timestamp) -> Reply {
        match status {
            // What stands before the vendor's servers answers 502 and 504 with a page, not with JSON (inferred).
            502 | 504 => {
                let page = format!("<html><body><h1>{status}</h1></body></html>");
                Reply::bytes(status, "text/html", page.into())
            }
            _ => Refusal::of_status(status).reply(0),
        }
    }

    /// The headers say how long a window is, and none when it ends.
    fn throttled(&self, _reset: Option<Timestamp>, _now: Timestamp) -> Reply {
        let reply = Refusal::limited(self.options.throttled_as).reply(0);
        reply.header("x-hubspot-ratelimit-interval-milliseconds", limits::BURST_S * 1_000)
    }

    /// As of a batch: a status that is not `COMPLETE`, without results.
    fn not_success(&self, message: &str) -> Reply {
        Reply::json(200, &json!({ "status": message, "results": [] }))
    }

    fn state(&self, one: Option<(&str, &str)>) -> Option<Value> {
        match one {
            None => {
                let tokens = self.vault().to_json();
                let mut state = self.state().to_json();
                state["tokens"] = tokens;
                Some(state)
            }
            Some((kind, key)) => self.state().one(kind, key),
        }
    }

    fn seed(&self, kind: &str, body: Value) -> Result<usize, SeedError> {
        let now = (self.options.clock)();
        match kind {
            "schemas" => self.put(kind, body, |schema: Schema| {
                self.state().add_schema(schema);
                Ok(())
            }),
            "properties" => self.put(kind, body, |of: Of| {
                let property: Property = serde_json::from_value(of.property.into()).map_err(|error| error.to_string())?;
                if_known(self.state().add_property(&of.object_type, property), format!("there is no type {}", of.object_type))
            }),
            "labels" => self.put(kind, body, |label: Label| if_known(self.state().add_label(label), "there is no such type")),
            "lists" => self.put(kind, body, |list: NewList| {
                if_known(self.state().add_list(list, now), "the name is taken, or there is no such type")
            }),
            "tokens" => self.put(kind, body, |token: Token| {
                self.vault().add(token);
                Ok(())
            }),
            "refresh-tokens" => self.put(kind, body, |token: RefreshToken| {
                self.vault().add_refresh(token);
                Ok(())
            }),
            "revoked" => self.put(kind, body, |token: String| if_known(self.vault().revoke(&token), "there is no such token")),
            "expired" => self.put(kind, body, |token: String| if_known(self.vault().expire(&token, now), "there is no such token")),
            _ => {
                let type_id = self.state().type_of(kind).map(|shelf| shelf.type_id.clone());
                match type_id {
                    Some(type_id) => records::seed(self, &type_id, records::seeds(kind, body)?, now),
                    None => Err(SeedError::UnknownKind { kind: kind.to_owned() }),
                }
            }
        }
    }

    fn reset(&self) {
        *self.state() = State::new(&self.options, (self.options.clock)());
        *self.vault() = Vault::new(&self.options);
        *locked(&self.throttle) = Throttle::default();
    }
}
