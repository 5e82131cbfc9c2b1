//! Whether the primary key names one row each: the duplicate and null key check of features 3.6.
//!
//! unique percentage = count(distinct key) / count(key) × 100; rows in which a part of the key is null have no key and are counted
//! apart. The thresholds are decided in whole numbers, so that exactly five per cent is too high.

use arrow::{array::AsArray, datatypes::Int64Type};
use datafusion::{
    common::Column,
    functions_aggregate::expr_fn::{count, sum},
    logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, lit, when},
};
use futures::TryStreamExt;
use serde_json::Value;
use sluice_catalog::{Code, Problem, model::Field, types::DataType};

use crate::{
    Query, QueryError,
    limits::{BAD_KEY_PERCENT, KEY_SAMPLES_MAX},
    preview::shown,
};

/// What the check found.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct KeyReport {
    /// Rows of the model.
    pub rows: u64,
    /// Rows in which a part of the key is null.
    pub null_keys: u64,
    /// Rows with a key.
    pub keyed: u64,
    /// Different keys.
    pub distinct: u64,
    /// `distinct` / `keyed` × 100; 100 without rows.
    pub unique_percent: f64,
    /// The worst duplicated keys, at most 20.
    pub samples: Vec<KeySample>,
    /// What follows for saving the model.
    pub verdict: Verdict,
}

/// A key that several rows have.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct KeySample {
    /// Its parts, in key order; personal data is masked.
    pub key: Vec<Value>,
    /// How many rows have it.
    pub rows: u64,
}

/// What follows from a key report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Every row has a key of its own.
    Unique,
    /// Some rows will be invalid; saving is allowed, with a warning.
    Warning,
    /// Five per cent or more: saving is refused, and a run fails.
    Refused,
}

impl KeyReport {
    /// Duplicated and null keys as problems of the model's primary key: what refuses it, or what to warn of.
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let duplicates = self.keyed - self.distinct;
        if duplicates > 0 {
            let cause = format!(
                "{} of {} keys are different: {:.2} % are unique, and more than {} % must be.",
                self.distinct,
                self.keyed,
                self.unique_percent,
                100 - BAD_KEY_PERCENT
            );
            problems.push(Problem::new("/primary_key", Code::DuplicateKeys, cause));
        }
        if self.null_keys > 0 {
            let cause =
                format!("{} of {} rows have no key; less than {BAD_KEY_PERCENT} % may have none.", self.null_keys, self.rows);
            problems.push(Problem::new("/primary_key", Code::NullKeys, cause));
        }
        problems
    }

    fn new(rows: u64, keyed: u64, distinct: u64, samples: Vec<KeySample>) -> Self {
        let null_keys = rows - keyed;
        let too_many = |bad: u64, of: u64| bad > 0 && u128::from(bad) * 100 >= u128::from(of) * u128::from(BAD_KEY_PERCENT);
        let duplicates = keyed - distinct;
        let verdict = if too_many(duplicates, keyed) || too_many(null_keys, rows) {
            Verdict::Refused
        } else if duplicates + null_keys > 0 {
            Verdict::Warning
        } else {
            Verdict::Unique
        };
        let unique_percent = if keyed == 0 { 100.0 } else { distinct as f64 / keyed as f64 * 100.0 };
        Self { rows, null_keys, keyed, distinct, unique_percent, samples, verdict }
    }
}

const PER_KEY: &str = "__rows";

impl Query {
    /// Checks the key over the rows of the query, in two passes over the source (one when every key is unique).
    pub async fn keys(&self) -> Result<KeyReport, QueryError> {
        let fields: Vec<&Field> = self.model.key_fields().collect();
        let per_key = Expr::Column(Column::new_unqualified(PER_KEY));
        let keyed = fields.iter().map(|field| part(field).is_not_null()).reduce(Expr::and).unwrap_or_else(|| lit(true));
        let built = || -> datafusion::common::Result<(LogicalPlan, LogicalPlan, LogicalPlan)> {
            let all = LogicalPlanBuilder::from(
                self.filtered().map_err(|error| datafusion::error::DataFusionError::External(Box::new(error)))?,
            )
            .project(fields.iter().map(|field| part(field)))?
            .build()?;
            let marked = when(keyed.clone(), lit(1_i64)).end()?;
            let rows = LogicalPlanBuilder::from(all.clone())
                .aggregate(Vec::<Expr>::new(), vec![count(lit(1_i64)).alias("rows"), count(marked).alias("keyed")])?
                .build()?;
            let groups = LogicalPlanBuilder::from(all)
                .filter(keyed.clone())?
                .aggregate(fields.iter().map(|field| part(field)), vec![count(lit(1_i64)).alias(PER_KEY)])?
                .build()?;
            let distinct = LogicalPlanBuilder::from(groups.clone())
                .aggregate(Vec::<Expr>::new(), vec![count(lit(1_i64)).alias("distinct"), sum(per_key.clone()).alias("keyed")])?
                .build()?;
            let mut order = vec![per_key.clone().sort(false, false)];
            order.extend(fields.iter().map(|field| part(field).sort(true, false)));
            let worst = LogicalPlanBuilder::from(groups)
                .filter(per_key.clone().gt(lit(1_i64)))?
                .sort_with_limit(order, Some(KEY_SAMPLES_MAX))?
                .build()?;
            Ok((rows, distinct, worst))
        };
        let (rows, distinct, worst) = built().map_err(|error| self.explain_error(&error))?;
        let ([rows, keyed], _) = self.counted(&rows).await?;
        let ([distinct, _], _) = self.counted(&distinct).await?;
        let samples = if distinct < keyed { self.worst(&worst, &fields).await? } else { Vec::new() };
        Ok(KeyReport::new(rows, keyed, distinct.min(keyed), samples))
    }

    async fn worst(&self, plan: &LogicalPlan, fields: &[&Field]) -> Result<Vec<KeySample>, QueryError> {
        let rows = Field::plain(PER_KEY, DataType::Integer);
        let columns: Vec<&Field> = fields.iter().copied().chain([&rows]).collect();
        let mut stream = self.run(plan, &columns, (0..columns.len()).collect()).await?;
        let mut samples = Vec::new();
        while let Some(batch) = stream.try_next().await? {
            for row in 0..batch.num_rows() {
                let key = fields.iter().enumerate().map(|(at, field)| shown(batch.column(at), row, field)).collect();
                let rows = batch.column(fields.len()).as_primitive::<Int64Type>().value(row);
                samples.push(KeySample { key, rows: u64::try_from(rows).unwrap_or(0) });
            }
        }
        Ok(samples)
    }
}

fn part(field: &Field) -> Expr {
    Expr::Column(Column::new_unqualified(&field.id))
}
