//! The naive evaluator: one row at a time, straight from the stored JSON, in other words than the compiler uses.
//!
//! Windows are distances between calendar units, not bounds; ranks are sorted lists; texts are Rust's own. When compiler and evaluator
//! agree on random trees and rows, both mean what the specification says, or both err in the same way by chance.

#![allow(dead_code)] // each test file uses its part

use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use serde_json::Value;
use sluice_catalog::condition::{Conjunction, Group, Node, Property, ValueRef};
use unicode_normalization::UnicodeNormalization;

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    None,
    Boolean(bool),
    Integer(i64),
    /// In hundredths.
    Decimal(i128),
    Float(f64),
    Text(String),
    Day(Date),
    Instant(Timestamp),
}

/// Field ids and cells, in the order of the model.
pub(crate) type Row = Vec<(&'static str, Cell)>;

pub(crate) struct World<'a> {
    pub(crate) rows: &'a [Row],
    pub(crate) now: Timestamp,
    pub(crate) zone: TimeZone,
}

impl World<'_> {
    pub(crate) fn holds(&self, group: &Group, row: &Row) -> bool {
        let child = |child: &Node| match child {
            Node::Group(group) => self.holds(group, row),
            Node::Property(property) => self.test(property, row),
            Node::Related(_) | Node::Member(_) | Node::Sequence(_) | Node::Disabled(_) => panic!("one table has no others"),
        };
        let joined = match group.op {
            _ if group.children.is_empty() => true,
            Conjunction::And => group.children.iter().all(child),
            Conjunction::Or => group.children.iter().any(child),
        };
        joined != group.not
    }

    pub(crate) fn test(&self, property: &Property, row: &Row) -> bool {
        let cell = cell(row, &property.field);
        let fold = property.options.case_insensitive;
        let right = |value: &Value| constant(value, &cell);
        let one = || match (&property.value_ref, &property.value) {
            (Some(ValueRef::Field(id)), _) => self::cell(row, id),
            (Some(ValueRef::Parent(other)), _) => panic!("{other:?}"),
            (None, Some(value)) => right(value),
            (Some(ValueRef::Variable(variable)), _) => unreachable!("random trees name no variable: {variable:?}"),
            (None, None) => Cell::None,
        };
        let list = || property.value.as_ref().and_then(Value::as_array).cloned().unwrap_or_default();
        let has = |part: &Value| matches!((&cell, part), (Cell::Text(text), Value::String(part)) if plain(text, fold).contains(&plain(part, fold)));
        let both = |join: fn(&str, &str) -> bool| match (&cell, one()) {
            (Cell::Text(left), Cell::Text(right)) => join(&plain(left, fold), &plain(&right, fold)),
            _ => false,
        };
        let operator = property.operator.as_str();
        match operator {
            "is-not"
            | "does-not-contain"
            | "contains-none-of"
            | "does-not-start-with"
            | "does-not-end-with"
            | "is-none-of"
            | "not-between"
            | "not-in-the-last"
            | "has-no-value" => {
                let positive = operator
                    .replace("does-not-contain", "contains")
                    .replace("does-not-start", "starts")
                    .replace("does-not-end", "ends");
                let positive = positive
                    .replace("is-not", "is")
                    .replace("none-of", "any-of")
                    .replace("not-", "")
                    .replace("no-value", "any-value");
                let property = Property { operator: serde_json::from_value(Value::String(positive)).unwrap(), ..property.clone() };
                !self.test(&property, row)
            }
            "has-any-value" => match &cell {
                Cell::None => false,
                Cell::Text(text) => !text.is_empty() || property.options.empty_as_no_value == Some(false),
                _ => true,
            },
            _ if cell == Cell::None => false,
            "is" if matches!(cell, Cell::Text(_)) => both(|left, right| left == right),
            "is" => self.order(&cell, &one()) == Some(std::cmp::Ordering::Equal),
            "is-any-of" => list().iter().any(|item| match (&cell, right(item)) {
                (Cell::Text(left), Cell::Text(right)) => plain(left, fold) == plain(&right, fold),
                (left, right) => *left == right,
            }),
            "contains" => both(|left, right| left.contains(right)),
            "starts-with" => both(|left, right| left.starts_with(right)),
            "ends-with" => both(|left, right| left.ends_with(right)),
            "contains-any-of" => list().iter().any(has),
            "contains-all-of" => list().iter().all(has),
            "matches-pattern" => match (&cell, property.value.as_ref().and_then(Value::as_str)) {
                (Cell::Text(text), Some("^F")) => plain(text, fold).starts_with(&plain("F", fold)),
                (Cell::Text(text), Some(r"^\d+$")) => !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()),
                (Cell::Text(text), Some("a.c")) => {
                    let text: Vec<char> = plain(text, fold).chars().collect();
                    text.windows(3).any(|w| w[0] == 'a' && w[1] != '\n' && w[2] == 'c')
                }
                other => panic!("{other:?}"),
            },
            "greater-than" | "after" => self.order(&cell, &one()).is_some_and(|order| order.is_gt()),
            "at-least" | "on-or-after" => self.order(&cell, &one()).is_some_and(|order| order.is_ge()),
            "less-than" | "before" => self.order(&cell, &one()).is_some_and(|order| order.is_lt()),
            "at-most" | "on-or-before" => self.order(&cell, &one()).is_some_and(|order| order.is_le()),
            "between" => {
                let ends = list();
                self.order(&cell, &right(&ends[0])).is_some_and(|order| order.is_ge())
                    && self.order(&cell, &right(&ends[1])).is_some_and(|order| order.is_le())
            }
            "in-top-percent" | "in-bottom-percent" => {
                let mut ranked: Vec<(&Cell, i64)> =
                    self.rows.iter().map(|row| (&row[position(row, &property.field)].1, id(row))).collect();
                ranked.retain(|(cell, _)| **cell != Cell::None);
                ranked.sort_by(|(a, a_id), (b, b_id)| {
                    let order = self.order(a, b).unwrap();
                    (if operator == "in-top-percent" { order.reverse() } else { order }).then(a_id.cmp(b_id))
                });
                let rank = ranked.iter().position(|(_, other)| *other == id(row)).unwrap() + 1;
                rank * 100 <= ranked.len() * usize::try_from(property.value.as_ref().unwrap().as_u64().unwrap()).unwrap()
            }
            _ => self.window(operator, property, &cell),
        }
    }

    /// An instant against a day is compared by its own local day.
    pub(crate) fn order(&self, left: &Cell, right: &Cell) -> Option<std::cmp::Ordering> {
        match (left, right) {
            (Cell::Boolean(a), Cell::Boolean(b)) => Some(a.cmp(b)),
            (Cell::Integer(a), Cell::Integer(b)) => Some(a.cmp(b)),
            (Cell::Decimal(a), Cell::Decimal(b)) => Some(a.cmp(b)),
            (Cell::Float(a), Cell::Float(b)) => a.partial_cmp(b),
            (Cell::Day(a), Cell::Day(b)) => Some(a.cmp(b)),
            (Cell::Instant(a), Cell::Instant(b)) => Some(a.cmp(b)),
            (Cell::Instant(a), Cell::Day(b)) => Some(self.local(*a).cmp(b)),
            _ => None,
        }
    }

    pub(crate) fn local(&self, at: Timestamp) -> Date {
        self.zone.to_datetime(at).date()
    }

    fn window(&self, operator: &str, property: &Property, cell: &Cell) -> bool {
        let today = self.local(self.now);
        let (day, ahead) = match cell {
            Cell::Day(day) => (*day, *day > today),
            Cell::Instant(at) => (self.local(*at), *at > self.now),
            _ => panic!("{cell:?}"),
        };
        let dated = matches!(cell, Cell::Day(_));
        let value = property.value.clone().unwrap_or_default();
        let number = |key: &str| value[key].as_i64().unwrap_or_default();
        let unit = value["unit"].as_str().unwrap_or_default();
        if let (Cell::Instant(at), true) = (cell, property.options.exact || matches!(unit, "minutes" | "hours")) {
            let seconds = match unit {
                "minutes" => 60,
                "hours" => 3_600,
                "days" => 86_400,
                "weeks" => 604_800,
                other => panic!("{other}"),
            };
            let ago = self.now.as_nanosecond() - at.as_nanosecond();
            let span = |key: &str| i128::from(number(key) * seconds) * 1_000_000_000;
            return match operator {
                "in-the-last" => (0..=span("amount")).contains(&ago),
                "in-the-next" => ago < 0 && -ago <= span("amount"),
                "more-than-ago" => ago > span("amount"),
                "more-than-from-now" => -ago > span("amount"),
                "between-ago" => (span("from")..=span("to")).contains(&ago),
                other => panic!("{other}"),
            };
        }
        let distance = index(today, unit) - index(day, unit);
        match operator {
            "in-the-past" => !ahead && if dated { day != today } else { *cell != Cell::Instant(self.now) },
            "in-the-future" => ahead,
            "in-the-last" => !ahead && (0..number("amount")).contains(&distance),
            "in-the-next" => (ahead || dated && day == today) && (1 - number("amount")..=0).contains(&distance),
            "more-than-ago" => distance > number("amount"),
            "more-than-from-now" => -distance > number("amount"),
            "between-ago" => !ahead && (number("from")..=number("to")).contains(&distance),
            "anniversary" => {
                let days = value.as_i64().unwrap();
                (-days..=days).any(|away| {
                    let other = today + away.days();
                    let same = (other.month(), other.day()) == (day.month(), day.day());
                    same || (day.month(), day.day()) == (2, 29) && (other.month(), other.day()) == (2, 28) && !other.in_leap_year()
                })
            }
            other => panic!("{other}"),
        }
    }
}

