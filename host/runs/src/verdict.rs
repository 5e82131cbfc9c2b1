//! The end of one row, as far as it is known: one of the eight words, and why.

use serde::{Deserialize, Serialize};
use sluice_catalog::{
    Code,
    contract::{Outcome, Reason},
    outcome::Word,
};

/// What became of a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// One of the eight words.
    pub word: Word,
    /// Why; none for plain acceptance.
    pub why: Option<Why>,
}

/// Why a row ended as it did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Why {
    /// Code of the registry, or the connector's text when it is none.
    pub code: String,
    /// The platform's own words.
    pub message: String,
    /// The field concerned.
    pub field: Option<String>,
    /// The platform's own code.
    pub vendor_code: Option<String>,
}

impl Verdict {
    /// The platform took it.
    pub const ACCEPTED: Self = Self { word: Word::Accepted, why: None };

    /// A verdict with a reason.
    pub fn new(word: Word, why: Why) -> Self {
        Self { word, why: Some(why) }
    }
}

impl Why {
    /// A reason of our own.
    pub fn ours(code: Code, message: impl Into<String>) -> Self {
        Self { code: code.as_str().into(), message: message.into(), field: None, vendor_code: None }
    }
}

impl From<Reason> for Why {
    fn from(reason: Reason) -> Self {
        Self { code: reason.code, message: reason.message, field: reason.field, vendor_code: reason.vendor_code }
    }
}

/// What an outcome of the contract means for the row: an end, another try, or a wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It has ended, for this run.
    End(Verdict),
    /// Nothing was applied; again after so many milliseconds at least.
    Again {
        /// Why.
        why: Why,
        /// The platform's wish.
        after_ms: Option<u64>,
    },
    /// It may have been applied; whether it may go again depends on what a repeat does.
    Doubt(Why),
    /// The platform works on it by itself.
    Pending,
}

impl From<Outcome> for Fate {
    fn from(outcome: Outcome) -> Self {
        let end = |word, reason: Reason| Self::End(Verdict::new(word, reason.into()));
        match outcome {
            Outcome::Accepted => Self::End(Verdict::ACCEPTED),
            Outcome::Pending => Self::Pending,
            Outcome::Rejected(reason) => end(Word::Rejected, reason),
            Outcome::Skipped(reason) => end(Word::Skipped, reason),
            Outcome::Retry(reason) => Self::Again { after_ms: reason.after_ms, why: reason.into() },
            Outcome::Unknown(reason) => Self::Doubt(reason.into()),
        }
    }
}
