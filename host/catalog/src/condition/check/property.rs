//! Conditions on one field: one rule per operator of the condition language, in the order of its table.

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::Value;
use unicode_normalization::UnicodeNormalization;

use super::{Check, Reported};
use crate::{
    code::Code,
    condition::{
        operator::{Operator, Takes},
        pattern,
        related::ValueRef,
        tree::{Options, Property, WeekStart},
        typed::{Checked, Leaf, ListTest, Moment, Operand, Order, Rolling, Scalar, Test, TextTest, TimeTest, Unit},
        value,
    },
    limits::{CONTAINED_VALUES_MAX, LIST_VALUES_MAX},
    model::{Field, unknown_field},
    types::DataType,
};

impl Check<'_> {
    pub(super) fn property(&mut self, property: &Property, at: &str) -> Result<Checked, Reported> {
        let model = self.frame.model;
        let Some(position) = model.fields.iter().position(|field| field.id == property.field) else {
            self.problems.push(unknown_field(format!("{at}/field"), &property.field, model));
            return Err(Reported);
        };
        let field = &model.fields[position];
        if !property.operator.fits(field.ty) {
            let known: Vec<&str> = Operator::of(field.ty).map(Operator::as_str).collect();
            let cause = format!(
                "`{}` is not for {} fields such as {}; there are {}.",
                property.operator,
                field.ty,
                field.id,
                known.join(", ")
            );
            return Err(self.report(format!("{at}/operator"), Code::OperatorNotForType, cause));
        }
        if let (Some(ValueRef::Variable(variable)), None) = (&property.value_ref, &property.value) {
            return self.with_variable(property, &variable.variable, at);
        }
        self.options(property, field, at)?;
        let (operator, negated) = property.operator.positive();
        let test = self.test(operator, property, field, at)?;
        let leaf = Checked::Leaf(Leaf { field: position, test });
        Ok(if negated { Checked::Not(Box::new(leaf)) } else { leaf })
    }

    /// The same condition with the variable's value in its place; what is wrong with the value is told of the variable.
    fn with_variable(&mut self, property: &Property, name: &str, at: &str) -> Result<Checked, Reported> {
        let pointer = format!("{at}/value_ref/variable");
        let Some(value) = self.context.variables.get(name) else {
            let cause = format!("The workspace has no variable {name}.");
            return Err(self.report(pointer, Code::ValueInvalid, cause));
        };
        let before = self.problems.len();
        let checked = self.property(&Property { value: Some(value.clone()), value_ref: None, ..property.clone() }, at);
        let of_value = format!("{at}/value");
        for problem in self.problems[before..].iter_mut().filter(|problem| problem.pointer.starts_with(&of_value)) {
            problem.pointer.clone_from(&pointer);
            problem.cause = format!("The variable {name}: {}", problem.cause);
        }
        checked
    }

    fn options(&mut self, property: &Property, field: &Field, at: &str) -> Result<(), Reported> {
        let Options { case_insensitive, empty_as_no_value, exact, week_starts_on } = property.options;
        let takes = property.operator.takes();
        let window = matches!(takes, Takes::Window | Takes::WindowPair);
        let texts = matches!(field.ty, DataType::String | DataType::Array);
        let useless = if case_insensitive && (!texts || matches!(takes, Takes::Nothing | Takes::Length)) {
            "case_insensitive"
        } else if empty_as_no_value.is_some() && (field.ty != DataType::String || takes != Takes::Nothing) {
            "empty_as_no_value"
        } else if exact && (!window || field.ty == DataType::Date) {
            "exact"
        } else if week_starts_on.is_some() && !window {
            "week_starts_on"
        } else {
            return Ok(());
        };
        let cause = format!("The option does not apply to `{}` of {} fields.", property.operator, field.ty);
        Err(self.report(format!("{at}/options/{useless}"), Code::ValueInvalid, cause))
    }

    pub(super) fn test(&mut self, operator: Operator, property: &Property, field: &Field, at: &str) -> Result<Test, Reported> {
        let takes = operator.takes();
        if property.value_ref.is_some() && (takes != Takes::One || field.ty == DataType::Array || property.value.is_some()) {
            let cause = if takes == Takes::One && field.ty != DataType::Array {
                "Give a value or another field, not both."
            } else {
                "This operator does not compare with another field."
            };
            return Err(self.report(format!("{at}/value_ref"), Code::ValueInvalid, cause));
        }
        if takes == Takes::Nothing {
            if property.value.is_some() {
                return Err(self.value(at, "this operator takes no value"));
            }
            return Ok(match operator {
                Operator::InThePast => Test::Time(TimeTest::Past),
                Operator::InTheFuture => Test::Time(TimeTest::Future),
                Operator::IsEmptyList => Test::List(ListTest::Length(Order::Equal, 0)),
                _ => Test::HasValue {
                    empty_counts: field.ty != DataType::String || property.options.empty_as_no_value == Some(false),
                },
            });
        }
        if field.ty == DataType::Array {
            return self.list_test(operator, property, at).map(Test::List);
        }
        if takes == Takes::One {
            return self.one(operator, property, field, at);
        }
        let Some(value) = &property.value else {
            return Err(self.value(at, "a value is missing"));
        };
        let fold = property.options.case_insensitive;
        match takes {
            Takes::List => {
                let scalars = self.list(value, field, at, LIST_VALUES_MAX)?;
                Ok(if field.ty == DataType::String {
                    Test::Text { test: TextTest::OneOf(texts(scalars, fold)), fold }
                } else {
                    Test::OneOf(scalars)
                })
            }
            Takes::Texts => {
                let list = texts(self.list(value, field, at, CONTAINED_VALUES_MAX)?, fold);
                let test =
                    if operator == Operator::ContainsAllOf { TextTest::ContainsAll(list) } else { TextTest::ContainsAny(list) };
                Ok(Test::Text { test, fold })
            }
            Takes::Pattern => {
                let Value::String(text) = value else { return Err(self.value(at, "a pattern is expected, in quotes")) };
                // As the texts that it is held against.
                match pattern::rewrite(&text.nfc().collect::<String>()) {
                    Ok(pattern) => Ok(Test::Text { test: TextTest::Pattern(pattern), fold }),
                    Err(cause) => Err(self.value(at, cause)),
                }
            }
            Takes::Pair => self.pair(value, field, at),
            Takes::Window | Takes::WindowPair => self.window(operator, value, property, field, at).map(Test::Time),
            Takes::Days => match value.as_u64() {
                Some(days @ 0..=182) => Ok(Test::Anniversary { days: u16::try_from(days).expect("at most 182") }),
                _ => Err(self.value(at, "a number of days from 0 to 182 is expected")),
            },
            Takes::Percent => match value.as_u64() {
                Some(percent @ 1..=100) => Ok(Test::Percentile {
                    top: operator == Operator::InTopPercent,
                    percent: u8::try_from(percent).expect("at most 100"),
                }),
                _ => Err(self.value(at, "a whole percentage from 1 to 100 is expected")),
            },
            Takes::Nothing | Takes::One | Takes::Length => unreachable!("returned above"),
        }
    }

    fn one(&mut self, operator: Operator, property: &Property, field: &Field, at: &str) -> Result<Test, Reported> {
        let order = match operator {
            Operator::GreaterThan | Operator::After => Order::Greater,
            Operator::AtLeast | Operator::OnOrAfter => Order::GreaterOrEqual,
            Operator::LessThan | Operator::Before => Order::Less,
            Operator::AtMost | Operator::OnOrBefore => Order::LessOrEqual,
            _ => Order::Equal,
        };
        let operand = match (&property.value_ref, &property.value) {
            (Some(other), _) => self.other_field(other, field, at)?,
            (None, None) => return Err(self.value(at, "a value is missing")),
            (None, Some(value)) if field.ty.is_time() => {
                return match value::moment(value, field.ty) {
                    Ok(moment) => Ok(Test::Time(time_test(order, moment))),
                    Err(cause) => Err(self.value(at, cause)),
                };
            }
            (None, Some(value)) => match value::scalar(value, field.ty) {
                Ok(scalar) => Operand::Constant(scalar),
                Err(cause) => return Err(self.value(at, cause)),
            },
        };
        Ok(match (field.ty, operand) {
            (DataType::String, operand) => {
                let fold = property.options.case_insensitive;
                let operand = match operand {
                    Operand::Constant(Scalar::Text(text)) if fold => Operand::Constant(Scalar::Text(value::folded(&text))),
                    operand => operand,
                };
                let test = match operator {
                    Operator::Contains => TextTest::Contains(operand),
                    Operator::StartsWith => TextTest::StartsWith(operand),
                    Operator::EndsWith => TextTest::EndsWith(operand),
                    _ => TextTest::Equals(operand),
                };
                Test::Text { test, fold }
            }
            (_, operand) if order == Order::Equal => Test::Equals(operand),
            (_, operand) => Test::Compare(order, operand),
        })
    }

    fn other_field(&mut self, other: &ValueRef, field: &Field, at: &str) -> Result<Operand, Reported> {
        let pointer = format!("{at}/value_ref");
        let (model, id, pointer) = match (other, self.frame.parent) {
            (ValueRef::Field(id), _) => (self.frame.model, id, pointer),
            (ValueRef::Parent(field), Some(parent)) => (parent, &field.parent, format!("{pointer}/parent")),
            (ValueRef::Variable(_), _) => {
                return Err(self.report(pointer, Code::ValueInvalid, "Give a value or a variable, not both."));
            }
            (ValueRef::Parent(_), None) => {
                let cause = "Only a condition on related rows has a parent record; name a field of the record itself.";
                return Err(self.report(pointer, Code::ValueInvalid, cause));
            }
        };
        let Some(position) = model.fields.iter().position(|field| field.id == *id) else {
            self.problems.push(unknown_field(pointer, id, model));
            return Err(Reported);
        };
        let ty = model.fields[position].ty;
        if ty != field.ty {
            let cause =
                format!("{} is {}, and {id} is {ty}; fields are compared with fields of the same type.", field.id, field.ty);
            return Err(self.report(pointer, Code::ValueInvalid, cause));
        }
        Ok(match other {
            ValueRef::Field(_) | ValueRef::Variable(_) => Operand::Field(position),
            ValueRef::Parent(_) => {
                if !self.frame.parents.contains(&position) {
                    self.frame.parents.push(position);
                }
                Operand::Parent(position)
            }
        })
    }

    /// The typed values without repeats; every bad one is reported with its position.
    fn list(&mut self, value: &Value, field: &Field, at: &str, max: usize) -> Result<Vec<Scalar>, Reported> {
        let Value::Array(items) = value else { return Err(self.value(at, "a list of values is expected")) };
        if items.is_empty() || items.len() > max {
            return Err(self.value(at, format!("a list has 1 to {max} values; this has {}", items.len())));
        }
        let (mut seen, mut typed, mut bad) = (HashSet::new(), Vec::with_capacity(items.len()), false);
        for (position, item) in items.iter().enumerate() {
            match value::scalar(item, field.ty) {
                Ok(scalar) => {
                    if seen.insert(format!("{scalar:?}")) {
                        typed.push(scalar);
                    }
                }
                Err(cause) => {
                    let cause = format!("the value at position {}: {cause}", position + 1);
                    self.report(format!("{at}/value/{position}"), Code::ValueInvalid, sentence_case(cause));
                    bad = true;
                }
            }
        }
        if bad { Err(Reported) } else { Ok(typed) }
    }

    fn pair(&mut self, value: &Value, field: &Field, at: &str) -> Result<Test, Reported> {
        let Some([low, high]) = value.as_array().map(Vec::as_slice) else {
            return Err(self.value(at, "a pair [from, to] is expected"));
        };
        let test = if field.ty.is_time() {
            let pair = value::moment(low, field.ty).and_then(|low| Ok((low, value::moment(high, field.ty)?)));
            pair.map(|(low, high)| (Test::Time(TimeTest::Between(low, high)), moment_order(low, high)))
        } else {
            let pair = value::scalar(low, field.ty).and_then(|low| Ok((low, value::scalar(high, field.ty)?)));
            pair.map(|(low, high)| (Test::Between(low.clone(), high.clone()), scalar_order(&low, &high)))
        };
        match test {
            Ok((test, true)) => Ok(test),
            Ok((_, false)) => Err(self.value(at, "the first end must not be above the second")),
            Err(cause) => Err(self.value(at, cause)),
        }
    }

    fn window(&mut self, op: Operator, value: &Value, property: &Property, field: &Field, at: &str) -> Result<TimeTest, Reported> {
        let exact = property.options.exact;
        let week = property.options.week_starts_on.unwrap_or(WeekStart::Monday);
        let (near, far, unit) = if op.takes() == Takes::WindowPair {
            let Ok(Reach { from, to, unit }) = Reach::deserialize(value) else {
                return Err(self.value(at, "a window {\"from\": 30, \"to\": 90, \"unit\": \"days\"} is expected"));
            };
            if from > to {
                return Err(self.value(at, "`from` is the smaller distance and `to` the larger"));
            }
            (from, to, unit)
        } else {
            let Ok(Window { amount, unit }) = Window::deserialize(value) else {
                return Err(self.value(at, "a window {\"amount\": 7, \"unit\": \"days\"} is expected"));
            };
            if amount == 0 {
                return Err(self.value(at, "the amount must be at least 1"));
            }
            (amount, amount, unit)
        };
        if far > unit.amount_max() {
            return Err(self.value(at, format!("at most {} of this unit", unit.amount_max())));
        }
        if field.ty == DataType::Date && matches!(unit, Unit::Minutes | Unit::Hours) {
            return Err(self.value(at, "a date has no minutes or hours; the smallest unit is days"));
        }
        let by = Rolling { amount: near, unit, exact, week };
        Ok(match op {
            Operator::InTheNext => TimeTest::Next(by),
            Operator::MoreThanAgo => TimeTest::MoreThanAgo(by),
            Operator::MoreThanFromNow => TimeTest::MoreThanFromNow(by),
            Operator::BetweenAgo => TimeTest::BetweenAgo(by, far),
            _ => TimeTest::Last(by),
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Window {
    amount: u32,
    unit: Unit,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reach {
    from: u32,
    to: u32,
    unit: Unit,
}

fn time_test(order: Order, at: Moment) -> TimeTest {
    match order {
        Order::Equal => TimeTest::On(at),
        Order::Less => TimeTest::Before(at),
        Order::LessOrEqual => TimeTest::OnOrBefore(at),
        Order::Greater => TimeTest::After(at),
        Order::GreaterOrEqual => TimeTest::OnOrAfter(at),
    }
}

fn texts(scalars: Vec<Scalar>, fold: bool) -> Vec<String> {
    let mut seen = HashSet::new();
    let text = |scalar| match scalar {
        Scalar::Text(text) if fold => Some(value::folded(&text)),
        Scalar::Text(text) => Some(text),
        _ => None,
    };
    scalars.into_iter().filter_map(text).filter(|text| seen.insert(text.clone())).collect()
}

fn scalar_order(low: &Scalar, high: &Scalar) -> bool {
    match (low, high) {
        (Scalar::Integer(a), Scalar::Integer(b)) => a <= b,
        (Scalar::Decimal(a), Scalar::Decimal(b)) => a <= b,
        (Scalar::Float(a), Scalar::Float(b)) => a <= b,
        _ => true,
    }
}

/// Whether a pair can be in order; a day and an instant are compared by the zone later, so they pass.
fn moment_order(low: Moment, high: Moment) -> bool {
    match (low, high) {
        (Moment::Day(a), Moment::Day(b)) => a <= b,
        (Moment::Instant(a), Moment::Instant(b)) => a <= b,
        _ => true,
    }
}

pub(crate) fn sentence_case(cause: impl std::fmt::Display) -> String {
    let text = cause.to_string();
    let mut chars = text.chars();
    match chars.next() {
        Some(first) if first.is_ascii_lowercase() => format!("{}{}.", first.to_ascii_uppercase(), chars.as_str()),
        _ => format!("{text}."),
    }
}
