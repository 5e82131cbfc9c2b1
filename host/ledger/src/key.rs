//! Canonical primary keys: typed parts that say their own end, so that ("a","bc") and ("ab","c") differ, and 1 and "1" do.
//!
//! A text that is spelled like a UUID in lower case is kept as its 16 bytes; each text still has exactly one form.

use jiff::{Timestamp, civil::Date};
use sluice_catalog::columnar::PhysicalType;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::{
    codec::{Cursor, put_bytes},
    column::{Cells, canonical_float},
};

const INTEGER: u8 = 1;
const TEXT: u8 = 2;
const UUID: u8 = 3;
const BOOLEAN: u8 = 4;
const DATE: u8 = 5;
const TIMESTAMP: u8 = 6;
const DECIMAL: u8 = 7;
const FLOAT: u8 = 8;
const BINARY: u8 = 9;

/// Where a key stands in the ledger's order: by its keyed hash, then by its bytes.
pub(crate) fn hash(key: &[u8], seed: u64) -> u64 {
    xxh3_64_with_seed(key, seed)
}

/// Appends one part; `scale` is that of a decimal column. The cell is not null.
pub(crate) fn put(out: &mut Vec<u8>, cells: &Cells<'_>, row: usize, scale: i8) {
    match cells {
        Cells::Int64(a) => fixed(out, INTEGER, a.value(row).to_le_bytes()),
        Cells::Text(a) => text(out, a.value(row)),
        Cells::Boolean(a) => fixed(out, BOOLEAN, [u8::from(a.value(row))]),
        Cells::Date(a) => fixed(out, DATE, a.value(row).to_le_bytes()),
        Cells::Timestamp(a) => fixed(out, TIMESTAMP, a.value(row).to_le_bytes()),
        Cells::Decimal(a) => {
            out.extend([DECIMAL, scale as u8]);
            out.extend_from_slice(&a.value(row).to_le_bytes());
        }
        Cells::Float64(a) => fixed(out, FLOAT, canonical_float(a.value(row)).to_le_bytes()),
        Cells::Binary(a) => {
            out.push(BINARY);
            put_bytes(out, a.value(row));
        }
    }
}

fn fixed<const N: usize>(out: &mut Vec<u8>, tag: u8, bytes: [u8; N]) {
    out.push(tag);
    out.extend_from_slice(&bytes);
}

fn text(out: &mut Vec<u8>, text: &str) {
    match uuid_bytes(text.as_bytes()) {
        Some(bytes) => fixed(out, UUID, bytes),
        None => {
            out.push(TEXT);
            put_bytes(out, text.as_bytes());
        }
    }
}

fn uuid_bytes(text: &[u8]) -> Option<[u8; 16]> {
    if text.len() != 36 {
        return None;
    }
    let digit = |b: u8| match b {
        b'0'..=b'9' => Some(b - b'0'),
        b'a'..=b'f' => Some(b - b'a' + 10),
        _ => None,
    };
    let (mut out, mut at) = ([0u8; 16], 0);
    for slot in &mut out {
        if matches!(at, 8 | 13 | 18 | 23) {
            if text[at] != b'-' {
                return None;
            }
            at += 1;
        }
        *slot = digit(text[at])? << 4 | digit(text[at + 1])?;
        at += 2;
    }
    Some(out)
}

fn uuid_text(bytes: [u8; 16]) -> String {
    let mut out = String::with_capacity(36);
    for (i, byte) in bytes.iter().enumerate() {
        if matches!(i, 4 | 6 | 8 | 10) {
            out.push('-');
        }
        for nibble in [byte >> 4, byte & 15] {
            out.push(char::from_digit(u32::from(nibble), 16).expect("a nibble is below 16"));
        }
    }
    out
}

/// One part of a key, taken apart.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Part<'a> {
    Integer(i64),
    Text(&'a str),
    Uuid([u8; 16]),
    Boolean(bool),
    Date(i32),
    Timestamp(i64),
    Decimal(i128, i8),
    Float(f64),
    Binary(&'a [u8]),
}

pub(crate) fn take<'a>(cursor: &mut Cursor<'a>) -> Option<Part<'a>> {
    Some(match cursor.u8()? {
        INTEGER => Part::Integer(i64::from_le_bytes(cursor.array()?)),
        TEXT => Part::Text(cursor.text()?),
        UUID => Part::Uuid(cursor.array()?),
        BOOLEAN => Part::Boolean(cursor.u8()? != 0),
        DATE => Part::Date(i32::from_le_bytes(cursor.array()?)),
        TIMESTAMP => Part::Timestamp(i64::from_le_bytes(cursor.array()?)),
        DECIMAL => {
            let scale = cursor.u8()? as i8;
            Part::Decimal(i128::from_le_bytes(cursor.array()?), scale)
        }
        FLOAT => Part::Float(f64::from_le_bytes(cursor.array()?)),
        BINARY => Part::Binary(cursor.bytes()?),
        _ => return None,
    })
}

impl Part<'_> {
    fn text(&self) -> String {
        match self {
            Self::Integer(v) => v.to_string(),
            Self::Text(v) => (*v).to_owned(),
            Self::Uuid(v) => uuid_text(*v),
            Self::Boolean(v) => v.to_string(),
            Self::Date(days) => date(*days),
            Self::Timestamp(us) => Timestamp::from_microsecond(*us).map_or_else(|_| us.to_string(), |t| t.to_string()),
            Self::Decimal(v, scale) => decimal(*v, *scale),
            Self::Float(v) => v.to_string(),
            Self::Binary(v) => v.iter().map(|b| format!("{b:02x}")).collect(),
        }
    }

    /// The canonical cell of type `ty` with the part's value; none when the types have no common form.
    pub(crate) fn cell(&self, ty: PhysicalType, out: &mut Vec<u8>) -> bool {
        out.clear();
        out.push(crate::cell::VALUE);
        match (self, ty) {
            (Self::Integer(v), PhysicalType::Int64) => out.extend_from_slice(&v.to_le_bytes()),
            (Self::Integer(_) | Self::Text(_) | Self::Uuid(_), PhysicalType::Utf8) => put_bytes(out, self.text().as_bytes()),
            _ => return false,
        }
        true
    }
}

fn date(days: i32) -> String {
    let epoch = Date::constant(1970, 1, 1);
    epoch
        .checked_add(jiff::Span::new().days(i64::from(days).clamp(-7_304_484, 7_304_484)))
        .map_or_else(|_| days.to_string(), |d| d.to_string())
}

fn decimal(value: i128, scale: i8) -> String {
    if scale <= 0 {
        return format!("{value}{}", "0".repeat(usize::from(scale.unsigned_abs())));
    }
    let scale = scale as usize;
    let digits = format!("{:0>width$}", value.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    format!("{}{whole}.{fraction}", if value < 0 { "-" } else { "" })
}

/// A canonical key as a person reads it: its parts, joined by ` / `.
pub fn key_text(key: &[u8]) -> String {
    let mut cursor = Cursor::new(key);
    let mut parts = Vec::new();
    while !cursor.is_empty() {
        match take(&mut cursor) {
            Some(part) => parts.push(part.text()),
            None => break,
        }
    }
    parts.join(" / ")
}

#[cfg(test)]
mod tests;
