//! The keys by which people are named (the notes: the table of keys), and what a cell of each must look like: SHA-256 as lower-case hex
//! for most, as it is for `EXTERN_ID`, `MADID` and `LOOKALIKE_VALUE`. With `is_raw` the vendor normalizes and hashes, and so does the
//! twin. Empty cells are names that are not known.

use serde_json::Value;

use super::access::{is_hash, sha256_hex};
use crate::{contact::is_email, iso::is_country};

/// Every key of a schema.
pub(super) const KEYS: [&str; 17] = [
    "EXTERN_ID",
    "EMAIL",
    "PHONE",
    "GEN",
    "DOBY",
    "DOBM",
    "DOBD",
    "LN",
    "FN",
    "FI",
    "CT",
    "ST",
    "ZIP",
    "COUNTRY",
    "MADID",
    VALUE,
    OPTIONS,
];

/// What somebody is worth; it names nobody.
pub(super) const VALUE: &str = "LOOKALIKE_VALUE";

/// How somebody's data may be processed (*Guide*); it names nobody and is a list.
pub(super) const OPTIONS: &str = "DATA_PROCESSING_OPTIONS";

/// The key of a name, or of its older name (*Custom audience users*).
pub(super) fn key(name: &str) -> Option<&'static str> {
    let name = match name {
        "EMAIL_SHA256" => "EMAIL",
        "PHONE_SHA256" => "PHONE",
        "MOBILE_ADVERTISER_ID" => "MADID",
        name => name,
    };
    KEYS.into_iter().find(|key| *key == name)
}

/// Keys that name somebody by themselves: any of them finds him again (inferred).
pub(super) const IDENTIFYING: [&str; 4] = ["EXTERN_ID", "EMAIL", "PHONE", "MADID"];

/// What is kept of a cell; none when the vendor cannot use it. Empty stays empty.
pub(super) fn cell(key: &str, value: &Value, raw: bool) -> Option<String> {
    let text = match (key, value) {
        (_, Value::String(text)) => text.clone(),
        ("EXTERN_ID" | VALUE, Value::Number(number)) => number.to_string(),
        (OPTIONS, Value::Array(items)) => {
            let limited = match items.as_slice() {
                [] => false,
                [one] => one == "LDU",
                _ => return None,
            };
            return (limited || items.is_empty()).then(|| if limited { "LDU".to_owned() } else { String::new() });
        }
        _ => return None,
    };
    let fits = match key {
        _ if text.is_empty() => true,
        "EXTERN_ID" => !text.trim().is_empty(),
        "MADID" => is_device(&text),
        VALUE => text.parse::<f64>().is_ok_and(|value| value.is_finite() && value >= 0.0),
        OPTIONS => false,
        _ if raw => return normalized(key, &text).map(|text| sha256_hex(&text)),
        _ => is_hash(&text),
    };
    fits.then_some(text)
}

/// A mobile advertiser's id: lower case, hyphens kept (the case is inferred).
fn is_device(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, b)| match at {
            8 | 13 | 18 | 23 => b == b'-',
            _ => matches!(b, b'0'..=b'9' | b'a'..=b'f'),
        })
}

/// A raw value as it is hashed; none when nothing is left or it is none of its kind.
fn normalized(key: &str, text: &str) -> Option<String> {
    let lower = text.trim().to_lowercase();
    let is_mark = |c: char| c.is_ascii_punctuation();
    let normal: String = match key {
        "EMAIL" => return is_email(&lower).then_some(lower),
        "GEN" => return matches!(lower.as_str(), "m" | "f").then_some(lower),
        "COUNTRY" => return is_country(&lower.to_uppercase()).then_some(lower),
        "PHONE" => lower.chars().filter(char::is_ascii_digit).collect::<String>().trim_start_matches('0').to_owned(),
        "FI" => lower.chars().take(1).collect(),
        "CT" => lower.chars().filter(|c| !c.is_whitespace() && !is_mark(*c) && !c.is_ascii_digit()).collect(),
        "ST" | "FN" | "LN" => lower.chars().filter(|c| !is_mark(*c)).collect(),
        "ZIP" => lower.split('-').next().unwrap_or_default().split_whitespace().collect(),
        _ => lower,
    };
    (!normal.is_empty()).then_some(normal)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The notes' own examples.
    #[test]
    fn raw_values_are_normalized_as_the_vendor_does() {
        for (key, raw, normal) in [
            ("EMAIL", " Lea.Martin@Example.com ", Some("lea.martin@example.com")),
            ("EMAIL", "nobody", None),
            ("PHONE", "+33 6 12 34 56 78", Some("33612345678")),
            ("PHONE", "0033612345678", Some("33612345678")),
            ("FN", " Zoë-Ann ", Some("zoëann")),
            ("FI", "Émile", Some("é")),
            ("GEN", "F", Some("f")),
            ("GEN", "x", None),
            ("CT", "Saint-Étienne 2", Some("saintétienne")),
            ("ZIP", "94025-1234", Some("94025")),
            ("ZIP", "SW1A 1AA", Some("sw1a1aa")),
            ("COUNTRY", "FR", Some("fr")),
            ("COUNTRY", "XX", None),
            ("LN", "…", Some("…")),
            ("LN", "--", None),
        ] {
            assert_eq!(normalized(key, raw).as_deref(), normal, "{key} {raw}");
        }
    }

    #[test]
    fn a_cell_is_hashed_unless_its_key_says_otherwise() {
        let hash = Value::from(sha256_hex("a"));
        for (key, value, fits) in [
            ("EMAIL", hash.clone(), true),
            ("EMAIL", "".into(), true),
            ("EMAIL", "a@b.example".into(), false),
            ("EMAIL", 7.into(), false),
            ("EMAIL", Value::Null, false),
            ("EXTERN_ID", "C-1042".into(), true),
            ("EXTERN_ID", 1042.into(), true),
            ("EXTERN_ID", " ".into(), false),
            ("MADID", "6d92078a-8246-4ba4-ae5b-76104861e7dc".into(), true),
            ("MADID", "6D92078A-8246-4BA4-AE5B-76104861E7DC".into(), false),
            ("MADID", hash, false),
            (VALUE, 44.5.into(), true),
            (VALUE, "140".into(), true),
            (VALUE, (-1).into(), false),
            (VALUE, "much".into(), false),
            (OPTIONS, serde_json::json!(["LDU"]), true),
            (OPTIONS, serde_json::json!([]), true),
            (OPTIONS, serde_json::json!(["XDU"]), false),
        ] {
            assert_eq!(cell(key, &value, false).is_some(), fits, "{key} {value}");
        }
    }
}