/// Numbers the units of the calendar.
fn index(day: Date, unit: &str) -> i64 {
    let days = i64::from(Date::constant(1970, 1, 1).until(day).unwrap().get_days());
    let months = i64::from(day.year()) * 12 + i64::from(day.month()) - 1;
    match unit {
        "days" => days,
        "weeks" => (days + 3).div_euclid(7),
        "months" => months,
        "quarters" => months.div_euclid(3),
        "years" => i64::from(day.year()),
        "" => 0,
        other => panic!("{other}"),
    }
}

fn plain(text: &str, fold: bool) -> String {
    let text: String = text.nfc().collect();
    if fold { text.to_lowercase().replace('ς', "σ") } else { text }
}

fn position(row: &Row, id: &str) -> usize {
    row.iter().position(|(name, _)| *name == id).unwrap()
}

pub(crate) fn cell(row: &Row, id: &str) -> Cell {
    row[position(row, id)].1.clone()
}

pub(crate) fn id(row: &Row) -> i64 {
    match row[0].1 {
        Cell::Integer(id) => id,
        ref other => panic!("{other:?}"),
    }
}

fn constant(value: &Value, like: &Cell) -> Cell {
    match (like, value) {
        (Cell::Boolean(_), Value::Bool(value)) => Cell::Boolean(*value),
        (Cell::Integer(_), Value::Number(value)) => Cell::Integer(value.as_i64().unwrap()),
        (Cell::Decimal(_), Value::String(text)) => Cell::Decimal((text.parse::<f64>().unwrap() * 100.0).round() as i128),
        (Cell::Float(_), Value::Number(value)) => Cell::Float(value.as_f64().unwrap()),
        (Cell::Text(_), Value::String(text)) => Cell::Text(text.clone()),
        (Cell::Day(_), Value::String(text)) => Cell::Day(text.parse().unwrap()),
        (Cell::Instant(_), Value::String(text)) if text.len() == 10 => Cell::Day(text.parse().unwrap()),
        (Cell::Instant(_), Value::String(text)) => Cell::Instant(text.parse().unwrap()),
        _ => Cell::None,
    }
}
