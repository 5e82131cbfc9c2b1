//! The plan: `conformance.toml` beside the connector's manifest, written by its author. It says which host is led to the stand-in, which
//! state the stand-in begins with, and for each service and mode what a row looks like. What is tried with the rows is the suite's.
//!
//! ```toml
//! hosts = ["api.acme.example"]
//! settings = { region = "eu" }
//! credentials = { api_key = "a-key" }
//! twin = "acme --api-key a-key"        # how `sluice twin` starts the stand-in; another one is named on the command line
//! state-ignores = ["updated_at"]       # keys of its state that differ from day to day
//!
//! [[seeds]]                            # put in place before each situation
//! kind = "lists"
//! items = [{ id = "7", name = "VIP" }]
//!
//! [[cases]]
//! service = "contacts"
//! mode = "upsert"
//! columns = ["email", { name = "plan", type = "utf8" }]    # a field of the manifest, or a custom one with its type
//! row = ["c{n}@example.com", "gold"]   # {n} counts the rows
//! refused = ["no address", "gold"]     # a row that the platform does not take
//!
//! [[segments]]                         # members that can be read back
//! segment = "7"
//! members = 3
//! ```

use std::path::Path;

use jiff::{Timestamp, civil::Date};
use serde::Deserialize;
use sluice_catalog::{
    columnar::{Field, PhysicalType},
    contract::Operation,
    manifest::{FieldRole, Mode, Service, ServiceField},
};

use crate::{
    error::Unfit,
    subject::{Subject, column_of, first_operation},
    table::{Cell, Table},
};

/// The file's name.
pub const FILE: &str = "conformance.toml";

/// What to try.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Plan {
    /// Hosts that the component speaks to; all of them lead to the stand-in.
    pub hosts: Vec<String>,
    /// The destination's settings.
    #[serde(default = "empty")]
    pub settings: serde_json::Value,
    /// Credentials by the manifest's names; the stand-in's own, never real ones. Of one with a refresh token, that is
    /// `"<name>/refresh-token"`.
    #[serde(default)]
    pub credentials: std::collections::BTreeMap<String, String>,
    /// What `sluice twin` is told to start the stand-in, where it is one that comes with Sluice: `acme --api-key a-key`.
    #[serde(default)]
    pub twin: Option<String>,
    /// Keys, anywhere in the stand-in's state, that are not compared.
    #[serde(default)]
    pub state_ignores: Vec<String>,
    /// The state that the stand-in begins with.
    #[serde(default)]
    pub seeds: Vec<Seed>,
    /// Services and modes.
    #[serde(default)]
    pub cases: Vec<Case>,
    /// Segments at the platform.
    #[serde(default)]
    pub segments: Vec<Segment>,
}

/// State of one kind.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seed {
    /// A word of the stand-in.
    pub kind: String,
    /// What it begins with.
    pub items: serde_json::Value,
    /// So many of each item, with the number in the place of `{n}`; one, as it stands, unless said.
    #[serde(default)]
    pub count: Option<u64>,
}

impl Seed {
    /// All items, as the stand-in takes them.
    pub fn body(&self) -> serde_json::Value {
        let (Some(count), serde_json::Value::Array(items)) = (self.count, &self.items) else { return self.items.clone() };
        (1..=count).flat_map(|n| items.iter().map(move |item| numbered(item, n))).collect()
    }
}

fn numbered(item: &serde_json::Value, n: u64) -> serde_json::Value {
    use serde_json::Value;
    match item {
        Value::String(text) => Value::String(text.replace("{n}", &n.to_string())),
        Value::Array(items) => items.iter().map(|item| numbered(item, n)).collect(),
        Value::Object(object) => Value::Object(object.iter().map(|(key, value)| (key.clone(), numbered(value, n))).collect()),
        other => other.clone(),
    }
}

/// One service in one mode.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// The manifest's service.
    pub service: String,
    /// One of its modes.
    pub mode: Mode,
    /// The activation's options.
    #[serde(default = "empty")]
    pub options: serde_json::Value,
    /// Mapped fields.
    pub columns: Vec<Mapped>,
    /// A row, with `{n}` where its number stands.
    pub row: Vec<toml::Value>,
    /// A row that the platform does not take.
    #[serde(default)]
    pub refused: Option<Vec<toml::Value>>,
    /// Why there is no such row.
    #[serde(default)]
    pub refuses_nothing: Option<String>,
}

/// A mapped field: its name, or a table with its name and more.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum Mapped {
    /// Of the manifest.
    Named(String),
    /// Of the manifest in one of several roles, or, with a type, of the operator's own.
    Said {
        /// Its name at the platform.
        name: String,
        /// How it is sent; only of a field that the manifest does not name.
        #[serde(rename = "type", default)]
        ty: Option<PhysicalType>,
        /// What it means; an attribute unless said otherwise.
        #[serde(default)]
        role: FieldRole,
    },
}

/// A segment whose members are read back.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Segment {
    /// Its id at the platform.
    pub segment: String,
    /// How many it has.
    pub members: u64,
}

fn empty() -> serde_json::Value {
    serde_json::json!({})
}

impl Plan {
    /// Reads the plan of a connector's folder, and holds it against the manifest.
    pub fn read(folder: &Path, subject: &Subject) -> Result<Self, Unfit> {
        let path = folder.join(FILE);
        let wrong = |problem: String| Unfit::Plan { path: path.display().to_string(), problem };
        let text = std::fs::read_to_string(&path).map_err(|error| wrong(error.to_string()))?;
        let plan: Self = toml::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        for case in &plan.cases {
            case.columns_of(subject).map_err(|problem| wrong(format!("{}: {problem}", case.name())))?;
        }
        if plan.cases.is_empty() {
            return Err(wrong("it has no [[cases]]; every service and mode of the manifest needs one".to_owned()));
        }
        Ok(plan)
    }

