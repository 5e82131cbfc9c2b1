//! Who is in a segment, as hashes in order: enough to see who came and who went between two looks, and nothing that names a person.

use arrow::array::AsArray;
use datafusion::{
    execution::SendableRecordBatchStream,
    logical_expr::{LogicalPlan, LogicalPlanBuilder},
    physical_plan::execute_stream,
};
use futures::TryStreamExt;
use sluice_catalog::{condition::Group, size::SizeLimit};

use super::Analysis;
use crate::{Query, QueryError, compile, lists::MEMBER};

/// Hashes of 128 bits of the primary keys of members, each once, the smallest first.
pub struct Members {
    query: Query,
    stream: SendableRecordBatchStream,
}

impl std::fmt::Debug for Members {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Members").finish_non_exhaustive()
    }
}

/// A segment with the sizes that belong to its members.
#[derive(Debug)]
pub struct Census {
    /// Rows in the segment.
    pub size: u64,
    /// Rows of the model.
    pub total: u64,
    /// Its members.
    pub members: Members,
}

impl Analysis {
    /// How large a segment is and who is in it. `seed` is mixed into every hash. Rows without a key are counted and are no members. The
    /// sort spills, so that memory does not grow with the segment.
    pub async fn census(&self, condition: &Group, limit: Option<&SizeLimit>, seed: &str) -> Result<Census, QueryError> {
        let query = self.query(Some(condition), limit).await?;
        let ((size, total), _) = query.counts().await?;
        let plan = query.filtered()?;
        let sorted = hashes(plan, &self.model.primary_key, seed).map_err(|error| query.explain_error(&error))?;
        let physical = query.physical(&sorted).await?;
        let stream = execute_stream(physical, query.session.task_ctx()).map_err(|error| query.explain_error(&error))?;
        Ok(Census { size, total, members: Members { query, stream } })
    }
}

impl Members {
    /// The next hashes; none at the end.
    pub async fn next(&mut self) -> Result<Option<Vec<u128>>, QueryError> {
        let Some(batch) = self.stream.try_next().await.map_err(|error| self.query.explain_error(&error))? else { return Ok(None) };
        let surprise = || QueryError::Failed { why: "the engine gave no hashes".into() };
        let texts = batch.column(0).as_string_opt::<i32>().ok_or_else(surprise)?;
        let hash = |text: Option<&str>| u128::from_str_radix(text?, 16).ok();
        texts.iter().map(|text| hash(text).ok_or_else(surprise)).collect::<Result<_, _>>().map(Some)
    }
}

fn hashes(plan: LogicalPlan, keys: &[String], seed: &str) -> datafusion::common::Result<LogicalPlan> {
    let keys: Vec<_> = keys.iter().map(compile::column_named).collect();
    let hash = compile::hashed(seed, &keys).alias(MEMBER);
    LogicalPlanBuilder::from(plan)
        .filter(compile::keyed(&keys))?
        .project([hash])?
        .distinct()?
        .sort([compile::column_named(MEMBER).sort(true, false)])?
        .build()
}
