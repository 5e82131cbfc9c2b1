//! The rows of one statement, read while somebody asks for them.

use std::{fmt, pin::Pin, sync::Weak, task::Poll, time::Duration};

use arrow::{array::RecordBatch, datatypes::SchemaRef};
use futures::{Stream, StreamExt, stream};
use sluice_catalog::Code;
use tokio::time::timeout;
use tokio_postgres::CopyOutStream;
use tokio_util::sync::CancellationToken;

use super::{About, SqlError, copy::Decoder, line::Line, session::Session, sessions::Inner, shape::Shape};

/// The rows of a statement. Nothing runs at the server before the first call of [`Rows::next`]; dropped before their end, the
/// statement is cancelled there.
pub struct Rows {
    schema: SchemaRef,
    about: About,
    decoder: Decoder,
    statement: String,
    /// None once the rows have ended, well or badly.
    session: Option<Session>,
    /// Whether the server was asked to run the statement. It may work for long before it says a word.
    asked: bool,
    copy: Option<Pin<Box<CopyOutStream>>>,
    line: Line,
    silence: Duration,
    cancel: CancellationToken,
    home: Weak<Inner>,
}

/// A statement that the server took.
pub(super) struct Begun {
    pub(super) session: Session,
    pub(super) shape: Shape,
    pub(super) statement: String,
    pub(super) line: Line,
    /// After so long without a byte the connection counts as dead.
    pub(super) silence: Duration,
    pub(super) cancel: CancellationToken,
}

impl Rows {
    pub(super) fn new(begun: Begun, home: Weak<Inner>) -> Self {
        let Begun { session, shape, statement, line, silence, cancel } = begun;
        let (schema, about, decoder) = (shape.schema.clone(), session.about().clone(), Decoder::new(shape));
        Self { schema, about, decoder, statement, session: Some(session), asked: false, copy: None, line, silence, cancel, home }
    }

    /// The columns, as the batches have them. The metadata of a field holds the source's own type, and what a text holds.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// What the server says of itself.
    pub fn about(&self) -> &About {
        &self.about
    }

    /// At most `rows_max` further rows, fewer where they are wide; none after the last, and after an error.
    ///
    /// Cancel-safe: what had arrived is there at the next call. A first call that is given up before the server answers ends the
    /// statement with the next one.
    pub async fn next(&mut self, rows_max: usize) -> Result<Option<RecordBatch>, SqlError> {
        if self.session.is_none() {
            return Ok(None);
        }
        let cancel = self.cancel.clone();
        let read = tokio::select! {
            biased;
            () = cancel.cancelled() => Err((SqlError::cancelled(), true)),
            read = self.read(rows_max.max(1)) => read,
        };
        read.map_err(|(error, server_goes_on)| {
            self.line.failed(&error);
            if let Some(session) = self.session.take().filter(|_| server_goes_on) {
                session.cancel();
            }
            error
        })
    }

    /// The rows as a stream of batches of at most `rows_max` rows.
    pub fn into_stream(self, rows_max: usize) -> impl Stream<Item = Result<RecordBatch, SqlError>> + Send + 'static {
        stream::try_unfold(self, move |mut rows| async move {
            let next = rows.next(rows_max).await?;
            Ok(next.map(|batch| (batch, rows)))
        })
    }

    /// The error says whether the server still works on the statement.
    async fn read(&mut self, rows_max: usize) -> Result<Option<RecordBatch>, (SqlError, bool)> {
        if self.copy.is_none() {
            self.decoder.readable().map_err(|error| (error, false))?;
            if self.asked {
                let cause = "an earlier call for the first rows was given up";
                return Err((SqlError::new(Code::EgressCancelled, cause), true));
            }
            self.asked = true;
            let session = self.session.as_ref().expect("asked for by `next`");
            let copy = timeout(self.silence, session.copy(&self.statement)).await.map_err(|_| (silent(), true))?;
            self.copy = Some(Box::pin(copy.map_err(|error| (error, false))?));
        }
        loop {
            if self.decoder.decode(rows_max).map_err(|error| (error, true))? {
                return Ok(Some(self.decoder.take()));
            }
            let copy = self.copy.as_mut().expect("begun above");
            let mut piece = copy.next();
            // Each row comes as a piece of its own, and most are there already: no timer is set for those.
            let said = match futures::poll!(&mut piece) {
                Poll::Ready(said) => said,
                Poll::Pending => timeout(self.silence, piece).await.map_err(|_| (silent(), true))?,
            };
            match said {
                Some(Ok(chunk)) => {
                    self.line.came_in(chunk.len());
                    self.decoder.feed(chunk);
                }
                Some(Err(error)) => {
                    let session = self.session.as_ref().expect("asked for by `next`");
                    return Err((session.failed(&error), false));
                }
                None => return self.end().await.map_err(|error| (error, false)),
            }
        }
    }

    async fn end(&mut self) -> Result<Option<RecordBatch>, SqlError> {
        if !self.decoder.is_complete() {
            return Err(SqlError::new(Code::SourceInterrupted, "the answer ended in the middle of a row"));
        }
        let session = self.session.take().expect("asked for by `next`");
        session.commit().await?;
        if let Some(home) = self.home.upgrade() {
            home.put_back(session);
        }
        Ok(if self.decoder.is_empty() { None } else { Some(self.decoder.take()) })
    }
}

fn silent() -> SqlError {
    SqlError::new(Code::SourceTimeout, "the server sent nothing within its own time limit")
}

impl Drop for Rows {
    fn drop(&mut self) {
        let Some(session) = self.session.take() else { return };
        if self.asked {
            self.line.failed(&SqlError::cancelled());
            session.cancel();
        } else if let Some(home) = self.home.upgrade() {
            home.put_back(session);
        }
    }
}

impl fmt::Debug for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows").field("schema", &self.schema).finish_non_exhaustive()
    }
}
