//! Sources that run SQL themselves: a table of such a source is a leaf of the plan, whose columns are put into the SELECT list and whose
//! rows are streamed.
//!
//! How a warehouse is reached is the business of the room above, behind [`Warehouse`]. Every identifier that goes into SQL is quoted
//! here; an operator's SELECT is parsed, has to be one, and stands as a sub-query.

mod from;
pub(crate) mod stream;
mod table;

use std::{fmt, sync::Arc};

use arrow::{array::RecordBatch, datatypes::SchemaRef};
use datafusion::catalog::TableProvider;
use futures::{future::BoxFuture, stream::BoxStream};

pub(crate) use from::From;
pub(crate) use table::Leaf;

use crate::{QueryError, Table};

/// A source that runs SQL.
pub trait Warehouse: fmt::Debug + Send + Sync {
    /// Every table that may be read, with its columns.
    fn tables(&self) -> BoxFuture<'_, Result<Vec<Table>, QueryError>>;

    /// Opens a statement that reads. Its rows do not begin before they are asked for; dropped, they end at the warehouse too.
    fn open(&self, statement: String) -> BoxFuture<'_, Result<Opened, QueryError>>;
}

/// The SQL that conditions are printed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// PostgreSQL from version 14 on, whose `EXTRACT` is exact, in a database whose encoding is UTF-8, which `normalize` needs.
    Postgresql,
    /// Amazon Redshift.
    Redshift,
    /// Google BigQuery.
    Bigquery,
    /// Snowflake.
    Snowflake,
    /// Databricks SQL.
    Databricks,
}

/// A statement of a warehouse.
pub struct Opened {
    /// Its columns. The metadata of a field says the warehouse's own type, and what a text holds (`sluice_catalog::columnar`).
    pub schema: SchemaRef,
    /// In which SQL statements of our own can be put to it, where the host knows that for certain.
    pub dialect: Option<Dialect>,
    /// Its rows, in batches of at most [`crate::limits::BATCH_ROWS_MAX`].
    pub rows: BoxStream<'static, Result<RecordBatch, QueryError>>,
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened").field("schema", &self.schema).finish_non_exhaustive()
    }
}

/// A table, or an operator's SELECT, as the engine reads it. The warehouse is asked for its columns, and not for rows. `source` is the
/// name of the source.
pub(crate) async fn provider(
    warehouse: &Arc<dyn Warehouse>,
    source: &str,
    from: From,
) -> Result<Arc<dyn TableProvider>, QueryError> {
    let opened = warehouse.open(from.everything()).await?;
    crate::sql::doubled(opened.schema.fields().iter().map(|field| field.name()))?;
    Ok(Arc::new(table::Leaf::new(Arc::clone(warehouse), source, from, opened.schema, opened.dialect)))
}
