//! Mapped columns as members of an object: the three states of a cell, and the values that Braze would take amiss.

use serde::Deserialize;
use sluice_sdk::json::{Key, Writer};
use sluice_sdk::serde_json;
use sluice_sdk::{Cell, ColumnView, PhysicalType, Reason, Value, code};

/// Columns to be written into each object, with their keys made once per batch.
#[derive(Debug)]
pub(crate) struct Cells<'a> {
    members: Vec<Member<'a>>,
}

#[derive(Debug)]
struct Member<'a> {
    key: Key,
    column: ColumnView<'a>,
    /// Values of this type must be looked at before they are written.
    checked: bool,
}

/// What a cleared cell becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Null {
    /// `null`: Braze removes the attribute.
    Written,
    /// Nothing: an event has nothing to clear.
    LeftOut,
}

impl<'a> Cells<'a> {
    /// The columns in the order given.
    pub(crate) fn new(columns: impl IntoIterator<Item = ColumnView<'a>>) -> Self {
        let member = |column: ColumnView<'a>| Member {
            key: Key::new(column.name()),
            column,
            checked: matches!(column.field().ty, PhysicalType::Float64 | PhysicalType::Json),
        };
        Self { members: columns.into_iter().map(member).collect() }
    }

    /// No columns at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// A rough size of one object's members, for the buffer.
    pub(crate) fn bytes_guess(&self) -> usize {
        self.members.iter().map(|m| m.column.name().len() + 24).sum()
    }

    /// Writes the members of a row, or says which field cannot be sent.
    #[inline]
    pub(crate) fn write(&self, body: &mut Writer, row: usize, null: Null) -> Result<(), Reason> {
        for member in &self.members {
            let cell = member.column.cell(row);
            match cell {
                Cell::Absent => continue,
                Cell::Null if null == Null::LeftOut => continue,
                Cell::Value(value) if member.checked => check(value).map_err(|r| r.field(member.column.name()))?,
                Cell::Null | Cell::Value(_) => {}
            }
            body.cell(&member.key, cell);
        }
        Ok(())
    }
}

/// `{"inc": 5}` adds to the attribute each time it is sent.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Increment {
    #[serde(rename = "inc")]
    _by: f64,
}

#[cold]
fn bad(message: &str) -> Reason {
    Reason::new(code::BAD_FORMAT, message)
}

fn check(value: Value<'_>) -> Result<(), Reason> {
    match value {
        // JSON has no text for it, and the `null` that would stand in its place removes the attribute.
        Value::Float(v) if !v.is_finite() => Err(bad("the number is not finite")),
        // Written as it is, so it must be one JSON value, or it could add members of its own.
        Value::Json(text) if serde_json::from_str::<serde::de::IgnoredAny>(text).is_err() => Err(bad("the value is not JSON")),
        Value::Json(text) if serde_json::from_str::<Increment>(text).is_ok() => {
            Err(bad("an increment counts twice when it is sent twice; map the total instead"))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
