//! Whether a relationship finds what its kind promises: for how many rows no row of the other model is there, and for how many several
//! (features 3.8).
//!
//! One pass over each model, in one plan: the other side is grouped by its joined fields, so nothing is multiplied.

use std::collections::BTreeSet;

use datafusion::{
    common::{Column, JoinType},
    functions_aggregate::expr_fn::count,
    logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, lit, when},
};
use jiff::{Timestamp, tz::TimeZone};
use sluice_catalog::{
    Code, Problem,
    condition::{At, Checked, Hop, Quantity, Reach},
    model::Model,
    relationship::{Relationship, RelationshipKind},
};

use crate::{Query, QueryError, Source, Surroundings, calculated::Models, error::classify};

/// What the rows of a model find over a relationship.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct MatchReport {
    /// Rows of the model.
    pub rows: u64,
    /// Rows of which a joined field is null: they find nothing.
    pub without_key: u64,
    /// Rows that find exactly one row.
    pub once: u64,
    /// Rows with a key that find none.
    pub unmatched: u64,
    /// Rows that find more than one.
    pub several: u64,
}

impl MatchReport {
    /// `once` and `several` of the rows with a key, in per cent; 100 without rows.
    pub fn matched_percent(&self) -> f64 {
        let keyed = self.rows - self.without_key;
        if keyed == 0 { 100.0 } else { (self.once + self.several) as f64 / keyed as f64 * 100.0 }
    }

    /// What the kind promises and the rows do not keep; a warning each, with pointers relative to the relationship.
    pub fn warnings(&self, relationship: &Relationship) -> Vec<Problem> {
        let one = matches!(relationship.kind, RelationshipKind::BelongsTo | RelationshipKind::HasOne);
        if !one || self.several == 0 {
            return Vec::new();
        }
        let promise = if relationship.kind == RelationshipKind::HasOne { "has one" } else { "belongs to one" };
        let cause = format!(
            "A row {promise} over {}, but {} of {} rows find several; each of these counts.",
            relationship.name, self.several, self.rows
        );
        vec![Problem::new("/kind", Code::RelationshipInvalid, cause)]
    }
}

const KEYED: &str = "__keyed";
const FOUND: &str = "__found";

impl Query {
    /// Measures a relationship of `model`, a valid one whose other model is around.
    pub async fn matches(
        around: &Surroundings,
        source: &Source,
        model: &Model,
        relationship: &Relationship,
        now: Timestamp,
        zone: &TimeZone,
    ) -> Result<MatchReport, QueryError> {
        let (_, other) = around.of(relationship.model)?;
        let on = relationship.joins(model, other).map_err(QueryError::Condition)?;
        // The joined fields are those of a condition on related rows, so calculated ones come along.
        let hop = Hop { model: relationship.model, on: on.clone() };
        let always = Checked::All(Vec::new());
        let reach = Reach { hops: vec![hop], condition: always, parents: Vec::new(), quantity: Quantity::Any };
        let reach = Checked::Reach(Box::new(reach));
        let at = At::new(now, zone);
        let wanted: BTreeSet<usize> = on.iter().map(|(here, _)| *here).collect();
        let models = Box::pin(Models::open(around, source, model, Some(&reach), wanted.clone(), &at, now)).await?;
        let mut others = models.others(None, &reach)?.models;
        let right =
            others.remove(&relationship.model).ok_or_else(|| QueryError::Failed { why: "a model was not opened".into() })?;
        let plan = counted(models.record(wanted)?, right, &on, model, other).map_err(|error| classify(&error, &models.tables))?;
        // An answer of counts alone: a query over the model's rows carries it.
        let carrier =
            Self::asking(&Surroundings::default(), source, &model.without_calculated(), None, &[""; 0], now, zone).await?;
        let ([rows, keyed, matched, several], _) = carrier.counted::<4>(&plan).await?;
        Ok(MatchReport { rows, without_key: rows - keyed, once: matched - several, unmatched: keyed - matched, several })
    }
}

/// Rows, rows with a key, rows that find one or more, rows that find several.
fn counted(
    left: LogicalPlan,
    right: LogicalPlan,
    on: &[(usize, usize)],
    model: &Model,
    other: &Model,
) -> datafusion::common::Result<LogicalPlan> {
    let column = |name: &str| Expr::Column(Column::new_unqualified(name));
    let qualified = |table: &str, name: String| Expr::Column(Column::new(Some(table), name));
    let key = |at: usize| format!("__key_{at}");
    let all = |parts: Vec<Expr>| parts.into_iter().reduce(Expr::and).unwrap_or_else(|| lit(true));
    let here: Vec<Expr> = on.iter().map(|(here, _)| column(&model.fields[*here].id)).collect();
    let there: Vec<Expr> = on.iter().map(|(_, there)| column(&other.fields[*there].id)).collect();
    let keyed = all(here.iter().cloned().map(Expr::is_not_null).collect());
    let left = LogicalPlanBuilder::from(left)
        .project(here.into_iter().enumerate().map(|(at, part)| part.alias(key(at))).chain([keyed.alias(KEYED)]))?
        .alias("here")?
        .build()?;
    let found = LogicalPlanBuilder::from(right)
        .filter(all(there.iter().cloned().map(Expr::is_not_null).collect()))?
        .aggregate(there, vec![count(lit(1_i64)).alias(FOUND)])?
        .build()?;
    let columns: Vec<Expr> = found.schema().columns().into_iter().map(Expr::Column).collect();
    let names = (0..on.len()).map(key).chain([FOUND.to_owned()]);
    let right = LogicalPlanBuilder::from(found)
        .project(columns.into_iter().zip(names).map(|(column, name)| column.alias(name)))?
        .alias("there")?
        .build()?;
    let equal = (0..on.len()).map(|at| qualified("here", key(at)).eq(qualified("there", key(at))));
    let marked = |condition: Expr| -> datafusion::common::Result<Expr> { Ok(count(when(condition, lit(1_i64)).end()?)) };
    let results = vec![
        count(lit(1_i64)).alias("rows"),
        marked(column(KEYED))?.alias("keyed"),
        marked(column(FOUND).is_not_null())?.alias("matched"),
        marked(column(FOUND).gt(lit(1_i64)))?.alias("several"),
    ];
    LogicalPlanBuilder::from(left).join_on(right, JoinType::Left, equal)?.aggregate(Vec::<Expr>::new(), results)?.build()
}
