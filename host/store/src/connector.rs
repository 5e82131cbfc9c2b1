//! Installed connectors. A component's bytes are a file named by its digest, shared by all workspaces; which of them a workspace has
//! installed, and which version is active, is the workspace's own: one tenant cannot change the code that another one runs.

use std::{io::Write, path::PathBuf};

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use sluice_catalog::ids::WorkspaceId;
use sqlx::{Row, sqlite::SqliteRow};

use crate::{
    audit::{self, Actor, Event},
    error::StoreError,
    open::Store,
    page::{Page, PageRequest},
    time::{at, us},
};

/// A component that has passed its checks, to be installed.
#[derive(Debug, Clone)]
pub struct NewConnector<'a> {
    /// Manifest id, for example `braze`.
    pub id: &'a str,
    /// Manifest version.
    pub version: &'a str,
    /// The manifest's TOML text.
    pub manifest: &'a str,
    /// The component.
    pub bytes: &'a [u8],
    /// Digest of the active build of this id that it was compared with; none: there was none.
    pub over: Option<&'a str>,
    /// What of its reach the active build does not have, and somebody accepted.
    pub accepted: &'a [String],
}

/// An installed connector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connector {
    /// Manifest id, for example `braze`.
    pub id: String,
    /// Manifest version.
    pub version: String,
    /// `sha256:` and 64 hexadecimal digits.
    pub digest: String,
    /// The manifest's TOML text.
    pub manifest: String,
    /// Size of the component, in bytes.
    pub size_bytes: u64,
    /// When.
    pub installed_at: Timestamp,
    /// Whether destinations of this id use it; one version per id is active.
    pub active: bool,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, version, digest, manifest, size_bytes, installed_at, active FROM connectors WHERE workspace = $1",
            $rest
        )
    };
}

fn read(row: &SqliteRow) -> Connector {
    Connector {
        id: row.get("id"),
        version: row.get("version"),
        digest: row.get("digest"),
        manifest: row.get("manifest"),
        size_bytes: row.get::<i64, _>("size_bytes") as u64,
        installed_at: at(row.get("installed_at")),
        active: row.get::<i64, _>("active") == 1,
    }
}

impl Store {
    /// Installs a component and makes it the active version of its id. The same bytes again only become active again. When another
    /// build is active than the one that it was compared with, nothing changes: [`StoreError::OtherActive`].
    pub async fn install_connector(&self, ws: WorkspaceId, actor: &Actor, new: &NewConnector<'_>) -> Result<Connector, StoreError> {
        let digest = format!("sha256:{}", hex::encode(Sha256::digest(new.bytes)));
        let (path, bytes) = (self.component_path(&digest), new.bytes.to_vec());
        tokio::task::spawn_blocking(move || write_file(&path, &bytes))
            .await
            .expect("writing a file does not panic")
            .map_err(StoreError::io("a component's file"))?;
        let now = self.now();
        let mut tx = self.begin().await?;
        let active: Option<SqliteRow> =
            sqlx::query("SELECT digest FROM connectors WHERE workspace = $1 AND id = $2 AND active = 1")
                .bind(ws.to_string())
                .bind(new.id.to_owned())
                .fetch_optional(&mut *tx)
                .await?;
        if active.map(|row| row.get::<String, _>("digest")).as_deref() != new.over {
            return Err(StoreError::OtherActive);
        }
        sqlx::query("UPDATE connectors SET active = 0 WHERE workspace = $1 AND id = $2")
            .bind(ws.to_string())
            .bind(new.id.to_owned())
            .execute(&mut *tx)
            .await?;
        sqlx::query(
            "INSERT INTO connectors (workspace, digest, id, version, manifest, size_bytes, installed_at, active) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, 1) ON CONFLICT (workspace, digest) DO UPDATE SET active = 1",
        )
        .bind(ws.to_string())
        .bind(digest.clone())
        .bind(new.id.to_owned())
        .bind(new.version.to_owned())
        .bind(new.manifest.to_owned())
        .bind(new.bytes.len() as i64)
        .bind(us(now))
        .execute(&mut *tx)
        .await?;
        let mut details = serde_json::json!({ "version": new.version });
        if !new.accepted.is_empty() {
            details["accepted"] = serde_json::json!(new.accepted);
        }
        let event = Event::new("installed", "connector", &digest, new.id).details(details);
        audit::write(&mut tx, ws, now, actor, &event).await?;
        tx.commit().await?;
        self.connector(ws, &digest).await
    }

    /// The installed connector with this digest.
    pub async fn connector(&self, ws: WorkspaceId, digest: &str) -> Result<Connector, StoreError> {
        let row = sqlx::query(select!(" AND digest = $2"))
            .bind(ws.to_string())
            .bind(digest.to_owned())
            .fetch_optional(self.read())
            .await?;
        Ok(read(&row.ok_or(StoreError::NotFound { what: "connector" })?))
    }

    /// The active version of a connector id; `None` when none is installed.
    pub async fn active_connector(&self, ws: WorkspaceId, id: &str) -> Result<Option<Connector>, StoreError> {
        let row = sqlx::query(select!(" AND id = $2 AND active = 1"))
            .bind(ws.to_string())
            .bind(id.to_owned())
            .fetch_optional(self.read())
            .await?;
        Ok(row.as_ref().map(read))
    }

    /// Every installed version, by digest.
    pub async fn connectors(&self, ws: WorkspaceId, page: &PageRequest) -> Result<Page<Connector>, StoreError> {
        let rows = sqlx::query(select!(" AND digest > $2 ORDER BY digest LIMIT $3"))
            .bind(ws.to_string())
            .bind(page.after.clone().unwrap_or_default())
            .bind(page.sql_limit())
            .fetch_all(self.read())
            .await?;
        Ok(Page::cut(rows.iter().map(read).collect(), page, |c: &Connector| c.digest.clone()))
    }

    /// The bytes of an installed component, checked against the digest; a damaged file is [`StoreError::Unreadable`].
    pub async fn component(&self, ws: WorkspaceId, digest: &str) -> Result<Vec<u8>, StoreError> {
        self.connector(ws, digest).await?;
        let (path, wanted) = (self.component_path(digest), digest.to_owned());
        tokio::task::spawn_blocking(move || {
            let bytes = std::fs::read(path).map_err(StoreError::io("a component's file"))?;
            if format!("sha256:{}", hex::encode(Sha256::digest(&bytes))) == wanted {
                Ok(bytes)
            } else {
                Err(StoreError::Unreadable { what: "a component's file" })
            }
        })
        .await
        .expect("reading a file does not panic")
    }

    /// Only called with digests that came from hashing or from the table, so the name holds hexadecimal digits and nothing else.
    fn component_path(&self, digest: &str) -> PathBuf {
        self.inner.dir.join("components").join(format!("{}.wasm", digest.trim_start_matches("sha256:")))
    }
}

/// Never under its final name half-written.
fn write_file(path: &std::path::Path, bytes: &[u8]) -> std::io::Result<()> {
    let dir = path.parent().expect("the path has a folder");
    crate::master::make_private_dir(dir)?;
    let temporary = path.with_extension("new");
    let mut file = std::fs::File::create(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&temporary, path)?;
    std::fs::File::open(dir)?.sync_all()
}
