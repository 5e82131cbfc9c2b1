//! Whom a row is about: the customer's own id of the user, kept exactly, the same on both platforms.

use sluice_sdk::{Halt, Identifiers, Known, Reason, Rows, code};

/// "1-512 chars (third party)" (vendor sheet of 2026-11, "identifiers.custom_id").
const CHARS_MAX: usize = 512;
const KNOWN: &[Known<()>] = &[Known::new("custom_id", ())];

/// The ids of a batch.
#[derive(Debug)]
pub(crate) struct CustomIds<'a>(Identifiers<'a, ()>);

impl<'a> CustomIds<'a> {
    /// The one identifier column.
    pub(crate) fn of(rows: &Rows<'a>) -> Result<Self, Halt> {
        Ok(Self(Identifiers::of(rows, "Batch", KNOWN)?.single()?))
    }

    /// The id of a row, or why it has none that Batch takes.
    pub(crate) fn get(&self, row: usize) -> Result<&'a str, Reason> {
        let (identifier, id) = self.0.first(row)?;
        if id.len() > CHARS_MAX && id.chars().count() > CHARS_MAX {
            return Err(Reason::new(code::IDENTIFIER_INVALID, "a custom id has 1 to 512 characters").field(identifier.name()));
        }
        Ok(id)
    }
}
