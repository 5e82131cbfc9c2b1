//! Reading declared objects, and changing one at a time. Several at once: [`Changes`](crate::Changes).

use jiff::Timestamp;
use sluice_catalog::ids::WorkspaceId;
use sqlx::{Row, sqlite::SqliteRow};

use crate::{
    audit::Actor,
    declared::{Declared, ObjectKind},
    error::StoreError,
    open::Store,
    page::{Page, PageRequest},
    time::at,
};

/// A declared object as it is stored.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub struct Stored<T: Declared> {
    pub id: T::Id,
    /// 1 at first, one more with each change.
    pub revision: u64,
    pub value: T,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// An object that refers to the one in question.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Dependant {
    pub kind: ObjectKind,
    pub id: String,
    pub name: String,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, revision, body, created_at, updated_at FROM objects \
             WHERE workspace = $1 AND kind = $2 AND deleted_at IS NULL",
            $rest
        )
    };
}

fn read<T: Declared>(row: &SqliteRow) -> Result<Stored<T>, StoreError> {
    let unreadable = StoreError::Unreadable { what: T::KIND.as_str() };
    let (Ok(id), Ok(value)) = (row.get::<String, _>("id").parse(), serde_json::from_str(row.get("body"))) else {
        return Err(unreadable);
    };
    let revision = row.get::<i64, _>("revision") as u64;
    Ok(Stored { id, revision, value, created_at: at(row.get("created_at")), updated_at: at(row.get("updated_at")) })
}

impl Store {
    /// One object.
    pub async fn get<T: Declared>(&self, ws: WorkspaceId, id: T::Id) -> Result<Stored<T>, StoreError> {
        let row = sqlx::query(select!(" AND id = $3"))
            .bind(ws.to_string())
            .bind(T::KIND.as_str())
            .bind(id.to_string())
            .fetch_optional(self.read())
            .await?;
        read(&row.ok_or(StoreError::NotFound { what: T::KIND.as_str() })?)
    }

    /// The object of this name; `None` when there is none.
    pub async fn find<T: Declared>(&self, ws: WorkspaceId, name: &str) -> Result<Option<Stored<T>>, StoreError> {
        let row = sqlx::query(select!(" AND name = $3"))
            .bind(ws.to_string())
            .bind(T::KIND.as_str())
            .bind(name.to_owned())
            .fetch_optional(self.read())
            .await?;
        row.as_ref().map(read).transpose()
    }

    /// Objects of one kind, oldest first. `page.after` is the id of the last one seen.
    pub async fn list<T: Declared>(&self, ws: WorkspaceId, page: &PageRequest) -> Result<Page<Stored<T>>, StoreError> {
        let rows = sqlx::query(select!(" AND id > $3 ORDER BY id LIMIT $4"))
            .bind(ws.to_string())
            .bind(T::KIND.as_str())
            .bind(page.after.clone().unwrap_or_default())
            .bind(page.sql_limit())
            .fetch_all(self.read())
            .await?;
        let items = rows.iter().map(read::<T>).collect::<Result<_, _>>()?;
        Ok(Page::cut(items, page, |stored| stored.id.to_string()))
    }

    /// What refers to an object; at most a page's worth, by kind and name.
    pub async fn dependants<T: Declared>(&self, ws: WorkspaceId, id: T::Id) -> Result<Vec<Dependant>, StoreError> {
        let mut connection = self.read().acquire().await?;
        crate::changes::dependants(&mut connection, ws, T::KIND, &id.to_string()).await
    }

    /// Stores a new object.
    pub async fn insert<T: Declared>(&self, ws: WorkspaceId, actor: &Actor, value: &T) -> Result<Stored<T>, StoreError> {
        let mut changes = self.changes(ws, actor);
        let id = changes.insert(value);
        changes.commit().await?;
        self.get(ws, id).await
    }

    /// Replaces the object that has revision `expected`.
    pub async fn update<T: Declared>(
        &self,
        ws: WorkspaceId,
        actor: &Actor,
        id: T::Id,
        expected: u64,
        value: &T,
    ) -> Result<Stored<T>, StoreError> {
        let mut changes = self.changes(ws, actor);
        changes.update(id, expected, value);
        changes.commit().await?;
        self.get(ws, id).await
    }

    /// Deletes the object that has revision `expected`; refused with [`StoreError::InUse`] while others refer to it. Its name is free
    /// at once; a destination loses its credentials at once, an activation stops being due.
    pub async fn delete<T: Declared>(&self, ws: WorkspaceId, actor: &Actor, id: T::Id, expected: u64) -> Result<(), StoreError> {
        let mut changes = self.changes(ws, actor);
        changes.delete::<T>(id, expected);
        changes.commit().await
    }
}
