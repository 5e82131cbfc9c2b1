//! An opened source: a folder of files, or a warehouse behind a connector. Models read both alike.

use std::sync::Arc;

use datafusion::catalog::TableProvider;
use jiff::tz::TimeZone;
use sluice_catalog::{
    code::Code,
    model::Field,
    source::{Kind, Source as Declared},
};

use crate::{Column, Engine, QueryError, error::some_of, files::Folder, sql, warehouse, warehouse::Warehouse};

/// An opened source.
#[derive(Debug, Clone)]
pub struct Source {
    engine: Engine,
    name: String,
    zone: TimeZone,
    place: Place,
}

#[derive(Debug, Clone)]
enum Place {
    Folder(Folder),
    Warehouse(Arc<dyn Warehouse>),
}

/// A table and its columns.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Table {
    /// Its name; in a warehouse, schema and name joined by a dot.
    pub name: String,
    /// Its columns, in their order there.
    pub columns: Vec<Column>,
}

/// Something in the source that is not a table, or a table that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Finding {
    /// The file, sub-folder, table or column, by its name in the source.
    pub name: String,
    /// What kind of problem.
    pub code: Code,
    /// One sentence.
    pub cause: String,
}

impl Source {
    /// Looks at a folder of files. Errors: [`QueryError::Unreachable`], also for a source behind a connector.
    pub async fn open(engine: &Engine, declared: &Declared) -> Result<Self, QueryError> {
        let unreachable = |why| QueryError::Unreachable { source_name: declared.name.clone(), why };
        let zone = zone_of(declared)?;
        let folder = match &declared.kind {
            Kind::Files(files) => Folder::open(files, &zone, engine.private()).await?.map_err(unreachable)?,
            Kind::Connector(_) => return Err(unreachable("is not a folder: a connector reads it")),
        };
        Ok(Self { engine: engine.clone(), name: declared.name.clone(), zone, place: Place::Folder(folder) })
    }

    /// A source behind a connector. Nothing is asked of it yet.
    pub fn behind(engine: &Engine, declared: &Declared, warehouse: Arc<dyn Warehouse>) -> Result<Self, QueryError> {
        let (zone, place) = (zone_of(declared)?, Place::Warehouse(warehouse));
        Ok(Self { engine: engine.clone(), name: declared.name.clone(), zone, place })
    }

    /// The source's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Every table with its columns, and everything that is none. A damaged table is a finding; a warehouse that cannot be asked is an
    /// error.
    pub async fn discover(&self) -> Result<(Vec<Table>, Vec<Finding>), QueryError> {
        match &self.place {
            Place::Folder(folder) => Ok(folder.discover().await),
            Place::Warehouse(warehouse) => {
                let tables = warehouse.tables().await?;
                let findings = tables.iter().flat_map(unread).collect();
                Ok((tables, findings))
            }
        }
    }

    /// The columns of a table. Errors: missing, damaged, of several schemas.
    pub async fn columns(&self, table: &str) -> Result<Vec<Column>, QueryError> {
        let schema = self.provider(table, &[]).await?.schema();
        Ok(schema.fields().iter().map(|field| Column::of(field)).collect())
    }

    /// The table as the engine reads it. `fields` settle the types of CSV columns; everything else knows its own.
    pub(crate) async fn provider(&self, table: &str, fields: &[Field]) -> Result<Arc<dyn TableProvider>, QueryError> {
        match &self.place {
            Place::Folder(folder) => folder.provider(table, fields).await,
            Place::Warehouse(warehouse) => warehouse::provider(warehouse, &self.name, warehouse::From::table(table)).await,
        }
    }

    /// A model's SQL as one table, where the source runs SQL by itself.
    pub(crate) async fn statement(&self, text: &str) -> Result<Option<Arc<dyn TableProvider>>, QueryError> {
        match &self.place {
            Place::Folder(_) => Ok(None),
            Place::Warehouse(warehouse) => {
                let statement = sql::one_select(text)?;
                warehouse::provider(warehouse, &self.name, warehouse::From::statement(&statement)).await.map(Some)
            }
        }
    }

    /// Some of the tables' names, for "there are …".
    pub(crate) fn some_tables(&self) -> String {
        match &self.place {
            Place::Folder(folder) => some_of(folder.tables().map(str::to_owned)),
            Place::Warehouse(_) => "those of its list".into(),
        }
    }

    /// Whether its rows are read here anyhow, and not where they lie.
    pub(crate) fn is_folder(&self) -> bool {
        matches!(self.place, Place::Folder(_))
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// What the engine's plans show before a file's name.
    pub(crate) fn shown_folder(&self) -> String {
        match &self.place {
            Place::Folder(folder) => folder.shown_folder(),
            Place::Warehouse(_) => String::new(),
        }
    }

    pub(crate) fn zone(&self) -> &TimeZone {
        &self.zone
    }
}

fn zone_of(declared: &Declared) -> Result<TimeZone, QueryError> {
    let why = "names a time zone that this machine does not know";
    declared.time_zone().ok_or_else(|| QueryError::Unreachable { source_name: declared.name.clone(), why })
}

fn unread(table: &Table) -> impl Iterator<Item = Finding> + '_ {
    table.columns.iter().filter(|column| column.ty.is_none()).map(|column| Finding {
        name: format!("{}.{}", table.name, column.name),
        code: Code::SourceUnsupportedType,
        cause: column.warning.clone().unwrap_or_default(),
    })
}
