//! Credentials of destinations: sealed under the workspace's data key, written and used, never shown.

use jiff::Timestamp;
use sluice_catalog::{
    ids::{DestinationId, WorkspaceId},
    seal::{DataKey, Secret},
};
use sqlx::{Row, SqliteConnection};

use crate::{
    audit::{self, Actor, Event},
    changes,
    declared::{ObjectKind, Reference},
    error::StoreError,
    limits::CREDENTIAL_BYTES_MAX,
    open::Store,
    time::us,
};

/// What a sealed credential is bound to, so that it cannot be moved to another destination or name.
fn purpose(destination: DestinationId, name: &str) -> String {
    format!("credential/{destination}/{name}")
}

pub(crate) fn seal(
    store: &Store,
    key: &DataKey,
    destination: DestinationId,
    name: &str,
    secret: &Secret,
) -> Result<Vec<u8>, StoreError> {
    if secret.reveal().len() > CREDENTIAL_BYTES_MAX {
        return Err(StoreError::TooLarge { what: "the credential, in bytes,", max: CREDENTIAL_BYTES_MAX });
    }
    Ok(store.entropy().with(|rng| key.seal(&purpose(destination, name), secret.reveal(), rng)))
}

pub(crate) async fn write(
    tx: &mut SqliteConnection,
    ws: WorkspaceId,
    now: Timestamp,
    actor: &Actor,
    destination: DestinationId,
    name: &str,
    sealed: Vec<u8>,
) -> Result<(), StoreError> {
    let id = destination.to_string();
    changes::exists(&mut *tx, ws, &Reference { kind: ObjectKind::Destination, id: id.clone() }).await?;
    sqlx::query(
        "INSERT INTO credentials (workspace, destination, name, sealed, updated_at) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (workspace, destination, name) DO UPDATE SET sealed = excluded.sealed, updated_at = excluded.updated_at",
    )
    .bind(ws.to_string())
    .bind(id.clone())
    .bind(name.to_owned())
    .bind(sealed)
    .bind(us(now))
    .execute(&mut *tx)
    .await?;
    audit::write(tx, ws, now, actor, &Event::new("credential-set", "destination", &id, name)).await
}

impl Store {
    /// Sets (or replaces) a credential of a destination.
    pub async fn put_credential(
        &self,
        ws: WorkspaceId,
        actor: &Actor,
        destination: DestinationId,
        name: &str,
        secret: Secret,
    ) -> Result<(), StoreError> {
        let mut changes = self.changes(ws, actor);
        changes.credential(destination, name, secret);
        changes.commit().await.map_err(|e| match e {
            StoreError::ReferenceMissing { .. } => StoreError::NotFound { what: "destination" },
            other => other,
        })
    }

    /// Takes a credential away; fine when it is not there.
    pub async fn delete_credential(
        &self,
        ws: WorkspaceId,
        actor: &Actor,
        destination: DestinationId,
        name: &str,
    ) -> Result<(), StoreError> {
        let (id, now) = (destination.to_string(), self.now());
        let mut tx = self.begin().await?;
        let gone = sqlx::query("DELETE FROM credentials WHERE workspace = $1 AND destination = $2 AND name = $3")
            .bind(ws.to_string())
            .bind(id.clone())
            .bind(name.to_owned())
            .execute(&mut *tx)
            .await?
            .rows_affected();
        if gone > 0 {
            audit::write(&mut tx, ws, now, actor, &Event::new("credential-deleted", "destination", &id, name)).await?;
        }
        Ok(tx.commit().await?)
    }

    /// The credentials of a destination, opened, by name. For the gate alone.
    pub async fn credentials(&self, ws: WorkspaceId, destination: DestinationId) -> Result<Vec<(String, Secret)>, StoreError> {
        let key = self.data_key(ws).await?;
        let rows = sqlx::query("SELECT name, sealed FROM credentials WHERE workspace = $1 AND destination = $2 ORDER BY name")
            .bind(ws.to_string())
            .bind(destination.to_string())
            .fetch_all(self.read())
            .await?;
        rows.iter()
            .map(|row| {
                let name: String = row.get("name");
                let plain = key.open(&purpose(destination, &name), row.get::<&[u8], _>("sealed"))?;
                Ok((name, Secret::new(plain)))
            })
            .collect()
    }

    /// The names of the credentials that are set, and when each was set last.
    pub async fn credential_names(
        &self,
        ws: WorkspaceId,
        destination: DestinationId,
    ) -> Result<Vec<(String, Timestamp)>, StoreError> {
        let rows = sqlx::query("SELECT name, updated_at FROM credentials WHERE workspace = $1 AND destination = $2 ORDER BY name")
            .bind(ws.to_string())
            .bind(destination.to_string())
            .fetch_all(self.read())
            .await?;
        Ok(rows.iter().map(|row| (row.get("name"), crate::time::at(row.get("updated_at")))).collect())
    }
}
