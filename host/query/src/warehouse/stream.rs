//! A statement as a node of the engine's plan: its rows in the plan's schema, as they come.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use arrow::{
    array::{ArrayRef, RecordBatch, RecordBatchOptions},
    compute::{CastOptions, cast_with_options},
    datatypes::{DataType, Schema, SchemaRef},
};
use datafusion::{
    error::{DataFusionError, Result},
    execution::{SendableRecordBatchStream, TaskContext},
    physical_plan::{
        ExecutionPlan,
        stream::RecordBatchStreamAdapter,
        streaming::{PartitionStream, StreamingTableExec},
    },
};
use futures::{StreamExt, TryStreamExt, stream, stream::BoxStream};

use super::Warehouse;
use crate::QueryError;

type Batches = BoxStream<'static, Result<RecordBatch, QueryError>>;

/// The rows of a statement of at most `limit` rows. `ready`: the rows, if the statement was opened already; they are used once.
pub(crate) fn plan(
    warehouse: &Arc<dyn Warehouse>,
    statement: String,
    schema: SchemaRef,
    ready: Option<Batches>,
    limit: Option<usize>,
) -> Result<Arc<dyn ExecutionPlan>> {
    let warehouse = Arc::clone(warehouse);
    let part = Part { warehouse, statement, schema: Arc::clone(&schema), ready: Mutex::new(ready) };
    Ok(Arc::new(StreamingTableExec::try_new(schema, vec![Arc::new(part)], None, [], false, limit)?))
}

/// Whether a column of one type is read as one of another: the same, or a whole number of another width.
pub(crate) fn reads(found: &DataType, wanted: &DataType) -> bool {
    found == wanted || matches!((found, wanted), (DataType::Int64, DataType::Int32 | DataType::UInt64))
}

/// The one stream of a node. The plan may run it more than once.
struct Part {
    warehouse: Arc<dyn Warehouse>,
    statement: String,
    schema: SchemaRef,
    ready: Mutex<Option<Batches>>,
}

/// Plans are shown to people: the statement may hold values of theirs, the columns do not.
impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Part").field("columns", &self.schema.fields().len()).finish_non_exhaustive()
    }
}

impl PartitionStream for Part {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        let (warehouse, statement, schema) = (Arc::clone(&self.warehouse), self.statement.clone(), Arc::clone(&self.schema));
        let wanted = Arc::clone(&self.schema);
        let ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner).take();
        let opened = async move {
            match ready {
                Some(rows) => Ok(rows),
                None => warehouse.open(statement).await.map(|opened| opened.rows),
            }
        };
        let rows = stream::once(opened)
            .try_flatten()
            .map(move |batch| fit(batch?, &wanted))
            .map_err(|error: QueryError| DataFusionError::External(Box::new(error)));
        Box::pin(RecordBatchStreamAdapter::new(schema, rows))
    }
}

/// The batch in the plan's schema. A column that has become another type since the plan was made is an error, never a cast.
fn fit(batch: RecordBatch, wanted: &SchemaRef) -> Result<RecordBatch, QueryError> {
    if wanted.fields().is_empty() {
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        let none = RecordBatch::try_new_with_options(Arc::new(Schema::empty()), Vec::new(), &options);
        return Ok(none.expect("no columns, and a number of rows"));
    }
    if batch.num_columns() != wanted.fields().len() {
        return Err(QueryError::Failed { why: "the source gave another number of columns than it had told".into() });
    }
    let found = batch.schema();
    let mut columns: Vec<ArrayRef> = Vec::with_capacity(batch.num_columns());
    for ((column, found), wanted) in batch.columns().iter().zip(found.fields()).zip(wanted.fields()) {
        let (name, ty) = (found.name(), found.data_type());
        if !reads(ty, wanted.data_type()) {
            let why = format!("column {name} became {ty} while the query was made; run it again");
            return Err(QueryError::Failed { why });
        }
        let strict = CastOptions { safe: false, ..CastOptions::default() };
        let cast = cast_with_options(column, wanted.data_type(), &strict);
        columns.push(cast.map_err(|_| QueryError::Failed { why: format!("a number of column {name} is out of its range") })?);
    }
    RecordBatch::try_new(Arc::clone(wanted), columns).map_err(|_| QueryError::Failed { why: "a column is not of its type".into() })
}
