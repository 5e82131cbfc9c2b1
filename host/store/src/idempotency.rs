//! Idempotency keys of the HTTP API: the same key and body within 24 hours give the first answer again instead of a second effect.

use sqlx::Row;

use crate::{
    error::StoreError,
    limits::IDEMPOTENCY_KEPT,
    open::Store,
    time::{before, us},
};

/// An answer that is kept to be given again.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[allow(missing_docs)]
pub struct StoredResponse {
    pub status: u16,
    /// Name and value, without those that belong to one delivery.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

/// What a request with a key is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// Do it, then call [`Store::finish_request`] (or [`Store::forget_request`] when it had no effect).
    Fresh,
    /// Answer this.
    Replay(StoredResponse),
}

impl Store {
    /// Starts a request. `scope` is who asks for what (workspace, key holder, operation); `body_hash` tells two bodies apart, and is
    /// keyed: bodies hold secrets.
    ///
    /// * [`StoreError::IdempotencyMismatch`]: the key was used with another body.
    /// * [`StoreError::IdempotencyBusy`]: the first request has not ended.
    pub async fn begin_request(&self, scope: &str, client_key: &str, body_hash: &str) -> Result<Begun, StoreError> {
        let now = self.now();
        let mut tx = self.begin().await?;
        sqlx::query("DELETE FROM idempotency WHERE scope = $1 AND client_key = $2 AND created_at <= $3")
            .bind(scope.to_owned())
            .bind(client_key.to_owned())
            .bind(us(before(now, IDEMPOTENCY_KEPT)))
            .execute(&mut *tx)
            .await?;
        let row = sqlx::query("SELECT body_hash, response FROM idempotency WHERE scope = $1 AND client_key = $2")
            .bind(scope.to_owned())
            .bind(client_key.to_owned())
            .fetch_optional(&mut *tx)
            .await?;
        if let Some(row) = row {
            if row.get::<String, _>("body_hash") != body_hash {
                return Err(StoreError::IdempotencyMismatch);
            }
            let Some(text) = row.get::<Option<String>, _>("response") else { return Err(StoreError::IdempotencyBusy) };
            let response = serde_json::from_str(&text).map_err(|_| StoreError::Unreadable { what: "a kept answer" })?;
            return Ok(Begun::Replay(response));
        }
        sqlx::query("INSERT INTO idempotency (scope, client_key, body_hash, created_at) VALUES ($1, $2, $3, $4)")
            .bind(scope.to_owned())
            .bind(client_key.to_owned())
            .bind(body_hash.to_owned())
            .bind(us(now))
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(Begun::Fresh)
    }

    /// Keeps the answer of a request that had its effect.
    pub async fn finish_request(&self, scope: &str, client_key: &str, response: &StoredResponse) -> Result<(), StoreError> {
        let text = serde_json::to_string(response).expect("an answer has text keys only");
        sqlx::query("UPDATE idempotency SET response = $3 WHERE scope = $1 AND client_key = $2")
            .bind(scope.to_owned())
            .bind(client_key.to_owned())
            .bind(text)
            .execute(&self.inner.write)
            .await?;
        Ok(())
    }

    /// Frees the key of a request that had no effect, so that a corrected one may use it.
    pub async fn forget_request(&self, scope: &str, client_key: &str) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM idempotency WHERE scope = $1 AND client_key = $2 AND response IS NULL")
            .bind(scope.to_owned())
            .bind(client_key.to_owned())
            .execute(&self.inner.write)
            .await?;
        Ok(())
    }

    /// Requests of a dead process never end; their keys are freed at the start.
    pub(crate) async fn forget_unfinished_requests(&self) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM idempotency WHERE response IS NULL").execute(&self.inner.write).await?;
        Ok(())
    }
}
