//! Who is in a segment, as hashes in order: enough to see who came and who went between two looks, and nothing that names a person.

use arrow::array::AsArray;
use datafusion::{
    execution::SendableRecordBatchStream,
    logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, lit},
    physical_plan::execute_stream,
};
use futures::TryStreamExt;
use serde_json::Value;
use sluice_catalog::{condition::Group, size::SizeLimit};

use super::{Analysis, why::key_condition};
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
        let members = self.members(query, seed).await?;
        Ok(Census { size, total, members })
    }

    /// The hash that a record with this key has in [`Analysis::census`]. `key`: a value for each field of the primary key, in its order,
    /// as in a condition. Where no row has it, only keys of text, integers and booleans have one. Errors: [`QueryError::Condition`]
    /// where a value does not fit its field.
    pub async fn member_hash(&self, key: &[Value], seed: &str) -> Result<Option<u128>, QueryError> {
        let query = self.query(Some(&key_condition(&self.model.primary_key, key)), None).await?;
        if let Some(hash) = self.members(query.clone(), seed).await?.next().await?.and_then(|hashes| hashes.first().copied()) {
            return Ok(Some(hash));
        }
        let Some(parts) = key.iter().map(constant).collect::<Option<Vec<_>>>() else { return Ok(None) };
        let plan = LogicalPlanBuilder::empty(true)
            .project([compile::hashed(seed, &parts).alias(MEMBER)])
            .and_then(LogicalPlanBuilder::build)
            .map_err(|error| query.explain_error(&error))?;
        let mut members = Members::of(query, &plan).await?;
        Ok(members.next().await?.and_then(|hashes| hashes.first().copied()))
    }

    async fn members(&self, query: Query, seed: &str) -> Result<Members, QueryError> {
        let sorted = hashes(query.filtered()?, &self.model.primary_key, seed).map_err(|error| query.explain_error(&error))?;
        Members::of(query, &sorted).await
    }
}

/// A part of a key as its text is the same in every engine.
fn constant(value: &Value) -> Option<Expr> {
    match value {
        Value::String(text) => Some(lit(text.as_str())),
        Value::Number(number) => number.as_i64().map(lit),
        Value::Bool(value) => Some(lit(*value)),
        _ => None,
    }
}

impl Members {
    async fn of(query: Query, plan: &LogicalPlan) -> Result<Self, QueryError> {
        let physical = query.physical(plan).await?;
        let stream = execute_stream(physical, query.session.task_ctx()).map_err(|error| query.explain_error(&error))?;
        Ok(Self { query, stream })
    }

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
