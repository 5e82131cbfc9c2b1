//! Which columns of its inputs a node reads, so that a piece below it need not give others.

use std::collections::BTreeSet;

use datafusion::{
    common::{
        Column, DFSchema, JoinType, Result,
        tree_node::{TreeNode, TreeNodeRecursion},
    },
    logical_expr::{Expr, LogicalPlan, Projection},
};

use super::Needed;

/// For each input of the node, in order. `needed`: of the node's own columns.
pub(super) fn of_inputs(plan: &LogicalPlan, needed: Needed) -> Vec<Needed> {
    let input = |at: usize| plan.inputs()[at].schema();
    match plan {
        LogicalPlan::Projection(projection) => vec![Some(read(&projection.expr, input(0)))],
        LogicalPlan::Aggregate(aggregate) => {
            let mut columns = read(&aggregate.group_expr, input(0));
            columns.extend(read(&aggregate.aggr_expr, input(0)));
            vec![Some(columns)]
        }
        LogicalPlan::SubqueryAlias(_) | LogicalPlan::Limit(_) => vec![needed],
        LogicalPlan::Sort(sort) => {
            let by: Vec<Expr> = sort.expr.iter().map(|by| by.expr.clone()).collect();
            vec![needed.map(|needed| needed.into_iter().chain(read(&by, input(0))).collect())]
        }
        LogicalPlan::Window(window) => {
            let own = input(0).fields().len();
            let of_windows = read(&window.window_expr, input(0));
            vec![needed.map(|needed| needed.into_iter().filter(|at| *at < own).chain(of_windows).collect())]
        }
        LogicalPlan::Join(join)
            if matches!(join.join_type, JoinType::Inner | JoinType::Left | JoinType::Right | JoinType::Full) =>
        {
            let Some(mut needed) = needed else { return vec![None, None] };
            let both: Vec<Expr> = join.on.iter().flat_map(|(l, r)| [l.clone(), r.clone()]).chain(join.filter.clone()).collect();
            needed.extend(read(&both, &join.schema));
            let left = input(0).fields().len();
            let of_right = needed.split_off(&left).into_iter().map(|at| at - left).collect();
            vec![Some(needed), Some(of_right)]
        }
        other => vec![None; other.inputs().len()],
    }
}

/// These columns, and those that the expressions name of `input`.
pub(super) fn and(needed: Needed, exprs: &[Expr], input: &LogicalPlan) -> Needed {
    needed.map(|needed| needed.into_iter().chain(read(exprs, input.schema())).collect())
}

/// The projection without the columns that nobody reads. One is kept, since rows are counted by something.
pub(super) fn narrow(projection: Projection, needed: Option<&BTreeSet<usize>>) -> Result<Projection> {
    match needed {
        Some(needed) if needed.len() < projection.expr.len() && !needed.is_empty() => {
            let kept = needed.iter().map(|at| projection.expr[*at].clone()).collect();
            Projection::try_new(kept, projection.input)
        }
        _ => Ok(projection),
    }
}

/// The columns of `schema` that expressions name, in their sub-queries too.
fn read(exprs: &[Expr], schema: &DFSchema) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    let mut name = |column: &Column| found.extend(schema.maybe_index_of_column(column));
    for expr in exprs {
        let walked = expr.apply(|part| {
            match part {
                Expr::Column(column) | Expr::OuterReferenceColumn(_, column) => name(column),
                Expr::InSubquery(within) => within.subquery.outer_ref_columns.iter().for_each(|outer| outer_name(outer, &mut name)),
                Expr::Exists(within) => within.subquery.outer_ref_columns.iter().for_each(|outer| outer_name(outer, &mut name)),
                _ => {}
            }
            Ok(TreeNodeRecursion::Continue)
        });
        debug_assert!(walked.is_ok(), "nothing above fails");
    }
    found
}

fn outer_name(expr: &Expr, name: &mut impl FnMut(&Column)) {
    if let Expr::OuterReferenceColumn(_, column) = expr {
        name(column);
    }
}
