//! Elements of arrays, from JSON: the condition's constants and the rows' values become the same form, so that equality is plain.

use serde_json::Value;
use unicode_normalization::UnicodeNormalization;

use super::{typed::Element, value::folded};

/// Digits of a number's exponent that are read; a longer one is no number that any source holds.
const EXPONENT_DIGITS_MAX: usize = 9;

impl Element {
    /// The element; `None`: JSON's null, a list or an object, which equal nothing. `fold`: texts in one case.
    pub fn of(value: &Value, fold: bool) -> Option<Self> {
        match value {
            Value::Bool(value) => Some(Self::Boolean(*value)),
            Value::Number(number) => Self::number(&number.to_string()),
            Value::String(text) => Some(Self::Text(text.nfc().collect()).folded(fold)),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        }
    }

    fn folded(self, fold: bool) -> Self {
        match self {
            Self::Text(text) if fold => Self::Text(folded(&text)),
            other => other,
        }
    }

    /// A JSON number, digit by digit.
    fn number(text: &str) -> Option<Self> {
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        if exponent.len() > EXPONENT_DIGITS_MAX {
            return None;
        }
        let (negative, digits) = match mantissa.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, mantissa),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all = [whole, fraction].concat();
        let kept = all.trim_end_matches('0');
        let power = exponent.parse::<i64>().ok()? - fraction.len() as i64 + (all.len() - kept.len()) as i64;
        let digits = kept.trim_start_matches('0').to_owned();
        if digits.is_empty() {
            return Some(Self::Number { negative: false, digits, power: 0 });
        }
        Some(Self::Number { negative, digits, power })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(value: Value) -> Option<Element> {
        Element::of(&value, false)
    }

    #[test]
    fn equal_numbers_are_one_element_however_they_are_written() {
        for (left, right) in [("1", "1.0"), ("1e3", "1000"), ("-0.50", "-5e-1"), ("0", "-0.000"), ("120", "1.2E+2")] {
            assert_eq!(Element::number(left), Element::number(right), "{left} and {right}");
        }
        for (left, right) in [("1", "10"), ("1", "-1"), ("0.1", "0.01"), ("9007199254740993", "9007199254740992")] {
            assert_ne!(Element::number(left), Element::number(right), "{left} and {right}");
        }
        assert_eq!(Element::number("1e9999999999"), None);
    }

    #[test]
    fn texts_numbers_and_booleans_never_equal_each_other() {
        let all = [json!("1"), json!(1), json!(true), json!("true")].map(of);
        for (at, one) in all.iter().enumerate() {
            assert!(one.is_some() && all.iter().skip(at + 1).all(|other| other != one), "{one:?}");
        }
        assert_eq!([json!(null), json!([]), json!({})].map(of), [None, None, None]);
    }

    #[test]
    fn texts_are_compared_in_normal_form_and_perhaps_in_any_case() {
        assert_eq!(of(json!("Cafe\u{301}")), of(json!("Caf\u{e9}")));
        assert_ne!(of(json!("A")), of(json!("a")));
        assert_eq!(Element::of(&json!("A"), true), of(json!("a")));
        assert_eq!(Element::of(&json!("ΟΔΟΣ"), true), Element::of(&json!("οδοσ"), true));
    }
}
