//! A change set: everything a run is going to do, written durably before anything is sent.
//!
//! From here on a crash never asks the source again: [`ChangeSet::open`] reads what [`crate::diff`] committed. A change set is a
//! folder of sealed files and a manifest that is renamed into place last; without the manifest there is no change set.

mod batch;
mod files;
mod head;
mod listed;
mod moves;

use std::{
    fs::File,
    path::{Path, PathBuf},
};

use sluice_catalog::{
    Code,
    columnar::{Batch, Field},
    contract::Operation,
};
use xxhash_rust::xxh3::Xxh3;

pub(crate) use files::{IndexedFile, IndexedWriter, push_row, take_row};
pub use head::{Counts, DiffHash};
pub(crate) use head::{Head, PhaseHead, removal_fields, same_column};
pub use listed::{Listed, ListedRows, ListedState};
pub(crate) use moves::{Attempt, Move, MoveRows, Part};

use crate::{codec::Cursor, error::LedgerError, row::REMOVAL, sealed::Kind, space::Space};

/// One phase of a delivery: rows of one operation and one schema, addressed by their index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phase {
    /// What the rows are to do.
    pub operation: Operation,
    /// Whether the rows left the source (or an identifier of theirs did): identifier columns only, in the form last sent.
    pub removal: bool,
    /// How many rows there are.
    pub rows: u64,
    /// The columns of its batches.
    pub schema: Vec<Field>,
}

/// Rows of one phase.
#[derive(Debug, Clone, PartialEq)]
pub struct Rows {
    /// Of each row its key, with four bytes of length before it, and the hash of its payload: what a batch's key is made of.
    pub(crate) named: Vec<u8>,
    /// The values, in the columns of the phase's schema.
    pub batch: Batch,
}

impl Rows {
    /// Canonical keys; [`crate::key_text`] makes them readable.
    pub fn keys(&self) -> impl Iterator<Item = &[u8]> {
        let mut named = Cursor::new(&self.named);
        std::iter::from_fn(move || {
            let len = named.u32()?;
            let key = named.take(len as usize)?;
            named.u128().map(|_payload| key)
        })
    }

    pub(crate) fn name(&mut self, key: &[u8], payload: u128) {
        self.named.extend_from_slice(&(key.len() as u32).to_le_bytes());
        self.named.extend_from_slice(key);
        self.named.extend_from_slice(&payload.to_le_bytes());
    }
}

/// Where a key stands in a change set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Among the rows of phases: (phase, index), in the order of delivery. Empty when the change needs no request.
    Sent(Vec<(u8, u64)>),
    /// Among the listed rows.
    Listed(Listed),
}

/// A committed change set. Cheap to share; reads from several threads at once.
pub struct ChangeSet {
    pub(crate) folder: PathBuf,
    pub(crate) space: Space,
    pub(crate) head: Head,
    phases: Vec<Phase>,
    rows: Vec<IndexedFile>,
    moves: IndexedFile,
    listed: IndexedFile,
    /// Bit per removal that was thought of: whether it is sent. Empty: all are.
    pub(crate) withheld: Vec<u8>,
}

impl ChangeSet {
    /// Opens the change set that a run has committed in its folder; none when there is none.
    pub fn open(space: &Space, folder: &Path) -> Result<Option<Self>, LedgerError> {
        if !folder.join(files::MANIFEST).try_exists().map_err(|e| LedgerError::io(files::MANIFEST, e))? {
            return Ok(None);
        }
        let manifest = files::Manifest::read(space, folder)?;
        let head = manifest.head;
        let mut indexes = manifest.indexes.into_iter();
        let mut file = |name: String, kind| {
            let index = indexes.next().ok_or_else(|| LedgerError::damaged(files::MANIFEST, "an index is missing"))?;
            IndexedFile::open(space, folder, &name, kind, index)
        };
        let moves = file(files::MOVES.into(), Kind::Moves)?;
        let listed = file(files::LISTED.into(), Kind::Listed)?;
        let rows = (0..head.phases.len()).map(|at| file(files::phase(at), Kind::Phase)).collect::<Result<Vec<_>, _>>()?;
        let phases = head.phases.iter().map(|phase| phase.shown(&head)).collect();
        Ok(Some(Self {
            folder: folder.to_owned(),
            space: space.clone(),
            head,
            phases,
            rows,
            moves,
            listed,
            withheld: manifest.withheld,
        }))
    }

    /// The phases, in the order of delivery; some may be empty.
    pub fn phases(&self) -> &[Phase] {
        &self.phases
    }

    /// What the diff counted.
    pub fn counts(&self) -> &Counts {
        &self.head.counts
    }

    /// Whether the platform tells its own ids of the rows, to be kept.
    pub fn has_remote_ids(&self) -> bool {
        self.head.layouts[self.head.current as usize].remote_id().is_some()
    }

    /// Where its rows go, as the rules said.
    pub fn place(&self) -> Option<u64> {
        self.head.place
    }

    /// Names this very diff: what an approval is bound to. Equal for equal base, source rows and rules, in whatever order they came.
    pub fn diff_hash(&self) -> DiffHash {
        self.head.diff_hash
    }

    /// Bytes on disk.
    pub fn bytes(&self) -> u64 {
        self.rows.iter().chain([&self.moves, &self.listed]).map(IndexedFile::bytes).sum()
    }

