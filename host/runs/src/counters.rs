//! The numbers of a run, as they are stored with it and shown to people. All in rows unless the name says otherwise.

use serde::{Deserialize, Serialize};
use sluice_catalog::outcome::Tally;

use crate::guards;

/// Numbers of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct Counters {
    /// Rows that the source gave.
    pub source_rows: u64,
    /// Rows that the destination held of us before.
    pub held_rows: u64,
    /// New at the destination.
    pub added: u64,
    /// With another payload than the destination has.
    pub changed: u64,
    /// Left the source, and the mode removes.
    pub removed: u64,
    /// As the destination has them: nothing is sent.
    pub unchanged: u64,
    /// Of the changes: open from an earlier run.
    pub again: u64,
    /// Of the changes: refused earlier, and not changed since.
    pub still_rejected: u64,
    /// Of the changes: skipped earlier, and not changed since.
    pub still_skipped: u64,
    /// Refused by us before sending.
    pub invalid: u64,
    /// Of unknown outcome, and neither repeated nor assumed.
    pub held_unknown: u64,
    /// Taken as sent by a baseline.
    pub adopted: u64,
    /// Rows without a key.
    pub null_key_rows: u64,
    /// Rows that share their key with another row.
    pub duplicate_rows: u64,
    /// Keys that several rows share.
    pub duplicate_keys: u64,
    /// What became of every change: the eight words.
    pub tally: Tally,
    /// Time spent reading and shaping, in milliseconds.
    pub evaluate_ms: u64,
    /// Time spent comparing, in milliseconds.
    pub diff_ms: u64,
    /// Time spent sending, in milliseconds, waits included.
    pub send_ms: u64,
}

impl Counters {
    /// From the stored form; what is not there is zero.
    pub fn read(stored: &serde_json::Value) -> Self {
        serde_json::from_value(stored.clone()).unwrap_or_default()
    }

    /// The stored form.
    pub fn json(&self) -> serde_json::Value {
        serde_json::to_value(self).expect("numbers are plain data")
    }

    /// Takes the numbers of a diff in.
    pub fn diffed(&mut self, counts: &sluice_ledger::Counts) {
        self.source_rows = counts.source_rows;
        self.held_rows = counts.base_rows;
        self.added = counts.added;
        self.changed = counts.changed;
        self.removed = counts.removed;
        self.unchanged = counts.unchanged;
        self.again = counts.again;
        self.still_rejected = counts.still_rejected;
        self.still_skipped = counts.still_skipped;
        self.invalid = counts.invalid_rows();
        self.held_unknown = counts.held;
        self.adopted = counts.adopted;
        self.null_key_rows = counts.null_keys;
        self.duplicate_rows = counts.duplicate_rows;
        self.duplicate_keys = counts.duplicate_keys;
    }

    /// What the guards look at.
    pub fn guarded(&self, removed_before: u64) -> guards::Counts {
        guards::Counts {
            held: self.held_rows,
            source: self.source_rows,
            changed: self.changed,
            removed: self.removed,
            removed_before,
            null_keys: self.null_key_rows,
            duplicate_rows: self.duplicate_rows,
            duplicate_keys: self.duplicate_keys,
        }
    }
}
