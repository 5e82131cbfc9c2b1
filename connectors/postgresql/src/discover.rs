//! Tables, views and their columns, in pages. Only what the user may read is listed, and no schema of the system.

use serde_json::{Value, json};
use sluice_sdk::{Call, Halt};

use crate::{
    answer::{Answer, Row},
    quote,
    settings::Settings,
    types,
};

/// Relations of one page.
const PAGE: usize = 200;

/// Schemas whose tables are shown: those of the settings, or all but the system's.
pub(crate) fn shown(settings: &Settings) -> String {
    let system = "n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_toast%' AND n.nspname NOT LIKE 'pg\\_temp\\_%'";
    if settings.schemas.is_empty() {
        return system.to_owned();
    }
    let names: Vec<String> = settings.schemas.iter().map(|schema| quote::text(schema)).collect();
    format!("{system} AND n.nspname IN ({})", names.join(", "))
}

/// What may be a table of a model: tables, partitioned tables (their parts are left out), views, materialised views, foreign tables.
pub(crate) const READABLE: &str = "c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition \
    AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')";

/// JSON text: `items` with `name`, `kind`, `rows_estimate` and `columns`, and `next`, the cursor of the next page.
pub(crate) fn tables(call: &Call<'_>, cursor: Option<&str>) -> Result<String, Halt> {
    let after = match cursor {
        None => None,
        Some(text) => {
            let parsed: Result<(String, String), _> = serde_json::from_str(text);
            Some(parsed.map_err(|_| Halt::contract("the cursor is not one of this connector"))?)
        }
    };
    let answer = Answer::of(call, &statement(&Settings::of(call)?, after.as_ref()))?;
    let mut tables: Vec<Table> = Vec::new();
    answer.each(|row| {
        let (schema, name) = (row.text("schema"), row.text("name"));
        if tables.last().is_none_or(|last| last.schema != schema || last.name != name) {
            tables.push(Table::of(&row));
        }
        if let (Some(last), false) = (tables.last_mut(), row.text("column_name").is_empty()) {
            last.columns.push(column(&row));
        }
    })?;
    let next = (tables.len() > PAGE).then(|| {
        tables.truncate(PAGE);
        tables.last().map(|last| json!([last.schema, last.name]).to_string())
    });
    let items: Vec<Value> = tables.into_iter().map(Table::json).collect();
    Ok(json!({ "items": items, "next": next.flatten() }).to_string())
}

fn statement(settings: &Settings, after: Option<&(String, String)>) -> String {
    let after = after.map_or_else(String::new, |(schema, name)| {
        let (schema, name) = (quote::text(schema), quote::text(name));
        format!(" AND (n.nspname::text COLLATE \"C\", c.relname::text COLLATE \"C\") > ({schema}, {name})")
    });
    format!(
        "WITH page AS (\
           SELECT c.oid, n.nspname::text COLLATE \"C\" AS schema, c.relname::text COLLATE \"C\" AS name, c.relkind, c.reltuples \
           FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
           WHERE {READABLE} AND {shown}{after} ORDER BY 2, 3 LIMIT {limit}) \
         SELECT p.schema, p.name, p.relkind::text AS kind, p.reltuples::bigint AS rows_estimate, a.attname::text AS column_name, \
           pg_catalog.format_type(a.atttypid, a.atttypmod) AS source_type, a.attnotnull AS required, \
           COALESCE(NULLIF(t.typbasetype, 0), t.oid)::bigint AS base, \
           CASE WHEN t.typtype = 'd' THEN t.typtypmod ELSE a.atttypmod END::bigint AS modifier, \
           COALESCE(b.typelem, t.typelem)::bigint AS element, COALESCE(b.typcategory, t.typcategory)::text AS category \
         FROM page p \
         LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = p.oid AND a.attnum > 0 AND NOT a.attisdropped \
         LEFT JOIN pg_catalog.pg_type t ON t.oid = a.atttypid \
         LEFT JOIN pg_catalog.pg_type b ON b.oid = t.typbasetype \
         ORDER BY p.schema, p.name, a.attnum",
        shown = shown(settings),
        limit = PAGE + 1,
    )
}

struct Table {
    schema: String,
    name: String,
    kind: &'static str,
    rows_estimate: Option<i64>,
    columns: Vec<Value>,
}

impl Table {
    fn of(row: &Row<'_, '_>) -> Self {
        let kind = match row.text("kind") {
            "v" => "view",
            "m" => "materialised view",
            "f" => "foreign table",
            "p" => "partitioned table",
            _ => "table",
        };
        // -1: never analysed.
        let rows_estimate = Some(row.int("rows_estimate")).filter(|rows| *rows >= 0);
        Self { schema: row.text("schema").to_owned(), name: row.text("name").to_owned(), kind, rows_estimate, columns: Vec::new() }
    }

    fn json(self) -> Value {
        let name = format!("{}.{}", self.schema, self.name);
        json!({ "name": name, "kind": self.kind, "rows_estimate": self.rows_estimate, "columns": self.columns })
    }
}

fn column(row: &Row<'_, '_>) -> Value {
    let (ty, warning) = types::product(row.int("base"), row.int("element"), row.text("category"), row.int("modifier"));
    let source_type = row.text("source_type");
    let warning = warning.map(|warning| format!("{source_type}: {warning}"));
    json!({ "name": row.text("column_name"), "type": ty, "source_type": source_type, "warning": warning, "required": row.is("required") })
}
