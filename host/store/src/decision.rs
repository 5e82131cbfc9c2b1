//! What people decide about a run: stop it, approve its held diff, throw it away. The worker acts on it when it takes the run up.

use sluice_catalog::ids::{RunId, WorkspaceId};

use crate::{
    audit::{self, Actor, Event},
    error::StoreError,
    open::Store,
    run::{DecisionKind, Run, RunState, read},
    time::us,
};

impl Store {
    /// Asks a run to stop at the next batch line; the worker sees it with its next update. Fine to ask twice.
    pub async fn request_cancel(&self, ws: WorkspaceId, id: RunId, actor: &Actor) -> Result<Run, StoreError> {
        let run = self.run(ws, id).await?;
        if run.state.is_final() {
            return Err(StoreError::RunStateRefuses { state: run.state });
        }
        if run.cancel_requested {
            return Ok(run);
        }
        let (now, id_text) = (self.now(), id.to_string());
        let mut tx = self.begin().await?;
        let changed = sqlx::query(
            "UPDATE runs SET cancel_requested = 1 WHERE workspace = $1 AND id = $2 AND finished_at IS NULL AND cancel_requested = 0",
        )
        .bind(ws.to_string())
        .bind(id_text.clone())
        .execute(&mut *tx)
        .await?;
        if changed.rows_affected() > 0 {
            audit::write(&mut tx, ws, now, actor, &Event::new("cancel-requested", "run", &id_text, "")).await?;
        }
        tx.commit().await?;
        self.run(ws, id).await
    }

    /// Approves the held diff with this hash; the run goes on when a worker takes it up. The removal guard's sum starts anew.
    pub async fn confirm(&self, ws: WorkspaceId, id: RunId, diff_hash: &str, actor: &Actor) -> Result<Run, StoreError> {
        self.decide(ws, id, diff_hash, actor, DecisionKind::Confirm).await
    }

    /// Throws the held diff with this hash away; the run ends when a worker takes it up.
    pub async fn discard(&self, ws: WorkspaceId, id: RunId, diff_hash: &str, actor: &Actor) -> Result<Run, StoreError> {
        self.decide(ws, id, diff_hash, actor, DecisionKind::Discard).await
    }

    async fn decide(
        &self,
        ws: WorkspaceId,
        id: RunId,
        diff_hash: &str,
        actor: &Actor,
        kind: DecisionKind,
    ) -> Result<Run, StoreError> {
        let (now, id_text) = (self.now(), id.to_string());
        let mut tx = self.begin().await?;
        let row = sqlx::query("SELECT * FROM runs WHERE workspace = $1 AND id = $2")
            .bind(ws.to_string())
            .bind(id_text.clone())
            .fetch_optional(&mut *tx)
            .await?
            .ok_or(StoreError::NotFound { what: "run" })?;
        let run = read(&row)?;
        let hold = match (&run.hold, run.state, &run.decision) {
            (Some(hold), RunState::Held, None) if !run.cancel_requested => hold,
            _ => return Err(StoreError::RunStateRefuses { state: run.state }),
        };
        if hold.expires_at <= now {
            return Err(StoreError::RunStateRefuses { state: RunState::Expired });
        }
        if hold.diff_hash != diff_hash {
            return Err(StoreError::OtherDiff);
        }
        sqlx::query(
            "UPDATE runs SET decision = $3, decision_diff = $4, decision_by = $5, decision_at = $6 WHERE workspace = $1 AND id = $2",
        )
        .bind(ws.to_string())
        .bind(id_text.clone())
        .bind(kind.as_str())
        .bind(diff_hash.to_owned())
        .bind(actor.as_str().to_owned())
        .bind(us(now))
        .execute(&mut *tx)
        .await?;
        if kind == DecisionKind::Confirm {
            sqlx::query(
                "INSERT INTO activation_states (activation, workspace, skipped, approved_at) VALUES ($1, $2, 0, $3) \
                 ON CONFLICT (activation) DO UPDATE SET approved_at = excluded.approved_at",
            )
            .bind(run.activation.to_string())
            .bind(ws.to_string())
            .bind(us(now))
            .execute(&mut *tx)
            .await?;
        }
        let action = match kind {
            DecisionKind::Confirm => "confirmed",
            DecisionKind::Discard => "discarded",
        };
        let event = Event::new(action, "run", &id_text, "")
            .details(serde_json::json!({ "diff": diff_hash, "code": hold.code, "cause": hold.cause }));
        audit::write(&mut tx, ws, now, actor, &event).await?;
        tx.commit().await?;
        self.run(ws, id).await
    }
}
