//! One canonical row: key, payload hash, cells. Field fingerprints are made of the cells where they are asked for: most rows of a run
//! are as they were, and nobody asks.
//!
//! ```text
//! key length u16 · key · kind u8 · payload hash 16
//!   valid:   cells
//!   invalid: field u16 (0xffff: none) · code as text
//!   many:    number of rows u32 (several rows of one key, folded together)
//! ```

use sluice_catalog::Code;
use xxhash_rust::xxh3::xxh3_128_with_seed;

use crate::{
    cell,
    codec::Cursor,
    column::Cells,
    intake::Invalid,
    key,
    layout::{KeyColumn, Layout},
    limits::{IDENTIFIER_BYTES_MAX, ROW_BYTES_MAX},
    row,
};

const VALID: u8 = 0;
const INVALID: u8 = 1;
const MANY: u8 = 2;

pub(crate) struct RowEncoder {
    row: Vec<u8>,
    key_end: usize,
    payload_seed: u64,
    identifier_bytes: usize,
}

impl RowEncoder {
    pub(crate) fn new(layout: &Layout, seed: u64) -> Self {
        Self { row: Vec::new(), key_end: 0, payload_seed: layout.payload_seed(seed), identifier_bytes: 0 }
    }

    pub(crate) fn key(&mut self, cells: &[Cells<'_>], columns: &[KeyColumn], row: usize) {
        self.row.clear();
        self.row.extend([0, 0]);
        for (cell, column) in cells.iter().zip(columns) {
            key::put(&mut self.row, cell, row, column.scale);
        }
        self.key_end = self.row.len();
        let len = (self.key_bytes().min(usize::from(u16::MAX))) as u16;
        self.row[..2].copy_from_slice(&len.to_le_bytes());
    }

    pub(crate) fn key_bytes(&self) -> usize {
        self.key_end - 2
    }

    pub(crate) fn current_key(&self) -> &[u8] {
        &self.row[2..self.key_end]
    }

    pub(crate) fn row(&mut self, cells: &[Cells<'_>], layout: &Layout, at: usize, invalid: Option<Invalid>) {
        self.row.truncate(self.key_end);
        self.row.push(if invalid.is_some() { INVALID } else { VALID });
        self.row.extend([0u8; 16]);
        let cells_at = self.row.len();
        for (column, field) in cells.iter().zip(layout.fields()) {
            cell::put(&mut self.row, column, at, field.null);
        }
        self.identifier_bytes = 0;
        if self.row.len() - cells_at > IDENTIFIER_BYTES_MAX {
            let mut identifiers = Vec::new();
            row::identifier_cells(&self.row[cells_at..], layout, &mut identifiers).expect("the cells were just written");
            self.identifier_bytes = identifiers.len();
        }
        let payload = payload_hash(&self.row[cells_at..], self.payload_seed);
        self.row[cells_at - 16..cells_at].copy_from_slice(&payload.to_le_bytes());
        if let Some(Invalid { code, field }) = invalid {
            self.row.truncate(cells_at);
            self.row.extend_from_slice(&field.unwrap_or(u16::MAX).to_le_bytes());
            self.row.extend_from_slice(code.as_str().as_bytes());
        }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.row
    }

    /// Why the row just encoded is too large to be kept, if it is.
    pub(crate) fn too_large(&self) -> Option<Code> {
        match (self.identifier_bytes > IDENTIFIER_BYTES_MAX, self.row.len() > ROW_BYTES_MAX) {
            (true, _) => Some(Code::TooLong),
            (false, true) => Some(Code::TooLarge),
            (false, false) => None,
        }
    }
}

/// Never 0, which stands for a removal.
fn payload_hash(cells: &[u8], seed: u64) -> u128 {
    xxh3_128_with_seed(cells, seed).max(1)
}

/// The key of an encoded row.
pub(crate) fn key_of(row: &[u8]) -> &[u8] {
    let len = usize::from(u16::from_le_bytes([row[0], row[1]]));
    &row[2..2 + len]
}

/// Several rows of `key`, folded into one.
pub(super) fn many(out: &mut Vec<u8>, key: &[u8], rows: u32) {
    out.extend_from_slice(&(key.len() as u16).to_le_bytes());
    out.extend_from_slice(key);
    out.push(MANY);
    out.extend([0u8; 16]);
    out.extend_from_slice(&rows.to_le_bytes());
}

/// An encoded row, taken apart.
pub(crate) enum Incoming<'a> {
    Valid { payload: u128, cells: &'a [u8] },
    Invalid { payload: u128, code: Code, field: Option<u16> },
    Many { rows: u32 },
}

impl<'a> Incoming<'a> {
    pub(crate) fn parse(row: &'a [u8]) -> Option<Self> {
        let mut cursor = Cursor::new(row);
        let len = cursor.u16()?;
        cursor.take(usize::from(len))?;
        let kind = cursor.u8()?;
        let payload = cursor.u128()?;
        Some(match kind {
            VALID => Self::Valid { payload, cells: cursor.rest },
            INVALID => {
                let field = cursor.u16().map(|f| (f != u16::MAX).then_some(f))?;
                Self::Invalid { payload, field, code: std::str::from_utf8(cursor.rest).ok()?.parse().ok()? }
            }
            MANY => Self::Many { rows: cursor.u32()? },
            _ => return None,
        })
    }
}
