//! Why a run cannot go on, or a question has no answer, with a code of the registry for each cause.

use sluice_catalog::{Code, Problem};
use sluice_ledger::LedgerError;
use sluice_query::QueryError;
use sluice_sandbox::Fault;
use sluice_store::StoreError;

use crate::verdict::Why;

/// An end before the rows are judged.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The store said no.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The source or the query.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// The ledger's files.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The component was ended.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The platform or a rule of ours, with its code.
    #[error("{}", .0.message)]
    Said(Why),
    /// A declaration does not work; every place at once.
    #[error("{}", list(.0))]
    Problems(Vec<Problem>),
    /// A file or folder of the state folder.
    #[error("{what}: {source}")]
    Io {
        /// Which, without its path.
        what: &'static str,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// Somebody stopped the work.
    #[error("the work was stopped")]
    Cancelled,
    /// Cannot happen; says what did.
    #[error("a defect: {0}")]
    Defect(String),
}

impl RunError {
    /// The code of the registry.
    pub fn code(&self) -> Code {
        match self {
            Self::Store(error) => error.code(),
            Self::Query(error) => error.code(),
            Self::Ledger(error) => error.code(),
            Self::Fault(fault) => fault.code,
            Self::Said(why) => why.code.parse().unwrap_or(Code::DestProtocol),
            Self::Problems(problems) => problems.first().map_or(Code::ApiInvalid, |p| p.code),
            Self::Io { source, .. } => Code::of_io(source.kind()),
            Self::Cancelled => Code::RunCancelled,
            Self::Defect(_) => Code::Internal,
        }
    }

    /// Names the file or folder that an I/O error met.
    pub(crate) fn io(what: &'static str) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Io { what, source }
    }
}

fn list(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}
