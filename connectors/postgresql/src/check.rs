//! The connection check: one step after the other, each green or red with its own sentence, and the grants to give as SQL.
//!
//! The steps before the first statement are the host's; which of them failed is told by the code of its answer.

use serde_json::{Value, json};
use sluice_sdk::{Call, Halt, code, contract::sql::Failure};

use crate::{answer::Answer, discover, grants, outcomes, quote, settings::Settings};

/// Oldest server whose behaviour this connector knows: the community's oldest when it was written (postgresql.org/support/versioning).
const VERSION_MIN: i64 = 120_000;
/// A clock that is further off makes "today" mean another day for some rows.
const CLOCK_SKEW_MAX_MS: i64 = 5 * 60 * 1000;

/// The steps, in order.
struct Steps(Vec<Value>);

impl Steps {
    fn green(&mut self, name: &str, message: impl Into<String>) {
        self.0.push(json!({ "name": name, "ok": true, "message": message.into() }));
    }

    fn red(&mut self, name: &str, code: &str, message: impl Into<String>) {
        self.0.push(json!({ "name": name, "ok": false, "code": code, "message": message.into() }));
    }

    /// A failed statement of a step.
    fn failed(&mut self, name: &str, failure: &Failure) {
        self.red(name, &failure.code, failure.message.clone());
    }

    fn answer(self, settings: &Settings, schemas: &[String]) -> String {
        let red = self.0.iter().find(|step| step["ok"] == false);
        let message = match red {
            Some(step) => step["message"].as_str().unwrap_or_default().to_owned(),
            None => "Connected, and tables can be read.".to_owned(),
        };
        json!({ "ok": red.is_none(), "message": message, "steps": self.0, "grants": grants::statements(settings, schemas) })
            .to_string()
    }
}

/// JSON text with `ok`, `message`, `steps` and `grants`.
pub(crate) fn steps(call: &Call<'_>) -> Result<String, Halt> {
    let settings = Settings::of(call)?;
    let mut steps = Steps(Vec::new());
    let schemas = settings.schemas.clone();
    let way = Way::of(&settings);
    if let Err(failure) = server(call, way, &mut steps)? {
        before_sign_on(&failure, way, &mut steps)?;
        let schemas = if schemas.is_empty() { vec!["public".to_owned()] } else { schemas };
        return Ok(steps.answer(&settings, &schemas));
    }
    let named = readable_schemas(call, &settings, &mut steps)?;
    read_one_row(call, &settings, &mut steps)?;
    let schemas = if !schemas.is_empty() {
        schemas
    } else if named.is_empty() {
        vec!["public".to_owned()]
    } else {
        named
    };
    Ok(steps.answer(&settings, &schemas))
}

/// The steps before the first statement.
#[derive(Clone, Copy)]
enum Way {
    Straight,
    Through,
}

impl Way {
    fn of(settings: &Settings) -> Self {
        if settings.ssh_host.is_some() { Self::Through } else { Self::Straight }
    }

    /// The steps in order. Behind a bastion the first is about the bastion's name, and the database's is the bastion's matter.
    fn steps(self) -> &'static [&'static str] {
        match self {
            Self::Straight => &["resolve", "connect", "tls", "sign-on"],
            Self::Through => &["resolve", "tunnel", "connect", "tls", "sign-on"],
        }
    }
}

/// What is known of the steps that the host takes, from where it stopped.
fn before_sign_on(failure: &Failure, way: Way, steps: &mut Steps) -> Result<(), Halt> {
    let red = match failure.code.as_str() {
        code::EGRESS_RESOLVE_FAILED | code::EGRESS_ADDRESS_REFUSED => "resolve",
        code::SOURCE_TUNNEL_FAILED | code::SOURCE_TUNNEL_HOST_KEY | code::SOURCE_TUNNEL_AUTH => "tunnel",
        code::EGRESS_CONNECT_FAILED => "connect",
        code::SOURCE_TLS_FAILED | code::SOURCE_CLIENT_CERTIFICATE => "tls",
        code::SOURCE_AUTH | code::SOURCE_OBJECT_MISSING | code::SOURCE_PERMISSION | code::SOURCE_UNREACHABLE => "sign-on",
        _ => return Err(outcomes::halt(failure.clone())),
    };
    for name in way.steps().iter().take_while(|name| **name != red) {
        steps.green(name, "Fine.");
    }
    steps.failed(red, failure);
    Ok(())
}

