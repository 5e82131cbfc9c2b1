//! Days by arithmetic, without any engine's date library: the local day of an instant, and where a day stands in its year.
//!
//! local day = floor((instant + offset) / day), the offset a CASE over the zone's transitions (design, section 4). The position in the
//! year follows the civil calendar of 400 years that begins in March, so that a leap day is the last day of its year
//! (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil and civil_from_days).

use arrow::datatypes::DataType as Arrow;
use datafusion::{
    common::Column,
    logical_expr::{Expr, cast, in_list, lit, when},
};
use jiff::{Timestamp, ToSpan, civil::Date};
use sluice_catalog::{
    condition::{At, anniversary_days},
    types::DataType,
};

use super::time;

const DAY_MICROS: i64 = 86_400_000_000;
/// Days in 400 years.
const ERA_DAYS: i64 = 146_097;
/// Added before and taken away after a division, so that it rounds down on both sides of 1970: 40,000 years.
const SHIFT_DAYS: i64 = ERA_DAYS * 100;
/// Days from 0000-03-01 to 1970-01-01.
const EPOCH_DAYS: i64 = 719_468;

/// The helper column with the local day of a timestamp field.
pub(super) fn name(field: usize) -> String {
    format!("__day_{field}")
}

/// Days since 1970 of a field: of the date itself, or of the helper column.
pub(super) fn of(value: Expr, field: usize, ty: DataType) -> Expr {
    if ty == DataType::Timestamp {
        Expr::Column(Column::new_unqualified(name(field)))
    } else {
        cast(cast(value, Arrow::Int32), Arrow::Int64)
    }
}

/// Days since 1970 in the zone of `at`, of an instant in UTC.
pub(super) fn local(instant: Expr, at: &At) -> Expr {
    let micros = cast(instant.clone(), Arrow::Int64) + offset_micros(instant, at) + lit(SHIFT_DAYS * DAY_MICROS);
    micros / lit(DAY_MICROS) - lit(SHIFT_DAYS)
}

/// Microseconds since the local midnight, in the zone of `at`, of an instant in UTC.
pub(super) fn micros_of_day(instant: Expr, at: &At) -> Expr {
    let micros = cast(instant.clone(), Arrow::Int64) + offset_micros(instant, at) + lit(SHIFT_DAYS * DAY_MICROS);
    micros % lit(DAY_MICROS)
}

/// Days since 1970 of a date.
pub(super) fn since_epoch(date: Date) -> i64 {
    i64::from(date.since(Date::constant(1970, 1, 1)).expect("two dates of one calendar differ by days").get_days())
}

/// The zone's offset at an instant. Transitions after ten years from now are not asked for: nobody knows them.
fn offset_micros(instant: Expr, at: &At) -> Expr {
    let micros = |timestamp: Timestamp| i64::from(at.zone().to_offset(timestamp).seconds()) * 1_000_000;
    let end = at.now().saturating_add((24 * 3_653).hours()).unwrap_or(Timestamp::MAX);
    let mut last = micros(Timestamp::MIN);
    let mut branches: Vec<(Timestamp, i64)> = Vec::new();
    for transition in at.zone().following(Timestamp::MIN).take_while(|transition| transition.timestamp() < end) {
        let offset = micros(transition.timestamp());
        if offset != last {
            branches.push((transition.timestamp(), last));
            last = offset;
        }
    }
    let Some(((first_at, first), rest)) = branches.split_first() else { return lit(last) };
    let before = |at: &Timestamp| instant.clone().lt(time::instant(at.as_microsecond()));
    let mut cases = when(before(first_at), lit(*first));
    for (transition, offset) in rest {
        cases = cases.when(before(transition), lit(*offset));
    }
    cases.otherwise(lit(last)).expect("all branches are integers")
}

/// Whether a day (since 1970) stands in its year at most `days` from where today does.
pub(super) fn anniversary(day: Expr, days: u16, at: &At) -> Expr {
    let of_era = (day + lit(EPOCH_DAYS + SHIFT_DAYS)) % lit(ERA_DAYS);
    let year = (of_era.clone() - of_era.clone() / lit(1_460_i64) + of_era.clone() / lit(36_524_i64)
        - of_era.clone() / lit(146_096_i64))
        / lit(365_i64);
    let of_year = of_era - (lit(365_i64) * year.clone() + year.clone() / lit(4_i64) - year / lit(100_i64));
    let wanted = anniversary_days(at.today(), days).into_iter().map(|day| lit(i64::from(day))).collect();
    in_list(of_year, wanted, false)
}
