//! The face of a destination connector: a trait with the contract's calls, and the macros that export it.

use std::marker::PhantomData;
use std::str::FromStr;

use crate::bindings::{destination, membership};
use crate::call::Call;
use crate::contract::{Attrs, Batch, Field, Halt, Operation, Part, Task, Written};
use crate::door::Host;
use crate::form::Form;
use crate::json::Writer;
use crate::rows::Rows;
use crate::service::Service;

/// A destination. Calls of a run come in this order: `setup` once per activation; per run and operation `prepare`, any number of
/// `write` (on any instance, side by side), `finish` when every batch has its answer, then `poll` for batches that a job has. Rows that
/// `poll` gives back come again after another `prepare`. Nothing is remembered between calls but what they return.
pub trait Destination {
    /// The services and the functions that answer for them. Where one is a case of its own, its calls are written out below instead.
    const SERVICES: &'static [Service] = &[];

    /// Whether settings and credentials work: JSON text `{"ok": true, "message": a sentence for the
    /// operator}`, perhaps with the permissions that are `"missing"`. Changes nothing.
    fn check(call: &Call<'_>) -> Result<String, Halt>;

    /// Choices for an option (`kind`: lists, attributes, …): JSON text `{"items": [{"id", "title"}], "next": cursor or null}`.
    fn discover(call: &Call<'_>, kind: &str, cursor: Option<&str>) -> Result<String, Halt> {
        (Service::of(Self::SERVICES, call)?.discover)(call, kind, cursor)
    }

    /// Finds or creates what the activation needs once; the bytes come back as [`Call::keep`] for ever.
    fn setup(call: &Call<'_>) -> Result<Vec<u8>, Halt> {
        (Service::of(Self::SERVICES, call)?.setup)(call)
    }

    /// Opens what this run needs (a session, a job); the bytes are [`Call::state`] of its writes.
    fn prepare(call: &Call<'_>) -> Result<Vec<u8>, Halt> {
        (Service::of(Self::SERVICES, call)?.prepare)(call)
    }

    /// Sends one batch: one request, or one `send_all` of per-record requests. One outcome for every row.
    ///
    /// A halt says that nothing was written. Where something may have been, answer with a receipt (and a stop).
    fn write(call: &Call<'_>, rows: &Rows<'_>) -> Result<Written, Halt> {
        (Service::of(Self::SERVICES, call)?.write)(call, rows)
    }

    /// Asks for the fate of a batch that a job has; the rows are those of its `write`. `token` is the ticket's. What is said of rows
    /// that have their outcome already counts for nothing. A halt says nothing about the rows, and the host asks again.
    ///
    /// Where the manifest says `poll-rows = "on-demand"`, the rows come without their columns first ([`Rows::are_unread`]); who needs
    /// them answers [`Halt::with_rows`].
    fn poll(call: &Call<'_>, rows: &Rows<'_>, token: &[u8]) -> Result<Written, Halt> {
        (Service::of(Self::SERVICES, call)?.poll)(call, rows, token)
    }

    /// Closes what `prepare` opened, after every batch has its answer, perhaps that a job has it; facts for the run's record.
    fn finish(call: &Call<'_>) -> Result<Attrs, Halt> {
        let _ = call;
        Ok(Vec::new())
    }
}

/// The answer of a [`Destination::check`] that went well: a sentence for the operator, and permissions that the credential lacks.
pub fn connected(message: &str, missing: &[&str]) -> String {
    let mut text = Writer::default();
    text.begin_object();
    text.name("message");
    text.string(message);
    text.name("missing");
    text.begin_array();
    missing.iter().for_each(|permission| text.string(permission));
    text.end_array();
    text.name("ok");
    text.bool(true);
    text.end_object();
    text.into_text()
}

/// A destination whose own segments can be read back (remote segments).
pub trait Membership: Destination {
    /// One page of the members of a segment at the platform.
    fn members(call: &Call<'_>, place: SegmentPlace<'_>) -> Result<MembersPage, Halt>;
}

/// Which members are asked for.
#[derive(Debug, Clone, Copy)]
pub struct SegmentPlace<'a> {
    /// The platform's id of the segment.
    pub segment: &'a str,
    /// Where the page before ended; `None` at the start.
    pub cursor: Option<&'a [u8]>,
}

impl<'a> SegmentPlace<'a> {
    /// The id of the segment, of a form that can stand in a path as it is; where it has another one, there is no such segment, and
    /// [`Form::what`] says where the operator finds the id.
    pub fn id(&self, form: Form) -> Result<&'a str, Halt> {
        if (form.is)(self.segment) { Ok(self.segment) } else { Err(Halt::missing(form.what)) }
    }

    /// The cursor, as a text or a number; `None` at the start. A contract halt where it is not one that was given so.
    pub fn after<T: FromStr + ToString>(&self) -> Result<Option<T>, Halt> {
        let Some(cursor) = self.cursor else { return Ok(None) };
        let read = std::str::from_utf8(cursor).ok().and_then(|text| text.parse::<T>().ok().filter(|read| read.to_string() == text));
        read.map(Some).ok_or_else(|| Halt::contract("the cursor is not one of this connector"))
    }
}

/// One page of members.
#[derive(Debug, Clone)]
pub struct MembersPage {
    /// The columns; the same on every page.
    pub schema: Vec<Field>,
    /// The rows.
    pub members: Batch,
    /// The cursor of the next page; `None` on the last.
    pub next: Option<Vec<u8>>,
}

/// Stands between the generated exports and a connector.
#[derive(Debug)]
pub struct Exported<T>(PhantomData<T>);

