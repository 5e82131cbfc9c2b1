//! Rows split to a scratch file by the top bits of a hash, so that each part can be sorted and compared in memory.
//!
//! What is small stays in memory and never touches the disk; what is not is sealed in blocks. Nothing here is durable, and nothing
//! needs to be: a run that dies before its change set is written starts again.

use std::{
    fs::File,
    path::{Path, PathBuf},
};

use crate::{
    codec::Cursor,
    error::LedgerError,
    limits::{BLOCK_BYTES_MAX, INTAKE_BUFFER_BYTES_MAX, SPILL_BUFFER_BYTES_MIN},
    sealed::{BlockRef, BlockWriter, Kind, RandomReader},
    space::{Space, remove_file},
    table::prefix,
};

pub(crate) struct Spill {
    space: Space,
    folder: PathBuf,
    name: String,
    writer: Option<BlockWriter<File>>,
    parts: Vec<Part>,
    bits: u8,
    buffer_max: usize,
}

#[derive(Default)]
struct Part {
    buffer: Vec<u8>,
    blocks: Vec<BlockRef>,
    rows: u64,
    bytes: u64,
}

impl Spill {
    pub(crate) fn new(space: &Space, folder: &Path, name: String, bits: u8) -> Self {
        let parts = 1usize << bits;
        let buffer_max = (INTAKE_BUFFER_BYTES_MAX / parts).clamp(SPILL_BUFFER_BYTES_MIN, BLOCK_BYTES_MAX);
        let parts = (0..parts).map(|_| Part::default()).collect();
        Self { space: space.clone(), folder: folder.to_owned(), name, writer: None, parts, bits, buffer_max }
    }

    /// Adds a row; it begins with nothing of ours, its length is kept beside it.
    pub(crate) fn push(&mut self, hash: u64, row: &[u8]) -> Result<(), LedgerError> {
        let at = prefix(hash, self.bits);
        let len = row.len() + 4;
        if self.parts[at].buffer.len() + len > self.buffer_max {
            self.flush(at)?;
        }
        let part = &mut self.parts[at];
        part.buffer.extend_from_slice(&(row.len() as u32).to_le_bytes());
        part.buffer.extend_from_slice(row);
        part.rows += 1;
        part.bytes += len as u64;
        Ok(())
    }

    fn flush(&mut self, at: usize) -> Result<(), LedgerError> {
        if self.parts[at].buffer.is_empty() {
            return Ok(());
        }
        if self.writer.is_none() {
            self.writer = Some(self.space.scratch_writer(&self.folder, &self.name, Kind::Spill)?);
        }
        let writer = self.writer.as_mut().expect("made above");
        let part = &mut self.parts[at];
        let block = writer.block(&mut part.buffer).map_err(|e| LedgerError::io(self.name.as_str(), e))?;
        part.blocks.push(block);
        Ok(())
    }

    pub(crate) fn parts(&self) -> usize {
        self.parts.len()
    }

    pub(crate) fn bits(&self) -> u8 {
        self.bits
    }

    /// Bytes of the largest part.
    pub(crate) fn largest(&self) -> u64 {
        self.parts.iter().map(|p| p.bytes).max().unwrap_or(0)
    }

    /// Gives the chunks of one part to `each`, and forgets them. A chunk is rows with their lengths in front, see [`rows`].
    pub(crate) fn drain(&mut self, at: usize, mut each: impl FnMut(&[u8]) -> Result<(), LedgerError>) -> Result<(), LedgerError> {
        let part = std::mem::take(&mut self.parts[at]);
        if let Some(writer) = &self.writer
            && !part.blocks.is_empty()
        {
            let handle = writer.to().try_clone().map_err(|e| LedgerError::io(self.name.as_str(), e))?;
            let reader = RandomReader::of_writer(handle, &self.name, writer.header_bytes(), &self.space.key);
            for at in part.blocks {
                each(&reader.read(at)?)?;
            }
        }
        each(&part.buffer)
    }

    /// The same rows, split by more bits; `hash` finds a row's hash again.
    pub(crate) fn split(mut self, bits: u8, hash: impl Fn(&[u8]) -> u64) -> Result<Self, LedgerError> {
        let mut finer = Spill::new(&self.space, &self.folder, format!("{}-{bits}", self.name), bits);
        for at in 0..self.parts() {
            self.drain(at, |chunk| rows(chunk).try_for_each(|row| finer.push(hash(row), row)))?;
        }
        Ok(finer)
    }
}

impl Drop for Spill {
    fn drop(&mut self) {
        if self.writer.is_some() {
            // The scratch folder goes with the run anyway; this only gives the room back earlier.
            let _ = remove_file(&self.folder, &self.name);
        }
    }
}

/// The rows of a chunk.
pub(crate) fn rows(chunk: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut cursor = Cursor::new(chunk);
    std::iter::from_fn(move || {
        let len = cursor.u32()?;
        cursor.take(len as usize)
    })
}
