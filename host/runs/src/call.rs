//! Calls into a connector that are not writes: `check`, `discover`, `open`, `setup`, `prepare`, `finish`. A connector that has to wait says
//! `later`; the waiting is done here, between calls, and never inside a component.

use std::time::{Duration, Instant};

use sluice_catalog::{
    Code,
    columnar::Field,
    contract::{Attrs, Call, Halt, Opened, Operation, Part, Reply, Task},
};
use sluice_sandbox::Session;
use tokio_util::sync::CancellationToken;

use crate::{
    cargo::Load,
    error::RunError,
    limits::{CALL_DEADLINE, POLLS_MAX},
    verdict::Why,
};

/// Asks one question, and again as often as the connector says `later`.
async fn ask<T>(
    session: &Session,
    stop: &CancellationToken,
    call: impl Fn(Option<Vec<u8>>) -> Call,
    take: impl Fn(Reply) -> Option<Result<T, Halt>>,
) -> Result<T, RunError> {
    let mut instance = session.instance();
    let mut resume = None;
    let mut give_up = None;
    for _ in 0..POLLS_MAX {
        let reply = instance.call(call(resume.take()), Instant::now() + CALL_DEADLINE).await?;
        let ticket = match take(reply) {
            Some(Ok(answer)) => return Ok(answer),
            Some(Err(Halt::Later(ticket))) => ticket,
            Some(Err(halt)) => return Err(RunError::Said(why(halt))),
            None => return Err(RunError::Defect("a reply of another call".into())),
        };
        let until = *give_up.get_or_insert_with(|| Instant::now() + Duration::from_millis(ticket.give_up_after_ms));
        if Instant::now() >= until {
            break;
        }
        let wait = Duration::from_millis(u64::from(ticket.poll_after_ms).max(100));
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
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

/// One write whose answer does not matter: what it wanted to send is what is looked at.
pub(crate) async fn write_once(
    session: &Session,
    task: &Task,
    state: Vec<u8>,
    operation: Operation,
    schema: Vec<Field>,
    load: Load,
) {
    let part = Part { key: load.key, number: 1, last: load.last, rows_total: Some(load.rows_total), attempt: 1 };
    let call = Call::Write { task: task.clone(), state, operation, part, schema, batch: load.batch };
    let _ = session.instance().call(call, Instant::now() + CALL_DEADLINE).await;
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
