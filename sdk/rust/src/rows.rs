//! Rows in columns, read in place: a view over the buffers of a batch, typed per cell, with its three states.
//!
//! The buffers are checked once when the view is made (lengths, offsets, UTF-8), so reading a cell cannot fail. What a column means
//! is said by its field's `attrs`: see [`ColumnView::role`] and [`ColumnView::identifier`].

use crate::contract::{Batch, Column, Field, Halt, PhysicalType};
use crate::json::Key;

/// One cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell<'a> {
    /// The field is not to be mentioned: it stays as it is at the platform.
    Absent,
    /// The field is to be emptied.
    Null,
    /// The field is to be set.
    Value(Value<'a>),
}

/// A value, borrowed from the batch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    /// True or false.
    Bool(bool),
    /// A 64-bit integer.
    Int(i64),
    /// A double.
    Float(f64),
    /// `unscaled / 10^scale`.
    Decimal {
        /// The digits.
        unscaled: i128,
        /// Digits after the point, from the field's `scale`.
        scale: i8,
    },
    /// Text.
    Text(&'a str),
    /// Bytes.
    Bytes(&'a [u8]),
    /// Days since 1970-01-01.
    Date(i32),
    /// Microseconds since 1970-01-01T00:00:00Z.
    Timestamp(i64),
    /// JSON text.
    Json(&'a str),
}

impl<'a> Cell<'a> {
    /// The text of a text or JSON cell; `None` in every other state.
    pub fn text(self) -> Option<&'a str> {
        match self {
            Self::Value(Value::Text(text) | Value::Json(text)) => Some(text),
            _ => None,
        }
    }

    /// The value, if there is one.
    pub fn value(self) -> Option<Value<'a>> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Null => None,
        }
    }
}

/// A batch of one schema.
#[derive(Debug, Clone)]
pub struct Rows<'a> {
    rows: usize,
    columns: Vec<ColumnView<'a>>,
}

/// One column of a batch.
#[derive(Debug, Clone, Copy)]
pub struct ColumnView<'a> {
    field: &'a Field,
    rows: usize,
    present: &'a [u8],
    validity: &'a [u8],
    data: Data<'a>,
}

