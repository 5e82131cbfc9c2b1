//! The size limit of a segment: the first rows, or the first share of them, in an order that repeats.
//!
//! Rows: order value, sort, limit, alias, in that order; the alias above the limit, because a printer loses it below. A share is a row
//! number compared with the count as whole numbers, like a percentile.

use datafusion::{
    common::Result,
    functions::{crypto::expr_fn::md5, string::expr_fn::concat},
    functions_aggregate::expr_fn::count,
    functions_window::expr_fn::row_number,
    logical_expr::{Expr, ExprFunctionExt, LogicalPlan, LogicalPlanBuilder, cast, expr::Sort, lit},
};
use sluice_catalog::{
    model::Model,
    size::{Keep, KeepOrder, SizeLimit},
};

use super::right::{keyed, own};

const ORDER: &str = "__order";
const PLACE: &str = "__place";
const MEMBERS: &str = "__members";

/// The rows of `plan`, which gives the fields of `model`, that the limit keeps; the same columns. `name` is for the part that
/// is cut.
pub(crate) fn kept(plan: LogicalPlan, model: &Model, limit: &SizeLimit, name: &str) -> Result<LogicalPlan> {
    let keys: Vec<Expr> = model.primary_key.iter().map(own).collect();
    let columns: Vec<Expr> =
        plan.schema().columns().into_iter().map(|column| Expr::Column(column.clone()).alias(column.name)).collect();
    let names: Vec<Expr> = plan.schema().columns().into_iter().map(|column| own(column.name)).collect();
    let (value, descending) = match &limit.order {
        KeepOrder::Field(field) => (own(&field.id), field.descending),
        KeepOrder::Random(seed) => (md5(drawn(seed, &keys)), false),
    };
    let valued = columns.into_iter().chain([value.alias(ORDER)]);
    let valued = LogicalPlanBuilder::from(plan).filter(keyed(&keys))?.project(valued)?.build()?;
    let mut order: Vec<Sort> = vec![own(ORDER).sort(!descending, false)];
    order.extend(keys.into_iter().map(|key| key.sort(true, false)));
    let first = match limit.keep {
        Keep::Rows(rows) => {
            let rows = usize::try_from(rows).unwrap_or(usize::MAX);
            LogicalPlanBuilder::from(valued).sort(order)?.limit(0, Some(rows))?.alias(name)?
        }
        Keep::Percent(percent) => {
            let all = LogicalPlanBuilder::from(valued.clone())
                .aggregate(Vec::<Expr>::new(), vec![count(lit(1_i64)).alias(MEMBERS)])?
                .alias(format!("{name}_all"))?
                .build()?;
            let place = row_number().order_by(order).build()?.alias(PLACE);
            let placed = LogicalPlanBuilder::from(valued).window(vec![place])?.alias(name)?.cross_join(all)?;
            let place = cast(own(PLACE), arrow::datatypes::DataType::Int64);
            placed.filter((place * lit(100_i64)).lt_eq(own(MEMBERS) * lit(i64::from(percent))))?
        }
    };
    first.project(names)?.build()
}

/// The hash of a key, as 32 hexadecimal digits.
pub(crate) fn hashed(seed: &str, keys: &[Expr]) -> Expr {
    cast(md5(drawn(seed, keys)), arrow::datatypes::DataType::Utf8)
}

/// What is hashed: the text, then each part of the key behind a sign that parts rarely hold.
fn drawn(seed: &str, keys: &[Expr]) -> Expr {
    let parts = keys.iter().flat_map(|key| [lit("\u{1f}"), cast(key.clone(), arrow::datatypes::DataType::Utf8)]);
    concat(std::iter::once(lit(seed)).chain(parts).collect())
}
