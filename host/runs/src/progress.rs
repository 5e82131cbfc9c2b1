//! How far a run's delivery has come, as a pure state machine over journal events.
//!
//! The same [`Progress::apply`] moves the live run and replays the journal after a crash, so the two cannot differ. Nothing here
//! waits, reads or sends; [`crate::deliver`] does, and writes each event down before it acts on it.
//!
//! A row of a phase is in one of five places: *fresh* (behind the cursor nothing has been cut yet), in an *open* batch (cut, written
//! down, perhaps on its way), *pending* (in a batch that has its answer, and the platform works on the row by itself), *again* (to be
//! cut once more), or *judged*.
//!
//! A phase is sent in *rounds*, mostly one: `prepare`, every batch that can be sent, `finish`, and then the tickets of what is pending
//! are asked after. Rows that have to go again after that are another round.

mod event;
mod waiting;

use std::collections::BTreeMap;

use sluice_catalog::{
    contract::Operation,
    outcome::{Tally, Word},
};

use crate::{
    limits,
    spans::Spans,
    verdict::{Verdict, Why},
};

pub use event::{Again, Cut, Event, Next, Ranges};
pub use waiting::Waiting;

/// One phase's rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Phase {
    /// Rows in all.
    pub rows: u64,
    /// Rows below this have been cut at least once.
    pub fresh: u64,
    /// What `prepare` of the round returned.
    pub state: Option<Vec<u8>>,
    /// Whether `finish` of the round has returned.
    pub finished: bool,
    /// Whether its rows are one session that takes the place of everything: complete, or of unknown effect.
    pub replaces: bool,
    /// Of such a session without rows: whether the platform took it.
    pub emptied: bool,
    /// Batches of the round that were answered and not simply to be sent once more: the parts of a session so far.
    pub parts: u32,
    /// Rows that the platform works on, by the number of their batch.
    pub pending: Spans<u32>,
    /// Rows to be cut once more.
    pub again: Spans<Again>,
    /// Rows that have ended.
    pub judged: Spans<Verdict>,
}

/// The state of a run's delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// By index.
    pub phases: Vec<Phase>,
    /// Batches cut and not answered.
    pub open: BTreeMap<u32, Cut>,
    /// Batches answered and not settled.
    pub waiting: BTreeMap<u32, Waiting>,
    /// The number of the next batch.
    pub next_batch: u32,
}

impl Progress {
    /// At the start, of a change set's phases.
    pub fn of(phases: &[sluice_ledger::Phase]) -> Self {
        let mut progress = Self::new(phases.iter().map(|phase| phase.rows));
        for (phase, of) in progress.phases.iter_mut().zip(phases) {
            phase.replaces = of.operation == Operation::Replace;
        }
        progress
    }

    /// At the start, with the row counts of the phases.
    pub fn new(rows: impl IntoIterator<Item = u64>) -> Self {
        let phases = rows.into_iter().map(|rows| Phase { rows, ..Phase::default() }).collect();
        Self { phases, open: BTreeMap::new(), waiting: BTreeMap::new(), next_batch: 1 }
    }

