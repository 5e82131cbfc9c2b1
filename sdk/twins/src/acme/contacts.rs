//! One contact of a request: what Acme takes, and what it says of what it does not.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::State;
use crate::contact::is_email;

/// Contacts of one request at most.
pub(super) const CONTACTS_MAX: usize = 100;
/// Characters of a text at most.
const TEXT_CHARS_MAX: usize = 255;

/// A request's body.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Batch {
    pub(super) contacts: Vec<Contact>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Contact {
    pub(super) email: String,
    #[serde(default)]
    fields: Map<String, Value>,
}

impl Contact {
    /// The address that it is known by.
    pub(super) fn key(&self) -> String {
        self.email.to_lowercase()
    }

    /// The fields, as they were sent.
    pub(super) fn fields(&self) -> Value {
        Value::Object(self.fields.clone())
    }

    /// Why it is not taken: code and message.
    pub(super) fn refusal(&self) -> Option<(&'static str, String)> {
        if !is_email(&self.email) {
            return Some(("invalid_email", "This is not an e-mail address.".to_owned()));
        }
        self.fields.iter().find_map(|(name, value)| {
            if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
                return Some(("unknown_field", format!("A field cannot be called {name:?}.")));
            }
            let long = value.as_str().is_some_and(|text| text.chars().count() > TEXT_CHARS_MAX);
            long.then(|| ("too_long", format!("{name} has more than {TEXT_CHARS_MAX} characters.")))
        })
    }
}

impl State {
    /// Fields that are not mentioned stay; null empties one.
    pub(super) fn put(&mut self, contact: &Contact) {
        let known = self.contacts.entry(contact.key()).or_default();
        for (name, value) in &contact.fields {
            match value {
                Value::Null => known.remove(name),
                value => known.insert(name.clone(), value.clone()),
            };
        }
    }
}

/// The result of a contact that is not taken.
pub(super) fn refused(code: &str, message: &str) -> Value {
    json!({ "ok": false, "code": code, "message": message })
}
