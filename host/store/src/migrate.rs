//! The schema and its versions. Migrations expand first and contract a release later, so the release before starts on the new
//! schema; `schema_needs` says when it may not.

use sqlx::{
    SqlSafeStr, SqlitePool,
    migrate::{Migration, MigrationType, Migrator},
};

use crate::error::StoreError;

/// The newest schema version that this code knows.
pub(crate) const KNOWN: i64 = 9;

const FIRST_LIGHT: &str = include_str!("../migrations/0001_first_light.sql");
const FACTS: &str = include_str!("../migrations/0002_facts.sql");
const SEGMENT_STATISTICS: &str = include_str!("../migrations/0003_segment_statistics.sql");
const REMOTE_SEGMENTS: &str = include_str!("../migrations/0004_remote_segments.sql");
const PAUSES: &str = include_str!("../migrations/0005_pauses.sql");
const VARIABLES: &str = include_str!("../migrations/0006_variables.sql");
const TOKENS: &str = include_str!("../migrations/0007_tokens.sql");
const EGRESS_GROUPS: &str = include_str!("../migrations/0008_egress_groups.sql");
const KEEP_TARGET: &str = include_str!("../migrations/0009_keep_target.sql");

/// Brings the schema to [`KNOWN`], each step in a transaction of its own; refuses a database that needs newer code before it
/// changes anything.
pub(crate) async fn migrate(pool: &SqlitePool) -> Result<(), StoreError> {
    refuse_newer(pool).await?;
    let step = |version, name: &'static str, sql: &'static str| {
        Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
    };
    let steps = vec![
        step(1, "first light", FIRST_LIGHT),
        step(2, "facts", FACTS),
        step(3, "segment statistics", SEGMENT_STATISTICS),
        step(4, "remote segments", REMOTE_SEGMENTS),
        step(5, "pauses", PAUSES),
        step(6, "variables", VARIABLES),
        step(7, "tokens", TOKENS),
        step(8, "egress groups", EGRESS_GROUPS),
        step(9, "keep target", KEEP_TARGET),
    ];
    let mut migrator = Migrator::with_migrations(steps);
    // A later release may have expanded the schema; `schema_needs` has said that this is fine.
    migrator.set_ignore_missing(true);
    migrator.run(pool).await.map_err(|error| match error {
        sqlx::migrate::MigrateError::Execute(e) | sqlx::migrate::MigrateError::ExecuteMigration(e, _) => e.into(),
        other => StoreError::Migrate(other),
    })
}

async fn refuse_newer(pool: &SqlitePool) -> Result<(), StoreError> {
    let needs = sqlx::query_scalar::<_, i64>("SELECT needs FROM schema_needs").fetch_optional(pool).await;
    match needs {
        Ok(Some(needs)) if needs > KNOWN => Err(StoreError::Newer { needs, known: KNOWN }),
        Ok(_) => Ok(()),
        // No such table: a new database.
        Err(sqlx::Error::Database(_)) => Ok(()),
        Err(e) => Err(e.into()),
    }
}
