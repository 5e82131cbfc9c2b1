//! From a checked condition to a filter, in the forms that every engine understands in one way.
//!
//! Each leaf is made two-valued with `COALESCE(P, false)`, so that negation anywhere is plain NOT and selects exactly the other rows.
//! Text tests are functions, never LIKE; instants are constants without a zone, in UTC; relative bounds are constants already.
//! What needs more than the row itself (ranks) or an intermediate value (the local day) is added to the plan as a column first.

mod day;
mod leaf;
mod rank;
mod time;

use datafusion::{
    common::Result,
    logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, lit, not},
};
use sluice_catalog::{
    condition::{At, Checked, Leaf, Test},
    model::Model,
    types::DataType,
};

/// A plan with helper columns added, and the condition over it. The helper columns' names begin with `__`, which no field's id does.
pub(crate) struct Filter {
    pub(crate) plan: LogicalPlan,
    pub(crate) condition: Expr,
}

/// `plan` gives the model's fields by their ids.
pub(crate) fn filter(plan: LogicalPlan, model: &Model, checked: &Checked, at: &At) -> Result<Filter> {
    let mut compiler = Compiler { plan: Some(plan), model, at, ranks: Vec::new(), days: Vec::new() };
    compiler.prepare(checked)?;
    let condition = compiler.lower(checked);
    let plan = compiler.plan.expect("each step puts the plan back");
    Ok(Filter { plan, condition })
}

struct Compiler<'a> {
    plan: Option<LogicalPlan>,
    model: &'a Model,
    at: &'a At,
    /// Fields and directions whose rank is in the plan.
    ranks: Vec<(usize, bool)>,
    /// Timestamp fields whose local day is in the plan.
    days: Vec<usize>,
}

impl Compiler<'_> {
    /// Adds the helper columns that the tree needs.
    fn prepare(&mut self, checked: &Checked) -> Result<()> {
        match checked {
            Checked::All(children) | Checked::Any(children) => children.iter().try_for_each(|child| self.prepare(child)),
            Checked::Not(child) => self.prepare(child),
            Checked::Leaf(Leaf { field, test }) => match test {
                Test::Percentile { top, .. } if !self.ranks.contains(&(*field, *top)) => {
                    self.ranks.push((*field, *top));
                    self.extend(|plan, this| rank::add(plan, this.model, *field, *top))
                }
                Test::Anniversary { .. } if self.model.fields[*field].ty == DataType::Timestamp && !self.days.contains(field) => {
                    self.days.push(*field);
                    self.extend(|plan, this| {
                        let day = day::local(leaf::column(this.model, *field), this.at).alias(day::name(*field));
                        let all = plan.schema().columns().into_iter().map(Expr::Column).chain([day]).collect::<Vec<_>>();
                        LogicalPlanBuilder::from(plan).project(all)?.build()
                    })
                }
                _ => Ok(()),
            },
        }
    }

    fn extend(&mut self, step: impl FnOnce(LogicalPlan, &Self) -> Result<LogicalPlan>) -> Result<()> {
        let plan = self.plan.take().expect("each step puts the plan back");
        self.plan = Some(step(plan, self)?);
        Ok(())
    }

    fn lower(&self, checked: &Checked) -> Expr {
        match checked {
            Checked::All(children) => self.joined(children, Expr::and).unwrap_or_else(|| lit(true)),
            Checked::Any(children) => self.joined(children, Expr::or).unwrap_or_else(|| lit(false)),
            Checked::Not(child) => not(self.lower(child)),
            Checked::Leaf(leaf) => leaf::lower(leaf, self.model, self.at),
        }
    }

    fn joined(&self, children: &[Checked], join: fn(Expr, Expr) -> Expr) -> Option<Expr> {
        children.iter().map(|child| self.lower(child)).reduce(join)
    }
}
