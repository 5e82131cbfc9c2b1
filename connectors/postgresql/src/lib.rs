//! The PostgreSQL connector: what a database holds, whether it can be read, and statements that the host runs.
//!
//! A translation and no more. The socket, TLS, the password, the read-only transaction and the decoding of rows are the host's, behind
//! its `sql` interface; here is the knowledge of PostgreSQL's catalogs. `README.md` is for the person who sets it up.

mod answer;
mod check;
mod discover;
mod grants;
mod outcomes;
mod quote;
mod settings;
mod types;

use sluice_sdk::{Call, Halt, Opened, Source, SourceRows};

/// The connection of `connector.toml`.
const MAIN: &str = "main";

/// The component's face.
#[derive(Debug)]
pub struct Postgresql;

impl Source for Postgresql {
    fn check(call: &Call<'_>) -> Result<String, Halt> {
        check::steps(call)
    }

    fn discover(call: &Call<'_>, kind: &str, cursor: Option<&str>) -> Result<String, Halt> {
        match kind {
            "tables" => discover::tables(call, cursor),
            _ => Err(Halt::config(&format!("there is nothing of the kind `{kind}` to list"))),
        }
    }

    /// The statement is one SELECT of this dialect, printed by the host or written by the operator.
    fn open(call: &Call<'_>, statement: &str) -> Result<Opened, Halt> {
        let statement = statement.trim_end().trim_end_matches(';');
        let rows = call.sql(MAIN, statement).map_err(outcomes::halt)?;
        Ok(Opened { schema: rows.schema, rows: SourceRows::Hosted(rows.id) })
    }
}

sluice_sdk::export_source!(Postgresql);
