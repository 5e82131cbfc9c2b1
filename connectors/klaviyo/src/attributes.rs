//! Mapped fields as a profile's attributes: Klaviyo's own, its location, and properties of the customer's.
//!
//! Only what changed is sent. An import ignores nulls: a property is emptied by naming it in `unset`; a field of Klaviyo's own cannot be
//! emptied by an import at all, and the row says so. "Bulk Import Profiles API" (developers.klaviyo.com/en/v2026-04-15/docs/
//! use_klaviyos_bulk_profile_import_api), "Rate limits, status codes, and errors", read 2026-11.

use sluice_sdk::json::Writer;
use sluice_sdk::serde_json::{self, Value as Json, json};
use sluice_sdk::{Cells, ColumnView, Halt, Null, Reason, Receipts, Rows, Value, code};

/// Fields of Klaviyo's own, beside the identifiers.
const STANDARD: &[&str] = &["first_name", "last_name", "organization", "locale", "title", "image"];
/// What stands before the fields of a location.
const LOCATION: &str = "location.";
/// Fields of a location.
const PLACES: &[&str] = &["address1", "address2", "city", "country", "region", "zip", "timezone", "ip", "latitude", "longitude"];
/// Names that steer a profile instead of describing it.
const RESERVED: &[&str] = &["id", "email", "phone_number", "external_id", "_kx", "anonymous_id", "location", "properties"];

/// Most items of an array, and most levels of arrays and objects in each other.
const ARRAY_ITEMS_MAX: usize = 4_000;
/// See [`ARRAY_ITEMS_MAX`].
const LEVELS_MAX: usize = 10;

/// The attributes of a batch's profiles.
#[derive(Debug)]
pub(crate) struct Attributes<'a> {
    standard: Cells<'a>,
    location: Cells<'a>,
    properties: Cells<'a>,
    /// Columns that an import cannot empty, and those that it can.
    kept: Vec<ColumnView<'a>>,
    unset: Vec<ColumnView<'a>>,
}

impl<'a> Attributes<'a> {
    /// By what is mapped; a halt where a name is one that Klaviyo keeps for itself.
    pub(crate) fn of(rows: &Rows<'a>) -> Result<Self, Halt> {
        let is_standard = |name: &str| STANDARD.contains(&name);
        let of_location = |name: &str| name.strip_prefix(LOCATION).is_some_and(|place| PLACES.contains(&place));
        let is_reserved = |name: &str| RESERVED.contains(&name) || (name.starts_with(LOCATION) && !of_location(name));
        let columns = rows.attributes(is_reserved)?;
        let (kept, unset): (Vec<_>, Vec<_>) =
            columns.into_iter().partition(|column| is_standard(column.name()) || of_location(column.name()));
        let standard = kept.iter().copied().filter(|column| is_standard(column.name()));
        Ok(Self {
            standard: Cells::new(standard),
            location: Cells::under(LOCATION, kept.iter().copied()),
            properties: Cells::new(unset.iter().copied()).checked_by(ingestible),
            kept,
            unset,
        })
    }

    /// Ends the `attributes` of a new profile, which are open: it has nothing to be emptied. Or says which field cannot be sent.
    pub(crate) fn close(&self, body: &mut Writer, row: usize) -> Result<(), Reason> {
        self.standard.write(body, row, Null::LeftOut)?;
        body.object_if_any("location", |body| self.location.write(body, row, Null::LeftOut))?;
        body.object_if_any("properties", |body| self.properties.write(body, row, Null::LeftOut))?;
        body.end_object();
        Ok(())
    }

    /// The same of a profile that may be there, and says which properties are emptied.
    pub(crate) fn end(&self, body: &mut Writer, row: usize) -> Result<(), Reason> {
        self.close(body, row)?;
        let unset: Vec<&str> = emptied(&self.unset, row).collect();
        if !unset.is_empty() {
            body.member("meta", &json!({ "patch_properties": { "unset": unset } }));
        }
        Ok(())
    }

    /// Whether [`Attributes::noted`] has any note.
    pub(crate) fn has_notes(&self, rows: usize) -> bool {
        self.kept.iter().any(|column| (0..rows).any(|row| column.is_cleared(row)))
    }

    /// Notes at the rows of which a field should have been emptied, and was not.
    pub(crate) fn noted(&self, rows: usize, receipts: Receipts) -> Receipts {
        let message = "an import cannot empty a field of Klaviyo's own: it keeps its value";
        let note = |name| Reason::new(code::DEST_FIELD_INVALID, message).field(name);
        receipts.notes((0..rows).flat_map(|row| emptied(&self.kept, row).map(move |name| (row as u32, note(name)))))
    }
}

fn emptied<'c, 'a>(columns: &'c [ColumnView<'a>], row: usize) -> impl Iterator<Item = &'a str> + use<'c, 'a> {
    columns.iter().filter(move |column| column.is_cleared(row)).map(ColumnView::name)
}

/// Klaviyo's guidance for what it ingests; the length of a text is bounded by that of a profile.
fn ingestible(value: Value<'_>) -> Result<(), Reason> {
    let Value::Json(text) = value else { return Ok(()) };
    match serde_json::from_slice(text.as_bytes()) {
        Ok(json) if fits(&json, LEVELS_MAX) => Ok(()),
        _ => Err(Reason::bad("Klaviyo takes arrays of at most 4,000 items, and at most 10 levels in each other")),
    }
}

fn fits(json: &Json, levels: usize) -> bool {
    match json {
        Json::Array(items) => levels > 0 && items.len() <= ARRAY_ITEMS_MAX && items.iter().all(|item| fits(item, levels - 1)),
        Json::Object(members) => levels > 0 && members.values().all(|member| fits(member, levels - 1)),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => true,
    }
}

#[cfg(test)]
mod tests;
