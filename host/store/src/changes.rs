//! Changes to declared objects, all in one transaction or none: references checked, revisions compared, audit written.

use std::collections::HashSet;

use sluice_catalog::{ids::WorkspaceId, seal::Secret};
use sqlx::{Row, SqliteConnection};

use crate::{
    audit::{self, Actor, Event},
    credential::{self, Owner},
    declared::{Declared, ObjectKind, Reference},
    error::StoreError,
    object::Dependant,
    open::Store,
    pauses,
    time::{id_ms, us},
};

/// Collects changes; nothing happens before [`Changes::commit`].
pub struct Changes<'s> {
    store: &'s Store,
    ws: WorkspaceId,
    actor: Actor,
    steps: Vec<Step>,
}

enum Step {
    Put { kind: ObjectKind, id: String, name: String, body: String, references: Vec<Reference>, expected: Option<u64> },
    Delete { kind: ObjectKind, id: String, expected: u64 },
    Credential { owner: Owner, name: String, secret: Secret },
}

impl Step {
    fn puts(&self) -> Option<Reference> {
        match self {
            Self::Put { kind, id, .. } => Some(Reference { kind: *kind, id: id.clone() }),
            Self::Delete { .. } | Self::Credential { .. } => None,
        }
    }
}

impl Store {
    /// Starts a set of changes to one workspace.
    pub fn changes(&self, ws: WorkspaceId, actor: &Actor) -> Changes<'_> {
        Changes { store: self, ws, actor: actor.clone(), steps: Vec::new() }
    }

    /// An id for an object that is about to be made.
    pub fn new_id<T: Declared>(&self) -> T::Id {
        T::new_id(id_ms(self.now()), self.entropy().bits())
    }
}

impl Changes<'_> {
    /// Adds a new object. Its id is valid at once, so that later changes of the set may refer to it.
    pub fn insert<T: Declared>(&mut self, value: &T) -> T::Id {
        let id = self.store.new_id::<T>();
        self.put(id, None, value);
        id
    }

    /// Adds a new object under an id from [`Store::new_id`], where others had to name it before it was complete.
    pub fn insert_as<T: Declared>(&mut self, id: T::Id, value: &T) {
        self.put(id, None, value);
    }

    /// Replaces the object that has revision `expected`.
    pub fn update<T: Declared>(&mut self, id: T::Id, expected: u64, value: &T) {
        self.put(id, Some(expected), value);
    }

    /// Deletes the object that has revision `expected`.
    pub fn delete<T: Declared>(&mut self, id: T::Id, expected: u64) {
        self.steps.push(Step::Delete { kind: T::KIND, id: id.to_string(), expected });
    }

    /// Sets a credential of a destination or source, which may be new in this set.
    pub fn credential(&mut self, owner: impl Into<Owner>, name: &str, secret: Secret) {
        self.steps.push(Step::Credential { owner: owner.into(), name: name.into(), secret });
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    fn put<T: Declared>(&mut self, id: T::Id, expected: Option<u64>, value: &T) {
        let body = serde_json::to_string(value).expect("declared objects have text keys only, so they always serialise");
        let mut references = value.references();
        references.sort();
        references.dedup();
        let (id, name) = (id.to_string(), value.name().to_owned());
        self.steps.push(Step::Put { kind: T::KIND, id, name, body, references, expected });
    }

    /// Makes all changes in order, or none.
    pub async fn commit(self) -> Result<(), StoreError> {
        let Self { store, ws, actor, steps } = self;
        let key = match steps.iter().any(|step| matches!(step, Step::Credential { .. })) {
            true => Some(store.data_key(ws).await?),
            false => None,
        };
        let now = store.now();
        let mut tx = store.begin().await?;
        sqlx::query("SELECT 1 FROM workspaces WHERE id = $1")
            .bind(ws.to_string())
            .fetch_optional(&mut *tx)
            .await?
            .ok_or(StoreError::NotFound { what: "workspace" })?;
        // Objects of one set may refer to each other in a circle: what the set puts there is there when it is done.
        let put: HashSet<Reference> = steps.iter().filter_map(Step::puts).collect();
        for step in steps {
            match step {
                Step::Put { kind, id, name, body, references, expected } => {
                    for reference in references.iter().filter(|reference| !put.contains(reference)) {
                        exists(&mut tx, ws, reference).await?;
                    }
                    let revision = write(&mut tx, ws, kind, &id, &name, body, expected, us(now)).await?;
                    refer(&mut tx, ws, kind, &id, &references).await?;
                    let action = if expected.is_none() { "created" } else { "updated" };
                    let event = Event::new(action, kind.as_str(), &id, &name).revisions(expected, Some(revision));
                    audit::write(&mut tx, ws, now, &actor, &event).await?;
                }
                Step::Delete { kind, id, expected } => {
                    let name = delete(&mut tx, ws, kind, &id, expected, us(now)).await?;
                    let event = Event::new("deleted", kind.as_str(), &id, &name).revisions(Some(expected), None);
                    audit::write(&mut tx, ws, now, &actor, &event).await?;
                }
                Step::Credential { owner, name, secret } => {
                    let key = key.as_deref().expect("fetched above, since a step needs it");
                    let sealed = credential::seal(store, key, owner, &name, &secret)?;
                    credential::write(&mut tx, ws, now, &actor, owner, &name, sealed).await?;
                }
            }
        }
        pauses::hasten(&mut tx, ws, now).await?;
        Ok(tx.commit().await?)
    }
}

