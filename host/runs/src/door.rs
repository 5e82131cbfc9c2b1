//! What stands behind the sandbox's door during a run: the egress gate, the run's spool, the log.

use std::sync::Arc;

use sluice_catalog::{
    Code,
    columnar::Batch,
    contract::{Failure, Level, Request, Response, SqlFailure, SqlRows},
};
use sluice_egress::{Deadline, Gate, Pass, sql::Sessions};
use sluice_sandbox::{Answer, Ask, Door, Until};
use tokio::runtime::Handle;

/// Carries a guest's questions to the rooms that answer them. Called on guest threads, which may block.
pub(crate) struct EgressDoor {
    gate: Arc<Gate>,
    pass: Pass,
    /// The connection of a source; a destination has none.
    sql: Option<Sessions>,
    runtime: Handle,
    /// Names the cause (a run's or a destination's id) in log lines.
    cause: String,
}

impl EgressDoor {
    /// For one run, or one question to a destination.
    pub(crate) fn new(gate: Arc<Gate>, pass: Pass, runtime: Handle, cause: String) -> Self {
        Self { gate, pass, sql: None, runtime, cause }
    }

    /// With the connection of a source.
    pub(crate) fn with_sql(self, sql: Option<Sessions>) -> Self {
        Self { sql, ..self }
    }

    fn query(&self, connection: &str, statement: &str, until: &Until) -> Result<SqlRows, SqlFailure> {
        let sql = self.sql.as_ref().ok_or_else(no_connection)?;
        let work = sql.query(connection, statement, deadline(until));
        self.runtime.block_on(async {
            tokio::select! {
                biased;
                answer = work => answer,
                () = until.stopped() => Err(stopped_statement()),
            }
        })
    }

    fn fetch(&self, id: u64, rows_max: u32, until: &Until) -> Result<Option<Batch>, SqlFailure> {
        let sql = self.sql.as_ref().ok_or_else(no_connection)?;
        let work = sql.fetch(id, rows_max, deadline(until));
        self.runtime.block_on(async {
            tokio::select! {
                biased;
                answer = work => answer,
                () = until.stopped() => Err(stopped_statement()),
            }
        })
    }

    fn send(&self, request: Request, until: &Until) -> Result<Response, Failure> {
        let work = self.gate.send(&self.pass, request, deadline(until));
        self.runtime.block_on(async {
            tokio::select! {
                biased;
                answer = work => answer,
                () = until.stopped() => Err(stopped()),
            }
        })
    }

    fn send_all(&self, requests: Vec<Request>, in_flight_max: u32, until: &Until) -> Vec<Result<Response, Failure>> {
        let count = requests.len();
        let work = self.gate.send_all(&self.pass, requests, in_flight_max, deadline(until));
        self.runtime.block_on(async {
            tokio::select! {
                biased;
                answers = work => answers,
                () = until.stopped() => (0..count).map(|_| Err(stopped())).collect(),
            }
        })
    }
}

fn deadline(until: &Until) -> Deadline {
    Deadline::at(tokio::time::Instant::from_std(until.deadline()))
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
            Ask::SqlQuery { connection, statement } => Answer::SqlRows(self.query(&connection, &statement, until)),
            Ask::SqlFetch { id, rows_max } => Answer::SqlBatch(self.fetch(id, rows_max, until)),
            Ask::SqlClose { id } => {
                // A drop that cancels at the server needs the runtime that it runs on.
                let _entered = self.runtime.enter();
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
        sluice_egress::SpoolError::Io(io) if io.kind() == std::io::ErrorKind::StorageFull => Code::DiskFull,
        sluice_egress::SpoolError::Io(_) | sluice_egress::SpoolError::Damaged => Code::StateIo,
        _ => Code::ConnectorHostCallLimit,
    }
}
