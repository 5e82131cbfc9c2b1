//! The life of one run, from its lease to its settlement. Reading this file top to bottom is reading a row's way (design section 4).
//!
//! Three things are durable landmarks: the change set (from then on the source is never asked again), the journal (from then on a
//! batch may have left), and the settlement (the ledger's pointer and the run's end in one transaction). A crash between two of them
//! resumes at the earlier one.

mod sending;

use std::sync::Arc;

use jiff::ToSpan;
use sluice_catalog::{Code, outcome::Tally};
use sluice_ledger::{ChangeSet, Intake, Judgement};
use sluice_store::{DecisionKind, Failure, Hold, Lease, Run, RunState, RunUpdate, Settlement, StoreError};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::{
    books::Books,
    counters::Counters,
    declared::Declared,
    deliver::{cancelled, taken_up},
    error::RunError,
    guards::{self, Decision},
    host::{Flags, Host, next_due},
    journal,
    order::{Of, Order, Verdicts},
    plan::Moves,
    progress::Progress,
    reading::read_in,
    reasons::{self, Reasons},
    remote_ids::RemoteIds,
    verdict::Why,
};

/// What reaches a run from outside, and what it tells.
pub(crate) struct Signals {
    /// A person cancels the run, or its lease is lost.
    pub(crate) cancel: CancellationToken,
    /// The process stops: lay the run down, to be taken up again.
    pub(crate) suspend: CancellationToken,
    /// How far it has come.
    pub(crate) told: watch::Sender<Progress>,
}

impl Signals {
    /// Ends when the run is to stop, for whichever reason.
    async fn stopped(&self) {
        tokio::select! {
            () = self.cancel.cancelled() => {}
            () = self.suspend.cancelled() => {}
        }
    }
}

/// Carries a leased run as far as it goes now: to its end, to a hold, or to the point where the process stops.
pub(crate) async fn carry_out(host: &Host, lease: &Lease, signals: Signals) -> Result<(), RunError> {
    let run = host.store().run(lease.workspace, lease.run).await?;
    let mut life = Life {
        host,
        lease,
        flags: serde_json::from_value(run.flags.clone()).unwrap_or_default(),
        run,
        signals,
        counters: Counters::default(),
    };
    life.counters = Counters::read(&life.run.counters);
    match Box::pin(life.live()).await {
        Ok(()) => Ok(()),
        // The lease is somebody else's, or the store is gone: nothing can be written, the run is taken up again.
        Err(RunError::Store(error)) if is_lost_or_gone(&error) => Err(RunError::Store(error)),
        Err(RunError::Cancelled) if life.signals.suspend.is_cancelled() => Ok(host.store().release(lease).await?),
        Err(error) => life.end_early(error).await,
    }
}

struct Life<'a> {
    host: &'a Host,
    lease: &'a Lease,
    run: Run,
    flags: Flags,
    signals: Signals,
    counters: Counters,
}

