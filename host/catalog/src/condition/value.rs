//! Constants of a condition, from JSON to the field's type. Nothing is rounded: what does not fit exactly is refused.

use jiff::{Timestamp, civil::Date};
use serde_json::Value;
use unicode_normalization::UnicodeNormalization;

use super::typed::{Moment, Scalar};
use crate::{
    limits::VALUE_CHARS_MAX,
    types::{DECIMAL_DIGITS_MAX, DataType},
};

/// The constant, or why not: a sentence without a full stop. Dates and timestamps are [`moment`]s.
pub(crate) fn scalar(value: &Value, ty: DataType) -> Result<Scalar, String> {
    match (ty, value) {
        (DataType::Boolean, Value::Bool(b)) => Ok(Scalar::Boolean(*b)),
        (DataType::Boolean, _) => Err("true or false is expected".into()),
        (DataType::Integer, Value::Number(n)) => n.as_i64().map(Scalar::Integer).ok_or_else(integer),
        (DataType::Integer, Value::String(text)) => text.parse().map(Scalar::Integer).map_err(|_| integer()),
        (DataType::Integer, _) => Err(integer()),
        (DataType::Decimal { precision, scale }, Value::Number(n)) => {
            decimal(&n.to_string(), precision, scale).map(Scalar::Decimal)
        }
        (DataType::Decimal { precision, scale }, Value::String(text)) => decimal(text, precision, scale).map(Scalar::Decimal),
        (DataType::Decimal { .. }, _) => Err("a number is expected, for example \"12.50\"".into()),
        (DataType::Float, Value::Number(n)) => match n.as_f64() {
            Some(x) if x.is_finite() => Ok(Scalar::Float(x + 0.0)),
            _ => Err("a finite number is expected".into()),
        },
        (DataType::Float, _) => Err("a number is expected".into()),
        (DataType::String, Value::String(text)) => self::text(text).map(Scalar::Text),
        (DataType::String, _) => Err("a text is expected, in quotes".into()),
        (DataType::Date | DataType::Timestamp | DataType::Json | DataType::Array, _) => {
            Err(format!("a {ty} has no constants of this kind"))
        }
    }
}

fn integer() -> String {
    "a whole number of 64 bits is expected".into()
}

/// A text in NFC, so that it equals the same text typed another way.
pub(crate) fn text(text: &str) -> Result<String, String> {
    if text.chars().count() > VALUE_CHARS_MAX {
        return Err(format!("a text has at most {VALUE_CHARS_MAX} characters"));
    }
    Ok(text.nfc().collect())
}

/// A text for comparisons in any case: in lower case, where a sigma at a word's end is one like every other. What follows it in the text
/// decides about its form, so that a part of a text would be written in another way than the whole.
pub(super) fn folded(text: &str) -> String {
    text.to_lowercase().replace('ς', "σ")
}

/// A decimal in units of the last digit. Comparisons are exact, so a value with more digits after the point could never be met.
fn decimal(text: &str, precision: u8, scale: u8) -> Result<i128, String> {
    let wrong = || "a decimal number is expected, for example \"12.50\"".to_owned();
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().map_err(|_| wrong())?),
        None => (text, 0),
    };
    let (negative, digits) = match mantissa.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, mantissa),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all: String = [whole, fraction].concat();
    if all.is_empty() || all.len() > 400 || !all.bytes().all(|b| b.is_ascii_digit()) || !(-400..=400).contains(&exponent) {
        return Err(wrong());
    }
    let significant = all.trim_start_matches('0').trim_end_matches('0');
    if significant.is_empty() {
        return Ok(0);
    }
    let trailing = all.len() - all.trim_end_matches('0').len();
    // The value is significant × 10^power; in units of the field's last digit, × 10^(power + scale).
    let power = exponent - i32::try_from(fraction.len()).map_err(|_| wrong())? + i32::try_from(trailing).map_err(|_| wrong())?;
    let zeros = usize::try_from(power + i32::from(scale)).map_err(|_| format!("the field keeps {scale} digits after the point"))?;
    if significant.len() + zeros > usize::from(precision.min(DECIMAL_DIGITS_MAX)) {
        return Err(format!("the field holds {} digits before the point", precision - scale));
    }
    let units: i128 = format!("{significant}{}", "0".repeat(zeros)).parse().map_err(|_| wrong())?;
    Ok(if negative { -units } else { units })
}

/// A day or, for timestamps, also an instant.
pub(crate) fn moment(value: &Value, ty: DataType) -> Result<Moment, String> {
    let wrong = match ty {
        DataType::Date => "a day is expected, for example \"2026-11-01\"",
        _ => "a day or an instant with its offset is expected, for example \"2026-11-01\" or \"2026-11-01T08:00:00Z\"",
    };
    let Value::String(text) = value else { return Err(wrong.into()) };
    let day = || (text.len() == 10).then(|| text.parse::<Date>().ok()).flatten().filter(|day| day.year() >= 1);
    let instant = || text.parse::<Timestamp>().ok().filter(|_| text.len() <= 40);
    match ty {
        DataType::Date => day().map(Moment::Day),
        _ => day().map(Moment::Day).or_else(|| instant().map(Moment::Instant)),
    }
    .ok_or_else(|| wrong.into())
}
