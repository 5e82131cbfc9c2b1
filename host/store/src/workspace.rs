//! Workspaces, and the data key of each: made with the workspace, wrapped by the master key, held in memory once unwrapped.

use std::sync::{Arc, PoisonError};

use jiff::Timestamp;
use sluice_catalog::{ids::WorkspaceId, seal::DataKey, variables::Variables};
use sqlx::{Row, sqlite::SqliteRow};

use crate::{
    audit::{self, Actor, Event},
    error::StoreError,
    open::Store,
    page::{Page, PageRequest},
    pauses,
    time::{at, id_ms, us},
};

/// One team's instance.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)] // the glossary's words
pub struct Workspace {
    pub id: WorkspaceId,
    /// Unique in the installation.
    pub name: String,
    /// IANA name, for example `Europe/Paris`; calendar days are counted in it.
    pub time_zone: String,
    /// Values under names, for conditions.
    pub variables: Variables,
    pub revision: u64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

macro_rules! select {
    ($rest:literal) => {
        concat!("SELECT id, name, time_zone, variables, revision, created_at, updated_at FROM workspaces", $rest)
    };
}

fn read(row: &SqliteRow) -> Result<Workspace, StoreError> {
    Ok(Workspace {
        id: row.get::<String, _>("id").parse().map_err(|_| StoreError::Unreadable { what: "a workspace's id" })?,
        name: row.get("name"),
        time_zone: row.get("time_zone"),
        variables: serde_json::from_str(row.get("variables"))
            .map_err(|_| StoreError::Unreadable { what: "a workspace's variables" })?,
        revision: row.get::<i64, _>("revision") as u64,
        created_at: at(row.get("created_at")),
        updated_at: at(row.get("updated_at")),
    })
}

impl Store {
    /// Makes a workspace with a data key of its own. `name` and `time_zone` are taken as checked.
    pub async fn create_workspace(&self, actor: &Actor, name: &str, time_zone: &str) -> Result<Workspace, StoreError> {
        let now = self.now();
        let id = WorkspaceId::new(id_ms(now), self.inner.entropy.bits());
        let wrapped = self.inner.entropy.with(|rng| {
            let key = DataKey::generate(rng);
            self.inner.master.wrap(&id.to_string(), &key, rng)
        });
        let mut tx = self.begin().await?;
        sqlx::query(
            "INSERT INTO workspaces (id, name, time_zone, data_key, revision, created_at, updated_at) \
             VALUES ($1, $2, $3, $4, 1, $5, $5)",
        )
        .bind(id.to_string())
        .bind(name.to_owned())
        .bind(time_zone.to_owned())
        .bind(wrapped)
        .bind(us(now))
        .execute(&mut *tx)
        .await
        .map_err(|e| taken(e, name))?;
        let id_text = id.to_string();
        audit::write(&mut tx, id, now, actor, &Event::new("created", "workspace", &id_text, name).revisions(None, Some(1))).await?;
        tx.commit().await?;
        self.workspace(id).await
    }

    /// Changes name, time zone and variables of the workspace that has revision `expected`. What is paused is looked at soon.
    pub async fn update_workspace(
        &self,
        actor: &Actor,
        id: WorkspaceId,
        expected: u64,
        name: &str,
        time_zone: &str,
        variables: &Variables,
    ) -> Result<Workspace, StoreError> {
        let now = self.now();
        let variables = serde_json::to_string(variables).expect("values under names always serialise");
        let mut tx = self.begin().await?;
        let revision = sqlx::query_scalar::<_, i64>("SELECT revision FROM workspaces WHERE id = $1")
            .bind(id.to_string())
            .fetch_optional(&mut *tx)
            .await?
            .ok_or(StoreError::NotFound { what: "workspace" })? as u64;
        if revision != expected {
            return Err(StoreError::Stale { expected, actual: revision });
        }
        sqlx::query("UPDATE workspaces SET name = $2, time_zone = $3, variables = $5, revision = revision + 1, updated_at = $4 WHERE id = $1")
            .bind(id.to_string())
            .bind(name.to_owned())
            .bind(time_zone.to_owned())
            .bind(us(now))
            .bind(variables)
            .execute(&mut *tx)
            .await
            .map_err(|e| taken(e, name))?;
        pauses::hasten(&mut tx, id, now).await?;
        let id_text = id.to_string();
        let event = Event::new("updated", "workspace", &id_text, name).revisions(Some(revision), Some(revision + 1));
        audit::write(&mut tx, id, now, actor, &event).await?;
        tx.commit().await?;
        self.workspace(id).await
    }

    /// One workspace.
    pub async fn workspace(&self, id: WorkspaceId) -> Result<Workspace, StoreError> {
        let row = sqlx::query(select!(" WHERE id = $1")).bind(id.to_string()).fetch_optional(self.read()).await?;
        read(&row.ok_or(StoreError::NotFound { what: "workspace" })?)
    }

    /// Every workspace of the installation, oldest first.
    pub async fn workspaces(&self, page: &PageRequest) -> Result<Page<Workspace>, StoreError> {
        let rows = sqlx::query(select!(" WHERE id > $1 ORDER BY id LIMIT $2"))
            .bind(page.after.clone().unwrap_or_default())
            .bind(page.sql_limit())
            .fetch_all(self.read())
            .await?;
        let items = rows.iter().map(read).collect::<Result<_, _>>()?;
        Ok(Page::cut(items, page, |w: &Workspace| w.id.to_string()))
    }

    /// The key that seals everything of this workspace.
    pub async fn data_key(&self, id: WorkspaceId) -> Result<Arc<DataKey>, StoreError> {
        if let Some(key) = self.inner.keys.lock().unwrap_or_else(PoisonError::into_inner).get(&id) {
            return Ok(key.clone());
        }
        let wrapped = sqlx::query_scalar::<_, Vec<u8>>("SELECT data_key FROM workspaces WHERE id = $1")
            .bind(id.to_string())
            .fetch_optional(self.read())
            .await?
            .ok_or(StoreError::NotFound { what: "workspace" })?;
        let key = Arc::new(self.inner.master.unwrap(&id.to_string(), &wrapped)?);
        self.inner.keys.lock().unwrap_or_else(PoisonError::into_inner).insert(id, key.clone());
        Ok(key)
    }

    /// A wrong master key is found at the start, not at the first run.
    pub(crate) async fn check_master_key(&self) -> Result<(), StoreError> {
        let row = sqlx::query("SELECT id, data_key FROM workspaces ORDER BY id LIMIT 1").fetch_optional(self.read()).await?;
        if let Some(row) = row {
            self.inner.master.unwrap(&row.get::<String, _>("id"), &row.get::<Vec<u8>, _>("data_key"))?;
        }
        Ok(())
    }
}

fn taken(error: sqlx::Error, name: &str) -> StoreError {
    if StoreError::is_unique_violation(&error) {
        StoreError::NameTaken { what: "workspace", name: name.into() }
    } else {
        error.into()
    }
}
