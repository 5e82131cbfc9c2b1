//! API keys: `slk_<public>_<secret>`. The public part finds the row, the secret (256 random bits) is kept as its SHA-256 and shown
//! once. A key has a role, and a workspace or the whole installation.

use jiff::Timestamp;
use rand::RngCore;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use sluice_catalog::ids::{ApiKeyId, WorkspaceId};
use sqlx::{Row, sqlite::SqliteRow};

use crate::{
    audit::{self, Actor, Event},
    error::StoreError,
    limits::{API_KEY_SECRET_BYTES, LAST_USED_STEP},
    open::Store,
    page::{Page, PageRequest},
    time::{at, before, id_ms, us},
};

/// What a key may do; each includes the ones before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Reads, without row values.
    Viewer,
    /// Declares objects, starts, confirms and cancels runs, sees rows.
    Operator,
    /// Installs connectors, grants hosts, sets credentials, makes keys.
    Admin,
}

impl Role {
    /// The kebab-case text used everywhere.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }

    fn parse(text: &str) -> Result<Self, StoreError> {
        [Self::Viewer, Self::Operator, Self::Admin]
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or(StoreError::Unreadable { what: "a role" })
    }
}

/// A key as it may be shown: never the secret.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct ApiKey {
    pub id: ApiKeyId,
    pub name: String,
    pub role: Role,
    /// None: every workspace of the installation.
    pub workspace: Option<WorkspaceId>,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
    /// To the minute.
    pub last_used_at: Option<Timestamp>,
}

/// A key to make.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct NewApiKey {
    pub name: String,
    pub role: Role,
    /// None: every workspace of the installation.
    pub workspace: Option<WorkspaceId>,
    pub expires_at: Option<Timestamp>,
}

/// Who a valid key is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Identity {
    pub key: ApiKeyId,
    pub role: Role,
    pub workspace: Option<WorkspaceId>,
}

impl Identity {
    /// Whether the key reaches this workspace at all.
    pub fn reaches(&self, ws: WorkspaceId) -> bool {
        self.workspace.is_none_or(|own| own == ws)
    }

    /// The name of the key in the audit log.
    pub fn actor(&self) -> Actor {
        Actor::new(self.key.to_string())
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, workspace, name, role, created_at, expires_at, revoked_at, last_used_at, secret_hash FROM api_keys",
            $rest
        )
    };
}

fn read(row: &SqliteRow) -> Result<ApiKey, StoreError> {
    let id = row.get::<String, _>("id").parse().map_err(|_| StoreError::Unreadable { what: "an API key's id" })?;
    let workspace = row.get::<Option<String>, _>("workspace").map(|text| text.parse()).transpose();
    Ok(ApiKey {
        id,
        name: row.get("name"),
        role: Role::parse(row.get("role"))?,
        workspace: workspace.map_err(|_| StoreError::Unreadable { what: "an API key's workspace" })?,
        created_at: at(row.get("created_at")),
        expires_at: row.get::<Option<i64>, _>("expires_at").map(at),
        revoked_at: row.get::<Option<i64>, _>("revoked_at").map(at),
        last_used_at: row.get::<Option<i64>, _>("last_used_at").map(at),
    })
}

fn hash(secret: &str) -> String {
    hex::encode(Sha256::digest(secret.as_bytes()))
}

/// Compares without an early end, so that the time tells nothing about where two hashes differ.
fn same(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.bytes().zip(b.bytes()).fold(0u8, |differs, (x, y)| differs | (x ^ y)) == 0
}

