//! One part of an intake, in memory, in the ledger's order, with equal keys side by side.

use crate::{
    intake::encode::{self, Incoming, key_of},
    key,
    limits::INTAKE_PARTITION_BYTES_MAX,
    spill,
};

/// Rows of one part; its buffers are used again for the next part.
#[derive(Default)]
pub(crate) struct Leaf {
    bytes: Vec<u8>,
    entries: Vec<Entry>,
    /// Above it equal keys are folded while the part is still being read, so that a source of one key a million times fits.
    fold_at: usize,
}

#[derive(Clone, Copy)]
struct Entry {
    hash: u64,
    at: usize,
}

impl Leaf {
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.entries.clear();
        self.fold_at = 2 * INTAKE_PARTITION_BYTES_MAX as usize;
    }

    pub(crate) fn add(&mut self, chunk: &[u8], seed: u64) {
        // A chunk has its rows' lengths in front, as `bytes` has.
        let mut at = self.bytes.len();
        for row in spill::rows(chunk) {
            self.entries.push(Entry { hash: key::hash(key_of(row), seed), at });
            at += 4 + row.len();
        }
        self.bytes.extend_from_slice(chunk);
        if self.bytes.len() > self.fold_at {
            self.fold();
        }
    }

    pub(crate) fn sort(&mut self) {
        let bytes = &self.bytes;
        self.entries.sort_unstable_by(|a, b| {
            a.hash.cmp(&b.hash).then_with(|| key_of(row_at(bytes, a.at)).cmp(key_of(row_at(bytes, b.at))))
        });
    }

    fn fold(&mut self) {
        self.sort();
        let (mut bytes, mut entries) = (Vec::new(), Vec::new());
        for group in self.groups() {
            entries.push(Entry { hash: group.hash, at: bytes.len() });
            let mut many = Vec::new();
            let row = match group.rows() {
                1 => group.row,
                rows => {
                    encode::many(&mut many, group.key, rows);
                    &many
                }
            };
            bytes.extend_from_slice(&(row.len() as u32).to_le_bytes());
            bytes.extend_from_slice(row);
        }
        self.fold_at = self.fold_at.max(2 * bytes.len());
        (self.bytes, self.entries) = (bytes, entries);
    }

    /// The keys in order; after [`Leaf::sort`].
    pub(crate) fn groups(&self) -> impl Iterator<Item = Group<'_>> {
        let mut next = 0;
        std::iter::from_fn(move || {
            let first = *self.entries.get(next)?;
            let row = row_at(&self.bytes, first.at);
            let key = key_of(row);
            let from = next;
            next += 1;
            while self.entries.get(next).is_some_and(|e| e.hash == first.hash && key_of(row_at(&self.bytes, e.at)) == key) {
                next += 1;
            }
            Some(Group { hash: first.hash, key, row, leaf: self, entries: from..next })
        })
    }
}

fn row_at(bytes: &[u8], at: usize) -> &[u8] {
    let len = u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
    &bytes[at + 4..at + 4 + len as usize]
}

/// The rows of one key.
pub(crate) struct Group<'a> {
    pub(crate) hash: u64,
    pub(crate) key: &'a [u8],
    /// The first of them.
    pub(crate) row: &'a [u8],
    leaf: &'a Leaf,
    entries: std::ops::Range<usize>,
}

impl Group<'_> {
    /// How many rows the source has for the key.
    pub(crate) fn rows(&self) -> u32 {
        if self.entries.len() == 1
            && let Some(Incoming::Many { rows }) = Incoming::parse(self.row)
        {
            return rows;
        }
        if self.entries.len() == 1 {
            return 1;
        }
        self.entries.clone().fold(0u32, |sum, at| {
            let rows = match Incoming::parse(row_at(&self.leaf.bytes, self.leaf.entries[at].at)) {
                Some(Incoming::Many { rows }) => rows,
                _ => 1,
            };
            sum.saturating_add(rows)
        })
    }
}