/// Refuses a reference to something that is not in this workspace.
pub(crate) async fn exists(tx: &mut SqliteConnection, ws: WorkspaceId, to: &Reference) -> Result<(), StoreError> {
    sqlx::query("SELECT 1 FROM objects WHERE workspace = $1 AND kind = $2 AND id = $3 AND deleted_at IS NULL")
        .bind(ws.to_string())
        .bind(to.kind.as_str())
        .bind(to.id.clone())
        .fetch_optional(tx)
        .await?
        .map(|_| ())
        .ok_or_else(|| StoreError::ReferenceMissing { kind: to.kind, id: to.id.clone() })
}

/// The present revision of an object, or not found, or stale.
async fn fresh(
    tx: &mut SqliteConnection,
    ws: WorkspaceId,
    kind: ObjectKind,
    id: &str,
    expected: u64,
) -> Result<String, StoreError> {
    let row =
        sqlx::query("SELECT revision, name FROM objects WHERE workspace = $1 AND kind = $2 AND id = $3 AND deleted_at IS NULL")
            .bind(ws.to_string())
            .bind(kind.as_str())
            .bind(id.to_owned())
            .fetch_optional(tx)
            .await?
            .ok_or(StoreError::NotFound { what: kind.as_str() })?;
    let actual = row.get::<i64, _>("revision") as u64;
    if actual == expected { Ok(row.get("name")) } else { Err(StoreError::Stale { expected, actual }) }
}

#[allow(clippy::too_many_arguments)] // one row, in the table's order
async fn write(
    tx: &mut SqliteConnection,
    ws: WorkspaceId,
    kind: ObjectKind,
    id: &str,
    name: &str,
    body: String,
    expected: Option<u64>,
    now: i64,
) -> Result<u64, StoreError> {
    let query = match expected {
        None => sqlx::query(
            "INSERT INTO objects (workspace, kind, id, name, revision, body, created_at, updated_at) \
             VALUES ($1, $2, $3, $4, 1, $5, $6, $6)",
        ),
        Some(expected) => {
            fresh(&mut *tx, ws, kind, id, expected).await?;
            sqlx::query(
                "UPDATE objects SET name = $4, revision = revision + 1, body = $5, updated_at = $6 \
                 WHERE workspace = $1 AND kind = $2 AND id = $3",
            )
        }
    };
    query
        .bind(ws.to_string())
        .bind(kind.as_str())
        .bind(id.to_owned())
        .bind(name.to_owned())
        .bind(body)
        .bind(now)
        .execute(tx)
        .await
        .map_err(|e| match StoreError::is_unique_violation(&e) {
            true => StoreError::NameTaken { what: kind.as_str(), name: name.into() },
            false => e.into(),
        })?;
    Ok(expected.unwrap_or(0) + 1)
}

