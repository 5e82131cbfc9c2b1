//! Reading files of sealed blocks: front to back, or single blocks by their place.

use std::{
    fs::File,
    io::{self, Read},
    os::unix::fs::FileExt,
    sync::Arc,
};

use sluice_catalog::seal::DataKey;
use xxhash_rust::xxh3::xxh3_64;

use super::{BlockRef, FOOTER_BIT, FRAME_BYTES, HEADER_BYTES, Header, Kind, TAG_BYTES};
use crate::{codec::Cursor, error::LedgerError, limits::BLOCK_BYTES_MAX};

/// Reads front to back and insists on the footer.
pub(crate) struct BlockReader {
    from: Box<dyn Read + Send>,
    file: String,
    key: Arc<DataKey>,
    header: Header,
    blocks: u32,
    ended: bool,
}

impl BlockReader {
    pub(crate) fn open(
        mut from: Box<dyn Read + Send>,
        file: &str,
        kind: Kind,
        key: &Arc<DataKey>,
        binding: u64,
    ) -> Result<Self, LedgerError> {
        let mut bytes = [0u8; HEADER_BYTES];
        from.read_exact(&mut bytes).map_err(|e| LedgerError::io(file, e))?;
        let header = Header::parse(bytes, file, kind, key, binding)?;
        Ok(Self { from, file: file.to_owned(), key: key.clone(), header, blocks: 0, ended: false })
    }

    /// Fills `block` with the next block's plain bytes; `false` when the footer was reached and is right.
    pub(crate) fn next(&mut self, block: &mut Vec<u8>) -> Result<bool, LedgerError> {
        if self.ended {
            return Ok(false);
        }
        let mut head = [0u8; FRAME_BYTES];
        self.from.read_exact(&mut head).map_err(|e| LedgerError::io(&self.file, e))?;
        let marked = u32::from_le_bytes(head[..4].try_into().expect("four bytes"));
        let (footer, len) = (marked & FOOTER_BIT != 0, (marked & !FOOTER_BIT) as usize);
        if len > BLOCK_BYTES_MAX + TAG_BYTES {
            return Err(LedgerError::damaged(&self.file, "a block is longer than allowed"));
        }
        block.resize(len, 0);
        self.from.read_exact(block).map_err(|e| LedgerError::io(&self.file, e))?;
        open(&self.header, &self.key, &self.file, self.blocks, footer, &head, block)?;
        if !footer {
            self.blocks += 1;
            return Ok(true);
        }
        let mut cursor = Cursor::new(block);
        let mut more = [0u8; 1];
        let at_end = loop {
            match self.from.read(&mut more) {
                Ok(n) => break n == 0,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(LedgerError::io(&self.file, e)),
            }
        };
        if cursor.varint() != Some(u64::from(self.blocks)) || !cursor.is_empty() || !at_end {
            return Err(LedgerError::damaged(&self.file, "blocks are missing or too many"));
        }
        self.ended = true;
        block.clear();
        Ok(false)
    }

    pub(crate) fn file(&self) -> &str {
        &self.file
    }
}

/// Reads single blocks of a local file.
pub(crate) struct RandomReader {
    from: File,
    file: String,
    key: Arc<DataKey>,
    header: Header,
}

impl RandomReader {
    pub(crate) fn open(from: File, file: &str, kind: Kind, key: &Arc<DataKey>, binding: u64) -> Result<Self, LedgerError> {
        let mut bytes = [0u8; HEADER_BYTES];
        from.read_exact_at(&mut bytes, 0).map_err(|e| LedgerError::io(file, e))?;
        let header = Header::parse(bytes, file, kind, key, binding)?;
        Ok(Self { from, file: file.to_owned(), key: key.clone(), header })
    }

    /// On a file that is still being written, with the header that its writer made.
    pub(crate) fn of_writer(from: File, file: &str, header: [u8; HEADER_BYTES], key: &Arc<DataKey>) -> Self {
        Self { from, file: file.to_owned(), key: key.clone(), header: Header(header) }
    }

    /// The plain bytes of one block.
    pub(crate) fn read(&self, at: BlockRef, block: &mut Vec<u8>) -> Result<(), LedgerError> {
        let mut head = [0u8; FRAME_BYTES];
        self.from.read_exact_at(&mut head, at.offset).map_err(|e| LedgerError::io(&self.file, e))?;
        if u32::from_le_bytes(head[..4].try_into().expect("four bytes")) != at.sealed_bytes {
            return Err(LedgerError::damaged(&self.file, "a block is not where it should be"));
        }
        block.resize(at.sealed_bytes as usize, 0);
        self.from.read_exact_at(block, at.offset + FRAME_BYTES as u64).map_err(|e| LedgerError::io(&self.file, e))?;
        open(&self.header, &self.key, &self.file, at.number, false, &head, block)
    }
}

fn open(
    header: &Header,
    key: &DataKey,
    file: &str,
    number: u32,
    footer: bool,
    head: &[u8; FRAME_BYTES],
    block: &mut Vec<u8>,
) -> Result<(), LedgerError> {
    if xxh3_64(block).to_le_bytes() != head[4..] {
        return Err(LedgerError::damaged(file, "a block is damaged"));
    }
    key.open_block(&header.nonce(number, footer), &header.0, block).map_err(|_| LedgerError::damaged(file, "a block was exchanged"))
}
