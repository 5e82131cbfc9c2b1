//! Where the files of one activation live: generations in an object store, a run's own files in a local scratch folder.
//!
//! Generation files are immutable and durable once [`Space`] has written them: in a local folder, file and folder are synchronised,
//! which the object store's own local implementation does not do. Which generation counts is the caller's pointer.
//!
//! Everything here blocks. Call it from a blocking thread (`tokio::task::spawn_blocking`), never from async code.

use std::{
    collections::HashSet,
    fs::{self, DirBuilder, File, OpenOptions},
    future::Future,
    io::{Cursor, Read},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::Arc,
};

use futures::TryStreamExt;
use object_store::{GetResultPayload, ObjectStore, ObjectStoreExt, PutPayload, local::LocalFileSystem, path::Path as ObjectPath};
use sluice_catalog::{
    ids::{ActivationId, WorkspaceId},
    seal::DataKey,
};
use xxhash_rust::xxh3::xxh3_64;

use crate::{
    error::LedgerError,
    sealed::{BlockReader, BlockWriter, Kind, Place},
};

/// Draws 64 random bits; each file takes some for its name and its nonces, which must not repeat under one key.
pub type Random = Arc<dyn Fn() -> u64 + Send + Sync>;

/// The place of one activation's ledger, with the key that seals it.
#[derive(Clone)]
pub struct Space {
    store: Arc<dyn ObjectStore>,
    prefix: ObjectPath,
    folder: Option<PathBuf>,
    pub(crate) key: Arc<DataKey>,
    pub(crate) binding: u64,
    pub(crate) seed: u64,
    random: Random,
}

impl Space {
    /// Below a local folder, which is made when it is not there (mode 0700).
    pub fn local(
        folder: &Path,
        workspace: WorkspaceId,
        activation: ActivationId,
        key: Arc<DataKey>,
        random: Random,
    ) -> Result<Self, LedgerError> {
        private_folder(folder)?;
        let of_workspace = folder.join(workspace.to_string());
        private_folder(&of_workspace)?;
        let folder = of_workspace.join(activation.to_string());
        private_folder(&folder)?;
        let store = LocalFileSystem::new_with_prefix(&folder).map_err(|e| LedgerError::store("ledger folder", e))?;
        let binding = binding(workspace, activation);
        let seed = key.fingerprint_seed();
        Ok(Self { store: Arc::new(store), prefix: ObjectPath::default(), folder: Some(folder), key, binding, seed, random })
    }

    /// In a store whose `put` is durable when it returns.
    pub fn shared(
        store: Arc<dyn ObjectStore>,
        workspace: WorkspaceId,
        activation: ActivationId,
        key: Arc<DataKey>,
        random: Random,
    ) -> Self {
        let prefix = ObjectPath::from(format!("{workspace}/{activation}"));
        let seed = key.fingerprint_seed();
        Self { store, prefix, folder: None, key, binding: binding(workspace, activation), seed, random }
    }

    pub(crate) fn random(&self) -> u64 {
        (self.random)()
    }

    /// A writer into memory; [`Space::put`] makes it a file.
    pub(crate) fn writer(&self, kind: Kind) -> BlockWriter<Vec<u8>> {
        BlockWriter::new(Vec::new(), kind, self.random(), &self.key, self.binding).expect("memory takes every write")
    }

    /// A writer into a private file of a run's folder.
    pub(crate) fn scratch_writer(&self, folder: &Path, name: &str, kind: Kind) -> Result<BlockWriter<File>, LedgerError> {
        let file = private_file(folder, name)?;
        BlockWriter::new(file, kind, self.random(), &self.key, self.binding).map_err(|e| LedgerError::io(name, e))
    }

    /// Makes an immutable file, durable when this returns.
    pub(crate) fn put(&self, name: &str, bytes: Vec<u8>) -> Result<(), LedgerError> {
        let at = self.prefix.clone().join(name);
        block_on(self.store.put(&at, PutPayload::from(bytes))).map_err(|e| LedgerError::store(name, e))?;
        if let Some(folder) = &self.folder {
            let synced = File::open(folder.join(name)).and_then(|f| f.sync_all()).and_then(|()| File::open(folder)?.sync_all());
            synced.map_err(|e| LedgerError::io(name, e))?;
        }
        Ok(())
    }