impl Store {
    /// Makes a key. The text is returned this once and cannot be had again. One for the whole installation stands in no workspace's
    /// audit log, and leaves a line in the server's log instead.
    pub async fn create_api_key(&self, actor: &Actor, new: &NewApiKey) -> Result<(ApiKey, String), StoreError> {
        let now = self.now();
        let id = ApiKeyId::new(id_ms(now), self.inner.entropy.bits());
        let mut bytes = [0u8; API_KEY_SECRET_BYTES];
        self.inner.entropy.with(|rng| rng.fill_bytes(&mut bytes));
        let secret = hex::encode(bytes);
        let id_text = id.to_string();
        let mut tx = self.begin().await?;
        if let Some(ws) = new.workspace {
            sqlx::query("SELECT 1 FROM workspaces WHERE id = $1")
                .bind(ws.to_string())
                .fetch_optional(&mut *tx)
                .await?
                .ok_or(StoreError::NotFound { what: "workspace" })?;
        }
        sqlx::query(
            "INSERT INTO api_keys (id, workspace, name, role, secret_hash, created_at, expires_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(id_text.clone())
        .bind(new.workspace.map(|ws| ws.to_string()))
        .bind(new.name.clone())
        .bind(new.role.as_str())
        .bind(hash(&secret))
        .bind(us(now))
        .bind(new.expires_at.map(us))
        .execute(&mut *tx)
        .await?;
        if let Some(ws) = new.workspace {
            let event =
                Event::new("created", "api-key", &id_text, &new.name).details(serde_json::json!({ "role": new.role.as_str() }));
            audit::write(&mut tx, ws, now, actor, &event).await?;
        }
        tx.commit().await?;
        if new.workspace.is_none() {
            let (name, role, actor) = (new.name.as_str(), new.role.as_str(), actor.as_str());
            tracing::warn!(key = %id, name, role, actor, "a key of the whole installation was made");
        }
        let key = ApiKey {
            id,
            name: new.name.clone(),
            role: new.role,
            workspace: new.workspace,
            created_at: at(us(now)),
            expires_at: new.expires_at,
            revoked_at: None,
            last_used_at: None,
        };
        Ok((key, format!("slk_{}_{secret}", &id_text["key_".len()..])))
    }

    /// Who holds this key; `None` for a malformed, unknown, expired or revoked one, which are not told apart.
    pub async fn authenticate(&self, text: &str) -> Result<Option<Identity>, StoreError> {
        let parts = text.strip_prefix("slk_").and_then(|rest| rest.split_once('_'));
        let Some((public, secret)) = parts else { return Ok(None) };
        let Ok(id) = format!("key_{public}").parse::<ApiKeyId>() else { return Ok(None) };
        let row = sqlx::query(select!(" WHERE id = $1")).bind(id.to_string()).fetch_optional(self.read()).await?;
        // An unknown id does the same work as a known one.
        let stored = row.as_ref().map_or_else(|| "0".repeat(64), |row| row.get("secret_hash"));
        let valid = same(&stored, &hash(secret));
        let (true, Some(row)) = (valid, row) else { return Ok(None) };
        let (key, now) = (read(&row)?, self.now());
        if key.revoked_at.is_some() || key.expires_at.is_some_and(|end| end <= now) {
            return Ok(None);
        }
        if key.last_used_at.is_none_or(|last| last <= before(now, LAST_USED_STEP)) {
            let noted = sqlx::query("UPDATE api_keys SET last_used_at = $2 WHERE id = $1")
                .bind(id.to_string())
                .bind(us(now))
                .execute(&self.inner.write)
                .await;
            // A convenience of the list of keys: where nothing can be written, people must still be able to look.
            if let Err(error) = noted {
                tracing::warn!(error = %StoreError::from(error), key = %key.id, "the key's last use could not be noted");
            }
        }
        Ok(Some(Identity { key: key.id, role: key.role, workspace: key.workspace }))
    }

    /// The keys of one workspace, oldest first; keys of the whole installation are not among them.
    pub async fn api_keys(&self, ws: WorkspaceId, page: &PageRequest) -> Result<Page<ApiKey>, StoreError> {
        let rows = sqlx::query(select!(" WHERE workspace = $1 AND id > $2 ORDER BY id LIMIT $3"))
            .bind(ws.to_string())
            .bind(page.after.clone().unwrap_or_default())
            .bind(page.sql_limit())
            .fetch_all(self.read())
            .await?;
        let items = rows.iter().map(read).collect::<Result<_, _>>()?;
        Ok(Page::cut(items, page, |key: &ApiKey| key.id.to_string()))
    }

    /// One key of a workspace.
    pub async fn api_key(&self, ws: WorkspaceId, id: ApiKeyId) -> Result<ApiKey, StoreError> {
        let row = sqlx::query(select!(" WHERE workspace = $1 AND id = $2"))
            .bind(ws.to_string())
            .bind(id.to_string())
            .fetch_optional(self.read())
            .await?;
        read(&row.ok_or(StoreError::NotFound { what: "API key" })?)
    }

    /// Ends a key of a workspace at once; fine when it has ended already.
    pub async fn revoke_api_key(&self, ws: WorkspaceId, actor: &Actor, id: ApiKeyId) -> Result<(), StoreError> {
        let key = self.api_key(ws, id).await?;
        if key.revoked_at.is_some() {
            return Ok(());
        }
        let (now, id_text) = (self.now(), id.to_string());
        let mut tx = self.begin().await?;
        sqlx::query("UPDATE api_keys SET revoked_at = $3 WHERE workspace = $1 AND id = $2 AND revoked_at IS NULL")
            .bind(ws.to_string())
            .bind(id_text.clone())
            .bind(us(now))
            .execute(&mut *tx)
            .await?;
        audit::write(&mut tx, ws, now, actor, &Event::new("revoked", "api-key", &id_text, &key.name)).await?;
        Ok(tx.commit().await?)
    }

    /// The keys that are good for the whole installation, oldest first.
    pub async fn installation_keys(&self, page: &PageRequest) -> Result<Page<ApiKey>, StoreError> {
        let rows = sqlx::query(select!(" WHERE workspace IS NULL AND id > $1 ORDER BY id LIMIT $2"))
            .bind(page.after.clone().unwrap_or_default())
            .bind(page.sql_limit())
            .fetch_all(self.read())
            .await?;
        let items = rows.iter().map(read).collect::<Result<_, _>>()?;
        Ok(Page::cut(items, page, |key: &ApiKey| key.id.to_string()))
    }

    /// Ends a key of the whole installation at once, and says so in the server's log; fine when it has ended already.
    pub async fn revoke_installation_key(&self, actor: &Actor, id: ApiKeyId) -> Result<(), StoreError> {
        let row =
            sqlx::query(select!(" WHERE workspace IS NULL AND id = $1")).bind(id.to_string()).fetch_optional(self.read()).await?;
        let key = read(&row.ok_or(StoreError::NotFound { what: "API key" })?)?;
        let mut tx = self.begin().await?;
        let ended = sqlx::query("UPDATE api_keys SET revoked_at = $2 WHERE workspace IS NULL AND id = $1 AND revoked_at IS NULL")
            .bind(id.to_string())
            .bind(us(self.now()))
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        if ended.rows_affected() > 0 {
            tracing::warn!(key = %id, name = key.name.as_str(), actor = actor.as_str(), "a key of the whole installation was revoked");
        }
        Ok(())
    }

    /// Whether the installation has no usable key yet, so that `serve` makes the first one.
    pub async fn has_no_api_key(&self) -> Result<bool, StoreError> {
        let row = sqlx::query("SELECT 1 FROM api_keys WHERE revoked_at IS NULL LIMIT 1").fetch_optional(self.read()).await?;
        Ok(row.is_none())
    }
}
