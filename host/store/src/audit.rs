//! Who did what, when. A row is written in the transaction of the change it tells of, so there is neither a change without its row
//! nor a row without its change. Append-only; numbered per workspace without gaps. Never holds a secret or a row value.

use jiff::Timestamp;
use sluice_catalog::ids::WorkspaceId;
use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection};

use crate::{
    error::StoreError,
    open::Store,
    page::{Page, PageRequest},
    time::{at, us},
};

/// Who does it: an API key's id, or a part of Sluice itself (`system`, `scheduler`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor(String);

impl Actor {
    /// From an id or the name of a part of Sluice.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Sluice itself.
    pub fn system() -> Self {
        Self("system".into())
    }

    /// The text in the database.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One row of the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// 1, 2, 3 … per workspace.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: String,
    /// `created`, `updated`, `deleted`, `confirmed`, …
    pub action: String,
    /// Kind of the thing: an object kind, `run`, `api-key`, `connector`, `credential`, `workspace`.
    pub kind: String,
    /// Its id.
    pub subject: String,
    /// Its name then; empty where it has none.
    pub name: String,
    /// Revision before.
    pub old_revision: Option<u64>,
    /// Revision after.
    pub new_revision: Option<u64>,
    /// Further facts as a JSON object: names and hashes, no values.
    pub details: serde_json::Value,
}

/// Which rows of the audit log; empty fields take all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct AuditFilter {
    pub actor: Option<String>,
    pub kind: Option<String>,
    pub subject: Option<String>,
}

/// What is written; built beside the change.
pub(crate) struct Event<'a> {
    action: &'a str,
    kind: &'a str,
    subject: &'a str,
    name: &'a str,
    old: Option<u64>,
    new: Option<u64>,
    details: serde_json::Value,
}

impl<'a> Event<'a> {
    pub(crate) fn new(action: &'a str, kind: &'a str, subject: &'a str, name: &'a str) -> Self {
        Self { action, kind, subject, name, old: None, new: None, details: serde_json::json!({}) }
    }

    pub(crate) fn revisions(self, old: Option<u64>, new: Option<u64>) -> Self {
        Self { old, new, ..self }
    }

    pub(crate) fn details(self, details: serde_json::Value) -> Self {
        Self { details, ..self }
    }
}

/// Writes one row within the caller's transaction.
pub(crate) async fn write(
    tx: &mut SqliteConnection,
    workspace: WorkspaceId,
    now: Timestamp,
    actor: &Actor,
    event: &Event<'_>,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO audit (workspace, seq, at, actor, action, kind, subject, name, old_revision, new_revision, details) \
         VALUES ($1, (SELECT COALESCE(MAX(seq), 0) + 1 FROM audit WHERE workspace = $1), $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(workspace.to_string())
    .bind(us(now))
    .bind(actor.0.clone())
    .bind(event.action.to_owned())
    .bind(event.kind.to_owned())
    .bind(event.subject.to_owned())
    .bind(event.name.to_owned())
    .bind(event.old.map(|r| r as i64))
    .bind(event.new.map(|r| r as i64))
    .bind(event.details.to_string())
    .execute(tx)
    .await?;
    Ok(())
}

impl Store {
    /// The audit log of a workspace, newest first. `page.after` is the `seq` of the last row seen.
    pub async fn audit(&self, ws: WorkspaceId, filter: &AuditFilter, page: &PageRequest) -> Result<Page<AuditEntry>, StoreError> {
        let mut sql = QueryBuilder::<Sqlite>::new(
            "SELECT seq, at, actor, action, kind, subject, name, old_revision, new_revision, details FROM audit WHERE workspace = ",
        );
        sql.push_bind(ws.to_string());
        for (column, value) in
            [(" AND actor = ", &filter.actor), (" AND kind = ", &filter.kind), (" AND subject = ", &filter.subject)]
        {
            if let Some(value) = value {
                sql.push(column).push_bind(value.clone());
            }
        }
        if let Some(before) = page.after.as_ref().and_then(|text| text.parse::<i64>().ok()) {
            sql.push(" AND seq < ").push_bind(before);
        }
        sql.push(" ORDER BY seq DESC LIMIT ").push_bind(page.sql_limit());
        let rows = sql.build().fetch_all(self.read()).await?;
        let items = rows
            .iter()
            .map(|row| AuditEntry {
                seq: row.get::<i64, _>("seq") as u64,
                at: at(row.get("at")),
                actor: row.get("actor"),
                action: row.get("action"),
                kind: row.get("kind"),
                subject: row.get("subject"),
                name: row.get("name"),
                old_revision: row.get::<Option<i64>, _>("old_revision").map(|r| r as u64),
                new_revision: row.get::<Option<i64>, _>("new_revision").map(|r| r as u64),
                details: serde_json::from_str(&row.get::<String, _>("details")).unwrap_or_default(),
            })
            .collect();
        Ok(Page::cut(items, page, |entry: &AuditEntry| entry.seq.to_string()))
    }
}
