//! A request's body, taken apart name by name: what is left at the end is unknown to the vendor, and every value of a wrong shape
//! is named at once in the `errors[]` of one refusal (*Errors*: 400 `Invalid Resource`). Null is a wrong shape (inferred; *Attributes*
//! says so of merge fields).

use serde_json::{Map, Value};

use super::words::{FieldError, Refusal};
use crate::vendor::{Call, Reply};

/// One object of the body, at `at` (empty for the whole, else with a dot at its end).
pub(super) struct Body {
    object: Map<String, Value>,
    at: String,
    wrong: Vec<FieldError>,
    unknown: Vec<String>,
}

impl Body {
    pub(super) fn of(call: &Call) -> Result<Self, Refusal> {
        call.object().map(Self::whole).ok_or_else(Refusal::bad_json)
    }

    pub(super) fn whole(object: Map<String, Value>) -> Self {
        Self::at(object, String::new())
    }

    fn at(object: Map<String, Value>, at: String) -> Self {
        Self { object, at, wrong: Vec::new(), unknown: Vec::new() }
    }

    /// What is left of the object as JSON, without one name.
    pub(super) fn text_without(&self, name: &str) -> String {
        let rest = self.object.iter().filter(|(key, _)| *key != name);
        Value::Object(rest.map(|(key, value)| (key.clone(), value.clone())).collect()).to_string()
    }

    /// Something wrong with the value of `name`.
    pub(super) fn blame(&mut self, name: &str, message: impl Into<String>) {
        self.wrong.push(FieldError::new(format!("{}{name}", self.at), message));
    }

    fn take<T>(&mut self, name: &str, kind: &str, read: impl FnOnce(Value) -> Result<T, Value>) -> Option<T> {
        match read(self.object.remove(name)?) {
            Ok(value) => Some(value),
            Err(other) => {
                self.blame(name, shape(kind, &other));
                None
            }
        }
    }

    pub(super) fn flag(&mut self, name: &str) -> Option<bool> {
        self.take(name, "boolean", |value| value.as_bool().ok_or(value))
    }

    pub(super) fn number(&mut self, name: &str) -> Option<f64> {
        self.take(name, "number", |value| value.as_f64().ok_or(value))
    }

    pub(super) fn text(&mut self, name: &str) -> Option<String> {
        self.take(name, "string", text)
    }

    /// A text that `read` knows.
    pub(super) fn word<T>(&mut self, name: &str, words: &str, read: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let word = self.text(name)?;
        let known = read(&word);
        if known.is_none() {
            self.blame(name, format!("Value must be one of: {words}"));
        }
        known
    }

    pub(super) fn map(&mut self, name: &str) -> Option<Map<String, Value>> {
        self.take(name, "object", |value| match value {
            Value::Object(map) => Ok(map),
            other => Err(other),
        })
    }

    pub(super) fn array(&mut self, name: &str) -> Option<Vec<Value>> {
        self.take(name, "array", |value| match value {
            Value::Array(items) => Ok(items),
            other => Err(other),
        })
    }

    /// An array of texts.
    pub(super) fn texts(&mut self, name: &str) -> Option<Vec<String>> {
        let items = self.array(name)?;
        let mut texts = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            match text(item) {
                Ok(text) => texts.push(text),
                Err(other) => self.blame(&format!("{name}.item:{index}"), shape("string", &other)),
            }
        }
        Some(texts)
    }

    /// An array of objects, each read by `read`; what is wrong or unknown inside them is this body's.
    pub(super) fn objects<T>(&mut self, name: &str, mut read: impl FnMut(&mut Body) -> T) -> Option<Vec<T>> {
        let items = self.array(name)?;
        let mut objects = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            let at = format!("{name}.item:{index}");
            match item {
                Value::Object(object) => objects.push(self.inner(&at, object, &mut read)),
                other => self.blame(&at, shape("object", &other)),
            }
        }
        Some(objects)
    }

    /// Reads an object that lies at `name`.
    pub(super) fn inner<T>(&mut self, name: &str, object: Map<String, Value>, read: impl FnOnce(&mut Body) -> T) -> T {
        let mut inner = Self::at(object, format!("{}{name}.", self.at));
        let value = read(&mut inner);
        inner.leave();
        self.wrong.append(&mut inner.wrong);
        self.unknown.append(&mut inner.unknown);
        value
    }

    fn leave(&mut self) {
        let names = std::mem::take(&mut self.object).into_iter();
        self.unknown.extend(names.map(|(name, _)| format!("{}{name}", self.at)));
    }

    /// Says that `name` is needed when it is not there.
    pub(super) fn required<T>(&mut self, value: Option<T>, name: &str) -> Option<T> {
        let field = format!("{}{name}", self.at);
        if value.is_none() && !self.wrong.iter().any(|wrong| wrong.field.starts_with(&field)) {
            self.blame(name, "Required fields were not provided: ".to_owned() + name);
        }
        value
    }

    /// Refuses what is wrong, and else gives the names that nobody asked for.
    pub(super) fn end(mut self) -> Result<Vec<String>, Refusal> {
        self.leave();
        if self.wrong.is_empty() { Ok(self.unknown) } else { Err(Refusal::fields(self.wrong)) }
    }
}

fn text(value: Value) -> Result<String, Value> {
    match value {
        Value::String(text) => Ok(text),
        other => Err(other),
    }
}

/// "Schema describes string, integer found instead": the vendor's words for a value of another type (inferred).
pub(super) fn shape(wanted: &str, found: &Value) -> String {
    let found = match found {
        Value::Null => "NULL",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "double",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    format!("Schema describes {wanted}, {found} found instead")
}

/// Warns of names that the vendor does not know; a key among them is not kept.
pub(super) fn unknown(reply: &mut Reply, call: &Call, names: Vec<String>) {
    for name in names {
        let key = is_key(name.rsplit('.').next().unwrap_or_default());
        reply.withhold |= key;
        reply.warnings.push(call.warning(if key { "key-outside-header" } else { "unknown-key" }, name));
    }
}

/// Whether a name is one under which clients send their key.
pub(super) fn is_key(name: &str) -> bool {
    matches!(name.to_ascii_lowercase().as_str(), "api_key" | "apikey" | "api-key" | "key" | "access_token")
}
