//! JSON written straight into a buffer: 3 to 5 times cheaper than a tree of values (design section 6), which matters more than the
//! sandbox does. Commas are kept by the writer; keys are escaped once per batch, not once per row ([`Key`]).
//!
//! Reading answers is `serde_json`'s business: [`crate::Response::json`].

use crate::put::{last_word, put, put_start};
use crate::rows::{Cell, Value};
use crate::text;

mod as_text;
mod mark;
mod member;
mod tree;

pub use mark::Mark;
pub use member::Write;

/// `,"name":`, escaped once and appended for every row, the first of an object without its comma.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// With blanks behind it, so that all of it can be copied in pieces of one size.
    bytes: Vec<u8>,
    len: usize,
}

/// Bytes of one piece of a key.
const PIECE: usize = 16;

impl Key {
    /// The key for a member called `name`.
    pub fn new(name: &str) -> Self {
        let mut bytes = Vec::with_capacity(name.len() + 2 * PIECE);
        bytes.push(b',');
        string(&mut bytes, name);
        bytes.push(b':');
        let len = bytes.len();
        bytes.resize(len + PIECE, b' ');
        Self { bytes, len }
    }

    /// Appends it, from its first or second byte on.
    #[inline]
    fn put(&self, out: &mut Vec<u8>, from: usize) {
        let end = out.len() + self.len - from;
        let pieces = self.bytes[from..].as_chunks::<PIECE>().0;
        pieces.iter().for_each(|piece| out.extend_from_slice(piece));
        out.truncate(end);
    }
}

/// Writes one JSON text. The caller opens and closes in pairs; the writer sets the commas.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Writer {
    out: Vec<u8>,
    comma: bool,
}

impl Writer {
    /// An empty text with room for `bytes`.
    pub fn with_capacity(bytes: usize) -> Self {
        Self { out: Vec::with_capacity(bytes), comma: false }
    }

    /// Bytes so far.
    pub fn len(&self) -> usize {
        self.out.len()
    }

    /// Nothing written yet.
    pub fn is_empty(&self) -> bool {
        self.out.is_empty()
    }

    /// The finished text.
    pub fn into_bytes(self) -> Vec<u8> {
        self.out
    }

    /// The finished text, as text.
    pub fn into_text(self) -> String {
        String::from_utf8(self.out).expect("only text was written")
    }

    /// The text so far.
    pub fn as_bytes(&self) -> &[u8] {
        &self.out
    }

    fn next(&mut self) {
        if self.comma {
            self.out.push(b',');
        }
        self.comma = true;
    }

    /// `{`
    pub fn begin_object(&mut self) {
        self.next();
        self.out.push(b'{');
        self.comma = false;
    }

    /// `}`
    pub fn end_object(&mut self) {
        self.out.push(b'}');
        self.comma = true;
    }

    /// `[`
    pub fn begin_array(&mut self) {
        self.next();
        self.out.push(b'[');
        self.comma = false;
    }

    /// `]`
    pub fn end_array(&mut self) {
        self.out.push(b']');
        self.comma = true;
    }

    /// A member's name; its value, object or array follows.
    #[inline]
    pub fn key(&mut self, key: &Key) {
        key.put(&mut self.out, usize::from(!self.comma));
        self.comma = false;
    }

    /// The same for a name that is a constant of plain ASCII letters, digits and punctuation (nothing to escape).
    #[inline]
    pub fn name(&mut self, name: &'static str) {
        self.next();
        self.out.push(b'"');
        put(&mut self.out, name.as_bytes());
        self.out.extend_from_slice(b"\":");
        self.comma = false;
    }

    /// A string value.
    #[inline]
    pub fn string(&mut self, value: &str) {
        self.next();
        string(&mut self.out, value);
    }

    /// A string value that is known to need no escape: a digest, digits, a word of the connector's own. Anything else would break the
    /// text; [`Writer::string`] is for that.
    #[inline]
    pub fn plain(&mut self, value: &str) {
        debug_assert!(!value.bytes().any(needs_escape), "a value that needs an escape is not plain");
        self.quoted(|out| put(out, value.as_bytes()));
    }

    /// An integer value.
    pub fn int(&mut self, value: i64) {
        self.next();
        text::int(&mut self.out, value);
    }

    /// A number; `null` when it is not finite, for which JSON has no text.
    pub fn float(&mut self, value: f64) {
        self.next();
        if !text::float(&mut self.out, value) {
            self.out.extend_from_slice(b"null");
        }
    }

    /// `true` or `false`.
    pub fn bool(&mut self, value: bool) {
        self.next();
        put(&mut self.out, if value { b"true" } else { b"false" });
    }

    /// `null`
    pub fn null(&mut self) {
        self.next();
        self.out.extend_from_slice(b"null");
    }

