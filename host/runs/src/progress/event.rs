//! What a run's journal holds of its delivery.
//!
//! The journal outlives the process that wrote it, and may be read by the release after it: variants are added at the end, and none
//! changes.

use serde::{Deserialize, Serialize};
use sluice_catalog::{contract::Ticket, outcome::Word};

use crate::{
    limits,
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
    /// A batch has its answer, and the platform goes on with some of its rows by itself. Of a batch that waits already: asked once
    /// more, and not ready.
    Waiting {
        /// Number of the batch.
        batch: u32,
        /// Of every row, except those named.
        all: Next,
        /// By index in the batch.
        except: Vec<(u32, Next)>,
        /// What to ask with, and when.
        ticket: Ticket,
        /// When the answer came, in milliseconds since 1970-01-01T00:00:00Z.
        at_ms: i64,
    },
    /// `finish` of a phase has returned: batches that wait can be judged from now on, and their times count from here.
    Finished {
        /// Index of the phase.
        phase: u8,
        /// When, in milliseconds since 1970-01-01T00:00:00Z.
        at_ms: i64,
    },
    /// A session without rows that takes the place of everything was taken.
    Emptied {
        /// Index of the phase.
        phase: u8,
    },
    /// The platform's own ids of rows, told with an answer; the last one of a row counts. They move nothing here, and are read again
    /// when the run is settled.
    RemoteIds {
        /// Index of the phase.
        phase: u8,
        /// By index in the phase.
        ids: Vec<(u64, Box<str>)>,
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

/// Where a row goes from a batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Next {
    /// It is judged.
    End(Verdict),
    /// It is cut once more.
    Again(Again),
    /// The platform works on it; its batch waits.
    Pending,
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
