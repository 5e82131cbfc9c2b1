//! The endpoints behind the key, in Acme's words.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::header;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    State,
    contacts::{Batch, CONTACTS_MAX, Contact, refused},
    lists::Seed,
};
use crate::{
    ledger::{Kind, Ledger},
    log::Tally,
    running::Holds,
    vendor::{Call, Portion, Reply, SeedError, Vendor, list_of},
};

pub(super) struct Service {
    api_key: String,
    pub(super) ledger: Arc<Ledger>,
    state: Mutex<State>,
}

impl Service {
    pub(super) fn new(api_key: String, ledger: Arc<Ledger>) -> Self {
        Self { api_key, ledger, state: Mutex::default() }
    }

    fn contacts(&self, call: &Call, portion: Portion<'_>) -> Reply {
        let body = std::str::from_utf8(&call.body).ok().filter(|_| call.is_json());
        let Some(batch) = body.and_then(|text| serde_json::from_str::<Batch>(text).ok()) else { return words(400) };
        if batch.contacts.is_empty() {
            return words(400);
        }
        if batch.contacts.len() > CONTACTS_MAX {
            return words(413);
        }
        let good = batch.contacts.iter().filter(|contact| contact.refusal().is_none()).count();
        let (mut left, mut results, mut applied) = (portion.of(good), Vec::new(), Vec::new());
        let mut warnings = Vec::new();
        let mut state = self.held();
        for (at, contact) in batch.contacts.iter().enumerate() {
            if batch.contacts[..at].iter().any(|before| before.key() == contact.key()) {
                warnings.push(call.warning("same-contact-twice", contact.key()));
            }
            let result = match (contact.refusal(), portion.rest) {
                (Some((code, message)), _) => refused(code, &message),
                (None, Some(rest)) if left == 0 => refused("invalid_email", rest),
                (None, _) => {
                    if left > 0 {
                        left -= 1;
                        state.put(contact);
                        applied.push((Kind::Attributes, contact.key(), Arc::from(contact.fields().to_string())));
                    }
                    json!({ "ok": true })
                }
            };
            results.push(result);
        }
        let refused = batch.contacts.len() - good;
        let tally =
            Tally { objects: batch.contacts.len() as u32, applied: applied.len() as u32, refused: refused as u32, ignored: 0 };
        // While the state is locked, so that the ledger has the order of application.
        self.ledger.append(call.number, applied);
        drop(state);
        Reply { tally, warnings, ..Reply::json(200, &json!({ "results": results })) }
    }
}

/// Acme's words for a status.
pub(super) fn words(status: u16) -> Reply {
    let (code, message) = match status {
        400 => ("malformed", "The body is not what this request takes."),
        401 => ("unauthorized", "The key is not known."),
        403 => ("forbidden", "The key may not do this."),
        404 => ("not_found", "There is nothing here."),
        409 => ("name_taken", "There is a list of this name."),
        413 => ("too_many", "Too many contacts, or too many bytes."),
        422 => ("list_limit", "There are as many lists as an account may have."),
        429 => ("slow_down", "Too many requests."),
        503 => ("maintenance", "Acme is being looked after."),
        _ => ("error", "Something went wrong."),
    };
    Reply::json(status, &json!({ "code": code, "message": message }))
}

impl Holds<State> for Service {
    fn held(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Vendor for Service {
    fn answer(&self, call: &Call, portion: Portion<'_>) -> Reply {
        let wanted = format!("Bearer {}", self.api_key);
        let known = call.headers.get(header::AUTHORIZATION).is_some_and(|given| given.as_bytes() == wanted.as_bytes());
        match (call.method.as_str(), call.path.as_str()) {
            ("GET", "/v1/me" | "/v1/lists") | ("POST", "/v1/contacts" | "/v1/lists" | "/v1/members") if !known => words(401),
            ("GET", "/v1/me") => Reply::json(200, &json!({ "account": "acme" })),
            ("POST", "/v1/contacts") => self.contacts(call, portion),
            ("GET", "/v1/lists") => self.lists(),
            ("POST", "/v1/lists") => self.make_list(call, portion),
            ("POST", "/v1/members") => self.members(call, portion),
            _ => words(404),
        }
    }

    fn words(&self, status: u16, _now: Timestamp) -> Reply {
        words(status)
    }

    fn throttled(&self, _reset: Option<Timestamp>, _now: Timestamp) -> Reply {
        words(429)
    }

    fn not_success(&self, message: &str) -> Reply {
        Reply::json(200, &json!({ "code": "error", "message": message }))
    }

    fn state(&self, one: Option<(&str, &str)>) -> Option<Value> {
        let state = self.held();
        match one {
            None => Some(json!({ "contacts": state.contacts, "lists": state.lists_shown() })),
            Some(("contacts", email)) => state.contacts.get(&email.to_lowercase()).map(|fields| json!(fields)),
            Some(("lists", id)) => state.lists_shown().get(id).cloned(),
            Some(_) => None,
        }
    }

    fn seed(&self, kind: &str, body: Value) -> Result<usize, SeedError> {
        if kind == "lists" {
            let lists: Vec<Seed> = list_of(kind, body)?;
            for (index, list) in lists.iter().enumerate() {
                self.held().seed(list).map_err(|refusal| SeedError::Item { index, refusal })?;
            }
            return Ok(lists.len());
        }
        if kind != "contacts" {
            return Err(SeedError::UnknownKind { kind: kind.to_owned() });
        }
        let contacts: Vec<Contact> = list_of(kind, body)?;
        for (index, contact) in contacts.iter().enumerate() {
            if let Some((_, refusal)) = contact.refusal() {
                return Err(SeedError::Item { index, refusal });
            }
            self.held().put(contact);
        }
        Ok(contacts.len())
    }

    fn reset(&self) {
        *self.held() = State::default();
    }
}
