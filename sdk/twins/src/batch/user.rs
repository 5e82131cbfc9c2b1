//! Custom data of one custom id in one app, and one update of it (*Synchronize contacts*). An answer names nobody, so
//! everything wrong refuses the whole call.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};

use super::{
    items::{self, Rule},
    limits,
    values::{self, Wrap, fits},
    words::Refusal,
};

/// Custom data of one custom id.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct User {
    /// Attributes and tag collections by the key that was written last: `u.x`, `date(u.x)`, `ut.x`.
    pub values: Map<String, Value>,
    /// The request that wrote to it last, or erased it; 0 when none did.
    pub updated_by: u64,
    /// How often it was written, repeats included.
    pub writes: u64,
}

/// An update, checked.
#[derive(Debug)]
pub(super) struct Update {
    pub(super) id: String,
    /// Erase first all that was written before.
    pub(super) overwrite: bool,
    pub(super) values: BTreeMap<String, Value>,
    /// Places of keys that the notes do not know.
    pub(super) unknown: Vec<String>,
}

impl Update {
    /// An item of a bulk call: `{"id", "update": {"overwrite", "values"}}`.
    pub(super) fn of_item(item: Value, index: usize) -> Result<Self, Refusal> {
        let what = format!("[{index}]");
        let mut item = object(Some(item), &what)?;
        let id = match item.remove("id") {
            Some(Value::String(id)) => id,
            None => return Err(Refusal::missing(format_args!("{what}.id"))),
            Some(_) => return Err(Refusal::malformed(format!("'{what}.id' must be a string"))),
        };
        let mut update = Self::of(id, item.remove("update"), &format!("{what}.update"))?;
        update.unknown.extend(item.into_iter().map(|(key, _)| format!("{what}.{key}")));
        Ok(update)
    }

    /// What is to become of one custom id. Without `overwrite` it is a merge (inferred).
    pub(super) fn of(id: String, update: Option<Value>, what: &str) -> Result<Self, Refusal> {
        if !fits(&id, limits::CUSTOM_ID_CHARS_MAX) {
            return Err(Refusal::malformed(format!("a custom id must have 1 to {} characters", limits::CUSTOM_ID_CHARS_MAX)));
        }
        let mut update = object(update, what)?;
        let overwrite = match update.remove("overwrite") {
            None => false,
            Some(Value::Bool(overwrite)) => overwrite,
            Some(_) => return Err(Refusal::malformed(format!("'{what}.overwrite' must be a boolean"))),
        };
        let place = format!("{what}.values");
        let values: BTreeMap<_, _> = object(update.remove("values"), &place)?.into_iter().collect();
        for (key, value) in &values {
            check(key, value).map_err(|why| Refusal::malformed(format!("'{place}.{key}' {why}")))?;
        }
        let unknown = update.into_iter().map(|(key, _)| format!("{what}.{key}")).collect();
        Ok(Self { id, overwrite, values, unknown })
    }
}

fn object(value: Option<Value>, what: &str) -> Result<Map<String, Value>, Refusal> {
    match value {
        Some(Value::Object(object)) => Ok(object),
        None => Err(Refusal::missing(what)),
        Some(_) => Err(Refusal::malformed(format!("'{what}' must be an object"))),
    }
}

/// `u.x`: text of 1 to 64 characters, number, boolean. `date(u.x)`: a date in UTC. `ut.x`: tags, whole or in parts. Null erases.
fn check(key: &str, value: &Value) -> Result<(), String> {
    let (wrap, name) = values::unwrap(key);
    let (tags, name) = match (wrap, name.split_once('.')) {
        (Wrap::Plain | Wrap::Date, Some(("u", name))) => (false, name),
        (Wrap::Plain, Some(("ut", name))) => (true, name),
        _ => return Err("is neither u.name, date(u.name) nor ut.name".to_owned()),
    };
    if !values::is_name(name) {
        return Err("has no valid name".to_owned());
    }
    match value {
        Value::Null => Ok(()),
        value if tags => {
            items::check(value, Rule { items_max: limits::DATA_TAGS_MAX, fits: |text| fits(text, limits::DATA_TEXT_CHARS_MAX) })
        }
        value => values::single(wrap, value, limits::DATA_TEXT_CHARS_MAX),
    }
}

