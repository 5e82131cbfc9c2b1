//! Constants. Instants are without a zone and meant in UTC, as everywhere in a plan.

use datafusion::common::ScalarValue;
use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};

use super::{Refused, spoken::Spoken};

/// A constant of the plan.
pub(super) fn constant(spoken: &dyn Spoken, value: &ScalarValue) -> Result<String, Refused> {
    Ok(match value {
        value if value.is_null() => "NULL".into(),
        ScalarValue::Boolean(Some(true)) => "TRUE".into(),
        ScalarValue::Boolean(Some(false)) => "FALSE".into(),
        ScalarValue::Int32(Some(number)) => signed(number.to_string()),
        ScalarValue::Int64(Some(number)) => signed(number.to_string()),
        ScalarValue::UInt64(Some(number)) => number.to_string(),
        ScalarValue::Decimal128(Some(number), _, scale) => signed(spoken.decimal(&decimal(*number, *scale)?, &value.data_type())?),
        ScalarValue::Float64(Some(number)) => spoken.float(&float(*number)?)?,
        ScalarValue::Utf8(Some(text)) => spoken.text(text)?,
        ScalarValue::Date32(Some(days)) => format!("DATE '{}'", day(*days)?),
        ScalarValue::TimestampMicrosecond(Some(micros), None) => spoken.instant(&instant(*micros)?),
        other => return Refused::because(format!("a constant of type {} has no form in SQL", other.data_type())),
    })
}

/// A minus binds weaker than what may stand around it.
fn signed(number: String) -> String {
    if number.starts_with('-') { format!("({number})") } else { number }
}

fn decimal(number: i128, scale: i8) -> Result<String, Refused> {
    let Ok(scale) = usize::try_from(scale) else { return Refused::because("a negative scale has no form in SQL") };
    if scale == 0 {
        return Ok(number.to_string());
    }
    let digits = format!("{:0>width$}", number.unsigned_abs(), width = scale + 1);
    let (whole, part) = digits.split_at(digits.len() - scale);
    Ok(format!("{}{whole}.{part}", if number < 0 { "-" } else { "" }))
}

fn float(number: f64) -> Result<String, Refused> {
    Ok(if number.is_nan() {
        return Refused::because("NaN is no value to compare with");
    } else if number.is_infinite() {
        if number > 0.0 { "Infinity".to_owned() } else { "-Infinity".to_owned() }
    } else {
        format!("{number:?}") // the shortest text that reads back as the same number
    })
}

fn day(days: i32) -> Result<String, Refused> {
    let day = Date::constant(1970, 1, 1).checked_add(SignedDuration::from_hours(24 * i64::from(days)));
    match day {
        Ok(day) if (1..=9999).contains(&day.year()) => Ok(day.to_string()),
        _ => Refused::because("a day outside of the years 1 to 9999 is compared in process"),
    }
}

fn instant(micros: i64) -> Result<String, Refused> {
    let wall = Timestamp::from_microsecond(micros).map(|at| TimeZone::UTC.to_datetime(at));
    match wall {
        Ok(wall) if (1..=9999).contains(&wall.year()) => Ok(wall.strftime("%Y-%m-%d %H:%M:%S.%6f").to_string()),
        _ => Refused::because("an instant outside of the years 1 to 9999 is compared in process"),
    }
}
