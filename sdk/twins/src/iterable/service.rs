//! The project behind the API: who may call what, and the order in which a call is looked at. What an endpoint does is its own
//! file's.
//!
//! Order (inferred): path 404, key 401, kind of key 403, rate 429, size 413, then the body.

use std::{
    mem::{Discriminant, discriminant},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use http::header;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    body::{is_key, unknown},
    endpoint::Endpoint,
    fields::FieldType,
    lists, members,
    options::{KeyKind, List, Options},
    state::State,
    users,
    words::{Refusal, said},
};
use crate::{
    ledger::Ledger,
    rates::Rates,
    running::Holds,
    vendor::{Call, Portion, Reply, SeedError, Vendor, list_of},
};

pub(super) struct Service {
    pub(super) options: Options,
    pub(super) ledger: Arc<Ledger>,
    state: Mutex<State>,
    rates: Mutex<Rates<Discriminant<Endpoint>>>,
}

impl Service {
    pub(super) fn new(options: Options, ledger: Arc<Ledger>) -> Self {
        let state = Mutex::new(State::new(&options));
        Self { options, ledger, state, rates: Mutex::default() }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn call(&self, call: &Call, portion: Portion<'_>) -> Result<Reply, Refusal> {
        let endpoint = Endpoint::of(call).ok_or_else(Refusal::not_found)?;
        self.admit(call)?;
        let mut rates = self.rates.lock().unwrap_or_else(PoisonError::into_inner);
        let standing = rates.count(discriminant(&endpoint), endpoint.rate(), call.now);
        drop(rates);
        if self.options.enforce_rates && standing.exceeded {
            return Err(Refusal::throttled());
        }
        if call.body.len() > self.options.body_bytes_max {
            return Err(Refusal::too_large());
        }
        // A body that does not say that it is JSON is none (inferred).
        if endpoint.has_body() && !call.is_json() {
            return Err(Refusal::bad_json());
        }
        match endpoint {
            Endpoint::BulkUpdate => users::bulk(self, call, portion),
            Endpoint::Update => users::update(self, call, portion),
            Endpoint::ByEmail => users::look_up(self, call, "email"),
            Endpoint::ByUserId => users::look_up(self, call, "userId"),
            Endpoint::Fields => Ok(users::fields(self)),
            Endpoint::Lists => Ok(lists::all(self)),
            Endpoint::CreateList => lists::create(self, call, portion),
            Endpoint::DeleteList(id) => lists::delete(self, call, portion, id),
            Endpoint::Subscribe => lists::subscribe(self, call, portion),
            Endpoint::Unsubscribe => lists::unsubscribe(self, call, portion),
            Endpoint::Members => members::whole(self, call),
            Endpoint::Preview => members::preview(self, call),
            Endpoint::Size(id) => members::size(self, id),
        }
    }

    /// The key in the header `Api-Key`, sent once (*Auth*). *Errors* has three codes for 401; which one answers what is inferred.
    fn admit(&self, call: &Call) -> Result<(), Refusal> {
        let refuse = |code: &'static str| Refusal::new(401, code, "Invalid API key");
        let mut sent = call.headers.get_all("api-key").iter();
        match (sent.next(), sent.next()) {
            (None, _) if call.headers.contains_key(header::AUTHORIZATION) => Err(refuse("BadAuthorizationHeader")),
            (None, _) => Err(refuse("Unauthorized")),
            (Some(given), None) => match self.options.api_keys.iter().find(|known| known.key.as_bytes() == given.as_bytes()) {
                None => Err(refuse("BadApiKey")),
                Some(known) if known.kind == KeyKind::Client => Err(Refusal::of_status(403)),
                Some(_) => Ok(()),
            },
            (Some(_), Some(_)) => Err(refuse("BadApiKey")),
        }
    }
}

impl Holds<State> for Service {
    fn held(&self) -> MutexGuard<'_, State> {
        self.state()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FieldSeed {
    name: String,
    r#type: String,
}

impl Vendor for Service {
    fn answer(&self, call: &Call, portion: Portion<'_>) -> Reply {
        let mut reply = self.call(call, portion).unwrap_or_else(|refusal| {
            let mut reply = refusal.reply();
            // A refused body was not looked at to its end.
            let names = call.object().unwrap_or_default().into_iter().map(|(name, _)| name);
            unknown(&mut reply, call, names.filter(|name| is_key(name)).collect());
            reply
        });
        // Whatever became of the call, a key in the query has been seen by every proxy on the way.
        if call.pairs().unwrap_or_default().iter().any(|(name, _)| is_key(name)) {
            reply.warnings.push(call.warning("key-outside-header", "query"));
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

    /// "No documented headers" (*Global rate limits*), so none for the reset either.
    fn throttled(&self, _reset: Option<Timestamp>, _now: Timestamp) -> Reply {
        Refusal::throttled().reply()
    }

    fn not_success(&self, message: &str) -> Reply {
        Reply::json(200, &said("GenericError", message))
    }

    fn state(&self, one: Option<(&str, &str)>) -> Option<Value> {
        let state = Service::state(self);
        match one {
            None => Some(json!({ "users": state.users(), "lists": state.lists, "fields": state.fields() })),
            // By userId, else by address.
            Some(("users", name)) => {
                state.by_user_id(name).or_else(|| state.by_email(&name.to_lowercase())).map(|user| json!(user))
            }
            Some(("lists", id)) => {
                let list = state.lists.get(&id.parse().ok()?)?;
                Some(json!({ "list": list, "members": state.members(list.id) }))
            }
            Some(_) => None,
        }
    }

    fn seed(&self, kind: &str, body: Value) -> Result<usize, SeedError> {
        match kind {
            "users" => users::seed(self, list_of(kind, body)?, (self.options.clock)()),
            "lists" => {
                let new: Vec<List> = list_of(kind, body)?;
                let count = new.len();
                Service::state(self).lists.extend(new.into_iter().map(|list| (list.id, list)));
                Ok(count)
            }
            "fields" => {
                let new: Vec<FieldSeed> = list_of(kind, body)?;
                let count = new.len();
                let mut state = Service::state(self);
                for (index, field) in new.into_iter().enumerate() {
                    let Some(ty) = FieldType::read(&field.r#type) else {
                        return Err(SeedError::Item { index, refusal: format!("{} is no type of a field", field.r#type) });
                    };
                    state.schema.set(field.name, ty);
                }
                Ok(count)
            }
            "forgotten" => {
                let new: Vec<String> = list_of(kind, body)?;
                let count = new.len();
                Service::state(self).forgotten.extend(new);
                Ok(count)
            }
            _ => Err(SeedError::UnknownKind { kind: kind.to_owned() }),
        }
    }

    fn reset(&self) {
        *Service::state(self) = State::new(&self.options);
        *self.rates.lock().unwrap_or_else(PoisonError::into_inner) = Rates::default();
    }
}
