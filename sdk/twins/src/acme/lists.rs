//! Lists of contacts: found by name or made, and the contacts that join and leave. Nobody becomes a contact by it.

use std::{collections::BTreeSet, sync::Arc};

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    State,
    contacts::CONTACTS_MAX,
    service::{Service, words},
};
use crate::{
    contact::is_email,
    ledger::Kind,
    log::Tally,
    running::Holds,
    vendor::{Call, Portion, Reply},
};

/// Lists of an account at most, so that all of them fit into one answer.
pub(super) const LISTS_MAX: usize = 100;
/// Characters of a list's name at most.
const NAME_CHARS_MAX: usize = 80;

/// A list: its name, which no other has, and the addresses on it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct List {
    /// As it was made; two names that differ in case are two.
    pub name: String,
    /// In lower case.
    pub members: BTreeSet<String>,
}

/// A list that is made by a seed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Seed {
    name: String,
    #[serde(default)]
    members: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    name: String,
}

/// Exactly one of `add` and `remove`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Moves {
    list: String,
    add: Option<Vec<String>>,
    remove: Option<Vec<String>>,
}

impl State {
    /// The status that says why no list of this name can be made.
    fn refuses(&self, name: &str) -> Option<u16> {
        if name.trim().is_empty() || name.chars().count() > NAME_CHARS_MAX {
            return Some(400);
        }
        if self.lists.values().any(|list| list.name == name) {
            return Some(409);
        }
        (self.lists.len() >= LISTS_MAX).then_some(422)
    }

    fn next_id(&self) -> String {
        format!("l_{}", self.lists.len() + 1)
    }

    /// Why an address cannot join or leave: code and message.
    fn stranger(&self, email: &str) -> Option<(&'static str, &'static str)> {
        match email.to_lowercase() {
            _ if !is_email(email) => Some(("invalid_email", "This is not an e-mail address.")),
            key if !self.contacts.contains_key(&key) => Some(("unknown_contact", "Nobody has this address.")),
            _ => None,
        }
    }

    /// Makes the list with its members, who have to be contacts.
    pub(super) fn seed(&mut self, seed: &Seed) -> Result<(), String> {
        if let Some(stranger) = seed.members.iter().find(|email| self.stranger(email).is_some()) {
            return Err(format!("{stranger} is no contact"));
        }
        if let Some(status) = self.refuses(&seed.name) {
            return Err(format!("the list is refused with {status}"));
        }
        let members = seed.members.iter().map(|email| email.to_lowercase()).collect();
        self.lists.insert(self.next_id(), List { name: seed.name.clone(), members });
        Ok(())
    }

    /// Lists by id, for `GET /__twin/state`.
    pub(super) fn lists_shown(&self) -> Value {
        let shown = |(id, list): (&String, &List)| (id.clone(), json!({ "name": list.name, "members": list.members }));
        Value::Object(self.lists.iter().map(shown).collect())
    }
}

fn read<T: serde::de::DeserializeOwned>(call: &Call) -> Option<T> {
    let body = std::str::from_utf8(&call.body).ok().filter(|_| call.is_json())?;
    serde_json::from_str(body).ok()
}

fn shown(id: &str, name: &str) -> Value {
    json!({ "id": id, "name": name })
}

impl Service {
    pub(super) fn lists(&self) -> Reply {
        let state = self.held();
        let lists: Vec<Value> = state.lists.iter().map(|(id, list)| shown(id, &list.name)).collect();
        Reply::json(200, &json!({ "lists": lists }))
    }

    pub(super) fn make_list(&self, call: &Call, portion: Portion<'_>) -> Reply {
        let Some(New { name }) = read::<New>(call) else { return words(400) };
        let mut state = self.held();
        if let Some(status) = state.refuses(&name) {
            return words(status);
        }
        let (id, applied) = (state.next_id(), portion.of(1));
        if applied == 1 {
            self.ledger.append(call.number, vec![(Kind::List, id.clone(), Arc::from(json!({ "name": name }).to_string()))]);
            state.lists.insert(id.clone(), List { name: name.clone(), members: BTreeSet::new() });
        }
        let tally = Tally { objects: 1, applied: applied as u32, refused: 0, ignored: 0 };
        Reply { tally, ..Reply::json(201, &shown(&id, &name)) }
    }

    pub(super) fn members(&self, call: &Call, portion: Portion<'_>) -> Reply {
        let (id, joins, emails) = match read(call) {
            Some(Moves { list, add: Some(emails), remove: None }) => (list, true, emails),
            Some(Moves { list, add: None, remove: Some(emails) }) => (list, false, emails),
            _ => return words(400),
        };
        if emails.is_empty() {
            return words(400);
        }
        if emails.len() > CONTACTS_MAX {
            return words(413);
        }
        let mut state = self.held();
        let Some(mut list) = state.lists.get(&id).cloned() else { return words(404) };
        let good = emails.iter().filter(|email| state.stranger(email).is_none()).count();
        let (mut left, mut named, mut applied) = (portion.of(good), Vec::new(), Vec::new());
        let mut warnings = Vec::new();
        for (at, email) in emails.iter().enumerate() {
            if emails[..at].iter().any(|before| before.to_lowercase() == email.to_lowercase()) {
                warnings.push(call.warning("same-contact-twice", email.to_lowercase()));
            }
            let why = match (state.stranger(email), portion.rest) {
                (Some(why), _) => Some(why),
                (None, Some(rest)) if left == 0 => Some(("unknown_contact", rest)),
                (None, _) => None,
            };
            if let Some((code, message)) = why {
                named.push(json!({ "at": at, "code": code, "message": message }));
            } else if left > 0 {
                left -= 1;
                let key = email.to_lowercase();
                let what = json!({ "list": id, "member": joins }).to_string();
                if joins {
                    list.members.insert(key.clone())
                } else {
                    list.members.remove(&key)
                };
                applied.push((Kind::Membership, key, Arc::from(what)));
            }
        }
        state.lists.insert(id, list);
        let objects = emails.len() as u32;
        let tally = Tally { objects, applied: applied.len() as u32, refused: (emails.len() - good) as u32, ignored: 0 };
        // While the state is locked, so that the ledger has the order of application.
        self.ledger.append(call.number, applied);
        Reply { tally, warnings, ..Reply::json(200, &json!({ "taken": emails.len() - named.len(), "refused": named })) }
    }
}
