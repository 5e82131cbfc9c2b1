//! The naive evaluator of related rows and memberships: sets of rows found by looking at every one of them, over [`super::naive`].

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
};

use jiff::{Timestamp, tz::TimeZone};
use serde_json::Value;
use sluice_catalog::{
    condition::{Conjunction, Function, Group, Inside, Measure, Node, Property, Quantifier, Related, ValueRef},
    ids::{ModelId, SegmentId},
    model::Model,
    segment::Segment,
    size::{Keep, KeepOrder, SizeLimit},
};
use unicode_normalization::UnicodeNormalization;

use super::naive::{Cell, Row, World, cell, id};

pub(crate) struct Table {
    pub(crate) model: Model,
    pub(crate) rows: Vec<Row>,
}

pub(crate) struct Worlds {
    pub(crate) tables: BTreeMap<ModelId, Table>,
    pub(crate) segments: BTreeMap<SegmentId, Segment>,
    pub(crate) now: Timestamp,
    pub(crate) zone: TimeZone,
}

impl Worlds {
    /// Whether a row of the model satisfies the group; `parent` is the record whose related row it is.
    pub(crate) fn holds(&self, of: ModelId, group: &Group, row: &Row, parent: Option<&Row>) -> bool {
        let child = |child: &Node| match child {
            Node::Group(group) => self.holds(of, group, row, parent),
            Node::Property(property) => self.property(of, property, row, parent),
            Node::Related(related) => self.related(of, related, row),
            Node::Member(member) => {
                let segment = &self.segments[&member.segment];
                self.members(of, &segment.condition.root, segment.limit.as_ref()).contains(&id(row))
                    == (member.inside == Inside::Yes)
            }
            Node::Sequence(sequence) => self.sequence(of, sequence, row),
            Node::Disabled(_) => panic!("is not asked"),
        };
        let joined = match group.op {
            _ if group.asked().count() == 0 => true,
            Conjunction::And => group.asked().all(child),
            Conjunction::Or => group.asked().any(child),
        };
        joined != group.not
    }

    /// The ids of the rows of a model that satisfy a group, of which a limit by a field keeps some.
    pub(crate) fn members(&self, of: ModelId, group: &Group, limit: Option<&SizeLimit>) -> BTreeSet<i64> {
        let mut rows: Vec<&Row> = self.tables[&of].rows.iter().filter(|row| self.holds(of, group, row, None)).collect();
        if let Some(SizeLimit { keep, order: KeepOrder::Field(field) }) = limit {
            rows.sort_by(|a, b| match (cell(a, &field.id), cell(b, &field.id)) {
                (Cell::None, Cell::None) => id(a).cmp(&id(b)),
                (Cell::None, _) => Ordering::Greater,
                (_, Cell::None) => Ordering::Less,
                (left, right) => {
                    let order = self.world(of).order(&left, &right).unwrap();
                    (if field.descending { order.reverse() } else { order }).then(id(a).cmp(&id(b)))
                }
            });
            rows.truncate(match keep {
                Keep::Rows(rows) => *rows as usize,
                Keep::Percent(percent) => rows.len() * usize::from(*percent) / 100,
            });
        }
        rows.into_iter().map(id).collect()
    }

