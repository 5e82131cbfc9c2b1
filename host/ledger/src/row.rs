//! A row of the ledger (design section 9) and its bytes.
//!
//! The bytes come in two parts: the *form* (what is there: versions, layouts, which identifiers have a value) and the *body* (the
//! values). Rows of one file have few forms, so files keep each form once per block. An identifier that says the same as a part of
//! the key is not kept a second time.

use sluice_catalog::{Code, outcome::Word};

use crate::{
    cell,
    codec::{Cursor, put_bytes, put_varint},
    key,
    layout::{Layout, LayoutField},
};

/// One state of a row that is, or may be, at the destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Index among the generation's layouts.
    pub layout: u32,
    /// Hash over all mapped values.
    pub payload: u128,
    /// When it was sent, in seconds since 1970; 0 where nobody needs to know.
    pub at: u32,
    /// Field by field in layout order, where the layout keeps them.
    pub fingerprints: Vec<u64>,
    /// The identifier fields' canonical cells, in layout order, in the form sent.
    pub(crate) identifiers: Vec<u8>,
    /// The platform's own id of the record, where it has told one.
    pub(crate) remote_id: Option<Box<str>>,
}

/// The last attempt that was not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// What was tried; [`REMOVAL`] for a removal.
    pub payload: u128,
    /// The mapping's revision then.
    pub revision: u64,
    /// How it ended.
    pub word: Word,
    /// Why, when the reason is one of the registry.
    pub code: Option<Code>,
    /// Attempts of this payload in a row, counted in runs.
    pub attempts: u32,
    /// When the first of them was, in seconds since 1970.
    pub first_at: i64,
}

/// Stands for a removal among the payload hashes of [`Tried`].
pub const REMOVAL: u128 = 0;

/// What the ledger holds under one key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row {
    /// Last accepted.
    pub sent: Option<Version>,
    /// May also be there.
    pub maybe: Vec<Version>,
    /// The last attempt that was not accepted.
    pub tried: Option<Tried>,
}

impl Row {
    /// Whether there is nothing to remember.
    pub fn is_empty(&self) -> bool {
        self.sent.is_none() && self.maybe.is_empty() && self.tried.is_none()
    }

    /// Whether something of it is, or may be, at the destination.
    pub fn is_held(&self) -> bool {
        self.sent.is_some() || !self.maybe.is_empty()
    }

    /// `sent`, then `maybe`.
    pub(crate) fn versions(&self) -> impl Iterator<Item = &Version> {
        self.sent.iter().chain(&self.maybe)
    }
}

/// Of a version: when it was sent is kept, and the platform's own id of it.
const DATED: u8 = 1;
const REMOTE: u8 = 2;
const SENT: u8 = 1;
const TRIED: u8 = 2;
const MAYBE_SHIFT: u8 = 2;
const FIXED: u8 = 0x40;
/// The row is gone; in deltas.
pub(crate) const TOMBSTONE: u8 = 0x80;
/// Tags of identifier cells from here on say "as key part n".
const KEY_PART: u8 = 0x10;

/// The form and body of a row under `key`; both buffers are overwritten. An empty row becomes a tombstone.
pub(crate) fn encode(row: &Row, key: &[u8], layouts: &[Layout], form: &mut Vec<u8>, body: &mut Vec<u8>) {
    form.clear();
    body.clear();
    let mut flags = FIXED;
    if row.is_empty() {
        flags |= TOMBSTONE;
    }
    flags |= if row.sent.is_some() { SENT } else { 0 } | if row.tried.is_some() { TRIED } else { 0 };
    flags |= (row.maybe.len() as u8) << MAYBE_SHIFT;
    form.push(flags);
    put_varint(form, key.len() as u64);
    form.push(key[0]);
    let mut fixed = true;
    for version in row.versions() {
        fixed &= put_version(version, key, &layouts[version.layout as usize], form, body);
    }
    if let Some(tried) = &row.tried {
        fixed = false;
        body.extend_from_slice(&tried.payload.to_le_bytes());
        put_varint(body, tried.revision);
        body.push(Word::ALL.iter().position(|w| *w == tried.word).expect("all words are listed") as u8);
        put_bytes(body, tried.code.map_or("", Code::as_str).as_bytes());
        put_varint(body, u64::from(tried.attempts));
        put_varint(body, tried.first_at.max(0) as u64);
    }
    if fixed {
        put_varint(form, body.len() as u64);
    } else {
        form[0] &= !FIXED;
    }
}

