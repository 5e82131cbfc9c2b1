//! Intervals as comparisons with constants.

use std::ops::Bound;

use datafusion::{
    common::ScalarValue,
    logical_expr::{Expr, lit},
};
use sluice_catalog::condition::Interval;

/// A constant of microseconds since 1970, without a zone.
pub(super) fn instant(micros: i64) -> Expr {
    Expr::Literal(ScalarValue::TimestampMicrosecond(Some(micros), None), None)
}

/// A constant of days since 1970. Days outside of what 32 bits hold lie outside of every calendar too.
pub(super) fn day(days: i64) -> Expr {
    let days = i32::try_from(days).unwrap_or(if days < 0 { i32::MIN } else { i32::MAX });
    Expr::Literal(ScalarValue::Date32(Some(days)), None)
}

/// Whether `value` lies in the interval.
pub(super) fn within(value: Expr, interval: Interval, constant: fn(i64) -> Expr) -> Expr {
    let from = match interval.from {
        Bound::Unbounded => None,
        Bound::Included(from) => Some(value.clone().gt_eq(constant(from))),
        Bound::Excluded(from) => Some(value.clone().gt(constant(from))),
    };
    let to = match interval.to {
        Bound::Unbounded => None,
        Bound::Included(to) => Some(value.lt_eq(constant(to))),
        Bound::Excluded(to) => Some(value.lt(constant(to))),
    };
    match (from, to) {
        (Some(from), Some(to)) => from.and(to),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => lit(true),
    }
}
