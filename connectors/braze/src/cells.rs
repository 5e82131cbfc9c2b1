//! Mapped columns as members of an object, without the values that Braze would take amiss.

use serde::Deserialize;
use sluice_sdk::{Cells, ColumnView, Reason, Value, serde_json};

/// The columns in the order given.
pub(crate) fn of<'a>(columns: impl IntoIterator<Item = ColumnView<'a>>) -> Cells<'a> {
    Cells::new(columns).checked_by(no_increment)
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

#[cfg(test)]
mod tests;
