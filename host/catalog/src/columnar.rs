//! Rows in columns, as they cross into a connector: raw little-endian Arrow buffers, one set per column.
//!
//! The shapes are those of `sluice:connector/types` (`wit/v0/`); the sandbox converts without copying the buffers. A cell has three
//! states: `present` bit 0: the field is not mentioned; `present` 1 and `validity` 0: the field is cleared; both 1: it is set.

use serde::{Deserialize, Serialize};

/// Attribute of a source's column: the source's own name of its type.
pub const SOURCE_TYPE: &str = "source-type";
/// Attribute of a source's column, where its type does not say what it holds: `json`, `array` (as JSON text), or `unreadable`.
pub const HOLDS: &str = "holds";

/// How a column's buffers are to be read. Widths: 1 bit, 8, 8, 16 bytes, offsets (`i32`) and bytes, the same, 4 bytes (days since
/// 1970-01-01), 8 bytes (microseconds since 1970-01-01T00:00:00Z), offsets and UTF-8 JSON text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)] // the names are the definition
pub enum PhysicalType {
    Boolean,
    Int64,
    Float64,
    Decimal128,
    Utf8,
    Binary,
    Date32,
    TimestampMicros,
    Json,
}

impl PhysicalType {
    /// Bytes a value takes in `data`; `None` for one bit (boolean) and for variable width.
    pub fn fixed_bytes(self) -> Option<usize> {
        match self {
            Self::Int64 | Self::Float64 | Self::TimestampMicros => Some(8),
            Self::Decimal128 => Some(16),
            Self::Date32 => Some(4),
            Self::Boolean | Self::Utf8 | Self::Binary | Self::Json => None,
        }
    }
}

/// A column's name, type and meaning. `attrs` keys: `role` (identifier, attribute, event-id, event-time, remote-id, removed-by),
/// `identifier` (the manifest's name), `form` (plain, or normaliser and hash), `scale` (of a decimal, in digits).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// The exact name at the platform.
    pub name: String,
    /// How to read the buffers.
    pub ty: PhysicalType,
    /// Whether a cell may be cleared.
    pub nullable: bool,
    /// Further facts, by key.
    pub attrs: Vec<(String, String)>,
}

impl Field {
    /// The value of one of `attrs`.
    pub fn attr(&self, key: &str) -> Option<&str> {
        self.attrs.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str())
    }
}

/// One column's buffers. Empty `present`: all present; empty `validity`: no nulls; empty `offsets`: fixed width. Bit buffers are
/// least-significant-bit first; `offsets` are `rows + 1` little-endian `i32`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Bit per row: the field is mentioned at all.
    pub present: Vec<u8>,
    /// Bit per row: the value is not null.
    pub validity: Vec<u8>,
    /// Start of each value in `data`, and the end of the last.
    pub offsets: Vec<u8>,
    /// The values.
    pub data: Vec<u8>,
}

/// Rows of one schema; columns stand in the schema's order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// Number of rows.
    pub rows: u32,
    /// One entry per field.
    pub columns: Vec<Column>,
}

impl Batch {
    /// Bytes in all buffers.
    pub fn bytes(&self) -> usize {
        self.columns.iter().map(|c| c.present.len() + c.validity.len() + c.offsets.len() + c.data.len()).sum()
    }
}
