//! The reasons table of a run: how many rows ended under which word, why, and what to do about it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sluice_catalog::{
    Code,
    outcome::{Tally, Word},
};
use sluice_ledger::Counts;

use crate::progress::Progress;

/// Rows of the table at most; the rarest reasons fall off and are summed up.
const REASONS_MAX: usize = 50;

/// Every reason of a run, the most frequent first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Reasons {
    /// One entry per word, code and field.
    pub reasons: Vec<Reason>,
    /// Rows whose reasons are not listed.
    pub more_rows: u64,
}

/// Rows that ended alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Reason {
    /// One of the eight words.
    pub outcome: Word,
    /// Code of the registry, or the connector's text.
    pub code: String,
    /// The field concerned, where there is one.
    pub field: Option<String>,
    /// The platform's words for one of the rows.
    pub example: String,
    /// What to do.
    pub next: String,
    /// How many.
    pub rows: u64,
}

impl Reasons {
    /// Of a delivery and of what the diff refused.
    pub fn of(progress: &Progress, counts: &Counts) -> Self {
        let mut by: BTreeMap<(Word, String, Option<String>), (u64, String)> = BTreeMap::new();
        for phase in &progress.phases {
            for (_, rows, verdict) in phase.judged.iter() {
                let Some(why) = &verdict.why else { continue };
                let slot = by.entry((verdict.word, why.code.clone(), why.field.clone())).or_insert((0, why.message.clone()));
                slot.0 += rows;
            }
        }
        for (code, rows) in &counts.invalid {
            by.entry((Word::Invalid, code.as_str().into(), None)).or_insert((0, code.title().into())).0 += rows;
        }
        let ours = [
            (Word::Skipped, Code::NothingToSend, counts.skipped),
            (Word::Expired, Code::CarriedTooLong, counts.expired),
            (Word::Rejected, Code::StillRejected, counts.still_rejected),
            (Word::Skipped, Code::StillSkipped, counts.still_skipped),
            (Word::Unknown, Code::UnknownHeld, counts.held),
            (Word::Accepted, Code::StillHeldByAnother, counts.still_held_by_another),
        ];
        for (word, code, rows) in ours.into_iter().filter(|(_, _, rows)| *rows > 0) {
            by.entry((word, code.as_str().into(), None)).or_insert((0, code.title().into())).0 += rows;
        }
        let mut reasons: Vec<Reason> = by
            .into_iter()
            .map(|((outcome, code, field), (rows, example))| {
                let next = code.parse::<Code>().map_or("", Code::next_step).to_owned();
                Reason { outcome, code, field, example, next, rows }
            })
            .collect();
        reasons.sort_by_key(|r| std::cmp::Reverse(r.rows));
        let more_rows = reasons.iter().skip(REASONS_MAX).map(|r| r.rows).sum();
        reasons.truncate(REASONS_MAX);
        Self { reasons, more_rows }
    }
}

/// The eight words over a whole run. Rows that were refused before and have not changed count as rejected, events of unknown outcome
/// that are held count as unknown: they are open questions, shown in every run until they are answered. Rows that were skipped before stay
/// skipped: nothing is wrong with them.
pub fn tally(progress: &Progress, counts: &Counts) -> Tally {
    let mut tally = progress.tally();
    tally.add(Word::Invalid, counts.invalid_rows());
    tally.add(Word::Skipped, counts.skipped);
    tally.add(Word::Expired, counts.expired);
    tally.add(Word::Rejected, counts.still_rejected);
    tally.add(Word::Skipped, counts.still_skipped);
    tally.add(Word::Unknown, counts.held);
    tally.add(Word::Accepted, counts.still_held_by_another);
    tally
}
