//! One test of one field as a two-valued expression.

use datafusion::{
    common::{Column, ScalarValue},
    functions::{
        core::expr_fn::coalesce,
        regex::expr_fn::regexp_like,
        string::expr_fn::{contains, ends_with, lower as lower_case, replace, starts_with},
    },
    logical_expr::{Expr, Operator, in_list, lit},
};
use sluice_catalog::{
    condition::{At, Leaf, ListTest, Operand, Order, Scalar, Test, TextTest, TimeTest},
    model::{Field, Model},
    types::DataType,
};

use super::{
    day, rank,
    right::{own, parent_name},
    time,
};
use crate::functions::{Named, list_has_all, list_has_any, list_length, nfc, origins};

/// The field's column in the plan.
pub(super) fn column(model: &Model, field: usize) -> Expr {
    Expr::Column(Column::new_unqualified(&model.fields[field].id))
}

/// The test of a field of the model, two-valued: `COALESCE(P, false)`, where P is the test.
pub(super) fn lower(leaf: &Leaf, model: &Model, at: &At) -> Expr {
    let field = &model.fields[leaf.field];
    let value = column(model, leaf.field);
    let other = |operand: &Operand| match operand {
        Operand::Constant(scalar) => literal(scalar, field.ty),
        Operand::Field(other) => column(model, *other),
        Operand::Parent(other) => own(parent_name(*other)),
    };
    let test = match &leaf.test {
        Test::HasValue { empty_counts: true } => return value.is_not_null(),
        Test::HasValue { empty_counts: false } => value.not_eq(lit("")),
        Test::Text { test, fold } => text(value, test, *fold, &other),
        Test::Anniversary { days } => day::anniversary(day::of(value, leaf.field, field.ty), *days, at),
        Test::Percentile { top, percent } => rank::within(leaf.field, *top, *percent),
        Test::Time(test) => time(value, field.ty, test, at),
        Test::List(test) => list(value, test, field),
        Test::Equals(right) => value.eq(other(right)),
        Test::Compare(order, right) => compare(value, *order, other(right)),
        Test::OneOf(list) => in_list(value, list.iter().map(|scalar| literal(scalar, field.ty)).collect(), false),
        Test::Between(low, high) => value.clone().gt_eq(literal(low, field.ty)).and(value.lt_eq(literal(high, field.ty))),
    };
    truly(test)
}

/// `COALESCE(test, false)`: true or false, never null.
pub(super) fn truly(test: Expr) -> Expr {
    coalesce(vec![test, lit(false)])
}

/// A condition of a filter, where unknown is as good as false: there, and below AND and OR, `COALESCE(P, false)` is P, which the engine
/// can ask of a file before it reads the other columns.
pub(crate) fn asked(condition: Expr) -> Expr {
    match condition {
        Expr::BinaryExpr(mut binary) if matches!(binary.op, Operator::And | Operator::Or) => {
            binary.left = Box::new(asked(*binary.left));
            binary.right = Box::new(asked(*binary.right));
            Expr::BinaryExpr(binary)
        }
        Expr::ScalarFunction(mut call) if call.name() == "coalesce" && call.args.len() == 2 && call.args[1] == lit(false) => {
            asked(call.args.swap_remove(0))
        }
        other => other,
    }
}

/// Whether a date or timestamp lies in the interval that a test means.
pub(super) fn time(value: Expr, ty: DataType, test: &TimeTest, at: &At) -> Expr {
    if ty == DataType::Date {
        time::within(value, at.days(test), time::day)
    } else {
        time::within(value, at.instants(test), time::instant)
    }
}

pub(super) fn compare(left: Expr, order: Order, right: Expr) -> Expr {
    match order {
        Order::Equal => left.eq(right),
        Order::Less => left.lt(right),
        Order::LessOrEqual => left.lt_eq(right),
        Order::Greater => left.gt(right),
        Order::GreaterOrEqual => left.gt_eq(right),
    }
}