async fn refer(
    tx: &mut SqliteConnection,
    ws: WorkspaceId,
    kind: ObjectKind,
    id: &str,
    references: &[Reference],
) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM object_references WHERE workspace = $1 AND from_kind = $2 AND from_id = $3")
        .bind(ws.to_string())
        .bind(kind.as_str())
        .bind(id.to_owned())
        .execute(&mut *tx)
        .await?;
    for to in references {
        sqlx::query("INSERT INTO object_references (workspace, from_kind, from_id, to_kind, to_id) VALUES ($1, $2, $3, $4, $5)")
            .bind(ws.to_string())
            .bind(kind.as_str())
            .bind(id.to_owned())
            .bind(to.kind.as_str())
            .bind(to.id.clone())
            .execute(&mut *tx)
            .await?;
    }
    Ok(())
}

/// Marks an object deleted and takes away what must not outlive it; gives its name.
async fn delete(
    tx: &mut SqliteConnection,
    ws: WorkspaceId,
    kind: ObjectKind,
    id: &str,
    expected: u64,
    now: i64,
) -> Result<String, StoreError> {
    let name = fresh(&mut *tx, ws, kind, id, expected).await?;
    let dependants = dependants(&mut *tx, ws, kind, id).await?;
    if !dependants.is_empty() {
        return Err(StoreError::InUse(dependants));
    }
    refer(&mut *tx, ws, kind, id, &[]).await?;
    sqlx::query(
        "UPDATE objects SET deleted_at = $4, updated_at = $4, revision = revision + 1 \
         WHERE workspace = $1 AND kind = $2 AND id = $3",
    )
    .bind(ws.to_string())
    .bind(kind.as_str())
    .bind(id.to_owned())
    .bind(now)
    .execute(&mut *tx)
    .await?;
    let cleanup = match kind {
        ObjectKind::Destination | ObjectKind::Source => "DELETE FROM credentials WHERE workspace = $1 AND destination = $2",
        ObjectKind::Activation => "UPDATE activation_states SET next_due = NULL WHERE workspace = $1 AND activation = $2",
        ObjectKind::Model => "DELETE FROM facts WHERE workspace = $1 AND model = $2",
        ObjectKind::Segment => "DELETE FROM remote_segments WHERE workspace = $1 AND segment = $2",
    };
    sqlx::query(cleanup).bind(ws.to_string()).bind(id.to_owned()).execute(&mut *tx).await?;
    if kind == ObjectKind::Destination {
        let gone = sqlx::query("DELETE FROM tokens WHERE workspace = $1 AND destination = $2");
        gone.bind(ws.to_string()).bind(id.to_owned()).execute(&mut *tx).await?;
    }
    if kind == ObjectKind::Activation {
        let gone = sqlx::query("DELETE FROM pauses WHERE workspace = $1 AND activation = $2");
        gone.bind(ws.to_string()).bind(id.to_owned()).execute(&mut *tx).await?;
    }
    Ok(name)
}

pub(crate) async fn dependants(
    tx: &mut SqliteConnection,
    ws: WorkspaceId,
    kind: ObjectKind,
    id: &str,
) -> Result<Vec<Dependant>, StoreError> {
    let rows = sqlx::query(
        "SELECT o.kind, o.id, o.name FROM object_references r \
         JOIN objects o ON o.workspace = r.workspace AND o.kind = r.from_kind AND o.id = r.from_id \
         WHERE r.workspace = $1 AND r.to_kind = $2 AND r.to_id = $3 AND o.deleted_at IS NULL \
         AND NOT (r.from_kind = r.to_kind AND r.from_id = r.to_id) \
         ORDER BY o.kind, o.name LIMIT 500",
    )
    .bind(ws.to_string())
    .bind(kind.as_str())
    .bind(id.to_owned())
    .fetch_all(tx)
    .await?;
    rows.iter()
        .map(|row| {
            let kind = row.get::<String, _>("kind").parse().map_err(|()| StoreError::Unreadable { what: "an object's kind" })?;
            Ok(Dependant { kind, id: row.get("id"), name: row.get("name") })
        })
        .collect()
}
