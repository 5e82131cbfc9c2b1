//! Names and single values, as profiles, events and custom data share them: what a key says of its value's type, and whether
//! the value is of it. Why not is a sentence (inferred); arrays are `items`' business.

use jiff::Timestamp;
use serde_json::Value;

use super::limits;
use crate::time::instant;

/// What a key says of its value: `date(x)`, `url(x)`, or nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrap {
    Plain,
    Date,
    Url,
}

/// A key without its wrapping.
pub(super) fn unwrap(key: &str) -> (Wrap, &str) {
    for (wrap, start) in [(Wrap::Date, "date("), (Wrap::Url, "url(")] {
        if let Some(name) = key.strip_prefix(start).and_then(|rest| rest.strip_suffix(')')) {
            return (wrap, name);
        }
    }
    (Wrap::Plain, key)
}

/// `[a-z0-9_]{1,30}` (*Synchronize profiles*, *Send events*, *Synchronize contacts*). Upper case is "refused or lower-cased
/// depending on path": the twin refuses it.
pub(super) fn is_name(name: &str) -> bool {
    (1..=limits::NAME_CHARS_MAX).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// Not empty, at most so many characters.
pub(super) fn fits(text: &str, chars_max: usize) -> bool {
    !text.is_empty() && text.chars().count() <= chars_max
}

/// Whether a value is a single one of the type that its key says.
pub(super) fn single(wrap: Wrap, value: &Value, chars_max: usize) -> Result<(), String> {
    match (wrap, value) {
        (Wrap::Plain, Value::String(text)) if fits(text, chars_max) => Ok(()),
        (Wrap::Plain, Value::String(_)) => Err(format!("must have 1 to {chars_max} characters")),
        (Wrap::Plain, Value::Bool(_) | Value::Number(_)) => Ok(()),
        (Wrap::Plain, _) => Err("must be a string, a number or a boolean".to_owned()),
        (Wrap::Date, Value::String(text)) if is_utc(text) => Ok(()),
        (Wrap::Date, _) => Err("must be an RFC 3339 date in UTC".to_owned()),
        (Wrap::Url, Value::String(text)) if is_url(text) => Ok(()),
        (Wrap::Url, _) => Err(format!("must be a URL of at most {} characters", limits::URL_CHARS_MAX)),
    }
}

/// RFC 3339: date, `T`, time with seconds, and `Z` or an offset with a colon.
pub(super) fn rfc3339(text: &str) -> Option<Timestamp> {
    let (clock, rest) = text.split_at_checked(19)?;
    let zone = match rest.strip_prefix('.') {
        Some(fraction) => fraction.trim_start_matches(|c: char| c.is_ascii_digit()),
        None => rest,
    };
    let offset = zone.len() == 6 && zone.starts_with(['+', '-']) && zone.as_bytes().get(3) == Some(&b':');
    let shape = [(10, b'T'), (13, b':'), (16, b':')].into_iter().all(|(at, byte)| clock.as_bytes().get(at) == Some(&byte));
    if shape && (zone == "Z" || offset) { instant(text) } else { None }
}

/// "RFC 3339 UTC `1989-07-20T00:00:00Z`" (*Synchronize profiles*).
fn is_utc(text: &str) -> bool {
    text.ends_with('Z') && rfc3339(text).is_some()
}

/// A scheme, `://` and something, without blanks; the length is the notes', the rest (inferred).
fn is_url(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else { return false };
    fits(text, limits::URL_CHARS_MAX)
        && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
        && !rest.is_empty()
        && !text.chars().any(|c| c.is_whitespace() || c.is_control())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_thirty_small_letters_digits_and_underscores() {
        for (name, good) in [
            ("loyalty_points", true),
            ("0", true),
            (&*"x".repeat(30), true),
            (&*"x".repeat(31), false),
            ("", false),
            ("Points", false),
            ("a-b", false),
            ("a.b", false),
            ("é", false),
        ] {
            assert_eq!(is_name(name), good, "{name}");
        }
    }

    #[test]
    fn a_key_says_what_its_value_is() {
        for (key, want) in [
            ("date(birthdate)", (Wrap::Date, "birthdate")),
            ("url(website)", (Wrap::Url, "website")),
            ("date(u.last_order)", (Wrap::Date, "u.last_order")),
            ("date(x", (Wrap::Plain, "date(x")),
            ("date", (Wrap::Plain, "date")),
            ("Date(x)", (Wrap::Plain, "Date(x)")),
        ] {
            assert_eq!(unwrap(key), want, "{key}");
        }
    }

    #[test]
    fn a_time_is_rfc_3339_and_a_date_is_in_utc_too() {
        for (text, time, date) in [
            ("1989-07-20T00:00:00Z", true, true),
            ("1989-07-20T00:00:00.123456Z", true, true),
            ("1989-07-20T02:00:00+02:00", true, false),
            ("1989-07-20T00:00:00+00:00", true, false),
            ("1989-07-20T02:00:00+0200", false, false),
            ("1989-07-20T02:00:00+02", false, false),
            ("1989-07-20T00:00:00", false, false),
            ("1989-07-20T00:00Z", false, false),
            ("1989-07-20 00:00:00Z", false, false),
            ("1989-07-20t00:00:00z", false, false),
            ("1989-07-20T000000.0Z", false, false),
            ("1989-07-20T00:00:00Z[UTC]", false, false),
            ("1989-02-30T00:00:00Z", false, false),
            ("1989-07-20", false, false),
            ("1989-07-20T00:00:0é+0", false, false),
            ("616896000", false, false),
        ] {
            assert_eq!((rfc3339(text).is_some(), is_utc(text)), (time, date), "{text}");
        }
    }

    #[test]
    fn a_url_has_a_scheme_and_at_most_2048_characters() {
        let long = |chars: usize| format!("https://{}", "x".repeat(chars - 8));
        for (text, good) in [
            ("https://example.com/a?b=c", true),
            ("myapp://cart", true),
            (&*long(2_048), true),
            (&*long(2_049), false),
            ("example.com", false),
            ("https://", false),
            ("://x", false),
            ("1a://x", false),
            ("https://a b", false),
        ] {
            assert_eq!(is_url(text), good, "{text}");
        }
    }
}
