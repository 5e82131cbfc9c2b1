//! The Graph API in front: the order in which a call is looked at, and who does what. What an endpoint does is its own file's.
//!
//! Order (inferred): path and version, parameters' form, token, proof, permission, a scripted refusal, the quota, then the parameters and
//! the object.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    access::{Need, admit, may},
    accounts, audiences,
    datasets::DatasetState,
    events, oauth,
    options::{AccessToken, AdAccount, Dataset, NewAudience, Options},
    params::Params,
    replace,
    route::Endpoint,
    session::Operation,
    state::{Scripted, State},
    usage::{Stands, Usage, quota},
    users,
    words::{Refusal, trace},
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
    usage: Mutex<Usage>,
}

/// A call that has been let in.
pub(super) struct Cx<'a> {
    pub(super) service: &'a Service,
    pub(super) call: &'a Call,
    pub(super) portion: Portion<'a>,
    pub(super) token: &'a AccessToken,
    pub(super) params: &'a mut Params,
    pub(super) state: &'a mut State,
}

impl Service {
    pub(super) fn new(options: Options, ledger: Arc<Ledger>) -> Self {
        let state = Mutex::new(State::new(&options));
        Self { options, ledger, state, usage: Mutex::default() }
    }

    /// The state as it is now: sessions whose time is over have ended.
    fn state(&self, now: Timestamp) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.end_due(&self.ledger, now);
        state
    }

    fn respond(&self, call: &Call, portion: Portion<'_>) -> Reply {
        let (endpoint, mut params) = match Endpoint::of(call, &self.options.api_version).and_then(|at| Ok((at, Params::of(call)?)))
        {
            Ok(read) => read,
            Err(refusal) => return withheld(refusal.reply(call.number), call),
        };
        let mut state = self.state(call.now);
        if endpoint == Endpoint::Exchange {
            let answer = oauth::exchange(&self.options, &mut state, call, portion, &mut params);
            let mut reply = answer.unwrap_or_else(|refusal| refusal.reply(call.number));
            reply.withhold = true;
            return reply;
        }
        let mut stands = None;
        let answer = self.act(call, portion, &endpoint, (&mut params, &mut state), &mut stands);
        let mut reply = answer.unwrap_or_else(|refusal| refusal.reply(call.number));
        if reply.status < 400 {
            reply.warnings.extend(params.warnings(call));
        }
        if let Some(place) = params.stray_token {
            reply.warnings.push(call.warning("token-outside-header", place));
            reply.withhold = true;
        }
        stands.iter().fold(reply, |reply, stands| stands.onto(reply)).header("facebook-api-version", &self.options.api_version)
    }

    fn act(
        &self,
        call: &Call,
        portion: Portion<'_>,
        endpoint: &Endpoint,
        (params, state): (&mut Params, &mut State),
        stands: &mut Option<Stands>,
    ) -> Result<Reply, Refusal> {
        let token = admit(state, &self.options, call, params)?;
        may(&token, need(endpoint, state))?;
        if let Some(refusal) = state.scripted(call) {
            return Err(refusal);
        }
        *stands = self.count(endpoint, state, call.now);
        if self.options.enforce_rates && stands.as_ref().is_some_and(|stands| stands.exceeded) {
            return Err(Refusal::throttled(self.options.throttled_as));
        }
        let mut cx = Cx { service: self, call, portion, token: &token, params, state };
        match endpoint {
            Endpoint::Exchange => Err(Refusal::missing(call.method.as_str(), "oauth")),
            Endpoint::Account(id) => accounts::show(&mut cx, id),
            Endpoint::Audiences(id) => audiences::all(&mut cx, id),
            Endpoint::CreateAudience(id) => audiences::create(&mut cx, id),
            Endpoint::Terms(id) => accounts::terms(&mut cx, id),
            Endpoint::AcceptTerms(id) => accounts::accept(&mut cx, id),
            Endpoint::RemoveEverywhere(id) => users::remove_everywhere(&mut cx, id),
            Endpoint::Object(id) => audiences::show(&mut cx, id),
            Endpoint::DeleteAudience(id) => audiences::delete(&mut cx, id),
            Endpoint::Sessions(id) => audiences::sessions(&mut cx, id),
            Endpoint::AddUsers(id) => users::change(&mut cx, id, Operation::Add),
            Endpoint::RemoveUsers(id) => users::change(&mut cx, id, Operation::Remove),
            Endpoint::ReplaceUsers(id) => replace::replace(&mut cx, id),
            Endpoint::SendEvents(id) => events::send(&mut cx, id),
        }
    }

    /// Counts a call against its ad account, when it is of one.
    fn count(&self, endpoint: &Endpoint, state: &State, now: Timestamp) -> Option<Stands> {
        let id = match endpoint {
            Endpoint::Account(id)
            | Endpoint::Audiences(id)
            | Endpoint::CreateAudience(id)
            | Endpoint::Terms(id)
            | Endpoint::AcceptTerms(id)
            | Endpoint::RemoveEverywhere(id) => id,
            Endpoint::Object(id)
            | Endpoint::DeleteAudience(id)
            | Endpoint::Sessions(id)
            | Endpoint::AddUsers(id)
            | Endpoint::RemoveUsers(id)
            | Endpoint::ReplaceUsers(id) => &state.audiences.get(id)?.account_id,
            Endpoint::Exchange | Endpoint::SendEvents(_) => return None,
        };
        let account = state.accounts.get(id)?;
        let mut usage = self.usage.lock().unwrap_or_else(PoisonError::into_inner);
        let quota = self.options.quota.unwrap_or_else(|| quota(self.options.access, state.audiences_of(id).count()));
        let standing = usage.count(id, quota, now);
        Some(Stands::of(account, standing, now))
    }
}