    /// The rows of `ranges` (start, length), in that order. Fast where ranges follow each other; any range may be asked again.
    pub fn batch(&self, phase: u8, ranges: &[(u64, u32)]) -> Result<Rows, LedgerError> {
        batch::read(&self.rows[usize::from(phase)], &self.phases[usize::from(phase)].schema, ranges)
    }

    /// Whether the values in `ranges` have more bytes, as they are kept here, than `bytes_max`: the measure that a batch's size is
    /// estimated by. Little is read where the index alone can nearly tell.
    pub fn is_larger(&self, phase: u8, ranges: &[(u64, u32)], bytes_max: u64) -> Result<bool, LedgerError> {
        batch::is_larger(&self.rows[usize::from(phase)], ranges, bytes_max)
    }

    /// The rows that are not sent, with the reason. Rows without a key are only counted.
    pub fn listed(&self) -> ListedRows<'_> {
        ListedRows::new(&self.listed)
    }

    /// Finds a canonical key.
    pub fn find(&self, key: &[u8]) -> Result<Option<Place>, LedgerError> {
        let hash = crate::key::hash(key, self.space.seed);
        if let Some(place) = moves::find(self, &self.moves, hash, key)? {
            return Ok(Some(place));
        }
        Ok(listed::find(&self.listed, key)?.map(Place::Listed))
    }

    pub(crate) fn moves(&self) -> MoveRows<'_> {
        MoveRows::new(&self.moves, self.head.layouts[self.head.current as usize].fingerprints())
    }

    /// Whether the removal that was thought of `at`-th is sent.
    pub(crate) fn is_sent(&self, at: u64) -> bool {
        self.withheld.is_empty() || self.withheld[(at / 8) as usize] >> (at % 8) & 1 == 0
    }
}

/// The files of a change set under way; [`Writer::commit`] makes it one.
pub(crate) struct Writer {
    folder: PathBuf,
    space: Space,
    pub(crate) phases: Vec<IndexedWriter>,
    pub(crate) moves: IndexedWriter,
    pub(crate) listed: IndexedWriter,
    pub(crate) hash: Xxh3,
}

impl Writer {
    pub(crate) fn create(space: &Space, folder: &Path, phases: usize) -> Result<Self, LedgerError> {
        // Gone before the first of its files is overwritten, also after a power cut.
        crate::space::remove_file(folder, files::MANIFEST)?;
        crate::space::sync_folder(folder)?;
        let file = |name: &str, kind| IndexedWriter::create(space, folder, name, kind);
        Ok(Self {
            folder: folder.to_owned(),
            space: space.clone(),
            phases: (0..phases).map(|at| file(&files::phase(at), Kind::Phase)).collect::<Result<_, _>>()?,
            moves: file(files::MOVES, Kind::Moves)?,
            listed: file(files::LISTED, Kind::Listed)?,
            hash: Xxh3::with_seed(space.seed),
        })
    }

    /// Adds a row to a phase and gives its index.
    pub(crate) fn row(&mut self, phase: usize, hash: u64, key: &[u8], payload: u128, cells: &[u8]) -> Result<u64, LedgerError> {
        self.hash.update(&[phase as u8]);
        self.hash.update(&(key.len() as u32).to_le_bytes());
        self.hash.update(key);
        self.hash.update(&payload.to_le_bytes());
        files::push_row(&mut self.phases[phase], hash, key, payload, cells)
    }

    /// Makes everything durable, the manifest last.
    pub(crate) fn commit(self, mut head: Head, withheld: Vec<u8>) -> Result<ChangeSet, LedgerError> {
        head.diff_hash = DiffHash(self.hash.digest128());
        let mut indexes = Vec::new();
        for (at, file) in [self.moves, self.listed].into_iter().chain(self.phases).enumerate() {
            if at >= 2 {
                head.phases[at - 2].rows = file.rows();
            }
            indexes.push(file.finish()?);
        }
        files::Manifest { head, indexes, withheld }.write(&self.space, &self.folder)?;
        let made = ChangeSet::open(&self.space, &self.folder)?;
        made.ok_or_else(|| LedgerError::damaged(files::MANIFEST, "it vanished after it was written"))
    }
}

/// Adds a row to the list of those that are not sent.
pub(crate) fn list(
    to: &mut Writer,
    hash: u64,
    key: &[u8],
    state: ListedState,
    code: Code,
    field: Option<u16>,
    rows: u32,
) -> Result<(), LedgerError> {
    listed::push(&mut to.listed, hash, key, state, code, field, rows)
}

/// Adds a move; `removals`: how many removals were thought of before it.
pub(crate) fn push_move(to: &mut Writer, hash: u64, key: &[u8], what: &Move, removals: u64) -> Result<(), LedgerError> {
    moves::push(&mut to.moves, hash, key, what, removals)
}

/// The payload of a removal's row: a hash of what is removed, never [`REMOVAL`].
pub(crate) fn removal_payload(cells: &[u8], seed: u64) -> u128 {
    xxhash_rust::xxh3::xxh3_128_with_seed(cells, seed).max(REMOVAL + 1)
}

fn open_local(folder: &Path, name: &str) -> Result<File, LedgerError> {
    File::open(folder.join(name)).map_err(|e| LedgerError::io(name, e))
}
