//! Records are looked up in lists of keys, and not the other way round.
//!
//! A condition on other rows becomes a join that keeps records for which a list of keys has a row. The engine holds the left side of a
//! join in memory and lets the right one stream past. It knows no sizes here and would hold the records, which are wide and as many as
//! the model has. So the sides are turned: what is held is each key once.

use std::sync::Arc;

use datafusion::{
    common::{JoinType, Result, tree_node::Transformed},
    logical_expr::{Aggregate, Expr, Join, LogicalPlan},
    optimizer::{ApplyOrder, OptimizerConfig, OptimizerRule},
};

/// The rule. What it leaves means what it found, whatever the keys are.
#[derive(Debug)]
pub(crate) struct Lookups;

impl OptimizerRule for Lookups {
    fn name(&self) -> &str {
        "records_are_looked_up"
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        Some(ApplyOrder::BottomUp)
    }

    fn rewrite(&self, plan: LogicalPlan, _: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        let LogicalPlan::Join(join) = plan else { return Ok(Transformed::no(plan)) };
        let turned = match join.join_type {
            JoinType::LeftSemi => JoinType::RightSemi,
            // Where a null in the list means that nobody is outside, only the left form knows it.
            JoinType::LeftAnti if !join.null_aware => JoinType::RightAnti,
            JoinType::LeftMark => JoinType::RightMark,
            _ => return Ok(Transformed::no(LogicalPlan::Join(join))),
        };
        let on = join.on.into_iter().map(|(record, key)| (key, record)).collect();
        let (keys, constraint, nulls) = (each_once(join.right)?, join.join_constraint, join.null_equality);
        let turned = Join::try_new(keys, join.left, on, join.filter, turned, constraint, nulls, false)?;
        Ok(Transformed::yes(LogicalPlan::Join(turned)))
    }
}

/// The list without repetitions, as far as it is not the keys of groups anyhow.
fn each_once(list: Arc<LogicalPlan>) -> Result<Arc<LogicalPlan>> {
    let width = list.schema().fields().len();
    let mut below = &list;
    loop {
        match below.as_ref() {
            LogicalPlan::Projection(of) => below = &of.input,
            LogicalPlan::Filter(of) => below = &of.input,
            LogicalPlan::SubqueryAlias(of) => below = &of.input,
            LogicalPlan::Aggregate(of) if of.group_expr.len() == width => return Ok(list),
            _ => break,
        }
    }
    let columns = list.schema().columns().into_iter().map(Expr::Column).collect();
    Ok(Arc::new(LogicalPlan::Aggregate(Aggregate::try_new(list, columns, Vec::new())?)))
}
