//! The canonical form of a cell: a tag, then the value where there is one, so that every cell says its own end.
//!
//! Numbers are little-endian as in the contract's buffers; text, bytes and JSON carry their length first. Equal values have equal
//! bytes whatever array they came from: floats have one zero and one NaN, decimals stand at the layout's scale.

use sluice_catalog::columnar::PhysicalType;

use crate::{
    codec::{Cursor, put_bytes},
    column::{Cells, canonical_float},
    layout::NullMeans,
};

pub(crate) const ABSENT: u8 = 0;
pub(crate) const NULL: u8 = 1;
pub(crate) const VALUE: u8 = 2;
pub(crate) const FALSE: u8 = 3;
pub(crate) const TRUE: u8 = 4;

/// Appends the cell in `row`.
pub(crate) fn put(out: &mut Vec<u8>, cells: &Cells<'_>, row: usize, null: NullMeans) {
    if cells.is_null(row) {
        out.push(match null {
            NullMeans::Absent => ABSENT,
            NullMeans::Null => NULL,
        });
        return;
    }
    match cells {
        Cells::Boolean(a) => out.push(if a.value(row) { TRUE } else { FALSE }),
        Cells::Int64(a) => fixed(out, a.value(row).to_le_bytes()),
        Cells::Float64(a) => fixed(out, canonical_float(a.value(row)).to_le_bytes()),
        Cells::Decimal(a) => fixed(out, a.value(row).to_le_bytes()),
        Cells::Text(a) => variable(out, a.value(row).as_bytes()),
        Cells::Binary(a) => variable(out, a.value(row)),
        Cells::Date(a) => fixed(out, a.value(row).to_le_bytes()),
        Cells::Timestamp(a) => fixed(out, a.value(row).to_le_bytes()),
    }
}

fn fixed<const N: usize>(out: &mut Vec<u8>, bytes: [u8; N]) {
    out.push(VALUE);
    out.extend_from_slice(&bytes);
}

fn variable(out: &mut Vec<u8>, bytes: &[u8]) {
    out.push(VALUE);
    put_bytes(out, bytes);
}

/// A cell, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cell<'a> {
    Absent,
    Null,
    Bool(bool),
    /// The value's bytes as they stand in a contract buffer.
    Bytes(&'a [u8]),
}

/// Takes the next cell of type `ty`.
pub(crate) fn take<'a>(cursor: &mut Cursor<'a>, ty: PhysicalType) -> Option<Cell<'a>> {
    Some(match cursor.u8()? {
        ABSENT => Cell::Absent,
        NULL => Cell::Null,
        FALSE => Cell::Bool(false),
        TRUE => Cell::Bool(true),
        VALUE => Cell::Bytes(match ty.fixed_bytes() {
            Some(len) => cursor.take(len)?,
            None => cursor.bytes()?,
        }),
        _ => return None,
    })
}

/// Takes the next cell and gives its whole canonical bytes.
pub(crate) fn take_raw<'a>(cursor: &mut Cursor<'a>, ty: PhysicalType) -> Option<&'a [u8]> {
    let before = cursor.rest;
    take(cursor, ty)?;
    Some(&before[..before.len() - cursor.rest.len()])
}