impl User {
    /// Applies an update; gives the keys of collections that would have held too many tags and stay as they were. The vendor
    /// answers before it writes, so it has no word for that (inferred).
    pub(super) fn write(&mut self, update: &Update, request: u64) -> Vec<String> {
        if update.overwrite {
            self.values.clear();
        }
        let mut dropped = Vec::new();
        for (key, value) in &update.values {
            let new = match value {
                Value::Object(parts) => match items::after(self.values.get(key), parts, limits::DATA_TAGS_MAX) {
                    Some(tags) => tags,
                    None => {
                        dropped.push(key.clone());
                        continue;
                    }
                },
                whole => whole.clone(),
            };
            // An attribute has one type at a time.
            let name = values::unwrap(key).1;
            self.values.remove(name);
            self.values.remove(&format!("date({name})"));
            if !new.is_null() {
                self.values.insert(key.clone(), new);
            }
        }
        self.updated_by = request;
        self.writes += u64::from(request != 0);
        dropped
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn update(values: Value, overwrite: bool) -> Update {
        Update::of("C-1".to_owned(), Some(json!({ "overwrite": overwrite, "values": values })), "x").unwrap()
    }

    #[test]
    fn a_key_says_what_its_value_is() {
        for (key, value, good) in [
            ("u.city", json!("Nice"), true),
            ("u.city", json!("é".repeat(64)), true),
            ("u.city", json!("x".repeat(65)), false),
            ("u.city", json!(""), false),
            ("u.points", json!(1_250), true),
            ("u.vip", json!(true), true),
            ("u.city", json!(["Nice"]), false),
            ("u.city", json!({}), false),
            ("u.city", json!(null), true),
            ("date(u.last_order)", json!("2026-02-11T09:30:00Z"), true),
            ("date(u.last_order)", json!(1_770_802_200), false),
            ("date(u.last_order)", json!("2026-02-11T10:30:00+01:00"), false),
            ("date(u.last_order)", json!(null), true),
            ("ut.interests", json!(["trail", "yoga"]), true),
            ("ut.interests", json!(vec!["x"; 50]), true),
            ("ut.interests", json!(vec!["x"; 51]), false),
            ("ut.interests", json!(["x".repeat(64)]), true),
            ("ut.interests", json!(["x".repeat(65)]), false),
            ("ut.interests", json!({ "$add": ["trail"] }), true),
            ("ut.interests", json!("trail"), false),
            ("ut.interests", json!(null), true),
            ("date(ut.interests)", json!(null), false),
            ("url(u.site)", json!("https://example.com"), false),
            ("u.City", json!("Nice"), false),
            ("u.", json!(null), false),
            ("city", json!("Nice"), false),
            ("t.city", json!("Nice"), false),
        ] {
            assert_eq!(check(key, &value).is_ok(), good, "{key}: {value}");
        }
    }

    #[test]
    fn an_update_merges_or_overwrites() {
        let stored = json!({ "u.a": 1, "date(u.b)": "2026-02-11T09:30:00Z", "ut.t": ["x"] });
        for (values, overwrite, want) in [
            (json!({}), false, stored.clone()),
            (json!({}), true, json!({})),
            (json!({ "u.b": 2 }), false, json!({ "u.a": 1, "u.b": 2, "ut.t": ["x"] })),
            (json!({ "u.b": null, "u.a": null }), false, json!({ "ut.t": ["x"] })),
            (json!({ "ut.t": null }), false, json!({ "u.a": 1, "date(u.b)": stored["date(u.b)"] })),
            (json!({ "ut.t": { "$add": ["y"], "$remove": ["x"] } }), true, json!({ "ut.t": ["y"] })),
        ] {
            let mut user = User { values: stored.as_object().unwrap().clone(), ..User::default() };
            assert!(user.write(&update(values.clone(), overwrite), 1).is_empty());
            assert_eq!(Value::from(user.values), want, "{values} {overwrite}");
        }
    }

    #[test]
    fn a_collection_holds_fifty_tags() {
        let mut user = User::default();
        let tags = |from: usize, to: usize| (from..to).map(|n| format!("t{n}")).collect::<Vec<_>>();
        assert!(user.write(&update(json!({ "ut.t": tags(0, 49) }), false), 1).is_empty());
        assert_eq!(user.write(&update(json!({ "ut.t": { "$add": tags(49, 51) } }), false), 2), ["ut.t"]);
        assert_eq!(user.values["ut.t"], json!(tags(0, 49)));
        assert!(user.write(&update(json!({ "ut.t": { "$add": tags(48, 50) } }), false), 3).is_empty());
        assert_eq!(user.values["ut.t"], json!(tags(0, 50)));
    }
}
