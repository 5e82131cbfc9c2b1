//! Breakdowns: how the rows of a segment fall into the values of categorical fields, beside the rows of the whole model.
//!
//! Exact, whatever the primary key is worth: rows are counted, not keys. All fields of one question are read in one pass over the
//! segment, and one over the model where it is compared.

use std::collections::HashMap;

use arrow::{
    array::{Array, AsArray, RecordBatch},
    datatypes::{Int64Type, UInt8Type, UInt16Type, UInt32Type},
};
use datafusion::{
    functions_aggregate::expr_fn::count,
    logical_expr::{Expr, GroupingSet, LogicalPlan, LogicalPlanBuilder, lit},
    physical_plan::execute_stream,
};
use futures::TryStreamExt;
use serde_json::Value;
use sluice_catalog::{condition::Group, model::Field, size::SizeLimit};

use super::Analysis;
use crate::{
    Query, QueryError,
    limits::{BREAKDOWN_VALUES_MAX, BREAKDOWN_VALUES_SHOWN},
    preview::shown,
};

/// How rows fall into the values of one field.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Breakdown {
    /// The field's id.
    pub field: String,
    /// Rows of the segment.
    pub rows: u64,
    /// Different values.
    pub distinct: u64,
    /// The most frequent values, at most 20; equally frequent ones by their text.
    pub values: Vec<Share>,
    /// All other values together; none when all are shown.
    pub other: Option<Share>,
    /// Rows without a value; none when there are none in segment and model.
    pub no_value: Option<Share>,
}

/// Rows with one value.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Share {
    /// The value; null of other values and of no value.
    pub value: Value,
    /// Rows of the segment.
    pub rows: u64,
    /// `rows` of the segment's rows, from 0 to 1.
    pub share: f64,
    /// Rows of the whole model with the value, where that was asked.
    pub model_rows: Option<u64>,
    /// `share` beside the same share of the model: 100 where both are equal. None where the model has no such row, and unless asked.
    pub index: Option<f64>,
}

/// Rows per value.
#[derive(Default)]
struct Counted {
    values: HashMap<String, (Value, u64)>,
    no_value: u64,
}

impl Counted {
    fn rows(&self) -> u64 {
        self.values.values().map(|(_, rows)| rows).sum::<u64>() + self.no_value
    }
}

impl Analysis {
    /// One breakdown per field, in the order given.
    ///
    /// * `fields`: of the model, without repeats; neither JSON nor arrays nor personal data.
    /// * `compare`: count the model's rows, too.
    /// * Errors: [`QueryError::TooManyValues`] from [`BREAKDOWN_VALUES_MAX`] different values of one field on.
    pub async fn breakdown(
        &self,
        condition: Option<&Group>,
        limit: Option<&SizeLimit>,
        fields: &[String],
        compare: bool,
    ) -> Result<Vec<Breakdown>, QueryError> {
        let known = |id: &String| {
            let unknown = || QueryError::FieldUnknown { model: self.model.name.clone(), field: id.clone() };
            self.model.field(id).ok_or_else(unknown)
        };
        let fields: Vec<&Field> = fields.iter().map(known).collect::<Result<_, _>>()?;
        let ids: Vec<&str> = fields.iter().map(|field| field.id.as_str()).collect();
        let query = self.asking(condition, limit, &ids).await?;
        let segment = query.counted_by(query.filtered()?, &fields).await?;
        let model = if compare { Some(query.counted_by(query.all.clone(), &fields).await?) } else { None };
        let one = |(at, field): (usize, &&Field)| breakdown(field, &segment[at], model.as_ref().map(|model| &model[at]));
        Ok(fields.iter().enumerate().map(one).collect())
    }
}

