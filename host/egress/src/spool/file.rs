//! One spool: sealed blocks of equal plain size on disk, the last, unfinished one in memory.

use std::{
    fs::{File, OpenOptions},
    os::unix::fs::{FileExt, OpenOptionsExt},
    path::Path,
};

use sluice_catalog::{limits::NONCE_BYTES, seal::DataKey};

use super::SpoolError;
use crate::limits::SPOOL_BLOCK_BYTES;

/// What sealing a block in place adds: the tag.
const TAG_BYTES: usize = 16;
const PURPOSE: &[u8] = b"spool";

pub(super) struct Spooled {
    id: u64,
    file: File,
    /// Blocks on disk.
    blocks: u64,
    tail: Vec<u8>,
}

impl Spooled {
    pub(super) fn create(folder: &Path, id: u64) -> Result<Self, SpoolError> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true).mode(0o600);
        let file = options.open(folder.join(id.to_string())).map_err(SpoolError::Io)?;
        Ok(Self { id, file, blocks: 0, tail: Vec::new() })
    }

    pub(super) fn size(&self) -> u64 {
        self.blocks * SPOOL_BLOCK_BYTES as u64 + self.tail.len() as u64
    }

    pub(super) fn append(&mut self, key: &DataKey, mut chunk: &[u8]) -> Result<(), SpoolError> {
        while !chunk.is_empty() {
            let (now, later) = chunk.split_at(chunk.len().min(SPOOL_BLOCK_BYTES - self.tail.len()));
            self.tail.extend_from_slice(now);
            chunk = later;
            if self.tail.len() == SPOOL_BLOCK_BYTES {
                let mut block = std::mem::take(&mut self.tail);
                key.seal_block(&self.nonce(self.blocks)?, PURPOSE, &mut block);
                self.file.write_all_at(&block, at(self.blocks)).map_err(SpoolError::Io)?;
                self.blocks += 1;
                block.clear();
                self.tail = block;
            }
        }
        Ok(())
    }

    pub(super) fn read(&mut self, key: &DataKey, offset: u64, bytes_max: u32) -> Result<Vec<u8>, SpoolError> {
        let end = self.size().min(offset.saturating_add(bytes_max.into()));
        let mut out = Vec::with_capacity(usize::try_from(end.saturating_sub(offset)).unwrap_or(0));
        let mut position = offset;
        while position < end {
            let (number, within) = (position / SPOOL_BLOCK_BYTES as u64, (position % SPOOL_BLOCK_BYTES as u64) as usize);
            let wanted = (end - position) as usize;
            let before = out.len();
            if number == self.blocks {
                out.extend(self.tail[within..].iter().take(wanted));
            } else {
                out.extend(self.block(key, number)?[within..].iter().take(wanted));
            }
            position += (out.len() - before) as u64;
        }
        Ok(out)
    }

    fn block(&self, key: &DataKey, number: u64) -> Result<Vec<u8>, SpoolError> {
        let mut block = vec![0; SPOOL_BLOCK_BYTES + TAG_BYTES];
        self.file.read_exact_at(&mut block, at(number)).map_err(SpoolError::Io)?;
        key.open_block(&self.nonce(number)?, PURPOSE, &mut block).map_err(|_| SpoolError::Damaged)?;
        Ok(block)
    }

    /// Never repeats under the key: the key is the run's own, the spool's number is unique in it, and blocks are written once.
    fn nonce(&self, block: u64) -> Result<[u8; NONCE_BYTES], SpoolError> {
        let id = u32::try_from(self.id).map_err(|_| SpoolError::TooMany)?;
        let mut nonce = [0; NONCE_BYTES];
        nonce[..4].copy_from_slice(&id.to_be_bytes());
        nonce[4..].copy_from_slice(&block.to_be_bytes());
        Ok(nonce)
    }
}

fn at(block: u64) -> u64 {
    block * (SPOOL_BLOCK_BYTES + TAG_BYTES) as u64
}
