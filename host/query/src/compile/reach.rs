//! Conditions beyond the row: related rows, and membership of a segment.
//!
//! A path on which only presence counts is nested, IN within IN. Everything that counts, measures or picks needs the related rows
//! beside the key of the record; they are found by inner joins of distinct links, so that a row that is reached in two ways is one row
//! still, and the record itself is never joined. A comparison with a field of the record takes that field along as part of the link:
//! no engine has to de-correlate anything but equalities.
//!
//! Measures of the same related rows side by side, such as a count and a sum of them, are computed in one group: the rows are read once.

use std::sync::Arc;

use datafusion::{
    common::{DataFusionError, JoinType, Result},
    functions_window::expr_fn::row_number,
    logical_expr::{Expr, ExprFunctionExt, LogicalPlan, LogicalPlanBuilder, in_subquery, lit, not},
};
use sluice_catalog::{
    condition::{Checked, Hop, Measured, Members, Quantity, Reach},
    ids::SegmentId,
};

use super::{
    Compiler, Rows, hashed, kept, leaf, measure,
    right::{Key, key_name, keyed, keyed_and, own, parent_name},
};

/// The related rows, not filtered yet, beside the key of the record that they belong to.
pub(super) struct Related<'a> {
    pub(super) rows: Rows<'a>,
    pub(super) plan: LogicalPlan,
    /// The record's joined fields.
    pub(super) keys: Vec<Expr>,
    /// The record's fields that the condition compares with.
    pub(super) parents: Vec<Expr>,
}

/// What stands side by side in a condition, with what is asked of the same rows put together.
pub(super) enum Together<'a> {
    /// Measures of the rows of a reach; a record without rows satisfies all of them, or none.
    Measures(&'a Reach, Vec<&'a Measured>),
    /// Anything else.
    Other(&'a Checked),
}

/// Each child once; those that belong together stand where their first stood.
pub(super) fn together(children: &[Checked]) -> Vec<Together<'_>> {
    let mut parts: Vec<Together<'_>> = Vec::with_capacity(children.len());
    for child in children {
        let measured = match child {
            Checked::Reach(reach) => match &reach.quantity {
                Quantity::Measure(measured) => Some((reach, measured)),
                Quantity::Any | Quantity::Pick { .. } => None,
            },
            _ => None,
        };
        let Some((reach, measured)) = measured else {
            parts.push(Together::Other(child));
            continue;
        };
        let known = parts.iter_mut().find_map(|part| match part {
            Together::Measures(of, all) if same_rows(of, reach) && all[0].holds_without_rows() == measured.holds_without_rows() => {
                Some(all)
            }
            Together::Measures(..) | Together::Other(_) => None,
        });
        match known {
            Some(all) => all.push(measured),
            None => parts.push(Together::Measures(reach, vec![measured])),
        }
    }
    parts
}

fn same_rows(one: &Reach, other: &Reach) -> bool {
    one.hops == other.hops && one.parents == other.parents && one.condition == other.condition
}

/// Name of a row's number in the order of time, under its record.
const NUMBER: &str = "__number";

/// Name of a link's field that the next model is joined by.
fn join_name(at: usize) -> String {
    format!("__join_{at}")
}

impl<'a> Compiler<'a> {
    /// Whether the record of `plan` has the related rows that are wanted.
    pub(super) fn reach(&self, reach: &Reach, rows: &Rows<'_>, plan: &LogicalPlan) -> Result<Expr> {
        match &reach.quantity {
            Quantity::Any if reach.parents.is_empty() => self.nested(reach, 0, rows, plan),
            Quantity::Any => {
                let (key, related) = self.with_key(reach, rows)?;
                let met = self.lower(&reach.condition, &related.rows, &related.plan)?;
                let met = LogicalPlanBuilder::from(related.plan).filter(keyed_and(&related.keys, met))?.build()?;
                key.listed(key.right(met, related.keys, related.parents, self.name())?, plan)
            }
            Quantity::Pick { time, last } => {
                let (key, related) = self.with_key(reach, rows)?;
                let picked = self.picked(reach, related, *time, *last)?;
                self.named_listed(&key, picked, plan)
            }
            Quantity::Measure(measured) => self.measures(reach, &[measured], Expr::and, rows, plan),
        }
    }

