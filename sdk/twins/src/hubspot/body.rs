//! Bodies and queries, taken apart name by name. The vendor's reader stops at the first thing that is not of its shape, so a refusal
//! names one. A name that the notes do not know is refused in a body and passed over, with a warning, in a query; null is the same as
//! absent (all inferred).

use serde_json::{Map, Value};

use super::words::Refusal;
use crate::{
    log::Warning,
    vendor::{Call, Reply},
};

/// One object of a body.
pub(super) struct Node {
    map: Map<String, Value>,
    at: String,
}

impl Node {
    /// The whole body.
    pub(super) fn body(call: &Call) -> Result<Self, Refusal> {
        Self::of(json(call)?, "body")
    }

    pub(super) fn of(value: Value, at: impl Into<String>) -> Result<Self, Refusal> {
        let at = at.into();
        match value {
            Value::Object(map) => Ok(Self { map, at }),
            _ => Err(Refusal::shape(format_args!("{at} must be an object"))),
        }
    }

    fn take<T>(&mut self, name: &str, kind: &str, read: impl FnOnce(Value) -> Option<T>) -> Result<Option<T>, Refusal> {
        let Some(value) = self.map.remove(name).filter(|value| !value.is_null()) else { return Ok(None) };
        let read = read(value).ok_or_else(|| Refusal::shape(format_args!("{}.{name} must be {kind}", self.at)))?;
        Ok(Some(read))
    }

    pub(super) fn need<T>(&self, name: &str, value: Option<T>) -> Result<T, Refusal> {
        value.ok_or_else(|| Refusal::shape(format_args!("some required attributes of {} are not set: [{name}]", self.at)))
    }

    pub(super) fn text(&mut self, name: &str) -> Result<Option<String>, Refusal> {
        self.take(name, "a string", text)
    }

    pub(super) fn must_text(&mut self, name: &str) -> Result<String, Refusal> {
        let text = self.text(name)?;
        self.need(name, text)
    }

    pub(super) fn flag(&mut self, name: &str) -> Result<Option<bool>, Refusal> {
        self.take(name, "a boolean", |value| value.as_bool())
    }

    pub(super) fn number(&mut self, name: &str) -> Result<Option<u64>, Refusal> {
        self.take(name, "a number that is not negative", |value| value.as_u64())
    }

    pub(super) fn array(&mut self, name: &str) -> Result<Option<Vec<Value>>, Refusal> {
        self.take(name, "an array", |value| match value {
            Value::Array(items) => Some(items),
            _ => None,
        })
    }

    pub(super) fn texts(&mut self, name: &str) -> Result<Option<Vec<String>>, Refusal> {
        self.take(name, "an array of strings", texts)
    }

    pub(super) fn map(&mut self, name: &str) -> Result<Option<Map<String, Value>>, Refusal> {
        self.take(name, "an object", |value| match value {
            Value::Object(map) => Some(map),
            _ => None,
        })
    }

    pub(super) fn node(&mut self, name: &str) -> Result<Option<Self>, Refusal> {
        let at = format!("{}.{name}", self.at);
        Ok(self.map(name)?.map(|map| Self { map, at }))
    }

    /// Lets go of names that the vendor knows and the twin makes nothing of.
    pub(super) fn ignore(&mut self, names: &[&str]) {
        for name in names {
            self.map.remove(*name);
        }
    }

    /// `inputs`: one to `most` objects.
    pub(super) fn inputs(&mut self, most: usize) -> Result<Vec<Self>, Refusal> {
        let inputs = self.array("inputs")?;
        let inputs = self.need("inputs", inputs)?;
        if inputs.is_empty() {
            return Err(Refusal::invalid("At least one input is required."));
        }
        if inputs.len() > most {
            return Err(Refusal::invalid(format!("The batch has {} inputs; at most {most} are allowed.", inputs.len())));
        }
        inputs.into_iter().enumerate().map(|(index, input)| Self::of(input, format!("inputs[{index}]"))).collect()
    }

    /// Nothing more is asked for.
    pub(super) fn finish(self) -> Result<(), Refusal> {
        match self.map.keys().next() {
            None => Ok(()),
            Some(name) => Err(Refusal::shape(format_args!("unrecognized field \"{name}\" of {}", self.at))),
        }
    }
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        _ => None,
    }
}

fn texts(value: Value) -> Option<Vec<String>> {
    match value {
        Value::Array(items) => items.into_iter().map(text).collect(),
        _ => None,
    }
}

/// The body as JSON of any kind.
pub(super) fn json(call: &Call) -> Result<Value, Refusal> {
    let text = std::str::from_utf8(&call.body).map_err(|_| Refusal::shape("the body is not UTF-8"))?;
    text.parse().map_err(|error| Refusal::shape(format_args!("the body is not JSON: {error}")))
}

/// A body that is a bare array of strings.
pub(super) fn bare_texts(call: &Call) -> Result<Vec<String>, Refusal> {
    texts(json(call)?).ok_or_else(|| Refusal::shape("the body must be an array of strings"))
}

/// The query of a read.
pub(super) struct Query {
    pairs: Vec<(String, String)>,
    pub(super) warnings: Vec<Warning>,
}

impl Query {
    pub(super) fn of(call: &Call, known: &[&str]) -> Result<Self, Refusal> {
        let pairs = call.pairs().ok_or_else(|| Refusal::invalid("The query is not valid."))?;
        let strange = pairs.iter().filter(|(name, _)| !known.contains(&name.as_str()) && !is_key(name));
        let warnings = strange.map(|(name, _)| call.warning("unknown-parameter", name.clone())).collect();
        Ok(Self { pairs, warnings })
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn number(&self, name: &str, default: usize, most: usize) -> Result<usize, Refusal> {
        match self.get(name).map(str::parse) {
            None => Ok(default),
            Some(Ok(number)) if (1..=most).contains(&number) => Ok(number),
            Some(_) => Err(Refusal::invalid(format!("{name} must be a number from 1 to {most}."))),
        }
    }

    /// Adds what was strange about the query.
    pub(super) fn onto(self, mut reply: Reply) -> Reply {
        reply.warnings.extend(self.warnings);
        reply
    }
}

/// Whether a name is one under which clients send their token; `hapikey` was the vendor's own once.
pub(super) fn is_key(name: &str) -> bool {
    matches!(name.to_ascii_lowercase().as_str(), "hapikey" | "access_token" | "api_key" | "apikey" | "authorization")
}

/// Warns of a token outside of its header, which is then not kept.
pub(super) fn stray_keys(reply: &mut Reply, call: &Call) {
    if call.pairs().unwrap_or_default().iter().any(|(name, _)| is_key(name)) {
        reply.warnings.push(call.warning("key-outside-header", "query"));
        reply.withhold = true;
    }
}