/// The server itself. The inner error is that of the first statement, which is also the first time that anybody signs on.
fn server(call: &Call<'_>, way: Way, steps: &mut Steps) -> Result<Result<(), Failure>, Halt> {
    let statement = "SELECT current_user::text AS who, current_database()::text AS database, \
        current_setting('server_version') AS version, current_setting('server_version_num')::bigint AS number, \
        pg_catalog.pg_is_in_recovery() AS replica, current_setting('transaction_read_only') AS read_only, \
        (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now_ms, \
        COALESCE(s.ssl, false) AS encrypted, COALESCE(s.version, '') AS tls \
        FROM (SELECT 1) one LEFT JOIN pg_catalog.pg_stat_ssl s ON s.pid = pg_catalog.pg_backend_pid()";
    let answer = match Answer::or_failure(call, statement) {
        Ok(answer) => answer,
        Err(failure) => return Ok(Err(failure)),
    };
    answer.each(|row| {
        match way {
            Way::Straight => steps.green("resolve", "The host has an address that the grant allows."),
            Way::Through => {
                steps.green("resolve", "The bastion has an address that the grant allows.");
                steps.green("tunnel", "The bastion shows the pinned host key, lets the user in and forwards.");
            }
        }
        steps.green("connect", "The server answers.");
        match row.is("encrypted") {
            true => steps.green("tls", format!("Encrypted with {}.", row.text("tls"))),
            false => steps.green("tls", "Not encrypted, as the grant accepts."),
        }
        let standby = if row.is("replica") { ", a read replica" } else { "" };
        steps.green("sign-on", format!("Signed on as {} to the database {}{standby}.", row.text("who"), row.text("database")));
        let version = format!("PostgreSQL {}.", row.text("version"));
        if row.int("number") < VERSION_MIN {
            steps.red("version", code::DEST_CONFIG, format!("{version} Sluice knows version 12 and newer."));
        } else {
            steps.green("version", version);
        }
        match row.text("read_only") {
            "on" => steps.green("read-only", "The session cannot write."),
            _ => steps.red("read-only", code::SOURCE_WRITE_REFUSED, "The session could write: a pooler drops its settings."),
        }
        let skew = row.int("now_ms").saturating_sub(i64::try_from(call.now_ms()).unwrap_or(i64::MAX)).abs();
        match skew > CLOCK_SKEW_MAX_MS {
            true => {
                steps.red("clock", code::DEST_CONFIG, format!("The server's clock is {} s away from this machine's.", skew / 1000))
            }
            false => steps.green("clock", "The clocks agree."),
        }
    })?;
    Ok(Ok(()))
}

/// Schemas with something to read; each schema of the settings has to be one.
fn readable_schemas(call: &Call<'_>, settings: &Settings, steps: &mut Steps) -> Result<Vec<String>, Halt> {
    let statement = format!(
        "SELECT n.nspname::text AS schema, has_schema_privilege(n.oid, 'USAGE') AS usable, \
           (SELECT count(*) FROM pg_catalog.pg_class c WHERE c.relnamespace = n.oid AND {}) AS tables \
         FROM pg_catalog.pg_namespace n WHERE {} ORDER BY 1 LIMIT 1000",
        discover::READABLE,
        discover::shown(settings),
    );
    let mut found = Vec::new();
    match Answer::or_failure(call, &statement) {
        Ok(answer) => answer.each(|row| found.push((row.text("schema").to_owned(), row.is("usable"), row.int("tables"))))?,
        Err(failure) => {
            steps.failed("schemas", &failure);
            return Ok(Vec::new());
        }
    }
    let mut complaints = Vec::new();
    for schema in &settings.schemas {
        match found.iter().find(|(name, _, _)| name == schema) {
            None => complaints.push(format!("there is no schema {schema}")),
            Some((_, false, _)) => complaints.push(format!("the user may not use the schema {schema}")),
            Some((_, true, 0)) => complaints.push(format!("the user may read no table of the schema {schema}")),
            Some(_) => {}
        }
    }
    let tables: i64 = found.iter().map(|(_, _, tables)| tables).sum();
    if !complaints.is_empty() {
        steps.red("schemas", code::SOURCE_PERMISSION, format!("{}.", complaints.join("; ")));
    } else if tables == 0 {
        steps.red("schemas", code::SOURCE_PERMISSION, "The user may read no table of any schema.");
    } else {
        let schemas = found.iter().filter(|(_, _, tables)| *tables > 0).count();
        steps.green("schemas", format!("{tables} tables and views in {schemas} schemas can be read."));
    }
    Ok(found.into_iter().filter(|(_, _, tables)| *tables > 0).map(|(name, _, _)| name).collect())
}

/// One row of one table: rights say what may be read, this says that it works. Views may be slow, so tables come first.
fn read_one_row(call: &Call<'_>, settings: &Settings, steps: &mut Steps) -> Result<(), Halt> {
    let statement = format!(
        "SELECT n.nspname::text AS schema, c.relname::text AS name FROM pg_catalog.pg_class c \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE {} AND {} ORDER BY c.relkind IN ('v', 'f'), 1, 2 LIMIT 1",
        discover::READABLE,
        discover::shown(settings),
    );
    let mut table = None;
    match Answer::or_failure(call, &statement) {
        Ok(answer) => answer.each(|row| table = Some((row.text("schema").to_owned(), row.text("name").to_owned())))?,
        Err(failure) => steps.failed("read", &failure),
    }
    let Some((schema, name)) = table else { return Ok(()) };
    let statement = format!("SELECT 1 AS one FROM {}.{} LIMIT 1", quote::name(&schema), quote::name(&name));
    match Answer::or_failure(call, &statement) {
        Ok(_) => steps.green("read", format!("A row of {schema}.{name} was read.")),
        Err(failure) => steps.failed("read", &failure),
    }
    Ok(())
}
