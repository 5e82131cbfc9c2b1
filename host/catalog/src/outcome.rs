//! The eight words that every change of a run ends in, and their sums.
//!
//! changes = accepted + rejected + invalid + skipped + unknown + pending + carried + expired, per run and over runs. The same words
//! stand in the journal, the API and the console.

use serde::{Deserialize, Serialize};

/// Counts of changes by what became of them; all in rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Tally {
    /// The platform took it.
    pub accepted: u64,
    /// The platform refused the row; it must change first.
    pub rejected: u64,
    /// We refused the row before sending.
    pub invalid: u64,
    /// The mode does not apply to the row.
    pub skipped: u64,
    /// It may or may not have been applied.
    pub unknown: u64,
    /// A vendor job has it.
    pub pending: u64,
    /// Not applied; offered again by the next run, with fresh data.
    pub carried: u64,
    /// Given up after the allowed days or runs.
    pub expired: u64,
}

/// One of the eight words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)] // described on Tally
pub enum Word {
    Accepted,
    Rejected,
    Invalid,
    Skipped,
    Unknown,
    Pending,
    Carried,
    Expired,
}

impl Word {
    /// All eight, in the order of [`Tally`].
    pub const ALL: [Word; 8] =
        [Self::Accepted, Self::Rejected, Self::Invalid, Self::Skipped, Self::Unknown, Self::Pending, Self::Carried, Self::Expired];

    /// The kebab-case text used everywhere.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Invalid => "invalid",
            Self::Skipped => "skipped",
            Self::Unknown => "unknown",
            Self::Pending => "pending",
            Self::Carried => "carried",
            Self::Expired => "expired",
        }
    }
}

impl Tally {
    /// The count of one word.
    pub fn of(&self, word: Word) -> u64 {
        match word {
            Word::Accepted => self.accepted,
            Word::Rejected => self.rejected,
            Word::Invalid => self.invalid,
            Word::Skipped => self.skipped,
            Word::Unknown => self.unknown,
            Word::Pending => self.pending,
            Word::Carried => self.carried,
            Word::Expired => self.expired,
        }
    }

    /// Counts `rows` more rows under `word`.
    pub fn add(&mut self, word: Word, rows: u64) {
        let slot = match word {
            Word::Accepted => &mut self.accepted,
            Word::Rejected => &mut self.rejected,
            Word::Invalid => &mut self.invalid,
            Word::Skipped => &mut self.skipped,
            Word::Unknown => &mut self.unknown,
            Word::Pending => &mut self.pending,
            Word::Carried => &mut self.carried,
            Word::Expired => &mut self.expired,
        };
        *slot += rows;
    }

    /// The sum over the eight words.
    pub fn total(&self) -> u64 {
        Word::ALL.iter().map(|word| self.of(*word)).sum()
    }
}