#[derive(Debug, Clone, Copy)]
enum Data<'a> {
    Bool(&'a [u8]),
    Int(&'a [u8]),
    Float(&'a [u8]),
    Decimal(&'a [u8], i8),
    Date(&'a [u8]),
    Timestamp(&'a [u8]),
    Text(&'a [u8], &'a str),
    Json(&'a [u8], &'a str),
    Bytes(&'a [u8], &'a [u8]),
}

impl<'a> Rows<'a> {
    /// A view over `batch`. Buffers that do not fit the schema are the host's mistake: a contract halt that names the column.
    pub fn new(schema: &'a [Field], batch: &'a Batch) -> Result<Self, Halt> {
        if schema.len() != batch.columns.len() {
            return Err(Halt::contract("the batch has not as many columns as its schema"));
        }
        let rows = batch.rows as usize;
        let columns = schema
            .iter()
            .zip(&batch.columns)
            .map(|(field, column)| {
                ColumnView::new(field, column, rows)
                    .ok_or_else(|| Halt::contract(&format!("the buffers of column `{}` do not fit its type", field.name)))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { rows, columns })
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// No rows at all.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Whether their columns were left out: a poll of a service with `poll-rows = "on-demand"`, which may ask for them by
    /// [`Halt::with_rows`].
    pub fn are_unread(&self) -> bool {
        self.rows > 0 && self.columns.is_empty()
    }

    /// Every column, in the schema's order.
    pub fn columns(&self) -> &[ColumnView<'a>] {
        &self.columns
    }

    /// The column that is sent as `name`.
    pub fn column(&self, name: &str) -> Option<&ColumnView<'a>> {
        self.columns.iter().find(|c| c.field.name == name)
    }

    /// The first column of this role (`identifier`, `attribute`, `event-id`, `event-time`, `remote-id`, `removed-by`).
    pub fn role(&self, role: &str) -> Option<&ColumnView<'a>> {
        self.columns.iter().find(|c| c.role() == role)
    }

    /// The columns of this role.
    pub fn with_role(&self, role: &'static str) -> impl Iterator<Item = &ColumnView<'a>> {
        self.columns.iter().filter(move |c| c.role() == role)
    }

    /// The column of the role `attribute` that has this name.
    pub fn attribute(&self, name: &str) -> Option<ColumnView<'a>> {
        self.with_role("attribute").find(|column| column.name() == name).copied()
    }

    /// The column of this name, where a service cannot do without; a config halt where it is not mapped.
    pub fn needed(&self, name: &str) -> Result<ColumnView<'a>, Halt> {
        self.column(name).copied().ok_or_else(|| unmapped(name))
    }

    /// The first column of a role where a service cannot do without; a config halt that calls it `name` where it is not mapped.
    pub fn needed_role(&self, role: &str, name: &str) -> Result<ColumnView<'a>, Halt> {
        self.role(role).copied().ok_or_else(|| unmapped(name))
    }

    /// The columns of the role `attribute`; a config halt where one has a name that the platform keeps for itself.
    pub fn attributes(&self, is_reserved: impl Fn(&str) -> bool) -> Result<Vec<ColumnView<'a>>, Halt> {
        let columns: Vec<_> = self.with_role("attribute").copied().collect();
        match columns.iter().find(|column| is_reserved(column.name())) {
            None => Ok(columns),
            Some(column) => {
                let name = column.name();
                Err(Halt::config(&format!("`{name}` is not an attribute: map it as the identifier, or use another name")))
            }
        }
    }

    /// The names of all columns as JSON keys, in the schema's order; made once per batch.
    pub fn keys(&self) -> Vec<Key> {
        self.columns.iter().map(|c| Key::new(c.name())).collect()
    }
}

#[cold]
fn unmapped(name: &str) -> Halt {
    Halt::config(&format!("`{name}` must be mapped"))
}

impl<'a> ColumnView<'a> {
    fn new(field: &'a Field, column: &'a Column, rows: usize) -> Option<Self> {
        let bits = rows.div_ceil(8);
        let fits = |b: &[u8]| b.is_empty() || b.len() >= bits;
        if !fits(&column.present) || !fits(&column.validity) {
            return None;
        }
        let fixed = |width: usize| (column.offsets.is_empty() && column.data.len() >= rows * width).then_some(&column.data[..]);
        let data = match field.ty {
            PhysicalType::Boolean => Data::Bool((column.data.len() >= bits).then_some(&column.data[..])?),
            PhysicalType::Int64 => Data::Int(fixed(8)?),
            PhysicalType::Float64 => Data::Float(fixed(8)?),
            PhysicalType::Decimal128 => {
                let scale = field.attr("scale").map_or(Some(0), |s| s.parse().ok())?;
                Data::Decimal(fixed(16)?, scale)
            }
            PhysicalType::Date32 => Data::Date(fixed(4)?),
            PhysicalType::TimestampMicros => Data::Timestamp(fixed(8)?),
            PhysicalType::Utf8 => Data::Text(&column.offsets, text(column, rows)?),
            PhysicalType::Json => Data::Json(&column.offsets, text(column, rows)?),
            PhysicalType::Binary => {
                spans(column, rows, |_| true)?;
                Data::Bytes(&column.offsets, &column.data)
            }
        };
        Some(Self { field, rows, present: &column.present, validity: &column.validity, data })
    }

    /// The exact name at the platform.
    pub fn name(&self) -> &'a str {
        &self.field.name
    }

    /// The contract's field.
    pub fn field(&self) -> &'a Field {
        self.field
    }

    /// What the column means; `attribute` where the host says nothing.
    pub fn role(&self) -> &'a str {
        self.field.attr("role").unwrap_or("attribute")
    }

    /// Which identifier of the manifest this is, for columns of the role `identifier`; the column's name where nothing is said.
    pub fn identifier(&self) -> Option<&'a str> {
        (self.role() == "identifier").then(|| self.field.attr("identifier").unwrap_or(self.name()))
    }

    /// The cell of a row; [`Cell::Absent`] beyond the last.
    #[inline(always)] // so that the match on what it is meets the match on what becomes of it
    pub fn cell(&self, row: usize) -> Cell<'a> {
        if row >= self.rows || !bit(self.present, row) {
            return Cell::Absent;
        }
        if !bit(self.validity, row) {
            return Cell::Null;
        }
        let value = match self.data {
            Data::Bool(bits) => Some(Value::Bool(bits[row / 8] >> (row % 8) & 1 == 1)),
            Data::Int(data) => fixed(data, row).map(|b| Value::Int(i64::from_le_bytes(b))),
            Data::Float(data) => fixed(data, row).map(|b| Value::Float(f64::from_le_bytes(b))),
            Data::Decimal(data, scale) => fixed(data, row).map(|b| Value::Decimal { unscaled: i128::from_le_bytes(b), scale }),
            Data::Date(data) => fixed(data, row).map(|b| Value::Date(i32::from_le_bytes(b))),
            Data::Timestamp(data) => fixed(data, row).map(|b| Value::Timestamp(i64::from_le_bytes(b))),
            Data::Text(offsets, text) => span(offsets, row).and_then(|(a, b)| text.get(a..b)).map(Value::Text),
            Data::Json(offsets, text) => span(offsets, row).and_then(|(a, b)| text.get(a..b)).map(Value::Json),
            Data::Bytes(offsets, data) => span(offsets, row).and_then(|(a, b)| data.get(a..b)).map(Value::Bytes),
        };
        Cell::Value(value.expect("the buffers were checked when the view was made"))
    }

    /// Whether the field of a row is to be emptied ([`Cell::Null`]).
    #[inline]
    pub fn is_cleared(&self, row: usize) -> bool {
        row < self.rows && bit(self.present, row) && !bit(self.validity, row)
    }

    /// The text of a row's cell, where it is text and has a value.
    pub fn text(&self, row: usize) -> Option<&'a str> {
        self.cell(row).text()
    }
}

