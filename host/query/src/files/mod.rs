//! The files source: a folder in which each Parquet or CSV file, and each sub-folder of such files of one schema, is a table.
//!
//! A table is called as the file without its extension, or as the sub-folder. Names that begin with `.` or `_` are passed over, as
//! are other kinds of files. What cannot be a table is a [`Finding`] and never silently absent: two tables of one name, a sub-folder
//! of mixed kinds, a name with quotes.

mod listing;
mod sample;
mod schema;
mod table;
mod times;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use datafusion::catalog::TableProvider;
use jiff::tz::TimeZone;
use sluice_catalog::{code::Code, model::Field, source::Files as Declared};

use crate::{Column, Finding, QueryError, Table, error::some_of};

/// An opened folder. Opening looks at the folder, not into the files.
#[derive(Debug, Clone)]
pub(crate) struct Folder {
    path: PathBuf,
    delimiter: u8,
    zone: TimeZone,
    tables: Arc<BTreeMap<String, Files>>,
    findings: Arc<Vec<Finding>>,
}

/// The files of one table, all of one kind, in order of their names.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Files {
    kind: FileKind,
    paths: Vec<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FileKind {
    Parquet,
    Csv,
}

impl Folder {
    /// Looks at the folder, which is not, does not hold and does not lie in the `private` one; times without a zone are meant in `zone`. The
    /// error says why it cannot be listed.
    pub(crate) async fn open(
        files: &Declared,
        zone: &TimeZone,
        private: Option<Arc<Path>>,
    ) -> Result<Result<Self, &'static str>, QueryError> {
        let Ok(delimiter) = u8::try_from(files.delimiter) else { return Ok(Err("has a delimiter that is not ASCII")) };
        let folder = PathBuf::from(&files.path);
        let listed = blocking(move || {
            // The engine takes no `..` in addresses, and says where it reads by the real path.
            let real = |path: &Path| std::fs::canonicalize(path).map_err(|error| listing::unreachable(&error));
            let folder = real(&folder)?;
            if let Some(private) = private {
                let private = real(&private)?;
                if folder.starts_with(&private) || private.starts_with(&folder) {
                    return Err("is, holds or lies in the state folder of this server, which is no source");
                }
            }
            listing::list(&folder).map(|(tables, findings)| (folder, tables, findings))
        });
        Ok(listed.await?.map(|(path, tables, findings)| Self {
            path,
            delimiter,
            zone: zone.clone(),
            tables: Arc::new(tables),
            findings: Arc::new(findings),
        }))
    }

    /// The tables' names, in order.
    pub(crate) fn tables(&self) -> impl Iterator<Item = &str> {
        self.tables.keys().map(String::as_str)
    }

    /// Every table with its columns, and everything in the folder that is none. A damaged table is a finding, not an error.
    pub(crate) async fn discover(&self) -> (Vec<Table>, Vec<Finding>) {
        let (mut tables, mut findings) = (Vec::new(), self.findings.as_ref().clone());
        for name in self.tables() {
            match self.columns(name).await {
                Ok(columns) => {
                    let unread = columns.iter().filter(|column| column.ty.is_none());
                    findings.extend(unread.map(|column| Finding {
                        name: format!("{name}.{}", column.name),
                        code: Code::SourceUnsupportedType,
                        cause: column.warning.clone().unwrap_or_default(),
                    }));
                    tables.push(Table { name: name.to_owned(), columns });
                }
                Err(error) => findings.push(Finding { name: name.to_owned(), code: error.code(), cause: error.to_string() }),
            }
        }
        (tables, findings)
    }

    /// The columns of a table. Errors: missing, damaged, of several schemas.
    pub(crate) async fn columns(&self, table: &str) -> Result<Vec<Column>, QueryError> {
        let schema = self.provider(table, &[]).await?.schema();
        Ok(schema.fields().iter().map(|field| Column::of(field)).collect())
    }

    /// The table as the engine reads it. `fields` settle the types of CSV columns; Parquet files know theirs.
    pub(crate) async fn provider(&self, table: &str, fields: &[Field]) -> Result<Arc<dyn TableProvider>, QueryError> {
        let Some(files) = self.tables.get(table) else {
            if let Some(finding) = self.findings.iter().find(|finding| finding.name == table) {
                return Err(QueryError::TableUnusable { table: table.to_owned(), why: finding.cause.clone() });
            }
            let known = some_of(self.tables().map(str::to_owned));
            return Err(QueryError::TableMissing { table: table.to_owned(), known });
        };
        let (files, name, fields) = (files.clone(), table.to_owned(), fields.to_vec());
        let (delimiter, zone) = (self.delimiter, self.zone.clone());
        blocking(move || table::provider(&name, &files, delimiter, &zone, &fields)).await?
    }

    /// The folder as it stands in the engine's plans: absolute, without the first slash, with one at the end.
    pub(crate) fn shown_folder(&self) -> String {
        format!("{}/", self.path.to_string_lossy().trim_matches('/'))
    }
}

/// Runs file access on a thread that may wait.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, QueryError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| QueryError::Failed { why: "reading the files was interrupted".into() })
}
