//! Delivery: the batches of a phase go out, several at once, and come back as journal events. What comes before and after them is a
//! [round](crate::round).
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

use futures::future::{Future, OptionFuture};
use rand::Rng;
use sluice_catalog::{
    Code,
    contract::Task,
    manifest::{AnswerKind, PollRows, Uploads},
    outcome::Word,
};
use sluice_sandbox::Session;
use sluice_store::Store;
use tokio_util::sync::CancellationToken;

use crate::{
    cargo::Cargo,
    error::RunError,
    journal::Journal,
    lanes::{Asked, Back, Errand, Lanes},
    limits::{
        FAILURES_IN_A_ROW_MAX, JOURNAL_WAIT_MAX, LANDED_LOOK, REJECTED_SHARE_AFTER_ROWS, THROTTLED_MAX, TRAPS_IN_A_ROW_MAX,
        WINDOW_BATCHES,
    },
    progress::{Again, Cut, Event, Progress},
    remote_ids,
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
    /// The platform works on what is left, and wants to be asked at this time, in milliseconds since 1970-01-01T00:00:00Z.
    Awaiting(i64),
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
    /// What a poll is asked with.
    pub(crate) poll_rows: PollRows,
    /// A repeat of a batch is harmless.
    pub(crate) repeat_is_harmless: bool,
    /// The platform tells its own ids of records, to be kept.
    pub(crate) remote_ids: bool,
    /// Whether the platform names bad rows.
    pub(crate) answers: AnswerKind,
    /// Hold when more than this share of the sent rows is refused, in percent; none after a person said to go on.
    pub(crate) rejected_percent_max: Option<u32>,
    /// Where time and chance come from.
    pub(crate) store: Store,
}

/// A delivery under way.
pub(crate) struct Delivery {
    pub(crate) terms: Terms,
    pub(crate) progress: Progress,
    pub(crate) journal: Option<Journal>,
    rows_max: u32,
    failures_in_a_row: u32,
    traps_in_a_row: u32,
    paused_until_ms: i64,
    paused: Duration,
    pub(crate) told: tokio::sync::watch::Sender<Progress>,
}

type Writing = Pin<Box<dyn Future<Output = (Journal, Result<(), RunError>)> + Send>>;

impl Delivery {
    /// Takes up a delivery where its journal says it stands. Batches that were under way are judged as interrupted, durably, first.
    pub(crate) async fn resume(
        terms: Terms,
        mut journal: Journal,
        events: &[Event],
        told: tokio::sync::watch::Sender<Progress>,
    ) -> Result<Self, RunError> {
        let now_ms = terms.store.now().as_millisecond();
        let (progress, interrupted) = taken_up(terms.cargo.progress(), events, terms.repeat_is_harmless, now_ms);
        journal.append(&interrupted).await?;
        let rows_max = terms.rows_max;
        Ok(Self {
            terms,
            progress,
            journal: Some(journal),
            rows_max,
            failures_in_a_row: 0,
            traps_in_a_row: 0,
            paused_until_ms: 0,
            paused: Duration::ZERO,
            told,
        })
    }

