//! What a value of a column may be (*Attributes*), and how the platform keeps it. A text that says a number or a truth, and a number
//! sent to a text column, pass and are told of (inferred): the warning is the connector's, the row is the vendor's.

use jiff::{civil, tz};
use serde_json::{Number, Value};

use super::field::{Field, FieldType};
use crate::{
    contact::{is_email, is_phone},
    time,
};

/// A value that the column takes.
#[derive(Debug, PartialEq)]
pub(super) struct Taken {
    pub(super) value: Value,
    /// It was sent as another type.
    pub(super) converted: bool,
}

/// Checks a value against its column.
pub(super) fn take(field: &Field, value: &Value) -> Result<Taken, String> {
    let as_sent = || Taken { value: value.clone(), converted: false };
    let converted = |value: Value| Taken { value, converted: true };
    match value {
        Value::Null if field.is_nullable => return Ok(as_sent()),
        Value::Null => return Err(format!("Column '{}' does not allow nulls.", field.name)),
        Value::Array(_) | Value::Object(_) => return Err(said(field, "an array or an object is not supported")),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    match field.r#type {
        FieldType::Text => match value {
            Value::String(text) => short(field, text).map(|()| as_sent()),
            other => {
                let text = other.to_string();
                short(field, &text).map(|()| converted(text.into()))
            }
        },
        FieldType::EmailAddress => texted(field, value, is_email, "is not an e-mail address").map(|()| as_sent()),
        FieldType::Phone => {
            texted(field, value, |text| is_phone(text) || is_digits(text), "is not a phone number").map(|()| as_sent())
        }
        FieldType::Locale => texted(field, value, is_locale, "is not a locale").map(|()| as_sent()),
        FieldType::Boolean => match value {
            Value::Bool(_) => Ok(as_sent()),
            Value::String(text) if text.eq_ignore_ascii_case("true") => Ok(converted(true.into())),
            Value::String(text) if text.eq_ignore_ascii_case("false") => Ok(converted(false.into())),
            _ => Err(said(field, "is not true or false")),
        },
        FieldType::Number => {
            let number = match value {
                Value::Number(number) => number.as_i64().map(|number| (number, false)),
                Value::String(text) => text.parse::<i64>().ok().map(|number| (number, true)),
                _ => None,
            };
            let (number, converted) = number.ok_or_else(|| said(field, "is not a whole number"))?;
            let number = i32::try_from(number).map_err(|_| said(field, "is outside of 32 bits"))?;
            Ok(Taken { value: number.into(), converted })
        }
        FieldType::Decimal => {
            let text = match value {
                Value::Number(number) => number.to_string(),
                Value::String(text) => text.clone(),
                _ => return Err(said(field, "is not a number")),
            };
            let (whole, after) = digits(&text).ok_or_else(|| said(field, "is not a number"))?;
            let scale = field.scale.unwrap_or_default() as usize;
            let length = field.length.unwrap_or(super::limits::DECIMAL_DIGITS_MAX) as usize;
            if after > scale || whole > length.saturating_sub(scale) {
                return Err(said(field, &format!("does not fit ({length},{scale})")));
            }
            match value {
                Value::String(text) => {
                    let number = text.parse::<Number>().map_err(|_| said(field, "is not a number"))?;
                    Ok(converted(Value::Number(number)))
                }
                _ => Ok(as_sent()),
            }
        }
        FieldType::Date => {
            let text = value.as_str().and_then(central).ok_or_else(|| said(field, "is not a date"))?;
            Ok(Taken { value: text.into(), converted: false })
        }
    }
}

fn said(field: &Field, what: &str) -> String {
    format!("Error in column '{}': the value {what}.", field.name)
}

fn short(field: &Field, text: &str) -> Result<(), String> {
    match text.chars().count() > field.chars_max() as usize {
        true => Err(said(field, &format!("is longer than {}", field.chars_max()))),
        false => Ok(()),
    }
}

fn texted(field: &Field, value: &Value, good: impl Fn(&str) -> bool, what: &str) -> Result<(), String> {
    let text = value.as_str().filter(|text| good(text)).ok_or_else(|| said(field, what))?;
    short(field, text)
}

/// A national number (inferred: nothing is said of its form).
fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit() || b" -().".contains(&byte)) && text.bytes().any(|byte| byte.is_ascii_digit())
}

fn is_locale(text: &str) -> bool {
    let parts: Vec<&str> = text.split(['-', '_']).collect();
    matches!(parts.as_slice(), [language, country] if [language, country].iter().all(|part| {
        part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_alphabetic())
    }))
}

/// Digits before and after the point of a number's shortest text, without zeros that say nothing.
fn digits(text: &str) -> Option<(usize, usize)> {
    let text = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let exponent: i64 = exponent.parse().ok()?;
    let (whole, after) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() || !whole.bytes().chain(after.bytes()).all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let all = format!("{whole}{after}");
    let leading = all.len() - all.trim_start_matches('0').len();
    let trailing = all.trim_end_matches('0').len();
    if trailing == 0 {
        return Some((0, 0));
    }
    let point = i64::try_from(whole.len()).ok()?.checked_add(exponent)?;
    let before = point.checked_sub(i64::try_from(leading).ok()?)?.max(0);
    let behind = i64::try_from(trailing).ok()?.checked_sub(point)?.max(0);
    Some((usize::try_from(before).ok()?, usize::try_from(behind).ok()?))
}

/// The platform's own time (inferred): six hours behind UTC all year. A time without an offset is taken as that already.
fn central(text: &str) -> Option<String> {
    if let Some(day) = time::day(text) {
        return Some(format!("{day}T00:00:00"));
    }
    if let Some(instant) = time::instant(text) {
        let there = tz::offset(-6).to_datetime(instant);
        return Some(there.to_string());
    }
    if time::is_iso(text) { text.parse::<civil::DateTime>().ok().map(|there| there.to_string()) } else { None }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_number_is_counted_by_its_digits() {
        for (text, want) in [
            ("0", Some((0, 0))),
            ("-12.50", Some((2, 1))),
            ("0.05", Some((0, 2))),
            ("1200", Some((4, 0))),
            ("1e21", Some((22, 0))),
            ("1.25e-7", Some((0, 9))),
            ("1.25e1", Some((2, 1))),
            ("00012", Some((2, 0))),
            ("1e99999999999999999999", None),
            ("1,2", None),
            (".5", None),
            ("", None),
            ("NaN", None),
        ] {
            assert_eq!(digits(text), want, "{text}");
        }
    }

    #[test]
    fn a_time_is_kept_as_central_time_without_summer() {
        let field = Field::new("At", FieldType::Date);
        for (sent, kept) in [
            ("2026-04-30T10:00:00Z", Some("2026-04-30T04:00:00")),
            ("2026-01-01T01:00:00+02:00", Some("2025-12-31T17:00:00")),
            ("2026-04-30T10:00:00", Some("2026-04-30T10:00:00")),
            ("2026-04-30", Some("2026-04-30T00:00:00")),
            ("30/04/2026", None),
            ("", None),
        ] {
            assert_eq!(take(&field, &json!(sent)).ok().map(|taken| taken.value), kept.map(Value::from), "{sent}");
        }
        assert!(take(&field, &json!(1_772_439_300)).is_err());
    }
}
