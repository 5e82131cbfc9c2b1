//! What people are matched by: the columns of a person, hashed ones as digests alone.
//!
//! Normalising and hashing is the host's (`connector.toml`). A value that should be a digest and is none is refused here and never sent: a
//! constant of the mapping, for instance, which the host does not hash.

use sluice_sdk::json::Writer;
use sluice_sdk::{ColumnView, Reason, digest};

/// A column, and the form in which Meta takes it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Key<'a> {
    /// Its values.
    pub(crate) column: ColumnView<'a>,
    /// Meta knows people by it alone.
    pub(crate) identifies: bool,
    hashed: bool,
}

impl<'a> Key<'a> {
    /// `plain`: names of columns that Meta takes as they are.
    pub(crate) fn of(column: ColumnView<'a>, plain: &[&str]) -> Self {
        let name = column.identifier();
        Self { column, identifies: name.is_some(), hashed: !plain.contains(&name.unwrap_or(column.name())) }
    }

    /// The value of a row, empty where there is none.
    #[inline]
    pub(crate) fn value(&self, row: usize) -> Result<&'a str, Reason> {
        let text = self.column.text(row).unwrap_or_default();
        if self.hashed && !text.is_empty() && !digest::is_sha256(text) {
            return Err(self.not_hashed());
        }
        Ok(text)
    }

    /// Writes a value of [`Key::value`].
    #[inline]
    pub(crate) fn write(&self, body: &mut Writer, value: &str) {
        if self.hashed { body.plain(value) } else { body.string(value) }
    }

    #[cold]
    fn not_hashed(&self) -> Reason {
        let message =
            "Meta takes the value hashed, and it is no SHA-256 digest: map a field, which the host hashes, not a constant";
        Reason::bad(message).field(self.column.name())
    }
}
