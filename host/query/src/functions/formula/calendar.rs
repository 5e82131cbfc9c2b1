//! The calendar: first days, sums and differences, parts of a date. Dates are proleptic Gregorian and have no zone.

use jiff::{Span, ToSpan, civil::Date};
use sluice_catalog::formula::{Call, Part, Period};

use super::{Overflow, value::Value};

const EPOCH: Date = Date::constant(1970, 1, 1);
const MINUTE_MICROS: i128 = 60_000_000;

/// The date of a day; dates outside of the years -9999 to 9999 have no calendar.
pub(super) fn date(day: i32) -> Option<Date> {
    EPOCH.checked_add(i64::from(day).try_days().ok()?).ok()
}

pub(super) fn day(date: Date) -> i32 {
    let since = date.since(EPOCH).expect("two dates of one calendar differ by days");
    since.get_days()
}

trait TryDays {
    fn try_days(self) -> Result<Span, jiff::Error>;
}

impl TryDays for i64 {
    fn try_days(self) -> Result<Span, jiff::Error> {
        Span::new().try_days(self)
    }
}

/// One row.
pub(super) fn call<'v>(call: &Call, args: &[Value<'v>]) -> Result<Value<'v>, Overflow> {
    match (call, args) {
        (Call::Truncate(period), [Value::Day(at)]) => Ok(with_date(*at, |date| Value::Day(day(first(date, *period))))),
        (Call::Extract(part), [Value::Day(at)]) => Ok(with_date(*at, |date| Value::Exact(of(date, *part).into(), 0))),
        (Call::Add(period), [Value::Day(at), Value::Exact(n, _)]) => {
            let Some(date) = date(*at) else { return Ok(Value::Null) };
            let n = i64::try_from(*n).map_err(|_| Overflow)?;
            let span = Span::new();
            let span = match period {
                Period::Week => span.try_weeks(n),
                Period::Month => span.try_months(n),
                Period::Quarter => span.try_months(n.checked_mul(3).ok_or(Overflow)?),
                Period::Year => span.try_years(n),
                Period::Day | Period::Minute | Period::Hour => span.try_days(n),
            };
            // The last day of a shorter month stands for the days that it does not have.
            let moved = span.and_then(|span| date.checked_add(span)).map_err(|_| Overflow)?;
            Ok(Value::Day(day(moved)))
        }
        (Call::Add(period), [Value::Instant(at), Value::Exact(n, _)]) => {
            let micros = i128::from(*at) + n.checked_mul(micros(*period)).ok_or(Overflow)?;
            i64::try_from(micros).map(Value::Instant).map_err(|_| Overflow)
        }
        (Call::Difference(period), [Value::Instant(from), Value::Instant(to)]) => {
            Ok(Value::Exact((i128::from(*to) - i128::from(*from)) / micros(*period), 0))
        }
        (Call::Difference(period), [Value::Day(from), Value::Day(to)]) => {
            let days = i128::from(*to) - i128::from(*from);
            let (Some(from), Some(to)) = (date(*from), date(*to)) else { return Ok(Value::Null) };
            let months = i128::from(months(from, to));
            Ok(Value::Exact(
                match period {
                    Period::Week => days / 7,
                    Period::Month => months,
                    Period::Quarter => months / 3,
                    Period::Year => months / 12,
                    Period::Day | Period::Minute | Period::Hour => days,
                },
                0,
            ))
        }
        _ => unreachable!("the check gives {call:?} dates or instants"),
    }
}

fn with_date<'v>(at: i32, f: impl Fn(Date) -> Value<'v>) -> Value<'v> {
    date(at).map_or(Value::Null, f)
}

fn micros(period: Period) -> i128 {
    if period == Period::Hour { 60 * MINUTE_MICROS } else { MINUTE_MICROS }
}

fn first(date: Date, period: Period) -> Date {
    match period {
        Period::Week => {
            let back = i64::from(date.weekday().to_monday_zero_offset());
            date.checked_sub(back.days()).unwrap_or(date)
        }
        Period::Month => date.first_of_month(),
        Period::Quarter => Date::new(date.year(), (date.month() - 1) / 3 * 3 + 1, 1).unwrap_or(date),
        Period::Year => date.first_of_year(),
        Period::Day | Period::Minute | Period::Hour => date,
    }
}

/// Whole months from one date to another: a month is whole on the day of the same number.
fn months(from: Date, to: Date) -> i32 {
    let between = (i32::from(to.year()) - i32::from(from.year())) * 12 + i32::from(to.month()) - i32::from(from.month());
    match (between.signum(), to.day().cmp(&from.day())) {
        (1, std::cmp::Ordering::Less) => between - 1,
        (-1, std::cmp::Ordering::Greater) => between + 1,
        _ => between,
    }
}

fn of(date: Date, part: Part) -> i32 {
    match part {
        Part::Year => date.year().into(),
        Part::Quarter => i32::from((date.month() - 1) / 3 + 1),
        Part::Month => date.month().into(),
        Part::Week => date.iso_week_date().week().into(),
        Part::Day => date.day().into(),
        Part::DayOfWeek => date.weekday().to_monday_one_offset().into(),
        Part::DayOfYear => date.day_of_year().into(),
        Part::Hour | Part::Minute => unreachable!("the plan reckons the time of day from the instant"),
    }
}
