//! Purging what is kept for a time only, in small steps, never of a run that is under way.

use jiff::Timestamp;

use crate::{
    error::StoreError,
    limits::{IDEMPOTENCY_KEPT, PURGE_ROWS},
    open::Store,
    time::{before, us},
};

impl Store {
    /// Removes journal entries of runs that ended before `older_than`; gives how many rows went.
    pub async fn purge_journal(&self, older_than: Timestamp) -> Result<u64, StoreError> {
        self.purge(
            "DELETE FROM journal WHERE (run, seq) IN (SELECT j.run, j.seq FROM journal j JOIN runs r ON r.id = j.run \
             WHERE r.finished_at < $1 LIMIT $2)",
            older_than,
        )
        .await
    }

    /// Removes egress records older than `older_than`, except of runs under way; gives how many rows went.
    pub async fn purge_egress(&self, older_than: Timestamp) -> Result<u64, StoreError> {
        self.purge(
            "DELETE FROM egress WHERE (cause, seq) IN (SELECT e.cause, e.seq FROM egress e WHERE e.at < $1 \
             AND NOT EXISTS (SELECT 1 FROM runs r WHERE r.id = e.cause AND r.finished_at IS NULL) LIMIT $2)",
            older_than,
        )
        .await
    }

    /// Removes Idempotency-Keys older than a day; gives how many rows went.
    pub async fn purge_idempotency(&self) -> Result<u64, StoreError> {
        self.purge(
            "DELETE FROM idempotency WHERE (scope, client_key) IN \
             (SELECT i.scope, i.client_key FROM idempotency i WHERE i.created_at < $1 LIMIT $2)",
            before(self.now(), IDEMPOTENCY_KEPT),
        )
        .await
    }

    async fn purge(&self, sql: &'static str, older_than: Timestamp) -> Result<u64, StoreError> {
        let mut gone = 0;
        loop {
            let step =
                sqlx::query(sql).bind(us(older_than)).bind(i64::from(PURGE_ROWS)).execute(&self.inner.write).await?.rows_affected();
            gone += step;
            if step < u64::from(PURGE_ROWS) {
                return Ok(gone);
            }
        }
    }
}
