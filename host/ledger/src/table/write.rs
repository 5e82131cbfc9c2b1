//! Writing one file of ledger rows: blocks with their forms in front.

use crate::{
    codec::{put_bytes, put_varint},
    error::LedgerError,
    layout::Layout,
    limits::BLOCK_BYTES_MAX,
    row::{self, Form, Row},
    sealed::{BlockWriter, Kind},
    space::{Space, file_name},
    table::FileRef,
};

/// Room that a block's counts and forms may take beside the rows.
const HEAD_BYTES: usize = 64 << 10;

/// Gathers rows in hash order; [`RowWriter::finish`] makes the file.
pub(crate) struct RowWriter<'s> {
    space: &'s Space,
    sealed: BlockWriter<Vec<u8>>,
    forms: Vec<Vec<u8>>,
    forms_bytes: usize,
    last_form: usize,
    indexes: Vec<u16>,
    bodies: Vec<u8>,
    rows: u64,
    form: Vec<u8>,
    body: Vec<u8>,
}

impl<'s> RowWriter<'s> {
    pub(crate) fn new(space: &'s Space) -> Self {
        Self {
            space,
            sealed: space.writer(Kind::Rows),
            forms: Vec::new(),
            forms_bytes: 0,
            last_form: 0,
            indexes: Vec::new(),
            bodies: Vec::new(),
            rows: 0,
            form: Vec::new(),
            body: Vec::new(),
        }
    }

    /// Adds a row; an empty one as a tombstone.
    pub(crate) fn push(&mut self, key: &[u8], row: &Row, layouts: &[Layout]) {
        let (mut form, mut body) = (std::mem::take(&mut self.form), std::mem::take(&mut self.body));
        row::encode(row, key, layouts, &mut form, &mut body);
        self.put(&form, row::is_fixed(&form), key, &body);
        (self.form, self.body) = (form, body);
    }

    /// Adds a row as another file has it.
    pub(crate) fn copy(&mut self, form: &Form, key: &[u8], body: &[u8]) {
        self.put(form.bytes(), form.body_len.is_some(), key, body);
    }

    fn put(&mut self, form: &[u8], fixed: bool, key: &[u8], body: &[u8]) {
        let most = key.len() + body.len() + form.len() + 16;
        let full = self.bodies.len() + self.indexes.len() * 2 + self.forms_bytes + most > BLOCK_BYTES_MAX
            || self.forms_bytes + form.len() > HEAD_BYTES
            || self.forms.len() == usize::from(u16::MAX);
        if full && !self.indexes.is_empty() {
            self.flush();
        }
        if self.forms.get(self.last_form).is_none_or(|f| f != form) {
            self.last_form = self.forms.iter().position(|f| f == form).unwrap_or_else(|| {
                self.forms.push(form.to_vec());
                self.forms_bytes += form.len() + 3;
                self.forms.len() - 1
            });
        }
        self.indexes.push(self.last_form as u16);
        self.bodies.extend_from_slice(&key[1..]);
        if !fixed {
            put_varint(&mut self.bodies, body.len() as u64);
        }
        self.bodies.extend_from_slice(body);
        self.rows += 1;
    }

    fn flush(&mut self) {
        let mut block = Vec::with_capacity(self.bodies.len() + self.indexes.len() * 2 + self.forms_bytes + 32);
        put_varint(&mut block, self.indexes.len() as u64);
        put_varint(&mut block, self.forms.len() as u64);
        self.forms.iter().for_each(|form| put_bytes(&mut block, form));
        match self.forms.len() {
            0 | 1 => {}
            2..=256 => block.extend(self.indexes.iter().map(|i| *i as u8)),
            _ => block.extend(self.indexes.iter().flat_map(|i| i.to_le_bytes())),
        }
        block.append(&mut self.bodies);
        self.sealed.block(&mut block).expect("memory takes every write");
        self.forms.clear();
        self.indexes.clear();
        (self.forms_bytes, self.last_form) = (0, 0);
    }

    /// Makes the file; none when no row was added.
    pub(crate) fn finish(mut self, label: &str) -> Result<Option<FileRef>, LedgerError> {
        if self.rows == 0 {
            return Ok(None);
        }
        if !self.indexes.is_empty() {
            self.flush();
        }
        let name = file_name(label, self.sealed.id());
        let (bytes, len) = self.sealed.finish().expect("memory takes every write");
        self.space.put(&name, bytes)?;
        Ok(Some(FileRef { name, rows: self.rows, bytes: len }))
    }
}
