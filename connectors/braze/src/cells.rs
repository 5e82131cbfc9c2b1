//! Mapped columns as members of an object, without the values that Braze would take amiss.

use serde::Deserialize;
use sluice_sdk::serde_json::{self, Value as Json};
use sluice_sdk::{Cells, ColumnView, Reason, Value, code};

/// Characters of a text ("User attributes object").
const TEXT_CHARS_MAX: usize = 255;

/// The columns in the order given, as properties of an event.
pub(crate) fn properties<'a>(columns: impl IntoIterator<Item = ColumnView<'a>>) -> Cells<'a> {
    Cells::new(columns).checked_by(no_increment)
}

/// The columns in the order given, as attributes of a user. "One invalid or null value inside drops ALL nested updates of that object",
/// without a word, so such a value is refused by name before it is sent.
pub(crate) fn attributes<'a>(columns: impl IntoIterator<Item = ColumnView<'a>>) -> Cells<'a> {
    Cells::new(columns).checked_by(|value| no_increment(value).and_then(|()| sound(value)))
}

/// `{"inc": 5}` adds to the attribute each time it is sent.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Increment {
    #[serde(rename = "inc")]
    _by: f64,
}

fn no_increment(value: Value<'_>) -> Result<(), Reason> {
    match value {
        Value::Json(text) if serde_json::from_slice::<Increment>(text.as_bytes()).is_ok() => {
            let message = "an increment counts twice when it is sent twice; map the total instead";
            Err(Reason::bad(message))
        }
        _ => Ok(()),
    }
}

fn sound(value: Value<'_>) -> Result<(), Reason> {
    let Value::Json(text) = value else { return Ok(()) };
    let value = serde_json::from_slice(text.as_bytes()).map_err(|_| Reason::bad("the value is not JSON"))?;
    nothing_lost(&value, false)
}

/// `nested`: an object is around the value.
fn nothing_lost(value: &Json, nested: bool) -> Result<(), Reason> {
    match value {
        Json::Null if nested => Err(Reason::bad("Braze drops an object with a null inside: leave the name out in the model")),
        Json::String(text) if nested && text.chars().count() > TEXT_CHARS_MAX => {
            Err(Reason::new(code::TOO_LONG, "Braze drops an object with a text of more than 255 characters inside"))
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => Ok(()),
        Json::Array(items) => items.iter().try_for_each(|item| nothing_lost(item, nested)),
        Json::Object(members) => members.values().try_for_each(|value| nothing_lost(value, true)),
    }
}

#[cfg(test)]
mod tests;
