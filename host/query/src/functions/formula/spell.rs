//! `cast`: values as other types, and texts that spell them. A text that does not spell a value of the type gives none.

use std::borrow::Cow;

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use sluice_catalog::types::DataType;

use super::{Overflow, calendar, number, value::Value};

/// The value as another type. Numbers are rounded to the digits that the type keeps, halves away from zero.
pub(super) fn convert<'v>(value: &Value<'v>, to: DataType, zone: &TimeZone) -> Result<Value<'v>, Overflow> {
    Ok(match (value, to) {
        (Value::Text(text), DataType::String | DataType::Json | DataType::Array) => Value::Text(text.clone()),
        (Value::Text(text), to) => read(text, to)?,
        (Value::Boolean(value), DataType::Integer) => Value::Exact(i128::from(*value), 0),
        (Value::Boolean(value), DataType::String) => Value::Text(Cow::Borrowed(if *value { "true" } else { "false" })),
        (Value::Exact(units, scale), DataType::String) => Value::Text(Cow::Owned(digits(*units, *scale))),
        (Value::Exact(units, scale), DataType::Float) => {
            // By way of the digits, which is the one way that rounds once.
            digits(*units, *scale).parse().map_or(Value::Null, Value::Float)
        }
        (Value::Exact(..), _) => value.clone(),
        (Value::Float(value), DataType::Integer | DataType::Decimal { .. }) => float(*value, to)?,
        (Value::Day(day), DataType::String) => {
            calendar::date(*day).map_or(Value::Null, |date| Value::Text(Cow::Owned(date.to_string())))
        }
        (Value::Day(day), DataType::Timestamp) => {
            // Where a change of clocks skips midnight, the day begins after the gap.
            let instant = calendar::date(*day).and_then(|date| zone.to_timestamp(date.at(0, 0, 0, 0)).ok());
            instant.map_or(Value::Null, |instant| Value::Instant(instant.as_microsecond()))
        }
        (value, _) => value.clone(),
    })
}

/// A decimal as its digits.
fn digits(units: i128, scale: u8) -> String {
    let sign = if units < 0 { "-" } else { "" };
    let all = format!("{:0>width$}", units.unsigned_abs(), width = usize::from(scale) + 1);
    let (whole, fraction) = all.split_at(all.len() - usize::from(scale));
    if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

/// The value in JSON: decimals as texts, so that no reader rounds them; times as ISO 8601 has them.
pub(super) fn json<'v>(value: &Value<'v>, ty: DataType) -> Value<'v> {
    let text = match value {
        Value::Null | Value::Float(_) => return Value::Null,
        Value::Boolean(value) => value.to_string(),
        Value::Exact(units, scale) if ty == DataType::Integer => digits(*units, *scale),
        Value::Exact(units, scale) => format!("\"{}\"", digits(*units, *scale)),
        Value::Text(text) => serde_json::Value::from(text.as_ref()).to_string(),
        Value::Day(day) => match calendar::date(*day) {
            None => return Value::Null,
            Some(date) => format!("\"{date}\""),
        },
        Value::Instant(at) => match Timestamp::from_microsecond(*at) {
            Err(_) => return Value::Null,
            Ok(at) => format!("\"{at}\""),
        },
    };
    Value::Text(Cow::Owned(text))
}

/// A float with the digits of a type, halves of its shown form away from zero.
fn float<'v>(value: f64, to: DataType) -> Result<Value<'v>, Overflow> {
    if value.is_nan() {
        return Ok(Value::Null);
    }
    if value.is_infinite() {
        return Err(Overflow);
    }
    let wanted = if let DataType::Decimal { scale, .. } = to { scale } else { 0 };
    // The shortest text that reads back as the same float is what people mean by it: 1.005 is 1.005. One digit more than is wanted
    // decides the rounding.
    let text = value.to_string();
    let end = text.find('.').map_or(text.len(), |point| text.len().min(point + 2 + usize::from(wanted)));
    let (units, scale) = spelled(&text[..end]).ok_or(Overflow)?;
    Ok(Value::Exact(number::scaled(units, scale, wanted)?, wanted))
}

/// What a text spells, spaces around it aside.
fn read<'v>(text: &str, to: DataType) -> Result<Value<'v>, Overflow> {
    let text = text.trim_matches(' ');
    Ok(match to {
        DataType::Integer => match spelled(text) {
            Some((units, 0)) => Value::Exact(units, 0),
            _ => Value::Null,
        },
        DataType::Decimal { scale: wanted, .. } => match spelled(text) {
            Some((units, scale)) => Value::Exact(number::scaled(units, scale, wanted)?, wanted),
            None => Value::Null,
        },
        DataType::Float if spelled(text).is_some() => text.parse().map_or(Value::Null, Value::Float),
        DataType::Boolean => match text.to_ascii_lowercase().as_str() {
            "true" => Value::Boolean(true),
            "false" => Value::Boolean(false),
            _ => Value::Null,
        },
        DataType::Date if text.len() == 10 => text.parse::<Date>().map_or(Value::Null, |date| Value::Day(calendar::day(date))),
        DataType::Timestamp => text.parse::<Timestamp>().map_or(Value::Null, |at| Value::Instant(at.as_microsecond())),
        DataType::Float | DataType::Date | DataType::String | DataType::Json | DataType::Array => Value::Null,
    })
}

/// A sign, digits, perhaps a point and digits: their units and how many stand after the point. At most 38 digits count.
fn spelled(text: &str) -> Option<(i128, u8)> {
    let (negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = rest.split_once('.').map_or((rest, None), |(whole, fraction)| (whole, Some(fraction)));
    let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !are_digits(whole) || fraction.is_some_and(|fraction| !are_digits(fraction)) {
        return None;
    }
    let fraction = fraction.unwrap_or_default();
    let all = [whole, fraction].concat();
    let significant = all.trim_start_matches('0');
    if significant.len() > 38 || fraction.len() > 38 {
        return None;
    }
    let units: i128 = if significant.is_empty() { 0 } else { significant.parse().ok()? };
    Some((if negative { -units } else { units }, fraction.len() as u8))
}
