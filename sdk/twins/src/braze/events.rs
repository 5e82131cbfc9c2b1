//! One object of the `events` or the `purchases` array (*Event object*, read 2026-11; purchases: *Track users*). Repeats
//! are not recognised by the vendor: a repeated event is a second event.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{
    attributes::fits,
    limits,
    target::{Refusal, Target},
    time,
};

/// An event or a purchase, checked.
#[derive(Debug)]
pub(super) struct Happening {
    pub(super) target: Target,
    /// An event's name, a purchase's product id.
    pub(super) name: String,
    pub(super) time: String,
    pub(super) at: jiff::Timestamp,
    /// The object without its identifiers, as JSON, for the ledger.
    pub(super) text: Arc<str>,
    /// Keys the page does not know; the vendor lets them pass.
    pub(super) unknown: Vec<String>,
}

/// Reads one event.
pub(super) fn event(object: Value, blacklist: &[String]) -> Result<Happening, Refusal> {
    let (mut happening, rest) = common(object, "name", blacklist)?;
    if happening.name.starts_with('$') {
        return Err("'name' must not start with '$'".into());
    }
    happening.unknown = unknown(rest, &["app_id", "properties"]);
    Ok(happening)
}

/// Reads one purchase: a product, a currency of three capital letters, a price, a quantity of 1 or more.
pub(super) fn purchase(object: Value, blacklist: &[String]) -> Result<Happening, Refusal> {
    let (mut happening, rest) = common(object, "product_id", blacklist)?;
    let currency = rest.get("currency").and_then(Value::as_str).unwrap_or_default();
    if currency.len() != 3 || !currency.bytes().all(|b| b.is_ascii_uppercase()) {
        return Err("'currency' is not valid".into());
    }
    if !rest.get("price").is_some_and(Value::is_number) {
        return Err("'price' must be a number".into());
    }
    if rest.get("quantity").is_some_and(|q| q.as_u64().is_none_or(|q| q == 0)) {
        return Err("'quantity' must be a positive integer".into());
    }
    happening.unknown = unknown(rest, &["app_id", "properties", "currency", "price", "quantity"]);
    Ok(happening)
}

/// What both have, and the rest of the object.
fn common(object: Value, named: &'static str, blacklist: &[String]) -> Result<(Happening, Map<String, Value>), Refusal> {
    let Value::Object(mut object) = object else { return Err("events and purchases must be objects".into()) };
    let target = Target::take(&mut object, blacklist)?;
    let whole = Value::Object(object);
    let text = whole.to_string().into();
    let Value::Object(mut rest) = whole else { unreachable!("it was made an object three lines above") };
    let name = required(&mut rest, named)?;
    if name.chars().count() > limits::KEY_CHARS_MAX {
        return Err(format!("'{named}' must be at most 255 characters").into());
    }
    let time = required(&mut rest, "time")?;
    let Some(at) = time::zoned(&time) else { return Err("'time' is not a valid ISO 8601 time with a zone".into()) };
    if rest.get("app_id").is_some_and(|id| !id.is_string()) {
        return Err("'app_id' must be a string".into());
    }
    if let Some(found) = rest.get("properties") {
        properties(found)?;
    }
    Ok((Happening { target, name, time, at, text, unknown: Vec::new() }, rest))
}

fn required(object: &mut Map<String, Value>, name: &'static str) -> Result<String, Refusal> {
    match object.remove(name) {
        Some(Value::String(text)) if !text.is_empty() => Ok(text),
        None => Err(format!("'{name}' is required").into()),
        Some(_) => Err(format!("'{name}' must be a string that is not empty").into()),
    }
}

fn unknown(rest: Map<String, Value>, known: &[&str]) -> Vec<String> {
    rest.into_iter().map(|(key, _)| key).filter(|key| !known.contains(&key.as_str())).collect()
}

/// Properties: keys of 1 to 255 characters without `$` first, strings of at most 255, 50 KB in all.
fn properties(value: &Value) -> Result<(), Refusal> {
    if !value.is_object() {
        return Err("'properties' must be an object".into());
    }
    sound(value)?;
    if value.to_string().len() > limits::PROPERTIES_BYTES_MAX {
        return Err("'properties' must be at most 50 KB".into());
    }
    Ok(())
}

fn sound(value: &Value) -> Result<(), Refusal> {
    match value {
        Value::String(text) if !fits(text) => Err("property values must be at most 255 characters".into()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
        Value::Array(items) => items.iter().try_for_each(sound),
        Value::Object(object) => object.iter().try_for_each(|(key, value)| {
            if key.is_empty() || key.starts_with('$') || key.chars().count() > limits::KEY_CHARS_MAX {
                return Err("property names must have 1 to 255 characters and not start with '$'".into());
            }
            sound(value)
        }),
    }
}
