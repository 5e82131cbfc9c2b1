//! Credentials of destinations and sources: sealed under the workspace's data key, written and used, never shown.
//!
//! The table's column is called `destination` from its first days; ids carry their kind, so that both kinds stand in it.

use std::fmt;

use jiff::Timestamp;
use sluice_catalog::{
    ids::{DestinationId, SourceId, WorkspaceId},
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
    tokens::{self, TokenKey},
};

/// Whose a credential is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// A destination's.
    Destination(DestinationId),
    /// A source's.
    Source(SourceId),
}

impl Owner {
    fn kind(self) -> ObjectKind {
        match self {
            Self::Destination(_) => ObjectKind::Destination,
            Self::Source(_) => ObjectKind::Source,
        }
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Destination(id) => id.fmt(f),
            Self::Source(id) => id.fmt(f),
        }
    }
}

impl From<DestinationId> for Owner {
    fn from(id: DestinationId) -> Self {
        Self::Destination(id)
    }
}

impl From<SourceId> for Owner {
    fn from(id: SourceId) -> Self {
        Self::Source(id)
    }
}

/// What a sealed credential is bound to, so that it cannot be moved to another owner or name.
fn purpose(owner: Owner, name: &str) -> String {
    format!("credential/{owner}/{name}")
}

pub(crate) fn seal(store: &Store, key: &DataKey, owner: Owner, name: &str, secret: &Secret) -> Result<Vec<u8>, StoreError> {
    if secret.reveal().len() > CREDENTIAL_BYTES_MAX {
        return Err(StoreError::TooLarge { what: "the credential, in bytes,", max: CREDENTIAL_BYTES_MAX });
    }
    Ok(store.entropy().with(|rng| key.seal(&purpose(owner, name), secret.reveal(), rng)))
}

pub(crate) async fn write(
    tx: &mut SqliteConnection,
    ws: WorkspaceId,
    now: Timestamp,
    actor: &Actor,
    owner: Owner,
    name: &str,
    sealed: Vec<u8>,
) -> Result<(), StoreError> {
    let id = owner.to_string();
    changes::exists(&mut *tx, ws, &Reference { kind: owner.kind(), id: id.clone() }).await?;
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
    audit::write(tx, ws, now, actor, &Event::new("credential-set", owner.kind().as_str(), &id, name)).await
}

impl Store {
    /// Sets (or replaces) a credential of a destination or source.
    pub async fn put_credential(
        &self,
        ws: WorkspaceId,
        actor: &Actor,
        owner: impl Into<Owner>,
        name: &str,
        secret: Secret,
    ) -> Result<(), StoreError> {
        let owner = owner.into();
        let mut changes = self.changes(ws, actor);
        changes.credential(owner, name, secret);
        changes.commit().await.map_err(|e| match e {
            StoreError::ReferenceMissing { .. } => StoreError::NotFound { what: owner.kind().as_str() },
            other => other,
        })
    }

    /// Takes a credential away; fine when it is not there.
    pub async fn delete_credential(
        &self,
        ws: WorkspaceId,
        actor: &Actor,
        owner: impl Into<Owner>,
        name: &str,
    ) -> Result<(), StoreError> {
        let owner = owner.into();
        let (id, now) = (owner.to_string(), self.now());
        let mut tx = self.begin().await?;
        let gone = sqlx::query("DELETE FROM credentials WHERE workspace = $1 AND destination = $2 AND name = $3")
            .bind(ws.to_string())
            .bind(id.clone())
            .bind(name.to_owned())
            .execute(&mut *tx)
            .await?
            .rows_affected();
        if let Owner::Destination(destination) = owner {
            // What it was exchanged for goes with it.
            tokens::forget(&mut tx, TokenKey { workspace: ws, destination, name }).await?;
        }
        if gone > 0 {
            audit::write(&mut tx, ws, now, actor, &Event::new("credential-deleted", owner.kind().as_str(), &id, name)).await?;
        }
        Ok(tx.commit().await?)
    }

    /// The credentials of a destination or source, opened, by name. For the gate alone.
    pub async fn credentials(&self, ws: WorkspaceId, owner: impl Into<Owner>) -> Result<Vec<(String, Secret)>, StoreError> {
        let owner = owner.into();
        let key = self.data_key(ws).await?;
        let rows = sqlx::query("SELECT name, sealed FROM credentials WHERE workspace = $1 AND destination = $2 ORDER BY name")
            .bind(ws.to_string())
            .bind(owner.to_string())
            .fetch_all(self.read())
            .await?;
        rows.iter()
            .map(|row| {
                let name: String = row.get("name");
                let plain = key.open(&purpose(owner, &name), row.get::<&[u8], _>("sealed"))?;
                Ok((name, Secret::new(plain)))
            })
            .collect()
    }

    /// The names of the credentials that are set, and when each was set last.
    pub async fn credential_names(&self, ws: WorkspaceId, owner: impl Into<Owner>) -> Result<Vec<(String, Timestamp)>, StoreError> {
        let rows = sqlx::query("SELECT name, updated_at FROM credentials WHERE workspace = $1 AND destination = $2 ORDER BY name")
            .bind(ws.to_string())
            .bind(owner.into().to_string())
            .fetch_all(self.read())
            .await?;
        Ok(rows.iter().map(|row| (row.get("name"), crate::time::at(row.get("updated_at")))).collect())
    }
}