/// Whether every body of this form has the same length.
pub(crate) fn is_fixed(form: &[u8]) -> bool {
    form[0] & FIXED != 0
}

fn put_version(version: &Version, key: &[u8], layout: &Layout, form: &mut Vec<u8>, body: &mut Vec<u8>) -> bool {
    put_varint(form, u64::from(version.layout));
    form.push(if version.at != 0 { DATED } else { 0 } | if version.remote_id.is_some() { REMOTE } else { 0 });
    body.extend_from_slice(&version.payload.to_le_bytes());
    if version.at != 0 {
        body.extend_from_slice(&version.at.to_le_bytes());
    }
    for fingerprint in &version.fingerprints {
        body.extend_from_slice(&fingerprint.to_le_bytes());
    }
    let mut cells = Cursor::new(&version.identifiers);
    let mut fixed = true;
    let mut scratch = Vec::new();
    for field in layout.identifiers() {
        let cell = cell::take_raw(&mut cells, field.field.ty).expect("identifiers are canonical cells of their layout");
        if cell[0] != cell::VALUE {
            form.push(cell[0]);
        } else if let Some(part) = same_key_part(key, cell, field.field.ty, &mut scratch) {
            form.push(KEY_PART + part);
        } else {
            form.push(cell::VALUE);
            body.extend_from_slice(&cell[1..]);
            fixed &= field.field.ty.fixed_bytes().is_some();
        }
    }
    if let Some(id) = &version.remote_id {
        put_bytes(body, id.as_bytes());
        fixed = false;
    }
    fixed
}

fn same_key_part(key: &[u8], cell: &[u8], ty: sluice_catalog::columnar::PhysicalType, scratch: &mut Vec<u8>) -> Option<u8> {
    let mut parts = Cursor::new(key);
    let mut at = 0;
    while let Some(part) = key::take(&mut parts) {
        if part.cell(ty, scratch) && scratch == cell {
            return Some(at);
        }
        at += 1;
    }
    None
}

/// A form, as far as readers need it for every row.
#[derive(Debug, Clone)]
pub(crate) struct Form {
    bytes: Vec<u8>,
    pub(crate) key_len: usize,
    pub(crate) key_tag: u8,
    versions_at: usize,
    /// Bytes of the body, where they are always as many.
    pub(crate) body_len: Option<usize>,
    /// The layout, when there is a `sent` and nothing else.
    pub(crate) plain: Option<u32>,
}

