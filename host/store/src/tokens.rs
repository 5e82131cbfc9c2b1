//! Tokens that credentials of destinations are exchanged for: sealed under the workspace's data key, with what people may know of them
//! beside. What is in the sealed part is the egress room's matter.
//!
//! A grant is connected, entered or forgotten by a person, which raises its generation and is in the audit log. Renewals in between are
//! Sluice's own, and count only for the generation that they began with.

use std::collections::BTreeMap;

use jiff::Timestamp;
use sluice_catalog::{
    Code,
    ids::{DestinationId, WorkspaceId},
    seal::Secret,
};
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use crate::{
    audit::{self, Actor, Event},
    changes,
    declared::{ObjectKind, Reference},
    error::StoreError,
    limits::CREDENTIAL_BYTES_MAX,
    open::Store,
    pauses,
    time::{at, us},
};

/// One credential of one destination.
#[derive(Debug, Clone, Copy)]
pub struct TokenKey<'a> {
    /// Whose.
    pub workspace: WorkspaceId,
    /// Of which destination.
    pub destination: DestinationId,
    /// As the manifest names it.
    pub name: &'a str,
}

/// What is kept of a credential, opened. For the gate alone.
pub struct KeptTokens {
    /// Which grant it is; 0 where nobody ever connected one.
    pub generation: u64,
    /// The sealed part.
    pub secret: Option<Secret>,
}

/// What is to be kept.
pub struct NewTokens {
    /// To be sealed.
    pub secret: Secret,
    /// When the access token was got; none where there is only a refresh token.
    pub got_at: Option<Timestamp>,
    /// When it ends.
    pub ends_at: Option<Timestamp>,
    /// Settings that the platform told.
    pub exposed: BTreeMap<String, String>,
}

/// What people may know of a credential's tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenStanding {
    /// As the manifest names the credential.
    pub name: String,
    /// Whether anything is kept.
    pub held: bool,
    /// When a person connected it.
    pub connected_at: Option<Timestamp>,
    /// Who, as in the audit log.
    pub connected_by: Option<String>,
    /// When the last access token was got.
    pub got_at: Option<Timestamp>,
    /// When it ends.
    pub ends_at: Option<Timestamp>,
    /// Settings that the platform told.
    pub exposed: BTreeMap<String, String>,
    /// Why the platform does not take it any more.
    pub refused: Option<(Timestamp, Code, String)>,
}

fn purpose(key: TokenKey<'_>) -> String {
    format!("tokens/{}/{}", key.destination, key.name)
}

fn standing(row: &SqliteRow) -> Result<TokenStanding, StoreError> {
    let unreadable = || StoreError::Unreadable { what: "the tokens of a credential" };
    let time = |column: &str| row.get::<Option<i64>, _>(column).map(at);
    let refused = match (time("refused_at"), row.get::<Option<String>, _>("refused_code"), row.get("refused_why")) {
        (Some(at), Some(code), Some(why)) => Some((at, code.parse().map_err(|_| unreadable())?, why)),
        _ => None,
    };
    Ok(TokenStanding {
        name: row.get("name"),
        held: row.get("held"),
        connected_at: time("connected_at"),
        connected_by: row.get("connected_by"),
        got_at: time("got_at"),
        ends_at: time("ends_at"),
        exposed: serde_json::from_str(row.get("exposed")).map_err(|_| unreadable())?,
        refused,
    })
}

impl Store {
    async fn seal_tokens(&self, key: TokenKey<'_>, secret: &Secret) -> Result<Vec<u8>, StoreError> {
        if secret.reveal().len() > CREDENTIAL_BYTES_MAX {
            return Err(StoreError::TooLarge { what: "the tokens, in bytes,", max: CREDENTIAL_BYTES_MAX });
        }
        let data = self.data_key(key.workspace).await?;
        Ok(self.entropy().with(|rng| data.seal(&purpose(key), secret.reveal(), rng)))
    }

