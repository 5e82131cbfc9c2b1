//! Makes a component of a connector's folder: the code behind `sluice connector build`, `sluice demo` and every test that needs one.
//!
//! [`build`] reads `connector.toml`, compiles the folder in its [`Language`], wraps what comes out as a component of the contract and
//! embeds the manifest. Of a crate, the same sources give the same bytes in any folder on any machine with the same toolchain and lock
//! file; the toolchains of TypeScript and Python keep a random seed in what they make, so there the digest belongs to one build.
//! It keeps to a target directory of its own, so a build inside a test never waits for the cargo that runs the test; it is quick
//! when nothing changed; several processes may ask at once. [`template`] has the folders to begin from. What a component may contain is
//! the sandbox's to judge.

mod cargo;
mod component;
mod contract;
mod error;
mod fuse;
mod inputs;
mod interpreted;
mod language;
mod python;
mod target;
pub mod template;
mod tool;
mod typescript;

use std::fs::File;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use sluice_catalog::manifest::Manifest;

pub use component::with_manifest;
pub use error::BuildError;
pub use language::Language;

/// What a caller may choose.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where everything is put; never the target directory of an outer cargo.
    pub target_dir: PathBuf,
    /// Whether the lock file must fit as it is. Off only for a folder that has none yet.
    pub locked: bool,
    /// Whether the network is out of bounds; what is not fetched already is then an error.
    pub offline: bool,
    /// Whether the compiler speaks to this process's standard error. Off: its words are in the error alone.
    pub show: bool,
}

impl Options {
    /// Locked, with the network, silent.
    pub fn new(target_dir: impl Into<PathBuf>) -> Self {
        Self { target_dir: target_dir.into(), locked: true, offline: false, show: false }
    }

    /// For tests and tools inside a workspace: `connectors` beside what an outer cargo builds, so that they never share a lock.
    ///
    /// `CARGO_TARGET_DIR` is honoured; else it is `target` in the nearest folder above `dir` that has a `Cargo.lock`.
    pub fn beside(dir: &Path) -> Self {
        let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
        let root = || dir.ancestors().find(|d| d.join("Cargo.lock").is_file()).unwrap_or(dir).join("target");
        Self::new(target.unwrap_or_else(root).join("connectors"))
    }
}

/// A finished component.
#[derive(Debug, Clone, PartialEq)]
pub struct Built {
    /// The component, manifest inside.
    pub bytes: Vec<u8>,
    /// `sha256:` and 64 hexadecimal digits.
    pub digest: String,
    /// Where it lies.
    pub path: PathBuf,
    /// Its manifest.
    pub manifest: Manifest,
    /// Nothing had changed, so nothing was compiled.
    pub fresh: bool,
}

impl Built {
    /// Bytes of the component.
    pub fn size(&self) -> usize {
        self.bytes.len()
    }
}

/// Builds the connector in `dir`.
pub fn build(dir: &Path, options: &Options) -> Result<Built, BuildError> {
    let dir = dir.canonicalize().map_err(|source| BuildError::Read { path: dir.into(), source })?;
    let manifest_path = dir.join("connector.toml");
    let text = read_text(&manifest_path)?;
    let manifest = Manifest::parse(&text).map_err(|problems| BuildError::Manifest { path: manifest_path, problems })?;

    let out = options.target_dir.join("components");
    std::fs::create_dir_all(&out).map_err(|source| BuildError::Write { path: out.clone(), source })?;
    let out = out.canonicalize().map_err(|source| BuildError::Read { path: out.clone(), source })?;
    // Two folders may hold connectors of one id and version (a copy under review), so the folder is part of the file's name.
    let stem =
        format!("{}-{}-{}", manifest.id, manifest.version, &hex::encode(Sha256::digest(dir.as_os_str().as_encoded_bytes()))[..8]);
    let path = out.join(format!("{stem}.wasm"));
    let _one_at_a_time = Lock::take(&out.join(format!("{stem}.lock")))?;

    let stamp = out.join(format!("{stem}.inputs"));
    let toolchain = Language::of(&dir)?.toolchain();
    let listed = toolchain.map(|toolchain| inputs::of_folder(&dir, toolchain.recipe)).transpose()?;
    let unchanged = match &listed {
        None => inputs::unchanged(&stamp, options),
        Some(listed) => std::fs::read_to_string(&stamp).is_ok_and(|is| is == *listed),
    };
    if unchanged && let Ok(bytes) = std::fs::read(&path) {
        return Ok(Built { digest: digest(&bytes), bytes, path, manifest, fresh: true });
    }
    let (module, listed) = match toolchain.zip(listed) {
        Some((toolchain, listed)) => {
            let (work, world) = (out.join(format!("{stem}.work")), contract::world(&manifest));
            (toolchain.module(&dir, &work, world, options)?, listed)
        }
        None => {
            target::ensure(&dir, options)?;
            let made = cargo::compile(&dir, options)?;
            (read_bytes(&made.wasm)?, inputs::of(&dir, &made.dep_info, options)?)
        }
    };
    let bytes = component::encode(&module, &text)?;
    write_whole(&path, &bytes)?;
    write_whole(&stamp, listed.as_bytes())?;
    Ok(Built { digest: digest(&bytes), bytes, path, manifest, fresh: false })
}

fn read_bytes(path: &Path) -> Result<Vec<u8>, BuildError> {
    std::fs::read(path).map_err(|source| BuildError::Read { path: path.into(), source })
}

fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", hex::encode(Sha256::digest(bytes)))
}

fn read_text(path: &Path) -> Result<String, BuildError> {
    std::fs::read_to_string(path).map_err(|source| BuildError::Read { path: path.into(), source })
}

/// Under a name of its own first, then moved: a reader never sees half a file.
fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), BuildError> {
    let failed = |source| BuildError::Write { path: path.into(), source };
    let part = path.with_extension(format!("part-{}", std::process::id()));
    std::fs::write(&part, bytes).map_err(failed)?;
    std::fs::rename(&part, path).map_err(failed)
}

/// Held while one process builds one connector; the system lets go when the process ends, however it ends.
struct Lock(#[allow(dead_code, reason = "held, not read")] File);

impl Lock {
    fn take(path: &Path) -> Result<Self, BuildError> {
        let failed = |source| BuildError::Write { path: path.into(), source };
        let file = File::options().create(true).truncate(false).write(true).open(path).map_err(failed)?;
        file.lock().map_err(failed)?;
        Ok(Self(file))
    }
}
