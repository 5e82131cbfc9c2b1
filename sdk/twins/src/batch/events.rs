//! Events of an operation (*Send events*). One that is wrong is lost whole and named by its name (inferred: an attribute of it
//! could be lost alone); the rest of the operation is applied. Nothing tells a repeated event from a second one.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{
    limits,
    values::{self, Wrap},
    words::Refusal,
};

/// An event, checked.
#[derive(Debug)]
pub(super) struct Occurrence {
    pub(super) name: String,
    /// As sent; the time of the call when none was (*Send events*: "absent = reception time").
    pub(super) time: String,
    /// The event as it was sent, as JSON, for the ledger.
    pub(super) text: Arc<str>,
    /// Keys that the notes do not know.
    pub(super) unknown: Vec<String>,
}

/// Reads one event: its name, and what it is or why it is lost. One without a name refuses the call (inferred), since nothing
/// could name it.
pub(super) fn read(event: Value, what: &str, now: Timestamp) -> Result<(String, Result<Occurrence, String>), Refusal> {
    let text: Arc<str> = event.to_string().into();
    let Value::Object(mut event) = event else { return Err(Refusal::malformed(format!("'{what}' must be an object"))) };
    let name = match event.remove("name") {
        Some(Value::String(name)) => name,
        None => return Err(Refusal::missing(format_args!("{what}.name"))),
        Some(_) => return Err(Refusal::malformed(format!("'{what}.name' must be a string"))),
    };
    let occurrence = occurrence(&name, event, text, now);
    Ok((name, occurrence))
}

fn occurrence(name: &str, mut event: Map<String, Value>, text: Arc<str>, now: Timestamp) -> Result<Occurrence, String> {
    if !values::is_name(name) {
        return Err("is not a valid event name".to_owned());
    }
    let time = match event.remove("time") {
        None => now.to_string(),
        Some(Value::String(time)) => {
            let at = values::rfc3339(&time).ok_or("'time' must be an RFC 3339 date")?;
            if at > now {
                return Err("'time' is in the future".to_owned());
            }
            if now.duration_since(at) > jiff::SignedDuration::from_secs(limits::EVENT_AGE_S_MAX) {
                return Err("'time' is older than 24 hours".to_owned());
            }
            time
        }
        Some(_) => return Err("'time' must be a string".to_owned()),
    };
    match event.remove("attributes") {
        None => {}
        Some(Value::Object(attributes)) => object(&attributes, 1)?,
        Some(_) => return Err("'attributes' must be an object".to_owned()),
    }
    Ok(Occurrence { name: name.to_owned(), time, text, unknown: event.into_iter().map(|(key, _)| key).collect() })
}

/// Attributes, and objects among them. Names are those of attributes (inferred).
fn object(attributes: &Map<String, Value>, depth: usize) -> Result<(), String> {
    if depth > limits::EVENT_DEPTH_MAX {
        return Err("attributes are nested too deeply".to_owned());
    }
    let arrays = attributes.values().filter(|value| value.is_array()).count();
    if attributes.len() > limits::EVENT_ATTRIBUTES_MAX || arrays > limits::EVENT_ARRAYS_MAX {
        return Err("too many attributes".to_owned());
    }
    attributes.iter().try_for_each(|(key, value)| {
        let good = match (key.as_str(), value) {
            // Reserved, at the top alone (inferred).
            ("$label", Value::String(label)) if depth == 1 && values::fits(label, limits::LABEL_CHARS_MAX) => Ok(()),
            ("$tags", Value::Array(tags)) if depth == 1 && are_tags(tags) => Ok(()),
            ("$label" | "$tags", _) => Err("is not valid".to_owned()),
            _ => attribute(key, value, depth),
        };
        good.map_err(|why| format!("attribute '{key}': {why}"))
    })
}

fn are_tags(tags: &[Value]) -> bool {
    tags.len() <= limits::TAGS_MAX && tags.iter().all(|tag| tag.as_str().is_some_and(|t| values::fits(t, limits::TAG_CHARS_MAX)))
}

fn attribute(key: &str, value: &Value, depth: usize) -> Result<(), String> {
    let (wrap, name) = values::unwrap(key);
    if !values::is_name(name) {
        return Err("has no valid name".to_owned());
    }
    match value {
        Value::Null => Err("must not be null".to_owned()),
        Value::Object(nested) if wrap == Wrap::Plain => object(nested, depth + 1),
        Value::Array(items) if wrap == Wrap::Plain => array(items, depth),
        single => values::single(wrap, single, limits::TEXT_CHARS_MAX),
    }
}

/// "arrays of strings or of objects", not of both (inferred).
fn array(items: &[Value], depth: usize) -> Result<(), String> {
    if items.len() > limits::ITEMS_MAX {
        return Err(format!("must have at most {} items", limits::ITEMS_MAX));
    }
    if items.iter().all(|item| item.as_str().is_some_and(|text| values::fits(text, limits::TEXT_CHARS_MAX))) {
        return Ok(());
    }
    items.iter().try_for_each(|item| match item {
        Value::Object(nested) => object(nested, depth + 1),
        _ => Err("must hold strings or objects only".to_owned()),
    })
}

#[cfg(test)]
mod tests;