struct WithRows<'a> {
    state: &'a [u8],
    operation: Operation,
    part: &'a Part,
    schema: &'a [Field],
    batch: &'a Batch,
}

fn bare<R>(task: &Task, resume: Option<Vec<u8>>, f: impl FnOnce(&Call<'_>) -> R) -> R {
    let mut call = Call::new(&Host, task);
    call.resume = resume.as_deref();
    f(&call)
}

fn with_rows(task: &Task, w: WithRows<'_>, f: impl FnOnce(&Call<'_>, &Rows<'_>) -> Result<Written, Halt>) -> Result<Written, Halt> {
    let rows = Rows::new(w.schema, w.batch)?;
    let mut call = Call::new(&Host, task);
    call.state = w.state;
    call.operation = Some(w.operation);
    call.part = Some(w.part);
    call.schema = w.schema;
    f(&call, &rows)
}

impl<T: Destination> destination::exports::sluice::connector::destination::Guest for Exported<T> {
    fn check(task: Task, resume: Option<Vec<u8>>) -> Result<String, Halt> {
        bare(&task, resume, T::check)
    }

    fn discover(task: Task, kind: String, cursor: Option<String>, resume: Option<Vec<u8>>) -> Result<String, Halt> {
        bare(&task, resume, |call| T::discover(call, &kind, cursor.as_deref()))
    }

    fn setup(task: Task, resume: Option<Vec<u8>>) -> Result<Vec<u8>, Halt> {
        bare(&task, resume, T::setup)
    }

    fn prepare(task: Task, operation: Operation, schema: Vec<Field>, resume: Option<Vec<u8>>) -> Result<Vec<u8>, Halt> {
        let mut call = Call::new(&Host, &task);
        call.operation = Some(operation);
        call.schema = &schema;
        call.resume = resume.as_deref();
        T::prepare(&call)
    }

    fn write(
        task: Task,
        state: Vec<u8>,
        operation: Operation,
        part: Part,
        schema: Vec<Field>,
        batch: Batch,
    ) -> Result<Written, Halt> {
        with_rows(&task, WithRows { state: &state, operation, part: &part, schema: &schema, batch: &batch }, T::write)
    }

    fn poll(
        task: Task,
        state: Vec<u8>,
        operation: Operation,
        part: Part,
        schema: Vec<Field>,
        batch: Batch,
        token: Vec<u8>,
    ) -> Result<Written, Halt> {
        let with = WithRows { state: &state, operation, part: &part, schema: &schema, batch: &batch };
        with_rows(&task, with, |call, rows| T::poll(call, rows, &token))
    }

    fn finish(task: Task, state: Vec<u8>, operation: Operation, resume: Option<Vec<u8>>) -> Result<Attrs, Halt> {
        let mut call = Call::new(&Host, &task);
        call.state = &state;
        call.operation = Some(operation);
        call.resume = resume.as_deref();
        T::finish(&call)
    }
}

impl<T: Membership> membership::exports::sluice::connector::membership::Guest for Exported<T> {
    fn members(
        task: Task,
        segment_id: String,
        cursor: Option<Vec<u8>>,
        resume: Option<Vec<u8>>,
    ) -> Result<membership::exports::sluice::connector::membership::Page, Halt> {
        let place = SegmentPlace { segment: &segment_id, cursor: cursor.as_deref() };
        let MembersPage { schema, members, next } = bare(&task, resume, |call| T::members(call, place))?;
        Ok(membership::exports::sluice::connector::membership::Page { schema, members, next })
    }
}

/// Exports a type that is a [`Destination`] as the component's face. Once per crate; nothing happens in a native build.
#[macro_export]
macro_rules! export_destination {
    ($connector:ty) => {
        #[cfg(target_family = "wasm")]
        type SluiceExport = $crate::Exported<$connector>;
        #[cfg(target_family = "wasm")]
        $crate::__bindings::destination::__export_destination!(SluiceExport with_types_in $crate::__bindings::destination);
    };
}

/// Exports a type that is a [`Destination`] and a [`Membership`] as the component's face.
#[macro_export]
macro_rules! export_destination_with_membership {
    ($connector:ty) => {
        $crate::export_destination!($connector);
        #[cfg(target_family = "wasm")]
        $crate::__bindings::membership::__export_membership!(SluiceExport with_types_in $crate::__bindings::membership);
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form;

    #[test]
    fn an_id_of_another_form_is_no_segments() {
        let place = |segment: &'static str| SegmentPlace { segment, cursor: None };
        let number = Form { is: form::is_number, what: "the id of a list is a number" };
        assert_eq!(place("49381").id(number), Ok("49381"));
        for strange in ["", "VIP", "07", "7/../8"] {
            assert_eq!(place(strange).id(number), Err(Halt::missing(number.what)), "{strange}");
        }
    }

    #[test]
    fn a_cursor_comes_back_as_it_was_given() {
        let place = |cursor: Option<&'static [u8]>| SegmentPlace { segment: "7", cursor };
        assert_eq!((place(None).after::<u64>(), place(Some(b"250")).after()), (Ok(None), Ok(Some(250_u64))));
        assert_eq!(place(Some(b"bmV4dA==")).after(), Ok(Some("bmV4dA==".to_owned())));
        for strange in [&b"a"[..], b"-1", b"01", b"+1", b""] {
            assert!(matches!(place(Some(strange)).after::<u64>(), Err(Halt::Contract(_))), "{strange:?}");
        }
        assert!(matches!(place(Some(b"\xff")).after::<String>(), Err(Halt::Contract(_))));
    }
}