    /// Writes every batch of a round that can be written; done when each has its answer.
    pub(crate) async fn phase(&mut self, phase: u8) -> Result<End, RunError> {
        let mut ready: VecDeque<Cut> = VecDeque::new();
        let mut lanes = self.lanes(phase, self.writes_max());
        let mut events: Vec<Event> = Vec::new();
        let mut oldest: Option<Instant> = None;
        let mut writing: Option<Writing> = None;
        let mut being_written: Vec<Cut> = Vec::new();
        let mut end: Option<End> = None;
        loop {
            let now_ms = self.terms.store.now().as_millisecond();
            if end.is_none() && self.terms.cancel.is_cancelled() {
                end = Some(End::Stopped(cancelled()));
            }
            let paused = now_ms < self.paused_until_ms;
            if end.is_some() || paused {
                let given = lanes.take_back();
                given.into_iter().rev().for_each(|cut| ready.push_front(cut));
            }
            if let Some(End::Stopped(why) | End::Held(why)) = &end {
                // Cut but never sent: they go back as they were. Their intent is durable, so this is too.
                for cut in ready.drain(..) {
                    let event = not_sent(&cut, why.clone(), now_ms);
                    self.progress.apply(&event);
                    events.push(event);
                }
            } else if !paused {
                ready.drain(..).for_each(|cut| lanes.give(self.errand(cut)));
                lanes.go_on();
            }
            if writing.is_none()
                && let Some(mut journal) = self.journal.take()
            {
                // What has landed is written with what is cut, so that after a crash no more than the window is in doubt.
                let open = self.progress.open.len();
                if end.is_none() && !paused && open <= WINDOW_BATCHES / 2 {
                    for _ in open..WINDOW_BATCHES {
                        if self.is_sequential() && !self.progress.may_follow(phase, now_ms) {
                            break;
                        }
                        let Some(cut) = self.cut(phase, now_ms)? else { break };
                        being_written.push(cut.clone());
                        events.push(Event::Cut(cut));
                    }
                }
                let idle = lanes.under_way() == 0 && ready.is_empty();
                let due = oldest.is_some_and(|at| at.elapsed() >= JOURNAL_WAIT_MAX) || events.len() >= WINDOW_BATCHES / 2;
                if !being_written.is_empty() || (!events.is_empty() && (due || idle)) {
                    let group = std::mem::take(&mut events);
                    oldest = None;
                    lanes.leave_alone(true);
                    writing = Some(Box::pin(async move {
                        let done = journal.append(&group).await;
                        (journal, done)
                    }));
                } else {
                    self.journal = Some(journal);
                }
            }
            let nothing_under_way = lanes.under_way() == 0 && ready.is_empty() && writing.is_none() && events.is_empty();
            if nothing_under_way && (end.is_some() || self.progress.round_written(phase)) {
                self.told.send_replace(self.progress.clone());
                return Ok(end.unwrap_or(End::Done));
            }
            let sleep = self.sleep(phase, now_ms, oldest, lanes.under_way() > 0);
            tokio::select! {
                backs = lanes.landed(), if lanes.under_way() > 0 => {
                    oldest.get_or_insert_with(Instant::now);
                    for Back { cut, landed } in backs {
                        let landed = landed?;
                        events.extend(self.told_ids(&cut, &landed));
                        let (event, stop) = self.landed(&cut, landed, now_ms);
                        events.push(event);
                        end = end.or(stop);
                    }
                }
                Some((journal, done)) = OptionFuture::from(writing.as_mut()) => {
                    writing = None;
                    lanes.leave_alone(false);
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

    fn writes_max(&self) -> usize {
        if self.is_sequential() { 1 } else { self.terms.in_flight }
    }

    /// Whether each batch waits for the answer of the one before it.
    pub(crate) fn is_sequential(&self) -> bool {
        match self.terms.uploads {
            Uploads::Any => false,
            Uploads::Ordered | Uploads::Sealed => true,
        }
    }

    fn errand(&self, cut: Cut) -> Errand {
        let seal = self.is_sequential().then(|| self.progress.seal(cut.phase));
        Errand { cut, question: None, seal }
    }

    fn cut(&mut self, phase: u8, now_ms: i64) -> Result<Option<Cut>, RunError> {
        let Some(mut cut) = self.progress.cut(phase, self.rows_max, now_ms) else { return Ok(None) };
        // Too many bytes for one request: fewer rows, before anything is written down.
        while cut.rows() > 1 && self.terms.cargo.is_larger(phase, &cut.ranges, self.terms.bytes_max)? {
            let half = cut.rows() / 2;
            match self.progress.cut(phase, half, now_ms) {
                Some(smaller) => cut = smaller,
                None => break,
            }
        }
        self.progress.apply(&Event::Cut(cut.clone()));
        Ok(Some(cut))
    }

    pub(crate) fn lanes(&self, phase: u8, lanes_max: usize) -> Lanes {
        let terms = &self.terms;
        let asked = Asked {
            cargo: terms.cargo.clone(),
            task: terms.task.clone(),
            state: self.progress.phases[usize::from(phase)].state.clone().unwrap_or_default(),
            schema: terms.cargo.schema(phase),
            session: terms.session.clone(),
        };
        Lanes::new(asked, lanes_max)
    }

    fn landed(&mut self, cut: &Cut, landed: Landed, now_ms: i64) -> (Event, Option<End>) {
        let (event, consequence) = settle_batch::settle(cut, landed, &self.rules(now_ms));
        self.progress.apply(&event);
        let stop = self.follows(consequence, now_ms);
        let broken = || self.progress.broken_session(cut.phase).cloned().map(End::Stopped);
        (event, stop.or_else(broken))
    }

    /// The platform's own ids in an answer, to be written down with it.
    pub(crate) fn told_ids(&self, cut: &Cut, landed: &Landed) -> Option<Event> {
        let ids = if self.terms.remote_ids { remote_ids::told(cut, landed) } else { Vec::new() };
        (!ids.is_empty()).then_some(Event::RemoteIds { phase: cut.phase, ids })
    }

    pub(crate) fn rules(&self, now_ms: i64) -> Rules {
        let jitter = self.terms.store.entropy().with(|rng| rng.random::<f64>());
        Rules { repeat_is_harmless: self.terms.repeat_is_harmless, answers: self.terms.answers, now_ms, jitter }
    }

    /// What the end of a batch means for the run, once its event is applied: nothing, or its own end.
    pub(crate) fn follows(&mut self, consequence: Consequence, now_ms: i64) -> Option<End> {
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
            Consequence::Trapped(last) => {
                self.traps_in_a_row += 1;
                let message = format!("{}; the connector failed on {} batches in a row", last.message, self.traps_in_a_row);
                (self.traps_in_a_row >= TRAPS_IN_A_ROW_MAX).then_some(Why { message, ..last })
            }
            Consequence::Smaller(rows) => {
                self.rows_max = self.rows_max.min(rows);
                None
            }
            Consequence::Stop(why) => Some(why),
        };
        stop.map(End::Stopped).or_else(|| self.too_many_refused())
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

    /// Until something is due: a look at what has landed, the next row that waits, the end of a pause, the end of the journal's patience.
    fn sleep(&self, phase: u8, now_ms: i64, oldest: Option<Instant>, under_way: bool) -> Duration {
        let mut wait = if under_way { LANDED_LOOK } else { Duration::from_secs(3600) };
        if let Some(at) = oldest {
            wait = wait.min(JOURNAL_WAIT_MAX.saturating_sub(at.elapsed()));
        }
        let pause = self.paused_until_ms.saturating_sub(now_ms).max(0) as u64;
        if pause > 0 {
            wait = wait.min(Duration::from_millis(pause));
        }
        if let Some(due) = self.progress.next_due_ms(phase).filter(|due| *due > now_ms || !under_way) {
            wait = wait.min(Duration::from_millis((due.saturating_sub(now_ms).max(0) as u64).max(pause).max(1)));
        }
        wait
    }
}

pub(crate) fn cancelled() -> Why {
    Why::ours(Code::RunCancelled, "the run was cancelled")
}

/// A batch that was announced and not sent after all, since the delivery ended for this reason.
fn not_sent(cut: &Cut, why: Why, now_ms: i64) -> Event {
    let all = Again { attempt: cut.attempt, rows_max: cut.rows(), due_ms: now_ms, in_doubt: false, why }.or_end();
    Event::Settled { batch: cut.batch, all, except: Vec::new() }
}

/// Where a journal stands, with the batches that were under way judged as interrupted; and the events that say so. `progress`: of a delivery
/// that has not begun.
pub(crate) fn taken_up(mut progress: Progress, events: &[Event], repeat_is_harmless: bool, now_ms: i64) -> (Progress, Vec<Event>) {
    events.iter().for_each(|event| progress.apply(event));
    let open = progress.open.values();
    let interrupted: Vec<_> = open.map(|cut| Progress::interrupted(cut, repeat_is_harmless, now_ms)).collect();
    interrupted.iter().for_each(|event| progress.apply(event));
    (progress, interrupted)
}
