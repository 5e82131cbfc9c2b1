//! Facts: what was observed of a model's data, and when. One of each kind per model, sealed, since values of rows may be in it.
//!
//! Nothing depends on a fact: losing one costs a look at the source. What a kind means is the business of the room that keeps it.

use jiff::Timestamp;
use serde::{Serialize, de::DeserializeOwned};
use sluice_catalog::ids::{ModelId, WorkspaceId};
use sqlx::Row;

use crate::{
    error::StoreError,
    limits::FACT_BYTES_MAX,
    open::Store,
    time::{at, us},
};

/// Something that was observed.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact<T> {
    /// When.
    pub at: Timestamp,
    /// What.
    pub value: T,
}

/// What a sealed fact is bound to, so that it cannot be moved to another model or kind.
fn purpose(model: ModelId, kind: &str) -> String {
    format!("fact/{model}/{kind}")
}

impl Store {
    /// Keeps a fact of a model, in the place of the last one of its kind.
    pub async fn keep_fact<T: Serialize>(&self, ws: WorkspaceId, model: ModelId, kind: &str, value: &T) -> Result<(), StoreError> {
        let plain = serde_json::to_vec(value).map_err(|_| StoreError::Unreadable { what: "a fact" })?;
        if plain.len() > FACT_BYTES_MAX {
            return Err(StoreError::TooLarge { what: "the fact, in bytes,", max: FACT_BYTES_MAX });
        }
        let key = self.data_key(ws).await?;
        let sealed = self.entropy().with(|rng| key.seal(&purpose(model, kind), &plain, rng));
        let now = us(self.now());
        let mut tx = self.begin().await?;
        sqlx::query(
            "INSERT INTO facts (workspace, model, kind, sealed, at) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (workspace, model, kind) DO UPDATE SET sealed = excluded.sealed, at = excluded.at",
        )
        .bind(ws.to_string())
        .bind(model.to_string())
        .bind(kind.to_owned())
        .bind(sealed)
        .bind(now)
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }

    /// The last fact of a kind; `None` when there is none, or one of a shape that an older version kept.
    pub async fn fact<T: DeserializeOwned>(
        &self,
        ws: WorkspaceId,
        model: ModelId,
        kind: &str,
    ) -> Result<Option<Fact<T>>, StoreError> {
        let row = sqlx::query("SELECT sealed, at FROM facts WHERE workspace = $1 AND model = $2 AND kind = $3")
            .bind(ws.to_string())
            .bind(model.to_string())
            .bind(kind.to_owned())
            .fetch_optional(self.read())
            .await?;
        let Some(row) = row else { return Ok(None) };
        let key = self.data_key(ws).await?;
        let plain = key.open(&purpose(model, kind), row.get::<&[u8], _>("sealed"))?;
        Ok(serde_json::from_slice(&plain).ok().map(|value| Fact { at: at(row.get("at")), value }))
    }

    /// Forgets a fact; fine when there is none.
    pub async fn forget_fact(&self, ws: WorkspaceId, model: ModelId, kind: &str) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        sqlx::query("DELETE FROM facts WHERE workspace = $1 AND model = $2 AND kind = $3")
            .bind(ws.to_string())
            .bind(model.to_string())
            .bind(kind.to_owned())
            .execute(&mut *tx)
            .await?;
        Ok(tx.commit().await?)
    }
}
