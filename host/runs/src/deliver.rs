//! Delivery: the batches of a change set go out, phase by phase, several at once, and come back as journal events.
//!
//! The order that everything rests on: a batch is cut, the cut is durable, the batch leaves, its outcome is durable, and only then it
//! counts. Writing and sending overlap: while one group of events is being written, the batches written before it are on their way.
//! What an answer means is decided in [`crate::settle_batch`]; where each row stands is kept in [`crate::progress`].

use std::{
    collections::VecDeque,
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant},
};

use futures::{
    StreamExt,
    future::{Future, OptionFuture},
    stream::FuturesUnordered,
};
use rand::Rng;
use sluice_catalog::{
    Code,
    columnar::{Batch, Field},
    contract::{Call, Part, Reply, Task},
    manifest::{AnswerKind, Uploads},
    outcome::Word,
};
use sluice_sandbox::{Fault, Instance, Session};
use sluice_store::Store;
use tokio_util::sync::CancellationToken;

use crate::{
    call,
    cargo::Cargo,
    error::RunError,
    journal::Journal,
    limits::{
        CALL_DEADLINE, FAILURES_IN_A_ROW_MAX, JOURNAL_WAIT_MAX, REJECTED_SHARE_AFTER_ROWS, THROTTLED_MAX, TRAPS_IN_A_ROW_MAX,
        WINDOW_BATCHES,
    },
    progress::{Cut, Event, Progress},
    settle_batch::{self, Consequence, Landed, Rules},
    verdict::Why,
};

/// How a delivery ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    /// Every row is judged.
    Done,
    /// It stopped early, for this reason; rows not judged are still open.
    Stopped(Why),
    /// A person must look: the platform refuses too many rows.
    Held(Why),
}

/// What stays the same over a delivery.
pub(crate) struct Terms {
    /// The batches' rows.
    pub(crate) cargo: Arc<Cargo>,
    /// Settings, options, frozen `now`, what `setup` kept.
    pub(crate) task: Task,
    /// The run's use of the component.
    pub(crate) session: Session,
    /// Asked to stop at the next batch line.
    pub(crate) cancel: CancellationToken,
    /// Writes under way at once.
    pub(crate) in_flight: usize,
    /// Rows per batch at most.
    pub(crate) rows_max: u32,
    /// Body bytes of a batch at most, held against the bytes of its values.
    pub(crate) bytes_max: u64,
    /// Order among the batches.
    pub(crate) uploads: Uploads,
    /// A repeat of a batch is harmless.
    pub(crate) repeat_is_harmless: bool,
    /// Whether the platform names bad rows.
    pub(crate) answers: AnswerKind,
    /// Hold when more than this share of the sent rows is refused, in percent; none after a person said to go on.
    pub(crate) rejected_percent_max: Option<u32>,
    /// Where time and chance come from.
    pub(crate) store: Store,
}

/// A delivery under way.
pub(crate) struct Delivery {
    terms: Terms,
    progress: Progress,
    journal: Option<Journal>,
    /// Instances that wait for a batch.
    idle: Vec<Instance>,
    rows_max: u32,
    failures_in_a_row: u32,
    traps_in_a_row: u32,
    paused_until_ms: i64,
    paused: Duration,
    told: tokio::sync::watch::Sender<Progress>,
}

/// A batch on its way back.
struct Back {
    cut: Cut,
    landed: Landed,
    instance: Instance,
}

type Flight = Pin<Box<dyn Future<Output = Result<Back, RunError>> + Send>>;
type Writing = Pin<Box<dyn Future<Output = (Journal, Result<(), RunError>)> + Send>>;

impl Delivery {
    /// Takes up a delivery where its journal says it stands. Batches that were under way are judged as interrupted, durably, first.
    pub(crate) async fn resume(
        terms: Terms,
        mut journal: Journal,
        events: &[Event],
        told: tokio::sync::watch::Sender<Progress>,
    ) -> Result<Self, RunError> {
        let mut progress = Progress::new(terms.cargo.phase_rows());
        events.iter().for_each(|event| progress.apply(event));
        let now_ms = terms.store.now().as_millisecond();
        let interrupted: Vec<_> =
            progress.open.values().map(|cut| Progress::interrupted(cut, terms.repeat_is_harmless, now_ms)).collect();
        journal.append(&interrupted).await?;
        interrupted.iter().for_each(|event| progress.apply(event));
        let rows_max = terms.rows_max;
        Ok(Self {
            terms,
            progress,
            journal: Some(journal),
            idle: Vec::new(),
            rows_max,
            failures_in_a_row: 0,
            traps_in_a_row: 0,
            paused_until_ms: 0,
            paused: Duration::ZERO,
            told,
        })
    }

