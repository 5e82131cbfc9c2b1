//! The contract's functions by message: one call, of the interface that the component exports.

use sluice_catalog::contract::{Call, Reply};
use wasmtime::Store;

use crate::{
    bindings::{
        exports::sluice::connector::destination, membership::DestinationWithMembership, source::exports::sluice::connector::source,
    },
    convert::Convert,
    guest::Guest,
    program::Exports,
    text,
};

/// Makes the call. One of an interface that the component does not export is a mistake of ours, which ends the guest as any broken rule of the contract does.
pub(crate) fn make(exports: &Exports, store: &mut Store<Guest>, call: Call) -> wasmtime::Result<Reply> {
    match exports {
        Exports::Destination(_, membership) if matches!(call, Call::Members { .. }) => {
            of_membership(membership.as_deref(), store, call)
        }
        Exports::Destination(exports, _) => of_destination(exports.sluice_connector_destination(), store, call),
        Exports::Source(exports) => of_source(exports.sluice_connector_source(), store, call),
    }
}

fn not_exported(interface: &str) -> wasmtime::Error {
    wasmtime::Error::msg(format!("the component exports `{interface}`, which does not have this function"))
}

fn of_membership(exports: Option<&DestinationWithMembership>, store: &mut Store<Guest>, call: Call) -> wasmtime::Result<Reply> {
    let (Some(exports), Call::Members { task, segment, cursor, resume }) = (exports, call) else {
        return Err(not_exported("destination"));
    };
    let guest = exports.sluice_connector_membership();
    let answer = guest.call_members(store, &task.convert(), &segment, cursor.as_deref(), resume.as_deref())?;
    Ok(Reply::Members(answer.convert()))
}

fn of_destination(guest: &destination::Guest, store: &mut Store<Guest>, call: Call) -> wasmtime::Result<Reply> {
    Ok(match call {
        Call::Check { task, resume } => Reply::Text(guest.call_check(store, &task.convert(), resume.as_deref())?.convert()),
        Call::Discover { task, kind, cursor, resume } => {
            let answer = guest.call_discover(store, &task.convert(), &kind, cursor.as_deref(), resume.as_deref())?;
            Reply::Text(answer.convert())
        }
        Call::Setup { task, resume } => Reply::Bytes(guest.call_setup(store, &task.convert(), resume.as_deref())?.convert()),
        Call::Prepare { task, operation, schema, resume } => {
            let schema = schema.convert();
            let answer = guest.call_prepare(store, &task.convert(), operation.convert(), &schema, resume.as_deref())?;
            Reply::Bytes(answer.convert())
        }
        Call::Write { task, state, operation, part, schema, batch } => {
            let (task, part, schema, batch) = (task.convert(), part.convert(), schema.convert(), batch.convert());
            let answer = guest.call_write(store, &task, &state, operation.convert(), &part, &schema, &batch)?;
            Reply::Written(answer.convert())
        }
        Call::Poll { task, state, operation, part, schema, batch, token } => {
            let (task, part, schema, batch) = (task.convert(), part.convert(), schema.convert(), batch.convert());
            let answer = guest.call_poll(store, &task, &state, operation.convert(), &part, &schema, &batch, &token)?;
            Reply::Written(answer.convert())
        }
        Call::Finish { task, state, operation, resume } => {
            let answer = guest.call_finish(store, &task.convert(), &state, operation.convert(), resume.as_deref())?;
            Reply::Attrs(answer.map(text::attrs).map_err(Convert::convert))
        }
        Call::Open { .. } | Call::Next { .. } | Call::Cancel { .. } | Call::Members { .. } => {
            return Err(not_exported("destination"));
        }
    })
}

fn of_source(guest: &source::Guest, store: &mut Store<Guest>, call: Call) -> wasmtime::Result<Reply> {
    Ok(match call {
        Call::Check { task, resume } => Reply::Text(guest.call_check(store, &task.convert(), resume.as_deref())?.convert()),
        Call::Discover { task, kind, cursor, resume } => {
            let answer = guest.call_discover(store, &task.convert(), &kind, cursor.as_deref(), resume.as_deref())?;
            Reply::Text(answer.convert())
        }
        Call::Open { task, statement, resume } => {
            Reply::Opened(guest.call_open(store, &task.convert(), &statement, resume.as_deref())?.convert())
        }
        Call::Next { task, cursor, resume } => {
            Reply::Page(guest.call_next(store, &task.convert(), &cursor, resume.as_deref())?.convert())
        }
        Call::Cancel { task, cursor } => {
            guest.call_cancel(store, &task.convert(), &cursor)?;
            Reply::Cancelled
        }
        Call::Setup { .. }
        | Call::Prepare { .. }
        | Call::Write { .. }
        | Call::Poll { .. }
        | Call::Finish { .. }
        | Call::Members { .. } => return Err(not_exported("source")),
    })
}
