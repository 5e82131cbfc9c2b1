//! Aggregates of related rows: what is computed per group, and the test of the result.
//!
//! Averages of exact numbers are never divided: sum / count is compared by multiplying, so that every engine decides alike. A sum over
//! values that are all null is 0.

use arrow::datatypes::DataType as Arrow;
use datafusion::{
    common::ScalarValue,
    functions::core::expr_fn::coalesce,
    functions_aggregate::expr_fn::{avg, count, count_distinct, max, min, sum},
    logical_expr::{Expr, cast, lit},
};
use sluice_catalog::{
    condition::{Aggregate, At, Measured, Operand, Scalar, Test},
    model::Model,
    types::{DECIMAL_DIGITS_MAX, DataType},
};

use super::{day, leaf, right::own};
use crate::{functions::nfc, types::plan_type};

/// Names of the results of the measure at `place` of a group: what is measured and, where that is an average, how many values there
/// were.
fn names(place: usize) -> [String; 2] {
    ["__measure", "__values"].map(|name| if place == 0 { name.to_owned() } else { format!("{name}_{place}") })
}

/// What is computed per group for the measure at `place`, with the names of the results.
pub(super) fn aggregates(measured: &Measured, place: usize, model: &Model, at: &At) -> Vec<(Expr, String)> {
    let [result_name, values_name] = names(place);
    let column = |field: usize| leaf::column(model, field);
    let ty = |field: usize| model.fields[field].ty;
    // Integers are summed in the width of decimals, so that a sum never wraps round.
    let added = |field: usize| match ty(field) {
        DataType::Integer => cast(column(field), Arrow::Decimal128(DECIMAL_DIGITS_MAX, 0)),
        _ => column(field),
    };
    let result = match measured.aggregate {
        Aggregate::Count => count(lit(1_i64)),
        Aggregate::CountDistinct(field) if ty(field) == DataType::String => count_distinct(nfc(column(field))),
        Aggregate::CountDays(field) if ty(field) == DataType::Timestamp => count_distinct(day::local(column(field), at)),
        Aggregate::CountDistinct(field) | Aggregate::CountDays(field) => count_distinct(column(field)),
        Aggregate::Avg(field) if ty(field) == DataType::Float => avg(column(field)),
        Aggregate::Avg(field) => {
            let named = |result: Expr, name: String| (result.alias(&name), name);
            return vec![named(sum(added(field)), result_name), named(count(column(field)), values_name)];
        }
        Aggregate::Sum(field) => sum(added(field)),
        Aggregate::Min(field) => min(column(field)),
        Aggregate::Max(field) => max(column(field)),
    };
    vec![(result.alias(&result_name), result_name)]
}

/// Whether the result of a group passes the test of the measure at `place`.
pub(super) fn holds(measured: &Measured, place: usize, at: &At) -> Expr {
    let [result, values] = names(place).map(own);
    let ty = measured.ty;
    let value = match measured.aggregate {
        Aggregate::Sum(_) => coalesce(vec![result, Expr::Literal(zero(ty), None)]),
        Aggregate::Avg(_) if ty != DataType::Float => cast(result, plan_type(widest(ty))),
        _ => result,
    };
    let constant = |scalar: &Scalar| match measured.aggregate {
        Aggregate::Avg(_) if ty != DataType::Float => {
            cast(leaf::literal(scalar, ty) * cast(values.clone(), Arrow::Decimal128(19, 0)), plan_type(widest(ty)))
        }
        _ => leaf::literal(scalar, ty),
    };
    let other = |operand: &Operand| match operand {
        Operand::Constant(scalar) => constant(scalar),
        Operand::Field(_) | Operand::Parent(_) => unreachable!("a measure is compared with constants only"),
    };
    leaf::truly(match &measured.test {
        Test::Equals(right) => value.eq(other(right)),
        Test::Compare(order, right) => leaf::compare(value, *order, other(right)),
        Test::OneOf(list) => {
            list.iter().map(|scalar| value.clone().eq(constant(scalar))).reduce(Expr::or).unwrap_or_else(|| lit(false))
        }
        Test::Between(low, high) => value.clone().gt_eq(constant(low)).and(value.lt_eq(constant(high))),
        Test::Time(test) => leaf::time(value, ty, test, at),
        Test::HasValue { .. } | Test::Text { .. } | Test::List(_) | Test::Anniversary { .. } | Test::Percentile { .. } => {
            unreachable!("the check lets a measure be compared as a number or a time only")
        }
    })
}

fn zero(ty: DataType) -> ScalarValue {
    ScalarValue::new_zero(&plan_type(ty)).expect("a number has a zero")
}

/// The same scale with all the digits there are.
fn widest(ty: DataType) -> DataType {
    match ty {
        DataType::Decimal { scale, .. } => DataType::Decimal { precision: DECIMAL_DIGITS_MAX, scale },
        other => other,
    }
}
