//! Bytes larger than memory, kept for one run: in a folder of the run's own, sealed under a key that only this process holds.
//!
//! The key is made with the spool and dies with it, so what a killed process leaves behind cannot be read by anybody;
//! [`Spool::sweep`] takes it away at the next start. Calls block on the disk: from async code use a blocking task.

mod body;
mod file;

use std::{
    collections::HashMap,
    fmt, fs, io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use rand::CryptoRng;
use sluice_catalog::seal::DataKey;

pub(crate) use body::SpoolBody;
use file::Spooled;

use crate::limits::{SPOOL_BYTES_MAX, SPOOL_READ_BYTES_MAX, SPOOLS_MAX};

/// Folders of spools start with this, so that a sweep takes nothing else.
const PREFIX: &str = "spool-";

/// The spools of one run.
pub struct Spool {
    folder: PathBuf,
    key: DataKey,
    files: Mutex<HashMap<u64, Arc<Mutex<Spooled>>>>,
    next_id: AtomicU64,
    bytes: AtomicU64,
}

/// Why a spool did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    /// No `create` of this run gave that number.
    #[error("there is no spool {id}")]
    Unknown {
        /// The number.
        id: u64,
    },
    /// [`SPOOLS_MAX`].
    #[error("a run has at most {SPOOLS_MAX} spools")]
    TooMany,
    /// [`SPOOL_BYTES_MAX`].
    #[error("the spools of a run hold at most {SPOOL_BYTES_MAX} bytes")]
    TooLarge,
    /// The disk.
    #[error("the spool's file cannot be used")]
    Io(#[source] io::Error),
    /// The file was changed behind our back.
    #[error("the spool's file is damaged")]
    Damaged,
}

impl Spool {
    /// Makes the run's folder under `root` (mode 0700, random name) and a key.
    pub fn new(root: &Path, rng: &mut (impl CryptoRng + ?Sized)) -> Result<Self, SpoolError> {
        let mut name = [0u8; 16];
        rng.fill_bytes(&mut name);
        let folder = root.join(format!("{PREFIX}{}", hex::encode(name)));
        fs::DirBuilder::new().mode(0o700).create(&folder).map_err(SpoolError::Io)?;
        let (files, next_id, bytes) = (Mutex::default(), AtomicU64::new(1), AtomicU64::new(0));
        Ok(Self { folder, key: DataKey::generate(rng), files, next_id, bytes })
    }

    /// Takes away what killed processes have left under `root`. Only while no run is under way there.
    pub fn sweep(root: &Path) -> io::Result<()> {
        for entry in fs::read_dir(root)? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with(PREFIX) && entry.file_type()?.is_dir() {
                fs::remove_dir_all(entry.path())?;
            }
        }
        Ok(())
    }

    /// A new, empty spool's number.
    pub fn create(&self) -> Result<u64, SpoolError> {
        let mut files = self.files.lock().unwrap_or_else(|e| e.into_inner());
        if files.len() >= SPOOLS_MAX {
            return Err(SpoolError::TooMany);
        }
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        files.insert(id, Arc::new(Mutex::new(Spooled::create(&self.folder, id)?)));
        Ok(id)
    }

    /// Adds bytes at the end. After an error of the disk the spool's content is not to be trusted.
    pub fn append(&self, id: u64, chunk: &[u8]) -> Result<(), SpoolError> {
        let file = self.file(id)?;
        let more = chunk.len() as u64;
        let taken = self
            .bytes
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_add(more).filter(|sum| *sum <= SPOOL_BYTES_MAX));
        taken.map_err(|_| SpoolError::TooLarge)?;
        let mut file = file.lock().unwrap_or_else(|e| e.into_inner());
        file.append(&self.key, chunk)
    }

    /// Its size in bytes.
    pub fn size(&self, id: u64) -> Result<u64, SpoolError> {
        let file = self.file(id)?;
        let size = file.lock().unwrap_or_else(|e| e.into_inner()).size();
        Ok(size)
    }

    /// At most `bytes_max` (and [`SPOOL_READ_BYTES_MAX`]) bytes from `offset`; none at or beyond the end.
    pub fn read(&self, id: u64, offset: u64, bytes_max: u32) -> Result<Vec<u8>, SpoolError> {
        let file = self.file(id)?;
        let mut file = file.lock().unwrap_or_else(|e| e.into_inner());
        file.read(&self.key, offset, bytes_max.min(SPOOL_READ_BYTES_MAX))
    }

    /// Takes one away and gives its bytes back to the run. An unknown number is none.
    pub fn remove(&self, id: u64) {
        let taken = self.files.lock().unwrap_or_else(|e| e.into_inner()).remove(&id);
        if let Some(file) = taken {
            let size = file.lock().unwrap_or_else(|e| e.into_inner()).size();
            self.bytes.fetch_sub(size, Ordering::Relaxed);
            if let Err(error) = fs::remove_file(self.folder.join(id.to_string())) {
                tracing::warn!(%error, "a spool's file stays until the run ends");
            }
        }
    }

    fn file(&self, id: u64) -> Result<Arc<Mutex<Spooled>>, SpoolError> {
        let files = self.files.lock().unwrap_or_else(|e| e.into_inner());
        files.get(&id).cloned().ok_or(SpoolError::Unknown { id })
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.folder) {
            tracing::warn!(%error, "a run's spool folder is left behind; its key is gone, and the next start sweeps it");
        }
    }
}

impl fmt::Debug for Spool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Spool")
    }
}

#[cfg(test)]
mod tests;