fn text(value: Expr, test: &TextTest, fold: bool, other: &dyn Fn(&Operand) -> Expr) -> Expr {
    let sigma = sigma(test);
    let normal = |value: Expr| match (fold, sigma) {
        (false, _) => nfc(value),
        (true, false) => lower_case(nfc(value)),
        (true, true) => replace(lower_case(nfc(value)), lit("ς"), lit("σ")),
    };
    let operand = |operand: &Operand| match operand {
        Operand::Constant(_) => other(operand),
        Operand::Field(_) | Operand::Parent(_) => normal(other(operand)),
    };
    let each = |list: &[String], join: fn(Expr, Expr) -> Expr| {
        let tests = list.iter().map(|part| contains(normal(value.clone()), lit(part.as_str())));
        tests.reduce(join).unwrap_or_else(|| lit(false))
    };
    let constants: Option<Vec<&str>> = match test {
        TextTest::Equals(Operand::Constant(Scalar::Text(text))) => Some(vec![text]),
        TextTest::OneOf(list) => Some(list.iter().map(String::as_str).collect()),
        _ => None,
    };
    // Where it is known which texts have these normal forms, the column is compared as it is, with its statistics and indexes.
    if let (false, Some(constants)) = (fold, constants)
        && let Some(texts) = constants.into_iter().map(origins).collect::<Option<Vec<_>>>()
    {
        let mut texts: Vec<Expr> = texts.into_iter().flatten().map(lit).collect();
        return if texts.len() == 1 { value.eq(texts.remove(0)) } else { in_list(value, texts, false) };
    }
    match test {
        TextTest::Equals(right) => normal(value).eq(operand(right)),
        TextTest::OneOf(list) => in_list(normal(value), list.iter().map(|text| lit(text.as_str())).collect(), false),
        TextTest::StartsWith(right) => starts_with(normal(value), operand(right)),
        TextTest::EndsWith(right) => ends_with(normal(value), operand(right)),
        TextTest::Contains(right) => contains(normal(value), operand(right)),
        TextTest::ContainsAny(list) => each(list, Expr::or),
        TextTest::ContainsAll(list) => each(list, Expr::and),
        TextTest::Pattern(pattern) => regexp_like(nfc(value), lit(pattern.as_str()), fold.then(|| lit("i"))),
    }
}

/// Whether the right side can hold a sigma. In lower case it has another form at a word's end, which constants in any case do not have.
fn sigma(test: &TextTest) -> bool {
    let held = |text: &str| text.contains('σ');
    match test {
        TextTest::Equals(right) | TextTest::StartsWith(right) | TextTest::EndsWith(right) | TextTest::Contains(right) => {
            match right {
                Operand::Constant(Scalar::Text(text)) => held(text),
                Operand::Constant(_) => false,
                Operand::Field(_) | Operand::Parent(_) => true,
            }
        }
        TextTest::OneOf(list) | TextTest::ContainsAny(list) | TextTest::ContainsAll(list) => list.iter().any(|text| held(text)),
        TextTest::Pattern(_) => false,
    }
}

fn list(value: Expr, test: &ListTest, field: &Field) -> Expr {
    let named = Named { field: field.id.clone(), column: field.column().to_owned() };
    match test {
        ListTest::HasAny { elements, fold } => list_has_any(value, elements, *fold, named),
        ListTest::HasAll { elements, fold } => list_has_all(value, elements, *fold, named),
        ListTest::Length(order, length) => compare(list_length(value, named), *order, lit(i64::from(*length))),
    }
}

/// A constant of a field's type.
pub(super) fn literal(scalar: &Scalar, ty: DataType) -> Expr {
    match (scalar, ty) {
        (Scalar::Boolean(value), _) => lit(*value),
        (Scalar::Integer(value), _) => lit(*value),
        (Scalar::Float(value), _) => lit(*value),
        (Scalar::Text(value), _) => lit(value.as_str()),
        (Scalar::Decimal(value), DataType::Decimal { precision, scale }) => {
            let scale = i8::try_from(scale).expect("a possible decimal has at most 38 digits");
            Expr::Literal(ScalarValue::Decimal128(Some(*value), precision, scale), None)
        }
        (Scalar::Decimal(value), _) => lit(value.to_string()),
    }
}
