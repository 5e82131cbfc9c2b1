//! Sequences: rows of several steps in an order of time, without a join that grows with the square of a record's rows.
//!
//! From the last step back to the first, each row learns when the next row comes that could follow it. Rows that ask and rows that
//! answer are put one below the other (UNION ALL) and read from the latest to the earliest, under the record and the fields that both
//! must share: the earliest answer so far is the least of the answers' times. At one instant those who ask come first, so an answer is
//! strictly later. The earliest answer decides everything: if it is not in time no other is, and if something lies between, something
//! lies before every other. The record itself is joined only where its own fields are needed, as for related rows.
//!
//! A field shared with a step further back is carried along: a row is looked at once for each value that it could be about.

use arrow::datatypes::DataType as Arrow;
use datafusion::{
    common::{JoinType, Result, ScalarValue},
    functions::core::expr_fn::coalesce,
    functions_aggregate::min_max::min_udaf,
    logical_expr::{
        Expr, ExprFunctionExt, LogicalPlan, LogicalPlanBuilder, WindowFrame, WindowFrameBound, WindowFrameUnits,
        WindowFunctionDefinition, cast, expr::WindowFunction, lit, not, when,
    },
};
use sluice_catalog::{
    condition::{Ordered, OrderedStep, TimeTest, Within},
    model::Model,
    types::DataType,
};

use super::{
    Compiler, Rows, leaf,
    right::{Key, key_name, keyed_and, own, parent_name},
};
use crate::types::plan_type;

/// When a row happens.
const TIME: &str = "__time";
/// 0 of a row that asks, 1 of one that answers.
const ROLE: &str = "__role";

/// Name of a row's own field.
fn own_name(field: usize) -> String {
    format!("__own_{field}")
}

/// Name of a field of an earlier step's row, carried along.
fn carried_name((step, field): (usize, usize)) -> String {
    format!("__carried_{step}_{field}")
}

/// Name of the time of the earliest answer of a step.
fn next_name(step: usize) -> String {
    format!("__next_{step}")
}

/// A field of an earlier step.
type Carried = (usize, usize);

/// A sequence under way.
struct Sequence<'a> {
    compiler: &'a Compiler<'a>,
    ordered: &'a Ordered,
    /// The record whose rows they are.
    rows: Rows<'a>,
    key: Key<'a>,
}

/// A field of rows that ask, and the field of the rows that answer which is equal to it.
struct Shared {
    asked: String,
    answered: String,
    /// A null equals nothing; else it is a value like others.
    strict: bool,
}

impl<'a> Compiler<'a> {
    /// Whether the record of `plan` has rows in the order that is wanted.
    pub(super) fn sequence(&self, ordered: &Ordered, rows: &Rows<'_>, plan: &LogicalPlan) -> Result<Expr> {
        let here = |step: &OrderedStep| step.hops[0].on.iter().map(|(here, _)| *here).collect::<Vec<_>>();
        let fields = here(&ordered.steps[0]);
        // Another step may find its rows by other fields of the record. They may be null, and then there are none.
        let mut parents = ordered.parents.clone();
        for field in ordered.steps.iter().flat_map(here) {
            if !fields.contains(&field) && !parents.contains(&field) {
                parents.push(field);
            }
        }
        let key = Key { model: rows.model, fields, parents };
        let sequence = Sequence { compiler: self, ordered, rows: *rows, key };
        let found = sequence.followed(0)?;
        let (keys, parents) = (sequence.keys(), sequence.parents());
        sequence.key.listed(sequence.key.right(found, keys, parents, self.name())?, plan)
    }
}

