//! Merge fields: attributes of a contact, by their tags. Mailchimp has no booleans and no nulls for them, and addresses are objects.
//!
//! "Attributes / custom fields" of the vendor sheet of 2026-11; for `""` and booleans grouparoo's plugin at a453a40.

use std::collections::BTreeMap;

use sluice_sdk::json::{Key, Writer};
use sluice_sdk::serde_json;
use sluice_sdk::{Cell, ColumnView, Reason, Rows, Value};

/// The mapped merge fields of a batch, with their keys made once.
#[derive(Debug)]
pub(crate) struct MergeFields<'a>(Vec<(Key, ColumnView<'a>)>);

impl<'a> MergeFields<'a> {
    /// Tags are compared in any case and come back in upper case, so that is how they are sent.
    pub(crate) fn of(rows: &Rows<'a>) -> Self {
        let keyed = |column: &ColumnView<'a>| (Key::new(&column.name().to_ascii_uppercase()), *column);
        Self(rows.with_role("attribute").map(keyed).collect())
    }

    /// A rough size of one contact's fields, for the buffer.
    pub(crate) fn bytes_guess(&self) -> usize {
        self.0.len() * 36
    }

    /// Writes the member with the fields of a row, where any is mapped; or says which value Mailchimp would refuse.
    pub(crate) fn write(&self, body: &mut Writer, row: usize) -> Result<(), Reason> {
        if self.0.is_empty() {
            return Ok(());
        }
        body.name("merge_fields");
        body.begin_object();
        for (key, column) in &self.0 {
            let cell = column.cell(row);
            if cell == Cell::Absent {
                continue;
            }
            body.key(key);
            match cell {
                // "Clears a value whatever its type; null is not accepted".
                Cell::Absent | Cell::Null => body.string(""),
                Cell::Value(Value::Bool(yes)) => body.string(if yes { "true" } else { "false" }),
                Cell::Value(value) => {
                    legal(value).map_err(|what| Reason::bad(what).field(column.name()))?;
                    body.value(value);
                }
            }
        }
        body.end_object();
        Ok(())
    }
}

/// Whether it is the only value that is an object: "`addr1`, `city`, `state`, `zip` all mandatory (`addr2`, `country` optional) and all
/// strings".
fn is_address(text: &str) -> bool {
    let Ok(parts) = serde_json::from_slice::<BTreeMap<String, String>>(text.as_bytes()) else { return false };
    let needed = ["addr1", "city", "state", "zip"];
    let legal = |part: &String| needed.contains(&part.as_str()) || part == "addr2" || part == "country";
    needed.iter().all(|part| parts.contains_key(*part)) && parts.keys().all(legal)
}

fn legal(value: Value<'_>) -> Result<(), &'static str> {
    match value {
        Value::Float(number) if !number.is_finite() => Err("the number is not finite"),
        Value::Json(text) if !is_address(text) => {
            Err("an address is an object of texts: addr1, city, state and zip, perhaps addr2 and country")
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
