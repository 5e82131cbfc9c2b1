//! A body as the vendor's parser of protobuf JSON takes it: known names in lower camel case, values of their types, enums by name, one
//! member of each `oneof`, times of RFC 3339. Null is absent. What is wrong is said in the words of that parser, with its place.
//!
//! Names as the protos spell them (`audience_members`) and numbers of enums, which the real parser takes too, are refused: the
//! documentation has lower camel case and names (inferred).

use std::{collections::HashMap, sync::LazyLock};

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::{Map, Value};

use super::fields;
use crate::time::instant;

/// Something that the parser does not take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unfit {
    /// The place as the protos name it, `audience_members[3].user_data`; empty for the whole body.
    pub(super) field: String,
    pub(super) description: String,
}

struct Field {
    snake: &'static str,
    kind: &'static str,
    repeated: bool,
    oneof: Option<&'static str>,
}

/// The messages of one API.
pub(super) struct Messages {
    messages: HashMap<&'static str, HashMap<String, Field>>,
    enums: HashMap<&'static str, Vec<&'static str>>,
}

pub(super) static DATA_MANAGER: LazyLock<Messages> = LazyLock::new(|| Messages::read(fields::DATA_MANAGER));
pub(super) static GOOGLE_ADS: LazyLock<Messages> = LazyLock::new(|| Messages::read(fields::GOOGLE_ADS));

impl Messages {
    fn read(text: &'static str) -> Self {
        let mut all = Self { messages: HashMap::new(), enums: HashMap::new() };
        for (head, items) in text.lines().filter_map(|line| line.split_once(": ")) {
            match head.strip_prefix("enum ") {
                Some(name) => drop(all.enums.insert(name, items.split(", ").collect())),
                None => drop(all.messages.insert(head, items.split(", ").filter_map(Field::read).collect())),
            }
        }
        all
    }

    /// All that is wrong with a message's names and types.
    pub(super) fn check(&self, message: &str, body: &Map<String, Value>) -> Vec<Unfit> {
        let mut found = Vec::new();
        self.message(message, body, "", &mut found);
        found
    }

    fn message(&self, name: &str, body: &Map<String, Value>, at: &str, found: &mut Vec<Unfit>) {
        // A message that is not listed is one whose feature the twin does not have: none of its names is known.
        let fields = self.messages.get(name);
        let mut set: Vec<&str> = Vec::new();
        for (key, value) in body {
            let Some(field) = fields.and_then(|fields| fields.get(key.as_str())) else {
                let place = if at.is_empty() { String::new() } else { format!(" at '{at}'") };
                let description = format!("Invalid JSON payload received. Unknown name \"{key}\"{place}: Cannot find field.");
                found.push(Unfit { field: at.to_owned(), description });
                continue;
            };
            if value.is_null() {
                continue;
            }
            let place = if at.is_empty() { field.snake.to_owned() } else { format!("{at}.{}", field.snake) };
            if let Some(oneof) = field.oneof {
                if set.contains(&oneof) {
                    let description =
                        format!("Invalid value at '{at}' (oneof), oneof field '{oneof}' is already set. Cannot set '{key}'");
                    found.push(Unfit { field: at.to_owned(), description });
                    continue;
                }
                set.push(oneof);
            }
            match (field.repeated, value) {
                (true, Value::Array(items)) => {
                    for (index, item) in items.iter().enumerate() {
                        self.value(field.kind, item, &format!("{place}[{index}]"), found);
                    }
                }
                // A single value in place of a list is taken by some parsers; not here (inferred).
                (true, other) => found.push(invalid(&place, field.kind, other)),
                (false, value) => self.value(field.kind, value, &place, found),
            }
        }
    }

    fn value(&self, kind: &'static str, value: &Value, at: &str, found: &mut Vec<Unfit>) {
        let fits = match kind {
            "string" => value.is_string(),
            "bool" => value.is_boolean(),
            "double" => value.is_number(),
            "int32" => value.as_i64().is_some_and(|n| i32::try_from(n).is_ok()),
            "int64" => value.is_i64() || value.as_str().is_some_and(|text| text.parse::<i64>().is_ok()),
            "bytes" => value.as_str().is_some_and(is_base64),
            "Timestamp" => value.as_str().is_some_and(|text| time(text).is_some()),
            "Duration" => value.as_str().is_some_and(|text| seconds(text).is_some()),
            "FieldMask" => value.is_string(),
            _ => match (self.enums.get(kind), value) {
                (Some(names), Value::String(text)) => names.contains(&text.as_str()),
                (Some(_), _) => false,
                (None, Value::Object(body)) => return self.message(kind, body, at, found),
                (None, _) => false,
            },
        };
        if !fits {
            found.push(invalid(at, kind, value));
        }
    }
}

