//! What stands behind the sandbox's door: the egress gate, a source's connection, the run's spool, the log.

use sluice_catalog::{
    Code,
    columnar::Batch,
    contract::{Failure, Level, Request, Response, SqlFailure, SqlRows},
};
use sluice_egress::{Deadline, Pass, sql::Sessions};
use sluice_sandbox::{Answer, Ask, Door, Until};
use tokio::runtime::Handle;

use crate::{limits::ANSWER_GRACE, ways::Ways};

/// Carries a guest's questions to the rooms that answer them. Called on guest threads, which may block.
pub(crate) struct EgressDoor {
    ways: Ways,
    pass: Pass,
    /// The connection of a source; a destination has none.
    sql: Option<Statements>,
    /// Names the cause (a run's or a destination's id) in log lines.
    cause: String,
}

/// Statements of a source. Their sockets live on the host's runtime and not on a way's: rows are read on after the call that opened
/// them has ended.
struct Statements {
    sessions: Sessions,
    runtime: Handle,
}

impl EgressDoor {
    /// For one run, or one question to a destination or a source.
    pub(crate) fn new(pass: Pass, cause: String) -> Self {
        Self { ways: Ways::default(), pass, sql: None, cause }
    }

    /// With the connection of a source. To be called within the runtime on which its sockets are to live.
    pub(crate) fn with_sql(self, sessions: Option<Sessions>) -> Self {
        Self { sql: sessions.map(|sessions| Statements { sessions, runtime: Handle::current() }), ..self }
    }

    fn send(&self, request: Request, until: &Until) -> Result<Response, Failure> {
        let answer = self.ways.wait(async |gate| {
            tokio::select! {
                biased;
                answer = gate.send(&self.pass, request, deadline(until)) => answer,
                () = until.stopped() => Err(stopped()),
            }
        });
        answer.unwrap_or_else(|cause| Err(no_way(cause)))
    }

    fn send_all(&self, requests: Vec<Request>, in_flight_max: u32, until: &Until) -> Vec<Result<Response, Failure>> {
        let count = requests.len();
        let answers = self.ways.wait(async |gate| {
            tokio::select! {
                biased;
                answers = gate.send_all(&self.pass, requests, in_flight_max, deadline(until)) => answers,
                () = until.stopped() => (0..count).map(|_| Err(stopped())).collect(),
            }
        });
        answers.unwrap_or_else(|cause| (0..count).map(|_| Err(no_way(cause.clone()))).collect())
    }
}

impl Statements {
    /// Waits on this thread for what `work` does with the sessions.
    fn wait<T>(&self, until: &Until, work: impl Future<Output = Result<T, SqlFailure>>) -> Result<T, SqlFailure> {
        self.runtime.block_on(async {
            tokio::select! {
                biased;
                answer = work => answer,
                () = until.stopped() => Err(stopped_statement()),
            }
        })
    }

    fn query(&self, connection: &str, statement: &str, until: &Until) -> Result<SqlRows, SqlFailure> {
        self.wait(until, self.sessions.query(connection, statement, deadline(until)))
    }

    fn fetch(&self, id: u64, rows_max: u32, until: &Until) -> Result<Option<Batch>, SqlFailure> {
        self.wait(until, self.sessions.fetch(id, rows_max, deadline(until)))
    }

    fn close(&self, id: u64) {
        // A drop that cancels at the server needs the runtime that it runs on.
        let _within = self.runtime.enter();
        self.sessions.close(id);
    }
}

/// The system gives no way out (no file descriptors): nothing left.
fn no_way(message: String) -> Failure {
    Failure { code: Code::StateIo.as_str().into(), message, sent: false }
}

/// A little before the call's own end, so that the component still hears of a wait that was in vain and says what it means.
fn deadline(until: &Until) -> Deadline {
    let grace = ANSWER_GRACE.min(until.left() / 10);
    Deadline::at(tokio::time::Instant::from_std(until.deadline() - grace))
}

/// Cut by the stop of the run: bytes may have left, so the rows are in doubt.
fn stopped() -> Failure {
    Failure { code: Code::EgressCancelled.as_str().into(), message: "the run was stopped during the request".into(), sent: true }
}

fn stopped_statement() -> SqlFailure {
    SqlFailure { code: Code::EgressCancelled.as_str().into(), message: "the work was stopped during the statement".into() }
}

fn no_connection() -> SqlFailure {
    SqlFailure { code: Code::ConnectorProtocol.as_str().into(), message: "the manifest declares no connection".into() }
}

impl Door for EgressDoor {
    fn ask(&self, ask: Ask, until: &Until) -> Answer {
        let none = || "this call has no spool".to_owned();
        let spool = self.pass.spool();
        match ask {
            Ask::Send(request) => Answer::Sent(self.send(request, until)),
            Ask::SendAll { requests, in_flight_max } => Answer::SentAll(self.send_all(requests, in_flight_max, until)),
            Ask::SpoolCreate => match spool.map(|s| s.create()) {
                Some(Ok(id)) => Answer::Spool(id),
                Some(Err(error)) => Answer::Refused { code: spool_code(&error), cause: error.to_string() },
                None => Answer::Refused { code: Code::ConnectorProtocol, cause: none() },
            },
            Ask::SpoolAppend { id, chunk } => {
                Answer::Appended(spool.ok_or_else(none).and_then(|s| s.append(id, &chunk).map_err(|e| e.to_string())))
            }
            Ask::SpoolSize { id } => Answer::Size(spool.and_then(|s| s.size(id).ok()).unwrap_or(0)),
            Ask::SpoolRead { id, offset, bytes_max } => {
                Answer::Read(spool.ok_or_else(none).and_then(|s| s.read(id, offset, bytes_max).map_err(|e| e.to_string())))
            }
            Ask::SqlQuery { connection, statement } => {
                let sql = self.sql.as_ref().ok_or_else(no_connection);
                Answer::SqlRows(sql.and_then(|sql| sql.query(&connection, &statement, until)))
            }
            Ask::SqlFetch { id, rows_max } => {
                let sql = self.sql.as_ref().ok_or_else(no_connection);
                Answer::SqlBatch(sql.and_then(|sql| sql.fetch(id, rows_max, until)))
            }
            Ask::SqlClose { id } => {
                if let Some(sql) = &self.sql {
                    sql.close(id);
                }
                Answer::SqlClosed
            }
            Ask::Log { level, message } => {
                let cause = &self.cause;
                match level {
                    Level::Debug => tracing::debug!(target: "connector", %cause, message),
                    Level::Info => tracing::info!(target: "connector", %cause, message),
                    Level::Warn => tracing::warn!(target: "connector", %cause, message),
                    Level::Error => tracing::error!(target: "connector", %cause, message),
                }
                Answer::Noted
            }
        }
    }
}

/// A spool that cannot be made is the disk's doing, or the connector's, which has made too many.
pub(crate) fn spool_code(error: &sluice_egress::SpoolError) -> Code {
    match error {
        sluice_egress::SpoolError::Io(io) => Code::of_io(io.kind()),
        sluice_egress::SpoolError::Damaged => Code::StateIo,
        _ => Code::ConnectorHostCallLimit,
    }
}
