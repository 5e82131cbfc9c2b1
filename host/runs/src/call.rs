//! Calls into a connector that are not writes: `check`, `discover`, `open`, `setup`, `prepare`, `finish`, `members`. A connector that has to wait says
//! `later`; the waiting is done here, between calls, and never inside a component.

use std::time::{Duration, Instant};

use sluice_catalog::{
    Code,
    columnar::Field,
    contract::{Attrs, Call, Halt, MembersPage, Opened, Operation, Part, Reply, Task, Written},
};
use sluice_sandbox::Session;
use tokio_util::sync::CancellationToken;

use crate::{
    cargo::Load,
    error::RunError,
    limits::{CALL_DEADLINE, POLL_WAIT_MIN, POLLS_MAX, VENDOR_WAIT_MAX},
    verdict::Why,
};

/// Asks one question, and again as often as the connector says `later`.
async fn ask<T>(
    session: &Session,
    stop: &CancellationToken,
    call: impl Fn(Option<Vec<u8>>) -> Call,
    take: impl Fn(Reply) -> Option<Result<T, Halt>>,
) -> Result<T, RunError> {
    ask_once(session, stop, call, take).await?.map_err(|halt| RunError::Said(why(halt)))
}

/// The same, with what the connector said when it could not answer; never `later`.
async fn ask_once<T>(
    session: &Session,
    stop: &CancellationToken,
    call: impl Fn(Option<Vec<u8>>) -> Call,
    take: impl Fn(Reply) -> Option<Result<T, Halt>>,
) -> Result<Result<T, Halt>, RunError> {
    let mut resume = None;
    let mut give_up = None;
    for _ in 0..POLLS_MAX {
        // An instance for each call: a wait of minutes holds no place in the pool.
        let reply = session.instance().call(call(resume.take()), Instant::now() + CALL_DEADLINE).await?;
        let ticket = match take(reply) {
            Some(Err(Halt::Later(ticket))) => ticket,
            Some(answer) => return Ok(answer),
            None => return Err(RunError::Defect("a reply of another call".into())),
        };
        let until =
            *give_up.get_or_insert_with(|| Instant::now() + Duration::from_millis(ticket.give_up_after_ms).min(VENDOR_WAIT_MAX));
        if Instant::now() >= until {
            break;
        }
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(ticket.poll_after_ms.into()).max(POLL_WAIT_MIN)) => {}
            () = stop.cancelled() => return Err(RunError::Cancelled),
        }
        resume = Some(ticket.token);
    }
    Err(RunError::Said(Why::ours(Code::DestTimeout, "the platform did not finish within the time that the connector allows")))
}

/// Tests the connection; the answer is the connector's JSON text.
pub(crate) async fn check(session: &Session, stop: &CancellationToken, task: &Task) -> Result<String, RunError> {
    ask(
        session,
        stop,
        |resume| Call::Check { task: task.clone(), resume },
        |reply| match reply {
            Reply::Text(answer) => Some(answer),
            _ => None,
        },
    )
    .await
}

/// A page of what a source or destination has of a kind; the answer is the connector's JSON text.
pub(crate) async fn discover(
    session: &Session,
    stop: &CancellationToken,
    task: &Task,
    kind: &str,
    cursor: Option<&str>,
) -> Result<String, RunError> {
    let call = |resume| Call::Discover { task: task.clone(), kind: kind.to_owned(), cursor: cursor.map(str::to_owned), resume };
    ask(session, stop, call, |reply| match reply {
        Reply::Text(answer) => Some(answer),
        _ => None,
    })
    .await
}

/// Opens a statement of a source.
pub(crate) async fn open(session: &Session, stop: &CancellationToken, task: &Task, statement: &str) -> Result<Opened, RunError> {
    let call = |resume| Call::Open { task: task.clone(), statement: statement.to_owned(), resume };
    ask(session, stop, call, |reply| match reply {
        Reply::Opened(answer) => Some(answer),
        _ => None,
    })
    .await
}

/// Finds or creates what the activation needs once.
pub(crate) async fn setup(session: &Session, stop: &CancellationToken, task: &Task) -> Result<Vec<u8>, RunError> {
    ask(
        session,
        stop,
        |resume| Call::Setup { task: task.clone(), resume },
        |reply| match reply {
            Reply::Bytes(answer) => Some(answer),
            _ => None,
        },
    )
    .await
}

/// Opens what one operation of a run needs.
pub(crate) async fn prepare(
    session: &Session,
    stop: &CancellationToken,
    task: &Task,
    operation: Operation,
    schema: &[Field],
) -> Result<Vec<u8>, RunError> {
    let call = |resume| Call::Prepare { task: task.clone(), operation, schema: schema.to_vec(), resume };
    ask(session, stop, call, |reply| match reply {
        Reply::Bytes(answer) => Some(answer),
        _ => None,
    })
    .await
}

/// Closes it.
pub(crate) async fn finish(
    session: &Session,
    stop: &CancellationToken,
    task: &Task,
    state: &[u8],
    operation: Operation,
) -> Result<Attrs, RunError> {
    let call = |resume| Call::Finish { task: task.clone(), state: state.to_vec(), operation, resume };
    ask(session, stop, call, |reply| match reply {
        Reply::Attrs(answer) => Some(answer),
        _ => None,
    })
    .await
}

/// One page of the members of a segment at the platform, or what the connector said instead.
pub(crate) async fn members(
    session: &Session,
    stop: &CancellationToken,
    task: &Task,
    segment: &str,
    cursor: Option<&[u8]>,
) -> Result<Result<MembersPage, Halt>, RunError> {
    let call =
        |resume| Call::Members { task: task.clone(), segment: segment.to_owned(), cursor: cursor.map(<[u8]>::to_vec), resume };
    ask_once(session, stop, call, |reply| match reply {
        Reply::Members(answer) => Some(answer),
        _ => None,
    })
    .await
}

/// One write outside of a delivery's lanes: the first, and the last, of its phase.
pub(crate) async fn write_one(
    session: &Session,
    task: &Task,
    state: Vec<u8>,
    operation: Operation,
    schema: Vec<Field>,
    load: Load,
) -> Result<Result<Written, Halt>, RunError> {
    let part = Part { key: load.key, number: 1, last: load.last, rows_total: Some(load.rows_total), attempt: 1 };
    let call = Call::Write { task: task.clone(), state, operation, part, schema, batch: load.batch };
    match session.instance().call(call, Instant::now() + CALL_DEADLINE).await? {
        Reply::Written(answer) => Ok(answer),
        _ => Err(RunError::Defect("a reply of another call".into())),
    }
}

/// The reason in a halt.
pub(crate) fn why(halt: Halt) -> Why {
    match halt {
        Halt::Auth(r)
        | Halt::Config(r)
        | Halt::Missing(r)
        | Halt::Throttled(r)
        | Halt::Quota(r)
        | Halt::Unavailable(r)
        | Halt::Contract(r) => r.into(),
        Halt::SplitBatch { reason, .. } => reason.into(),
        Halt::Later(_) => Why::ours(Code::ConnectorProtocol, "`later` where no waiting is possible"),
    }
}
