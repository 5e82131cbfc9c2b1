//! Numbers as text: decimal digits with a point. What has a comma or an exponent is refused, since what it means is a guess.

use super::Flaw;

/// Digits that a decimal of ours may have.
const DIGITS_MAX: usize = 38;

/// Without a plus sign, leading zeros, and trailing zeros behind the point; zero has no sign.
pub(super) fn decimal(text: &str) -> Result<String, Flaw> {
    let (negative, digits) = match text.as_bytes()[0] {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let only_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.len() + part.len() == 0 || !only_digits(whole) || !only_digits(part) {
        return Err(Flaw::Number);
    }
    let (whole, part) = (whole.trim_start_matches('0'), part.trim_end_matches('0'));
    if whole.len() + part.len() > DIGITS_MAX {
        return Err(Flaw::NumberRange);
    }
    let sign = if negative && whole.len() + part.len() > 0 { "-" } else { "" };
    let whole = if whole.is_empty() { "0" } else { whole };
    let point = if part.is_empty() { "" } else { "." };
    Ok(format!("{sign}{whole}{point}{part}"))
}

/// The same, from `least` to `most`, both included.
pub(super) fn within(text: &str, least: f64, most: f64) -> Result<String, Flaw> {
    let number = decimal(text)?;
    let is = number.parse::<f64>().is_ok_and(|value| (least..=most).contains(&value));
    if is { Ok(number) } else { Err(Flaw::NumberRange) }
}