    /// Delivers every phase in order; a phase starts when every batch of the one before is settled.
    pub(crate) async fn run(mut self) -> Result<(Progress, End), RunError> {
        for phase in 0..self.progress.phases.len() as u8 {
            if self.progress.phase_done(phase) {
                continue;
            }
            let end = match self.prepare(phase).await {
                Ok(()) => self.phase(phase).await?,
                Err(RunError::Said(why)) => End::Stopped(why),
                Err(RunError::Fault(fault)) => End::Stopped(Why::ours(fault.code, fault.cause)),
                Err(RunError::Cancelled) => End::Stopped(cancelled()),
                Err(other) => return Err(other),
            };
            if end != End::Done {
                return Ok((self.progress, end));
            }
            self.finish(phase).await;
        }
        Ok((self.progress, End::Done))
    }

    async fn prepare(&mut self, phase: u8) -> Result<(), RunError> {
        if self.progress.phases[usize::from(phase)].state.is_some() {
            return Ok(());
        }
        let terms = &self.terms;
        let (operation, schema) = (terms.cargo.operation(phase), terms.cargo.schema(phase));
        let state = call::prepare(&terms.session, &terms.cancel, &terms.task, operation, &schema).await?;
        let event = Event::Prepared { phase, state };
        self.journal.as_mut().expect("no write is under way between phases").append(std::slice::from_ref(&event)).await?;
        self.progress.apply(&event);
        Ok(())
    }

    /// What is left open at the platform costs nothing of ours: a failure here is logged and the rows stay as they are judged.
    async fn finish(&mut self, phase: u8) {
        let terms = &self.terms;
        let state = self.progress.phases[usize::from(phase)].state.clone().unwrap_or_default();
        let operation = terms.cargo.operation(phase);
        if let Err(error) = call::finish(&terms.session, &terms.cancel, &terms.task, &state, operation).await {
            tracing::warn!(%error, "the connector's `finish` failed; every row of the phase is settled");
        }
    }

    async fn phase(&mut self, phase: u8) -> Result<End, RunError> {
        let mut ready: VecDeque<Cut> = VecDeque::new();
        let mut flights: FuturesUnordered<Flight> = FuturesUnordered::new();
        let mut events: Vec<Event> = Vec::new();
        let mut oldest: Option<Instant> = None;
        let mut writing: Option<Writing> = None;
        let mut being_written: Vec<Cut> = Vec::new();
        let mut end: Option<End> = None;
        let schema = Arc::new(self.terms.cargo.schema(phase));
        loop {
            let now_ms = self.terms.store.now().as_millisecond();
            if end.is_none() && self.terms.cancel.is_cancelled() {
                end = Some(End::Stopped(cancelled()));
            }
            if end.is_some() {
                // Cut but never sent: they go back as they were. Their intent is durable, so this is too.
                for cut in ready.drain(..) {
                    let event = not_sent(&cut, now_ms);
                    self.progress.apply(&event);
                    events.push(event);
                }
            } else if now_ms >= self.paused_until_ms {
                while flights.len() < self.flights_max()
                    && let Some(cut) = ready.pop_front()
                {
                    flights.push(self.send(cut, schema.clone()));
                }
            }
            if writing.is_none()
                && let Some(mut journal) = self.journal.take()
            {
                let unsettled = self.progress.open.len() + events.iter().filter(|e| matches!(e, Event::Settled { .. })).count();
                if end.is_none() && now_ms >= self.paused_until_ms && unsettled <= WINDOW_BATCHES / 2 {
                    for _ in unsettled..WINDOW_BATCHES {
                        let Some(cut) = self.cut(phase, now_ms)? else { break };
                        being_written.push(cut.clone());
                        events.push(Event::Cut(cut));
                    }
                }
                let idle = flights.is_empty() && ready.is_empty();
                let due = oldest.is_some_and(|at| at.elapsed() >= JOURNAL_WAIT_MAX) || events.len() >= WINDOW_BATCHES / 2;
                if !being_written.is_empty() || (!events.is_empty() && (due || idle)) {
                    let group = std::mem::take(&mut events);
                    oldest = None;
                    writing = Some(Box::pin(async move {
                        let done = journal.append(&group).await;
                        (journal, done)
                    }));
                } else {
                    self.journal = Some(journal);
                }
            }
            let nothing_under_way = flights.is_empty() && ready.is_empty() && writing.is_none() && events.is_empty();
            if nothing_under_way && (end.is_some() || self.progress.phase_done(phase)) {
                self.told.send_replace(self.progress.clone());
                return Ok(end.unwrap_or(End::Done));
            }
            let sleep = self.sleep(phase, now_ms, oldest, flights.is_empty());
            tokio::select! {
                Some(back) = flights.next() => {
                    let (event, stop) = self.landed(back?, now_ms);
                    oldest.get_or_insert_with(Instant::now);
                    events.push(event);
                    end = end.or(stop);
                }
                Some((journal, done)) = OptionFuture::from(writing.as_mut()) => {
                    writing = None;
                    self.journal = Some(journal);
                    done?;
                    ready.extend(being_written.drain(..));
                    self.told.send_replace(self.progress.clone());
                }
                () = tokio::time::sleep(sleep) => {}
                () = self.terms.cancel.cancelled(), if end.is_none() => {}
            }
        }
    }