    /// What `join` makes of measures of the same rows. Either all of them hold for a record without rows, or none.
    pub(super) fn measures(
        &self,
        reach: &Reach,
        all: &[&Measured],
        join: fn(Expr, Expr) -> Expr,
        rows: &Rows<'_>,
        plan: &LogicalPlan,
    ) -> Result<Expr> {
        let (key, related) = self.with_key(reach, rows)?;
        let grouped = self.measured(reach, all, &related)?;
        let tests = all.iter().enumerate().map(|(at, measured)| measure::holds(measured, at, self.at));
        let test = tests.reduce(join).expect("there is a measure");
        // Records without rows are in no group: what they answer decides which groups are listed.
        let without_rows = all[0].holds_without_rows();
        let listed = LogicalPlanBuilder::from(grouped).filter(if without_rows { not(test) } else { test })?.build()?;
        let found = self.named_listed(&key, listed, plan)?;
        Ok(if without_rows { not(found) } else { found })
    }

    /// The record's key that its related rows are found by, and these rows.
    fn with_key<'m>(&self, reach: &Reach, rows: &Rows<'m>) -> Result<(Key<'m>, Related<'a>)> {
        let fields = reach.hops[0].on.iter().map(|(here, _)| *here).collect();
        let key = Key { model: rows.model, fields, parents: reach.parents.clone() };
        let related = self.related(&reach.hops, &reach.condition, &key, rows)?;
        Ok((key, related))
    }

    /// Whether the record of `plan` is in `found`, which has the parts of the key under their names.
    fn named_listed(&self, key: &Key<'_>, found: LogicalPlan, plan: &LogicalPlan) -> Result<Expr> {
        let keys = (0..key.fields.len()).map(|at| own(key_name(at))).collect();
        let parents = key.parents.iter().map(|field| own(parent_name(*field))).collect();
        key.listed(key.right(found, keys, parents, self.name())?, plan)
    }

    /// Whether the key of the record of `plan` is that of a member.
    pub(super) fn member(&self, members: &Members, rows: &Rows<'_>, plan: &LogicalPlan) -> Result<Expr> {
        let position = |id: &String| rows.model.fields.iter().position(|field| field.id == *id);
        let fields = rows.model.primary_key.iter().filter_map(position).collect();
        let key = Key { model: rows.model, fields, parents: Vec::new() };
        let keys: Vec<Expr> = key.fields.iter().map(|field| leaf::column(rows.model, *field)).collect();
        let found = self.named(*rows, &members.condition)?;
        let met = self.lower(&members.condition, rows, &found)?;
        let mut found = LogicalPlanBuilder::from(found).filter(keyed_and(&keys, met))?.build()?;
        if let Some(limit) = &members.limit {
            found = kept(found, rows.model, limit, &self.name())?;
        }
        key.listed(key.right(found, keys, Vec::new(), self.name())?, plan)
    }

    /// Whether the hash of the record's key is in the list that is kept of a remote segment.
    pub(super) fn member_of_list(&self, segment: SegmentId, rows: &Rows<'_>) -> Result<Expr> {
        let Some((seed, list)) = self.others.lists.get(&segment) else {
            return Err(DataFusionError::Internal("the list of a remote segment was not given".into()));
        };
        let keys: Vec<Expr> = rows.model.primary_key.iter().map(own).collect();
        let hash = hashed(seed, &keys);
        let list = LogicalPlanBuilder::from(list.clone()).alias(self.name())?.build()?;
        Ok(keyed(&keys).and(in_subquery(hash, Arc::new(list))))
    }

    /// The related rows themselves, of all records of `rows`.
    pub(super) fn matched(&self, reach: &Reach, rows: &Rows<'_>) -> Result<LogicalPlan> {
        let fields: Vec<usize> = reach.hops[0].on.iter().map(|(here, _)| *here).collect();
        // A field beside the key makes the records a part of the plan, so that only theirs are found.
        let parents = if reach.parents.is_empty() { vec![fields[0]] } else { reach.parents.clone() };
        let key = Key { model: rows.model, fields, parents };
        let related = self.related(&reach.hops, &reach.condition, &key, rows)?;
        let met = self.lower(&reach.condition, &related.rows, &related.plan)?;
        let stored = related.rows.model.fields.iter().filter(|field| field.calculated.is_none());
        let columns = stored.map(|field| own(&field.id));
        LogicalPlanBuilder::from(related.plan).filter(keyed_and(&related.keys, met))?.project(columns)?.alias(self.name())?.build()
    }

    /// From the step at `step` on: the record has a row there that has a row at the next step, and so on.
    fn nested(&self, reach: &Reach, step: usize, rows: &Rows<'_>, plan: &LogicalPlan) -> Result<Expr> {
        let hop = &reach.hops[step];
        let next = self.rows(hop.model)?;
        let always = Checked::All(Vec::new());
        let last = step + 1 == reach.hops.len();
        let found = self.named(next, if last { &reach.condition } else { &always })?;
        let met = if last { self.lower(&reach.condition, &next, &found)? } else { self.nested(reach, step + 1, &next, &found)? };
        let keys: Vec<Expr> = hop.on.iter().map(|(_, there)| leaf::column(next.model, *there)).collect();
        let found = LogicalPlanBuilder::from(found).filter(keyed_and(&keys, met))?.build()?;
        let fields = hop.on.iter().map(|(here, _)| *here).collect();
        let key = Key { model: rows.model, fields, parents: Vec::new() };
        key.listed(key.right(found, keys, Vec::new(), self.name())?, plan)
    }

    /// The rows at the end of the path, beside the record's `key`. Prepared for `condition`, which is not asked yet.
    pub(super) fn related(&self, hops: &[Hop], condition: &Checked, key: &Key<'_>, rows: &Rows<'_>) -> Result<Related<'a>> {
        let always = Checked::All(Vec::new());
        let key_names = || (0..key.fields.len()).map(|at| own(key_name(at)));
        let parent_names = || key.parents.iter().map(|field| own(parent_name(*field)));
        let joined = hops[0].on.iter().map(|(here, _)| here).eq(&key.fields);
        let mut link = if joined && key.parents.is_empty() { None } else { Some(self.first_link(&hops[0], key, rows)?) };
        for (step, hop) in hops.iter().enumerate() {
            let next = self.rows(hop.model)?;
            let after = hops.get(step + 1);
            let found = self.named(next, if after.is_none() { condition } else { &always })?;
            let there = hop.on.iter().map(|(_, there)| leaf::column(next.model, *there));
            let (plan, keys) = match link {
                None => (found, there.collect::<Vec<_>>()),
                Some(link) => {
                    let equal = there.enumerate().map(|(at, field)| own(join_name(at)).eq(field));
                    let plan = LogicalPlanBuilder::from(link).join_on(found, JoinType::Inner, equal)?.build()?;
                    (plan, key_names().collect())
                }
            };
            let Some(after) = after else {
                return Ok(Related { rows: next, plan, keys, parents: parent_names().collect() });
            };
            let joins: Vec<Expr> = after.on.iter().map(|(here, _)| leaf::column(next.model, *here)).collect();
            link = Some(self.link(plan, keys, parent_names().zip(key.parents.iter().copied()), joins)?);
        }
        unreachable!("a path has at least one step, and the last returns")
    }

    /// The records themselves, where fields of theirs are needed on the way.
    fn first_link(&self, hop: &Hop, key: &Key<'_>, rows: &Rows<'_>) -> Result<LogicalPlan> {
        let plan = self.named(*rows, &Checked::All(Vec::new()))?;
        let column = |field: &usize| leaf::column(rows.model, *field);
        let keys: Vec<Expr> = key.fields.iter().map(column).collect();
        let parents = key.parents.iter().map(|field| (column(field), *field));
        let joins = hop.on.iter().map(|(here, _)| column(here)).collect();
        self.link(plan, keys, parents, joins)
    }

    /// Each combination of a record's key, its fields that are needed, and the fields that lead on: once.
    fn link(
        &self,
        plan: LogicalPlan,
        keys: Vec<Expr>,
        parents: impl Iterator<Item = (Expr, usize)>,
        joins: Vec<Expr>,
    ) -> Result<LogicalPlan> {
        let there = keyed(&[keys.as_slice(), joins.as_slice()].concat());
        let mut columns: Vec<Expr> = keys.into_iter().enumerate().map(|(at, key)| key.alias(key_name(at))).collect();
        columns.extend(parents.map(|(parent, field)| parent.alias(parent_name(field))));
        columns.extend(joins.into_iter().enumerate().map(|(at, join)| join.alias(join_name(at))));
        LogicalPlanBuilder::from(plan).filter(there)?.project(columns)?.distinct()?.alias(self.name())?.build()
    }

    /// The groups of related rows that satisfy the condition, by record, with all that is measured.
    fn measured(&self, reach: &Reach, all: &[&Measured], related: &Related<'_>) -> Result<LogicalPlan> {
        let met = self.lower(&reach.condition, &related.rows, &related.plan)?;
        // A field that is joined with two fields of the record is grouped by once.
        let mut by: Vec<Expr> = Vec::new();
        let mut places = Vec::new();
        for part in related.keys.iter().chain(&related.parents) {
            places.push(by.iter().position(|known| known == part).unwrap_or(by.len()));
            if places.last() == Some(&by.len()) {
                by.push(part.clone());
            }
        }
        let names = (0..related.keys.len()).map(key_name).chain(reach.parents.iter().map(|field| parent_name(*field)));
        let of = |(at, measured): (usize, &&Measured)| measure::aggregates(measured, at, related.rows.model, self.at);
        let (results, named): (Vec<Expr>, Vec<String>) = all.iter().enumerate().flat_map(of).unzip();
        let groups = by.len();
        let grouped = LogicalPlanBuilder::from(related.plan.clone())
            .filter(keyed_and(&related.keys, met))?
            .aggregate(by, results)?
            .build()?;
        let found = grouped.schema().columns();
        let column = |(place, name): (usize, String)| Expr::Column(found[place].clone()).alias(name);
        let columns: Vec<Expr> = places.into_iter().zip(names).chain((groups..).zip(named)).map(column).collect();
        LogicalPlanBuilder::from(grouped).project(columns)?.alias(self.name())?.build()
    }

    /// The earliest or latest related row of each record, if it satisfies the condition.
    fn picked(&self, reach: &Reach, related: Related<'_>, time: usize, last: bool) -> Result<LogicalPlan> {
        let Related { rows, plan, keys, parents } = related;
        let time = leaf::column(rows.model, time);
        let by: Vec<Expr> = keys.iter().chain(&parents).cloned().collect();
        let mut order = vec![time.clone().sort(!last, false)];
        order.extend(rows.model.primary_key.iter().map(|id| own(id).sort(true, false)));
        let number = row_number().partition_by(by).order_by(order).build()?.alias(NUMBER);
        // The row's own columns under one name, and of the link what is named below.
        let of_link = |name: &str| ["__key_", "__parent_", "__join_"].iter().any(|start| name.starts_with(start));
        let columns = plan.schema().columns().into_iter().filter(|column| !of_link(&column.name));
        let mut columns: Vec<Expr> = columns.map(|column| Expr::Column(column.clone()).alias(column.name)).collect();
        columns.extend(keys.iter().enumerate().map(|(at, key)| key.clone().alias(key_name(at))));
        columns.extend(parents.iter().zip(&reach.parents).map(|(parent, field)| parent.clone().alias(parent_name(*field))));
        columns.push(own(NUMBER));
        let numbered = LogicalPlanBuilder::from(plan)
            .filter(keyed(&keys).and(time.is_not_null()))?
            .window(vec![number])?
            .project(columns)?
            .alias(self.name())?
            .build()?;
        let met = self.lower(&reach.condition, &rows, &numbered)?;
        LogicalPlanBuilder::from(numbered).filter(own(NUMBER).eq(lit(1_u64)).and(met))?.build()
    }
}
