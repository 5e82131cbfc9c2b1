//! What segments were at each computation of their statistics. The newest row of a segment names, by its instant, the list of members
//! that the next one is compared with; where such lists lie is for the rooms above.

use jiff::Timestamp;
use sluice_catalog::ids::{SegmentId, WorkspaceId};
use sqlx::{Row, sqlite::SqliteRow};

use crate::{
    error::StoreError,
    limits::STATISTICS_KEPT,
    open::Store,
    time::{at, us},
};

/// A segment at one computation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SegmentStatistics {
    /// The frozen present of the computation.
    pub at: Timestamp,
    /// Which revision of the segment was asked.
    pub revision: u64,
    /// Rows in the segment.
    pub size: u64,
    /// Rows of the model.
    pub total: u64,
    /// Different primary keys in the segment.
    pub members: u64,
    /// Members that were not there at the computation before; none of the first one.
    pub entered: Option<u64>,
    /// Members of the computation before that are not there any more; none of the first one.
    pub left: Option<u64>,
}

impl Store {
    /// Adds a computation; the oldest beyond [`STATISTICS_KEPT`] go.
    pub async fn add_segment_statistics(
        &self,
        ws: WorkspaceId,
        segment: SegmentId,
        found: &SegmentStatistics,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        sqlx::query(
            "INSERT INTO segment_statistics (workspace, segment, at, revision, size_rows, all_rows, members, entered, gone) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(ws.to_string())
        .bind(segment.to_string())
        .bind(us(found.at))
        .bind(found.revision as i64)
        .bind(found.size as i64)
        .bind(found.total as i64)
        .bind(found.members as i64)
        .bind(found.entered.map(|rows| rows as i64))
        .bind(found.left.map(|rows| rows as i64))
        .execute(&mut *tx)
        .await?;
        sqlx::query(
            "DELETE FROM segment_statistics WHERE workspace = $1 AND segment = $2 AND at NOT IN \
             (SELECT at FROM segment_statistics WHERE workspace = $1 AND segment = $2 ORDER BY at DESC LIMIT $3)",
        )
        .bind(ws.to_string())
        .bind(segment.to_string())
        .bind(i64::from(STATISTICS_KEPT))
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }

    /// The newest computations of a segment, newest first, at most `limit`.
    pub async fn segment_statistics(
        &self,
        ws: WorkspaceId,
        segment: SegmentId,
        limit: u32,
    ) -> Result<Vec<SegmentStatistics>, StoreError> {
        let rows = sqlx::query(
            "SELECT at, revision, size_rows, all_rows, members, entered, gone FROM segment_statistics \
             WHERE workspace = $1 AND segment = $2 ORDER BY at DESC LIMIT $3",
        )
        .bind(ws.to_string())
        .bind(segment.to_string())
        .bind(i64::from(limit.min(STATISTICS_KEPT)))
        .fetch_all(self.read())
        .await?;
        let count = |row: &SqliteRow, column: &str| row.get::<i64, _>(column) as u64;
        let perhaps = |row: &SqliteRow, column: &str| row.get::<Option<i64>, _>(column).map(|rows| rows as u64);
        let one = |row: &SqliteRow| SegmentStatistics {
            at: at(row.get("at")),
            revision: count(row, "revision"),
            size: count(row, "size_rows"),
            total: count(row, "all_rows"),
            members: count(row, "members"),
            entered: perhaps(row, "entered"),
            left: perhaps(row, "gone"),
        };
        Ok(rows.iter().map(one).collect())
    }
}
