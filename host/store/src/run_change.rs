//! What the worker of a run writes about it: progress, holds, and its end together with the ledger's pointer.

use jiff::Timestamp;
use sqlx::Row;

use crate::{
    error::StoreError,
    lease::Lease,
    open::Store,
    run::{Failure, Hold, RunState},
    time::us,
};

/// What changes; `None` leaves as it is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RunUpdate {
    /// Not a final one: those are for [`Store::settle`].
    pub state: Option<RunState>,
    /// Diff counts and tally, whole.
    pub counters: Option<serde_json::Value>,
    /// Timings, warnings, revisions, query text: whole.
    pub details: Option<serde_json::Value>,
    /// Digest of the component.
    pub component: Option<String>,
    /// Why the run waits for a person; takes an earlier decision away.
    pub hold: Option<Hold>,
    /// When a run that awaits its vendor is to be taken up again.
    pub wake_at: Option<Timestamp>,
}

/// How a run ends.
#[derive(Debug, Clone, PartialEq)]
pub struct Settlement {
    /// A final one.
    pub state: RunState,
    /// Where the ledger stands now; `None` leaves it where it was (nothing changed, or nothing was sent).
    pub ledger: Option<String>,
    /// Diff counts and tally, whole.
    pub counters: serde_json::Value,
    /// `None` leaves them as they are.
    pub details: Option<serde_json::Value>,
    /// Why it failed, if it did.
    pub failure: Option<Failure>,
    /// When the activation is due next; `None` for never.
    pub next_due: Option<Timestamp>,
}

impl Store {
    /// Writes progress; gives whether someone asked the run to stop. [`StoreError::LeaseLost`] when another worker has the run.
    pub async fn update_run(&self, lease: &Lease, update: &RunUpdate) -> Result<bool, StoreError> {
        debug_assert!(!update.state.is_some_and(RunState::is_final), "a run ends by `settle`");
        let hold = update.hold.as_ref();
        let rows = sqlx::query(
            "UPDATE runs SET state = COALESCE($3, state), counters = COALESCE($4, counters), details = COALESCE($5, details), \
             component = COALESCE($6, component), hold_code = COALESCE($7, hold_code), hold_cause = COALESCE($8, hold_cause), \
             hold_diff = COALESCE($9, hold_diff), hold_expires_at = COALESCE($10, hold_expires_at), \
             decision = CASE WHEN $7 IS NULL THEN decision ELSE NULL END, wake_at = COALESCE($11, wake_at) \
             WHERE id = $1 AND epoch = $2 AND worker IS NOT NULL RETURNING cancel_requested",
        )
        .bind(lease.run.to_string())
        .bind(lease.epoch as i64)
        .bind(update.state.map(RunState::as_str))
        .bind(update.counters.as_ref().map(ToString::to_string))
        .bind(update.details.as_ref().map(ToString::to_string))
        .bind(update.component.clone())
        .bind(hold.map(|h| h.code.as_str()))
        .bind(hold.map(|h| h.cause.clone()))
        .bind(hold.map(|h| h.diff_hash.clone()))
        .bind(hold.map(|h| us(h.expires_at)))
        .bind(update.wake_at.map(us))
        // All of it, not the first row alone: the statement is committed by its last step, and on a full disk that step fails.
        .fetch_all(&self.inner.write)
        .await?;
        Ok(rows.first().ok_or(StoreError::LeaseLost)?.get::<i64, _>("cancel_requested") == 1)
    }

    /// Ends the run, moves the ledger's pointer and sets the next due time, all or nothing. The lease is gone afterwards.
    pub async fn settle(&self, lease: &Lease, end: &Settlement) -> Result<(), StoreError> {
        debug_assert!(end.state.is_final(), "`settle` ends a run");
        let now = us(self.now());
        let mut tx = self.begin().await?;
        let done = sqlx::query(
            "UPDATE runs SET state = $3, finished_at = $4, counters = $5, details = COALESCE($6, details), failure_code = $7, \
             failure_cause = $8, worker = NULL, lease_until = NULL WHERE id = $1 AND epoch = $2 AND worker IS NOT NULL",
        )
        .bind(lease.run.to_string())
        .bind(lease.epoch as i64)
        .bind(end.state.as_str())
        .bind(now)
        .bind(end.counters.to_string())
        .bind(end.details.as_ref().map(ToString::to_string))
        .bind(end.failure.as_ref().map(|f| f.code.as_str()))
        .bind(end.failure.as_ref().map(|f| f.cause.clone()))
        .execute(&mut *tx)
        .await?;
        if done.rows_affected() == 0 {
            return Err(StoreError::LeaseLost);
        }
        sqlx::query(
            "INSERT INTO activation_states (activation, workspace, ledger, last_end, next_due, skipped) VALUES ($1, $2, $3, $4, $5, 0) \
             ON CONFLICT (activation) DO UPDATE SET ledger = COALESCE(excluded.ledger, activation_states.ledger), \
             last_end = excluded.last_end, next_due = excluded.next_due",
        )
        .bind(lease.activation.to_string())
        .bind(lease.workspace.to_string())
        .bind(end.ledger.clone())
        .bind(now)
        .bind(end.next_due.map(us))
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }
}
