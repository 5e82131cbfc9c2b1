//! The statements of one piece of work: a handle for each, connections used one after the other, and the end of all of them.

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use sluice_catalog::{
    Code,
    clock::Clock,
    columnar::Batch,
    contract::{SqlFailure, SqlRows},
    seal::Secret,
    source::Connection,
};
use tokio::{sync::Semaphore, time::timeout_at};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    Rows, SqlError,
    dial::Dial,
    handout,
    line::Lines,
    rows::Begun,
    secrets::Secrets,
    session::{Opening, Session},
    shape::Shape,
};
use crate::{
    Deadline,
    limits::{SQL_IDLE_MAX, SQL_SESSIONS_MAX, SQL_STATEMENT_BYTES_MAX},
    pass::Recorder,
    resolve::Resolve,
};

/// What the statements of one piece of work run within.
pub struct Around {
    /// Looks names up.
    pub resolver: Arc<dyn Resolve>,
    /// For the ledger's lines.
    pub clock: Arc<dyn Clock>,
    /// Takes one line for each statement.
    pub recorder: Arc<dyn Recorder>,
    /// `sha256:` and 64 hexadecimal digits.
    pub component: String,
    /// What database administrators see as `application_name`; at most 63 bytes count.
    pub label: String,
    /// Ends every statement when it is cancelled.
    pub cancel: CancellationToken,
    /// Takes the cancel requests of statements that are given up, a few seconds each: whoever owns it waits for them before the
    /// process ends.
    pub tasks: TaskTracker,
}

/// Statements on one granted server, for one piece of work. Cheap to clone.
#[derive(Clone)]
pub struct Sessions(Arc<Inner>);

