//! Questions about a segment that go beyond its size: what each condition leaves, why a record is in or not, how it falls into the
//! values of a field, what several segments have in common.
//!
//! Every number is exact, and every part of an answer is asked by the compiler that runs ask too, so that an explanation cannot differ
//! from what is explained.

mod breakdown;
mod funnel;
mod members;
mod overlap;
mod why;

use datafusion::{
    functions_aggregate::expr_fn::count,
    logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, lit, when},
};
use jiff::{Timestamp, tz::TimeZone};
use sluice_catalog::{
    condition::{Conjunction, Group, Node},
    model::Model,
    size::SizeLimit,
};

pub use breakdown::{Breakdown, Share};
pub use funnel::{Funnel, Stage};
pub use members::{Census, Members};
pub use overlap::{Overlap, Pair, Part};
pub use why::{Matched, Reason, Why};

use crate::{Query, QueryError, Source, Surroundings};

/// The rows of a model, at one frozen present, ready for questions.
#[derive(Debug, Clone)]
pub struct Analysis {
    around: Surroundings,
    source: Source,
    model: Model,
    now: Timestamp,
    zone: TimeZone,
}

impl Analysis {
    /// Of the rows of `model` in `source`, as for [`Query::within`]. Nothing is read yet.
    pub fn new(around: Surroundings, source: Source, model: Model, now: Timestamp, zone: TimeZone) -> Self {
        Self { around, source, model, now, zone }
    }

    async fn query(&self, condition: Option<&Group>, limit: Option<&SizeLimit>) -> Result<Query, QueryError> {
        self.asking(condition, limit, &[]).await
    }

    /// Beside the key, the condition's fields and the limit's, these are there.
    async fn asking(&self, condition: Option<&Group>, limit: Option<&SizeLimit>, more: &[&str]) -> Result<Query, QueryError> {
        let keys = self.model.primary_key.iter().map(String::as_str);
        let fields: Vec<&str> = keys.chain(limit.and_then(SizeLimit::field)).chain(more.iter().copied()).collect();
        let query = Query::asking(&self.around, &self.source, &self.model, condition, &fields, self.now, &self.zone).await?;
        Ok(match limit {
            None => query,
            Some(limit) => query.limited_to(limit),
        })
    }

    /// How many rows satisfy each condition, and how many there are. Conditions about the row alone are counted in one pass.
    async fn counts(&self, groups: &[Group]) -> Result<(Vec<u64>, u64), QueryError> {
        let mut queries = Vec::with_capacity(groups.len());
        for group in groups {
            queries.push(self.query(Some(group), None).await?);
        }
        let alone: Vec<&Group> =
            groups.iter().zip(&queries).filter(|(_, query)| !query.looks_around).map(|(group, _)| group).collect();
        // The helper columns of all of them stand in the rows of one.
        let all = self.query(Some(&joined(alone.into_iter().cloned().map(Node::Group))), None).await?;
        let mut counters = vec![count(lit(1_i64)).alias("rows")];
        for (at, query) in queries.iter().enumerate() {
            if let (false, Some(condition)) = (query.looks_around, &query.condition) {
                let met = when(condition.clone(), lit(1_i64)).end().map_err(|error| all.explain_error(&error))?;
                counters.push(count(met).alias(format!("met_{at}")));
            }
        }
        let plan = LogicalPlanBuilder::from(all.all.clone())
            .aggregate(Vec::<Expr>::new(), counters)
            .and_then(LogicalPlanBuilder::build)
            .map_err(|error| all.explain_error(&error))?;
        let mut together = all.numbers(&plan).await?.0.into_iter();
        let total = together.next().unwrap_or(0);
        let mut counts = Vec::with_capacity(groups.len());
        for query in &queries {
            counts.push(if query.looks_around { query.rows_of(query.filtered()?).await? } else { together.next().unwrap_or(0) });
        }
        Ok((counts, total))
    }
}

impl Query {
    /// How many rows a plan has.
    async fn rows_of(&self, plan: LogicalPlan) -> Result<u64, QueryError> {
        let plan = LogicalPlanBuilder::from(plan)
            .aggregate(Vec::<Expr>::new(), vec![count(lit(1_i64)).alias("rows")])
            .and_then(LogicalPlanBuilder::build)
            .map_err(|error| self.explain_error(&error))?;
        let ([rows], _) = self.counted(&plan).await?;
        Ok(rows)
    }
}

/// All of these hold.
fn joined(children: impl IntoIterator<Item = Node>) -> Group {
    Group { op: Conjunction::And, not: false, children: children.into_iter().collect() }
}
