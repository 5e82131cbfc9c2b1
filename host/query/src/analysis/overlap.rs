//! Overlap: which rows of a model are in which of several segments, as counts of every combination.
//!
//! A row is in a segment when its primary key is that of a member, as in a membership condition; so a part has exactly the rows of the
//! segment that [`sluice_catalog::segment::Segment::of_part`] makes of it. Rows without a key are in none. The distinct keys of each
//! segment are joined to the model's rows from the left, and one group counts the combinations.

use arrow::{array::AsArray, datatypes::Int64Type};
use datafusion::{
    common::{Column, JoinType},
    functions_aggregate::expr_fn::count,
    logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, lit, when},
    physical_plan::collect,
};
use sluice_catalog::segment::Segment;

use super::Analysis;
use crate::{Query, QueryError, compile::column_named};

/// How several segments lie to each other.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Overlap {
    /// Rows of the model.
    pub total: u64,
    /// Rows in each segment, in the order given.
    pub sizes: Vec<u64>,
    /// Every combination that has rows, the largest first.
    pub parts: Vec<Part>,
    /// Every two segments.
    pub pairs: Vec<Pair>,
}

/// Rows that are in some of the segments and not in the others.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Part {
    /// Per segment, whether the rows are in it.
    pub inside: Vec<bool>,
    /// How many; exact.
    pub rows: u64,
}

/// Two segments beside each other.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Pair {
    /// Positions of the two.
    pub of: [usize; 2],
    /// Rows in both.
    pub both: u64,
    /// `both` of the first, and of the second, from 0 to 1; 0 of an empty one.
    pub shares: [f64; 2],
    /// `both` of all rows that are in one of them, from 0 to 1 (Jaccard index); 0 where both are empty.
    pub jaccard: f64,
}

const MASK: &str = "__inside";

impl Analysis {
    /// The overlap of valid segments of the model. Errors: none of its own.
    pub async fn overlap(&self, segments: &[Segment]) -> Result<Overlap, QueryError> {
        let base = self.query(None, None).await?;
        let keys = &self.model.primary_key;
        let mut plan = LogicalPlanBuilder::from(base.all.clone())
            .project(keys.iter().map(column_named))
            .and_then(LogicalPlanBuilder::build)
            .map_err(|error| base.explain_error(&error))?;
        let mut inside = Vec::with_capacity(segments.len());
        for (at, segment) in segments.iter().enumerate() {
            let members = self.query(Some(&segment.condition.root), segment.limit.as_ref()).await?;
            let listed = listed(&members, keys, at).map_err(|error| members.explain_error(&error))?;
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
        let mut rows = vec![0_u64; 1 << segments.len()];
        for batch in &batches {
            let [masks, counts] = [0, 1].map(|at| batch.column(at).as_primitive_opt::<Int64Type>());
            let (Some(masks), Some(counts)) = (masks, counts) else {
                return Err(QueryError::Failed { why: "the engine gave no counts".into() });
            };
            for (mask, count) in masks.values().iter().zip(counts.values()) {
                if let Some(place) = usize::try_from(*mask).ok().and_then(|mask| rows.get_mut(mask)) {
                    *place += u64::try_from(*count).unwrap_or(0);
                }
            }
        }
        Ok(overlap(&rows, segments.len()))
    }
}

fn name(segment: usize) -> String {
    format!("s{segment}")
}

fn key(segment: usize, part: usize) -> String {
    format!("__key_{segment}_{part}")
}

/// The keys of the members, each once.
fn listed(members: &Query, keys: &[String], at: usize) -> datafusion::common::Result<LogicalPlan> {
    let filtered = members.filtered().map_err(|error| datafusion::error::DataFusionError::External(Box::new(error)))?;
    let keyed = keys.iter().map(|id| column_named(id).is_not_null()).reduce(Expr::and).unwrap_or_else(|| lit(true));
    let columns = keys.iter().enumerate().map(|(part, id)| column_named(id).alias(key(at, part)));
    LogicalPlanBuilder::from(filtered).filter(keyed)?.project(columns)?.distinct()?.alias(name(at))?.build()
}

/// Rows per combination: bit i is set where the row is in segment i.
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

fn overlap(rows: &[u64], segments: usize) -> Overlap {
    let with =
        |wanted: usize| -> u64 { rows.iter().enumerate().filter(|(mask, _)| mask & wanted == wanted).map(|(_, rows)| rows).sum() };
    let sizes: Vec<u64> = (0..segments).map(|at| with(1 << at)).collect();
    let mut parts: Vec<Part> = rows
        .iter()
        .enumerate()
        .filter(|(_, rows)| **rows > 0)
        .map(|(mask, rows)| Part { inside: (0..segments).map(|at| mask & (1 << at) != 0).collect(), rows: *rows })
        .collect();
    parts.sort_by(|a, b| b.rows.cmp(&a.rows).then_with(|| b.inside.cmp(&a.inside)));
    let share = |part: u64, of: u64| if of == 0 { 0.0 } else { part as f64 / of as f64 };
    let mut pairs = Vec::new();
    for first in 0..segments {
        for second in first + 1..segments {
            let both = with((1 << first) | (1 << second));
            let shares = [share(both, sizes[first]), share(both, sizes[second])];
            let jaccard = share(both, sizes[first] + sizes[second] - both);
            pairs.push(Pair { of: [first, second], both, shares, jaccard });
        }
    }
    Overlap { total: rows.iter().sum(), sizes, parts, pairs }
}
