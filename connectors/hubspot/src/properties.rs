//! Mapped fields as properties: every value is text, and the empty text clears.
//!
//! "Attributes" of the sheet of 2026-11.

use sluice_sdk::json::{Key, Writer};
use sluice_sdk::serde_json::{self, Value as Json};
use sluice_sdk::{Cell, ColumnView, Halt, Reason, Value};

/// The mapped properties of a batch, with their keys made once.
#[derive(Debug)]
pub(crate) struct Properties<'a>(Vec<(Key, ColumnView<'a>)>);

impl<'a> Properties<'a> {
    /// A halt where a name can be none, or is the one that finds the record.
    pub(crate) fn of(columns: Vec<ColumnView<'a>>, identifier: Option<&str>) -> Result<Self, Halt> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        for name in columns.iter().map(ColumnView::name) {
            if name.is_empty() || !name.bytes().all(plain) {
                let message =
                    "names of properties are lower-case letters, digits and underscores (the internal name, not the label)";
                return Err(Halt::config(&format!("`{name}` is no property: {message}")));
            }
            if identifier == Some(name) {
                return Err(Halt::config(&format!("`{name}` finds the record already: map it as the identifier alone")));
            }
        }
        Ok(Self(columns.into_iter().map(|column| (Key::new(column.name()), column)).collect()))
    }

    /// A rough size of one record's properties, for the buffer.
    pub(crate) fn bytes_guess(&self) -> usize {
        self.0.len() * 48
    }

    /// Writes the properties of a row, or says which value HubSpot has no text for.
    pub(crate) fn write(&self, body: &mut Writer, row: usize) -> Result<(), Reason> {
        for (key, column) in &self.0 {
            let cell = column.cell(row);
            let wrong = |what: &str| Reason::bad(what).field(column.name());
            match cell {
                Cell::Absent => {}
                Cell::Null => {
                    body.key(key);
                    body.string("");
                }
                Cell::Value(Value::Float(number)) if !number.is_finite() => return Err(wrong("the number is not finite")),
                Cell::Value(Value::Json(text)) => {
                    let choices = choices(text).ok_or_else(|| wrong("several choices are an array of texts without `;`"))?;
                    body.key(key);
                    body.string(&choices);
                }
                Cell::Value(value) => {
                    body.key(key);
                    body.value_as_text(value);
                }
            }
        }
        Ok(())
    }
}

/// "checkbox (multi): values joined by `;`".
fn choices(text: &str) -> Option<String> {
    let values: Vec<Json> = serde_json::from_slice(text.as_bytes()).ok()?;
    let values: Option<Vec<&str>> = values.iter().map(|value| value.as_str().filter(|text| !text.contains(';'))).collect();
    values.map(|values| values.join(";"))
}

#[cfg(test)]
mod tests;