    /// A value that is JSON text already (a `json` column, a body of the settings); appended as it is.
    pub fn raw(&mut self, json: &str) {
        self.next();
        self.out.extend_from_slice(json.as_bytes());
    }

    /// A value: numbers as numbers, decimals as numbers with all their digits, dates and instants as ISO 8601 text, bytes as base 64.
    #[inline]
    pub fn value(&mut self, value: Value<'_>) {
        match value {
            Value::Bool(v) => self.bool(v),
            Value::Int(v) => self.int(v),
            Value::Float(v) => self.float(v),
            Value::Text(v) => self.string(v),
            Value::Json(v) => self.raw(v),
            Value::Decimal { unscaled, scale } => {
                self.next();
                text::decimal(&mut self.out, unscaled, scale);
            }
            Value::Date(days) => self.quoted(|out| text::date(out, days)),
            Value::Timestamp(micros) => self.quoted(|out| text::timestamp(out, micros)),
            Value::Bytes(bytes) => self.quoted(|out| text::base64(out, bytes)),
        }
    }

    /// A member from a cell: nothing when the field is not mentioned, `null` when it is cleared, else the value.
    #[inline]
    pub fn cell(&mut self, key: &Key, cell: Cell<'_>) {
        match cell {
            Cell::Absent => {}
            Cell::Null => {
                self.key(key);
                self.null();
            }
            Cell::Value(value) => {
                self.key(key);
                self.value(value);
            }
        }
    }

    /// A string value of characters that need no escape, written by `write`.
    pub fn quoted(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        self.next();
        self.out.push(b'"');
        write(&mut self.out);
        self.out.push(b'"');
    }
}

/// `text` as a JSON string, with its quotes.
pub fn quoted(text: &str) -> String {
    let mut writer = Writer::default();
    writer.string(text);
    writer.into_text()
}

/// Appends `text` as a JSON string: eight bytes at a time, as far as none of them needs an escape.
#[inline]
pub fn string(out: &mut Vec<u8>, text: &str) {
    let mut bytes = text.as_bytes();
    out.push(b'"');
    while let Some((word, rest)) = bytes.split_first_chunk::<8>()
        && clean_bytes(u64::from_le_bytes(*word)) == 8
    {
        out.extend_from_slice(word);
        bytes = rest;
    }
    if (1..8).contains(&bytes.len()) {
        let word = last_word(text.as_bytes());
        if clean_bytes(word | BLANKS << (8 * bytes.len())) == 8 {
            put_start(out, word, bytes.len());
            bytes = &[];
        }
    }
    if !bytes.is_empty() {
        escaped(out, bytes);
    }
    out.push(b'"');
}

/// The rest of a string from where the first escape is near.
#[inline(never)]
fn escaped(out: &mut Vec<u8>, bytes: &[u8]) {
    let mut done = 0;
    let mut at = 0;
    while at < bytes.len() {
        if let Some(word) = bytes.get(at..at + 8).and_then(|w| <[u8; 8]>::try_from(w).ok()) {
            let clean = clean_bytes(u64::from_le_bytes(word));
            at += clean;
            if clean == 8 {
                continue;
            }
        } else if !needs_escape(bytes[at]) {
            at += 1;
            continue;
        }
        out.extend_from_slice(&bytes[done..at]);
        escape(out, bytes[at]);
        at += 1;
        done = at;
    }
    out.extend_from_slice(&bytes[done..]);
}

/// Eight bytes that need no escape.
const BLANKS: u64 = 0x2020_2020_2020_2020;

/// How many bytes from the start of the little-endian word certainly need no escape (8 = all).
///
/// The classic zero-byte trick: `(x - 0x01…) & !x & 0x80…` marks bytes that were zero. The lowest mark is exact, later ones may be
/// carried; only the lowest is used.
fn clean_bytes(word: u64) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let quote = word ^ (ONES * b'"' as u64);
    let slash = word ^ (ONES * b'\\' as u64);
    let marks =
        (quote.wrapping_sub(ONES) & !quote | slash.wrapping_sub(ONES) & !slash | word.wrapping_sub(ONES * 0x20) & !word) & HIGH;
    marks.trailing_zeros() as usize / 8
}

fn needs_escape(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

fn escape(out: &mut Vec<u8>, byte: u8) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    match byte {
        b'"' => out.extend_from_slice(b"\\\""),
        b'\\' => out.extend_from_slice(b"\\\\"),
        b'\n' => out.extend_from_slice(b"\\n"),
        b'\r' => out.extend_from_slice(b"\\r"),
        b'\t' => out.extend_from_slice(b"\\t"),
        _ => out.extend_from_slice(&[b'\\', b'u', b'0', b'0', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]),
    }
}

#[cfg(test)]
mod tests;