impl Field {
    fn read(text: &'static str) -> Option<(String, Self)> {
        let (repeated, text) = text.strip_prefix("repeated ").map_or((false, text), |rest| (true, rest));
        let (kind, snake) = text.split_once(' ')?;
        let (oneof, kind) = kind.split_once('|').map_or((None, kind), |(oneof, kind)| (Some(oneof), kind));
        Some((camel(snake), Self { snake, kind, repeated, oneof }))
    }
}

fn invalid(at: &str, kind: &str, value: &Value) -> Unfit {
    // Texts and numbers are repeated by the vendor; the twin names their kind alone, since they may be somebody's address.
    let is = match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    };
    Unfit { field: at.to_owned(), description: format!("Invalid value at '{at}' ({kind}), {is}") }
}

/// `audience_members` as JSON has it.
pub(super) fn camel(snake: &str) -> String {
    let mut parts = snake.split('_');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |mut name, part| {
        let mut chars = part.chars();
        name.extend(chars.next().map(|c| c.to_ascii_uppercase()));
        name.push_str(chars.as_str());
        name
    })
}

/// A time of RFC 3339.
pub(super) fn time(text: &str) -> Option<jiff::Timestamp> {
    if text.as_bytes().get(10) == Some(&b'T') { instant(text) } else { None }
}

/// The seconds of a duration, `"46656000s"`; fractions are taken and cut off.
pub(super) fn seconds(text: &str) -> Option<u64> {
    let number = text.strip_suffix('s')?;
    let whole = match number.split_once('.') {
        Some((whole, part)) if !part.is_empty() && part.len() <= 9 && part.bytes().all(|b| b.is_ascii_digit()) => whole,
        Some(_) => return None,
        None => number,
    };
    whole.bytes().all(|b| b.is_ascii_digit()).then(|| whole.parse().ok())?
}

fn is_base64(text: &str) -> bool {
    STANDARD.decode(text).is_ok() || URL_SAFE_NO_PAD.decode(text).is_ok()
}

/// A text of an object; an empty one is the same as none, as in protobuf.
pub(super) fn text<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    object.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// An object of an object.
pub(super) fn object<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Map<String, Value>> {
    object.get(name).and_then(Value::as_object)
}

/// A list of an object; none is the same as an empty one.
pub(super) fn list<'a>(object: &'a Map<String, Value>, name: &str) -> &'a [Value] {
    object.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A truth of an object; false unless said.
pub(super) fn flag(object: &Map<String, Value>, name: &str) -> bool {
    object.get(name).and_then(Value::as_bool).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(message: &str, body: Value) -> Vec<String> {
        let found = DATA_MANAGER.check(message, body.as_object().unwrap());
        found.into_iter().map(|unfit| unfit.field).collect()
    }

    #[test]
    fn names_and_types_are_those_of_the_messages() {
        for (body, places) in [
            (json!({ "destinations": [], "validateOnly": true }), vec![]),
            (json!({ "destinations": null }), vec![]),
            (json!({ "destination": [] }), vec![""]),
            (json!({ "audience_members": [] }), vec![""]),
            (json!({ "destinations": {} }), vec!["destinations"]),
            (json!({ "validateOnly": "true" }), vec!["validate_only"]),
            (json!({ "encoding": "hex" }), vec!["encoding"]),
            (json!({ "encoding": 1 }), vec!["encoding"]),
            (json!({ "audienceMembers": [{}, { "more": 1 }, 7] }), vec!["audience_members[1]", "audience_members[2]"]),
            (json!({ "audienceMembers": [{ "userData": {}, "mobileData": {} }] }), vec!["audience_members[0]"]),
            (
                json!({ "audienceMembers": [{ "userData": { "userIdentifiers": [{ "addressInfo": {} }] } }] }),
                vec!["audience_members[0].user_data.user_identifiers[0]"],
            ),
        ] {
            assert_eq!(found("IngestAudienceMembersRequest", body.clone()), places, "{body}");
        }
        assert_eq!(found("IngestEventsRequest", json!({ "events": [{ "eventTimestamp": "2026-05-02 09:15:00+00:00" }] })).len(), 1);
        let whole = json!({ "events": [{ "cartData": { "items": [{ "quantity": "2", "unitPrice": 1 }, { "quantity": 2.5 }] } }] });
        assert_eq!(found("IngestEventsRequest", whole), ["events[0].cart_data.items[1].quantity"]);
    }

    #[test]
    fn a_duration_is_seconds() {
        for (text, want) in
            [("46656000s", Some(46_656_000)), ("1.5s", Some(1)), ("5", None), ("s", None), ("-1s", None), ("1.s", None)]
        {
            assert_eq!(seconds(text), want, "{text}");
        }
    }
}
