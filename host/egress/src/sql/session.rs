//! One signed-on connection, read-only from its first statement on.

use std::sync::Arc;

use sluice_catalog::{Code, source::Connection};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    runtime::Handle,
    sync::OwnedSemaphorePermit,
    task::AbortHandle,
    time::timeout,
};
use tokio_postgres::{
    CancelToken, Client, Config, CopyOutStream, Statement,
    config::SslMode,
    tls::{NoTls, TlsStream},
};
use tokio_util::task::TaskTracker;

use super::{
    About, SqlError,
    dial::Dial,
    error::During::{self, SignOn},
    secrets::Secrets,
};
use crate::limits::{CONNECT_TIME_MAX, SQL_CANCEL_TIME_MAX};

/// A signed-on connection. Dropped, it says good-bye; [`Session::cancel`] ends what the server is doing for it.
pub(super) struct Session {
    client: Client,
    about: About,
    /// The task that moves bytes between socket and client; it ends by itself once the client is dropped.
    driver: AbortHandle,
    token: CancelToken,
    dial: Arc<Dial>,
    tasks: TaskTracker,
    runtime: Handle,
    settings: String,
    _place: OwnedSemaphorePermit,
}

/// What a session is opened with.
pub(super) struct Opening<'a> {
    pub(super) connection: &'a Connection,
    pub(super) secrets: &'a Secrets,
    pub(super) label: &'a str,
    pub(super) dial: &'a Arc<Dial>,
    pub(super) tasks: &'a TaskTracker,
    pub(super) drivers: &'a TaskTracker,
    pub(super) place: OwnedSemaphorePermit,
}

impl Session {
    /// Dials, signs on, and makes the session read-only.
    pub(super) async fn open(opening: Opening<'_>) -> Result<Self, SqlError> {
        let Opening { connection, secrets, label, dial, tasks, drivers, place } = opening;
        let stream = dial.connect().await?;
        let handshake = dial.handshake()?;
        let mut config = Config::new();
        config.user(&connection.user).dbname(&connection.database).application_name(label);
        if let Some(password) = &secrets.password {
            config.password(password.reveal());
        }
        config.ssl_mode(if handshake.is_some() { SslMode::Require } else { SslMode::Disable });
        let failed = |error: tokio_postgres::Error| SqlError::of(&error, SignOn, &dial.named);
        let sign_on = async {
            Ok::<_, SqlError>(match handshake {
                Some(tls) => {
                    let (client, driver) = config.connect_raw(stream, tls).await.map_err(failed)?;
                    (client, About::of(&driver), drive(drivers, driver))
                }
                None => {
                    let (client, driver) = config.connect_raw(stream, NoTls).await.map_err(failed)?;
                    (client, About::of(&driver), drive(drivers, driver))
                }
            })
        };
        let (client, about, driver) = in_time(&dial.named, sign_on).await?;
        let (dial, tasks) = (Arc::clone(dial), tasks.clone());
        let token = client.cancel_token();
        let (settings, runtime) = (settings(connection.statement_seconds), Handle::current());
        let session = Self { client, about, driver, token, dial, tasks, runtime, settings, _place: place };
        in_time(&session.dial.named, session.begin()).await?;
        Ok(session)
    }

    /// On some systems, from version 14 on: a server that looks after a client which has gone without a word.
    async fn begin(&self) -> Result<(), SqlError> {
        let failed = |e| SqlError::of(&e, SignOn, &self.dial.named);
        self.client.batch_execute(&self.settings).await.map_err(failed)?;
        let watch = "SELECT set_config('client_connection_check_interval', '5s', false) \
                     WHERE current_setting('server_version_num')::int >= 140000";
        let _ = self.client.batch_execute(watch).await;
        Ok(())
    }

    /// What the server said of itself.
    pub(super) fn about(&self) -> &About {
        &self.about
    }

    /// Whether the next statement may use it.
    pub(super) fn is_usable(&self) -> bool {
        !self.client.is_closed()
    }

    /// What the server makes of a statement, without running it. The server takes exactly one.
    pub(super) async fn prepare(&self, statement: &str) -> Result<Statement, SqlError> {
        self.client.prepare(statement).await.map_err(|error| self.failed(&error))
    }

    /// Starts to read a statement that [`Session::prepare`] took.
    pub(super) async fn copy(&self, statement: &str) -> Result<CopyOutStream, SqlError> {
        // Once more, since the statement before may have called `set_config`.
        let begin = format!("{}; BEGIN READ ONLY", self.settings);
        self.client.batch_execute(&begin).await.map_err(|error| self.failed(&error))?;
        // The line break ends a comment that the statement may end with.
        let copy = format!("COPY ({statement}\n) TO STDOUT (FORMAT binary)");
        self.client.copy_out(&copy).await.map_err(|error| self.failed(&error))
    }

    /// Ends the transaction of a statement that was read to its end.
    pub(super) async fn commit(&self) -> Result<(), SqlError> {
        self.client.batch_execute("COMMIT").await.map_err(|error| self.failed(&error))
    }

    pub(super) fn failed(&self, error: &tokio_postgres::Error) -> SqlError {
        SqlError::of(error, During::Statement, &self.dial.named)
    }

    /// Asks the server to stop, then drops the connection. On a task of the owner, since a drop cannot wait.
    pub(super) fn cancel(self) {
        let (tasks, runtime) = (self.tasks.clone(), self.runtime.clone());
        tasks.spawn_on(
            async move {
                let asked = timeout(SQL_CANCEL_TIME_MAX, self.ask_to_cancel()).await;
                if !matches!(asked, Ok(Ok(()))) {
                    tracing::warn!(host = %self.dial.named, "the server was not reached to cancel a statement; it ends with its time limit");
                }
                // The server may still be sending what nobody reads.
                self.driver.abort();
            },
            &runtime,
        );
    }

    async fn ask_to_cancel(&self) -> Result<(), SqlError> {
        let stream = self.dial.connect().await?;
        let asked = match self.dial.handshake()? {
            Some(tls) => self.token.cancel_query_raw(stream, tls).await,
            None => self.token.cancel_query_raw(stream, NoTls).await,
        };
        asked.map_err(|error| self.failed(&error))
    }
}

/// A seat belt, and forms of values that do not depend on the server's settings. As statements and not as options of the sign-on,
/// because poolers refuse those.
fn settings(statement_seconds: u32) -> String {
    format!(
        "SET default_transaction_read_only = on; SET statement_timeout = '{statement_seconds}s'; SET TimeZone = 'UTC'; \
         SET DateStyle = 'ISO, YMD'; SET IntervalStyle = 'iso_8601'; SET extra_float_digits = 3; SET client_encoding = 'UTF8'"
    )
}

fn drive<S, T>(drivers: &TaskTracker, driver: tokio_postgres::Connection<S, T>) -> AbortHandle
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    T: TlsStream + Unpin + Send + 'static,
{
    let work = async move {
        // Whoever waits for an answer hears of it by the answer's own channel.
        if let Err(error) = driver.await {
            tracing::debug!(code = error.code().map(tokio_postgres::error::SqlState::code), "a database connection ended");
        }
    };
    drivers.spawn(work).abort_handle()
}

async fn in_time<T>(host: &str, work: impl Future<Output = Result<T, SqlError>>) -> Result<T, SqlError> {
    let late = || SqlError::new(Code::SourceUnreachable, format!("{host} did not finish the sign-on in time"));
    timeout(CONNECT_TIME_MAX, work).await.unwrap_or_else(|_| Err(late()))
}
