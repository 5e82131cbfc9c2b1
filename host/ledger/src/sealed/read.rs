//! Reading files of sealed blocks: front to back, or single blocks by their place.

use std::{
    fs::File,
    io::{self, Read},
    os::unix::fs::FileExt,
    sync::Arc,
};

use sluice_catalog::seal::DataKey;
use xxhash_rust::xxh3::xxh3_64;

use super::{BlockRef, FOOTER_BIT, FRAME_BYTES, HEADER_BYTES, Header, Place, TAG_BYTES};
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
    pub(crate) fn open(mut from: Box<dyn Read + Send>, file: &str, place: Place, key: &Arc<DataKey>) -> Result<Self, LedgerError> {
        let mut bytes = [0u8; HEADER_BYTES];
        from.read_exact(&mut bytes).map_err(|e| LedgerError::io(file, e))?;
        let header = Header::parse(bytes, file, place, key)?;
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
        let mut more = [0u8; 1];
        let at_end = loop {
            match self.from.read(&mut more) {
                Ok(n) => break n == 0,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(LedgerError::io(&self.file, e)),
            }
        };
        if !says(block, self.blocks) || !at_end {
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
    pub(crate) fn open(from: File, file: &str, place: Place, key: &Arc<DataKey>) -> Result<Self, LedgerError> {
        let mut bytes = [0u8; HEADER_BYTES];
        from.read_exact_at(&mut bytes, 0).map_err(|e| LedgerError::io(file, e))?;
        let header = Header::parse(bytes, file, place, key)?;
        Ok(Self { from, file: file.to_owned(), key: key.clone(), header })
    }

    /// Insists on a footer for so many blocks at `offset`, and on nothing behind it.
    pub(crate) fn check_footer(&self, blocks: u32, offset: u64) -> Result<(), LedgerError> {
        let wrong = || LedgerError::damaged(&self.file, "blocks are missing or too many");
        let len = self.from.metadata().map_err(|e| LedgerError::io(&self.file, e))?.len();
        let sealed = len.checked_sub(offset + FRAME_BYTES as u64).filter(|n| *n <= FOOTER_BYTES_MAX).ok_or_else(wrong)?;
        let mut block = self.frame(offset, sealed as u32 | FOOTER_BIT)?;
        open(&self.header, &self.key, &self.file, blocks, true, &block.0, &mut block.1)?;
        says(&block.1, blocks).then_some(()).ok_or_else(wrong)
    }

    /// The head and the sealed bytes of a frame that is marked as expected.
    fn frame(&self, offset: u64, marked: u32) -> Result<([u8; FRAME_BYTES], Vec<u8>), LedgerError> {
        let mut head = [0u8; FRAME_BYTES];
        self.from.read_exact_at(&mut head, offset).map_err(|e| LedgerError::io(&self.file, e))?;
        if head[..4] != marked.to_le_bytes() {
            return Err(LedgerError::damaged(&self.file, "a block is not where it should be"));
        }
        let mut sealed = vec![0; (marked & !FOOTER_BIT) as usize];
        self.from.read_exact_at(&mut sealed, offset + FRAME_BYTES as u64).map_err(|e| LedgerError::io(&self.file, e))?;
        Ok((head, sealed))
    }

    /// On a file that is still being written, with the header that its writer made.
    pub(crate) fn of_writer(from: File, file: &str, header: [u8; HEADER_BYTES], key: &Arc<DataKey>) -> Self {
        Self { from, file: file.to_owned(), key: key.clone(), header: Header(header) }
    }

    /// The plain bytes of one block.
    pub(crate) fn read(&self, at: BlockRef) -> Result<Vec<u8>, LedgerError> {
        let (head, mut block) = self.frame(at.offset, at.sealed_bytes)?;
        open(&self.header, &self.key, &self.file, at.number, false, &head, &mut block)?;
        Ok(block)
    }
}

/// The most that a footer can take: a number of five bytes, and the tag.
const FOOTER_BYTES_MAX: u64 = 5 + TAG_BYTES as u64;

/// Whether a footer's plain bytes say so many blocks.
fn says(footer: &[u8], blocks: u32) -> bool {
    let mut cursor = Cursor::new(footer);
    cursor.varint() == Some(u64::from(blocks)) && cursor.is_empty()
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
