//! Which language a connector's folder is written in, told by the file that its packages stand in.

use std::path::Path;

use crate::interpreted::Toolchain;
use crate::{BuildError, python, typescript};

/// The languages that there is a kit for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// `Cargo.toml`, a crate that depends on `sluice-sdk`.
    Rust,
    /// `package.json`, with `componentize-qjs` in it.
    TypeScript,
    /// `requirements.txt`, with `componentize-py` in it.
    Python,
}

impl Language {
    /// The folder's.
    pub fn of(dir: &Path) -> Result<Self, BuildError> {
        let files = [("Cargo.toml", Self::Rust), ("package.json", Self::TypeScript), ("requirements.txt", Self::Python)];
        let found = files.into_iter().find(|(file, _)| dir.join(file).is_file());
        found.map(|(_, language)| language).ok_or_else(|| BuildError::Language { path: dir.into() })
    }

    /// What makes a component of a folder that brings its interpreter.
    pub(crate) fn toolchain(self) -> Option<Toolchain> {
        match self {
            Self::Rust => None,
            Self::TypeScript => Some(typescript::TOOLCHAIN),
            Self::Python => Some(python::TOOLCHAIN),
        }
    }
}
