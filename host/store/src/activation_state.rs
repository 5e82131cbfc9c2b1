//! What stays of an activation between its runs: where its ledger stands, what the connector's `setup` returned, when it is due, and
//! how much was removed lately (the guard of design I6).

use std::time::Duration;

use jiff::Timestamp;
use sluice_catalog::ids::{ActivationId, WorkspaceId};
use sqlx::{Row, SqliteConnection};

use crate::{
    error::StoreError,
    lease::Lease,
    open::Store,
    time::{at, before, us},
};

/// The state of one activation; all empty before its first run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ActivationState {
    /// The ledger's pointer, as `runs` gave it.
    pub ledger: Option<String>,
    /// What `setup` returned, once for each target.
    pub keep: Option<Vec<u8>>,
    /// The target that it is of, a number of the caller's; none where that was not kept yet.
    pub keep_target: Option<u64>,
    /// When the last run ended.
    pub last_end: Option<Timestamp>,
    /// When a run starts by itself; none for never.
    pub next_due: Option<Timestamp>,
    /// Due times that were skipped because a run was under way, since the last run ended well enough to count anew.
    pub skipped: u64,
    /// When a person last approved a held diff.
    pub approved_at: Option<Timestamp>,
}

/// An activation that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Due {
    pub workspace: WorkspaceId,
    pub activation: ActivationId,
    pub due_at: Timestamp,
}

async fn row_there(tx: &mut SqliteConnection, ws: WorkspaceId, act: ActivationId) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO activation_states (activation, workspace, skipped) VALUES ($1, $2, 0) ON CONFLICT (activation) DO NOTHING",
    )
    .bind(act.to_string())
    .bind(ws.to_string())
    .execute(tx)
    .await?;
    Ok(())
}

impl Store {
    /// The state of an activation.
    pub async fn activation_state(&self, ws: WorkspaceId, act: ActivationId) -> Result<ActivationState, StoreError> {
        let row = sqlx::query(
            "SELECT ledger, keep, keep_target, last_end, next_due, skipped, approved_at FROM activation_states \
             WHERE workspace = $1 AND activation = $2",
        )
        .bind(ws.to_string())
        .bind(act.to_string())
        .fetch_optional(self.read())
        .await?;
        Ok(row.map_or_else(ActivationState::default, |row| ActivationState {
            ledger: row.get("ledger"),
            keep: row.get("keep"),
            keep_target: row.get::<Option<i64>, _>("keep_target").map(|target| target as u64),
            last_end: row.get::<Option<i64>, _>("last_end").map(at),
            next_due: row.get::<Option<i64>, _>("next_due").map(at),
            skipped: row.get::<i64, _>("skipped") as u64,
            approved_at: row.get::<Option<i64>, _>("approved_at").map(at),
        }))
    }

    /// Where the ledger of an activation stands.
    pub async fn ledger_pointer(&self, ws: WorkspaceId, act: ActivationId) -> Result<Option<String>, StoreError> {
        Ok(self.activation_state(ws, act).await?.ledger)
    }