pub(super) struct Inner {
    connection: Connection,
    secrets: Secrets,
    label: String,
    dial: Arc<Dial>,
    lines: Lines,
    cancel: CancellationToken,
    tasks: TaskTracker,
    /// Of open connections. Each ends by itself once its connection is dropped, so that nobody waits for them.
    drivers: TaskTracker,
    places: Arc<Semaphore>,
    idle: Mutex<Vec<Session>>,
    handles: Mutex<HashMap<u64, Rows>>,
    last_id: AtomicU64,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Sessions {
    /// Takes the secrets whose names the connection declares. Nothing is dialled yet, and nothing is read of the secrets: fails only
    /// when one is not there ([`Code::CredentialMissing`]).
    pub fn new(connection: Connection, secrets: Vec<(String, Secret)>, around: Around) -> Result<Self, SqlError> {
        let Around { resolver, clock, recorder, component, label, cancel, tasks } = around;
        let secrets = Secrets::of(&connection, secrets)?;
        let dial = Arc::new(Dial::new(&connection, &secrets, resolver));
        let (host, database) = (connection.host.clone(), connection.database.clone());
        let bastion = connection.bastion.as_ref().map(|bastion| format!("ssh://{}:{}", bastion.host, bastion.port));
        let lines = Lines { recorder, clock, component, host, bastion, database, credentials: secrets.used() };
        Ok(Self(Arc::new(Inner {
            connection,
            secrets,
            label,
            dial,
            lines,
            cancel,
            tasks,
            drivers: TaskTracker::new(),
            places: Arc::new(Semaphore::new(SQL_SESSIONS_MAX)),
            idle: Mutex::default(),
            handles: Mutex::default(),
            last_id: AtomicU64::new(0),
        })))
    }

    /// Opens a statement: one that the server takes as one, and whose columns it tells. Nothing is read before the rows are asked for.
    pub async fn query(&self, connection: &str, statement: &str, deadline: Deadline) -> Result<SqlRows, SqlFailure> {
        let work = self.open(connection, statement);
        let opened = tokio::select! {
            biased;
            () = self.0.cancel.cancelled() => Err(SqlError::cancelled()),
            opened = timeout_at(deadline.instant(), work) => {
                opened.unwrap_or_else(|_| Err(SqlError::new(Code::SourceTimeout, "the call's time ended before the server answered")))
            }
        };
        let rows = opened?;
        let schema = handout::fields(rows.schema());
        let id = self.0.last_id.fetch_add(1, Relaxed) + 1;
        lock(&self.0.handles).insert(id, rows);
        Ok(SqlRows { id, schema })
    }

    async fn open(&self, connection: &str, statement: &str) -> Result<Rows, SqlError> {
        let inner = &self.0;
        let mut line = inner.lines.open(statement);
        let opened = async {
            if connection != inner.connection.declared.name {
                let cause = format!("the manifest has no connection `{}`", connection.escape_default());
                return Err(SqlError::new(Code::ConnectorProtocol, cause));
            }
            if statement.len() > SQL_STATEMENT_BYTES_MAX {
                return Err(SqlError::new(
                    Code::SourceQueryFailed,
                    format!("a statement has at most {SQL_STATEMENT_BYTES_MAX} bytes"),
                ));
            }
            let session = inner.session().await?;
            let prepared = session.prepare(statement).await?;
            if !prepared.params().is_empty() {
                return Err(SqlError::new(Code::SourceQueryFailed, "the statement has parameters, which nobody would fill"));
            }
            if prepared.columns().is_empty() {
                return Err(SqlError::new(Code::SourceWriteRefused, "the statement gives no columns: it does not read"));
            }
            Ok((session, Shape::of(prepared.columns())))
        };
        match opened.await {
            Ok((session, shape)) => {
                let (seconds, cancel) = (inner.connection.statement_seconds, inner.cancel.clone());
                let silence = Duration::from_secs(u64::from(seconds)) + crate::limits::SQL_GRACE;
                let begun = Begun { session, shape, statement: statement.to_owned(), line, silence, cancel };
                Ok(Rows::new(begun, Arc::downgrade(inner)))
            }
            Err(error) => {
                line.failed(&error);
                Err(error)
            }
        }
    }

    /// At most `rows_max` further rows of a handle; none after the last.
    pub async fn fetch(&self, id: u64, rows_max: u32, deadline: Deadline) -> Result<Option<Batch>, SqlFailure> {
        let Some(mut rows) = self.take(id) else {
            return Err(SqlError::new(Code::ConnectorProtocol, "there is no such handle").into());
        };
        let late = || SqlError::new(Code::SourceTimeout, "the call's time ended before the server answered");
        let next = timeout_at(deadline.instant(), rows.next(rows_max as usize)).await.unwrap_or_else(|_| Err(late()))?;
        lock(&self.0.handles).insert(id, rows);
        Ok(next.map(|batch| handout::batch(&batch)))
    }

    /// Lets go of a handle; what the server does for it is cancelled.
    pub fn close(&self, id: u64) {
        drop(self.take(id));
    }

    /// The rows behind a handle, to be streamed inside of the host; the handle is gone.
    pub fn take(&self, id: u64) -> Option<Rows> {
        lock(&self.0.handles).remove(&id)
    }
}

impl Inner {
    /// An idle connection, or a new one.
    async fn session(&self) -> Result<Session, SqlError> {
        loop {
            let Some(session) = lock(&self.idle).pop() else { break };
            if session.is_usable() {
                return Ok(session);
            }
        }
        let full = |_| SqlError::new(Code::SourceUnreachable, format!("more than {SQL_SESSIONS_MAX} statements at once"));
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(full)?;
        let (connection, secrets, label) = (&self.connection, &self.secrets, self.label.as_str());
        Session::open(Opening { connection, secrets, label, dial: &self.dial, tasks: &self.tasks, drivers: &self.drivers, place })
            .await
    }

    /// A connection whose statement has ended cleanly, for the next one.
    pub(super) fn put_back(&self, session: Session) {
        let mut idle = lock(&self.idle);
        if session.is_usable() && idle.len() < SQL_IDLE_MAX {
            idle.push(session);
        }
    }
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions").field("host", &self.0.dial.named).finish_non_exhaustive()
    }
}
