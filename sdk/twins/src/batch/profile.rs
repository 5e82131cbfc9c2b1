//! A profile and what happened to its person, as the vendor keeps them and a test compares them. Finding one is `state`'s.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{items, limits, values};

/// One installation of an app, as `identifiers.installation` names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Installation {
    /// The API key of its app.
    pub apikey: String,
    /// The vendor's id of it.
    pub installation_id: String,
}

/// A profile.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Profile {
    /// The customer's id; none for a profile known by an installation alone.
    pub custom_id: Option<String>,
    /// Its installations, as they were seeded.
    pub installations: Vec<Installation>,
    /// The vendor's own attributes and custom ones, by the key that was written last: `x`, `date(x)` or `url(x)`, so that the
    /// type can be compared too.
    pub attributes: Map<String, Value>,
    /// The request that made it; 0 when it was seeded.
    pub created_by: u64,
    /// The request that wrote to it last; 0 when none did.
    pub updated_by: u64,
    /// Operations that wrote to it, repeats included.
    pub writes: u64,
}

impl Profile {
    /// The name the ledger uses: the custom id, else `installation:apikey:id`.
    pub fn key(&self) -> String {
        match (&self.custom_id, self.installations.first()) {
            (Some(id), _) => id.clone(),
            (None, Some(found)) => format!("installation:{}:{}", found.apikey, found.installation_id),
            (None, None) => String::new(),
        }
    }

    /// Writes a checked attribute; false when it is dropped: the profile is full, or parts were sent to what is no array or
    /// does not hold them. The vendor answers before it writes, so it has no word for that (inferred).
    pub(super) fn write(&mut self, key: &str, value: &Value) -> bool {
        let kept = self.kept(key);
        let old = kept.as_ref().and_then(|kept| self.attributes.get(kept));
        let new = match value {
            Value::Null => {
                if let Some(kept) = kept {
                    self.attributes.remove(&kept);
                }
                return true;
            }
            Value::Object(parts) => match items::after(old, parts, limits::ITEMS_MAX) {
                Some(items) => items,
                None => return false,
            },
            whole => whole.clone(),
        };
        if !key.starts_with('$') {
            let custom = || self.attributes.iter().filter(|(key, _)| !key.starts_with('$'));
            let one_more_array = new.is_array() && !old.is_some_and(Value::is_array);
            if (old.is_none() && custom().count() == limits::ATTRIBUTES_MAX)
                || (one_more_array && custom().filter(|(_, value)| value.is_array()).count() == limits::ARRAYS_MAX)
            {
                return false;
            }
        }
        if let Some(kept) = kept {
            self.attributes.remove(&kept);
        }
        self.attributes.insert(key.to_owned(), new);
        true
    }

    /// The key under which an attribute of this name is kept.
    fn kept(&self, key: &str) -> Option<String> {
        let name = values::unwrap(key).1;
        [name.to_owned(), format!("date({name})"), format!("url({name})")]
            .into_iter()
            .find(|kept| self.attributes.contains_key(kept))
    }
}

/// An event, as often as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Whose, named as in the ledger.
    pub key: String,
    /// Its name.
    pub name: String,
    /// Its time as sent, or when it was received.
    pub time: String,
    /// The request that brought it.
    pub request: u64,
    /// Kept as text, which is a fifth of a tree.
    pub(super) text: Arc<str>,
}

impl Event {
    /// The event as it was sent.
    pub fn object(&self) -> Value {
        self.text.parse().unwrap_or(Value::Null)
    }

    /// An attribute; null when it was not sent.
    pub fn attribute(&self, name: &str) -> Value {
        let mut object = self.object();
        object.get_mut("attributes").and_then(|attributes| attributes.get_mut(name)).map(Value::take).unwrap_or_default()
    }

    pub(super) fn to_json(&self) -> Value {
        json!({ "key": self.key, "time": self.time, "request": self.request, "object": self.object() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(attributes: Value) -> Profile {
        Profile { attributes: attributes.as_object().unwrap().clone(), ..Profile::default() }
    }

    #[test]
    fn a_name_is_one_attribute_whatever_its_type() {
        for (key, value, want) in [
            ("x", json!(2), json!({ "x": 2 })),
            ("x", json!(null), json!({})),
            ("date(x)", json!(null), json!({})),
            ("url(x)", json!("https://example.com"), json!({ "url(x)": "https://example.com" })),
            ("x", json!({ "$add": ["a"] }), json!({ "date(x)": "2026-02-11T09:30:00Z" })),
        ] {
            let mut profile = with(json!({ "date(x)": "2026-02-11T09:30:00Z" }));
            assert_eq!(profile.write(key, &value), !value.is_object(), "{key}: {value}");
            assert_eq!(Value::from(profile.attributes), want, "{key}: {value}");
        }
    }

    #[test]
    fn a_full_profile_takes_changes_and_nothing_new() {
        let fifty: Map<String, Value> = (0..50).map(|n| (format!("a{n}"), if n < 15 { json!(["x"]) } else { json!(n) })).collect();
        let mut profile = with(fifty.into());
        for (key, value, written) in [
            ("a20", json!("changed"), true),
            ("date(a21)", json!("2026-02-11T09:30:00Z"), true),
            ("a0", json!({ "$add": ["y"] }), true),
            ("new", json!(1), false),
            ("a22", json!(["x"]), false),
            ("$language", json!("fr"), true),
            ("$topic_preferences", json!(["x"]), true),
            ("a0", json!(0), true),
            ("a22", json!(["x"]), true),
            ("a23", json!(null), true),
            ("new", json!(1), true),
        ] {
            assert_eq!(profile.write(key, &value), written, "{key}: {value}");
        }
    }
}
