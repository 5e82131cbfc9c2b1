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

/// What a first value may say of the room that the others need: a digest is that long.
const EXPECTED_BYTES_MAX: usize = 64;

/// Room for a row's key and hash; more is made where keys are long.
const NAMED_BYTES: usize = 40;

pub(crate) fn read(file: &IndexedFile, schema: &[Field], ranges: &[(u64, u32)]) -> Result<Rows, LedgerError> {
    let total = ranges.iter().map(|(_, len)| *len as usize).sum();
    let mut columns: Vec<Builder> = schema.iter().map(|f| Builder::new(f.ty, total)).collect();
    let mut rows = Rows { named: Vec::with_capacity(total * NAMED_BYTES), batch: Batch::default() };
    each(file, ranges, |row| {
        let (key, payload, cells) = take_row(row)?;
        rows.name(key, payload);
        let mut cursor = Cursor::new(cells);
        for column in &mut columns {
            column.push(cell::take(&mut cursor, column.ty)?);
        }
        cursor.is_empty().then_some(())
    })?;
    rows.batch = Batch { rows: total as u32, columns: columns.into_iter().map(Builder::finish).collect() };
    Ok(rows)
}

/// Whether the rows' values have more than so many bytes. Of blocks that lie whole in the ranges it is known without reading them how many
/// they have, and of the others how many at most, so that mostly none is read, or the first and the last.
pub(crate) fn is_larger(file: &IndexedFile, ranges: &[(u64, u32)], bytes_max: u64) -> Result<bool, LedgerError> {
    let sum = |of: &dyn Fn(&Part) -> Result<u64, LedgerError>| {
        file.parts(ranges).try_fold(0, |sum, part| Ok::<_, LedgerError>(sum + of(&part.ok_or_else(|| file.damaged())?)?))
    };
    let at_most = |part: &Part| Ok(file.value_bytes(part.at).unwrap_or_else(|| file.block_bytes(part.at)));
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
    rows_max: usize,
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
            }
        }
        Self { ty, rows_max: rows, present: Bits::default(), validity: Bits::default(), values: Bits::default(), offsets, data }
    }

    fn push(&mut self, cell: Cell<'_>) {
        let mut value = false;
        match cell {
            Cell::Bytes(bytes) => {
                if self.data.is_empty() {
                    // Most columns have values of about one length.
                    self.data.reserve(bytes.len().min(EXPECTED_BYTES_MAX) * self.rows_max);
                }
                self.data.extend_from_slice(bytes);
            }
            Cell::Bool(bit) => value = bit,
            Cell::Absent | Cell::Null => {
                if let Some(width) = self.ty.fixed_bytes() {
                    self.data.resize(self.data.len() + width, 0);
                }
            }
        }
        let absent = matches!(cell, Cell::Absent);
        self.present.push(!absent);
        self.validity.push(!absent && !matches!(cell, Cell::Null));
        if self.ty == PhysicalType::Boolean {
            self.values.push(value);
        } else if self.ty.fixed_bytes().is_none() {
            self.offsets.extend_from_slice(&(self.data.len() as i32).to_le_bytes());
        }
    }

    fn finish(self) -> Column {
        let data = if self.ty == PhysicalType::Boolean { self.values.all() } else { self.data };
        Column { present: self.present.or_empty(), validity: self.validity.or_empty(), offsets: self.offsets, data }
    }
}

/// Bits, least significant first. Bytes are made with the first 0: mostly there is none.
#[derive(Default)]
struct Bits {
    len: usize,
    bytes: Vec<u8>,
    any_zero: bool,
}

impl Bits {
    #[inline]
    fn push(&mut self, bit: bool) {
        if self.any_zero || !bit {
            self.write(bit);
        }
        self.len += 1;
    }

    fn write(&mut self, bit: bool) {
        if !self.any_zero {
            self.any_zero = true;
            self.bytes = ones(self.len);
        }
        if self.len.is_multiple_of(8) {
            self.bytes.push(0);
        }
        self.bytes[self.len / 8] |= u8::from(bit) << (self.len % 8);
    }

    /// The contract's short form: no bytes when every bit is 1.
    fn or_empty(self) -> Vec<u8> {
        self.bytes
    }

    fn all(self) -> Vec<u8> {
        if self.any_zero { self.bytes } else { ones(self.len) }
    }
}

/// So many bits that are 1, and 0 behind them.
fn ones(len: usize) -> Vec<u8> {
    let mut bytes = vec![0xFF; len.div_ceil(8)];
    if let Some(last) = bytes.last_mut()
        && !len.is_multiple_of(8)
    {
        *last = (1 << (len % 8)) - 1;
    }
    bytes
}
