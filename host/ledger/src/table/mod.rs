//! Generations: the ledger's rows on disk, as partitions of a base file and deltas, in the order of the keys' hashes.
//!
//! Each partition holds the rows whose key hash begins with its number, so all partitions one after the other are one sequence in
//! hash order, whatever the number of partitions. A delta holds the rows that changed, whole; a later file wins.

mod members;
mod read;
mod write;

use serde::{Deserialize, Serialize};

pub(crate) use members::{MemberRows, MemberWriter, member_hash, verify};
pub(crate) use read::{BaseRows, PartitionRows, RowRef};
pub(crate) use write::RowWriter;

use crate::{
    layout::Layout,
    limits::{BITS_MAX, PARTITION_BYTES_MAX, PARTITION_ROWS_MAX},
};

/// What an activation's destination holds, as a list of immutable files. Kept by the caller as JSON: the one pointer that moves.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Generation {
    /// Counts up by one with every change; 0 before the first.
    pub number: u64,
    /// Rows on record, tried ones included.
    pub rows: u64,
    pub(crate) bits: u8,
    pub(crate) layouts: Vec<Layout>,
    pub(crate) partitions: Vec<Partition>,
    pub(crate) member_bits: u8,
    pub(crate) members: Vec<Partition>,
    /// Where its rows lie, a number of the caller's ([`crate::Rules::place`]); none in ledgers from before it was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<u64>,
}

/// The files of one partition.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Partition {
    pub(crate) base: Option<FileRef>,
    pub(crate) deltas: Vec<FileRef>,
}

/// About what a row takes besides its field fingerprints: key, payload hash, perhaps an identifier.
const ROW_BYTES_LEAST: u64 = 32;

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FileRef {
    pub(crate) name: String,
    pub(crate) rows: u64,
    pub(crate) bytes: u64,
}

impl Generation {
    /// Before the first run: the destination holds nothing of us.
    pub fn empty() -> Self {
        Self::default()
    }

    /// Names of all files.
    pub(crate) fn files(&self) -> impl Iterator<Item = &str> {
        self.partitions.iter().chain(&self.members).flat_map(Partition::files).map(|f| f.name.as_str())
    }

    /// Bytes on disk of all files.
    pub fn bytes(&self) -> u64 {
        self.partitions.iter().chain(&self.members).flat_map(Partition::files).map(|f| f.bytes).sum()
    }

    /// Rows that a partition may have, when rows like the present ones and rows of `layout` are in it.
    pub(crate) fn partition_rows_max(&self, layout: &Layout) -> u64 {
        let files = || self.partitions.iter().flat_map(Partition::files);
        let present = files().map(|f| f.bytes).sum::<u64>() / files().map(|f| f.rows).sum::<u64>().max(1);
        PARTITION_ROWS_MAX.min(PARTITION_BYTES_MAX / present.max(ROW_BYTES_LEAST + 8 * layout.fingerprints() as u64))
    }

    /// The place of a layout among the generation's, which may be one past the end.
    pub(crate) fn layout_index(&self, layout: &Layout) -> u32 {
        let id = layout.id();
        self.layouts.iter().position(|l| l.id() == id).unwrap_or(self.layouts.len()) as u32
    }
}

impl Partition {
    pub(crate) fn files(&self) -> impl Iterator<Item = &FileRef> {
        self.base.iter().chain(&self.deltas)
    }

    pub(crate) fn delta_rows(&self) -> u64 {
        self.deltas.iter().map(|f| f.rows).sum()
    }
}

/// How many top bits split `rows` into partitions of at most `partition_rows_max`.
pub(crate) fn bits_for(rows: u64, partition_rows_max: u64) -> u8 {
    (0..BITS_MAX).find(|bits| rows >> bits <= partition_rows_max).unwrap_or(BITS_MAX)
}

/// The partition of a hash.
pub(crate) fn prefix(hash: u64, bits: u8) -> usize {
    if bits == 0 { 0 } else { (hash >> (64 - bits)) as usize }
}
