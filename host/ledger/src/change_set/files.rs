//! The change set's files: rows in sealed blocks with an index, and the manifest that makes them count.

use std::{
    collections::VecDeque,
    fs::{self, File},
    ops::Range,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use crate::{
    change_set::{Head, open_local},
    codec::{Cursor, put_bytes, put_varint},
    error::LedgerError,
    limits::{BLOCK_BYTES_MAX, CACHED_BLOCKS_MAX},
    sealed::{BlockReader, BlockRef, BlockWriter, HEADER_BYTES, Kind, Place, RandomReader},
    space::{Space, private_file, sync_folder},
};

pub(crate) const MANIFEST: &str = "changes.manifest";
const MANIFEST_NEW: &str = "changes.manifest.new";
pub(crate) const MOVES: &str = "changes.moves";
pub(crate) const LISTED: &str = "changes.listed";

pub(crate) fn phase(at: usize) -> String {
    format!("changes.phase-{at}")
}

/// One block of an indexed file: the number and the key hash of its first row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) first_row: u64,
    pub(crate) first_hash: u64,
    /// A number of the writer's own for the first row: moves keep the removals before it here, rows of a phase the bytes of the values
    /// before it.
    pub(crate) mark: u64,
    at: BlockRef,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Index {
    /// The file's, so that no other takes its place.
    id: u64,
    rows: u64,
    bytes: u64,
    entries: Vec<Entry>,
}

/// Writes rows, each with its length in front, and remembers where blocks begin.
pub(crate) struct IndexedWriter {
    writer: BlockWriter<File>,
    name: String,
    block: Vec<u8>,
    index: Index,
    first: (u64, u64, u64),
    /// Bytes of values of the rows so far; 0 where the rows have none.
    value_bytes: u64,
}

impl IndexedWriter {
    pub(crate) fn create(space: &Space, folder: &Path, name: &str, kind: Kind) -> Result<Self, LedgerError> {
        let writer = space.scratch_writer(folder, name, kind)?;
        let block = Vec::with_capacity(BLOCK_BYTES_MAX);
        let index = Index { id: writer.id(), ..Index::default() };
        Ok(Self { writer, name: name.to_owned(), block, index, first: (0, 0, 0), value_bytes: 0 })
    }

    /// Adds a row that `fill` writes, of at most `bytes_max`, and gives its index.
    pub(crate) fn push(
        &mut self,
        hash: u64,
        mark: u64,
        bytes_max: usize,
        fill: impl FnOnce(&mut Vec<u8>),
    ) -> Result<u64, LedgerError> {
        if self.block.len() + bytes_max + 4 > BLOCK_BYTES_MAX {
            self.flush()?;
        }
        if self.block.is_empty() {
            self.first = (self.index.rows, hash, mark);
        }
        let start = self.block.len();
        self.block.extend([0u8; 4]);
        fill(&mut self.block);
        let len = (self.block.len() - start - 4) as u32;
        self.block[start..start + 4].copy_from_slice(&len.to_le_bytes());
        self.index.rows += 1;
        Ok(self.index.rows - 1)
    }

    fn flush(&mut self) -> Result<(), LedgerError> {
        if !self.block.is_empty() {
            let at = self.writer.block(&mut self.block).map_err(|e| LedgerError::io(self.name.as_str(), e))?;
            let (first_row, first_hash, mark) = self.first;
            self.index.entries.push(Entry { first_row, first_hash, mark, at });
        }
        Ok(())
    }

    pub(crate) fn rows(&self) -> u64 {
        self.index.rows
    }

    /// Ends the file and makes it durable.
    pub(crate) fn finish(mut self) -> Result<Index, LedgerError> {
        self.flush()?;
        let synced = self.writer.finish().and_then(|(file, bytes)| file.sync_all().map(|()| bytes));
        self.index.bytes = synced.map_err(|e| LedgerError::io(self.name.as_str(), e))?;
        Ok(self.index)
    }
}

/// Reads rows by their index.
pub(crate) struct IndexedFile {
    reader: RandomReader,
    name: String,
    index: Index,
    cache: Mutex<VecDeque<(usize, Arc<Block>)>>,
    /// Held while a block is read: the lanes of a phase come to the end of a block at the same time, and one of them reads the next for
    /// all.
    reading: Mutex<()>,
}

/// Rows of one block.
pub(crate) struct Part {
    /// The block.
    pub(crate) at: usize,
    /// Which of its rows.
    pub(crate) rows: Range<usize>,
    /// Whether these are all of them.
    pub(crate) is_whole: bool,
}

/// A decoded block: where its rows are.
pub(crate) struct Block {
    bytes: Vec<u8>,
    rows: Vec<(u32, u32)>,
}

impl Block {
    pub(crate) fn row(&self, at: usize) -> &[u8] {
        let (start, end) = self.rows[at];
        &self.bytes[start as usize..end as usize]
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }
}

impl IndexedFile {
    pub(crate) fn open(space: &Space, folder: &Path, name: &str, kind: Kind, index: Index) -> Result<Self, LedgerError> {
        let file = open_local(folder, name)?;
        if file.metadata().map_err(|e| LedgerError::io(name, e))?.len() != index.bytes {
            return Err(LedgerError::damaged(name, "it has another length than its manifest says"));
        }
        let place = Place { kind, binding: space.binding, id: Some(index.id) };
        let reader = RandomReader::open(file, name, place, &space.key)?;
        let end = index.entries.last().map_or(HEADER_BYTES as u64, |last| last.at.end());
        reader.check_footer(index.entries.len() as u32, end)?;
        Ok(Self { reader, name: name.to_owned(), index, cache: Mutex::default(), reading: Mutex::default() })
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.index.bytes
    }

    pub(crate) fn blocks(&self) -> &[Entry] {
        &self.index.entries
    }

    /// The blocks that hold these rows, one after the other, and of each block which of its rows.
    pub(crate) fn parts(&self, ranges: &[(u64, u32)]) -> impl Iterator<Item = Option<Part>> {
        ranges.iter().flat_map(move |&(start, len)| {
            let (mut next, end) = (start, start + u64::from(len));
            std::iter::from_fn(move || {
                let at = (next < end).then(|| self.block_of_row(next))?;
                let part = at.map(|at| {
                    let first = self.index.entries[at].first_row;
                    let until = self.index.entries.get(at + 1).map_or(self.index.rows, |e| e.first_row);
                    let rows = (next - first) as usize..(end.min(until) - first) as usize;
                    Part { at, is_whole: rows.len() as u64 == until - first, rows }
                });
                next = part.as_ref().map_or(end, |part| next + part.rows.len() as u64);
                Some(part)
            })
        })
    }

    /// Bytes of a block as it lies in the file: more than its values have.
    pub(crate) fn block_bytes(&self, at: usize) -> u64 {
        self.index.entries[at].at.sealed_bytes.into()
    }

    /// Bytes of a block's values, where the index tells: not of the last one, nor of a change set from before it was kept.
    pub(crate) fn value_bytes(&self, at: usize) -> Option<u64> {
        let before = |at: usize| self.index.entries.get(at).map(|entry| entry.mark);
        before(at + 1)?.checked_sub(before(at)?).filter(|bytes| *bytes > 0)
    }

    /// The block that holds the row.
    pub(crate) fn block_of_row(&self, row: u64) -> Option<usize> {
        if row >= self.index.rows {
            return None;
        }
        self.index.entries.partition_point(|e| e.first_row <= row).checked_sub(1)
    }

    /// The first block that may hold the hash; the next ones may, too.
    pub(crate) fn block_of_hash(&self, hash: u64) -> usize {
        self.index.entries.partition_point(|e| e.first_hash < hash).saturating_sub(1)
    }

    pub(crate) fn block(&self, at: usize) -> Result<Arc<Block>, LedgerError> {
        if let Some(block) = self.cached(at) {
            return Ok(block);
        }
        let _alone = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(block) = self.cached(at) {
            return Ok(block);
        }
        let bytes = self.reader.read(self.index.entries[at].at)?;
        let (mut rows, mut cursor) = (Vec::new(), Cursor::new(&bytes));
        while !cursor.is_empty() {
            let Some(row) = cursor.u32().and_then(|len| cursor.take(len as usize)) else { return Err(self.damaged()) };
            let end = bytes.len() - cursor.rest.len();
            rows.push(((end - row.len()) as u32, end as u32));
        }
        let block = Arc::new(Block { bytes, rows });
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        cache.push_front((at, block.clone()));
        cache.truncate(CACHED_BLOCKS_MAX);
        Ok(block)
    }

    fn cached(&self, at: usize) -> Option<Arc<Block>> {
        let cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        cache.iter().find(|(number, _)| *number == at).map(|(_, block)| block.clone())
    }

    pub(crate) fn damaged(&self) -> LedgerError {
        LedgerError::damaged(&self.name, "a block does not hold what its index says")
    }
}

/// Adds a row of a phase: key, payload hash, cells.
pub(crate) fn push_row(to: &mut IndexedWriter, hash: u64, key: &[u8], payload: u128, cells: &[u8]) -> Result<u64, LedgerError> {
    let before = to.value_bytes;
    to.value_bytes += cells.len() as u64;
    to.push(hash, before, key.len() + cells.len() + 32, |out| {
        put_bytes(out, key);
        out.extend_from_slice(&payload.to_le_bytes());
        out.extend_from_slice(cells);
    })
}

/// What [`push_row`] wrote.
pub(crate) fn take_row(row: &[u8]) -> Option<(&[u8], u128, &[u8])> {
    let mut cursor = Cursor::new(row);
    let key = cursor.bytes()?;
    let payload = cursor.u128()?;
    Some((key, payload, cursor.rest))
}

/// The manifest: the head, one index per file, and the removals that are not sent.
pub(crate) struct Manifest {
    pub(crate) head: Head,
    /// Of moves, listed rows, then the phases.
    pub(crate) indexes: Vec<Index>,
    pub(crate) withheld: Vec<u8>,
}

impl Manifest {
    /// Durable when it returns; before the rename there is no change set.
    pub(crate) fn write(&self, space: &Space, folder: &Path) -> Result<(), LedgerError> {
        let file = private_file(folder, MANIFEST_NEW)?;
        let io = |e| LedgerError::io(MANIFEST, e);
        let mut writer = BlockWriter::new(file, Kind::Manifest, space.random(), &space.key, space.binding).map_err(io)?;
        let head = serde_json::to_vec(&self.head).expect("the head has text keys only");
        let mut bytes = Vec::new();
        put_bytes(&mut bytes, &head);
        put_varint(&mut bytes, self.indexes.len() as u64);
        self.indexes.iter().for_each(|index| put_index(&mut bytes, index));
        put_bytes(&mut bytes, &self.withheld);
        for chunk in bytes.chunks(BLOCK_BYTES_MAX) {
            writer.block(&mut chunk.to_vec()).map_err(io)?;
        }
        let (file, _) = writer.finish().map_err(io)?;
        file.sync_all().map_err(io)?;
        fs::rename(folder.join(MANIFEST_NEW), folder.join(MANIFEST)).map_err(io)?;
        sync_folder(folder)
    }

    pub(crate) fn read(space: &Space, folder: &Path) -> Result<Self, LedgerError> {
        let file = open_local(folder, MANIFEST)?;
        let place = Place { kind: Kind::Manifest, binding: space.binding, id: None };
        let mut reader = BlockReader::open(Box::new(file), MANIFEST, place, &space.key)?;
        let (mut bytes, mut block) = (Vec::new(), Vec::new());
        while reader.next(&mut block)? {
            bytes.extend_from_slice(&block);
        }
        let mut cursor = Cursor::new(&bytes);
        let parsed = (|| {
            let head: Head = serde_json::from_slice(cursor.bytes()?).ok()?;
            let indexes = (0..cursor.len()?).map(|_| take_index(&mut cursor)).collect::<Option<Vec<_>>>()?;
            let withheld = cursor.bytes()?.to_vec();
            cursor.is_empty().then_some(Self { head, indexes, withheld })
        })();
        parsed.ok_or_else(|| LedgerError::damaged(MANIFEST, "it does not hold what a manifest holds"))
    }
}

fn put_index(out: &mut Vec<u8>, index: &Index) {
    out.extend_from_slice(&index.id.to_le_bytes());
    for number in [index.rows, index.bytes, index.entries.len() as u64] {
        put_varint(out, number);
    }
    for entry in &index.entries {
        for number in [entry.first_row, entry.mark, entry.at.offset, u64::from(entry.at.sealed_bytes)] {
            put_varint(out, number);
        }
        out.extend_from_slice(&entry.first_hash.to_le_bytes());
    }
}

fn take_index(cursor: &mut Cursor<'_>) -> Option<Index> {
    let (id, rows, bytes, len) = (cursor.u64()?, cursor.varint()?, cursor.varint()?, cursor.varint()?);
    let entry = |number| {
        let (first_row, mark, offset, sealed) = (cursor.varint()?, cursor.varint()?, cursor.varint()?, cursor.varint()?);
        let at = BlockRef { number, offset, sealed_bytes: u32::try_from(sealed).ok()? };
        Some(Entry { first_row, mark, first_hash: cursor.u64()?, at })
    };
    let entries = (0..u32::try_from(len).ok()?).map(entry).collect::<Option<Vec<_>>>()?;
    Some(Index { id, rows, bytes, entries })
}
