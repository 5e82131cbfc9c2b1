//! A source: where the data lies. This kind is a folder of Parquet and CSV files.
//!
//! Opening it, listing its tables and reading them is the query room's work; here are the declared facts and their rules.

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::{
    code::Code,
    problem::{Problem, naming},
};

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

/// What a source is and where. JSON: `{"files": {"path": "/srv/data"}}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = SourceKind)]
pub enum Kind {
    /// A folder of Parquet and CSV files.
    Files(Files),
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
    /// Every rule that can be checked without opening the source.
    pub fn validate(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        naming(&self.name, &self.description, &self.tags, &mut problems);
        let Kind::Files(files) = &self.kind;
        if files.path.trim().is_empty() || files.path.contains('\0') {
            problems.push(Problem::new("/kind/files/path", Code::FieldInvalid, "The folder's path is missing."));
        }
        if !matches!(files.delimiter, ',' | ';' | '|' | '\t' | ':' | ' ') {
            let cause = "The delimiter must be a comma, semicolon, bar, tab, colon or space.";
            problems.push(Problem::new("/kind/files/delimiter", Code::FieldInvalid, cause));
        }
        if self.time_zone().is_none() {
            let cause = "This is not the name of a time zone; examples are UTC and Europe/Paris.";
            problems.push(Problem::new("/zone", Code::FieldInvalid, cause));
        }
        problems
    }

    /// The zone of timestamps without one; `None` when the name is not known to this machine.
    pub fn time_zone(&self) -> Option<TimeZone> {
        if self.zone == "UTC" { Some(TimeZone::UTC) } else { TimeZone::get(&self.zone).ok() }
    }
}