impl Life<'_> {
    async fn live(&mut self) -> Result<(), RunError> {
        if self.run.state == RunState::Held
            && let Some((ending, why)) = self.decided()
        {
            return self.put_away(ending, why).await;
        }
        let declared = Declared::load(self.host.store(), self.lease.workspace, self.lease.activation).await?;
        let order = Order::new(self.host, &declared, self.of()).await?;
        let change_set = match order.books.committed().await? {
            Some(change_set) => change_set,
            None => {
                if self.run.cancel_requested {
                    return Err(RunError::Cancelled);
                }
                let change_set = self.evaluate(&declared, &order).await?;
                if self.held(&declared, &change_set).await? {
                    return Ok(());
                }
                change_set
            }
        };
        self.deliver(&declared, &order, change_set).await
    }

    fn of(&self) -> Of {
        let (workspace, run) = (self.lease.workspace, self.lease.run);
        let scratch = self.host.scratch(workspace, run);
        Of { workspace, activation: self.lease.activation, now: self.run.now, flags: self.flags, scratch }
    }

    /// How a held run that was taken up ends, and why what was not sent was not; none when it was confirmed and goes on.
    fn decided(&self) -> Option<(Ending, Why)> {
        let hold = self.run.hold.as_ref();
        let guard = hold.map_or_else(cancelled, |hold| Why::ours(hold.code, hold.cause.clone()));
        match self.run.decision.as_ref().map(|d| d.kind) {
            _ if self.run.cancel_requested => Some((Ending::plain(RunState::Cancelled), cancelled())),
            Some(DecisionKind::Confirm) => None,
            Some(DecisionKind::Discard) => Some((Ending::plain(RunState::Discarded), guard)),
            None => {
                let cause = "Nobody confirmed or discarded the held diff before its time was up.".to_owned();
                let failure = Failure { code: Code::ConfirmationExpired, cause };
                Some((Ending { state: RunState::Expired, failure: Some(failure) }, guard))
            }
        }
    }

    /// Ends the run without sending any more. What has been sent already (a guard holds in the middle, too) is entered as it was answered;
    /// the rest is carried for this reason.
    async fn put_away(&mut self, ending: Ending, why: Why) -> Result<(), RunError> {
        let store = self.host.store();
        let key = store.data_key(self.lease.workspace).await?;
        let events = journal::read(store, &key, self.lease.workspace, self.lease.run).await?;
        if events.is_empty() {
            return self.settle(ending, None, None).await;
        }
        let books = Books::open(self.host, &self.of()).await?;
        let change_set = books.committed().await?;
        let change_set = change_set.ok_or_else(|| RunError::Defect("a journal without the change set that it is of".into()))?;
        let books = books.at(change_set.place());
        // Whether the platform minds a repeat is not asked of a connector that may be another by now: what was under way is in doubt.
        let (mut progress, _) = taken_up(Progress::of(change_set.phases()), &events, false, store.now().as_millisecond());
        progress.give_up(&why);
        self.finish(&books, Arc::new(change_set), progress, Some(ending)).await
    }

    /// From the source to a durable change set.
    async fn evaluate(&mut self, declared: &Declared, order: &Order) -> Result<ChangeSet, RunError> {
        self.update(RunUpdate {
            state: Some(RunState::Evaluating),
            component: Some(declared.platform.connector.digest.clone()),
            ..RunUpdate::default()
        })
        .await?;
        let started = std::time::Instant::now();
        let stop = self.signals.stopped();
        let intake = read_in(self.host, self.lease.workspace, declared, order, self.run.now, stop).await?;
        self.counters.evaluate_ms = started.elapsed().as_millis() as u64;
        self.update(RunUpdate { state: Some(RunState::Diffing), counters: Some(self.counters.json()), ..RunUpdate::default() })
            .await?;
        self.diff(order, intake).await
    }

    async fn diff(&mut self, order: &Order, intake: Intake) -> Result<ChangeSet, RunError> {
        let started = std::time::Instant::now();
        let change_set = order.diff(intake).await?;
        self.counters.diff_ms = started.elapsed().as_millis() as u64;
        self.counters.diffed(change_set.counts());
        self.update(RunUpdate { counters: Some(self.counters.json()), ..RunUpdate::default() }).await?;
        Ok(change_set)
    }

    /// Holds the run for a person when a guard says so.
    async fn held(&mut self, declared: &Declared, change_set: &ChangeSet) -> Result<bool, RunError> {
        let activation = &declared.activation.value;
        let day = std::time::Duration::from_secs(24 * 3600);
        let store = self.host.store();
        let removed_before = store.removals_since(self.lease.workspace, self.lease.activation, store.now(), day).await?;
        let removes = Moves::of(activation.mode).removes();
        match guards::decide(&activation.guards, &self.counters.guarded(removed_before), removes) {
            Decision::Go => Ok(false),
            Decision::Fail { code, cause } => Err(RunError::Said(Why::ours(code, cause))),
            Decision::Hold { code, cause } => {
                self.hold(Why::ours(code, cause), change_set.diff_hash().to_string(), activation.guards.confirm_hours, None)
                    .await?;
                Ok(true)
            }
        }
    }

    /// `told`: what its rows have come to so far, where some have been sent.
    async fn hold(&mut self, why: Why, diff_hash: String, hours: u32, told: Option<&Reasons>) -> Result<(), RunError> {
        let store = self.host.store();
        let code = why.code.parse().unwrap_or(Code::Internal);
        let expires_at = store.now().saturating_add(i64::from(hours).hours()).unwrap_or(jiff::Timestamp::MAX);
        let hold = Hold { code, cause: why.message, diff_hash, expires_at };
        let counters = Some(self.counters.json());
        let details = told.map(|reasons| serde_json::to_value(reasons).expect("reasons are plain data"));
        self.update(RunUpdate { state: Some(RunState::Held), hold: Some(hold), counters, details, ..RunUpdate::default() }).await?;
        Ok(store.release(self.lease).await?)
    }

    /// Writes the ledger's deltas, then moves the pointer together with the run's end: the given one, or what its rows came to.
    async fn finish(
        &mut self,
        books: &Books,
        change_set: Arc<ChangeSet>,
        progress: Progress,
        ending: Option<Ending>,
    ) -> Result<(), RunError> {
        self.update(RunUpdate { state: Some(RunState::Finishing), ..RunUpdate::default() }).await?;
        self.counters.tally = reasons::tally(&progress, change_set.counts());
        let reasons = Reasons::of(&progress, change_set.counts());
        let nothing_to_show = change_set.phases().iter().all(|p| p.rows == 0) && change_set.listed().next().is_none();
        let key = self.host.store().data_key(self.lease.workspace).await?;
        let told = match change_set.has_remote_ids() {
            true => Some(RemoteIds::open(self.host.store(), key, (self.lease.workspace, self.lease.run)).await?),
            false => None,
        };
        let pointer = books.settle(change_set, judgements(progress), told).await?;
        let ending = ending.unwrap_or_else(|| Ending::plain(state_of(&self.counters.tally)));
        let details = serde_json::to_value(&reasons).expect("reasons are plain data");
        self.settle(ending, pointer, Some(details)).await?;
        if nothing_to_show {
            // A run that found nothing leaves nothing: its records are an empty page either way.
            if let Err(error) = tokio::fs::remove_dir_all(books.scratch()).await {
                tracing::warn!(run = %self.lease.run, %error, "the run's empty folder stays");
            }
        }
        if let Err(error) = books.sweep(self.host.store(), (self.lease.workspace, self.lease.activation)).await {
            tracing::warn!(run = %self.lease.run, %error, "old ledger files stay until the next run");
        }
        Ok(())
    }

    /// Ends a run that went wrong outside of its delivery. What an earlier worker of it has sent is entered; only where the books do not
    /// open either does the ledger stay where it was.
    async fn end_early(&mut self, error: RunError) -> Result<(), RunError> {
        let (ending, why) = match error {
            RunError::Cancelled => (Ending::plain(RunState::Cancelled), cancelled()),
            error => {
                tracing::warn!(run = %self.lease.run, code = %error.code(), %error, "the run failed");
                let failure = Failure { code: error.code(), cause: error.to_string() };
                let why = Why::ours(failure.code, failure.cause.clone());
                (Ending { state: RunState::Failed, failure: Some(failure) }, why)
            }
        };
        match Box::pin(self.put_away(ending.clone(), why)).await {
            Err(RunError::Store(error)) if is_lost_or_gone(&error) => Err(RunError::Store(error)),
            Err(error) => {
                tracing::error!(run = %self.lease.run, %error, "what the run has sent could not be entered");
                self.settle(ending, None, None).await
            }
            Ok(()) => Ok(()),
        }
    }

    async fn settle(
        &mut self,
        Ending { state, failure }: Ending,
        ledger: Option<String>,
        details: Option<serde_json::Value>,
    ) -> Result<(), RunError> {
        let store = self.host.store();
        let activation = store.get::<sluice_catalog::activation::Activation>(self.lease.workspace, self.lease.activation).await;
        let next_due = activation.ok().and_then(|a| next_due(&a.value, Some(store.now()), store.now()));
        let end = Settlement { state, ledger, counters: self.counters.json(), details, failure, next_due };
        store.settle(self.lease, &end).await?;
        let (ws, act) = (self.lease.workspace, self.lease.activation);
        if let Err(error) = self.host.after_run(ws, act, state, end.failure.as_ref()).await {
            tracing::warn!(run = %self.lease.run, %error, "whether the activation is to be paused is left open");
        }
        Ok(())
    }

    async fn update(&mut self, update: RunUpdate) -> Result<(), RunError> {
        if self.host.store().update_run(self.lease, &update).await? {
            self.signals.cancel.cancel();
        }
        if let Some(state) = update.state {
            self.run.state = state;
        }
        Ok(())
    }
}

