//! Files of sealed blocks: the one container of everything the ledger puts on disk.
//!
//! ```text
//! header   48 bytes: magic, format version, kind, nonce prefix, key id, binding, checksum
//! frames   length (u32, top bit: footer), checksum of the sealed bytes (u64), sealed bytes (ciphertext and tag)
//! footer   a frame whose plain bytes are the number of blocks
//! ```
//!
//! The cipher binds each block to header and place, so that blocks cannot be swapped or moved to another file; the plain checksums
//! tell damage from a wrong key and the version from both. A file without its footer is cut. The nonce prefix is drawn once per file,
//! so it is the file's id: who keeps it beside the name notices another file, or an older one, under that name. What is inside the
//! blocks is the callers' matter.

mod read;
mod write;

use sluice_catalog::seal::DataKey;
use xxhash_rust::xxh3::xxh3_64;

pub(crate) use read::{BlockReader, RandomReader};
pub(crate) use write::BlockWriter;

use crate::error::LedgerError;

/// The newest format that this version reads and writes.
pub(crate) const FORMAT: u16 = 1;
const MAGIC: [u8; 8] = *b"SLUICE\x1aL";
pub(crate) const HEADER_BYTES: usize = 48;
const FRAME_BYTES: usize = 12;
const TAG_BYTES: usize = 16;
const FOOTER_BIT: u32 = 1 << 31;

/// What a file holds; part of its header, so that one is never taken for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    Rows = 1,
    Members = 2,
    Spill = 3,
    Phase = 4,
    Moves = 5,
    Listed = 6,
    Manifest = 7,
}

/// What a file must be, to be the one that is looked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) kind: Kind,
    /// The activation's.
    pub(crate) binding: u64,
    /// The file's own; none where nothing remembers it.
    pub(crate) id: Option<u64>,
}

/// Where a block lies in its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct BlockRef {
    pub(crate) number: u32,
    pub(crate) offset: u64,
    pub(crate) sealed_bytes: u32,
}

impl BlockRef {
    /// Where the next one begins.
    pub(crate) fn end(self) -> u64 {
        self.offset + FRAME_BYTES as u64 + u64::from(self.sealed_bytes)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Header([u8; HEADER_BYTES]);

impl Header {
    fn new(kind: Kind, prefix: u64, key: &DataKey, binding: u64) -> Self {
        let mut bytes = [0u8; HEADER_BYTES];
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[8..10].copy_from_slice(&FORMAT.to_le_bytes());
        bytes[10] = kind as u8;
        bytes[16..24].copy_from_slice(&prefix.to_le_bytes());
        bytes[24..32].copy_from_slice(&key.id());
        bytes[32..40].copy_from_slice(&binding.to_le_bytes());
        let sum = xxh3_64(&bytes[..40]);
        bytes[40..].copy_from_slice(&sum.to_le_bytes());
        Self(bytes)
    }

    /// Magic and checksum come first, since they stand in the same place in every version; then the version; then the key.
    fn parse(bytes: [u8; HEADER_BYTES], file: &str, place: Place, key: &DataKey) -> Result<Self, LedgerError> {
        if bytes[..8] != MAGIC {
            return Err(LedgerError::damaged(file, "it does not begin like a ledger file"));
        }
        if xxh3_64(&bytes[..40]).to_le_bytes() != bytes[40..] {
            return Err(LedgerError::damaged(file, "its header is damaged"));
        }
        let found = u16::from_le_bytes([bytes[8], bytes[9]]);
        if found > FORMAT {
            return Err(LedgerError::Version { file: file.to_owned(), found, known: FORMAT });
        }
        if bytes[24..32] != key.id() {
            return Err(LedgerError::WrongKey { file: file.to_owned() });
        }
        if bytes[10] != place.kind as u8 || bytes[32..40] != place.binding.to_le_bytes() {
            return Err(LedgerError::damaged(file, "it belongs to another place"));
        }
        let header = Self(bytes);
        if place.id.is_some_and(|id| id != header.id()) {
            return Err(LedgerError::damaged(file, "it is another file than the one that was written there"));
        }
        Ok(header)
    }

    fn id(&self) -> u64 {
        u64::from_le_bytes(self.0[16..24].try_into().expect("eight bytes"))
    }

    fn nonce(&self, block: u32, footer: bool) -> [u8; 12] {
        let mut nonce = [0u8; 12];
        nonce[..8].copy_from_slice(&self.0[16..24]);
        nonce[8..].copy_from_slice(&(block | if footer { FOOTER_BIT } else { 0 }).to_be_bytes());
        nonce
    }
}

#[cfg(test)]
mod tests;
