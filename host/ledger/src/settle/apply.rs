//! What a verdict does to a row of the ledger: design section 9, as pure functions.

use sluice_catalog::outcome::Word;

use crate::{
    limits::MAYBE_MAX,
    row::{REMOVAL, Row, Tried, Version},
    settle::Judgement,
};

/// What every row of a run has in common.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terms {
    pub(super) revision: u64,
    /// The run's instant, in seconds since 1970.
    pub(super) now: i64,
    /// Attempts are of sessions that take the place of everything: the next that comes to its end ends every doubt, so the oldest
    /// doubt may be forgotten.
    pub(super) replaces: bool,
}

impl Terms {
    /// Never 0, which stands for "not kept".
    pub(super) fn at(&self) -> u32 {
        self.now.clamp(1, i64::from(u32::MAX)) as u32
    }
}

/// The verdicts of removals, by the versions that they cover: bit 0 `sent`, bit 1 + n the n-th `maybe`.
#[derive(Debug, Clone, Default)]
pub(super) struct Effects([Option<Judgement>; 8]);

impl Effects {
    pub(super) fn set(&mut self, versions: u8, judgement: Judgement) {
        for (bit, slot) in self.0.iter_mut().enumerate() {
            if versions >> bit & 1 != 0 {
                *slot = Some(judgement);
            }
        }
    }

    fn of_sent(&self) -> Fate {
        Fate::of(self.0[0])
    }

    fn of_maybe(&self, at: usize) -> Fate {
        Fate::of(self.0[at + 1])
    }

    fn worst(&self) -> Option<Judgement> {
        let open = |j: &&Judgement| j.word != Word::Accepted;
        let clear = |j: &&Judgement| !matches!(j.word, Word::Unknown | Word::Pending);
        let all: Vec<&Judgement> = self.0.iter().flatten().filter(open).collect();
        all.iter().find(|j| clear(j)).or(all.first()).map(|j| **j)
    }
}

/// What became of one version that was to be removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// No removal covers it.
    Untouched,
    /// It is gone.
    Gone,
    /// It may be gone.
    Doubt,
    /// It is there.
    Stays,
}

impl Fate {
    fn of(judgement: Option<Judgement>) -> Self {
        match judgement.map(|j| j.word) {
            None => Self::Untouched,
            Some(Word::Accepted) => Self::Gone,
            Some(Word::Unknown | Word::Pending) => Self::Doubt,
            Some(Word::Rejected | Word::Invalid | Word::Skipped | Word::Carried | Word::Expired) => Self::Stays,
        }
    }
}

/// What is left of a version after an accepted removal, which does not carry the identifiers that the row goes on with; none when
/// nothing is.
pub(super) type Rest<'a> = &'a dyn Fn(&Version) -> Option<Version>;

/// After an attempt to send. `rest` holds the versions before against the attempt.
pub(super) fn offer(before: &Row, attempt: Version, judgement: Judgement, effects: &Effects, rest: Rest<'_>, terms: &Terms) -> Row {
    match judgement.word {
        Word::Accepted => {
            // What should have been removed and may not be is still ours to remove.
            let mut maybe = Vec::new();
            if let Some(sent) = &before.sent
                && matches!(effects.of_sent(), Fate::Doubt | Fate::Stays)
            {
                join(&mut maybe, sent, terms);
            }
            for (at, version) in before.maybe.iter().enumerate() {
                if matches!(effects.of_maybe(at), Fate::Doubt | Fate::Stays) {
                    join(&mut maybe, version, terms);
                }
            }
            Row { sent: Some(attempt), maybe, tried: None }
        }
        Word::Unknown | Word::Pending => {
            // The attempt has every identifier that the removals left alone.
            let (sent, mut maybe) = removed(before, effects, Fate::Untouched, &|_| None, terms);
            let payload = attempt.payload;
            join(&mut maybe, &attempt, terms);
            if terms.replaces && maybe.len() > MAYBE_MAX {
                maybe.remove(0);
            }
            Row { sent, maybe, tried: Some(tried(before, payload, judgement, terms)) }
        }
        Word::Rejected | Word::Invalid | Word::Skipped | Word::Carried | Word::Expired => {
            let (sent, maybe) = removed(before, effects, Fate::Untouched, rest, terms);
            Row { sent, maybe, tried: Some(tried(before, attempt.payload, judgement, terms)) }
        }
    }
}

/// After removals of everything that the row was known by. A version that no removal covers has no identifiers, so nothing of it can
/// be removed, or kept.
pub(super) fn remove(before: &Row, effects: &Effects, terms: &Terms) -> Row {
    let (sent, maybe) = removed(before, effects, Fate::Gone, &|_| None, terms);
    if sent.is_none() && maybe.is_empty() {
        return Row::default();
    }
    let judgement = effects.worst().expect("something is left, so a removal was not accepted");
    Row { sent, maybe, tried: Some(tried(before, REMOVAL, judgement, terms)) }
}

/// After a session that took the place of everything, and that the row was not in.
pub(super) fn replaced(before: &Row) -> Row {
    Row { tried: before.tried.clone(), ..Row::default() }
}

/// After a refusal of ours.
pub(super) fn refuse(before: &Row, payload: u128, judgement: Judgement, terms: &Terms) -> Row {
    Row { tried: Some(tried(before, payload, judgement, terms)), ..before.clone() }
}

fn removed(before: &Row, effects: &Effects, untouched: Fate, rest: Rest<'_>, terms: &Terms) -> (Option<Version>, Vec<Version>) {
    let fate = |fate: Fate| if fate == Fate::Untouched { untouched } else { fate };
    let mut maybe: Vec<Version> = Vec::new();
    for (at, version) in before.maybe.iter().enumerate() {
        match fate(effects.of_maybe(at)) {
            Fate::Gone => rest(version).iter().for_each(|rest| join(&mut maybe, rest, terms)),
            Fate::Untouched | Fate::Doubt | Fate::Stays => maybe.push(version.clone()),
        }
    }
    let sent = match fate(effects.of_sent()) {
        Fate::Gone => before.sent.as_ref().and_then(rest),
        Fate::Doubt => {
            before.sent.iter().for_each(|sent| join(&mut maybe, sent, terms));
            None
        }
        Fate::Stays | Fate::Untouched => before.sent.clone(),
    };
    (sent, maybe)
}

/// Adds a version to what may be there; the date is that of its first doubt.
fn join(maybe: &mut Vec<Version>, version: &Version, terms: &Terms) {
    let same = |m: &Version| m.payload == version.payload && m.identifiers == version.identifiers && m.layout == version.layout;
    if maybe.iter().any(same) {
        return;
    }
    let at = if version.at == 0 { terms.at() } else { version.at };
    maybe.push(Version { at, ..version.clone() });
}

fn tried(before: &Row, payload: u128, judgement: Judgement, terms: &Terms) -> Tried {
    let goes_on = before.tried.as_ref().filter(|t| {
        let same_kind = (t.payload == REMOVAL) == (payload == REMOVAL);
        match judgement.word {
            // Carrying goes on whatever the data became meanwhile.
            Word::Carried | Word::Expired => t.word == Word::Carried && same_kind,
            _ => t.word == judgement.word && t.payload == payload && t.revision == terms.revision,
        }
    });
    Tried {
        payload,
        revision: terms.revision,
        word: judgement.word,
        code: judgement.code,
        attempts: goes_on.map_or(0, |t| t.attempts).saturating_add(1),
        first_at: goes_on.map_or(terms.now, |t| t.first_at),
    }
}

#[cfg(test)]
mod tests;
