//! Lists of members that are kept as hashes of primary keys: what a remote segment is evaluated by (features 5.10).
//!
//! A list is read block by block whenever a query asks for it, and is one column of a plan, beside which the engine looks the hashes of
//! the rows' keys up. It lies in no source, so whatever asks for it is evaluated in process.

use std::{fmt, io, sync::Arc};

use arrow::{
    array::{ArrayRef, RecordBatch, StringArray},
    datatypes::{DataType, Field, Schema, SchemaRef},
};
use datafusion::{
    catalog::streaming::StreamingTable,
    common::DataFusionError,
    datasource::provider_as_source,
    execution::{SendableRecordBatchStream, TaskContext},
    logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, cast},
    physical_plan::{execute_stream, stream::RecordBatchStreamAdapter, streaming::PartitionStream},
};
use futures::TryStreamExt;

use crate::{Query, QueryError, compile};

/// Blocks of hashes, in any order.
pub type Blocks = Box<dyn Iterator<Item = io::Result<Vec<u128>>> + Send>;

/// Hashes that lie somewhere.
pub trait Hashes: fmt::Debug + Send + Sync {
    /// Opens them for one reading. Errors fail the query: a list of which a part is missing is no list.
    fn read(&self) -> io::Result<Blocks>;
}

/// A list of members.
#[derive(Debug, Clone)]
pub struct List {
    /// What is mixed into every hash ([`crate::Analysis::census`] has the same).
    pub seed: String,
    /// The hashes.
    pub hashes: Arc<dyn Hashes>,
}

/// The name of the column of hashes, as 32 hexadecimal digits.
pub(crate) const MEMBER: &str = "__member";

impl List {
    /// The hashes as rows.
    pub(crate) fn plan(&self) -> datafusion::common::Result<LogicalPlan> {
        let schema = Arc::new(Schema::new(vec![Field::new(MEMBER, DataType::Utf8, false)]));
        let part = Part { hashes: Arc::clone(&self.hashes), schema: Arc::clone(&schema) };
        let table = StreamingTable::try_new(schema, vec![Arc::new(part)])?;
        LogicalPlanBuilder::scan("list", provider_as_source(Arc::new(table)), None)?.build()
    }
}

/// Rows of a model with the hashes of their keys.
pub struct Identified {
    query: Query,
    stream: SendableRecordBatchStream,
}

impl fmt::Debug for Identified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identified").finish_non_exhaustive()
    }
}

impl Query {
    /// The rows that have a key: its hash, as a list with this seed has it, and `fields` as texts, all of them columns of UTF-8. Errors:
    /// [`QueryError::FieldUnknown`].
    pub async fn identified<S: AsRef<str>>(&self, seed: &str, fields: &[S]) -> Result<Identified, QueryError> {
        let keys: Vec<Expr> = self.model.primary_key.iter().map(compile::column_named).collect();
        let mut columns = vec![compile::hashed(seed, &keys).alias(MEMBER)];
        for (at, field) in fields.iter().enumerate() {
            let field = crate::query::known(&self.model, field.as_ref())?;
            columns.push(cast(compile::column_named(&field.id), DataType::Utf8).alias(format!("__field_{at}")));
        }
        let plan = LogicalPlanBuilder::from(self.filtered()?)
            .filter(compile::keyed(&keys))
            .and_then(|plan| plan.project(columns))
            .and_then(LogicalPlanBuilder::build)
            .map_err(|error| self.explain_error(&error))?;
        let physical = self.physical(&plan).await?;
        let stream = execute_stream(physical, self.session.task_ctx()).map_err(|error| self.explain_error(&error))?;
        Ok(Identified { query: self.clone(), stream })
    }
}

impl Identified {
    /// The next rows; none at the end.
    pub async fn next(&mut self) -> Result<Option<RecordBatch>, QueryError> {
        self.stream.try_next().await.map_err(|error| self.query.explain_error(&error))
    }
}

#[derive(Debug)]
struct Part {
    hashes: Arc<dyn Hashes>,
    schema: SchemaRef,
}

impl PartitionStream for Part {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        let schema = Arc::clone(&self.schema);
        let batches: Box<dyn Iterator<Item = datafusion::common::Result<RecordBatch>> + Send> = match self.hashes.read() {
            Err(error) => Box::new(std::iter::once(Err(error.into()))),
            Ok(blocks) => Box::new(blocks.map(move |block| {
                let texts: ArrayRef = Arc::new(StringArray::from_iter_values(block?.iter().map(|hash| format!("{hash:032x}"))));
                RecordBatch::try_new(Arc::clone(&schema), vec![texts]).map_err(DataFusionError::from)
            })),
        };
        Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), futures::stream::iter(batches)))
    }
}
