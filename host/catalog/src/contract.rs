//! The messages of the connector contract, `sluice:connector@0.1.0`, as plain owned values.
//!
//! What crosses between a guest and the rest of the host is one of these: serialisable, without handles or borrows, so that guests
//! can live in a process of their own. `wit/v0/` is the normative text; this module mirrors it one to one, and the sandbox converts.

use serde::{Deserialize, Serialize};

use crate::columnar::{Batch, Column, Field};

/// Open-ended facts by key; a new field on a record would break the contract, a new key does not.
pub type Attrs = Vec<(String, String)>;

/// What a batch of rows is to do at the platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)] // the names are the field's terms, see the glossary
pub enum Operation {
    Upsert,
    Update,
    Insert,
    Add,
    Remove,
    Append,
    Clear,
    Replace,
}

/// Which batch of a run this is. `key` is a hash of (activation, run, operation, row keys, payload hashes, in order): the same rows of a run give
/// the same key, any subset another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Part {
    pub key: String,
    pub number: u32,
    pub last: bool,
    pub rows_total: Option<u64>,
    pub attempt: u32,
}

/// What a call is about. `now_ms` is frozen per run; `settings` and `options` are JSON text already checked against the manifest;
/// `keep` is what `setup` returned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Task {
    pub service: String,
    pub mode: String,
    pub settings: String,
    pub options: String,
    pub now_ms: u64,
    pub keep: Vec<u8>,
    pub attrs: Attrs,
}

/// Why something was not done. `code` is from the registry ([`crate::Code`]); `vendor_code` is the platform's own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Reason {
    pub code: String,
    pub vendor_code: Option<String>,
    pub message: String,
    pub field: Option<String>,
    pub after_ms: Option<u64>,
    pub at_ms: Option<u64>,
    pub attrs: Attrs,
}

/// What became of one row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// The platform took it.
    Accepted,
    /// A vendor job has it; its ticket is polled later.
    Pending,
    /// The row must change before it can be accepted.
    Rejected(Reason),
    /// Nothing was applied; the same row may be sent again.
    Retry(Reason),
    /// May or may not have been applied.
    Unknown(Reason),
    /// The mode does not apply, for instance update-only and not there.
    Skipped(Reason),
}

/// One outcome per row, said explicitly: `all`, except the rows named. `notes`: accepted, but a field was dropped. `unnamed`: so
/// many of them were bad, the platform does not say which.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Receipt {
    pub all: Outcome,
    pub except: Vec<(u32, Outcome)>,
    pub notes: Vec<(u32, Reason)>,
    pub unnamed: u32,
    pub remote_ids: Option<Column>,
    pub attrs: Attrs,
}

/// Work that the platform goes on with by itself; the host asks again after `poll_after_ms`, until `give_up_after_ms`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Ticket {
    pub token: Vec<u8>,
    pub poll_after_ms: u32,
    pub give_up_after_ms: u64,
}

/// Why a call could not be carried out; of a write only when nothing was written (else a receipt and `stop`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Halt {
    /// The credential is not accepted (401, or 403 that a new credential would cure).
    Auth(Reason),
    /// Settings, options, mapping or rights must change first.
    Config(Reason),
    /// The object at the platform is gone (list, account).
    Missing(Reason),
    /// Too fast; `after_ms` or `at_ms` say when to come back, where the platform says so.
    Throttled(Reason),
    /// An allowance is used up until `at_ms`.
    Quota(Reason),
    /// The platform does not work now.
    Unavailable(Reason),
    /// The batch is too large for one request; `rows_fit` fit.
    SplitBatch {
        /// Why.
        reason: Reason,
        /// So many rows from the start would fit, where known.
        rows_fit: Option<u32>,
    },
    /// Call again with `resume` = the ticket's token.
    Later(Ticket),
    /// The connector or the platform broke a rule of the contract.
    Contract(Reason),
}

impl Halt {
    /// Why; a halt that asks for another call has no reason.
    pub fn reason(&self) -> Option<&Reason> {
        match self {
            Self::Auth(reason)
            | Self::Config(reason)
            | Self::Missing(reason)
            | Self::Throttled(reason)
            | Self::Quota(reason)
            | Self::Unavailable(reason)
            | Self::Contract(reason)
            | Self::SplitBatch { reason, .. } => Some(reason),
            Self::Later(_) => None,
        }
    }
}

/// The answer of a write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Written {
    pub receipt: Receipt,
    pub later: Option<Ticket>,
    pub stop: Option<Halt>,
}