    /// What is kept of a credential.
    pub async fn tokens(&self, key: TokenKey<'_>) -> Result<KeptTokens, StoreError> {
        let sql = "SELECT generation, sealed FROM tokens WHERE workspace = $1 AND destination = $2 AND name = $3";
        let row = sqlx::query(sql)
            .bind(key.workspace.to_string())
            .bind(key.destination.to_string())
            .bind(key.name.to_owned())
            .fetch_optional(self.read())
            .await?;
        let Some(row) = row else { return Ok(KeptTokens { generation: 0, secret: None }) };
        let secret = match row.get::<Option<&[u8]>, _>("sealed") {
            Some(sealed) => Some(Secret::new(self.data_key(key.workspace).await?.open(&purpose(key), sealed)?)),
            None => None,
        };
        Ok(KeptTokens { generation: row.get::<i64, _>("generation") as u64, secret })
    }

    /// Keeps what a token request got; durable when it returns. False when the grant is another one by now, or the destination is gone:
    /// nothing was written.
    pub async fn keep_tokens(&self, key: TokenKey<'_>, generation: u64, new: &NewTokens) -> Result<bool, StoreError> {
        let sealed = self.seal_tokens(key, &new.secret).await?;
        let mut tx = self.begin().await?;
        if generation == 0 && !begin(&mut tx, key).await? {
            return Ok(false);
        }
        let sql = "UPDATE tokens SET sealed = $5, got_at = $6, ends_at = $7, exposed = $8, refused_at = NULL, refused_code = NULL, \
                   refused_why = NULL WHERE workspace = $1 AND destination = $2 AND name = $3 AND generation = $4";
        let written = sqlx::query(sql)
            .bind(key.workspace.to_string())
            .bind(key.destination.to_string())
            .bind(key.name.to_owned())
            .bind(generation as i64)
            .bind(sealed)
            .bind(new.got_at.map(us))
            .bind(new.ends_at.map(us))
            .bind(exposed(new))
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(written.rows_affected() > 0)
    }

    /// A person has connected the destination, or entered a refresh token: a new generation, whatever was there before. What rests in
    /// the workspace is looked at soon.
    pub async fn connect_tokens(&self, key: TokenKey<'_>, actor: &Actor, how: &str, new: &NewTokens) -> Result<(), StoreError> {
        let sealed = self.seal_tokens(key, &new.secret).await?;
        let now = self.now();
        let mut tx = self.begin().await?;
        let destination = key.destination.to_string();
        let reference = Reference { kind: ObjectKind::Destination, id: destination.clone() };
        changes::exists(&mut tx, key.workspace, &reference).await.map_err(|error| match error {
            StoreError::ReferenceMissing { .. } => StoreError::NotFound { what: "destination" },
            other => other,
        })?;
        sqlx::query(
            "INSERT INTO tokens (workspace, destination, name, generation, sealed, connected_at, connected_by, got_at, ends_at, exposed) \
             VALUES ($1, $2, $3, 1, $4, $5, $6, $7, $8, $9) ON CONFLICT (workspace, destination, name) DO UPDATE SET \
             generation = tokens.generation + 1, sealed = excluded.sealed, connected_at = excluded.connected_at, \
             connected_by = excluded.connected_by, got_at = excluded.got_at, ends_at = excluded.ends_at, exposed = excluded.exposed, \
             refused_at = NULL, refused_code = NULL, refused_why = NULL",
        )
        .bind(key.workspace.to_string())
        .bind(destination.clone())
        .bind(key.name.to_owned())
        .bind(sealed)
        .bind(us(now))
        .bind(actor.as_str().to_owned())
        .bind(new.got_at.map(us))
        .bind(new.ends_at.map(us))
        .bind(exposed(new))
        .execute(&mut *tx)
        .await?;
        let event = Event::new("credential-connected", ObjectKind::Destination.as_str(), &destination, key.name);
        audit::write(&mut tx, key.workspace, now, actor, &event.details(serde_json::json!({ "how": how }))).await?;
        pauses::hasten(&mut tx, key.workspace, now).await?;
        Ok(tx.commit().await?)
    }

