//! Guards against accidents: counts that need a person's look before anything is sent (features 7.9, design I6).

use serde::{Deserialize, Serialize};
use sluice_catalog::{Code, activation::Guards};

/// The counts of a diff that guards look at; all in rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Rows that the ledger holds as being at the destination.
    pub held: u64,
    /// Rows that the source gave.
    pub source: u64,
    /// Rows whose change would be sent.
    pub changed: u64,
    /// Rows whose removal would be sent.
    pub removed: u64,
    /// Rows removed by runs of the last 24 h since the last approval.
    pub removed_before: u64,
    /// Rows with a null key.
    pub null_keys: u64,
    /// Rows that share their key with another row.
    pub duplicate_rows: u64,
    /// Keys that several rows share.
    pub duplicate_keys: u64,
}

/// What the guards say to a diff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Decision {
    /// It may be sent.
    Go,
    /// A person must approve this very diff.
    Hold {
        /// Which guard.
        code: Code,
        /// The counts, in a sentence.
        cause: String,
    },
    /// It must not be sent at all.
    Fail {
        /// Why.
        code: Code,
        /// The counts, in a sentence.
        cause: String,
    },
}

/// Decides on a diff. `removes` says whether the mode sends removals at all.
pub fn decide(guards: &Guards, counts: &Counts, removes: bool) -> Decision {
    let keys = counts.source.saturating_sub(counts.null_keys);
    let over = |part: u64, whole: u64, percent: u64| u128::from(part) * 100 >= u128::from(whole) * u128::from(percent) && part > 0;
    // The duplicate rate of features 3.6: 100 % less the share of distinct keys.
    let surplus = counts.duplicate_rows.saturating_sub(counts.duplicate_keys);
    if over(surplus, keys, crate::limits::BAD_KEYS_PERCENT_FAIL) {
        let cause = format!("{} of {keys} rows repeat a key that another row has ({} keys).", surplus, counts.duplicate_keys);
        return Decision::Fail { code: Code::DuplicateKeys, cause };
    }
    if over(counts.null_keys, counts.source, crate::limits::BAD_KEYS_PERCENT_FAIL) {
        let cause = format!("{} of {} rows have no key.", counts.null_keys, counts.source);
        return Decision::Fail { code: Code::NullKeys, cause };
    }
    if counts.source == 0 && counts.held > 0 {
        let cause = format!("The source gave no rows; the destination holds {}.", counts.held);
        return Decision::Hold { code: Code::GuardEmptySource, cause };
    }
    let before = counts.held + counts.removed_before;
    let removed = counts.removed + counts.removed_before;
    let share = |part: u64, whole: u64, percent: u32| u128::from(part) * 100 > u128::from(whole) * u128::from(percent);
    if removes && counts.removed > 0 && removed >= guards.removed_rows_min && share(removed, before, guards.removed_percent_max) {
        let cause = format!(
            "{} rows of {} would be removed ({} of them in this run); the guard allows {} %.",
            removed, before, counts.removed, guards.removed_percent_max
        );
        return Decision::Hold { code: Code::GuardMassRemoval, cause };
    }
    if counts.changed >= guards.changed_rows_min && share(counts.changed, counts.held, guards.changed_percent_max) {
        let cause =
            format!("{} of {} rows would change; the guard allows {} %.", counts.changed, counts.held, guards.changed_percent_max);
        return Decision::Hold { code: Code::GuardMassChange, cause };
    }
    Decision::Go
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(counts: Counts, removes: bool) -> Option<Code> {
        match decide(&Guards::default(), &counts, removes) {
            Decision::Go => None,
            Decision::Hold { code, .. } | Decision::Fail { code, .. } => Some(code),
        }
    }

    #[test]
    fn each_guard_lets_the_last_allowed_value_through_and_stops_the_first_refused_one() {
        let base = Counts { held: 1_000, source: 1_000, ..Counts::default() };
        for (counts, want) in [
            (base, None),
            (Counts { source: 0, ..base }, Some(Code::GuardEmptySource)),
            (Counts { source: 0, held: 0, ..base }, None),
            (Counts { removed: 300, ..base }, None),
            (Counts { removed: 301, ..base }, Some(Code::GuardMassRemoval)),
            (Counts { held: 40, removed: 19, ..base }, None),
            (Counts { held: 40, removed: 20, ..base }, Some(Code::GuardMassRemoval)),
            // Many small removals add up over a day.
            (Counts { held: 800, removed: 100, removed_before: 200, ..base }, None),
            (Counts { held: 800, removed: 101, removed_before: 200, ..base }, Some(Code::GuardMassRemoval)),
            (Counts { held: 1_999, changed: 1_000, ..base }, None),
            (Counts { held: 2_002, changed: 1_001, ..base }, None),
            (Counts { held: 2_001, changed: 1_001, ..base }, Some(Code::GuardMassChange)),
            (Counts { duplicate_keys: 49, duplicate_rows: 98, ..base }, None),
            (Counts { duplicate_keys: 50, duplicate_rows: 100, ..base }, Some(Code::DuplicateKeys)),
            (Counts { null_keys: 49, ..base }, None),
            (Counts { null_keys: 50, ..base }, Some(Code::NullKeys)),
        ] {
            assert_eq!(code(counts, true), want, "{counts:?}");
        }
    }

    #[test]
    fn a_mode_without_removals_is_not_held_for_rows_that_left_but_always_at_an_empty_source() {
        let base = Counts { held: 1_000, source: 100, removed: 900, ..Counts::default() };
        assert_eq!(code(base, false), None);
        assert_eq!(code(Counts { source: 0, ..base }, false), Some(Code::GuardEmptySource));
    }
}