    fn world(&self, of: ModelId) -> World<'_> {
        World { rows: &self.tables[&of].rows, now: self.now, zone: self.zone.clone() }
    }

    fn property(&self, of: ModelId, property: &Property, row: &Row, parent: Option<&Row>) -> bool {
        let (mut row, mut property) = (row.clone(), property.clone());
        if let Some(ValueRef::Parent(field)) = &property.value_ref {
            row.push(("parent", cell(parent.unwrap(), &field.parent)));
            property.value_ref = Some(ValueRef::Field("parent".into()));
        }
        self.world(of).test(&property, &row)
    }

    fn related(&self, of: ModelId, related: &Related, row: &Row) -> bool {
        let (last, rows) = self.reached(of, &related.path, row);
        let model = &self.tables[&last].model;
        let time = related.window.as_ref().and_then(|window| window.field.clone()).or_else(|| model.time_field.clone());
        let in_window = |row: &Row| {
            related.window.as_ref().is_none_or(|window| {
                let (operator, value, options) = (window.operator, window.value.clone(), window.options.clone());
                self.world(last).test(&Property { field: time.clone().unwrap(), operator, value, value_ref: None, options }, row)
            })
        };
        let fits = |found: &Row| related.filter.as_ref().is_none_or(|group| self.holds(last, group, found, Some(row)));
        let met: Vec<&Row> = rows.iter().copied().filter(|row| in_window(row) && fits(row)).collect();
        let when = |row: &Row| match cell(row, time.as_ref().unwrap()) {
            Cell::Day(day) => Some((day, None)),
            Cell::Instant(at) => Some((self.world(last).local(at), Some(at))),
            _ => None,
        };
        let Some(quantifier) = related.quantifier else {
            return self.measure(last, related.measure.as_ref().unwrap(), &met);
        };
        let count = met.len() as u64;
        match quantifier {
            Quantifier::Any => count > 0,
            Quantifier::None => count == 0,
            Quantifier::AtLeast(n) => count >= n,
            Quantifier::Exactly(n) => count == n,
            Quantifier::AtMost(n) => count <= n,
            Quantifier::AtLeastDays(n) => {
                met.iter().filter_map(|row| when(row)).map(|(day, _)| day).collect::<BTreeSet<_>>().len() as u64 >= n
            }
            Quantifier::All => {
                let asked: Vec<_> = rows.into_iter().filter(|row| in_window(row)).collect();
                asked.iter().all(|row| fits(row)) && (related.empty_counts || !asked.is_empty())
            }
            Quantifier::FirstEver | Quantifier::LastEver => {
                let timed = || rows.iter().copied().filter_map(|row| Some((when(row)?, row)));
                let time = timed().map(|(time, _)| time);
                let time = if quantifier == Quantifier::FirstEver { time.min() } else { time.max() };
                let chosen = timed().filter(|(at, _)| Some(*at) == time).map(|(_, row)| row).min_by_key(|row| id(row));
                chosen.is_some_and(|row| in_window(row) && fits(row))
            }
        }
    }

    /// The rows at the end of a path, each once.
    pub(crate) fn reached(&self, of: ModelId, path: &[String], row: &Row) -> (ModelId, Vec<&Row>) {
        let (mut at, mut found) = (of, vec![row.clone()]);
        let mut rows = Vec::new();
        for name in path {
            let relationship = self.tables[&at].model.relationship(name).unwrap();
            let equal = |here: &Row, there: &Row| {
                relationship.on.iter().all(|join| {
                    let (left, right) = (cell(here, &join.field), cell(there, &join.other));
                    left != Cell::None && left == right
                })
            };
            at = relationship.model;
            rows = self.tables[&at].rows.iter().filter(|there| found.iter().any(|here| equal(here, there))).collect();
            found = rows.iter().map(|row| (*row).clone()).collect();
        }
        (at, rows)
    }

    fn measure(&self, of: ModelId, measure: &Measure, rows: &[&Row]) -> bool {
        let values: Vec<Cell> = match &measure.field {
            None => Vec::new(),
            Some(field) => rows.iter().map(|row| cell(row, field)).filter(|value| *value != Cell::None).collect(),
        };
        let sorted = || {
            let mut sorted = values.clone();
            sorted.sort_by(|a, b| self.world(of).order(a, b).unwrap());
            sorted
        };
        let result = match measure.function {
            Function::Count => Cell::Integer(rows.len() as i64),
            Function::CountDistinct => Cell::Integer(values.iter().map(name).collect::<BTreeSet<_>>().len() as i64),
            Function::Sum => {
                let ty = self.tables[&of].model.field(measure.field.as_ref().unwrap()).unwrap().ty;
                match ty {
                    sluice_catalog::types::DataType::Integer => Cell::Integer(units(&values) as i64),
                    sluice_catalog::types::DataType::Float => Cell::Float(units(&values) as f64 / 2.0),
                    _ => Cell::Decimal(units(&values)),
                }
            }
            Function::Avg if values.is_empty() => Cell::None,
            Function::Avg => {
                let per_unit = match values[0] {
                    Cell::Integer(_) => 1.0,
                    Cell::Float(_) => 2.0,
                    _ => 100.0,
                };
                Cell::Float(units(&values) as f64 / (per_unit * values.len() as f64))
            }
            Function::Min => sorted().first().cloned().unwrap_or(Cell::None),
            Function::Max => sorted().last().cloned().unwrap_or(Cell::None),
        };
        let (operator, value) = (measure.operator, measure.value.clone());
        let value = if measure.function == Function::Avg { value.map(number) } else { value };
        let property = Property { field: "result".into(), operator, value, value_ref: None, options: Default::default() };
        World { rows: &[], now: self.now, zone: self.zone.clone() }.test(&property, &vec![("result", result)])
    }
}

/// Whole numbers, hundredths of decimals, halves of floats: sums of small ones are exact.
fn units(values: &[Cell]) -> i128 {
    let unit = |value: &Cell| match value {
        Cell::Integer(value) => i128::from(*value),
        Cell::Decimal(value) => *value,
        Cell::Float(value) => (value * 2.0) as i128,
        other => panic!("{other:?}"),
    };
    values.iter().map(unit).sum()
}

/// Equal values have equal names.
fn name(value: &Cell) -> String {
    match value {
        Cell::Text(text) => text.nfc().collect(),
        Cell::Float(value) => format!("{}", value + 0.0),
        other => format!("{other:?}"),
    }
}

/// A decimal written as text, as a number; of averages only, which are compared to halves.
fn number(value: Value) -> Value {
    match value {
        Value::String(text) => text.parse::<f64>().unwrap().into(),
        Value::Number(number) => number.as_f64().unwrap().into(),
        Value::Array(items) => items.into_iter().map(number).collect(),
        other => other,
    }
}
