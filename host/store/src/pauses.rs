//! Activations that the system has paused: since when, because of what, and when it is looked at again. Whether something is broken is the
//! business of the room above; a pause by a person is the activation's own `enabled`, and never touched from here.

use jiff::Timestamp;
use sluice_catalog::{
    Code,
    ids::{ActivationId, WorkspaceId},
};
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use crate::{
    audit::{self, Actor, Event},
    error::StoreError,
    open::Store,
    time::{at, us},
};

/// Why an activation does not run by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pause {
    /// Since when.
    pub at: Timestamp,
    /// What kind of thing is broken.
    pub code: Code,
    /// One or more sentences.
    pub cause: String,
    /// Kind and name of what is to blame: `model orders`.
    pub culprit: String,
    /// How often it was looked at in vain since.
    pub checks: u32,
    /// When it is looked at again.
    pub check_at: Timestamp,
}

fn read(row: &SqliteRow) -> Result<Pause, StoreError> {
    Ok(Pause {
        at: at(row.get("at")),
        code: row.get::<String, _>("code").parse().map_err(|_| StoreError::Unreadable { what: "a pause" })?,
        cause: row.get("cause"),
        culprit: row.get("culprit"),
        checks: row.get::<i64, _>("checks").try_into().unwrap_or(u32::MAX),
        check_at: at(row.get("check_at")),
    })
}

impl Store {
    /// Pauses an activation, or says anew why it is paused; the beginning of a pause stays.
    pub async fn pause(&self, ws: WorkspaceId, act: ActivationId, name: &str, pause: &Pause) -> Result<(), StoreError> {
        let now = self.now();
        let mut tx = self.begin().await?;
        let known =
            sqlx::query("SELECT 1 FROM pauses WHERE activation = $1").bind(act.to_string()).fetch_optional(&mut *tx).await?;
        sqlx::query(
            "INSERT INTO pauses (activation, workspace, at, code, cause, culprit, checks, check_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (activation) DO UPDATE SET code = excluded.code, \
             cause = excluded.cause, culprit = excluded.culprit, checks = excluded.checks, check_at = excluded.check_at",
        )
        .bind(act.to_string())
        .bind(ws.to_string())
        .bind(us(pause.at))
        .bind(pause.code.as_str())
        .bind(pause.cause.clone())
        .bind(pause.culprit.clone())
        .bind(i64::from(pause.checks))
        .bind(us(pause.check_at))
        .execute(&mut *tx)
        .await?;
        if known.is_none() {
            let details = serde_json::json!({ "code": pause.code.as_str(), "culprit": pause.culprit });
            let subject = act.to_string();
            let event = Event::new("paused", "activation", &subject, name).details(details);
            audit::write(&mut tx, ws, now, &Actor::system(), &event).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Ends a pause; whether there was one.
    pub async fn resume(&self, ws: WorkspaceId, act: ActivationId, name: &str) -> Result<bool, StoreError> {
        let now = self.now();
        let mut tx = self.begin().await?;
        let gone = sqlx::query("DELETE FROM pauses WHERE workspace = $1 AND activation = $2")
            .bind(ws.to_string())
            .bind(act.to_string())
            .execute(&mut *tx)
            .await?;
        if gone.rows_affected() == 0 {
            return Ok(false);
        }
        let subject = act.to_string();
        audit::write(&mut tx, ws, now, &Actor::system(), &Event::new("resumed", "activation", &subject, name)).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Why an activation is paused; none where it is not.
    pub async fn pause_of(&self, ws: WorkspaceId, act: ActivationId) -> Result<Option<Pause>, StoreError> {
        let row = sqlx::query("SELECT * FROM pauses WHERE workspace = $1 AND activation = $2")
            .bind(ws.to_string())
            .bind(act.to_string())
            .fetch_optional(self.read())
            .await?;
        row.as_ref().map(read).transpose()
    }

    /// Every pause of a workspace, the oldest first.
    pub async fn pauses(&self, ws: WorkspaceId) -> Result<Vec<(ActivationId, Pause)>, StoreError> {
        let rows = sqlx::query("SELECT * FROM pauses WHERE workspace = $1 ORDER BY at, activation")
            .bind(ws.to_string())
            .fetch_all(self.read())
            .await?;
        rows.iter().map(|row| Ok((id(row, "activation")?, read(row)?))).collect()
    }

    /// Paused activations of the whole installation that are to be looked at again at `now`. For the host alone.
    pub async fn pauses_due(&self, now: Timestamp) -> Result<Vec<(WorkspaceId, ActivationId)>, StoreError> {
        let rows = sqlx::query("SELECT workspace, activation FROM pauses WHERE check_at <= $1 ORDER BY check_at, activation")
            .bind(us(now))
            .fetch_all(self.read())
            .await?;
        rows.iter().map(|row| Ok((id(row, "workspace")?, id(row, "activation")?))).collect()
    }

    /// Every pause of a workspace is looked at soon.
    pub async fn hasten_pauses(&self, ws: WorkspaceId) -> Result<(), StoreError> {
        let now = self.now();
        let mut tx = self.begin().await?;
        hasten(&mut tx, ws, now).await?;
        Ok(tx.commit().await?)
    }

    /// These pauses of a workspace are looked at soon.
    pub async fn hasten_pauses_of(&self, ws: WorkspaceId, activations: &[ActivationId]) -> Result<(), StoreError> {
        let now = self.now();
        let mut tx = self.begin().await?;
        for act in activations {
            sqlx::query("UPDATE pauses SET check_at = $3 WHERE workspace = $1 AND activation = $2 AND check_at > $3")
                .bind(ws.to_string())
                .bind(act.to_string())
                .bind(us(now))
                .execute(&mut *tx)
                .await?;
        }
        Ok(tx.commit().await?)
    }

    /// Whether the last `times` ended runs of an activation all failed with this code.
    pub async fn failed_lately(&self, ws: WorkspaceId, act: ActivationId, code: Code, times: u32) -> Result<bool, StoreError> {
        let rows = sqlx::query_scalar::<_, Option<String>>(
            "SELECT failure_code FROM runs WHERE workspace = $1 AND activation = $2 AND finished_at IS NOT NULL \
             ORDER BY finished_at DESC, id DESC LIMIT $3",
        )
        .bind(ws.to_string())
        .bind(act.to_string())
        .bind(i64::from(times))
        .fetch_all(self.read())
        .await?;
        Ok(rows.len() == times as usize && rows.iter().all(|failed| failed.as_deref() == Some(code.as_str())))
    }
}

fn id<T: std::str::FromStr>(row: &SqliteRow, column: &str) -> Result<T, StoreError> {
    row.get::<String, _>(column).parse().map_err(|_| StoreError::Unreadable { what: "a pause" })
}

/// Something was declared anew: what is paused in the workspace is looked at soon, and not only when its time comes.
pub(crate) async fn hasten(tx: &mut SqliteConnection, ws: WorkspaceId, now: Timestamp) -> Result<(), StoreError> {
    sqlx::query("UPDATE pauses SET check_at = CASE WHEN check_at < $2 THEN check_at ELSE $2 END WHERE workspace = $1")
        .bind(ws.to_string())
        .bind(us(now))
        .execute(tx)
        .await?;
    Ok(())
}
