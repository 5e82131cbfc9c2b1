//! A request's body, taken apart name by name: what is left at the end is unknown to the vendor. A value of a wrong shape
//! refuses the whole request, `BadParams` (*Errors*); null is the same as absent (inferred).

use serde_json::{Map, Value};

use super::words::Refusal;
use crate::vendor::{Call, Reply};

pub(super) struct Body(Map<String, Value>);

impl Body {
    pub(super) fn of(call: &Call) -> Result<Self, Refusal> {
        call.object().map(Self).ok_or_else(Refusal::bad_json)
    }

    pub(super) fn object(value: Value, what: &str) -> Result<Self, Refusal> {
        match value {
            Value::Object(object) => Ok(Self(object)),
            _ => Err(Refusal::bad_params(format!("{what} must be an object"))),
        }
    }

    /// A value that may be absent, read by `read`.
    fn take<T>(&mut self, name: &str, kind: &str, read: impl FnOnce(Value) -> Option<T>) -> Result<Option<T>, Refusal> {
        match self.0.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => match read(value) {
                Some(value) => Ok(Some(value)),
                None => Err(Refusal::bad_params(format!("'{name}' must be {kind}"))),
            },
        }
    }

    pub(super) fn flag(&mut self, name: &str) -> Result<Option<bool>, Refusal> {
        self.take(name, "a boolean", |value| value.as_bool())
    }

    pub(super) fn integer(&mut self, name: &str) -> Result<Option<i64>, Refusal> {
        self.take(name, "an integer", |value| value.as_i64())
    }

    pub(super) fn text(&mut self, name: &str) -> Result<Option<String>, Refusal> {
        self.take(name, "a string", |value| match value {
            Value::String(text) => Some(text),
            _ => None,
        })
    }

    pub(super) fn map(&mut self, name: &str) -> Result<Option<Map<String, Value>>, Refusal> {
        self.take(name, "an object", |value| match value {
            Value::Object(map) => Some(map),
            _ => None,
        })
    }

    pub(super) fn array(&mut self, name: &str) -> Result<Option<Vec<Value>>, Refusal> {
        self.take(name, "an array", |value| match value {
            Value::Array(items) => Some(items),
            _ => None,
        })
    }

    /// The names that nobody asked for.
    pub(super) fn rest(self) -> Vec<String> {
        self.0.into_iter().map(|(name, _)| name).collect()
    }
}

/// What a request does not know to ask for, or asks wrongly.
pub(super) fn required<T>(value: Option<T>, name: &str) -> Result<T, Refusal> {
    value.ok_or_else(|| Refusal::bad_params(format!("'{name}' is required")))
}

/// Warns of names that the vendor does not know; a key among them is not kept.
pub(super) fn unknown(reply: &mut Reply, call: &Call, names: Vec<String>) {
    for name in names {
        let key = is_key(&name);
        reply.withhold |= key;
        reply.warnings.push(call.warning(if key { "key-outside-header" } else { "unknown-key" }, name));
    }
}

/// Whether a name is one under which clients send their key.
pub(super) fn is_key(name: &str) -> bool {
    matches!(name.to_ascii_lowercase().as_str(), "api_key" | "apikey" | "api-key")
}
