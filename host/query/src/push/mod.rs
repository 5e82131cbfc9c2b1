//! The cut: what of a plan is evaluated by the databases in which the rows lie, as SELECTs of ours, and what is left to the engine.
//!
//! A plan that lies wholly in one such source becomes one piece, whose rows are streamed. Of any other plan each largest part that can
//! be printed becomes a piece, without the columns that nothing above it reads, and a filter is cut between its conditions; the engine
//! joins the rest. Where nothing can be printed, tables are streamed as they are. The meaning never depends on where the cut is.
//!
//! The plan is cut as built, before any optimiser has touched it, since only such plans are printed ([`crate::print`]).

mod evaluation;
mod needs;
mod piece;

use std::{collections::BTreeSet, sync::Arc};

use datafusion::{
    catalog::default_table_source::source_as_provider,
    common::{
        Result, TableReference,
        tree_node::{Transformed, TreeNode, TreeNodeRecursion},
    },
    datasource::provider_as_source,
    logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, Projection, utils::conjunction, utils::split_conjunction_owned},
    prelude::lit,
};

use crate::{
    print::{self, Refused},
    warehouse::Leaf,
};

pub(crate) use evaluation::bytes_read;
pub use evaluation::{Evaluation, Place, Statement};
use piece::Piece;
pub(crate) use piece::refused_there;

/// Positions of the columns that something above reads; all of them without a list.
type Needed = Option<BTreeSet<usize>>;

/// A plan whose leaves are pieces, tables and files.
pub(crate) struct Cut {
    pub(crate) plan: LogicalPlan,
    pieces: Vec<Arc<Piece>>,
    /// Why the plan is not one piece.
    why: Option<String>,
}

impl Cut {
    /// The plan with all that lies in a database cut out of it.
    pub(crate) fn of(plan: &LogicalPlan) -> Result<Self> {
        if !asks_databases(plan)? {
            return Ok(Self::nothing(plan, "the rows do not lie in a database that runs SQL"));
        }
        let why = print::select(plan).err().map(|Refused(why)| why);
        let mut cutter = Cutter::default();
        let plan = cutter.node(plan.clone(), None)?;
        if let [piece] = cutter.pieces.as_slice() {
            piece.is_alone();
        }
        Ok(Self { plan, pieces: cutter.pieces, why })
    }

    /// The plan as it was.
    pub(crate) fn nothing(plan: &LogicalPlan, why: impl Into<String>) -> Self {
        Self { plan: plan.clone(), pieces: Vec::new(), why: Some(why.into()) }
    }

    /// What is evaluated where. After the engine has made its plan of it: only then is it known which columns the pieces give.
    pub(crate) fn evaluation(&self) -> Evaluation {
        let statements: Vec<Statement> = self.pieces.iter().flat_map(|piece| piece.statements()).collect();
        let place = match (&self.why, statements.is_empty()) {
            (None, _) => Place::Source,
            (Some(_), false) => Place::Both,
            (Some(_), true) => Place::Host,
        };
        Evaluation { place, statements, why: self.why.clone(), bytes_read: None }
    }
}

