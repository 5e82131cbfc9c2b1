//! What became of the readings of remote segments: one sealed body for each segment, which goes with the segment. What it means is the
//! business of the room above.

use serde::{Serialize, de::DeserializeOwned};
use sluice_catalog::ids::{SegmentId, WorkspaceId};
use sqlx::Row;

use crate::{error::StoreError, limits::FACT_BYTES_MAX, open::Store};

/// What a sealed body is bound to, so that it cannot be moved to another segment.
fn purpose(segment: SegmentId) -> String {
    format!("remote/{segment}")
}

impl Store {
    /// What was kept of a remote segment; none where it was never read, or what was kept has the shape of an older version.
    pub async fn remote_segment<T: DeserializeOwned>(&self, ws: WorkspaceId, segment: SegmentId) -> Result<Option<T>, StoreError> {
        let row = sqlx::query("SELECT sealed FROM remote_segments WHERE workspace = $1 AND segment = $2")
            .bind(ws.to_string())
            .bind(segment.to_string())
            .fetch_optional(self.read())
            .await?;
        let Some(row) = row else { return Ok(None) };
        let key = self.data_key(ws).await?;
        let plain = key.open(&purpose(segment), row.get::<&[u8], _>("sealed"))?;
        Ok(serde_json::from_slice(&plain).ok())
    }

    /// Keeps what is known of a remote segment, in the place of what was.
    pub async fn keep_remote_segment<T: Serialize>(
        &self,
        ws: WorkspaceId,
        segment: SegmentId,
        value: &T,
    ) -> Result<(), StoreError> {
        let plain = serde_json::to_vec(value).map_err(|_| StoreError::Unreadable { what: "what is known of a remote segment" })?;
        if plain.len() > FACT_BYTES_MAX {
            return Err(StoreError::TooLarge { what: "what is known of a remote segment, in bytes,", max: FACT_BYTES_MAX });
        }
        let key = self.data_key(ws).await?;
        let sealed = self.entropy().with(|rng| key.seal(&purpose(segment), &plain, rng));
        let mut tx = self.begin().await?;
        sqlx::query(
            "INSERT INTO remote_segments (workspace, segment, sealed) VALUES ($1, $2, $3) \
             ON CONFLICT (workspace, segment) DO UPDATE SET sealed = excluded.sealed",
        )
        .bind(ws.to_string())
        .bind(segment.to_string())
        .bind(sealed)
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }
}
