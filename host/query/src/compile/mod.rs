//! From a checked condition to a filter, in the forms that every engine understands in one way.
//!
//! Each leaf is made two-valued, so that negation anywhere is plain NOT and selects exactly the other rows. Text tests are functions,
//! never LIKE; instants are constants without a zone, in UTC; relative bounds are constants already. What needs more than the row
//! itself (ranks) or an intermediate value (the local day) is added to the plan as a column first. Other models come in as right
//! sides of IN and EXISTS ([`right`]), never by a join that could multiply rows.

mod aggregated;
mod day;
mod leaf;
mod measure;
mod rank;
mod reach;
mod right;
mod sequence;
mod size;
mod term;
mod time;

pub(crate) use aggregated::Calculation;
pub(crate) use leaf::asked;
pub(crate) use right::{keyed, own as column_named};
pub(crate) use size::{hashed, kept};

use std::{
    cell::Cell,
    collections::{BTreeMap, BTreeSet},
};

use datafusion::{
    common::{DataFusionError, Result},
    logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, lit, not},
};
use reach::Together;
use sluice_catalog::{
    condition::{At, Checked, Context, Leaf, Reach, Test},
    ids::{ModelId, SegmentId},
    model::Model,
    types::DataType,
};

/// A plan with helper columns added, and the condition over it. The helper columns' names begin with `__`, which no field's id does.
pub(crate) struct Filter {
    pub(crate) plan: LogicalPlan,
    pub(crate) condition: Expr,
    /// Whether the condition looks at other rows than the one it is about; then it can stand in a filter only.
    pub(crate) looks_around: bool,
}

/// What a condition reads beside the rows that it is about.
#[derive(Default)]
pub(crate) struct Others {
    /// The fields of models by their ids.
    pub(crate) models: BTreeMap<ModelId, LogicalPlan>,
    /// The members of remote segments, with what is mixed into their hashes.
    pub(crate) lists: BTreeMap<SegmentId, (String, LogicalPlan)>,
}

/// `plan` gives the model's fields by their ids, and `others` has every model and list that the condition reaches.
pub(crate) fn filter(
    plan: LogicalPlan,
    model: &Model,
    checked: &Checked,
    at: &At,
    context: &Context,
    others: &Others,
) -> Result<Filter> {
    let compiler = Compiler { at, context, others, used: Cell::new(0) };
    let rows = Rows { model, fresh: &plan };
    let plan = compiler.prepare(plan.clone(), model, checked)?;
    let condition = compiler.lower(checked, &rows, &plan)?;
    Ok(Filter { plan, condition, looks_around: looks_around(checked) })
}

/// `plan` with more columns: `calculations` are calculated fields of `model` that are made of the plan's columns and of `others`, as
/// [`filter`] takes them.
pub(crate) fn calculated(
    plan: LogicalPlan,
    model: &Model,
    calculations: &[Calculation<'_>],
    at: &At,
    context: &Context,
    others: &Others,
) -> Result<LogicalPlan> {
    let compiler = Compiler { at, context, others, used: Cell::new(0) };
    let fresh = plan.clone();
    compiler.calculated(plan, &Rows { model, fresh: &fresh }, calculations)
}

/// The related rows of `records`, which are rows of `model`, that satisfy the condition of `reach`: the columns of the last model by
/// their ids, calculated fields not among them. Each row once for each record.
pub(crate) fn matched(
    records: LogicalPlan,
    model: &Model,
    reach: &Reach,
    at: &At,
    context: &Context,
    others: &Others,
) -> Result<LogicalPlan> {
    let compiler = Compiler { at, context, others, used: Cell::new(0) };
    compiler.matched(reach, &Rows { model, fresh: &records })
}

/// The models whose rows a condition reads, beside those of its own.
pub(crate) fn models(checked: &Checked) -> BTreeSet<ModelId> {
    match checked {
        Checked::All(children) | Checked::Any(children) => children.iter().flat_map(models).collect(),
        Checked::Not(child) => models(child),
        Checked::Member(members) => models(&members.condition),
        Checked::Leaf(_) | Checked::Listed(_) => BTreeSet::new(),
        Checked::Reach(reach) => reach.hops.iter().map(|hop| hop.model).chain(models(&reach.condition)).collect(),
        Checked::Sequence(ordered) => {
            let steps = ordered.steps.iter();
            steps.flat_map(|step| step.hops.iter().map(|hop| hop.model).chain(models(&step.condition))).collect()
        }
    }
}

fn looks_around(checked: &Checked) -> bool {
    match checked {
        Checked::All(children) | Checked::Any(children) => children.iter().any(looks_around),
        Checked::Not(child) => looks_around(child),
        Checked::Leaf(_) => false,
        Checked::Reach(_) | Checked::Member(_) | Checked::Listed(_) | Checked::Sequence(_) => true,
    }
}

struct Compiler<'a> {
    at: &'a At,
    context: &'a Context,
    others: &'a Others,
    /// How many names were given to sub-plans.
    used: Cell<usize>,
}

