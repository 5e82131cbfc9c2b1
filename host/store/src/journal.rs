//! The journal of a run: intents and outcomes, append-only, already sealed by the caller. One append is one transaction that holds the
//! epoch's check, the entries and the egress records of the same batches: either all of it is there or nothing.

use sluice_catalog::{
    ids::{RunId, WorkspaceId},
    record::EgressRecord,
};
use sqlx::{QueryBuilder, Row, Sqlite};

use crate::{
    egress,
    error::StoreError,
    lease::Lease,
    limits::{JOURNAL_ENTRIES_MAX, STATEMENT_ROWS_MAX},
    open::Store,
};

/// One entry as it was appended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct JournalEntry {
    pub seq: u64,
    pub body: Vec<u8>,
}

impl Store {
    /// Appends entries numbered from `first_seq`, and egress records; durable when it returns.
    ///
    /// * `first_seq` must be the run's `journal_next` ([`StoreError::JournalOrder`] says which that is): so an append that was
    ///   repeated after an unknown commit is found out instead of doubled.
    /// * At most [`JOURNAL_ENTRIES_MAX`] entries.
    /// * [`StoreError::LeaseLost`]: another worker has the run; nothing was written.
    pub async fn append(
        &self,
        lease: &Lease,
        first_seq: u64,
        entries: &[Vec<u8>],
        egress: Vec<EgressRecord>,
    ) -> Result<(), StoreError> {
        if entries.len() > JOURNAL_ENTRIES_MAX {
            return Err(StoreError::TooLarge { what: "the number of journal entries", max: JOURNAL_ENTRIES_MAX });
        }
        let run = lease.run.to_string();
        let mut tx = self.begin().await?;
        // Updating the run's row locks it, so that no other worker can claim it before this commit (PostgreSQL, too).
        let row = sqlx::query(
            "UPDATE runs SET journal_next = journal_next + $3, egress_next = egress_next + $4 \
             WHERE id = $1 AND epoch = $2 AND worker IS NOT NULL RETURNING journal_next, egress_next",
        )
        .bind(run.clone())
        .bind(lease.epoch as i64)
        .bind(entries.len() as i64)
        .bind(egress.len() as i64)
        .fetch_optional(&mut *tx)
        .await?
        .ok_or(StoreError::LeaseLost)?;
        let next = row.get::<i64, _>("journal_next") as u64 - entries.len() as u64;
        if next != first_seq {
            return Err(StoreError::JournalOrder { next, given: first_seq });
        }
        for (chunk, start) in entries.chunks(STATEMENT_ROWS_MAX).zip((first_seq..).step_by(STATEMENT_ROWS_MAX)) {
            let mut sql = QueryBuilder::<Sqlite>::new("INSERT INTO journal (run, seq, body) ");
            sql.push_values(chunk.iter().zip(start..), |mut row, (body, seq)| {
                row.push_bind(run.clone()).push_bind(seq as i64).push_bind(body.clone());
            });
            sql.build().execute(&mut *tx).await?;
        }
        let first_egress = row.get::<i64, _>("egress_next") - egress.len() as i64;
        egress::write(&mut tx, lease.workspace, &run, first_egress, egress).await?;
        Ok(tx.commit().await?)
    }

    /// Entries from `from_seq` on, in order, at most `limit`.
    pub async fn read_journal(
        &self,
        ws: WorkspaceId,
        run: RunId,
        from_seq: u64,
        limit: u32,
    ) -> Result<Vec<JournalEntry>, StoreError> {
        let rows = sqlx::query(
            "SELECT j.seq, j.body FROM journal j JOIN runs r ON r.id = j.run \
             WHERE r.workspace = $1 AND j.run = $2 AND j.seq >= $3 ORDER BY j.seq LIMIT $4",
        )
        .bind(ws.to_string())
        .bind(run.to_string())
        .bind(from_seq as i64)
        .bind(i64::from(limit))
        .fetch_all(self.read())
        .await?;
        Ok(rows.iter().map(|row| JournalEntry { seq: row.get::<i64, _>("seq") as u64, body: row.get("body") }).collect())
    }
}