    pub(crate) fn open(&self, name: &str, kind: Kind) -> Result<BlockReader, LedgerError> {
        let at = self.prefix.clone().join(name);
        let found = block_on(self.store.get(&at)).map_err(|e| LedgerError::store(name, e))?;
        let from: Box<dyn Read + Send> = match found.payload {
            GetResultPayload::File(file, _) => Box::new(file),
            GetResultPayload::Stream(stream) => {
                let chunks: Vec<bytes::Bytes> = block_on(stream.try_collect()).map_err(|e| LedgerError::store(name, e))?;
                Box::new(Cursor::new(chunks.concat()))
            }
        };
        let id = file_id(name).ok_or_else(|| LedgerError::damaged(name, "its name is none of a ledger file"))?;
        BlockReader::open(from, name, Place { kind, binding: self.binding, id: Some(id) }, &self.key)
    }

    /// Deletes every generation file that `live` does not name, half-written ones included. Only the activation's one writer may call
    /// it, and not between [`crate::settle`] and the move of the pointer.
    pub fn sweep(&self, live: &[&crate::Generation]) -> Result<u64, LedgerError> {
        let keep: HashSet<&str> = live.iter().flat_map(|g| g.files()).collect();
        let names = match &self.folder {
            Some(folder) => names_in(folder)?,
            None => {
                let found: Vec<_> = block_on(self.store.list(Some(&self.prefix)).try_collect())
                    .map_err(|e| LedgerError::store("ledger folder", e))?;
                found.iter().filter_map(|file| file.location.filename()).map(str::to_owned).collect()
            }
        };
        let mut deleted = 0;
        for name in names.iter().filter(|name| name.contains(SUFFIX) && !keep.contains(name.as_str())) {
            match &self.folder {
                Some(folder) => remove_file(folder, name)?,
                None => block_on(self.store.delete(&self.prefix.clone().join(name.as_str())))
                    .map_err(|e| LedgerError::store(name.as_str(), e))?,
            }
            deleted += 1;
        }
        Ok(deleted)
    }
}

impl std::fmt::Debug for Space {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Space({})", self.prefix)
    }
}

/// How generation files are named, with more behind it while they are being written; anything else in the folder is left alone.
const SUFFIX: &str = ".ledger";

/// The name of a generation file: what it is for a person, and its id.
pub(crate) fn file_name(label: &str, id: u64) -> String {
    format!("{label}-{id:016x}{SUFFIX}")
}

/// Read from the folder itself: the store does not list what it had only begun to write when the process died.
fn names_in(folder: &Path) -> Result<Vec<String>, LedgerError> {
    let name = |entry: std::io::Result<fs::DirEntry>| Ok(entry?.file_name().to_string_lossy().into_owned());
    let read = || fs::read_dir(folder)?.map(name).collect::<std::io::Result<_>>();
    read().map_err(|e| LedgerError::io("ledger folder", e))
}

fn file_id(name: &str) -> Option<u64> {
    u64::from_str_radix(name.strip_suffix(SUFFIX)?.rsplit('-').next()?, 16).ok()
}

fn binding(workspace: WorkspaceId, activation: ActivationId) -> u64 {
    xxh3_64(format!("{workspace}/{activation}").as_bytes())
}

/// The store's futures, driven on the runtime that this blocking thread belongs to, or on this thread alone where there is none.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    match tokio::runtime::Handle::try_current() {
        Ok(runtime) => runtime.block_on(future),
        Err(_) => futures::executor::block_on(future),
    }
}

/// A folder that only its owner may enter, durable itself; its parents are made with it.
pub(crate) fn private_folder(folder: &Path) -> Result<(), LedgerError> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|e| LedgerError::io("state folder", e))?;
    folder.parent().filter(|p| !p.as_os_str().is_empty()).map_or(Ok(()), sync_folder)
}

/// A new file that only its owner may read; an old one of that name is emptied.
pub(crate) fn private_file(folder: &Path, name: &str) -> Result<File, LedgerError> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(true).mode(0o600);
    options.open(folder.join(name)).map_err(|e| LedgerError::io(name, e))
}

pub(crate) fn sync_folder(folder: &Path) -> Result<(), LedgerError> {
    File::open(folder).and_then(|f| f.sync_all()).map_err(|e| LedgerError::io("scratch folder", e))
}

pub(crate) fn remove_file(folder: &Path, name: &str) -> Result<(), LedgerError> {
    match fs::remove_file(folder.join(name)) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(LedgerError::io(name, e)),
        _ => Ok(()),
    }
}
