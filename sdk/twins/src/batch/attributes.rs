//! Attributes of a profile: the vendor's own, whose names begin with `$`, and custom ones (*Synchronize profiles*). One that is
//! wrong is lost by itself and named; what a profile has room for is the profile's business.

use std::collections::{BTreeMap, HashSet};

use serde_json::{Map, Value};

use super::{
    items::{self, Rule},
    limits, values,
    words::Lost,
};
use crate::{
    contact::{is_email, is_phone},
    iso::{is_country, is_language},
    time::is_zone,
};

/// Attributes of one operation, by their keys as sent.
#[derive(Debug, Default)]
pub(super) struct Attributes {
    /// What may be written.
    pub(super) kept: BTreeMap<String, Value>,
    pub(super) lost: Vec<Lost>,
    /// Keys of a name that another key has too: `x` and `date(x)`.
    pub(super) twice: Vec<String>,
}

/// The vendor's own that say how a person is reached; dropped silently for an installation (*Synchronize profiles*; that the
/// marketing ones are among them is inferred).
pub(super) fn is_contact(key: &str) -> bool {
    matches!(key, "$email_address" | "$email_marketing" | "$phone_number" | "$sms_marketing")
}

impl Attributes {
    /// Checks each. Of more than a profile holds, the first by name are kept (inferred).
    pub(super) fn read(sent: Map<String, Value>) -> Self {
        let mut read = Self::default();
        let (mut custom, mut arrays) = (0, 0);
        let mut names = HashSet::new();
        for (key, value) in sent.into_iter().collect::<BTreeMap<_, _>>() {
            if let Err(reason) = check(&key, &value) {
                read.lost.push(Lost::attribute(key, reason));
                continue;
            }
            if !key.starts_with('$') && !value.is_null() {
                let array = usize::from(value.is_array() || value.is_object());
                if custom == limits::ATTRIBUTES_MAX || arrays + array > limits::ARRAYS_MAX {
                    read.lost.push(Lost::attribute(key, "too many attributes"));
                    continue;
                }
                custom += 1;
                arrays += array;
            }
            if !names.insert(values::unwrap(&key).1.to_owned()) {
                read.twice.push(key.clone());
            }
            read.kept.insert(key, value);
        }
        read
    }
}

/// Whether an attribute may be written; null erases one of any name that is valid.
fn check(key: &str, value: &Value) -> Result<(), String> {
    if key.starts_with('$') {
        return native(key, value);
    }
    let (wrap, name) = values::unwrap(key);
    if !values::is_name(name) {
        return Err("is not a valid attribute name".to_owned());
    }
    match value {
        Value::Null => Ok(()),
        Value::Array(_) | Value::Object(_) if wrap == values::Wrap::Plain => {
            items::check(value, Rule { items_max: limits::ITEMS_MAX, fits: |text| values::fits(text, limits::TEXT_CHARS_MAX) })
        }
        single => values::single(wrap, single, limits::TEXT_CHARS_MAX),
    }
}

fn native(key: &str, value: &Value) -> Result<(), String> {
    let good: fn(&str) -> bool = match key {
        "$email_address" => |text| is_email(text) && text.chars().count() <= limits::EMAIL_CHARS_MAX,
        "$email_marketing" | "$sms_marketing" => |text| matches!(text, "subscribed" | "unsubscribed"),
        "$phone_number" => is_phone,
        "$language" => is_language,
        "$region" => is_country,
        "$timezone" => is_zone,
        "$topic_preferences" if value.is_null() => return Ok(()),
        "$topic_preferences" => return items::check(value, Rule { items_max: limits::ITEMS_MAX, fits: is_topic }),
        _ => return Err("is not a native attribute".to_owned()),
    };
    match value {
        Value::Null => Ok(()),
        Value::String(text) if good(text) => Ok(()),
        _ => Err("is not valid".to_owned()),
    }
}

/// `[a-z0-9_]`, at most 300 characters.
fn is_topic(text: &str) -> bool {
    values::fits(text, limits::TOPIC_CHARS_MAX) && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

#[cfg(test)]
mod tests;
