//! A printed part of a plan as the engine reads it: a table whose rows are those of a SELECT.
//!
//! The statement is put to the source when the engine makes its plan, so that a source that does not take it is found out before any
//! row was read; then the whole plan is made without pieces ([`refused_there`]). One piece alone is read from there; of several each is
//! put again when its turn comes, since an opened statement holds a connection.

use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use arrow::datatypes::{Schema, SchemaRef};
use datafusion::{
    catalog::{Session, TableProvider},
    datasource::TableType,
    error::{DataFusionError, Result},
    logical_expr::Expr,
    physical_plan::ExecutionPlan,
};
use sluice_catalog::Code;

use super::Statement;
use crate::{
    QueryError,
    print::Printed,
    warehouse::{From, stream},
};

pub(super) struct Piece {
    printed: Printed,
    schema: SchemaRef,
    /// Whether its plan has no other.
    alone: AtomicBool,
    /// Statements that were put to the source, one for each place at which the engine reads the piece.
    put: Mutex<Vec<String>>,
}

impl Piece {
    pub(super) fn new(printed: Printed) -> Self {
        let schema = Arc::new(Schema::new(printed.columns.clone()));
        Self { printed, schema, alone: AtomicBool::new(false), put: Mutex::default() }
    }

    /// Its plan has no other piece.
    pub(super) fn is_alone(&self) {
        self.alone.store(true, Relaxed);
    }

    pub(super) fn statements(&self) -> Vec<Statement> {
        let put = self.put.lock().unwrap_or_else(PoisonError::into_inner);
        put.iter().map(|sql| Statement { source: self.printed.table.source().to_string(), sql: sql.clone() }).collect()
    }

    /// The whole SELECT, or what the engine wants of it.
    fn statement(&self, schema: &SchemaRef, limit: Option<usize>) -> String {
        if *schema == self.schema && limit.is_none() {
            return self.printed.text.clone();
        }
        From::statement(&self.printed.text).columns(schema.fields().iter().map(|field| field.name().as_str()), limit)
    }
}

/// Plans are shown to people; the statement may hold values of theirs.
impl fmt::Debug for Piece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Piece").field("columns", &self.schema.fields().len()).finish_non_exhaustive()
    }
}

#[async_trait::async_trait]
impl TableProvider for Piece {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        _: &dyn Session,
        projection: Option<&Vec<usize>>,
        _: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let schema = match projection {
            Some(columns) => Arc::new(self.schema.project(columns)?),
            None => Arc::clone(&self.schema),
        };
        let statement = self.statement(&schema, limit);
        let warehouse = self.printed.table.warehouse();
        let opened = warehouse.open(statement.clone()).await.map_err(refused)?;
        let other = |(at, wanted): (usize, &arrow::datatypes::FieldRef)| {
            let found = opened.schema.fields().get(at).map(|found| found.data_type());
            !found.is_some_and(|found| stream::reads(found, wanted.data_type()))
        };
        if let Some((_, column)) = schema.fields().iter().enumerate().find(|column| other(*column)) {
            let why = format!("the source gives column {} in another type", column.name());
            return Err(DataFusionError::External(Box::new(RefusedThere(why))));
        }
        self.put.lock().unwrap_or_else(PoisonError::into_inner).push(statement.clone());
        let ready = Some(opened.rows).filter(|_| self.alone.load(Relaxed));
        stream::plan(warehouse, statement, schema, ready, limit)
    }
}

/// The source does not take a statement of ours, or reads it in another way.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct RefusedThere(String);

/// An error about the statement is the statement's; any other is the question's.
fn refused(error: QueryError) -> DataFusionError {
    DataFusionError::External(match error {
        QueryError::Warehouse { code: Code::SourceQueryFailed | Code::SourceObjectMissing | Code::SourcePermission, cause } => {
            Box::new(RefusedThere(cause))
        }
        other => Box::new(other),
    })
}

/// Why the source did not take a piece, if that is the error. The tables may be read all the same.
pub(crate) fn refused_there(error: &DataFusionError) -> Option<String> {
    match error.find_root() {
        DataFusionError::External(inner) => inner.downcast_ref::<RefusedThere>().map(ToString::to_string),
        _ => None,
    }
}