    /// Forgets what is kept of a credential; fine when there is nothing.
    pub async fn forget_tokens(&self, key: TokenKey<'_>, actor: &Actor) -> Result<(), StoreError> {
        let now = self.now();
        let mut tx = self.begin().await?;
        if forget(&mut tx, key).await? {
            let destination = key.destination.to_string();
            let event = Event::new("credential-disconnected", ObjectKind::Destination.as_str(), &destination, key.name);
            audit::write(&mut tx, key.workspace, now, actor, &event).await?;
        }
        Ok(tx.commit().await?)
    }

    /// The platform does not take what is kept of this generation any more.
    pub async fn refuse_tokens(&self, key: TokenKey<'_>, generation: u64, code: Code, why: &str) -> Result<(), StoreError> {
        let now = self.now();
        let mut tx = self.begin().await?;
        if generation == 0 && !begin(&mut tx, key).await? {
            return Ok(());
        }
        let sql = "UPDATE tokens SET refused_at = COALESCE(refused_at, $5), refused_code = $6, refused_why = $7 \
                   WHERE workspace = $1 AND destination = $2 AND name = $3 AND generation = $4";
        sqlx::query(sql)
            .bind(key.workspace.to_string())
            .bind(key.destination.to_string())
            .bind(key.name.to_owned())
            .bind(generation as i64)
            .bind(us(now))
            .bind(code.as_str())
            .bind(why.to_owned())
            .execute(&mut *tx)
            .await?;
        Ok(tx.commit().await?)
    }

    /// How the tokens of a destination's credentials stand, by name.
    pub async fn token_standings(&self, ws: WorkspaceId, destination: DestinationId) -> Result<Vec<TokenStanding>, StoreError> {
        let sql = "SELECT *, sealed IS NOT NULL AS held FROM tokens WHERE workspace = $1 AND destination = $2 ORDER BY name";
        let rows = sqlx::query(sql).bind(ws.to_string()).bind(destination.to_string()).fetch_all(self.read()).await?;
        rows.iter().map(standing).collect()
    }
}

fn exposed(new: &NewTokens) -> String {
    serde_json::to_string(&new.exposed).expect("text keys only")
}

/// Makes the row of a credential that nobody ever connected; false where the destination is gone.
async fn begin(tx: &mut SqliteConnection, key: TokenKey<'_>) -> Result<bool, StoreError> {
    let reference = Reference { kind: ObjectKind::Destination, id: key.destination.to_string() };
    match changes::exists(&mut *tx, key.workspace, &reference).await {
        Ok(()) => {}
        Err(StoreError::ReferenceMissing { .. }) => return Ok(false),
        Err(other) => return Err(other),
    }
    let sql = "INSERT INTO tokens (workspace, destination, name, generation) VALUES ($1, $2, $3, 0) ON CONFLICT DO NOTHING";
    sqlx::query(sql)
        .bind(key.workspace.to_string())
        .bind(key.destination.to_string())
        .bind(key.name.to_owned())
        .execute(tx)
        .await?;
    Ok(true)
}

/// Empties a credential's row; whether there was anything in it.
pub(crate) async fn forget(tx: &mut SqliteConnection, key: TokenKey<'_>) -> Result<bool, StoreError> {
    let sql = "UPDATE tokens SET generation = generation + 1, sealed = NULL, connected_at = NULL, connected_by = NULL, got_at = NULL, \
               ends_at = NULL, exposed = '{}', refused_at = NULL, refused_code = NULL, refused_why = NULL \
               WHERE workspace = $1 AND destination = $2 AND name = $3 AND sealed IS NOT NULL";
    let emptied = sqlx::query(sql)
        .bind(key.workspace.to_string())
        .bind(key.destination.to_string())
        .bind(key.name.to_owned())
        .execute(tx)
        .await?;
    Ok(emptied.rows_affected() > 0)
}