    fn flights_max(&self) -> usize {
        match self.terms.uploads {
            Uploads::Any => self.terms.in_flight,
            Uploads::Ordered | Uploads::Sealed => 1,
        }
    }

    fn cut(&mut self, phase: u8, now_ms: i64) -> Result<Option<Cut>, RunError> {
        let Some(mut cut) = self.progress.cut(phase, self.rows_max, now_ms) else { return Ok(None) };
        // Too many bytes for one request: fewer rows, before anything is written down.
        while cut.rows() > 1 && self.terms.cargo.bytes(phase, &cut.ranges)? > self.terms.bytes_max {
            let half = cut.rows() / 2;
            match self.progress.cut(phase, half, now_ms) {
                Some(smaller) => cut = smaller,
                None => break,
            }
        }
        self.progress.apply(&Event::Cut(cut.clone()));
        Ok(Some(cut))
    }

    fn send(&mut self, cut: Cut, schema: Arc<Vec<Field>>) -> Flight {
        let mut instance = self.idle.pop().unwrap_or_else(|| self.terms.session.instance());
        let cargo = self.terms.cargo.clone();
        let task = self.terms.task.clone();
        let state = self.progress.phases[usize::from(cut.phase)].state.clone().unwrap_or_default();
        let cancel = self.terms.cancel.clone();
        Box::pin(async move {
            let load = cargo.load(&cut)?;
            let part =
                Part { key: load.key, number: cut.batch, last: load.last, rows_total: Some(load.rows_total), attempt: cut.attempt };
            let asked = Asked { task, state, operation: cargo.operation(cut.phase), part, schema, batch: load.batch };
            let landed = asked.write(&mut instance, &cancel).await;
            Ok(Back { cut, landed, instance })
        })
    }

    fn landed(&mut self, back: Back, now_ms: i64) -> (Event, Option<End>) {
        let Back { cut, landed, instance } = back;
        if !instance.is_ended() {
            self.idle.push(instance);
        }
        let jitter = self.terms.store.entropy().with(|rng| rng.random::<f64>());
        let rules = Rules { repeat_is_harmless: self.terms.repeat_is_harmless, answers: self.terms.answers, now_ms, jitter };
        let (event, consequence) = settle_batch::settle(&cut, landed, &rules);
        let event = event.expect("polls end before a batch lands");
        self.progress.apply(&event);
        let stop = match consequence {
            Consequence::Fine => {
                (self.failures_in_a_row, self.traps_in_a_row) = (0, 0);
                None
            }
            Consequence::PauseUntil(at) => {
                self.paused += Duration::from_millis(at.saturating_sub(self.paused_until_ms.max(now_ms)).max(0) as u64);
                self.paused_until_ms = self.paused_until_ms.max(at);
                (self.paused > THROTTLED_MAX)
                    .then(|| Why::ours(Code::DestRateLimited, "the platform slowed the run down for an hour"))
            }
            Consequence::Failed => {
                self.failures_in_a_row += 1;
                let text = format!("{} batches in a row failed", self.failures_in_a_row);
                (self.failures_in_a_row >= FAILURES_IN_A_ROW_MAX).then(|| Why::ours(Code::DestinationGaveUp, text))
            }
            Consequence::Trapped => {
                self.traps_in_a_row += 1;
                let text = format!("the connector failed on {} batches in a row", self.traps_in_a_row);
                (self.traps_in_a_row >= TRAPS_IN_A_ROW_MAX).then(|| Why::ours(Code::ConnectorTrap, text))
            }
            Consequence::Smaller(rows) => {
                self.rows_max = self.rows_max.min(rows);
                None
            }
            Consequence::Stop(why) => Some(why),
            Consequence::Poll(_) => unreachable!("polls end before a batch lands"),
        };
        (event, stop.map(End::Stopped).or_else(|| self.too_many_refused()))
    }