impl Sequence<'_> {
    fn keys(&self) -> Vec<Expr> {
        (0..self.key.fields.len()).map(|at| own(key_name(at))).collect()
    }

    fn parents(&self) -> Vec<Expr> {
        self.key.parents.iter().map(|field| own(parent_name(*field))).collect()
    }

    fn step(&self, at: usize) -> &OrderedStep {
        &self.ordered.steps[at]
    }

    fn model(&self, at: usize) -> Result<&Model> {
        let hop = self.step(at).hops.last().expect("a path has at least one step");
        Ok(self.compiler.rows(hop.model)?.model)
    }

    /// Fields of steps before `at` that steps after `at` share.
    fn carried(&self, at: usize) -> Vec<Carried> {
        let mut carried = Vec::new();
        for same in self.ordered.steps[at + 1..].iter().flat_map(|step| &step.same) {
            if same.step < at && !carried.contains(&(same.step, same.other)) {
                carried.push((same.step, same.other));
            }
        }
        carried
    }

    /// The record's key, the time, and the fields that steps share, of the rows of one step.
    fn rows_of(&self, at: usize) -> Result<LogicalPlan> {
        let step = self.step(at);
        let related = self.compiler.related(&step.hops, &step.condition, &self.key, &self.rows)?;
        let time = leaf::column(related.rows.model, step.time);
        let met = self.compiler.lower(&step.condition, &related.rows, &related.plan)?;
        let met = keyed_and(&related.keys, met).and(time.clone().is_not_null());
        let mut shared: Vec<usize> = step.same.iter().map(|same| same.field).collect();
        shared.extend(self.ordered.steps.iter().flat_map(|step| &step.same).filter(|same| same.step == at).map(|same| same.other));
        shared.sort_unstable();
        shared.dedup();
        let mut columns: Vec<Expr> = related.keys.into_iter().enumerate().map(|(at, key)| key.alias(key_name(at))).collect();
        columns.extend(related.parents.into_iter().zip(&self.key.parents).map(|(parent, field)| parent.alias(parent_name(*field))));
        columns.push(time.alias(TIME));
        columns.extend(shared.into_iter().map(|field| leaf::column(related.rows.model, field).alias(own_name(field))));
        LogicalPlanBuilder::from(related.plan).filter(met)?.project(columns)?.alias(self.compiler.name())?.build()
    }

    /// The rows of a step that was done after which everything holds, with what is carried.
    fn followed(&self, at: usize) -> Result<LogicalPlan> {
        let end = self.ordered.steps[at + 1..].iter().position(|step| step.did).map(|after| at + 1 + after);
        let mut asking = self.rows_of(at)?;
        for step in self.carried(at).into_iter().map(|(step, _)| step).collect::<std::collections::BTreeSet<_>>() {
            asking = self.carry(asking, at, step)?;
        }
        let followers = at + 1..=end.unwrap_or(self.ordered.steps.len() - 1);
        let mut holds = lit(true);
        for follower in followers {
            let answering = if Some(follower) == end { self.followed(follower)? } else { self.rows_of(follower)? };
            asking = self.answered(asking, answering, follower, &self.shared(at, follower))?;
        }
        let model = self.model(at)?;
        let ty = model.fields[self.step(at).time].ty;
        for follower in at + 1..=end.unwrap_or(self.ordered.steps.len() - 1) {
            let step = self.step(follower);
            let next = own(next_name(follower));
            let in_time = |within: Within| leaf::truly(elapsed(ty, next.clone(), own(TIME)).lt_eq(lit(length(within, ty))));
            let test = match (step.did, step.within, end) {
                (true, Some(within), _) => in_time(within),
                (true, None, _) => next.is_not_null(),
                (false, Some(within), _) => {
                    let passed = TimeTest::MoreThanAgo(within.back(ty));
                    not(in_time(within)).and(leaf::truly(leaf::time(own(TIME), ty, &passed, self.compiler.at)))
                }
                (false, None, Some(end)) => not(leaf::truly(next.lt(own(next_name(end))))),
                (false, None, None) => next.is_null(),
            };
            holds = if holds == lit(true) { test } else { holds.and(test) };
        }
        LogicalPlanBuilder::from(asking).filter(holds)?.build()
    }

    /// What rows of `at` and the rows of `follower`, the next step that was done or one before it, have in common.
    fn shared(&self, at: usize, follower: usize) -> Vec<Shared> {
        let asked = |(step, field): Carried| if step == at { own_name(field) } else { carried_name((step, field)) };
        let step = self.step(follower);
        let own = step.same.iter().map(|same| Shared {
            asked: asked((same.step, same.other)),
            answered: own_name(same.field),
            strict: true,
        });
        let carried = if step.did { self.carried(follower) } else { Vec::new() };
        let carried = carried.into_iter().map(|field| Shared { asked: asked(field), answered: carried_name(field), strict: false });
        own.chain(carried).collect()
    }

    /// Each row of `asking`, once for each combination of the fields of `step` that are shared after `at`.
    fn carry(&self, asking: LogicalPlan, at: usize, step: usize) -> Result<LogicalPlan> {
        let fields: Vec<Carried> = self.carried(at).into_iter().filter(|(of, _)| *of == step).collect();
        let there = |name: String| format!("{name}_there");
        let names: Vec<String> =
            (0..self.key.fields.len()).map(key_name).chain(self.key.parents.iter().map(|field| parent_name(*field))).collect();
        let mut columns: Vec<Expr> = names.iter().map(|name| own(name).alias(there(name.clone()))).collect();
        columns.extend(fields.iter().map(|field| own(own_name(field.1)).alias(carried_name(*field))));
        let values =
            LogicalPlanBuilder::from(self.rows_of(step)?).project(columns)?.distinct()?.alias(self.compiler.name())?.build()?;
        let keys = (0..self.key.fields.len()).map(key_name).map(|name| own(&name).eq(own(there(name))));
        let parents = self.key.parents.iter().flat_map(|field| {
            let (here, other) = (own(parent_name(*field)), own(there(parent_name(*field))));
            let nothing = || self.key.nothing(*field);
            [
                coalesce(vec![here.clone(), nothing()]).eq(coalesce(vec![other.clone(), nothing()])),
                here.is_null().eq(other.is_null()),
            ]
        });
        let equal: Vec<Expr> = keys.chain(parents).collect();
        let columns = asking.schema().columns().into_iter().map(|column| own(column.name));
        let columns: Vec<Expr> = columns.chain(fields.iter().map(|field| own(carried_name(*field)))).collect();
        LogicalPlanBuilder::from(asking)
            .join_on(values, JoinType::Inner, equal)?
            .project(columns)?
            .alias(self.compiler.name())?
            .build()
    }

    /// `asking` with one column more: the time of the earliest row of `answering` that is later and shares what it must.
    fn answered(&self, asking: LogicalPlan, answering: LogicalPlan, follower: usize, shared: &[Shared]) -> Result<LogicalPlan> {
        let share = |at: usize| format!("__shared_{at}");
        let kept: Vec<(String, Arrow)> =
            asking.schema().fields().iter().map(|field| (field.name().clone(), field.data_type().clone())).collect();
        let identity = |name: &str| name.starts_with("__key_") || name.starts_with("__parent_") || name == TIME;
        let mut asked: Vec<Expr> = kept.iter().map(|(name, _)| own(name)).collect();
        let mut answers = Vec::with_capacity(kept.len());
        for (name, ty) in &kept {
            answers.push(if identity(name) { own(name) } else { Expr::Literal(ScalarValue::try_new_null(ty)?, None).alias(name) });
        }
        for (at, pair) in shared.iter().enumerate() {
            asked.push(own(&pair.asked).alias(share(at)));
            answers.push(own(&pair.answered).alias(share(at)));
        }
        asked.push(lit(0_i64).alias(ROLE));
        answers.push(lit(1_i64).alias(ROLE));
        let strict = shared.iter().filter(|pair| pair.strict).map(|pair| own(&pair.answered).is_not_null()).reduce(Expr::and);
        let answering = match strict {
            None => answering,
            Some(strict) => LogicalPlanBuilder::from(answering).filter(strict)?.build()?,
        };
        let answering = LogicalPlanBuilder::from(answering).project(answers)?.build()?;
        let both = LogicalPlanBuilder::from(asking).project(asked)?.union(answering)?.alias(self.compiler.name())?.build()?;

        let by = self.keys().into_iter().chain(self.parents()).chain((0..shared.len()).map(|at| own(share(at)))).collect();
        let order = vec![own(TIME).sort(false, false), own(ROLE).sort(true, false)];
        let so_far = WindowFrame::new_bounds(
            WindowFrameUnits::Rows,
            WindowFrameBound::Preceding(ScalarValue::UInt64(None)),
            WindowFrameBound::CurrentRow,
        );
        let answer = when(own(ROLE).eq(lit(1_i64)), own(TIME)).end()?;
        let earliest = WindowFunction::new(WindowFunctionDefinition::AggregateUDF(min_udaf()), vec![answer]);
        let earliest = Expr::from(earliest).partition_by(by).order_by(order).window_frame(so_far).build()?;
        let name = next_name(follower);
        let known = LogicalPlanBuilder::from(both).window(vec![earliest.alias(&name)])?.alias(self.compiler.name())?.build()?;
        let columns: Vec<Expr> = kept.iter().map(|(name, _)| own(name)).chain([own(&name)]).collect();
        LogicalPlanBuilder::from(known).filter(own(ROLE).eq(lit(0_i64)))?.project(columns)?.alias(self.compiler.name())?.build()
    }
}

/// Microseconds, or days of dates, from one time to a later one.
fn elapsed(ty: DataType, later: Expr, earlier: Expr) -> Expr {
    let number = |time: Expr| match plan_type(ty) {
        Arrow::Date32 => cast(cast(time, Arrow::Int32), Arrow::Int64),
        _ => cast(time, Arrow::Int64),
    };
    number(later) - number(earlier)
}

/// The same as a number.
fn length(within: Within, ty: DataType) -> i64 {
    match ty {
        DataType::Date => within.days().map(i64::from),
        _ => within.micros(),
    }
    .expect("the check lets only lengths of the time's own kind through")
}
