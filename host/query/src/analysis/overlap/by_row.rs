//! Combinations counted row by row: every condition is asked of every row, in one pass over the model. This is the membership by keys
//! only where no key repeats; a row whose key was there before ends the attempt, and the keys are listed instead.
//!
//! Done for folders of files only: a database counts where its rows lie, and would have to give every key here.

use arrow::{
    array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch},
    buffer::NullBuffer,
};
use datafusion::{
    common::{
        Column, JoinType, Result,
        tree_node::{Transformed, TreeNode, TreeNodeRecursion},
    },
    logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, lit},
    physical_plan::execute_stream,
};
use futures::TryStreamExt;
use sluice_catalog::{condition::Node, segment::Segment};

use super::{Analysis, Counts, seen::Seen};
use crate::{QueryError, analysis::joined, compile};

impl Analysis {
    /// Nothing where it cannot be told row by row: a limit, a condition that is no list of keys, a key that repeats.
    pub(super) async fn counted_by_row(&self, segments: &[Segment]) -> Result<Option<Counts>, QueryError> {
        if !self.source.is_folder() || segments.iter().any(|segment| segment.limit.is_some()) {
            return Ok(None);
        }
        // The helper columns of all of them stand in the rows of one.
        let all =
            self.query(Some(&joined(segments.iter().map(|segment| Node::Group(segment.condition.root.clone())))), None).await?;
        let failed = |error| all.explain_error(&error);
        let keys: Vec<Expr> = self.model.primary_key.iter().map(compile::column_named).collect();
        let (mut plan, mut columns) = (all.all.clone(), keys.clone());
        for (at, segment) in segments.iter().enumerate() {
            let condition = self.query(Some(&segment.condition.root), None).await?.condition.unwrap_or_else(|| lit(true));
            let Some((marked, inside)) = marked(plan, condition, at).map_err(failed)? else { return Ok(None) };
            plan = marked;
            columns.push(compile::asked(inside).alias(format!("__inside_{at}")));
        }
        let plan = LogicalPlanBuilder::from(plan).project(columns).and_then(LogicalPlanBuilder::build).map_err(failed)?;
        let physical = all.physical(&plan).await?;
        let mut stream = execute_stream(physical, all.session.task_ctx()).map_err(failed)?;
        let (mut seen, mut rows) = (Seen::default(), vec![0_u64; 1 << segments.len()]);
        while let Some(batch) = stream.try_next().await.map_err(failed)? {
            if !counted(&batch, keys.len(), &mut seen, &mut rows).map_err(failed)? {
                return Ok(None);
            }
        }
        let counts = (0_u32..).zip(rows).filter(|(_, rows)| *rows > 0).collect();
        Ok(Some(counts))
    }
}

/// `plan` with a column for each list that `condition` looks its key up in, and the condition over these columns. Nothing where the
/// condition asks for more than membership in lists.
fn marked(plan: LogicalPlan, condition: Expr, segment: usize) -> Result<Option<(LogicalPlan, Expr)>> {
    let (mut plan, mut lists, mut plain) = (plan, 0, true);
    let condition = condition.transform_up(|expr| match expr {
        Expr::InSubquery(list) if !list.negated => {
            let name = format!("__list_{segment}_{lists}");
            lists += 1;
            let right = LogicalPlanBuilder::from(list.subquery.subquery.as_ref().clone()).alias(name.as_str())?.build()?;
            let listed = Expr::Column(Column::from(right.schema().qualified_field(0)));
            plan = LogicalPlanBuilder::from(std::mem::take(&mut plan))
                .join_on(right, JoinType::LeftMark, [(*list.expr).eq(listed)])?
                .build()?;
            Ok(Transformed::yes(Expr::Column(Column::new(Some(name), "mark"))))
        }
        other => Ok(Transformed::no(other)),
    })?;
    condition.data.apply(|expr| {
        plain &= !matches!(expr, Expr::InSubquery(_) | Expr::Exists(_) | Expr::ScalarSubquery(_));
        Ok(if plain { TreeNodeRecursion::Continue } else { TreeNodeRecursion::Stop })
    })?;
    Ok(plain.then_some((plan, condition.data)))
}

/// Counts the rows of a batch of `keys` key columns and one column per segment; false where a key repeats.
fn counted(batch: &RecordBatch, keys: usize, seen: &mut Seen, rows: &mut [u64]) -> Result<bool> {
    let (keys, inside) = batch.columns().split_at(keys);
    let keyed = NullBuffer::union_many(keys.iter().map(|key: &ArrayRef| key.nulls()));
    if !seen.all_new(keys, keyed.as_ref())? {
        return Ok(false);
    }
    let mut masks = vec![0_u32; batch.num_rows()];
    for (at, inside) in inside.iter().enumerate() {
        let inside: &BooleanArray = inside.as_boolean();
        let met = match NullBuffer::union(inside.nulls(), keyed.as_ref()) {
            Some(known) => inside.values() & known.inner(),
            None => inside.values().clone(),
        };
        met.set_indices_u32().for_each(|row| masks[row as usize] |= 1 << at);
    }
    masks.iter().for_each(|mask| rows[*mask as usize] += 1);
    Ok(true)
}
