//! The index of identifiers' holders, for list modes: how many rows of the ledger hold an identifier in the form sent.
//!
//! Entries are 16 bytes of keyed hash over (identifier's name, value) and a count, in the order of the hash. A count of zero in a
//! delta takes the entry away.

use std::cmp::Ordering;

use xxhash_rust::xxh3::xxh3_128_with_seed;

use crate::{
    codec::{Cursor, put_bytes, put_varint},
    error::LedgerError,
    layout::LayoutField,
    limits::BLOCK_BYTES_MAX,
    sealed::{BlockReader, BlockWriter, Kind},
    space::{Space, file_name},
    table::{FileRef, Partition},
};

/// The hash of one identifier's value; `raw` is its canonical cell.
pub(crate) fn member_hash(field: &LayoutField, raw: &[u8], seed: u64) -> u128 {
    let mut bytes = Vec::with_capacity(raw.len() + 32);
    put_bytes(&mut bytes, field.field.attr("identifier").unwrap_or(&field.field.name).as_bytes());
    bytes.extend_from_slice(raw);
    xxh3_128_with_seed(&bytes, seed)
}

pub(crate) struct MemberWriter<'s> {
    space: &'s Space,
    sealed: BlockWriter<Vec<u8>>,
    block: Vec<u8>,
    rows: u64,
}

impl<'s> MemberWriter<'s> {
    pub(crate) fn new(space: &'s Space) -> Self {
        Self { space, sealed: space.writer(Kind::Members), block: Vec::new(), rows: 0 }
    }

    pub(crate) fn push(&mut self, hash: u128, count: u64) {
        if self.block.len() + 32 > BLOCK_BYTES_MAX {
            self.sealed.block(&mut self.block).expect("memory takes every write");
        }
        self.block.extend_from_slice(&hash.to_le_bytes());
        put_varint(&mut self.block, count);
        self.rows += 1;
    }

    pub(crate) fn finish(mut self, label: &str) -> Result<Option<FileRef>, LedgerError> {
        if self.rows == 0 {
            return Ok(None);
        }
        self.sealed.block(&mut self.block).expect("memory takes every write");
        let name = file_name(label, self.sealed.id());
        let (bytes, len) = self.sealed.finish().expect("memory takes every write");
        self.space.put(&name, bytes)?;
        Ok(Some(FileRef { name, rows: self.rows, bytes: len }))
    }
}

/// Reads the index's files without looking at what they hold.
pub(crate) fn verify(space: &Space, partitions: &[Partition]) -> Result<(), LedgerError> {
    let mut block = Vec::new();
    for file in partitions.iter().flat_map(Partition::files) {
        let mut from = space.open(&file.name, Kind::Members)?;
        while from.next(&mut block)? {}
    }
    Ok(())
}

struct FileMembers {
    from: BlockReader,
    block: Vec<u8>,
    at: usize,
    entry: Option<(u128, u64)>,
}

impl FileMembers {
    fn next(&mut self) -> Result<(), LedgerError> {
        while self.at == self.block.len() {
            self.at = 0;
            if !self.from.next(&mut self.block)? {
                self.entry = None;
                return Ok(());
            }
        }
        let mut cursor = Cursor::new(&self.block[self.at..]);
        let (Some(hash), Some(count)) = (cursor.u128(), cursor.varint()) else {
            return Err(LedgerError::damaged(self.from.file(), "a block ends inside an entry"));
        };
        self.at = self.block.len() - cursor.rest.len();
        self.entry = Some((hash, count));
        Ok(())
    }
}

/// The entries of one partition, merged; counts of zero left out.
pub(crate) struct MemberRows {
    files: Vec<FileMembers>,
    entry: Option<(u128, u64)>,
}

impl MemberRows {
    pub(crate) fn open(space: &Space, partition: &Partition) -> Result<Self, LedgerError> {
        let mut files = Vec::new();
        for file in partition.files() {
            let from = space.open(&file.name, Kind::Members)?;
            let mut file = FileMembers { from, block: Vec::new(), at: 0, entry: None };
            file.next()?;
            files.push(file);
        }
        let mut rows = Self { files, entry: None };
        rows.advance()?;
        Ok(rows)
    }

    pub(crate) fn entry(&self) -> Option<(u128, u64)> {
        self.entry
    }

    pub(crate) fn advance(&mut self) -> Result<(), LedgerError> {
        loop {
            self.entry = None;
            for at in 0..self.files.len() {
                let Some((hash, count)) = self.files[at].entry else { continue };
                match self.entry.map(|(best, _)| hash.cmp(&best)) {
                    None | Some(Ordering::Less | Ordering::Equal) => self.entry = Some((hash, count)),
                    Some(Ordering::Greater) => {}
                }
            }
            let Some((hash, count)) = self.entry else { return Ok(()) };
            for file in &mut self.files {
                if file.entry.is_some_and(|(h, _)| h == hash) {
                    file.next()?;
                }
            }
            if count > 0 {
                return Ok(());
            }
        }
    }
}
