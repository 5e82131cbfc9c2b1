//! The statements with which a database administrator lets Sluice read, and nothing more.
//!
//! Tested on PostgreSQL 15 on 2026-11-24: with them tables are read and nothing can be written or made.

use crate::{quote, settings::Settings};

/// SQL to paste, one statement a line. The password is not in it: `\password` asks for it without leaving it in a log.
pub(crate) fn statements(settings: &Settings, schemas: &[String]) -> String {
    let (user, database) = (quote::name(&settings.user), quote::name(&settings.database));
    let mut lines = vec![
        "-- as a role that may make roles and owns the schemas; then: \\password, or ALTER ROLE … PASSWORD".to_owned(),
        format!("CREATE ROLE {user} LOGIN CONNECTION LIMIT 40;"),
        format!("ALTER ROLE {user} SET default_transaction_read_only = on;"),
        format!("GRANT CONNECT ON DATABASE {database} TO {user};"),
    ];
    for schema in schemas {
        let schema = quote::name(schema);
        lines.push(format!("GRANT USAGE ON SCHEMA {schema} TO {user};"));
        lines.push(format!("GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {user};"));
        lines.push(format!("ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT SELECT ON TABLES TO {user};"));
    }
    lines.join("\n")
}
