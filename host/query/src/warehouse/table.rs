//! A leaf of the plan: the columns that the plan uses go into the SELECT list, the rows come as a stream.

use std::{fmt, sync::Arc};

use arrow::{
    array::{RecordBatch, RecordBatchOptions},
    datatypes::{Schema, SchemaRef},
};
use datafusion::{
    catalog::{Session, TableProvider},
    datasource::TableType,
    error::{DataFusionError, Result},
    execution::{SendableRecordBatchStream, TaskContext},
    logical_expr::Expr,
    physical_plan::{
        ExecutionPlan,
        stream::RecordBatchStreamAdapter,
        streaming::{PartitionStream, StreamingTableExec},
    },
};
use futures::{StreamExt, TryStreamExt, stream};

use super::{From, Warehouse};
use crate::QueryError;

/// A table or a SELECT of a warehouse.
#[derive(Debug)]
pub(crate) struct Leaf {
    warehouse: Arc<dyn Warehouse>,
    from: From,
    schema: SchemaRef,
}

impl Leaf {
    pub(super) fn new(warehouse: Arc<dyn Warehouse>, from: From, schema: SchemaRef) -> Self {
        Self { warehouse, from, schema }
    }

    /// Where it lies.
    pub(crate) fn warehouse(&self) -> &Arc<dyn Warehouse> {
        &self.warehouse
    }

    /// What stands behind FROM, under a quoted name.
    pub(crate) fn named(&self, alias: &str) -> String {
        self.from.named(alias)
    }
}

#[async_trait::async_trait]
impl TableProvider for Leaf {
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
        let statement = self.from.columns(schema.fields().iter().map(|field| field.name().as_str()), limit);
        let part = Part { warehouse: Arc::clone(&self.warehouse), statement, schema: Arc::clone(&schema) };
        Ok(Arc::new(StreamingTableExec::try_new(schema, vec![Arc::new(part)], None, [], false, limit)?))
    }
}

/// The one stream of a leaf. The plan may run it more than once.
struct Part {
    warehouse: Arc<dyn Warehouse>,
    statement: String,
    schema: SchemaRef,
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
        let rows = stream::once(async move { warehouse.open(statement).await.map(|opened| opened.rows) })
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
    let same = |(got, want): (&arrow::datatypes::FieldRef, &arrow::datatypes::FieldRef)| got.data_type() == want.data_type();
    let found = batch.schema();
    if found.fields().len() != wanted.fields().len() {
        return Err(QueryError::Failed { why: "the source gave another number of columns than it had told".into() });
    }
    if let Some((got, _)) = found.fields().iter().zip(wanted.fields()).find(|pair| !same(*pair)) {
        let why = format!("column {} became {} while the query was made; run it again", got.name(), got.data_type());
        return Err(QueryError::Failed { why });
    }
    let columns = batch.columns().to_vec();
    RecordBatch::try_new(Arc::clone(wanted), columns).map_err(|_| QueryError::Failed { why: "a column is not of its type".into() })
}