/// Bit `row`, least significant first; an empty buffer means all ones.
#[inline]
fn bit(bits: &[u8], row: usize) -> bool {
    bits.is_empty() || bits[row / 8] >> (row % 8) & 1 == 1
}

#[inline]
fn fixed<const N: usize>(data: &[u8], row: usize) -> Option<[u8; N]> {
    data.get(row * N..row * N + N)?.try_into().ok()
}

#[inline]
fn span(offsets: &[u8], row: usize) -> Option<(usize, usize)> {
    let pair: [u8; 8] = offsets.get(row * 4..row * 4 + 8)?.try_into().ok()?;
    let pair = u64::from_le_bytes(pair);
    Some(((pair & 0xffff_ffff) as usize, (pair >> 32) as usize))
}

/// Checks that there are `rows + 1` rising offsets that end within the data, each at a place that `at` allows.
fn spans(column: &Column, rows: usize, at: impl Fn(usize) -> bool) -> Option<()> {
    if rows == 0 {
        return Some(());
    }
    let mut before = 0;
    for row in 0..rows {
        let (start, end) = span(&column.offsets, row)?;
        if start < before || end < start || end > column.data.len() || !at(start) || !at(end) {
            return None;
        }
        before = start;
    }
    Some(())
}

fn text(column: &Column, rows: usize) -> Option<&str> {
    let text = std::str::from_utf8(&column.data).ok()?;
    spans(column, rows, |at| text.is_char_boundary(at))?;
    Some(text)
}

impl Field {
    /// The value of one of `attrs`.
    pub fn attr(&self, key: &str) -> Option<&str> {
        self.attrs.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str())
    }
}

#[cfg(test)]
mod tests;