    /// Services and modes of the manifest that no case speaks of, as `service mode`.
    pub fn missing(&self, subject: &Subject) -> Vec<String> {
        let offered =
            subject.manifest().services.iter().flat_map(|(id, service)| service.modes.iter().map(move |mode| (id, *mode)));
        let spoken = |id: &String, mode: Mode| self.cases.iter().any(|case| case.service == *id && case.mode == mode);
        offered.filter(|(id, mode)| !spoken(id, *mode)).map(|(id, mode)| format!("{id} {}", mode.as_str())).collect()
    }
}

impl Case {
    /// `service mode`.
    pub fn name(&self) -> String {
        format!("{} {}", self.service, self.mode.as_str())
    }

    pub(crate) fn operation(&self) -> Operation {
        first_operation(self.mode)
    }

    pub(crate) fn service_of<'a>(&self, subject: &'a Subject) -> Result<&'a Service, String> {
        let service = subject.service(&self.service).ok_or_else(|| "the manifest has no such service".to_owned())?;
        if service.modes.contains(&self.mode) { Ok(service) } else { Err("the service has no such mode".to_owned()) }
    }

    /// Columns as the host makes them.
    pub(crate) fn columns_of(&self, subject: &Subject) -> Result<Vec<Field>, String> {
        let service = self.service_of(subject)?;
        for (what, row) in [("row", Some(&self.row)), ("refused", self.refused.as_ref())] {
            if let Some(row) = row.filter(|row| row.len() != self.columns.len()) {
                return Err(format!("`{what}` has {} cells for {} columns", row.len(), self.columns.len()));
            }
        }
        if self.refused.is_none() && self.refuses_nothing.is_none() {
            return Err(
                "`refused` is missing: a row that the platform does not take (or `refuses_nothing`, with the reason)".to_owned()
            );
        }
        let named = |name: &String, role: Option<FieldRole>| {
            let is = |field: &&ServiceField| field.name == *name && role.is_none_or(|role| field.role == role);
            let none = || format!("the service has no field `{name}`; a custom field needs its type");
            service.fields.iter().find(is).map(column_of).ok_or_else(none)
        };
        let column = |mapped: &Mapped| match mapped {
            Mapped::Named(name) => named(name, None),
            Mapped::Said { name, ty: None, role } => named(name, Some(*role)),
            Mapped::Said { name, ty: Some(ty), role } => {
                let attrs = vec![("role".to_owned(), role.as_str().to_owned())];
                Ok(Field { name: name.clone(), ty: *ty, nullable: true, attrs })
            }
        };
        let columns: Vec<Field> = self.columns.iter().map(column).collect::<Result<_, _>>()?;
        for (at, column) in columns.iter().enumerate() {
            for row in std::iter::once(&self.row).chain(&self.refused) {
                cell(column, &row[at], 1, Timestamp::UNIX_EPOCH).map_err(|problem| format!("`{}`: {problem}", column.name))?;
            }
        }
        Ok(columns)
    }

    /// Rows of these numbers; a number that is `None` is the row that is refused.
    pub(crate) fn table(&self, columns: &[Field], numbers: &[Option<u64>], now: Timestamp) -> Table {
        columns.iter().enumerate().fold(Table::default(), |table, (at, column)| {
            table.column(column, numbers.iter().map(|number| self.cell(columns, at, *number, now)))
        })
    }

    /// One of their cells. That it is one of the column's type was seen when the plan was read.
    pub(crate) fn cell(&self, columns: &[Field], at: usize, number: Option<u64>, now: Timestamp) -> Cell {
        let row = if number.is_some() { &self.row } else { self.refused.as_ref().unwrap_or(&self.row) };
        cell(&columns[at], &row[at], number.unwrap_or(0), now).unwrap_or(Cell::Null)
    }
}

/// A cell of the plan in the column's type. Times may be `{ before-now-s = 60 }`.
fn cell(column: &Field, value: &toml::Value, n: u64, now: Timestamp) -> Result<Cell, String> {
    use PhysicalType::{Binary, Boolean, Date32, Decimal128, Float64, Int64, Json, TimestampMicros, Utf8};
    Ok(match (column.ty, value) {
        (Utf8 | Json | Binary, toml::Value::String(text)) => Cell::Text(text.replace("{n}", &n.to_string())),
        (Boolean, toml::Value::Boolean(value)) => Cell::Bool(*value),
        (Int64 | Decimal128, toml::Value::Integer(value)) => Cell::Int(*value),
        (Float64, toml::Value::Float(value)) => Cell::Float(*value),
        (Date32, toml::Value::String(text)) => {
            let date: Date = text.parse().map_err(|error: jiff::Error| error.to_string())?;
            let epoch = Date::constant(1970, 1, 1);
            Cell::Int((date - epoch).get_days().into())
        }
        (TimestampMicros, toml::Value::String(text)) => {
            let at: Timestamp = text.parse().map_err(|error: jiff::Error| error.to_string())?;
            Cell::Int(at.as_microsecond())
        }
        (TimestampMicros, toml::Value::Table(table)) => match table.get("before-now-s").and_then(toml::Value::as_integer) {
            Some(seconds) => Cell::Int(now.as_microsecond() - seconds * 1_000_000 - i64::try_from(n).unwrap_or(0)),
            None => return Err("a time is RFC 3339 text or { before-now-s = 60 }".to_owned()),
        },
        (ty, other) => return Err(format!("{other} is no value of the type {ty:?}")),
    })
}