    fn too_many_refused(&self) -> Option<End> {
        let percent_max = self.terms.rejected_percent_max?;
        let tally = self.progress.tally();
        let sent = tally.accepted + tally.rejected + tally.unknown + tally.pending;
        let over = sent >= REJECTED_SHARE_AFTER_ROWS && tally.of(Word::Rejected) * 100 > sent * u64::from(percent_max);
        over.then(|| {
            let cause = format!("{} of {sent} rows sent were refused; the guard allows {percent_max} %.", tally.rejected);
            End::Held(Why::ours(Code::GuardRejectedShare, cause))
        })
    }

    /// Until something is due: the next row that waits, the end of a pause, the end of the journal's patience.
    fn sleep(&self, phase: u8, now_ms: i64, oldest: Option<Instant>, nothing_flies: bool) -> Duration {
        let mut wait = Duration::from_secs(3600);
        if let Some(at) = oldest {
            wait = wait.min(JOURNAL_WAIT_MAX.saturating_sub(at.elapsed()));
        }
        let pause = self.paused_until_ms.saturating_sub(now_ms).max(0) as u64;
        if pause > 0 {
            wait = wait.min(Duration::from_millis(pause));
        }
        if let Some(due) = self.progress.next_due_ms(phase).filter(|due| *due > now_ms || nothing_flies) {
            wait = wait.min(Duration::from_millis((due.saturating_sub(now_ms).max(0) as u64).max(pause).max(1)));
        }
        wait
    }
}

fn cancelled() -> Why {
    Why::ours(Code::RunCancelled, "the run was cancelled")
}

/// A batch that was announced and not sent after all.
fn not_sent(cut: &Cut, now_ms: i64) -> Event {
    let fault = Fault { code: Code::RunCancelled, cause: "the run stopped before the batch was sent".into(), requests_left: false };
    let rules = Rules { repeat_is_harmless: true, answers: AnswerKind::PerRow, now_ms, jitter: 0.0 };
    settle_batch::settle(cut, Err(fault), &rules).0.expect("a fault settles its batch")
}

/// One write, with everything it is asked with.
struct Asked {
    task: Task,
    state: Vec<u8>,
    operation: sluice_catalog::contract::Operation,
    part: Part,
    schema: Arc<Vec<Field>>,
    batch: Batch,
}

impl Asked {
    /// Writes; polls as long as the platform works on the batch by itself.
    async fn write(self, instance: &mut Instance, cancel: &CancellationToken) -> Landed {
        let Self { task, state, operation, part, schema, batch } = self;
        let schema = schema.as_ref().clone();
        // A poll gets the same rows again; only services with vendor jobs pay for the copy.
        let kept = Kept { task: task.clone(), state: state.clone(), part: part.clone(), schema: schema.clone() };
        let again = batch.clone();
        let call = Call::Write { task, state, operation, part, schema, batch };
        let mut answer = written(instance.call(call, Instant::now() + CALL_DEADLINE).await)?;
        let started = Instant::now();
        while let Ok(written_so_far) = &answer
            && let Some(ticket) = written_so_far.later.clone()
        {
            let give_up = Duration::from_millis(ticket.give_up_after_ms);
            if started.elapsed() >= give_up || cancel.is_cancelled() {
                return Err(in_doubt("the platform had not finished the batch when the time was up"));
            }
            tokio::time::sleep(Duration::from_millis(u64::from(ticket.poll_after_ms).max(100))).await;
            let Kept { task, state, part, schema } = kept.clone();
            let call = Call::Poll { task, state, operation, part, schema, batch: again.clone(), token: ticket.token };
            // A poll that fails says nothing about the rows: they may be there.
            answer = match written(instance.call(call, Instant::now() + CALL_DEADLINE).await) {
                Ok(Ok(written)) => Ok(written),
                Ok(Err(halt)) => return Err(in_doubt(&call::why(halt).message)),
                Err(fault) => return Err(Fault { requests_left: true, ..fault }),
            };
        }
        Ok(answer)
    }
}

#[derive(Clone)]
struct Kept {
    task: Task,
    state: Vec<u8>,
    part: Part,
    schema: Vec<Field>,
}

fn in_doubt(cause: &str) -> Fault {
    Fault { code: Code::DestTimeout, cause: cause.to_owned(), requests_left: true }
}

fn written(reply: Result<Reply, Fault>) -> Landed {
    match reply? {
        Reply::Written(written) => Ok(written),
        _ => Err(Fault { code: Code::Internal, cause: "a reply of another call".into(), requests_left: true }),
    }
}
