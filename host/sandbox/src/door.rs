//! The door: everything a guest can ask of the host, as owned, serialisable messages.
//!
//! The room behind it (egress, spool, log) is wired by whoever starts a run; the sandbox only checks budgets, converts and waits.
//! Because questions and answers are plain messages, the same door works across a socket ([`SocketDoor`], [`serve_door`]), which is
//! how guests can move to a process of their own.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use sluice_catalog::{
    Code,
    columnar::Batch,
    contract::{Failure, Level, Request, Response, SqlFailure, SqlRows},
};
use tokio_util::sync::CancellationToken;

mod frame;
mod socket;

pub use socket::{SocketDoor, serve_door};

/// A question of a guest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ask {
    /// One request through egress. Answered by [`Answer::Sent`].
    Send(Request),
    /// Several requests, at most `in_flight_max` (1 or more) at a time. Answered by [`Answer::SentAll`], in the same order.
    SendAll {
        /// The requests.
        requests: Vec<Request>,
        /// Already lowered to the run's limit.
        in_flight_max: u32,
    },
    /// A new, empty spool of this run. Answered by [`Answer::Spool`].
    SpoolCreate,
    /// More bytes at a spool's end. Answered by [`Answer::Appended`].
    SpoolAppend {
        /// From [`Answer::Spool`].
        id: u64,
        /// The bytes.
        chunk: Vec<u8>,
    },
    /// How long a spool is. Answered by [`Answer::Size`]; 0 for a spool that is not there.
    SpoolSize {
        /// From [`Answer::Spool`].
        id: u64,
    },
    /// A piece of a spool. Answered by [`Answer::Read`].
    SpoolRead {
        /// From [`Answer::Spool`].
        id: u64,
        /// First byte.
        offset: u64,
        /// At most so many bytes; fewer at the end.
        bytes_max: u32,
    },
    /// A line of the connector's log: one line, bounded, control characters escaped. Answered by [`Answer::Noted`].
    Log {
        /// How loud.
        level: Level,
        /// What.
        message: String,
    },
    /// A statement on a granted connection; of sources alone. Answered by [`Answer::SqlRows`].
    SqlQuery {
        /// The connection's name in the manifest.
        connection: String,
        /// One statement that reads.
        statement: String,
    },
    /// The next rows of a statement. Answered by [`Answer::SqlBatch`].
    SqlFetch {
        /// From [`Answer::SqlRows`].
        id: u64,
        /// At most so many rows, 1 or more.
        rows_max: u32,
    },
    /// The rows are not wanted any more. Answered by [`Answer::SqlClosed`].
    SqlClose {
        /// From [`Answer::SqlRows`].
        id: u64,
    },
}

/// The host's answer; the variant follows from the question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// Of [`Ask::Send`].
    Sent(Result<Response, Failure>),
    /// Of [`Ask::SendAll`]: one per request, in order.
    SentAll(Vec<Result<Response, Failure>>),
    /// Of [`Ask::SpoolCreate`].
    Spool(u64),
    /// Of [`Ask::SpoolAppend`]; the error is for the guest to read.
    Appended(Result<(), String>),
    /// Of [`Ask::SpoolSize`].
    Size(u64),
    /// Of [`Ask::SpoolRead`].
    Read(Result<Vec<u8>, String>),
    /// Of [`Ask::Log`].
    Noted,
    /// Of [`Ask::SqlQuery`].
    SqlRows(Result<SqlRows, SqlFailure>),
    /// Of [`Ask::SqlFetch`]; none after the last row.
    SqlBatch(Result<Option<Batch>, SqlFailure>),
    /// Of [`Ask::SqlClose`].
    SqlClosed,
    /// The host cannot go on with this guest (a full disk, a lost door): it is ended with this code and cause.
    Refused {
        /// From the registry.
        code: Code,
        /// Why, for a person.
        cause: String,
    },
}

/// How long an answer is wanted: until the call's deadline, or until the run is stopped, whichever comes first.
#[derive(Debug, Clone)]
pub struct Until {
    deadline: Instant,
    stop: CancellationToken,
}

impl Until {
    /// Both limits; `stop` is the run's.
    pub fn new(deadline: Instant, stop: CancellationToken) -> Self {
        Self { deadline, stop }
    }

    /// The call's deadline.
    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Time left; zero when it is over.
    pub fn left(&self) -> Duration {
        if self.is_stopped() { Duration::ZERO } else { self.deadline.saturating_duration_since(Instant::now()) }
    }

    /// Whether the run was stopped. The deadline may pass without this.
    pub fn is_stopped(&self) -> bool {
        self.stop.is_cancelled()
    }

    /// Done when the run is stopped; to be raced against the work, beside a timer for the deadline. Needs no runtime.
    pub async fn stopped(&self) {
        self.stop.cancelled().await;
    }
}

/// The host's side of the door.
pub trait Door: Send + Sync {
    /// Answers one question. Called on a guest's own thread, by several guests of a run at once; may block, and must come back soon
    /// after `until` is over, with whatever is true then: for a request that was cut, a failure that says honestly whether something
    /// was sent. An answer that comes after `until` still counts for that, and the guest is ended.
    fn ask(&self, ask: Ask, until: &Until) -> Answer;
}
