//! Calculated fields as columns of a model's plan: formulas by projection, aggregates by a left join with one group per key.
//!
//! The right side of the join has each key once and no null in it, so no record is multiplied or lost. Its rows are found as those of
//! a condition ([`super::reach`]), so both mean the same related rows.

use arrow::datatypes::DataType as Arrow;
use datafusion::{
    common::{JoinType, Result},
    functions::core::expr_fn::coalesce,
    functions_aggregate::expr_fn::{avg, count, count_distinct, max, min, sum},
    functions_window::expr_fn::row_number,
    logical_expr::{Expr, ExprFunctionExt, LogicalPlan, LogicalPlanBuilder, cast, lit},
};
use sluice_catalog::{
    calculated::{Aggregation, Checked, CheckedAggregate},
    formula::Arithmetic,
    model::Field,
    types::{DECIMAL_DIGITS_MAX, DataType},
};

use super::{
    Compiler, Rows, day, leaf,
    right::{Key, key_name, keyed_and, own},
    term::Terms,
};
use crate::functions::{Operation, formula, list, nfc};

const VALUE: &str = "__value";
const COUNT: &str = "__count";
const PLACE: &str = "__place";

/// A calculated field of a model and how it is computed.
pub(crate) struct Calculation<'a> {
    pub(crate) field: &'a Field,
    pub(crate) checked: &'a Checked,
}

