//! Entries of one length in a file: in the order of their hashes, in sealed blocks that are bound to the file's name and to their place in
//! it. Written whole and then moved into place, so a file is there or it is not; read block by block, in little memory.

use std::{
    fs::File,
    io::{self, BufReader, BufWriter, Read, Write},
    marker::PhantomData,
    path::{Path, PathBuf},
    sync::Arc,
};

use sluice_catalog::{limits::SEAL_OVERHEAD_BYTES, seal::DataKey};
use sluice_store::Entropy;

use crate::limits::MEMBER_BLOCK_HASHES;

/// What a file holds for each hash.
pub(super) trait Entry: Sized {
    /// How many in the file.
    const BYTES: usize;

    fn hash(&self) -> u128;

    /// Appends [`Entry::BYTES`].
    fn put(&self, bytes: &mut Vec<u8>);

    /// From [`Entry::BYTES`].
    fn take(bytes: &[u8]) -> Self;
}

fn purpose(file: &Path) -> String {
    file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

pub(super) struct Writer<'a, E> {
    part: PathBuf,
    named: PathBuf,
    file: BufWriter<File>,
    purpose: String,
    key: &'a DataKey,
    entropy: &'a Entropy,
    block: Vec<u8>,
    number: u64,
    of: PhantomData<E>,
}

impl<'a, E: Entry> Writer<'a, E> {
    pub(super) fn create(named: &Path, key: &'a DataKey, entropy: &'a Entropy) -> io::Result<Self> {
        use std::os::unix::fs::OpenOptionsExt;
        let part = named.with_added_extension("part");
        let file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&part)?;
        let (purpose, file, named) = (purpose(named), BufWriter::new(file), named.to_owned());
        Ok(Self { part, named, file, purpose, key, entropy, block: Vec::new(), number: 0, of: PhantomData })
    }

    /// The next entry; its hash is larger than the one before.
    pub(super) fn push(&mut self, entry: &E) -> io::Result<()> {
        entry.put(&mut self.block);
        if self.block.len() == MEMBER_BLOCK_HASHES * E::BYTES { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        let purpose = format!("{} {}", self.purpose, self.number);
        let sealed = self.entropy.with(|rng| self.key.seal(&purpose, &self.block, rng));
        let length = u32::try_from(sealed.len()).expect("a block is some kilobytes");
        self.file.write_all(&length.to_le_bytes())?;
        self.file.write_all(&sealed)?;
        self.block.clear();
        self.number += 1;
        Ok(())
    }

    /// An empty block says that nothing is missing; then the file gets its name.
    pub(super) fn finish(mut self) -> io::Result<()> {
        if !self.block.is_empty() {
            self.flush()?;
        }
        self.flush()?;
        self.file.into_inner()?.sync_all()?;
        std::fs::rename(self.part, self.named)
    }
}

/// Reads a file from its start, entry by entry.
pub(super) struct Reader<E> {
    file: BufReader<File>,
    purpose: String,
    key: Arc<DataKey>,
    number: u64,
    block: std::vec::IntoIter<E>,
    /// The next one.
    head: Option<E>,
    ended: Option<bool>,
}

impl<E: Entry> Reader<E> {
    pub(super) fn open(path: &Path, key: &Arc<DataKey>) -> io::Result<Self> {
        let file = BufReader::new(File::open(path)?);
        let block = Vec::new().into_iter();
        let mut reader = Self { file, purpose: purpose(path), key: Arc::clone(key), number: 0, block, head: None, ended: None };
        reader.advance();
        Ok(reader)
    }

    /// Whether the file was read to its end, and nothing of it was missing.
    pub(super) fn whole(&self) -> bool {
        self.ended == Some(true)
    }

    /// The next entry.
    pub(super) fn next(&mut self) -> Option<E> {
        let next = self.head.take();
        if next.is_some() {
            self.advance();
        }
        next
    }

    /// The next entry, if its hash is smaller than this.
    pub(super) fn below(&mut self, hash: u128) -> Option<E> {
        if self.head.as_ref()?.hash() < hash { self.next() } else { None }
    }

    /// The next entry, if its hash is this.
    pub(super) fn at(&mut self, hash: u128) -> Option<E> {
        if self.head.as_ref()?.hash() == hash { self.next() } else { None }
    }

    /// What is left of a block, or the next one; nothing at the end.
    pub(super) fn block(&mut self) -> Vec<E> {
        let block = self.head.take().into_iter().chain(self.block.by_ref()).collect();
        self.advance();
        block
    }

    fn advance(&mut self) {
        self.head = self.block.next();
        if self.head.is_none() && self.ended.is_none() {
            match self.read() {
                Some(block) if block.is_empty() => self.ended = Some(true),
                Some(block) => {
                    self.block = block.into_iter();
                    self.head = self.block.next();
                }
                None => self.ended = Some(false),
            }
        }
    }

    fn read(&mut self) -> Option<Vec<E>> {
        let mut length = [0; 4];
        self.file.read_exact(&mut length).ok()?;
        let length = usize::try_from(u32::from_le_bytes(length)).ok()?;
        if length > MEMBER_BLOCK_HASHES * E::BYTES + SEAL_OVERHEAD_BYTES {
            return None;
        }
        let mut sealed = vec![0; length];
        self.file.read_exact(&mut sealed).ok()?;
        let plain = self.key.open(&format!("{} {}", self.purpose, self.number), &sealed).ok()?;
        self.number += 1;
        Some(plain.chunks_exact(E::BYTES).map(E::take).collect())
    }
}
