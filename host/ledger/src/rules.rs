//! What a run asks of the diff: which operation each kind of change becomes, and what repeats, retries and resets do.

use std::collections::HashSet;

use jiff::Timestamp;
use sluice_catalog::{
    Code,
    activation::UnknownAppends,
    contract::Operation,
    manifest::{Repeat, RepeatClass},
};

use crate::limits::APPEND_KEEP_DAYS_MIN;

/// The rules of one run.
#[derive(Debug, Clone)]
pub struct Rules {
    /// Of rows that the destination does not hold yet; none sends nothing.
    pub added: Option<Operation>,
    /// Of rows whose payload differs; none sends nothing.
    pub changed: Option<Operation>,
    /// Of rows that left the source; none keeps the row as it is.
    pub removed: Option<Operation>,
    /// What sending a row twice does.
    pub repeat: Repeat,
    /// What becomes of a row of unknown outcome where a repeat is not harmless.
    pub unknown_appends: UnknownAppends,
    /// The mapping's revision: refused rows are offered again when it is another one. A hash will do, it has no order.
    pub revision: u64,
    /// Where the rows go, a number of the caller's that the ledger keeps with them.
    pub place: Option<u64>,
    /// Send every current row again, whatever the ledger says; removals are still computed.
    pub full_resync: bool,
    /// Adopt the present rows as accepted, without sending; nothing is removed.
    pub baseline: bool,
    /// Which rows refused or given up before are offered again.
    pub retry: Retry,
    /// Appended rows: days that their keys are kept after they left the source; at least 30.
    pub append_keep_days: i64,
    /// The run's frozen instant.
    pub now: Timestamp,
}

/// Which refused rows are offered again although nothing has changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Retry {
    /// None.
    #[default]
    Nothing,
    /// All.
    All,
    /// Those refused with one of these codes.
    Codes(HashSet<Code>),
    /// These canonical keys.
    Keys(HashSet<Vec<u8>>),
}

impl Rules {
    /// Rules with nothing special: no resync, baseline or retry; unknown appends are held.
    pub fn new(
        added: Option<Operation>,
        changed: Option<Operation>,
        removed: Option<Operation>,
        repeat: Repeat,
        revision: u64,
        now: Timestamp,
    ) -> Self {
        Self {
            added,
            changed,
            removed,
            repeat,
            unknown_appends: UnknownAppends::Hold,
            revision,
            place: None,
            full_resync: false,
            baseline: false,
            retry: Retry::Nothing,
            append_keep_days: APPEND_KEEP_DAYS_MIN,
            now,
        }
    }

    /// Whether rows are events: sent once, never changed or removed.
    pub(crate) fn appends(&self) -> bool {
        self.added == Some(Operation::Append)
    }

    /// Whether everything is sent in one session that takes the place of what was there before.
    pub(crate) fn replaces(&self) -> bool {
        self.added == Some(Operation::Replace)
    }

    /// Whether a row last sent at `at` (seconds) may be sent again without a second effect.
    pub(crate) fn repeat_is_harmless(&self, at: u32) -> bool {
        match (self.repeat.class, self.repeat.within_hours) {
            (RepeatClass::Overwrites, _) | (RepeatClass::Keyed, None) => true,
            (RepeatClass::Keyed, Some(hours)) => self.now.as_second() - i64::from(at) < i64::from(hours) * 3600,
            (RepeatClass::Appends, _) => false,
        }
    }

    pub(crate) fn retries(&self, key: &[u8], code: Option<Code>) -> bool {
        match &self.retry {
            Retry::Nothing => false,
            Retry::All => true,
            Retry::Codes(codes) => code.is_some_and(|code| codes.contains(&code)),
            Retry::Keys(keys) => keys.contains(key),
        }
    }

    pub(crate) fn keep_seconds(&self) -> i64 {
        self.append_keep_days.max(APPEND_KEEP_DAYS_MIN) * 86_400
    }

    /// The operations, with removals apart: (phase order is made in [`crate::diff`]).
    pub(crate) fn deliveries(&self) -> Vec<Operation> {
        let mut operations: Vec<Operation> = self.added.into_iter().chain(self.changed).collect();
        let rank = |operation: &Operation| match operation {
            Operation::Clear => 0,
            Operation::Replace => 1,
            Operation::Remove => 2,
            Operation::Add => 3,
            Operation::Insert => 4,
            Operation::Upsert => 5,
            Operation::Update => 6,
            Operation::Append => 7,
        };
        operations.sort_by_key(rank);
        operations.dedup();
        operations
    }
}
