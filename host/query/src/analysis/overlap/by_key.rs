//! Combinations counted by lists: the distinct keys of each segment are joined to the model's rows from the left, and one group counts
//! the combinations. Right whatever the keys are, and asked of a database as one statement.

use arrow::{array::AsArray, datatypes::Int64Type};
use datafusion::{
    common::{Column, JoinType},
    functions_aggregate::expr_fn::count,
    logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, lit, when},
    physical_plan::collect,
};
use sluice_catalog::segment::Segment;

use super::{Analysis, Counts};
use crate::{
    Query, QueryError,
    compile::{column_named, keyed},
};

const MASK: &str = "__inside";

impl Analysis {
    pub(super) async fn counted_by_key(&self, segments: &[Segment]) -> Result<Counts, QueryError> {
        let base = self.query(None, None).await?;
        let keys = &self.model.primary_key;
        let mut plan = LogicalPlanBuilder::from(base.all.clone())
            .project(keys.iter().map(column_named))
            .and_then(LogicalPlanBuilder::build)
            .map_err(|error| base.explain_error(&error))?;
        let mut inside = Vec::with_capacity(segments.len());
        for (at, segment) in segments.iter().enumerate() {
            let members = self.query(Some(&segment.condition.root), segment.limit.as_ref()).await?;
            let listed = listed(&members, keys, at)?;
            let equal = keys.iter().enumerate().map(|(part, id)| {
                let own = Expr::Column(Column::new(Some("model"), id));
                own.eq(Expr::Column(Column::new(Some(name(at)), key(at, part))))
            });
            plan = LogicalPlanBuilder::from(plan)
                .join_on(listed, JoinType::Left, equal)
                .and_then(LogicalPlanBuilder::build)
                .map_err(|error| base.explain_error(&error))?;
            inside.push(column_named(key(at, 0)));
        }
        let counted = counted(plan, &inside).map_err(|error| base.explain_error(&error))?;
        let physical = base.physical(&counted).await?;
        let batches = collect(physical, base.session.task_ctx()).await.map_err(|error| base.explain_error(&error))?;
        let mut rows = Counts::new();
        for batch in &batches {
            let [masks, counts] = [0, 1].map(|at| batch.column(at).as_primitive_opt::<Int64Type>());
            let (Some(masks), Some(counts)) = (masks, counts) else {
                return Err(QueryError::Failed { why: "the engine gave no counts".into() });
            };
            for (mask, count) in masks.values().iter().zip(counts.values()) {
                if let (Ok(mask), Ok(count)) = (u32::try_from(*mask), u64::try_from(*count)) {
                    *rows.entry(mask).or_default() += count;
                }
            }
        }
        Ok(rows)
    }
}

fn name(segment: usize) -> String {
    format!("s{segment}")
}

fn key(segment: usize, part: usize) -> String {
    format!("__key_{segment}_{part}")
}

/// The keys of the members, each once.
fn listed(members: &Query, keys: &[String], at: usize) -> Result<LogicalPlan, QueryError> {
    let own: Vec<Expr> = keys.iter().map(column_named).collect();
    let columns = own.iter().enumerate().map(|(part, id)| id.clone().alias(key(at, part)));
    LogicalPlanBuilder::from(members.filtered()?)
        .filter(keyed(&own))
        .and_then(|plan| plan.project(columns)?.distinct()?.alias(name(at))?.build())
        .map_err(|error| members.explain_error(&error))
}

/// Rows per combination.
fn counted(plan: LogicalPlan, inside: &[Expr]) -> datafusion::common::Result<LogicalPlan> {
    let mut mask = lit(0_i64);
    for (at, key) in inside.iter().enumerate() {
        mask = mask + when(key.clone().is_not_null(), lit(1_i64 << at)).otherwise(lit(0_i64))?;
    }
    LogicalPlanBuilder::from(plan)
        .project(vec![mask.alias(MASK)])?
        .aggregate(vec![column_named(MASK)], vec![count(lit(1_i64)).alias("rows")])?
        .build()
}
