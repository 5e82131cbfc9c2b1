//! From canonical rows to the contract's columns.

use sluice_catalog::columnar::{Batch, Column, Field, PhysicalType};

use crate::{
    cell::{self, Cell},
    change_set::{
        Rows,
        files::{IndexedFile, Part, take_row},
    },
    codec::Cursor,
    error::LedgerError,
};

pub(crate) fn read(file: &IndexedFile, schema: &[Field], ranges: &[(u64, u32)]) -> Result<Rows, LedgerError> {
    let total = ranges.iter().map(|(_, len)| *len as usize).sum();
    let mut columns: Vec<Builder> = schema.iter().map(|f| Builder::new(f.ty, total)).collect();
    let mut rows = Rows { keys: Vec::with_capacity(total), payloads: Vec::with_capacity(total), batch: Batch::default() };
    each(file, ranges, |row| {
        let (key, payload, cells) = take_row(row)?;
        rows.keys.push(key.into());
        rows.payloads.push(payload);
        let mut cursor = Cursor::new(cells);
        for column in &mut columns {
            column.push(cell::take(&mut cursor, column.ty)?);
        }
        cursor.is_empty().then_some(())
    })?;
    rows.batch = Batch { rows: total as u32, columns: columns.into_iter().map(Builder::finish).collect() };
    Ok(rows)
}

/// Whether the rows' values have more than so many bytes. Of blocks that lie whole in the ranges it is known without reading them that they
/// have no more than so many, so that mostly none is read, or the first and the last.
pub(crate) fn is_larger(file: &IndexedFile, ranges: &[(u64, u32)], bytes_max: u64) -> Result<bool, LedgerError> {
    let sum = |of: &dyn Fn(&Part) -> Result<u64, LedgerError>| {
        file.parts(ranges).try_fold(0, |sum, part| Ok::<_, LedgerError>(sum + of(&part.ok_or_else(|| file.damaged())?)?))
    };
    let at_most = |part: &Part| Ok(file.block_bytes(part.at));
    let exactly = |part: &Part| {
        let mut bytes = 0;
        let mut count = |row: &[u8]| take_row(row).map(|(_, _, cells)| bytes += cells.len() as u64);
        each_of(file, part, &mut count)?;
        Ok(bytes)
    };
    let nearly = |part: &Part| if part.is_whole { at_most(part) } else { exactly(part) };
    Ok(sum(&at_most)? > bytes_max && sum(&nearly)? > bytes_max && sum(&exactly)? > bytes_max)
}

fn each(file: &IndexedFile, ranges: &[(u64, u32)], mut row: impl FnMut(&[u8]) -> Option<()>) -> Result<(), LedgerError> {
    file.parts(ranges).try_for_each(|part| each_of(file, &part.ok_or_else(|| file.damaged())?, &mut row))
}

fn each_of(file: &IndexedFile, part: &Part, row: &mut impl FnMut(&[u8]) -> Option<()>) -> Result<(), LedgerError> {
    let block = file.block(part.at)?;
    if block.len() < part.rows.end {
        return Err(file.damaged());
    }
    part.rows.clone().try_for_each(|i| row(block.row(i)).ok_or_else(|| file.damaged()))
}

/// One column under way.
struct Builder {
    ty: PhysicalType,
    rows: usize,
    present: Bits,
    validity: Bits,
    values: Bits,
    offsets: Vec<u8>,
    data: Vec<u8>,
}

impl Builder {
    fn new(ty: PhysicalType, rows: usize) -> Self {
        let mut offsets = Vec::new();
        let mut data = Vec::new();
        match ty.fixed_bytes() {
            Some(width) => data.reserve(width * rows),
            None if ty == PhysicalType::Boolean => {}
            None => {
                offsets.reserve((rows + 1) * 4);
                offsets.extend([0u8; 4]);
                data.reserve(rows * 16);
            }
        }
        Self { ty, rows: 0, present: Bits::default(), validity: Bits::default(), values: Bits::default(), offsets, data }
    }

    fn push(&mut self, cell: Cell<'_>) {
        let mut value = false;
        match cell {
            Cell::Bytes(bytes) => self.data.extend_from_slice(bytes),
            Cell::Bool(bit) => value = bit,
            Cell::Absent | Cell::Null => {
                if let Some(width) = self.ty.fixed_bytes() {
                    self.data.resize(self.data.len() + width, 0);
                }
            }
        }
        let absent = matches!(cell, Cell::Absent);
        self.present.push(self.rows, !absent);
        self.validity.push(self.rows, !absent && !matches!(cell, Cell::Null));
        if self.ty == PhysicalType::Boolean {
            self.values.push(self.rows, value);
        } else if self.ty.fixed_bytes().is_none() {
            self.offsets.extend_from_slice(&(self.data.len() as i32).to_le_bytes());
        }
        self.rows += 1;
    }

    fn finish(self) -> Column {
        let data = if self.ty == PhysicalType::Boolean { self.values.bytes } else { self.data };
        Column { present: self.present.or_empty(), validity: self.validity.or_empty(), offsets: self.offsets, data }
    }
}

/// Bits, least significant first.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    any_zero: bool,
}

impl Bits {
    fn push(&mut self, at: usize, bit: bool) {
        if at.is_multiple_of(8) {
            self.bytes.push(0);
        }
        self.bytes[at / 8] |= u8::from(bit) << (at % 8);
        self.any_zero |= !bit;
    }

    /// The contract's short form: no bytes when every bit is 1.
    fn or_empty(self) -> Vec<u8> {
        if self.any_zero { self.bytes } else { Vec::new() }
    }
}
