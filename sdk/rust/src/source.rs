//! The face of a source connector: opens a statement, then hands out pages of rows, or a handle to rows that stay in the host.

use crate::bindings::source;
use crate::call::Call;
use crate::connector::Exported;
use crate::contract::{Batch, Field, Halt, Task};
use crate::door::SourceHost;

/// A source.
pub trait Source {
    /// Whether settings and credentials work: JSON text, as of a destination. Changes nothing.
    fn check(call: &Call<'_>) -> Result<String, Halt>;

    /// Tables and columns: JSON text `{"items": […], "next": cursor or null}`.
    fn discover(call: &Call<'_>, kind: &str, cursor: Option<&str>) -> Result<String, Halt>;

    /// Starts a statement of the source's dialect.
    fn open(call: &Call<'_>, statement: &str) -> Result<Opened, Halt>;

    /// One page. The rows of a cursor are the same whoever asks, and how often.
    fn next(call: &Call<'_>, cursor: &[u8]) -> Result<SourcePage, Halt> {
        let _ = (call, cursor);
        Err(Halt::contract("this source hands out no cursors"))
    }

    /// The rows are not wanted any more.
    fn cancel(call: &Call<'_>, cursor: &[u8]) {
        let _ = (call, cursor);
    }
}

/// What a statement returns.
#[derive(Debug, Clone)]
pub struct Opened {
    /// Its columns.
    pub schema: Vec<Field>,
    /// Its rows.
    pub rows: SourceRows,
}

/// Where the rows are.
#[derive(Debug, Clone)]
pub enum SourceRows {
    /// In the host, under the handle that [`Call::sql`] gave.
    Hosted(u64),
    /// Behind cursors that may be read side by side.
    Paged(Vec<Vec<u8>>),
}

/// Some of the rows behind a cursor.
#[derive(Debug, Clone)]
pub struct SourcePage {
    /// The rows, in the order that the source gave them.
    pub batches: Vec<Batch>,
    /// Where this cursor goes on; `None` at its end.
    pub next: Option<Vec<u8>>,
}

fn bare<R>(task: &Task, resume: Option<Vec<u8>>, f: impl FnOnce(&Call<'_>) -> R) -> R {
    let mut call = Call::new(&SourceHost, task);
    call.resume = resume.as_deref();
    f(&call)
}

impl<T: Source> source::exports::sluice::connector::source::Guest for Exported<T> {
    fn check(task: Task, resume: Option<Vec<u8>>) -> Result<String, Halt> {
        bare(&task, resume, T::check)
    }

    fn discover(task: Task, kind: String, cursor: Option<String>, resume: Option<Vec<u8>>) -> Result<String, Halt> {
        bare(&task, resume, |call| T::discover(call, &kind, cursor.as_deref()))
    }

    fn open(
        task: Task,
        statement: String,
        resume: Option<Vec<u8>>,
    ) -> Result<source::exports::sluice::connector::source::Opened, Halt> {
        use source::exports::sluice::connector::source as wit;
        let Opened { schema, rows } = bare(&task, resume, |call| T::open(call, &statement))?;
        let rows = match rows {
            SourceRows::Hosted(id) => wit::Rows::Hosted(id),
            SourceRows::Paged(cursors) => wit::Rows::Paged(cursors),
        };
        Ok(wit::Opened { schema, rows })
    }

    fn next(
        task: Task,
        cursor: Vec<u8>,
        resume: Option<Vec<u8>>,
    ) -> Result<source::exports::sluice::connector::source::Page, Halt> {
        let SourcePage { batches, next } = bare(&task, resume, |call| T::next(call, &cursor))?;
        Ok(source::exports::sluice::connector::source::Page { batches, next })
    }

    fn cancel(task: Task, cursor: Vec<u8>) {
        bare(&task, None, |call| T::cancel(call, &cursor));
    }
}

/// Exports a type that is a [`Source`] as the component's face.
#[macro_export]
macro_rules! export_source {
    ($connector:ty) => {
        #[cfg(target_family = "wasm")]
        type SluiceExport = $crate::Exported<$connector>;
        #[cfg(target_family = "wasm")]
        $crate::__bindings::source::__export_source!(SluiceExport with_types_in $crate::__bindings::source);
    };
}