impl Compiler<'_> {
    /// `plan` gives the columns of `rows.model` that the fields of `calculations` are made of; the result gives these fields, too.
    pub(super) fn calculated(&self, plan: LogicalPlan, rows: &Rows<'_>, calculations: &[Calculation<'_>]) -> Result<LogicalPlan> {
        let mut columns: Vec<Expr> = plan.schema().columns().into_iter().map(Expr::Column).collect();
        let mut plan = plan;
        for calculation in calculations {
            let terms = Terms { model: rows.model, field: &calculation.field.id, at: self.at };
            let value = match calculation.checked {
                Checked::Formula(term) => terms.lower(term)?,
                Checked::Aggregate(checked) => {
                    let name = self.name();
                    let right = self.groups(checked, rows, &calculation.field.id, &name)?;
                    let equal = checked.hops[0].on.iter().enumerate().map(|(at, (here, _))| {
                        let key = Expr::Column(datafusion::common::Column::new(Some(name.as_str()), key_name(at)));
                        leaf::column(rows.model, *here).eq(key)
                    });
                    plan = LogicalPlanBuilder::from(plan).join_on(right, JoinType::Left, equal)?.build()?;
                    let value = Expr::Column(datafusion::common::Column::new(Some(name.as_str()), VALUE));
                    let value = terms.convert(value, carried(checked), calculation.field.ty);
                    match (checked.aggregation, &checked.default) {
                        (Aggregation::Count | Aggregation::CountDistinct(_), _) => coalesce(vec![value, lit(0_i64)]),
                        (Aggregation::Exists, _) => coalesce(vec![value, lit(false)]),
                        (_, Some(default)) => coalesce(vec![value, terms.lower(default)?]),
                        (_, None) => value,
                    }
                }
            };
            columns.push(value.alias(&calculation.field.id));
        }
        LogicalPlanBuilder::from(plan).project(columns)?.alias("model")?.build()
    }

    /// One row per key of a record that has related rows: the key's parts, and the result.
    fn groups(&self, checked: &CheckedAggregate, rows: &Rows<'_>, id: &str, name: &str) -> Result<LogicalPlan> {
        let fields = checked.hops[0].on.iter().map(|(here, _)| *here).collect();
        let key = Key { model: rows.model, fields, parents: Vec::new() };
        let related = self.related(&checked.hops, &checked.condition, &key, rows)?;
        let met = self.lower(&checked.condition, &related.rows, &related.plan)?;
        let found = LogicalPlanBuilder::from(related.plan).filter(keyed_and(&related.keys, met))?.build()?;
        let last = related.rows.model;
        let column = |field: usize| leaf::column(last, field);
        let ty = |field: usize| last.fields[field].ty;
        let normal = |field: usize| if ty(field) == DataType::String { nfc(column(field)) } else { column(field) };
        // Integers are summed in the width of decimals, so that a sum never wraps round.
        let added = |field: usize| match ty(field) {
            DataType::Integer => cast(column(field), Arrow::Decimal128(DECIMAL_DIGITS_MAX, 0)),
            DataType::Decimal { scale, .. } => {
                cast(column(field), crate::types::plan_type(DataType::Decimal { precision: DECIMAL_DIGITS_MAX, scale }))
            }
            _ => column(field),
        };
        let measured = match checked.aggregation {
            Aggregation::Count | Aggregation::Exists => vec![count(lit(1_i64))],
            Aggregation::CountDistinct(field) => vec![count_distinct(normal(field))],
            Aggregation::Sum(field) => vec![sum(added(field))],
            Aggregation::Avg(field) if ty(field) == DataType::Float => vec![avg(column(field))],
            Aggregation::Avg(field) => vec![sum(added(field)), count(column(field))],
            Aggregation::Min(field) => vec![min(column(field))],
            Aggregation::Max(field) | Aggregation::DaysSinceLast(field) => vec![max(column(field))],
            Aggregation::First { value, time } => return self.earliest(found, &related.keys, last, (value, time), false, name),
            Aggregation::Last { value, time } => return self.earliest(found, &related.keys, last, (value, time), true, name),
            Aggregation::MostFrequent(field) => return self.most(found, &related.keys, normal(field), name),
            Aggregation::List(field) => return self.listed(found, &related.keys, (normal(field), ty(field)), id, name),
        };
        let measured: Vec<Expr> = measured.into_iter().zip([VALUE, COUNT]).map(|(expr, name)| expr.alias(name)).collect();
        let grouped = LogicalPlanBuilder::from(found).aggregate(related.keys.clone(), measured)?.alias(self.name())?.build()?;
        let columns = grouped.schema().columns();
        let at = |place: usize| Expr::Column(columns[place].clone());
        let keys = related.keys.len();
        let value = match checked.aggregation {
            Aggregation::Exists => lit(true),
            Aggregation::Avg(field) if ty(field) != DataType::Float => {
                formula(Operation::Arithmetic(Arithmetic::Divide), checked.ty, id, self.at.zone(), vec![at(keys), at(keys + 1)])
            }
            Aggregation::DaysSinceLast(field) => {
                let local = if ty(field) == DataType::Timestamp {
                    day::local(at(keys), self.at)
                } else {
                    cast(cast(at(keys), Arrow::Int32), Arrow::Int64)
                };
                lit(day::since_epoch(self.at.today())) - local
            }
            _ => at(keys),
        };
        let columns = (0..keys).map(|place| at(place).alias(key_name(place))).chain([value.alias(VALUE)]);
        LogicalPlanBuilder::from(grouped).project(columns)?.alias(name)?.build()
    }

    /// The value of each key's earliest or latest row that has a time and a value.
    fn earliest(
        &self,
        found: LogicalPlan,
        keys: &[Expr],
        last: &sluice_catalog::model::Model,
        (value, time): (usize, usize),
        latest: bool,
        name: &str,
    ) -> Result<LogicalPlan> {
        let (value, time) = (leaf::column(last, value), leaf::column(last, time));
        let mut order = vec![time.clone().sort(!latest, false)];
        order.extend(last.primary_key.iter().map(|id| own(id).sort(true, false)));
        let place = row_number().partition_by(keys.to_vec()).order_by(order).build()?.alias(PLACE);
        let placed = LogicalPlanBuilder::from(found)
            .filter(time.is_not_null().and(value.clone().is_not_null()))?
            .window(vec![place])?
            .project(named(keys, [value.alias(VALUE), own(PLACE)]))?
            .alias(self.name())?
            .build()?;
        first(placed, keys.len(), name)
    }

    /// The value that most rows of a key have; the smallest among equals.
    fn most(&self, found: LogicalPlan, keys: &[Expr], value: Expr, name: &str) -> Result<LogicalPlan> {
        let counted = self.counted(found, keys, value)?;
        let by: Vec<Expr> = (0..keys.len()).map(|at| own(key_name(at))).collect();
        let order = vec![own(COUNT).sort(false, false), own(VALUE).sort(true, false)];
        let place = row_number().partition_by(by.clone()).order_by(order).build()?.alias(PLACE);
        let placed = LogicalPlanBuilder::from(counted)
            .window(vec![place])?
            .project(by.iter().cloned().chain([own(VALUE), own(PLACE)]))?
            .alias(self.name())?
            .build()?;
        first(placed, keys.len(), name)
    }

    /// The different values of a key, in order, as JSON.
    fn listed(
        &self,
        found: LogicalPlan,
        keys: &[Expr],
        (value, ty): (Expr, DataType),
        id: &str,
        name: &str,
    ) -> Result<LogicalPlan> {
        let counted = self.counted(found, keys, value)?;
        let by: Vec<Expr> = (0..keys.len()).map(|at| own(key_name(at))).collect();
        let place = row_number().partition_by(by.clone()).order_by(vec![own(VALUE).sort(true, false)]).build()?.alias(PLACE);
        let json = formula(Operation::Json(ty), DataType::String, id, self.at.zone(), vec![own(VALUE)]);
        let place_number = cast(own(PLACE), Arrow::Int64).alias(PLACE);
        let placed = LogicalPlanBuilder::from(counted)
            .window(vec![place])?
            .project(by.iter().cloned().chain([json.alias(VALUE), place_number]))?
            .alias(self.name())?
            .build()?;
        let grouped =
            LogicalPlanBuilder::from(placed).aggregate(by.clone(), vec![list(own(VALUE), own(PLACE)).alias(COUNT)])?.build()?;
        let columns = by.into_iter().enumerate().map(|(at, key)| key.alias(key_name(at))).chain([own(COUNT).alias(VALUE)]);
        LogicalPlanBuilder::from(grouped).project(columns)?.alias(name)?.build()
    }

    /// How often each value stands under each key.
    fn counted(&self, found: LogicalPlan, keys: &[Expr], value: Expr) -> Result<LogicalPlan> {
        let rows = LogicalPlanBuilder::from(found)
            .filter(value.clone().is_not_null())?
            .project(named(keys, [value.alias(VALUE)]))?
            .alias(self.name())?
            .build()?;
        let by: Vec<Expr> = (0..keys.len()).map(|at| own(key_name(at))).chain([own(VALUE)]).collect();
        LogicalPlanBuilder::from(rows).aggregate(by, vec![count(lit(1_i64)).alias(COUNT)])?.alias(self.name())?.build()
    }
}

/// The keys under the names of keys, and what stands beside them.
fn named<const N: usize>(keys: &[Expr], beside: [Expr; N]) -> impl Iterator<Item = Expr> {
    let keys: Vec<Expr> = keys.iter().enumerate().map(|(at, key)| key.clone().alias(key_name(at))).collect();
    keys.into_iter().chain(beside)
}

/// The rows in the first place of their key.
fn first(placed: LogicalPlan, keys: usize, name: &str) -> Result<LogicalPlan> {
    let columns = (0..keys).map(|at| own(key_name(at))).chain([own(VALUE)]);
    LogicalPlanBuilder::from(placed).filter(own(PLACE).eq(lit(1_u64)))?.project(columns)?.alias(name)?.build()
}

/// The type in which a right side carries its result.
fn carried(checked: &CheckedAggregate) -> DataType {
    match (checked.aggregation, checked.ty) {
        // Carried as a decimal, so that the field's own type decides whether it fits.
        (Aggregation::Sum(_), DataType::Integer) => DataType::Decimal { precision: DECIMAL_DIGITS_MAX, scale: 0 },
        (_, ty) => ty,
    }
}