/// Whether a table of a source that runs SQL is read anywhere.
fn asks_databases(plan: &LogicalPlan) -> Result<bool> {
    let mut asks = false;
    plan.apply_with_subqueries(|node| {
        if let LogicalPlan::TableScan(scan) = node {
            asks |= source_as_provider(&scan.source)?.downcast_ref::<Leaf>().is_some_and(|leaf| leaf.dialect().is_some());
        }
        Ok(if asks { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    })?;
    Ok(asks)
}

/// Whether the rows of a plan come in the order of a sort below.
fn ordered(plan: &LogicalPlan) -> bool {
    match plan {
        LogicalPlan::Sort(sort) => sort.fetch.is_none(),
        LogicalPlan::Projection(_) | LogicalPlan::Filter(_) | LogicalPlan::SubqueryAlias(_) => {
            plan.inputs().into_iter().any(ordered)
        }
        _ => false,
    }
}

#[derive(Default)]
struct Cutter {
    pieces: Vec<Arc<Piece>>,
}

impl Cutter {
    fn node(&mut self, plan: LogicalPlan, needed: Needed) -> Result<LogicalPlan> {
        // A table gives what is asked of it already, and a piece has no order that something above could rely on.
        if matches!(plan, LogicalPlan::TableScan(_)) {
            return Ok(plan);
        }
        if !ordered(&plan)
            && let Some(piece) = self.piece(&plan, needed.as_ref())?
        {
            return Ok(piece);
        }
        match plan {
            LogicalPlan::Filter(filter) => self.filter(filter.predicate, &filter.input, needed),
            LogicalPlan::Projection(projection) => {
                let projection = needs::narrow(projection, needed.as_ref())?;
                self.inputs(LogicalPlan::Projection(projection), None)
            }
            other => self.inputs(other, needed),
        }
    }

    /// Cuts what stands below a node that is not a piece itself.
    fn inputs(&mut self, plan: LogicalPlan, needed: Needed) -> Result<LogicalPlan> {
        let mut of_inputs = needs::of_inputs(&plan, needed).into_iter();
        let plan = plan.map_expressions(|expr| self.beside(expr).map(Transformed::yes))?.data;
        let plan = plan.map_children(|input| self.node(input, of_inputs.next().flatten()).map(Transformed::yes))?.data;
        plan.recompute_schema()
    }

    /// A filter, cut between its conditions: those that can be printed are asked below the others.
    fn filter(&mut self, predicate: Expr, input: &LogicalPlan, needed: Needed) -> Result<LogicalPlan> {
        let (there, here): (Vec<Expr>, Vec<Expr>) =
            split_conjunction_owned(predicate).into_iter().partition(|part| print::filters(input, part));
        let needed = needs::and(needed, &here, input);
        let below = match conjunction(there.clone()) {
            None => self.node(input.clone(), needed)?,
            Some(there) => {
                let filtered = LogicalPlanBuilder::from(input.clone()).filter(there.clone())?.build()?;
                match self.piece(&filtered, needed.as_ref())? {
                    Some(piece) => piece,
                    None => {
                        let below = self.node(input.clone(), needs::and(needed, std::slice::from_ref(&there), input))?;
                        LogicalPlanBuilder::from(below).filter(self.beside(there)?)?.build()?
                    }
                }
            }
        };
        match conjunction(here) {
            None => Ok(below),
            Some(here) => LogicalPlanBuilder::from(below).filter(self.beside(here)?)?.build(),
        }
    }

    /// Cuts the sub-queries of an expression.
    fn beside(&mut self, expr: Expr) -> Result<Expr> {
        let cut = |subquery: &datafusion::logical_expr::Subquery, this: &mut Self| -> Result<_> {
            Ok(subquery.with_plan(Arc::new(this.node(subquery.subquery.as_ref().clone(), None)?)))
        };
        let cut = expr.transform_down(|expr| {
            Ok(match expr {
                Expr::InSubquery(mut found) => {
                    found.subquery = cut(&found.subquery, self)?;
                    Transformed::yes(Expr::InSubquery(found))
                }
                Expr::Exists(mut found) => {
                    found.subquery = cut(&found.subquery, self)?;
                    Transformed::yes(Expr::Exists(found))
                }
                other => Transformed::no(other),
            })
        })?;
        Ok(cut.data)
    }

    /// The node as a piece, if it can be printed: the columns that are needed, under the names that they have in the plan.
    fn piece(&mut self, plan: &LogicalPlan, needed: Option<&BTreeSet<usize>>) -> Result<Option<LogicalPlan>> {
        let narrowed = match needed {
            Some(needed) if needed.len() < plan.schema().fields().len() => {
                let columns = plan.schema().columns();
                let columns: Vec<Expr> = needed.iter().map(|at| Expr::Column(columns[*at].clone())).collect();
                // Of no columns the number of rows is asked for; one of the engine's own stands for it.
                let columns = if columns.is_empty() { vec![lit(1_i64).alias("row")] } else { columns };
                &LogicalPlan::Projection(Projection::try_new(columns, Arc::new(plan.clone()))?)
            }
            _ => plan,
        };
        let Ok(printed) = print::select(narrowed) else { return Ok(None) };
        let table = TableReference::bare(format!("piece_{}", self.pieces.len() + 1));
        let outputs = printed.outputs.clone();
        let piece = Arc::new(Piece::new(printed));
        let named = narrowed.schema().iter().zip(outputs);
        let named: Vec<Expr> =
            named.map(|((qualifier, field), output)| output.alias_qualified(qualifier.cloned(), field.name())).collect();
        let source = provider_as_source(Arc::clone(&piece) as Arc<dyn datafusion::catalog::TableProvider>);
        let plan = LogicalPlanBuilder::scan(table, source, None)?.project(named)?.build()?;
        self.pieces.push(piece);
        Ok(Some(plan))
    }
}
