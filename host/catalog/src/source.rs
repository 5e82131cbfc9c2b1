//! A source: where the data lies. A folder of Parquet and CSV files, or a database behind a connector.
//!
//! Opening it, listing its tables and reading them is the work of other rooms; here are the declared facts and their rules.

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::{
    code::Code,
    problem::{Problem, naming},
};

mod connector;

pub use connector::{Bastion, Connection, Connector, Grant, Granted, I_ACCEPT, Through, Tls};

/// A declared source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// 1 to 120 characters, unique among the workspace's sources.
    pub name: String,
    /// For people; at most 2,000 characters.
    #[serde(default)]
    pub description: String,
    /// For finding it again; at most 20.
    #[serde(default)]
    pub tags: Vec<String>,
    /// What it is and where.
    pub kind: Kind,
    /// IANA name of the zone in which timestamps without a zone are meant; `UTC` unless said.
    #[serde(default = "utc")]
    pub zone: String,
}

fn utc() -> String {
    "UTC".into()
}

/// What a source is and where. JSON: `{"files": {"path": "/srv/data"}}`, `{"connector": {"id": "postgresql", "settings": {…}}}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = SourceKind)]
pub enum Kind {
    /// A folder of Parquet and CSV files.
    Files(Files),
    /// What an installed connector reads.
    Connector(Connector),
}

/// A folder: each file, and each sub-folder of files of one schema, is a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Files {
    /// The folder on the machine that runs Sluice; a relative path is meant from its working directory.
    pub path: String,
    /// What separates the cells of the CSV files: one ASCII character; a comma unless said.
    #[serde(default = "comma")]
    pub delimiter: char,
}

fn comma() -> char {
    ','
}

impl Source {
    /// Every rule that can be checked without opening the source and without a connector's manifest ([`Connector::validate`]).
    pub fn validate(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        naming(&self.name, &self.description, &self.tags, &mut problems);
        match &self.kind {
            Kind::Files(files) => files.validate(&mut problems),
            Kind::Connector(_) => {}
        }
        if self.time_zone().is_none() {
            let cause = "This is not the name of a time zone; examples are UTC and Europe/Paris.";
            problems.push(Problem::new("/zone", Code::FieldInvalid, cause));
        }
        problems
    }

    /// The connector, where there is one.
    pub fn connector(&self) -> Option<&Connector> {
        match &self.kind {
            Kind::Files(_) => None,
            Kind::Connector(connector) => Some(connector),
        }
    }

    /// The zone of timestamps without one; `None` when the name is not known to this machine.
    pub fn time_zone(&self) -> Option<TimeZone> {
        if self.zone == "UTC" { Some(TimeZone::UTC) } else { TimeZone::get(&self.zone).ok() }
    }
}

impl Files {
    fn validate(&self, problems: &mut Vec<Problem>) {
        if self.path.trim().is_empty() || self.path.contains('\0') {
            problems.push(Problem::new("/kind/files/path", Code::FieldInvalid, "The folder's path is missing."));
        }
        if !matches!(self.delimiter, ',' | ';' | '|' | '\t' | ':' | ' ') {
            let cause = "The delimiter must be a comma, semicolon, bar, tab, colon or space.";
            problems.push(Problem::new("/kind/files/delimiter", Code::FieldInvalid, cause));
        }
    }
}
