//! What a plain YAML scalar means: the core schema of YAML 1.2 (yaml.org/spec/1.2.2, section 10.3, read 2026-11-26), less what a person
//! seldom means. `no` is a text and a date is a text; a number that would lose a digit or a leading zero is refused.

use serde_json::{Number, Value};

/// The value, or why it must be written in another way.
pub(super) fn plain(text: &str) -> Result<Value, &'static str> {
    Ok(match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        ".nan" | ".NaN" | ".NAN" | ".inf" | ".Inf" | ".INF" | "-.inf" | "-.Inf" | "-.INF" | "+.inf" | "+.Inf" | "+.INF" => {
            return Err("Infinity and NaN are not values here.");
        }
        _ => return number(text),
    })
}

fn number(text: &str) -> Result<Value, &'static str> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return Ok(Value::String(text.to_owned()));
    }
    let whole = digits.bytes().all(|b| b.is_ascii_digit());
    if whole && digits.len() > 1 && digits.starts_with('0') {
        return Err("A number does not begin with 0; write a text in quotes.");
    }
    if whole {
        let unsigned = text.strip_prefix('+').unwrap_or(text);
        if let Ok(n) = unsigned.parse::<i64>() {
            return Ok(n.into());
        }
        return unsigned
            .parse::<u64>()
            .map(Into::into)
            .map_err(|_| "The number does not fit 64 bits; write it in quotes, so that no digit is lost.");
    }
    if !looks_like_a_float(digits) {
        return Ok(Value::String(text.to_owned()));
    }
    let float = text.parse::<f64>().ok().and_then(Number::from_f64);
    float.map(Value::Number).ok_or("The number is too large; write it in quotes.")
}

/// `[0-9]+(\.[0-9]*)?([eE][-+]?[0-9]+)?` or `\.[0-9]+(…)?`.
fn looks_like_a_float(text: &str) -> bool {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['-', '+']).unwrap_or(exponent))),
        None => (text, None),
    };
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    digits(whole) && digits(part) && !(whole.is_empty() && part.is_empty()) && exponent.is_none_or(|e| !e.is_empty() && digits(e))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn plain_scalars_mean_what_people_mean_by_them() {
        for (text, want) in [
            ("", json!(null)),
            ("~", json!(null)),
            ("true", json!(true)),
            ("no", json!("no")),
            ("yes", json!("yes")),
            ("12", json!(12)),
            ("-3", json!(-3)),
            ("+3", json!(3)),
            ("0", json!(0)),
            ("18446744073709551615", json!(u64::MAX)),
            ("1.50", json!(1.5)),
            (".5", json!(0.5)),
            ("1e3", json!(1000.0)),
            ("1.2.3", json!("1.2.3")),
            ("2026-11-01", json!("2026-11-01")),
            ("12:30", json!("12:30")),
            (".", json!(".")),
            ("-", json!("-")),
            ("1e", json!("1e")),
            ("0x1F", json!("0x1F")),
        ] {
            assert_eq!(plain(text), Ok(want), "{text}");
        }
    }

    #[test]
    fn numbers_that_would_change_silently_are_refused() {
        for text in ["01234", "-007", "18446744073709551616", "1e999", ".inf", ".nan"] {
            assert!(plain(text).is_err(), "{text}");
        }
    }
}
