//! Mapped fields as properties: every value is text, and the empty text clears.
//!
//! "Attributes" of the sheet of 2026-11.

use sluice_sdk::json::Writer;
use sluice_sdk::serde_json::{self, Value as Json};
use sluice_sdk::{Cells, ColumnView, Halt, Null, Reason, Value};

/// The mapped properties of a batch; a halt where a name can be none, or is the one that finds the record.
pub(crate) fn of<'a>(columns: Vec<ColumnView<'a>>, identifier: Option<&str>) -> Result<Cells<'a>, Halt> {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    for name in columns.iter().map(ColumnView::name) {
        if name.is_empty() || !name.bytes().all(plain) {
            let message = "names of properties are lower-case letters, digits and underscores (the internal name, not the label)";
            return Err(Halt::config(&format!("`{name}` is no property: {message}")));
        }
        if identifier == Some(name) {
            return Err(Halt::config(&format!("`{name}` finds the record already: map it as the identifier alone")));
        }
    }
    Ok(Cells::new(columns))
}

/// Writes the properties of a row, or says which value HubSpot has no text for.
pub(crate) fn write(properties: &Cells<'_>, body: &mut Writer, row: usize) -> Result<(), Reason> {
    properties.write_by(body, row, Null::Empty, value)
}

fn value(body: &mut Writer, value: Value<'_>) -> Result<(), Reason> {
    let Value::Json(text) = value else {
        body.value_as_text(value);
        return Ok(());
    };
    let choices = choices(text).ok_or_else(|| Reason::bad("several choices are an array of texts without `;`"))?;
    body.string(&choices);
    Ok(())
}

/// "checkbox (multi): values joined by `;`".
fn choices(text: &str) -> Option<String> {
    let values: Vec<Json> = serde_json::from_slice(text.as_bytes()).ok()?;
    let values: Option<Vec<&str>> = values.iter().map(|value| value.as_str().filter(|text| !text.contains(';'))).collect();
    values.map(|values| values.join(";"))
}

#[cfg(test)]
mod tests;
