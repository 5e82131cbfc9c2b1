//! Compiled code on disk, believed only when we wrote it ourselves.
//!
//! Reading compiled code back is running it: whoever can change a cache file can change what the host executes. So each file starts
//! with an HMAC-SHA-256, under a key that only this module reads, over the engine's configuration, the component's digest and the
//! code. A file that does not verify is ignored, removed and written anew. This is the one place of the room with `unsafe`.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    hash::{Hash as _, Hasher},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use hmac::{Hmac, KeyInit, Mac};
use rand::CryptoRng;
use sha2::{Digest as _, Sha256};
use wasmtime::component::Component;

use super::Digest;
use crate::limits::{CACHE_FILES_MAX, COMPILED_BYTES_MAX};

const KEY_FILE: &str = "code-cache.key";
const SUFFIX: &str = "cwasm";
const TAG_BYTES: usize = 32;
/// Separates these digests from any other use of the key, and old layouts from new ones.
const PURPOSE: &[u8] = b"sluice compiled code v1";

/// The cache directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// Making or reading the directory or its key failed.
    #[error("the cache of compiled code cannot be opened")]
    Io(#[from] io::Error),
    /// The key file does not hold a key. Remove the directory; it is only a cache.
    #[error("the key of the cache of compiled code is damaged")]
    KeyDamaged,
    /// Others could read or write the key, so anybody could have forged compiled code. Remove the directory.
    #[error("the key of the cache of compiled code is open to other accounts (mode {mode:o}, 600 is right)")]
    KeyExposed {
        /// Its permission bits.
        mode: u32,
    },
}

/// A directory of compiled code.
pub struct CodeCache {
    dir: PathBuf,
    key: [u8; 32],
}

impl CodeCache {
    /// Opens the directory, making it (mode 0700) and its key (a file of 32 random bytes, mode 0600) when they are not there.
    pub fn open(dir: impl Into<PathBuf>, rng: &mut (impl CryptoRng + ?Sized)) -> Result<Self, CacheError> {
        let dir = dir.into();
        DirBuilder::new().recursive(true).mode(0o700).create(&dir)?;
        let path = dir.join(KEY_FILE);
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
            Ok(mut file) => {
                let mut key = [0u8; 32];
                rng.fill_bytes(&mut key);
                file.write_all(&key)?;
                file.sync_all()?;
                Ok(Self { dir, key })
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let key = read_key(&path)?;
                Ok(Self { dir, key })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The code of a component, when it is there and ours.
    pub(super) fn load(&self, engine: &wasmtime::Engine, digest: &Digest) -> Option<Component> {
        let path = self.path(engine, digest);
        let bytes = read_bounded(&path).ok()?;
        let code = bytes.split_at_checked(TAG_BYTES).filter(|(tag, code)| self.mac(engine, digest, code).verify_slice(tag).is_ok());
        let Some((_, code)) = code else {
            tracing::warn!(%digest, "a file of the cache of compiled code is not ours; it is removed and the component compiled again");
            let _ = fs::remove_file(&path); // if it stays, it is refused again
            return None;
        };
        deserialize(engine, code)
    }

    /// Writes the code of a component: to a file of its own, then moved into place, so that a reader sees all of it or nothing.
    pub(super) fn keep(&self, engine: &wasmtime::Engine, digest: &Digest, component: &Component) -> io::Result<()> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let code = component.serialize().map_err(|error| io::Error::other(format!("{error:#}")))?;
        let tag = self.mac(engine, digest, &code).finalize().into_bytes();
        let unfinished = self.dir.join(format!("{}-{}.new", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed)));
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished)?;
        let moved = file
            .write_all(&tag)
            .and_then(|()| file.write_all(&code))
            .and_then(|()| fs::rename(&unfinished, self.path(engine, digest)));
        if moved.is_err() {
            let _ = fs::remove_file(&unfinished); // the first error is the one to report
        }
        moved.and_then(|()| self.prune())
    }

    /// Removes the oldest files beyond [`CACHE_FILES_MAX`].
    fn prune(&self) -> io::Result<()> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.dir)? {
            let entry = entry?;
            if entry.path().extension().is_some_and(|suffix| suffix == SUFFIX) {
                files.push((entry.metadata()?.modified()?, entry.path()));
            }
        }
        files.sort();
        let too_many = files.len().saturating_sub(CACHE_FILES_MAX);
        files.drain(..too_many).try_for_each(|(_, path)| fs::remove_file(path))
    }

    fn path(&self, engine: &wasmtime::Engine, digest: &Digest) -> PathBuf {
        self.dir.join(format!("{}-{}.{SUFFIX}", hex::encode(digest.0), hex::encode(&configuration(engine)[..8])))
    }

    fn mac(&self, engine: &wasmtime::Engine, digest: &Digest, code: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("HMAC takes keys of any length");
        // Fixed lengths but for the last part, so no two inputs look the same.
        mac.update(PURPOSE);
        mac.update(&configuration(engine));
        mac.update(&digest.0);
        mac.update(code);
        mac
    }
}

fn read_key(path: &Path) -> Result<[u8; 32], CacheError> {
    let file = File::open(path)?;
    let mode = file.metadata()?.mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(CacheError::KeyExposed { mode });
    }
    let mut key = Vec::new();
    file.take(33).read_to_end(&mut key)?;
    key.try_into().map_err(|_| CacheError::KeyDamaged)
}

fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    if length > COMPILED_BYTES_MAX {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    let mut bytes = Vec::with_capacity(usize::try_from(length).map_err(io::Error::other)?);
    file.take(COMPILED_BYTES_MAX).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Runtime version, compiler settings, language features and tunables of the engine, as wasmtime itself compares them.
fn configuration(engine: &wasmtime::Engine) -> [u8; 32] {
    struct Sha(Sha256);
    impl Hasher for Sha {
        fn write(&mut self, bytes: &[u8]) {
            self.0.update(bytes);
        }
        fn finish(&self) -> u64 {
            0 // nobody asks: the whole digest is taken below
        }
    }
    let mut hasher = Sha(Sha256::new());
    engine.precompile_compatibility_hash().hash(&mut hasher);
    hasher.0.finalize().into()
}

#[expect(unsafe_code, reason = "wasmtime cannot prove where compiled code comes from; the caller of this function has")]
fn deserialize(engine: &wasmtime::Engine, code: &[u8]) -> Option<Component> {
    // SAFETY: `deserialize` asks that the bytes are what `Component::serialize` gave. `load`, the only caller, has just verified an
    // HMAC over them under a key that never leaves this module, and `keep` makes that HMAC over nothing but `serialize`'s output. The
    // bytes are verified and used in one buffer of our own, so nothing can change them between. wasmtime itself compares the
    // version and configuration that it stored inside, beside our own comparison by name and HMAC.
    let component = unsafe { Component::deserialize(engine, code) };
    component.ok() // another version of the runtime: as good as none, and compiled again
}

#[cfg(test)]
mod tests;