fn need<'a>(endpoint: &'a Endpoint, state: &State) -> Need<'a> {
    match endpoint {
        Endpoint::Object(id) if state.datasets.contains_key(id) => Need::Dataset(id),
        Endpoint::SendEvents(id) => Need::Dataset(id),
        Endpoint::Account(_) | Endpoint::Audiences(_) | Endpoint::Terms(_) | Endpoint::Object(_) | Endpoint::Sessions(_) => {
            Need::Read
        }
        Endpoint::Exchange
        | Endpoint::CreateAudience(_)
        | Endpoint::AcceptTerms(_)
        | Endpoint::RemoveEverywhere(_)
        | Endpoint::DeleteAudience(_)
        | Endpoint::AddUsers(_)
        | Endpoint::RemoveUsers(_)
        | Endpoint::ReplaceUsers(_) => Need::Write,
    }
}

/// A call that was not read to its end may have a token anywhere.
fn withheld(mut reply: Reply, call: &Call) -> Reply {
    let holds = |text: &str| ["access_token", "client_secret", "fb_exchange_token"].iter().any(|name| text.contains(name));
    reply.withhold = call.query.as_deref().is_some_and(holds) || holds(&String::from_utf8_lossy(&call.body));
    reply
}

impl Holds<State> for Service {
    fn held(&self) -> MutexGuard<'_, State> {
        self.state((self.options.clock)())
    }
}

impl Vendor for Service {
    fn answer(&self, call: &Call, portion: Portion<'_>) -> Reply {
        self.respond(call, portion)
    }

    fn words(&self, status: u16, _now: Timestamp) -> Reply {
        match status {
            // What stands before the vendor's servers answers 502 and 504 with a page, not with JSON (inferred).
            502 | 504 => {
                let page = format!("<!DOCTYPE html><html><body><h1>Sorry, something went wrong.</h1>{status}</body></html>");
                Reply::bytes(status, "text/html; charset=utf-8", page.into())
            }
            _ => Refusal::of_status(status).reply(0),
        }
    }

    /// 400 with a code, and usage that is full; "no Retry-After" (the notes, *Global rate limits*).
    fn throttled(&self, reset: Option<Timestamp>, now: Timestamp) -> Reply {
        let reply = Refusal::throttled(self.options.throttled_as).reply(0);
        let business = self.options.accounts.first().map(|account| account.business.as_str()).unwrap_or_default();
        match reset {
            Some(reset) => Stands::used_up(business, reset.as_second().saturating_sub(now.as_second())).onto(reply),
            None => reply,
        }
    }

    fn not_success(&self, message: &str) -> Reply {
        Reply::json(200, &json!({ "events_received": 0, "messages": [message], "fbtrace_id": trace(0) }))
    }

    fn state(&self, one: Option<(&str, &str)>) -> Option<Value> {
        let state = self.held();
        match one {
            None => Some(state.to_json()),
            Some((kind, key)) => state.one(kind, key),
        }
    }

    fn seed(&self, kind: &str, body: Value) -> Result<usize, SeedError> {
        let now = (self.options.clock)();
        let mut state = self.state(now);
        match kind {
            "accounts" => each(list_of(kind, body)?, |account: AdAccount| {
                state.accounts.insert(account.id.clone(), account);
                Ok(())
            }),
            "audiences" => each(list_of(kind, body)?, |audience: NewAudience| state.put(&audience, now)),
            "datasets" => each(list_of(kind, body)?, |info: Dataset| {
                state.datasets.insert(info.id.clone(), DatasetState::new(info));
                Ok(())
            }),
            "tokens" => each(list_of(kind, body)?, |token: AccessToken| {
                state.tokens.retain(|known| known.token != token.token);
                state.tokens.push(token);
                Ok(())
            }),
            "refusals" => each(list_of(kind, body)?, |scripted: Scripted| {
                state.scripted.push(scripted);
                Ok(())
            }),
            _ => Err(SeedError::UnknownKind { kind: kind.to_owned() }),
        }
    }

    fn reset(&self) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = State::new(&self.options);
        *self.usage.lock().unwrap_or_else(PoisonError::into_inner) = Usage::default();
    }
}

fn each<T>(items: Vec<T>, mut put: impl FnMut(T) -> Result<(), String>) -> Result<usize, SeedError> {
    let count = items.len();
    for (index, item) in items.into_iter().enumerate() {
        put(item).map_err(|refusal| SeedError::Item { index, refusal })?;
    }
    Ok(count)
}
