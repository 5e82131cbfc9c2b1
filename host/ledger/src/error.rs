//! Why the ledger cannot do what was asked; every variant has a code of the registry. No variant carries a row value.

use std::{error::Error as _, io};

use sluice_catalog::Code;

/// A failure of the ledger. The old generation is intact after each of them.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// A file is not what was written: cut, changed, of another kind or of another activation, or gone.
    #[error("{file}: {cause}")]
    Damaged {
        /// The file's name below the state folder.
        file: String,
        /// What is wrong with it.
        cause: &'static str,
    },
    /// A file is sealed with another data key.
    #[error("{file} is sealed with another key")]
    WrongKey {
        /// The file's name below the state folder.
        file: String,
    },
    /// A file was written by a newer version.
    #[error("{file} has format {found}; this version reads up to {known}")]
    Version {
        /// The file's name below the state folder.
        file: String,
        /// The format that the file names.
        found: u16,
        /// The newest format that this version reads.
        known: u16,
    },
    /// No room.
    #[error("no room on the disk for {file}")]
    DiskFull {
        /// The file that was being written.
        file: String,
    },
    /// The file system or the object store failed.
    #[error("cannot read or write {file}")]
    Io {
        /// The file concerned.
        file: String,
        /// What the system said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The layout cannot be used.
    #[error("the layout: {cause}")]
    Layout {
        /// What is wrong.
        cause: &'static str,
    },
    /// The change set was made against another generation than the one it is settled on.
    #[error("the change set was compared with generation {compared}, and the ledger is at {found}")]
    OtherBase {
        /// The generation compared with.
        compared: u64,
        /// The generation given.
        found: u64,
    },
    /// A batch does not have the layout's columns.
    #[error("a batch does not fit the layout: {cause}")]
    Batch {
        /// What is wrong.
        cause: String,
    },
}

impl LedgerError {
    /// The code of the registry.
    pub fn code(&self) -> Code {
        match self {
            Self::Damaged { .. } => Code::LedgerDamaged,
            Self::WrongKey { .. } => Code::LedgerWrongKey,
            Self::Version { .. } => Code::LedgerVersion,
            Self::DiskFull { .. } => Code::DiskFull,
            Self::Io { .. } => Code::StateIo,
            Self::Layout { .. } | Self::OtherBase { .. } | Self::Batch { .. } => Code::Internal,
        }
    }

    pub(crate) fn damaged(file: &str, cause: &'static str) -> Self {
        Self::Damaged { file: file.to_owned(), cause }
    }

    pub(crate) fn io(file: impl Into<String>, source: io::Error) -> Self {
        let file = file.into();
        match source.kind() {
            kind if no_room(kind) => Self::DiskFull { file },
            io::ErrorKind::NotFound => Self::Damaged { file, cause: "the file is missing" },
            io::ErrorKind::UnexpectedEof => Self::Damaged { file, cause: "the file ends too early" },
            _ => Self::Io { file, source: source.into() },
        }
    }

    pub(crate) fn store(file: impl Into<String>, source: object_store::Error) -> Self {
        let file = file.into();
        if matches!(source, object_store::Error::NotFound { .. }) {
            return Self::Damaged { file, cause: "the file is missing" };
        }
        // The store wraps what the system said; room is the one cause that has a code of its own.
        let mut at: Option<&(dyn std::error::Error + 'static)> = source.source();
        while let Some(error) = at {
            if error.downcast_ref::<io::Error>().is_some_and(|e| no_room(e.kind())) {
                return Self::DiskFull { file };
            }
            at = error.source();
        }
        Self::Io { file, source: source.into() }
    }
}

fn no_room(kind: io::ErrorKind) -> bool {
    Code::of_io(kind) == Code::DiskFull
}