    /// Keeps what `setup` returned for a target; refused when the lease is lost.
    pub async fn put_keep(&self, lease: &Lease, keep: &[u8], target: u64) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        fence(&mut tx, lease).await?;
        row_there(&mut tx, lease.workspace, lease.activation).await?;
        sqlx::query("UPDATE activation_states SET keep = $3, keep_target = $4 WHERE workspace = $1 AND activation = $2")
            .bind(lease.workspace.to_string())
            .bind(lease.activation.to_string())
            .bind(keep.to_vec())
            .bind(target as i64)
            .execute(&mut *tx)
            .await?;
        Ok(tx.commit().await?)
    }

    /// Says when an activation is due next; `None` for never.
    pub async fn set_next_due(&self, ws: WorkspaceId, act: ActivationId, next_due: Option<Timestamp>) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        row_there(&mut tx, ws, act).await?;
        sqlx::query("UPDATE activation_states SET next_due = $3 WHERE workspace = $1 AND activation = $2")
            .bind(ws.to_string())
            .bind(act.to_string())
            .bind(next_due.map(us))
            .execute(&mut *tx)
            .await?;
        Ok(tx.commit().await?)
    }

    /// Counts a due time that was skipped because a run was under way, and says when it is due next.
    pub async fn skip_due(&self, ws: WorkspaceId, act: ActivationId, next_due: Option<Timestamp>) -> Result<(), StoreError> {
        sqlx::query("UPDATE activation_states SET skipped = skipped + 1, next_due = $3 WHERE workspace = $1 AND activation = $2")
            .bind(ws.to_string())
            .bind(act.to_string())
            .bind(next_due.map(us))
            .execute(&self.inner.write)
            .await?;
        Ok(())
    }

    /// Activations of the whole installation that are due at `now`, not paused and without a run under way, longest due first. For the scheduler
    /// alone.
    pub async fn due(&self, now: Timestamp, limit: u32) -> Result<Vec<Due>, StoreError> {
        let rows = sqlx::query(
            "SELECT s.workspace, s.activation, s.next_due FROM activation_states s \
             WHERE s.next_due <= $1 AND NOT EXISTS (SELECT 1 FROM runs r WHERE r.activation = s.activation AND r.finished_at IS NULL) \
             AND NOT EXISTS (SELECT 1 FROM pauses p WHERE p.activation = s.activation) \
             ORDER BY s.next_due, s.activation LIMIT $2",
        )
        .bind(us(now))
        .bind(i64::from(limit))
        .fetch_all(self.read())
        .await?;
        rows.iter()
            .map(|row| {
                let unreadable = || StoreError::Unreadable { what: "a due activation" };
                Ok(Due {
                    workspace: row.get::<String, _>("workspace").parse().map_err(|_| unreadable())?,
                    activation: row.get::<String, _>("activation").parse().map_err(|_| unreadable())?,
                    due_at: at(row.get("next_due")),
                })
            })
            .collect()
    }

    /// Says how many rows this run removes; saying it again replaces the number, so a resumed run does not count twice.
    pub async fn record_removals(&self, lease: &Lease, removed_rows: u64) -> Result<(), StoreError> {
        let now = us(self.now());
        let mut tx = self.begin().await?;
        fence(&mut tx, lease).await?;
        sqlx::query(
            "INSERT INTO removals (run, activation, at, removed_rows) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (run) DO UPDATE SET removed_rows = excluded.removed_rows",
        )
        .bind(lease.run.to_string())
        .bind(lease.activation.to_string())
        .bind(now)
        .bind(removed_rows as i64)
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }

    /// Rows removed by runs of this activation within `window` before `now`, and after the last approval by a person.
    pub async fn removals_since(
        &self,
        ws: WorkspaceId,
        act: ActivationId,
        now: Timestamp,
        window: Duration,
    ) -> Result<u64, StoreError> {
        let approved = self.activation_state(ws, act).await?.approved_at.unwrap_or(Timestamp::MIN);
        let since = before(now, window).max(approved);
        let sum = sqlx::query_scalar::<_, i64>(
            "SELECT CAST(COALESCE(SUM(m.removed_rows), 0) AS BIGINT) FROM removals m JOIN runs r ON r.id = m.run \
             WHERE r.workspace = $1 AND m.activation = $2 AND m.at > $3",
        )
        .bind(ws.to_string())
        .bind(act.to_string())
        .bind(us(since))
        .fetch_one(self.read())
        .await?;
        Ok(sum as u64)
    }
}

/// Refuses a lost lease within a transaction, and keeps others from claiming the run until its commit.
async fn fence(tx: &mut SqliteConnection, lease: &Lease) -> Result<(), StoreError> {
    let done = sqlx::query("UPDATE runs SET epoch = epoch WHERE id = $1 AND epoch = $2 AND worker IS NOT NULL")
        .bind(lease.run.to_string())
        .bind(lease.epoch as i64)
        .execute(tx)
        .await?;
    if done.rows_affected() == 0 { Err(StoreError::LeaseLost) } else { Ok(()) }
}