/// Whose rows a condition is about.
#[derive(Clone, Copy)]
struct Rows<'a> {
    model: &'a Model,
    /// All of them, as no condition has touched them yet.
    fresh: &'a LogicalPlan,
}

impl<'a> Compiler<'a> {
    /// A name for a sub-plan that no other of the whole plan has.
    fn name(&self) -> String {
        self.used.set(self.used.get() + 1);
        format!("r{}", self.used.get())
    }

    /// The rows of another model.
    fn rows(&self, id: ModelId) -> Result<Rows<'a>> {
        match (self.context.models.get(&id), self.others.models.get(&id)) {
            (Some(model), Some(fresh)) => Ok(Rows { model, fresh }),
            _ => Err(DataFusionError::Internal("a checked condition reaches only models that were given".into())),
        }
    }

    /// Rows under a name of their own, with the helper columns that a condition about them needs.
    fn named(&self, rows: Rows<'_>, checked: &Checked) -> Result<LogicalPlan> {
        let plan = LogicalPlanBuilder::from(rows.fresh.clone()).alias(self.name())?.build()?;
        self.prepare(plan, rows.model, checked)
    }

    /// Adds the helper columns that the tree needs.
    fn prepare(&self, plan: LogicalPlan, model: &Model, checked: &Checked) -> Result<LogicalPlan> {
        let (mut ranks, mut days) = (BTreeSet::new(), BTreeSet::new());
        helpers(checked, model, &mut ranks, &mut days);
        let plan = ranks.into_iter().try_fold(plan, |plan, (field, top)| rank::add(plan, model, field, top))?;
        if days.is_empty() {
            return Ok(plan);
        }
        let days = days.into_iter().map(|field| day::local(leaf::column(model, field), self.at).alias(day::name(field)));
        let all: Vec<Expr> = plan.schema().columns().into_iter().map(Expr::Column).chain(days).collect();
        LogicalPlanBuilder::from(plan).project(all)?.build()
    }

    /// The condition over `plan`, which gives the fields of `rows` and the helper columns.
    fn lower(&self, checked: &Checked, rows: &Rows<'_>, plan: &LogicalPlan) -> Result<Expr> {
        let joined = |children: &[Checked], join: fn(Expr, Expr) -> Expr, empty: bool| -> Result<Expr> {
            let parts = reach::together(children).into_iter().map(|part| match part {
                Together::Other(child) => self.lower(child, rows, plan),
                Together::Measures(reach, all) => self.measures(reach, &all, join, rows, plan),
            });
            Ok(parts.collect::<Result<Vec<_>>>()?.into_iter().reduce(join).unwrap_or_else(|| lit(empty)))
        };
        match checked {
            Checked::All(children) => joined(children, Expr::and, true),
            Checked::Any(children) => joined(children, Expr::or, false),
            Checked::Not(child) => Ok(not(self.lower(child, rows, plan)?)),
            Checked::Leaf(leaf) => Ok(leaf::lower(leaf, rows.model, self.at)),
            Checked::Reach(reach) => self.reach(reach, rows, plan),
            Checked::Member(members) => self.member(members, rows, plan),
            Checked::Listed(segment) => self.member_of_list(*segment, rows),
            Checked::Sequence(ordered) => self.sequence(ordered, rows, plan),
        }
    }
}

/// Fields and directions whose rank is asked for, and timestamp fields whose local day is.
fn helpers(checked: &Checked, model: &Model, ranks: &mut BTreeSet<(usize, bool)>, days: &mut BTreeSet<usize>) {
    match checked {
        Checked::All(children) | Checked::Any(children) => {
            children.iter().for_each(|child| helpers(child, model, ranks, days));
        }
        Checked::Not(child) => helpers(child, model, ranks, days),
        Checked::Leaf(Leaf { field, test: Test::Percentile { top, .. } }) => {
            ranks.insert((*field, *top));
        }
        Checked::Leaf(Leaf { field, test: Test::Anniversary { .. } }) if model.fields[*field].ty == DataType::Timestamp => {
            days.insert(*field);
        }
        Checked::Leaf(_) | Checked::Reach(_) | Checked::Member(_) | Checked::Listed(_) | Checked::Sequence(_) => {}
    }
}