impl Form {
    pub(crate) fn parse(bytes: &[u8], layouts: &[Layout]) -> Option<Self> {
        let mut cursor = Cursor::new(bytes);
        let flags = cursor.u8()?;
        let key_len = cursor.len().filter(|len| *len > 0)?;
        let key_tag = cursor.u8()?;
        let versions_at = bytes.len() - cursor.rest.len();
        let versions = usize::from(flags & SENT) + usize::from(flags >> MAYBE_SHIFT & 7);
        let mut first = None;
        for _ in 0..versions {
            let layout = cursor.varint()? as u32;
            cursor.u8()?;
            cursor.take(layouts.get(layout as usize)?.identifiers().count())?;
            first.get_or_insert(layout);
        }
        let body_len = if flags & FIXED != 0 { Some(cursor.len()?) } else { None };
        let plain = first.filter(|_| flags & !FIXED == SENT);
        cursor.is_empty().then(|| Self { bytes: bytes.to_vec(), key_len, key_tag, versions_at, body_len, plain })
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn is_tombstone(&self) -> bool {
        self.bytes[0] & TOMBSTONE != 0
    }

    /// The row with this form and `body`, under `key`.
    pub(crate) fn decode(&self, key: &[u8], body: &[u8], layouts: &[Layout]) -> Option<Row> {
        let flags = self.bytes[0];
        let (mut form, mut body) = (Cursor::new(&self.bytes[self.versions_at..]), Cursor::new(body));
        let mut row = Row::default();
        if flags & SENT != 0 {
            row.sent = Some(take_version(&mut form, &mut body, key, layouts)?);
        }
        for _ in 0..flags >> MAYBE_SHIFT & 7 {
            row.maybe.push(take_version(&mut form, &mut body, key, layouts)?);
        }
        if flags & TRIED != 0 {
            let payload = body.u128()?;
            let revision = body.varint()?;
            let word = *Word::ALL.get(usize::from(body.u8()?))?;
            let code = body.text()?.parse().ok();
            let attempts = body.varint()? as u32;
            let first_at = body.varint()? as i64;
            row.tried = Some(Tried { payload, revision, word, code, attempts, first_at });
        }
        body.is_empty().then_some(row)
    }
}

fn take_version(form: &mut Cursor<'_>, body: &mut Cursor<'_>, key: &[u8], layouts: &[Layout]) -> Option<Version> {
    let index = form.varint()? as u32;
    let layout = layouts.get(index as usize)?;
    let kept = form.u8()?;
    let payload = body.u128()?;
    let at = if kept & DATED != 0 { body.u32()? } else { 0 };
    let fingerprints = (0..layout.fingerprints()).map(|_| body.u64()).collect::<Option<_>>()?;
    let mut identifiers = Vec::new();
    let mut scratch = Vec::new();
    for field in layout.identifiers() {
        match form.u8()? {
            cell::VALUE => {
                let before = body.rest;
                match field.field.ty.fixed_bytes() {
                    Some(len) => body.take(len)?,
                    None => body.bytes()?,
                };
                identifiers.push(cell::VALUE);
                identifiers.extend_from_slice(&before[..before.len() - body.rest.len()]);
            }
            tag if tag >= KEY_PART => {
                let mut parts = Cursor::new(key);
                let mut part = key::take(&mut parts)?;
                for _ in KEY_PART..tag {
                    part = key::take(&mut parts)?;
                }
                part.cell(field.field.ty, &mut scratch).then(|| identifiers.extend_from_slice(&scratch))?;
            }
            tag => identifiers.push(tag),
        }
    }
    let remote_id = if kept & REMOTE != 0 { Some(body.text()?.into()) } else { None };
    Some(Version { layout: index, payload, at, fingerprints, identifiers, remote_id })
}

/// The identifier cells of a version, with their fields' place among the layout's identifiers.
pub(crate) fn identifiers<'v>(version: &'v Version, layout: &'v Layout) -> impl Iterator<Item = (usize, &'v [u8])> {
    let mut cells = Cursor::new(&version.identifiers);
    layout.identifiers().enumerate().map(move |(at, field)| {
        (at, cell::take_raw(&mut cells, field.field.ty).expect("identifiers are canonical cells of their layout"))
    })
}

/// Whether a version is of the very record that an attempt with these `identifiers` of the `current` layout is about.
pub(crate) fn is_of(version: &Version, identifiers: &[u8], layouts: &[Layout], current: u32) -> bool {
    let names = |layout: u32| layouts[layout as usize].identifiers().map(LayoutField::id);
    version.identifiers == identifiers && (version.layout == current || names(version.layout).eq(names(current)))
}

/// The platform's id as the last cell of a row; absent where there is none.
pub(crate) fn put_remote_id(id: Option<&str>, cells: &mut Vec<u8>) {
    match id {
        Some(id) => {
            cells.push(cell::VALUE);
            put_bytes(cells, id.as_bytes());
        }
        None => cells.push(cell::ABSENT),
    }
}

/// Whether a raw cell holds a value.
pub(crate) fn has_value(raw: &[u8]) -> bool {
    !matches!(raw[0], cell::ABSENT | cell::NULL)
}

/// The identifier cells among all `cells` of a row, concatenated.
pub(crate) fn identifier_cells(cells: &[u8], layout: &Layout, out: &mut Vec<u8>) -> Option<()> {
    let mut cursor = Cursor::new(cells);
    for field in layout.fields() {
        let raw = cell::take_raw(&mut cursor, field.field.ty)?;
        if field.identifier {
            out.extend_from_slice(raw);
        }
    }
    Some(())
}