/// A request's or an answer's body; `Spooled` names bytes that the host keeps for the length of the run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Body {
    None,
    Bytes(Vec<u8>),
    Spooled(u64),
}

/// What a repeat of the request would do: nothing, the same state once more, or a second effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Effect {
    Read,
    Repeatable,
    Once,
}

/// Where the answer's body goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum AnswerTo {
    Bytes,
    Spool,
}

/// One request through the only door. Credentials are named, never seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Request {
    pub method: String,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: Body,
    pub credentials: Vec<String>,
    pub effect: Effect,
    pub pace: Vec<String>,
    pub answer: AnswerTo,
    pub answer_bytes_max: u32,
    pub attrs: Attrs,
}

/// The platform's answer. `truncated`: the body was longer than the request allowed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Response {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Body,
    pub truncated: bool,
    pub attrs: Attrs,
}

/// No answer. `sent` = false: nothing left the host, so a repeat is safe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{code}: {message}")]
#[allow(missing_docs)]
pub struct Failure {
    pub code: String,
    pub message: String,
    pub sent: bool,
}

/// How loud a log line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Level {
    Debug,
    Info,
    Warn,
    Error,
}

/// What a statement on a granted connection gives: a handle to rows that stay in the host, and their columns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct SqlRows {
    pub id: u64,
    pub schema: Vec<Field>,
}

/// Why a statement gave no rows. `code` is from the registry ([`crate::Code`]).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{code}: {message}")]
#[allow(missing_docs)]
pub struct SqlFailure {
    pub code: String,
    pub message: String,
}

/// Where the rows of a source's statement are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum SourceRows {
    /// In the host, under the handle that `sql.query` gave.
    Hosted(u64),
    /// Behind cursors that may be read side by side.
    Paged(Vec<Vec<u8>>),
}

/// A statement of a source that has begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Opened {
    pub schema: Vec<Field>,
    pub rows: SourceRows,
}

/// Some of the rows behind a cursor; `next` is where the cursor goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct SourcePage {
    pub batches: Vec<Batch>,
    pub next: Option<Vec<u8>>,
}

/// Some of the members of a segment that lives on a platform; `next` is where the page after this one begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct MembersPage {
    pub schema: Vec<Field>,
    pub members: Batch,
    pub next: Option<Vec<u8>>,
}

/// A call into a connector; the variants are the functions of `sluice:connector/destination` and `sluice:connector/source`, which
/// share `check` and `discover`, and of `sluice:connector/membership`, which a destination may have beside its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Call {
    Check { task: Task, resume: Option<Vec<u8>> },
    Discover { task: Task, kind: String, cursor: Option<String>, resume: Option<Vec<u8>> },
    Setup { task: Task, resume: Option<Vec<u8>> },
    Prepare { task: Task, operation: Operation, schema: Vec<Field>, resume: Option<Vec<u8>> },
    Write { task: Task, state: Vec<u8>, operation: Operation, part: Part, schema: Vec<Field>, batch: Batch },
    Poll { task: Task, state: Vec<u8>, operation: Operation, part: Part, schema: Vec<Field>, batch: Batch, token: Vec<u8> },
    Finish { task: Task, state: Vec<u8>, operation: Operation, resume: Option<Vec<u8>> },
    Open { task: Task, statement: String, resume: Option<Vec<u8>> },
    Next { task: Task, cursor: Vec<u8>, resume: Option<Vec<u8>> },
    Cancel { task: Task, cursor: Vec<u8> },
    Members { task: Task, segment: String, cursor: Option<Vec<u8>>, resume: Option<Vec<u8>> },
}

/// What the connector answered, by call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(clippy::large_enum_variant, reason = "made once for a call, and taken apart at once")]
pub enum Reply {
    /// Of `check` and `discover`: JSON text.
    Text(Result<String, Halt>),
    /// Of `setup` and `prepare`.
    Bytes(Result<Vec<u8>, Halt>),
    /// Of `write` and `poll`.
    Written(Result<Written, Halt>),
    /// Of `finish`.
    Attrs(Result<Attrs, Halt>),
    /// Of `open`.
    Opened(Result<Opened, Halt>),
    /// Of `next`.
    Page(Result<SourcePage, Halt>),
    /// Of `cancel`, which has nothing to say.
    Cancelled,
    /// Of `members`.
    Members(Result<MembersPage, Halt>),
}

impl Reason {
    /// A reason with a code of the registry and a sentence.
    pub fn new(code: crate::Code, message: impl Into<String>) -> Self {
        Self { code: code.as_str().to_owned(), message: message.into(), ..Self::default() }
    }
}
