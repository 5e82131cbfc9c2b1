//! The part of a run's life in which something leaves: from a durable change set to what its delivery came to.

use std::sync::Arc;

use sluice_catalog::Code;
use sluice_ledger::ChangeSet;
use sluice_store::{DecisionKind, RunState, RunUpdate};
use tokio_util::sync::CancellationToken;

use super::{Ending, Life};
use crate::{
    call,
    cargo::Cargo,
    declared::Declared,
    deliver::{Delivery, End, Terms, taken_up},
    error::RunError,
    journal::{self, Journal},
    link::{self, Link, Opening},
    order::Order,
    progress::Progress,
    reasons::{self, Reasons},
    revision,
    verdict::Why,
};

impl Life<'_> {
    /// From the change set to the settlement.
    pub(super) async fn deliver(&mut self, declared: &Declared, order: &Order, change_set: ChangeSet) -> Result<(), RunError> {
        self.update(RunUpdate { state: Some(RunState::Sending), ..RunUpdate::default() }).await?;
        self.host.store().record_removals(self.lease, change_set.counts().removed).await?;
        let change_set = Arc::new(change_set);
        let cargo = Arc::new(Cargo::new(change_set.clone(), &order.plan, (self.lease.activation, self.lease.run)));
        let started = std::time::Instant::now();
        let (progress, end) = if cargo.is_quiet() {
            // Quiet when quiet: no change, no request, not even to set something up.
            (cargo.progress(), End::Done)
        } else {
            match self.delivery(declared, order, &cargo).await {
                Ok(delivery) => delivery.run().await?,
                Err(error) => self.laid_down(error, order, &cargo).await?,
            }
        };
        self.counters.send_ms += started.elapsed().as_millis() as u64;
        if self.signals.suspend.is_cancelled() && !matches!(end, End::Done | End::Awaiting(_)) {
            return Err(RunError::Cancelled);
        }
        match end {
            End::Awaiting(at_ms) => {
                self.counters.tally = reasons::tally(&progress, change_set.counts());
                self.awaits(at_ms).await
            }
            End::Held(why) => {
                let counts = change_set.counts();
                self.counters.tally = reasons::tally(&progress, counts);
                let (told, hours) = (Reasons::of(&progress, counts), declared.activation.value.guards.confirm_hours);
                self.hold(why, change_set.diff_hash().to_string(), hours, Some(&told)).await
            }
            End::Done => self.finish(&order.books, change_set, progress, None).await,
            End::Stopped(why) => {
                let mut progress = progress;
                progress.give_up(&why);
                self.finish(&order.books, change_set, progress, Some(Ending::of(&why))).await
            }
        }
    }

    /// The way to the platform, and the delivery where its journal says that it stands.
    async fn delivery(&self, declared: &Declared, order: &Order, cargo: &Arc<Cargo>) -> Result<Delivery, RunError> {
        let key = self.host.store().data_key(self.lease.workspace).await?;
        let link = self.link(declared, order, cargo.rows()).await?;
        let (journal, events) = Journal::open(self.host.store(), self.lease, key, link.records.clone()).await?;
        let terms = self.terms(declared, order, &link, cargo.clone()).await?;
        Delivery::resume(terms, journal, &events, self.signals.told.clone()).await
    }

    /// There is no way to the platform any more, and an earlier worker of the run has sent something: that is not forgotten. Where
    /// nothing was sent, the error is the run's end.
    async fn laid_down(&self, error: RunError, order: &Order, cargo: &Cargo) -> Result<(Progress, End), RunError> {
        let store = self.host.store();
        let key = store.data_key(self.lease.workspace).await?;
        let events = journal::read(store, &key, self.lease.workspace, self.lease.run).await?;
        let why = match error {
            RunError::Said(why) => why,
            RunError::Problems(_) | RunError::Fault(_) => Why::ours(error.code(), error.to_string()),
            other => return Err(other),
        };
        if events.is_empty() {
            return Err(RunError::Said(why));
        }
        let (progress, _) = taken_up(cargo.progress(), &events, order.repeat_is_harmless(), store.now().as_millisecond());
        Ok((progress, End::Stopped(why)))
    }

    /// Lays the run down until its platform is to be asked again.
    async fn awaits(&mut self, at_ms: i64) -> Result<(), RunError> {
        let wake_at = jiff::Timestamp::from_millisecond(at_ms).unwrap_or(jiff::Timestamp::MAX);
        let counters = Some(self.counters.json());
        let state = Some(RunState::AwaitingVendor);
        self.update(RunUpdate { state, counters, wake_at: Some(wake_at), ..RunUpdate::default() }).await?;
        Ok(self.host.store().release(self.lease).await?)
    }

    async fn link(&self, declared: &Declared, order: &Order, rows: u64) -> Result<Link, RunError> {
        // Nobody else is under way in the run's folder: what is there is of a worker that was killed.
        sluice_egress::Spool::sweep(order.books.scratch()).map_err(RunError::io("the run's folder"))?;
        let opening = Opening {
            store: self.host.store(),
            engine: self.host.engine(),
            pacers: &self.host.0.pacers,
            tokens: &self.host.0.tokens,
            workspace: self.lease.workspace,
            platform: &declared.platform,
            cause: self.lease.run.to_string(),
            scratch: order.books.scratch(),
            limits: link::limits(&declared.platform.manifest).for_rows(rows),
        };
        opening.open().await
    }

    async fn terms(&self, declared: &Declared, order: &Order, link: &Link, cargo: Arc<Cargo>) -> Result<Terms, RunError> {
        let (activation, service) = (&declared.activation.value, &declared.service);
        let cancel = self.signals.cancel.clone();
        let stop = self.signals.suspend.clone();
        // One token for the delivery: a person's cancel and the process's stop both end it at the next batch line.
        let either = cancel.child_token();
        let both = either.clone();
        tokio::spawn(async move {
            tokio::select! { () = stop.cancelled() => both.cancel(), () = both.cancelled() => {} }
        });
        let keep = self.keep(declared, link, &either).await?;
        let mode = activation.mode.as_str();
        let now_ms = self.run.now.as_millisecond().max(0) as u64;
        // Who has confirmed that many rows change has not said that the platform may refuse them.
        let confirmed = self.run.decision.as_ref().is_some_and(|d| d.kind == DecisionKind::Confirm)
            && self.run.hold.as_ref().is_some_and(|hold| hold.code == Code::GuardRejectedShare);
        Ok(Terms {
            remote_ids: cargo.has_remote_ids(),
            cargo,
            task: link::task(link, &declared.platform, &activation.service, mode, &activation.options, now_ms, keep),
            session: link.session.clone(),
            cancel: either,
            in_flight: declared.platform.destination.value.in_flight as usize,
            rows_max: activation.batch_rows_max.unwrap_or(u32::MAX).min(service.unit.rows).max(1),
            bytes_max: service.unit.bytes,
            uploads: service.uploads,
            poll_rows: service.poll_rows,
            repeat_is_harmless: order.repeat_is_harmless(),
            answers: service.answers,
            rejected_percent_max: (!confirmed).then_some(activation.guards.rejected_percent_max),
            store: self.host.store().clone(),
        })
    }

    /// What the platform side of the activation is known by: found or made once for each target, and kept.
    async fn keep(&self, declared: &Declared, link: &Link, stop: &CancellationToken) -> Result<Vec<u8>, RunError> {
        let store = self.host.store();
        let target = revision::target(&declared.activation.value, &declared.platform.destination.value.settings);
        let state = store.activation_state(self.lease.workspace, self.lease.activation).await?;
        // What was found or made for another account or another list is not used for this one.
        if let Some(keep) = state.keep.filter(|_| state.keep_target.is_none_or(|of| of == target)) {
            return Ok(keep);
        }
        let activation = &declared.activation.value;
        let now_ms = self.run.now.as_millisecond().max(0) as u64;
        let task = link::task(
            link,
            &declared.platform,
            &activation.service,
            activation.mode.as_str(),
            &activation.options,
            now_ms,
            Vec::new(),
        );
        let keep = call::setup(&link.session, stop, &task).await?;
        store.put_keep(self.lease, &keep, target).await?;
        Ok(keep)
    }
}
