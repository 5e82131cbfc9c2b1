//! Why the store could not do what it was asked, by cause. [`StoreError::code`] gives the registry's code for people.

use sluice_catalog::Code;

use crate::{declared::ObjectKind, object::Dependant, run::RunState};

/// Every way the store says no.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Not there, or not in this workspace: the two are not told apart.
    #[error("no such {what} in this workspace")]
    NotFound {
        /// The kind of thing, for people.
        what: &'static str,
    },
    /// Another object of the kind has the name.
    #[error("another {what} is named `{name}`")]
    NameTaken {
        /// The kind of thing, for people.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// The caller's revision is not the present one.
    #[error("revision {expected} was expected, revision {actual} is there")]
    Stale {
        /// What the caller had read.
        expected: u64,
        /// What is there.
        actual: u64,
    },
    /// Other objects refer to it.
    #[error("{} object(s) depend on it", .0.len())]
    InUse(Vec<Dependant>),
    /// An object refers to something that is not in its workspace.
    #[error("there is no {} `{id}` in this workspace", kind.as_str())]
    ReferenceMissing {
        /// Kind of the missing object.
        kind: ObjectKind,
        /// Its id.
        id: String,
    },
    /// A run of the activation is under way.
    #[error("run {run} of this activation is under way")]
    RunOverlap {
        /// The run that is under way.
        run: String,
    },
    /// The lease was taken over, or the run has ended: nothing was written.
    #[error("the lease is of an older epoch, or the run has ended")]
    LeaseLost,
    /// The journal does not continue at the given number: a repeat of an append that is there already, or a gap.
    #[error("the journal of the run continues at {next}, not at {given}")]
    JournalOrder {
        /// The number that comes next.
        next: u64,
        /// The number that was given.
        given: u64,
    },
    /// The run's state does not allow it.
    #[error("the run is {}", .state.as_str())]
    RunStateRefuses {
        /// What it is.
        state: RunState,
    },
    /// A decision names another diff than the one that is held.
    #[error("the decision names another diff than the one that is held")]
    OtherDiff,
    /// The Idempotency-Key is in use by a request that has not ended.
    #[error("a request with this Idempotency-Key is under way")]
    IdempotencyBusy,
    /// The Idempotency-Key was used with another body.
    #[error("this Idempotency-Key was used with another body")]
    IdempotencyMismatch,
    /// Another build of the connector has become active since the caller looked.
    #[error("another build of this connector was installed meanwhile")]
    OtherActive,
    /// A value exceeds a limit of the store.
    #[error("{what} is larger than {max}")]
    TooLarge {
        /// What.
        what: &'static str,
        /// The limit, in its unit.
        max: usize,
    },
    /// Another process holds the state folder.
    #[error("another process uses this state folder")]
    InUseByProcess,
    /// The database needs newer code.
    #[error("the database needs schema version {needs}; this version knows {known}")]
    Newer {
        /// What it needs.
        needs: i64,
        /// What this code knows.
        known: i64,
    },
    /// The disk is full; nothing of the transaction is there.
    #[error("no room on the disk")]
    DiskFull,
    /// A file of the state folder cannot be read or written.
    #[error("{what}: {source}")]
    Io {
        /// Which file, without its path.
        what: &'static str,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The database did not answer, or answered with an error that a caller cannot cure.
    #[error("the database: {0}")]
    Database(#[source] sqlx::Error),
    /// A migration failed; the schema is as before it.
    #[error("migrating the database: {0}")]
    Migrate(#[source] sqlx::migrate::MigrateError),
    /// Sealed bytes do not open: wrong master key, or damage.
    #[error("sealed data does not open; was Sluice started with the master key that sealed it?")]
    SealBroken,
    /// A stored value does not read back.
    #[error("{what} in the database does not read back")]
    Unreadable {
        /// What.
        what: &'static str,
    },
}

impl StoreError {
    /// The code that a person sees.
    pub fn code(&self) -> Code {
        match self {
            Self::NotFound { .. } => Code::ApiNotFound,
            Self::NameTaken { .. } => Code::ApiNameTaken,
            Self::Stale { .. } => Code::ApiStale,
            Self::InUse(_) => Code::ApiInUse,
            Self::ReferenceMissing { .. } | Self::TooLarge { .. } => Code::ApiInvalid,
            Self::RunOverlap { .. } => Code::RunOverlap,
            Self::LeaseLost => Code::LeaseLost,
            Self::JournalOrder { .. } | Self::Unreadable { .. } => Code::Internal,
            Self::OtherDiff => Code::ConfirmationMismatch,
            Self::RunStateRefuses { .. } | Self::IdempotencyBusy | Self::OtherActive => Code::ApiConflict,
            Self::IdempotencyMismatch => Code::ApiIdempotencyMismatch,
            Self::InUseByProcess => Code::StateInUse,
            Self::Newer { .. } => Code::StateVersion,
            Self::DiskFull => Code::DiskFull,
            Self::Io { .. } => Code::StateIo,
            Self::Database(_) | Self::Migrate(_) => Code::StoreUnavailable,
            Self::SealBroken => Code::SealBroken,
        }
    }

    /// Whether nothing more can be written under the lease in question: it is somebody else's, or the database does not answer.
    pub fn is_lost_or_gone(&self) -> bool {
        matches!(self, Self::LeaseLost | Self::Database(_) | Self::DiskFull)
    }

    /// For `map_err` on file operations: `what` names the file for people, without its path.
    pub(crate) fn io(what: &'static str) -> impl FnOnce(std::io::Error) -> Self {
        move |source| match Code::of_io(source.kind()) {
            Code::DiskFull => Self::DiskFull,
            _ => Self::Io { what, source },
        }
    }

    pub(crate) fn is_unique_violation(error: &sqlx::Error) -> bool {
        error.as_database_error().is_some_and(|e| e.is_unique_violation())
    }
}

/// SQLITE_FULL; extended codes keep the primary one in the low byte.
const SQLITE_FULL: i32 = 13;
/// PostgreSQL's `disk_full`.
const POSTGRES_DISK_FULL: &str = "53100";

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let code = error.as_database_error().and_then(|e| e.code());
        let full = code
            .is_some_and(|code| code == POSTGRES_DISK_FULL || code.parse::<i32>().is_ok_and(|number| number & 0xff == SQLITE_FULL));
        if full { Self::DiskFull } else { Self::Database(error) }
    }
}

impl From<sluice_catalog::seal::SealBroken> for StoreError {
    fn from(_: sluice_catalog::seal::SealBroken) -> Self {
        Self::SealBroken
    }
}
