//! One writer per run: a lease with a fencing epoch. Whoever claims a run raises its epoch; every later write names the epoch, and one
//! with an older epoch changes nothing and is told [`StoreError::LeaseLost`].

use std::time::Duration;

use jiff::Timestamp;
use sluice_catalog::ids::{ActivationId, RunId, WorkspaceId};
use sqlx::Row;

use crate::{
    error::StoreError,
    open::Store,
    time::{after, at, us},
};

/// The right to write one run, until its end or until another worker claims it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// Whose run.
    pub workspace: WorkspaceId,
    /// Which run.
    pub run: RunId,
    /// Of which activation.
    pub activation: ActivationId,
    /// Who holds it.
    pub worker: String,
    /// Raised by each claim; writes with an older one are refused.
    pub epoch: u64,
    /// From then on another worker may claim the run.
    pub until: Timestamp,
}

impl Store {
    /// Takes up the oldest run that needs a worker and has none (or one whose lease has ended): queued and interrupted ones; held
    /// ones that are decided, cancelled or past their time; those awaiting a vendor whose time to look has come. One statement, so
    /// two workers never get the same run.
    pub async fn claim(&self, worker: &str, now: Timestamp, ttl: Duration) -> Result<Option<Lease>, StoreError> {
        let until = after(now, ttl);
        let rows = sqlx::query(
            "UPDATE runs SET epoch = epoch + 1, worker = $1, lease_until = $2, started_at = COALESCE(started_at, $3) \
             WHERE id = (SELECT id FROM runs WHERE finished_at IS NULL AND (worker IS NULL OR lease_until <= $3) AND ( \
                   state IN ('queued', 'evaluating', 'diffing', 'sending', 'finishing') \
                   OR (state = 'held' AND (decision IS NOT NULL OR cancel_requested = 1 OR hold_expires_at <= $3)) \
                   OR (state = 'awaiting-vendor' AND (wake_at <= $3 OR cancel_requested = 1))) \
                   ORDER BY created_at, id LIMIT 1) \
             AND finished_at IS NULL AND (worker IS NULL OR lease_until <= $3) \
             RETURNING id, workspace, activation, epoch",
        )
        .bind(worker.to_owned())
        .bind(us(until))
        .bind(us(now))
        // All of it, not the first row alone: the statement is committed by its last step, and on a full disk that step fails.
        .fetch_all(&self.inner.write)
        .await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let unreadable = || StoreError::Unreadable { what: "a run's ids" };
        Ok(Some(Lease {
            workspace: row.get::<String, _>("workspace").parse().map_err(|_| unreadable())?,
            run: row.get::<String, _>("id").parse().map_err(|_| unreadable())?,
            activation: row.get::<String, _>("activation").parse().map_err(|_| unreadable())?,
            worker: worker.to_owned(),
            epoch: row.get::<i64, _>("epoch") as u64,
            until: at(us(until)),
        }))
    }

    /// Keeps the lease for `ttl` from `now`. Works also after its end, as long as nobody else has claimed the run.
    pub async fn renew(&self, lease: &Lease, now: Timestamp, ttl: Duration) -> Result<Lease, StoreError> {
        let until = after(now, ttl);
        let done = sqlx::query("UPDATE runs SET lease_until = $3 WHERE id = $1 AND epoch = $2 AND worker IS NOT NULL")
            .bind(lease.run.to_string())
            .bind(lease.epoch as i64)
            .bind(us(until))
            .execute(&self.inner.write)
            .await?;
        if done.rows_affected() == 0 {
            return Err(StoreError::LeaseLost);
        }
        Ok(Lease { until: at(us(until)), ..lease.clone() })
    }

    /// Gives the run back unfinished: anyone may claim it at once (or when its state says so: held, awaiting a vendor). Refused when
    /// the lease is lost already.
    pub async fn release(&self, lease: &Lease) -> Result<(), StoreError> {
        let done =
            sqlx::query("UPDATE runs SET worker = NULL, lease_until = NULL WHERE id = $1 AND epoch = $2 AND worker IS NOT NULL")
                .bind(lease.run.to_string())
                .bind(lease.epoch as i64)
                .execute(&self.inner.write)
                .await?;
        if done.rows_affected() == 0 { Err(StoreError::LeaseLost) } else { Ok(()) }
    }

    /// With SQLite there is one process, and it has just started: whatever lease is there belongs to a dead one, so nobody needs to
    /// wait for its end.
    pub(crate) async fn free_dead_leases(&self) -> Result<(), StoreError> {
        sqlx::query("UPDATE runs SET worker = NULL, lease_until = NULL WHERE worker IS NOT NULL")
            .execute(&self.inner.write)
            .await?;
        Ok(())
    }
}
