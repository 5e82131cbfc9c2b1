//! Merge fields: what a value must be to be taken, and what is kept of it (*Attributes*). Inferred: a number is taken by every
//! field of one line and kept as text there; an address names nothing but its six parts; `url` and `imageurl` begin with `http`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{body::shape, limits, options::NewMergeField};
use crate::time::day;

/// What values of a field may be (*Attributes*: types). Booleans are none of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MergeType {
    /// Any text.
    Text,
    /// A number.
    Number,
    /// An object: `addr1`, `city`, `state`, `zip`, and if there are any `addr2`, `country`.
    Address,
    /// A text.
    Phone,
    /// `YYYY-MM-DD`.
    Date,
    /// An address of the web.
    Url,
    /// The same, of an image.
    ImageUrl,
    /// One of some choices.
    Radio,
    /// One of some choices.
    Dropdown,
    /// `MM/DD`.
    Birthday,
    /// A text.
    Zip,
}

impl MergeType {
    pub(super) const WORDS: &'static str = "text, number, address, phone, date, url, imageurl, radio, dropdown, birthday, zip";

    pub(super) fn read(word: &str) -> Option<Self> {
        Self::deserialize(serde::de::value::StrDeserializer::<serde::de::value::Error>::new(word)).ok()
    }
}

/// A merge field of an audience.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MergeField {
    /// The vendor's number of it, from 1; the address itself is 0.
    pub merge_id: i64,
    /// What values are sent under, upper-case.
    pub tag: String,
    /// What people see.
    pub name: String,
    /// What values may be.
    pub r#type: MergeType,
    /// A member without a value is refused, unless merge validation is skipped.
    pub required: bool,
    /// The values of a `radio` or `dropdown`; any when empty.
    pub choices: Vec<String>,
}

impl MergeField {
    pub(super) fn new(merge_id: i64, new: NewMergeField) -> Self {
        let NewMergeField { tag, name, r#type, required, choices } = new;
        // "merge tags are case-insensitive but returned upper-case" (*Quirks*)
        Self { merge_id, tag: tag.to_uppercase(), name, r#type, required, choices }
    }

    /// As the vendor shows it.
    pub(super) fn shown(&self, audience: &str) -> Value {
        json!({
            "merge_id": self.merge_id, "tag": self.tag, "name": self.name, "type": self.r#type, "required": self.required,
            "options": { "choices": self.choices }, "list_id": audience,
        })
    }

    /// What is kept of a value; none when it clears. `Err` says what the vendor says of it.
    pub(super) fn read(&self, value: &Value) -> Result<Option<Value>, String> {
        // "empty string clears a value whatever its type; null is not accepted as a clearing value"
        if value == "" {
            return Ok(None);
        }
        if self.r#type == MergeType::Address {
            return address(value).map(Some);
        }
        let line = match value {
            Value::String(line) => line.clone(),
            Value::Number(number) => number.to_string(),
            // "booleans are not a type"
            Value::Bool(_) | Value::Null | Value::Array(_) | Value::Object(_) => return Err(shape("string", value)),
        };
        if line.len() > limits::TEXT_BYTES_MAX {
            return Err(format!("Please enter a value with no more than {} characters", limits::TEXT_BYTES_MAX));
        }
        let good = match self.r#type {
            MergeType::Text | MergeType::Phone | MergeType::Zip | MergeType::Address => true,
            // Recorded for the field LTV: "Please enter a number" (grouparoo @ a453a40).
            MergeType::Number => return number(&line).map(Some).ok_or_else(|| "Please enter a number".to_owned()),
            MergeType::Date => day(&line).is_some(),
            MergeType::Birthday => is_birthday(&line),
            MergeType::Url | MergeType::ImageUrl => line.starts_with("http://") || line.starts_with("https://"),
            MergeType::Radio | MergeType::Dropdown => self.choices.is_empty() || self.choices.contains(&line),
        };
        if good { Ok(Some(line.into())) } else { Err(self.wrong()) }
    }

    fn wrong(&self) -> String {
        match self.r#type {
            MergeType::Date => "Please enter the date as YYYY-MM-DD".to_owned(),
            MergeType::Birthday => "Please enter a month (01-12) and a day (01-31)".to_owned(),
            MergeType::Url | MergeType::ImageUrl => "Please enter a valid URL".to_owned(),
            MergeType::Radio | MergeType::Dropdown => format!("Value must be one of: {}", self.choices.join(", ")),
            MergeType::Text | MergeType::Phone | MergeType::Zip | MergeType::Address | MergeType::Number => {
                "Please enter a value".to_owned()
            }
        }
    }
}

fn number(line: &str) -> Option<Value> {
    let value: Value = line.parse().ok()?;
    value.is_number().then_some(value)
}

/// `MM/DD`; the 29th of February is a day.
fn is_birthday(line: &str) -> bool {
    line.len() == 5 && line.split_once('/').is_some_and(|(month, of_month)| day(&format!("2024-{month}-{of_month}")).is_some())
}

/// "object with addr1, city, state, zip all mandatory (addr2, country optional) and all strings"
fn address(value: &Value) -> Result<Value, String> {
    let parts = value.as_object().ok_or_else(|| shape("object", value))?;
    let mut kept = Map::new();
    for (name, part) in parts {
        let text = part.as_str().ok_or_else(|| shape("string", part))?;
        match name.as_str() {
            "addr1" | "addr2" | "city" | "state" | "zip" | "country" => kept.insert(name.clone(), text.into()),
            _ => return Err(format!("{name} is no part of an address")),
        };
    }
    let there = |name: &str| kept.get(name).is_some_and(|part| part != "");
    if ["addr1", "city", "state", "zip"].into_iter().all(there) {
        Ok(kept.into())
    } else {
        Err("Please enter a complete address".to_owned())
    }
}

#[cfg(test)]
mod tests;
