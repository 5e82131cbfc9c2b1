//! Where the master key comes from: the environment, else the file `master.key` of the state folder, made at the first start.
//!
//! Losing it loses every sealed byte: credentials, ledgers, journals. Backups of the state folder without the key are useless to a
//! thief, and to the operator.

use std::{
    fs,
    io::{self, Write},
    path::Path,
};

use sluice_catalog::{Code, limits::KEY_BYTES, seal::MasterKey};

use crate::entropy::Entropy;

const FILE: &str = "master.key";

/// Why there is no master key.
#[derive(Debug, thiserror::Error)]
pub enum MasterKeyError {
    /// The text is not 64 hexadecimal digits.
    #[error("{from} must hold 64 hexadecimal digits (32 bytes)")]
    Malformed {
        /// The environment variable or the file.
        from: &'static str,
    },
    /// The file cannot be read or made.
    #[error("master.key: {0}")]
    Io(#[source] io::Error),
}

impl MasterKeyError {
    /// The code that a person sees.
    pub fn code(&self) -> Code {
        match self {
            Self::Malformed { .. } => Code::SealBroken,
            Self::Io(e) => Code::of_io(e.kind()),
        }
    }
}

/// The master key: `given` (the value of `SLUICE_MASTER_KEY`, 64 hexadecimal digits) where there is one, else the file `master.key`
/// in `state_dir`, which is made (mode 0600, synced) when it is not there. Makes `state_dir` (mode 0700) when that is not there.
pub fn master_key(state_dir: &Path, given: Option<&str>, entropy: &Entropy) -> Result<MasterKey, MasterKeyError> {
    if let Some(text) = given {
        return parse(text, "SLUICE_MASTER_KEY");
    }
    make_private_dir(state_dir).map_err(MasterKeyError::Io)?;
    let path = state_dir.join(FILE);
    match fs::read_to_string(&path) {
        Ok(text) => parse(&text, "master.key"),
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            let key = entropy.with(MasterKey::generate);
            write_new(&path, hex::encode(key.reveal()).as_bytes()).map_err(MasterKeyError::Io)?;
            // Read back what is there: when two first starts race, `create_new` lets one win and the other fails here, loudly.
            parse(&fs::read_to_string(&path).map_err(MasterKeyError::Io)?, "master.key")
        }
        Err(e) => Err(MasterKeyError::Io(e)),
    }
}

fn parse(text: &str, from: &'static str) -> Result<MasterKey, MasterKeyError> {
    let mut bytes = [0u8; KEY_BYTES];
    hex::decode_to_slice(text.trim(), &mut bytes).map_err(|_| MasterKeyError::Malformed { from })?;
    Ok(MasterKey::from_bytes(bytes))
}

/// Makes the folder and its parents; the folder itself is for its owner only.
pub(crate) fn make_private_dir(dir: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

/// The key is never under its final name half-written: a temporary file, synced, then renamed.
fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary = path.with_extension("key.new");
    let _ = fs::remove_file(&temporary);
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&temporary)?;
    file.write_all(bytes)?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    fs::hard_link(&temporary, path)?;
    fs::remove_file(&temporary)?;
    if let Some(dir) = path.parent() {
        fs::File::open(dir)?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_made_once_for_its_owner_only_and_read_back_afterwards() {
        let dir = tempfile::tempdir().unwrap();
        let state = dir.path().join("state");
        let first = master_key(&state, None, &Entropy::seeded(1)).unwrap();
        let second = master_key(&state, None, &Entropy::seeded(2)).unwrap();
        assert!(first.reveal() == second.reveal());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(state.join(FILE)).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn the_environment_wins_and_a_malformed_key_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let key = master_key(dir.path(), Some(&"ab".repeat(32)), &Entropy::seeded(1)).unwrap();
        assert!(key.reveal() == &[0xab; 32]);
        assert!(!dir.path().join(FILE).exists());
        for bad in ["", "ab", &"ab".repeat(31), &"ab".repeat(33), &"xy".repeat(32)] {
            assert!(matches!(master_key(dir.path(), Some(bad), &Entropy::seeded(1)), Err(MasterKeyError::Malformed { .. })));
        }
        fs::write(dir.path().join(FILE), "damaged").unwrap();
        assert!(matches!(master_key(dir.path(), None, &Entropy::seeded(1)), Err(MasterKeyError::Malformed { .. })));
    }
}
