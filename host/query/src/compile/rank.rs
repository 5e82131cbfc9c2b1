//! Ranks for "in the top P percent": row numbers among the rows with a value, and their count.
//!
//! Compared as integers, rank × 100 ≤ count × P, so that no rounding decides. Rows without a value have no rank. Equal values are
//! ordered by the primary key, so that a run repeats.

use datafusion::{
    common::{Column, Result},
    functions_aggregate::expr_fn::count,
    functions_window::expr_fn::row_number,
    logical_expr::{Expr, ExprFunctionExt, LogicalPlan, LogicalPlanBuilder, lit},
};
use sluice_catalog::model::Model;

use super::leaf::column;

fn rank_name(field: usize, top: bool) -> String {
    format!("__rank_{field}_{}", if top { "top" } else { "bottom" })
}

fn count_name(field: usize, top: bool) -> String {
    format!("__count_{field}_{}", if top { "top" } else { "bottom" })
}

/// Adds rank and count of a field. The count is a plan of its own, so that no window holds all rows in memory.
pub(super) fn add(plan: LogicalPlan, model: &Model, field: usize, top: bool) -> Result<LogicalPlan> {
    let value = column(model, field);
    let counted = LogicalPlanBuilder::from(plan.clone())
        .aggregate(Vec::<Expr>::new(), vec![count(value.clone()).alias(count_name(field, top))])?
        .alias(format!("counted_{field}_{top}"))?
        .build()?;
    let mut order = vec![value.clone().sort(!top, false)];
    order.extend(model.primary_key.iter().map(|id| Expr::Column(Column::new_unqualified(id)).sort(true, false)));
    let rank = row_number().partition_by(vec![value.is_null()]).order_by(order).build()?.alias(rank_name(field, top));
    let before: Vec<Expr> = plan.schema().columns().into_iter().map(Expr::Column).collect();
    let ranked = LogicalPlanBuilder::from(plan).window(vec![rank])?.build()?;
    let rank = Expr::Column(Column::new_unqualified(rank_name(field, top)));
    let rank = datafusion::logical_expr::when(column(model, field).is_not_null(), rank).end()?.alias(rank_name(field, top));
    LogicalPlanBuilder::from(ranked).project(before.into_iter().chain([rank]))?.cross_join(counted)?.build()
}

/// Whether a row is within the first `percent`.
pub(super) fn within(field: usize, top: bool, percent: u8) -> Expr {
    let rank = datafusion::logical_expr::cast(
        Expr::Column(Column::new_unqualified(rank_name(field, top))),
        arrow::datatypes::DataType::Int64,
    );
    let count = Expr::Column(Column::new_unqualified(count_name(field, top)));
    (rank * lit(100_i64)).lt_eq(count * lit(i64::from(percent)))
}
