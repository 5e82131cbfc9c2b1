//! Who runs what, when: due activations become runs, and runs find a worker in this process.

use std::sync::PoisonError;

use sluice_catalog::activation::Activation;
use sluice_store::{Lease, StoreError, Trigger, TriggerKind};
use tokio::{sync::watch, task::JoinSet};
use tokio_util::sync::CancellationToken;

use crate::{
    error::RunError,
    host::{Flags, Host, Running, next_due},
    limits::{LEASE_RENEW, LEASE_TTL, RUNS_AT_ONCE, SCHEDULER_TICK},
    progress::Progress,
    run,
};

/// Due activations looked at in one round; the rest comes with the next.
const DUE_PAGE: u32 = 100;

impl Host {
    /// Works until `stop`: starts due runs, carries runs out, takes interrupted ones up. When stopped, runs are laid down at the
    /// next batch line and taken up by the next start.
    pub async fn serve(&self, stop: CancellationToken) -> Result<(), RunError> {
        let mut runs: JoinSet<()> = JoinSet::new();
        let worker = format!("process-{}", std::process::id());
        // A task of its own: it holds the database now and then, and this one waits for the database.
        let mut house = JoinSet::new();
        let host = self.clone();
        house.spawn(async move { host.keep_house().await });
        let host = self.clone();
        house.spawn(async move { host.refresh_what_is_due().await });
        let host = self.clone();
        house.spawn(async move { host.look_at_pauses().await });
        while !stop.is_cancelled() {
            if let Err(error) = self.start_due().await {
                tracing::error!(%error, "the scheduler cannot reach the store");
            }
            while runs.len() < RUNS_AT_ONCE {
                match self.store().claim(&worker, self.store().now(), LEASE_TTL).await {
                    Ok(Some(lease)) => {
                        let (host, suspend) = (self.clone(), stop.clone());
                        runs.spawn(async move { host.carry_out(lease, suspend).await });
                    }
                    Ok(None) => break,
                    Err(error) => {
                        tracing::error!(%error, "no run can be claimed");
                        break;
                    }
                }
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.0.wake.notified() => {}
                () = tokio::time::sleep(SCHEDULER_TICK) => {}
                Some(_) = runs.join_next() => {}
            }
        }
        house.shutdown().await;
        self.0.ending.cancel();
        while runs.join_next().await.is_some() {}
        self.0.tasks.close();
        self.0.tasks.wait().await;
        Ok(())
    }

    async fn start_due(&self) -> Result<(), RunError> {
        for due in self.store().due(self.store().now(), DUE_PAGE).await? {
            let trigger = Trigger { kind: TriggerKind::Schedule, by: "schedule".into() };
            match self.queue(due.workspace, due.activation, trigger, Flags::default()).await {
                Ok(_) => {}
                // Started by hand in this very moment: this due time is that run.
                Err(RunError::Store(StoreError::RunOverlap { .. })) => {
                    let activation = self.store().get::<Activation>(due.workspace, due.activation).await?;
                    let now = self.store().now();
                    self.store().skip_due(due.workspace, due.activation, next_due(&activation.value, Some(now), now)).await?;
                }
                Err(RunError::Store(StoreError::NotFound { .. })) => {
                    self.store().set_next_due(due.workspace, due.activation, None).await?
                }
                Err(other) => return Err(other),
            }
        }
        Ok(())
    }

    /// Carries one leased run out, renewing the lease. Every way it can end is written down by [`run::carry_out`]; what cannot be
    /// written (a lost lease, a store that is gone) is logged, and the run is taken up again by whoever can.
    async fn carry_out(&self, lease: Lease, suspend: CancellationToken) {
        let cancel = CancellationToken::new();
        let (told, progress) = watch::channel(Progress::new([]));
        let running = Running { cancel: cancel.clone(), progress };
        self.0.running.lock().unwrap_or_else(PoisonError::into_inner).insert(lease.run, running);
        let id = lease.run;
        let work = run::carry_out(self, &lease, run::Signals { cancel: cancel.clone(), suspend, told });
        // Side by side: a renewal that waits for the database must not stop the run, which may be the one that holds it.
        let ended = tokio::select! {
            ended = work => ended,
            () = self.renew(&lease, &cancel) => unreachable!("renewals go on for ever"),
        };
        if let Err(error) = ended {
            tracing::error!(run = %id, %error, "the run was laid down; it is taken up again");
            // Not at once: what stood in the way (a full disk, a database that is gone) is there for a while.
            tokio::time::sleep(SCHEDULER_TICK).await;
        }
        self.0.running.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
        self.0.wake.notify_one();
    }

    async fn renew(&self, lease: &Lease, cancel: &CancellationToken) {
        loop {
            tokio::time::sleep(LEASE_RENEW).await;
            match self.store().renew(lease, self.store().now(), LEASE_TTL).await {
                Ok(_) => {}
                // Somebody else has it: stop at once, write nothing more (the store would refuse it).
                Err(StoreError::LeaseLost) => cancel.cancel(),
                Err(error) => tracing::warn!(run = %lease.run, %error, "the lease cannot be renewed now"),
            }
        }
    }
}
