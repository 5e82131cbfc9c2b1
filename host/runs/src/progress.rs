//! How far a run's delivery has come, as a pure state machine over journal events.
//!
//! The same [`Progress::apply`] moves the live run and replays the journal after a crash, so the two cannot differ. Nothing here
//! waits, reads or sends; [`crate::deliver`] does, and writes each event down before it acts on it.
//!
//! A row of a phase is in one of four places: *fresh* (behind the cursor nothing has been cut yet), in an *open* batch (cut, written
//! down, perhaps on its way), *again* (to be cut once more), or *judged*.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sluice_catalog::outcome::{Tally, Word};

use crate::{
    limits,
    spans::Spans,
    verdict::{Verdict, Why},
};

/// Rows of a phase: start and length, in order, disjoint.
pub type Ranges = Vec<(u64, u32)>;

/// What the journal holds of a run's delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// `prepare` of a phase returned this state.
    Prepared {
        /// Index of the phase.
        phase: u8,
        /// Bytes for every call of the phase.
        state: Vec<u8>,
    },
    /// A batch was cut and may leave from now on.
    Cut(Cut),
    /// What became of a batch's rows.
    Settled {
        /// Number of the batch.
        batch: u32,
        /// Of every row, except those named.
        all: Next,
        /// By index in the batch.
        except: Vec<(u32, Next)>,
    },
}

/// A batch, as it is written down before it leaves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cut {
    /// Counts from 1 over the run.
    pub batch: u32,
    /// Index of the phase.
    pub phase: u8,
    /// 1 for the first send of its rows.
    pub attempt: u32,
    /// Its rows.
    pub ranges: Ranges,
}

impl Cut {
    /// Number of rows.
    pub fn rows(&self) -> u32 {
        self.ranges.iter().map(|(_, len)| len).sum()
    }
}

/// Where a row goes from an open batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Next {
    /// It is judged.
    End(Verdict),
    /// It is cut once more.
    Again(Again),
}

/// A row that waits to be cut once more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Again {
    /// The attempt that its next batch will be.
    pub attempt: u32,
    /// Rows that its next batch may have at most; halves after a refusal that names no row.
    pub rows_max: u32,
    /// Not before, in milliseconds since 1970-01-01T00:00:00Z.
    pub due_ms: i64,
    /// Whether it may have been applied already.
    pub in_doubt: bool,
    /// Why the last attempt was no success.
    pub why: Why,
}

/// One phase's rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Phase {
    /// Rows in all.
    pub rows: u64,
    /// Rows below this have been cut at least once.
    pub fresh: u64,
    /// What `prepare` returned.
    pub state: Option<Vec<u8>>,
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
    /// Batches cut and not settled.
    pub open: BTreeMap<u32, Cut>,
    /// The number of the next batch.
    pub next_batch: u32,
}

impl Progress {
    /// At the start, with the row counts of the phases.
    pub fn new(rows: impl IntoIterator<Item = u64>) -> Self {
        let phases = rows.into_iter().map(|rows| Phase { rows, ..Phase::default() }).collect();
        Self { phases, open: BTreeMap::new(), next_batch: 1 }
    }

    /// Moves on by one event of the journal.
    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::Prepared { phase, state } => self.phases[usize::from(*phase)].state = Some(state.clone()),
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
                let Some(cut) = self.open.remove(batch) else { return };
                let phase = &mut self.phases[usize::from(cut.phase)];
                for &(start, len) in &cut.ranges {
                    phase.place(start, u64::from(len), all);
                }
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
                        phase.place(start + u64::from(index - base), 1, next);
                    }
                }
            }
        }
    }

    /// The next batch of a phase of at most `rows_max` rows, without applying it: rows that are due again first, then fresh ones.
    pub fn cut(&self, phase: u8, rows_max: u32, now_ms: i64) -> Option<Cut> {
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
        p.fresh == p.rows && p.again.is_empty() && !self.open.values().any(|cut| cut.phase == phase)
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

    /// Ends every row that is not judged: carried, or unknown where it may have been applied. For a run that stops early.
    pub fn give_up(&mut self, why: &Why) {
        for phase in &mut self.phases {
            let waiting: Vec<_> = phase.again.iter().map(|(s, l, a)| (s, l, a.clone())).collect();
            for (start, len, again) in waiting {
                phase.place(start, len, &Next::End(again.give_up()));
            }
            for (start, len) in phase.judged.open(phase.rows) {
                phase.judged.set(start, len, &Verdict::new(Word::Carried, why.clone()));
            }
            phase.fresh = phase.rows;
        }
    }

    /// Counts by word over all phases.
    pub fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        for phase in &self.phases {
            for (_, len, verdict) in phase.judged.iter() {
                tally.add(verdict.word, len);
            }
        }
        tally
    }
}

impl Phase {
    fn place(&mut self, start: u64, len: u64, next: &Next) {
        match next {
            Next::End(verdict) => {
                self.again.clear(start, len);
                self.judged.set(start, len, verdict);
            }
            Next::Again(again) => {
                self.judged.clear(start, len);
                self.again.set(start, len, again);
            }
        }
    }
}

impl Again {
    /// The verdict when there is no further attempt in this run.
    pub fn give_up(&self) -> Verdict {
        let word = if self.in_doubt { Word::Unknown } else { Word::Carried };
        Verdict::new(word, self.why.clone())
    }

    /// This, or its end when the attempts of a run are used up.
    pub fn or_end(self) -> Next {
        if self.attempt > limits::ATTEMPTS_MAX { Next::End(self.give_up()) } else { Next::Again(self) }
    }
}

#[cfg(test)]
mod tests;
