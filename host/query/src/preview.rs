//! Previews: exact count and share, and a few rows as JSON with personal data masked.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use arrow::{
    array::{Array, ArrayRef, AsArray, RecordBatch},
    datatypes::{Date32Type, Decimal128Type, Float64Type, Int64Type, TimestampMicrosecondType},
};
use datafusion::{
    functions_aggregate::expr_fn::count,
    logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, lit, when},
    physical_plan::collect,
};
use futures::TryStreamExt;
use jiff::{SignedDuration, Timestamp, civil::Date};
use serde_json::{Map, Value};
use sluice_catalog::{model::Field, types::DataType};

use crate::{Evaluation, Query, QueryError, limits::SAMPLE_ROWS_MAX, push::bytes_read};

/// What a person sees of a query before it is used.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Preview {
    /// Rows that satisfy the condition; exact.
    pub count: u64,
    /// Rows of the model; exact.
    pub total: u64,
    /// `count` / `total`, from 0 to 1; 0 of an empty model.
    pub share: f64,
    /// Some rows: field id to value, in the order of the model's fields. Hidden fields are left out, personal data is masked.
    pub sample: Vec<Map<String, Value>>,
    /// Where all this was evaluated, and by which statements.
    pub evaluation: Evaluation,
    /// How long it took.
    #[serde(serialize_with = "milliseconds")]
    pub took: Duration,
}

fn milliseconds<S: serde::Serializer>(took: &Duration, s: S) -> Result<S::Ok, S::Error> {
    s.serialize_u64(u64::try_from(took.as_millis()).unwrap_or(u64::MAX))
}

impl Query {
    /// Counts, and at most `sample` rows (20 are usual, [`SAMPLE_ROWS_MAX`] the most). Dropping the future cancels it.
    pub async fn preview(&self, sample: usize) -> Result<Preview, QueryError> {
        let start = Instant::now();
        let ((count, total), evaluation) = self.counts().await?;
        let shown: Vec<&Field> = self.model.fields.iter().filter(|field| !field.hidden).collect();
        let ids: Vec<&str> = shown.iter().map(|field| field.id.as_str()).collect();
        let keys = self.model.primary_key.len();
        let mut rows = self.select(&ids)?.limited(Some(sample.min(SAMPLE_ROWS_MAX))).await?;
        let mut sample = Vec::new();
        while let Some(batch) = rows.try_next().await? {
            sample.extend((0..batch.num_rows()).map(|row| object(&batch, row, &shown, keys)));
        }
        let evaluation = evaluation.and(rows.evaluation());
        let share = if total == 0 { 0.0 } else { count as f64 / total as f64 };
        Ok(Preview { count, total, share, sample, evaluation, took: start.elapsed() })
    }

    /// Rows that satisfy the condition, and rows of the model; in one pass where the condition is about the row alone.
    pub(crate) async fn counts(&self) -> Result<((u64, u64), Evaluation), QueryError> {
        if self.looks_around {
            let rows = |plan| LogicalPlanBuilder::from(plan).aggregate(Vec::<Expr>::new(), vec![count(lit(1_i64)).alias("rows")]);
            let (met, all) = (rows(self.filtered()?), rows(self.all.clone()));
            let built = |builder: datafusion::common::Result<LogicalPlanBuilder>| {
                builder.and_then(LogicalPlanBuilder::build).map_err(|error| self.explain_error(&error))
            };
            let ([met], evaluation) = self.counted(&built(met)?).await?;
            let ([all], also) = self.counted(&built(all)?).await?;
            return Ok(((met, all), evaluation.and(also)));
        }
        let met = match &self.condition {
            None => count(lit(1_i64)),
            Some(condition) => count(when(condition.clone(), lit(1_i64)).end().map_err(|error| self.explain_error(&error))?),
        };
        let plan = LogicalPlanBuilder::from(self.all.clone())
            .aggregate(Vec::<Expr>::new(), vec![met.alias("met"), count(lit(1_i64)).alias("rows")])
            .and_then(LogicalPlanBuilder::build)
            .map_err(|error| self.explain_error(&error))?;
        let ([met, rows], evaluation) = self.counted(&plan).await?;
        Ok(((met, rows), evaluation))
    }

    /// The one row of a plan of counts.
    pub(crate) async fn counted<const N: usize>(&self, plan: &LogicalPlan) -> Result<([u64; N], Evaluation), QueryError> {
        let (numbers, evaluation) = self.numbers(plan).await?;
        let numbers = <[u64; N]>::try_from(numbers).map_err(|_| no_count())?;
        Ok((numbers, evaluation))
    }

    /// The same, of a plan with any number of columns.
    pub(crate) async fn numbers(&self, plan: &LogicalPlan) -> Result<(Vec<u64>, Evaluation), QueryError> {
        let (physical, mut evaluation) = self.planned(plan).await?;
        let asked = collect(Arc::clone(&physical), self.session.task_ctx()).await;
        let batches = asked.map_err(|error| self.explain_error(&error))?;
        evaluation.bytes_read = bytes_read(physical.as_ref());
        let row = batches.iter().find(|batch| batch.num_rows() == 1).ok_or_else(no_count)?;
        // A sum over no groups is null, and means none.
        let number = |column: &ArrayRef| u64::try_from(column.as_primitive_opt::<Int64Type>()?.iter().next()?.unwrap_or(0)).ok();
        let numbers = row.columns().iter().map(number).collect::<Option<Vec<_>>>().ok_or_else(no_count)?;
        Ok((numbers, evaluation))
    }
}

fn no_count() -> QueryError {
    QueryError::Failed { why: "the engine gave no count".into() }
}

pub(crate) fn object(batch: &RecordBatch, row: usize, fields: &[&Field], skip: usize) -> Map<String, Value> {
    let cell = |(at, field): (usize, &&Field)| (field.id.clone(), shown(batch.column(skip + at), row, field));
    fields.iter().enumerate().map(cell).collect()
}

/// A cell as JSON; of personal data its mask.
pub(crate) fn shown(array: &ArrayRef, row: usize, field: &Field) -> Value {
    field.shown(bare(array, row, field))
}

/// A cell as JSON, unmasked: for fingerprints and comparisons, never for people.
pub(crate) fn bare(array: &ArrayRef, row: usize, field: &Field) -> Value {
    if array.is_null(row) {
        return Value::Null;
    }
    match field.ty {
        DataType::Boolean => array.as_boolean().value(row).into(),
        DataType::Integer => array.as_primitive::<Int64Type>().value(row).into(),
        DataType::Decimal { .. } => array.as_primitive::<Decimal128Type>().value_as_string(row).into(),
        DataType::Float => array.as_primitive::<Float64Type>().value(row).into(),
        DataType::String => array.as_string::<i32>().value(row).into(),
        DataType::Json | DataType::Array => {
            let text = array.as_string::<i32>().value(row);
            serde_json::from_str(text).unwrap_or_else(|_| text.into())
        }
        DataType::Date => day(array.as_primitive::<Date32Type>().value(row)).into(),
        DataType::Timestamp => {
            let micros = array.as_primitive::<TimestampMicrosecondType>().value(row);
            Timestamp::from_microsecond(micros).map_or_else(|_| format!("{micros} µs"), |at| at.to_string()).into()
        }
    }
}

fn day(days: i32) -> String {
    let epoch = Date::constant(1970, 1, 1);
    let day = epoch.checked_add(SignedDuration::from_hours(24 * i64::from(days)));
    day.map_or_else(|_| format!("day {days}"), |day| day.to_string())
}