impl Query {
    /// Rows per value of each field, in one pass.
    async fn counted_by(&self, plan: LogicalPlan, fields: &[&Field]) -> Result<Vec<Counted>, QueryError> {
        let column = |field: &&Field| crate::compile::column_named(&field.id);
        let sets = fields.iter().map(|field| vec![column(field)]).collect();
        let grouped = LogicalPlanBuilder::from(plan)
            .project(fields.iter().map(column))
            .and_then(|plan| {
                plan.aggregate(vec![Expr::GroupingSet(GroupingSet::GroupingSets(sets))], vec![count(lit(1_i64)).alias("__rows")])
            })
            .and_then(LogicalPlanBuilder::build)
            .map_err(|error| self.explain_error(&error))?;
        let physical = self.physical(&grouped).await?;
        let mut stream = execute_stream(physical, self.session.task_ctx()).map_err(|error| self.explain_error(&error))?;
        let mut counted: Vec<Counted> = fields.iter().map(|_| Counted::default()).collect();
        while let Some(batch) = stream.try_next().await.map_err(|error| self.explain_error(&error))? {
            for row in 0..batch.num_rows() {
                let of = grouped_by(&batch, row, fields.len())?;
                let rows = batch.columns().last().and_then(|rows| rows.as_primitive_opt::<Int64Type>()).ok_or_else(surprise)?;
                let rows = u64::try_from(rows.value(row)).unwrap_or(0);
                let value = batch.column(of);
                if value.is_null(row) {
                    counted[of].no_value += rows;
                    continue;
                }
                let value = shown(value, row, fields[of]);
                counted[of].values.insert(value.to_string(), (value, rows));
                if counted[of].values.len() > BREAKDOWN_VALUES_MAX {
                    return Err(QueryError::TooManyValues { field: fields[of].id.clone(), max: BREAKDOWN_VALUES_MAX });
                }
            }
        }
        Ok(counted)
    }
}

/// Which field a row of a grouping is about: the engine sets a bit for each field that it is not about, the first field's the highest.
fn grouped_by(batch: &RecordBatch, row: usize, fields: usize) -> Result<usize, QueryError> {
    if fields == 1 {
        return Ok(0);
    }
    let id = batch.column_by_name("__grouping_id").ok_or_else(surprise)?;
    let bits = if let Some(id) = id.as_primitive_opt::<UInt8Type>() {
        u32::from(id.value(row))
    } else if let Some(id) = id.as_primitive_opt::<UInt16Type>() {
        u32::from(id.value(row))
    } else {
        id.as_primitive_opt::<UInt32Type>().ok_or_else(surprise)?.value(row)
    };
    (0..fields).find(|of| bits & (1 << (fields - 1 - of)) == 0).ok_or_else(surprise)
}

fn surprise() -> QueryError {
    QueryError::Failed { why: "the engine gave other columns than planned".into() }
}

fn breakdown(field: &Field, segment: &Counted, model: Option<&Counted>) -> Breakdown {
    let (rows, model_total) = (segment.rows(), model.map(Counted::rows));
    let share = |value: Value, count: u64, model_rows: Option<u64>| {
        let share = if rows == 0 { 0.0 } else { count as f64 / rows as f64 };
        let index = match (model_rows, model_total) {
            (Some(of), Some(total)) if of > 0 => Some(share / (of as f64 / total as f64) * 100.0),
            _ => None,
        };
        Share { value, rows: count, share, model_rows, index }
    };
    let mut values: Vec<(&String, &(Value, u64))> = segment.values.iter().collect();
    values.sort_by(|(left, (_, a)), (right, (_, b))| b.cmp(a).then(left.cmp(right)));
    let rest = values.split_off(values.len().min(BREAKDOWN_VALUES_SHOWN));
    let of_model = |key: &String| model.map(|model| model.values.get(key).map_or(0, |(_, rows)| *rows));
    let shown: Vec<Share> = values.iter().map(|(key, (value, count))| share(value.clone(), *count, of_model(key))).collect();
    let in_model = model.map(|model| model.values.values().map(|(_, rows)| rows).sum::<u64>());
    let others: u64 = rest.iter().map(|(_, (_, count))| count).sum();
    let model_others = in_model.map(|all| all - shown.iter().filter_map(|share| share.model_rows).sum::<u64>());
    let other = others > 0 || model_others.is_some_and(|rows| rows > 0);
    let none = segment.no_value > 0 || model.is_some_and(|model| model.no_value > 0);
    Breakdown {
        field: field.id.clone(),
        rows,
        distinct: segment.values.len() as u64,
        values: shown,
        other: other.then(|| share(Value::Null, others, model_others)),
        no_value: none.then(|| share(Value::Null, segment.no_value, model.map(|model| model.no_value))),
    }
}
