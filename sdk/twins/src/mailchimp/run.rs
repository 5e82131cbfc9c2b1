//! What a call did to an audience, and how much of it a fault lets through: the answer of the whole is made on a copy, so that a lie
//! speaks exactly as the truth would.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{audience::Audience, words::Refusal};
use crate::{
    ledger::Kind,
    log::Tally,
    vendor::{Part, Portion},
};

/// What a call did.
#[derive(Debug, Default)]
pub(super) struct Run {
    pub(super) answer: Value,
    /// What the ledger gets.
    pub(super) entries: Vec<(Kind, String, Arc<str>)>,
    pub(super) tally: Tally,
    /// Codes and details.
    pub(super) warnings: Vec<(&'static str, String)>,
}

impl Run {
    /// Of one thing, applied.
    pub(super) fn one(answer: Value, entries: Vec<(Kind, String, Arc<str>)>) -> Self {
        Self { answer, entries, tally: Tally { objects: 1, applied: 1, ..Tally::default() }, warnings: Vec::new() }
    }

    /// That somebody was put on a segment, or taken off it.
    pub(super) fn moved(&mut self, audience: &str, email: &str, segment: i64, on: bool) {
        let text = json!({ "list_id": audience, "segment_id": segment, "on": on }).to_string();
        self.entries.push((Kind::Membership, format!("email:{email}"), text.into()));
    }
}

/// Runs a call of many objects: `run` applies at most so many, and names the others as refused when it is given a text.
pub(super) fn of_many(
    audience: &mut Audience,
    portion: Portion<'_>,
    run: impl Fn(&mut Audience, usize, Option<&str>) -> Run,
) -> Run {
    if portion.part == Part::All {
        return run(audience, usize::MAX, None);
    }
    let told = run(&mut audience.clone(), usize::MAX, None);
    let done = run(audience, portion.of(told.tally.applied as usize), portion.rest);
    if portion.rest.is_some() { done } else { Run { answer: told.answer, ..done } }
}

/// Runs a call of one thing, which is applied or not.
pub(super) fn of_one(
    audience: &mut Audience,
    portion: Portion<'_>,
    run: impl Fn(&mut Audience) -> Result<Run, Refusal>,
) -> Result<Run, Refusal> {
    if portion.part == Part::All {
        return run(audience);
    }
    let told = run(&mut audience.clone())?;
    Ok(Run { entries: Vec::new(), tally: Tally { applied: 0, ..told.tally }, ..told })
}