    /// Moves on by one event of the journal.
    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::Prepared { phase, state } => {
                let phase = &mut self.phases[usize::from(*phase)];
                (phase.state, phase.finished, phase.parts) = (Some(state.clone()), false, 0);
            }
            Event::Emptied { phase } => self.phases[usize::from(*phase)].emptied = true,
            Event::RemoteIds { .. } => {}
            Event::Finished { phase, at_ms } => {
                self.phases[usize::from(*phase)].finished = true;
                for waiting in self.waiting.values_mut().filter(|w| w.cut.phase == *phase) {
                    waiting.since_ms = *at_ms;
                    waiting.ask_after(*at_ms);
                }
            }
            Event::Cut(cut) => {
                let phase = &mut self.phases[usize::from(cut.phase)];
                for &(start, len) in &cut.ranges {
                    phase.again.clear(start, u64::from(len));
                    phase.fresh = phase.fresh.max(start + u64::from(len));
                }
                self.next_batch = self.next_batch.max(cut.batch + 1);
                self.open.insert(cut.batch, cut.clone());
            }
            Event::Settled { batch, all, except } => {
                self.answered(*batch, all, except);
                self.open.remove(batch);
                self.waiting.remove(batch);
            }
            Event::Waiting { batch, all, except, ticket, at_ms } => {
                self.answered(*batch, all, except);
                let new = self.open.remove(batch).map(|cut| {
                    let p = &self.phases[usize::from(cut.phase)];
                    let seal = (p.parts, p.fresh == p.rows && p.again.is_empty());
                    Waiting::new(cut, seal, *at_ms)
                });
                let Some(mut waiting) = new.or_else(|| self.waiting.remove(batch)) else { return };
                waiting.ticket = ticket.clone();
                waiting.ask_after(*at_ms);
                // Where it speaks of rows alone that have their outcome, nothing is left to ask after.
                if self.waits(&waiting.cut) {
                    self.waiting.insert(*batch, waiting);
                }
            }
        }
    }

    fn waits(&self, cut: &Cut) -> bool {
        let pending = &self.phases[usize::from(cut.phase)].pending;
        cut.ranges.iter().any(|&(start, len)| !pending.with_value(start, len, &cut.batch).is_empty())
    }

    /// Moves a batch's rows to where an answer says; of a batch that waits only those that have no other answer yet.
    fn answered(&mut self, batch: u32, all: &Next, except: &[(u32, Next)]) {
        let waits = self.waiting.get(&batch).map(|w| &w.cut);
        let Some(cut) = waits.or_else(|| self.open.get(&batch)) else { return };
        let phase = &mut self.phases[usize::from(cut.phase)];
        let is_again = |next: &Next| matches!(next, Next::Again(_));
        if waits.is_none() && !(is_again(all) && except.iter().all(|(_, next)| is_again(next))) {
            phase.parts += 1;
        }
        let asked_after: Ranges = match waits {
            Some(_) => cut.ranges.iter().flat_map(|&(start, len)| phase.pending.with_value(start, len, &batch)).collect(),
            None => cut.ranges.clone(),
        };
        for &(start, len) in &asked_after {
            phase.place(batch, start, u64::from(len), all);
        }
        let is_asked_after = |row: u64| {
            let at = asked_after.partition_point(|(start, _)| *start <= row);
            at > 0 && row < asked_after[at - 1].0 + u64::from(asked_after[at - 1].1)
        };
        let mut base = 0;
        let mut ranges = cut.ranges.iter().copied();
        let mut range = ranges.next();
        for (index, next) in except {
            while let Some((_, len)) = range
                && *index >= base + len
            {
                base += len;
                range = ranges.next();
            }
            if let Some((start, _)) = range {
                let row = start + u64::from(index - base);
                if is_asked_after(row) {
                    phase.place(batch, row, 1, next);
                }
            }
        }
    }

    /// The next batch of a phase of at most `rows_max` rows, without applying it: rows that are due again first, then fresh ones.
    /// None as well while so many batches wait that the round has to be finished first.
    pub fn cut(&self, phase: u8, rows_max: u32, now_ms: i64) -> Option<Cut> {
        if self.waiting.len() >= limits::WAITING_BATCHES_MAX {
            return None;
        }
        let p = &self.phases[usize::from(phase)];
        let mut due = p.again.iter().filter(|(_, _, again)| again.due_ms <= now_ms);
        if let Some((start, len, first)) = due.next() {
            let cap = u64::from(rows_max.min(first.rows_max));
            let mut ranges: Ranges = vec![(start, len.min(cap) as u32)];
            let mut rows = len.min(cap);
            for (start, len, again) in due {
                // Rows of another history go in a batch of their own, so that halves stay halves.
                if rows >= cap || (again.attempt, again.rows_max) != (first.attempt, first.rows_max) {
                    break;
                }
                let take = len.min(cap - rows);
                ranges.push((start, take as u32));
                rows += take;
            }
            return Some(Cut { batch: self.next_batch, phase, attempt: first.attempt, ranges });
        }
        let len = (p.rows - p.fresh).min(u64::from(rows_max));
        (len > 0).then(|| Cut { batch: self.next_batch, phase, attempt: 1, ranges: vec![(p.fresh, len as u32)] })
    }

    /// Whether every row of the phase is judged.
    pub fn phase_done(&self, phase: u8) -> bool {
        let p = &self.phases[usize::from(phase)];
        p.pending.is_empty() && p.fresh == p.rows && p.again.is_empty() && !self.open.values().any(|cut| cut.phase == phase)
    }

    /// Whether `finish` is next: every batch of the round has its answer.
    pub fn round_written(&self, phase: u8) -> bool {
        let p = &self.phases[usize::from(phase)];
        let full = self.waiting.len() >= limits::WAITING_BATCHES_MAX;
        (full || (p.fresh == p.rows && p.again.is_empty())) && !self.open.values().any(|cut| cut.phase == phase)
    }

    /// Whether the next batch may be cut where batches go one after the other: none is open, and no row waits that has to go before.
    pub fn may_follow(&self, phase: u8, now_ms: i64) -> bool {
        let p = &self.phases[usize::from(phase)];
        !self.open.values().any(|cut| cut.phase == phase) && p.again.iter().all(|(_, _, again)| again.due_ms <= now_ms)
    }

    /// Of the one batch that is open where they go one after the other: its number in the session, and whether nothing comes after it.
    pub fn seal(&self, phase: u8) -> (u32, bool) {
        let p = &self.phases[usize::from(phase)];
        (p.parts + 1, p.fresh == p.rows && p.again.is_empty())
    }

    /// Why a session that takes the place of everything cannot come to its end any more; none while it can.
    pub fn broken_session(&self, phase: u8) -> Option<&Why> {
        let p = &self.phases[usize::from(phase)];
        let lost = |verdict: &&Verdict| matches!(verdict.word, Word::Unknown | Word::Carried);
        // What is to be sent again after the end would be a session of its own, and take the place of this one.
        let late = p.again.iter().map(|(_, _, again)| &again.why).next().filter(|_| p.finished);
        let lost = p.judged.iter().map(|(_, _, verdict)| verdict).find(lost).and_then(|verdict| verdict.why.as_ref());
        lost.or(late).filter(|_| p.replaces)
    }

    /// Whether a round is under way: prepared, and not finished or not all judged.
    pub fn in_round(&self, phase: u8) -> bool {
        let p = &self.phases[usize::from(phase)];
        p.state.is_some() && (!p.finished || !p.pending.is_empty())
    }

    /// When the first row that waits is due; none when none waits.
    pub fn next_due_ms(&self, phase: u8) -> Option<i64> {
        self.phases[usize::from(phase)].again.iter().map(|(_, _, again)| again.due_ms).min()
    }

    /// What a batch that was under way when the host stopped becomes: sent again where a repeat is harmless, unknown where not.
    pub fn interrupted(cut: &Cut, repeat_is_harmless: bool, now_ms: i64) -> Event {
        let why = Why::ours(sluice_catalog::Code::RunInterrupted, "the host stopped while the batch was under way");
        let all = if repeat_is_harmless {
            Next::Again(Again { attempt: cut.attempt + 1, rows_max: cut.rows(), due_ms: now_ms, in_doubt: true, why })
        } else {
            Next::End(Verdict::new(Word::Unknown, why))
        };
        Event::Settled { batch: cut.batch, all, except: Vec::new() }
    }

    /// Ends every row that is not judged: carried, or unknown where it may have been applied or the platform works on it. For a run that
    /// stops early.
    pub fn give_up(&mut self, why: &Why) {
        for phase in &mut self.phases {
            let waiting: Vec<_> = phase.again.iter().map(|(s, l, a)| (s, l, a.clone())).collect();
            for (start, len, again) in waiting {
                phase.place(0, start, len, &Next::End(again.give_up()));
            }
            let pending: Vec<_> = phase.pending.iter().map(|(s, l, _)| (s, l)).collect();
            for (start, len) in pending {
                phase.place(0, start, len, &Next::End(Verdict::new(Word::Unknown, why.clone())));
            }
            for (start, len) in phase.judged.open(phase.rows) {
                phase.judged.set(start, len, &Verdict::new(Word::Carried, why.clone()));
            }
            phase.fresh = phase.rows;
            if phase.replaces && phase.judged.iter().any(|(_, _, verdict)| matches!(verdict.word, Word::Unknown | Word::Carried)) {
                phase.doubt(why);
            }
        }
        self.waiting.clear();
    }

    /// Counts by word over all phases; rows that the platform still works on are pending.
    pub fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        for phase in &self.phases {
            for (_, len, verdict) in phase.judged.iter() {
                tally.add(verdict.word, len);
            }
            phase.pending.iter().for_each(|(_, len, _)| tally.add(Word::Pending, len));
        }
        tally
    }
}

impl Phase {
    fn place(&mut self, batch: u32, start: u64, len: u64, next: &Next) {
        self.again.clear(start, len);
        self.pending.clear(start, len);
        self.judged.clear(start, len);
        match next {
            Next::End(verdict) => self.judged.set(start, len, verdict),
            Next::Again(again) => self.again.set(start, len, again),
            Next::Pending => self.pending.set(start, len, &batch),
        }
    }
}

impl Phase {
    /// Of a session that broke off nobody knows what of it is there.
    fn doubt(&mut self, why: &Why) {
        let accepted = |(start, len, verdict): (u64, u64, &Verdict)| (verdict.word == Word::Accepted).then_some((start, len));
        for (start, len) in self.judged.iter().filter_map(accepted).collect::<Vec<_>>() {
            self.judged.set(start, len, &Verdict::new(Word::Unknown, why.clone()));
        }
    }
}

#[cfg(test)]
mod tests;