/// How a run ends.
#[derive(Debug, Clone)]
struct Ending {
    state: RunState,
    failure: Option<Failure>,
}

impl Ending {
    fn plain(state: RunState) -> Self {
        Self { state, failure: None }
    }

    /// Of a delivery that was stopped.
    fn of(why: &Why) -> Self {
        if why.code == Code::RunCancelled.as_str() {
            return Self::plain(RunState::Cancelled);
        }
        let code = why.code.parse().unwrap_or(Code::DestProtocol);
        Self { state: RunState::Failed, failure: Some(Failure { code, cause: why.message.clone() }) }
    }
}

/// A run with even one row that did not arrive is never shown as plain success (features 9.1).
fn state_of(tally: &Tally) -> RunState {
    match tally.rejected + tally.invalid + tally.unknown + tally.carried + tally.expired {
        0 => RunState::Succeeded,
        _ => RunState::SucceededWithErrors,
    }
}

/// A delivery's verdicts as the ledger asks for them.
fn judgements(progress: Progress) -> Verdicts {
    Box::new(move |phase, row| match progress.phases[usize::from(phase)].judged.get(row) {
        Some(verdict) => Judgement { word: verdict.word, code: verdict.why.as_ref().and_then(|why| why.code.parse().ok()) },
        // Not judged and not given up: as if it had never been offered.
        None if progress.phases[usize::from(phase)].emptied => Judgement::ACCEPTED,
        None => Judgement { word: sluice_catalog::outcome::Word::Carried, code: None },
    })
}

/// The lease is somebody else's, or the store does not answer: nothing can be written now.
fn is_lost_or_gone(error: &StoreError) -> bool {
    matches!(error, StoreError::LeaseLost | StoreError::JournalOrder { .. } | StoreError::Database(_))
}
