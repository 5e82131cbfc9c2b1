//! The files source: a folder in which each Parquet or CSV file, and each sub-folder of such files of one schema, is a table.
//!
//! A table is called as the file without its extension, or as the sub-folder. Names that begin with `.` or `_` are passed over, as
//! are other kinds of files. What cannot be a table is a [`Finding`] and never silently absent: two tables of one name, a sub-folder
//! of mixed kinds, a name with quotes.

mod columns;
mod listing;
mod schema;
mod table;

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use datafusion::catalog::TableProvider;
use jiff::tz::TimeZone;
use sluice_catalog::{
    code::Code,
    model::Field,
    source::{Kind, Source as Declared},
};

pub use columns::Column;

use crate::{Engine, QueryError, error::some_of};

/// An opened source. Opening looks at the folder, not into the files.
#[derive(Debug, Clone)]
pub struct Source {
    engine: Engine,
    name: String,
    folder: PathBuf,
    zone: TimeZone,
    delimiter: u8,
    tables: Arc<BTreeMap<String, Files>>,
    findings: Arc<Vec<Finding>>,
}

/// A table and its columns.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Its columns, in the order of the file.
    pub columns: Vec<Column>,
}

/// Something in the folder that is not a table, or a table that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Finding {
    /// The file, sub-folder or table, relative to the source's folder.
    pub name: String,
    /// What kind of problem.
    pub code: Code,
    /// One sentence.
    pub cause: String,
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

impl Source {
    /// Looks at the folder. Errors: [`QueryError::Unreachable`].
    pub async fn open(engine: &Engine, declared: &Declared) -> Result<Self, QueryError> {
        let Kind::Files(files) = &declared.kind;
        let unreachable = |why| QueryError::Unreachable { source_name: declared.name.clone(), why };
        let zone = declared.time_zone().ok_or_else(|| unreachable("names a time zone that this machine does not know"))?;
        let delimiter = u8::try_from(files.delimiter).map_err(|_| unreachable("has a delimiter that is not ASCII"))?;
        let folder = PathBuf::from(&files.path);
        let listed = blocking(move || {
            // The engine takes no `..` in addresses, and says where it reads by the real path.
            let folder = std::fs::canonicalize(&folder).map_err(|error| listing::unreachable(&error))?;
            listing::list(&folder).map(|(tables, findings)| (folder, tables, findings))
        });
        let (folder, tables, findings) = listed.await?.map_err(unreachable)?;
        Ok(Self {
            engine: engine.clone(),
            name: declared.name.clone(),
            folder,
            zone,
            delimiter,
            tables: Arc::new(tables),
            findings: Arc::new(findings),
        })
    }

    /// The source's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The tables' names, in order.
    pub fn tables(&self) -> impl Iterator<Item = &str> {
        self.tables.keys().map(String::as_str)
    }

    /// Every table with its columns, and everything in the folder that is none. A damaged table is a finding, not an error.
    pub async fn discover(&self) -> (Vec<Table>, Vec<Finding>) {
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
    pub async fn columns(&self, table: &str) -> Result<Vec<Column>, QueryError> {
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
        let (files, name, delimiter, fields) = (files.clone(), table.to_owned(), self.delimiter, fields.to_vec());
        blocking(move || table::provider(&name, &files, delimiter, &fields)).await?
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The folder as it stands in the engine's plans: absolute, without the first slash, with one at the end.
    pub(crate) fn shown_folder(&self) -> String {
        format!("{}/", self.folder.to_string_lossy().trim_matches('/'))
    }

    pub(crate) fn zone(&self) -> &TimeZone {
        &self.zone
    }
}

/// Runs file access on a thread that may wait.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, QueryError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| QueryError::Failed { why: "reading the files was interrupted".into() })
}
