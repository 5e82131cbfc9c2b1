//! A user and a list's members as the vendor keeps them and a test compares them. Finding and changing one is `state`'s.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value, json};

/// Which kind of call wrote to a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Single,
    Bulk,
}

/// A user.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct User {
    /// The address, lower-case. A user that an e-mail based project made of a userId has a placeholder.
    pub email: Option<String>,
    /// The userId, exactly as it was sent.
    pub user_id: Option<String>,
    /// All other fields.
    pub data: Map<String, Value>,
    /// Lists that the user is on.
    pub lists: BTreeSet<i64>,
    /// Was unsubscribed from a whole channel: what a client of lists must never do.
    pub channel_unsubscribed: bool,
    /// The request that made it; 0 when it was seeded.
    pub created_by: u64,
    /// The request that wrote to it last, lists included; 0 when none did.
    pub updated_by: u64,
    /// How often fields were written, repeats included.
    pub writes: u64,
    #[serde(skip)]
    pub(super) last: Option<(Way, Timestamp)>,
}

impl User {
    /// The name the ledger uses: the userId, else `email:…`.
    pub fn key(&self) -> String {
        match (&self.user_id, &self.email) {
            (Some(id), _) => id.clone(),
            (None, Some(email)) => format!("email:{email}"),
            (None, None) => String::new(),
        }
    }

    /// As looked up: identifiers, and the fields with the vendor's own among them.
    pub(super) fn to_json(&self) -> Value {
        let mut data = self.data.clone();
        for (name, value) in [("email", &self.email), ("userId", &self.user_id)] {
            if let Some(value) = value {
                data.insert(name.to_owned(), value.as_str().into());
            }
        }
        data.insert("emailListIds".to_owned(), self.lists.iter().copied().collect());
        let mut user = json!({ "dataFields": data });
        for (name, value) in [("email", &self.email), ("userId", &self.user_id)] {
            if let Some(value) = value {
                user[name] = value.as_str().into();
            }
        }
        user
    }

    /// Writes fields: null clears one (inferred); an object replaces the stored one, or with `merge` goes into it, one level
    /// deep (*Synchronize user attributes*: `mergeNestedObjects`). What is not named stays.
    pub(super) fn write(&mut self, data: Map<String, Value>, merge: bool) {
        for (name, value) in data {
            match (value, self.data.get_mut(&name)) {
                (Value::Null, _) => {
                    self.data.remove(&name);
                }
                (Value::Object(new), Some(Value::Object(old))) if merge => {
                    for (name, value) in new {
                        match value {
                            Value::Null => old.remove(&name),
                            value => old.insert(name, without_nulls(value)),
                        };
                    }
                }
                (value, _) => {
                    self.data.insert(name, without_nulls(value));
                }
            }
        }
    }
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            Value::Object(map.into_iter().filter(|(_, v)| !v.is_null()).map(|(k, v)| (k, without_nulls(v))).collect())
        }
        Value::Array(items) => items.into_iter().map(without_nulls).collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_replaced_or_merged_one_level_deep() {
        let map = |value: Value| value.as_object().unwrap().clone();
        let stored = json!({ "a": { "x": 1, "y": { "z": 1 } }, "b": 1 });
        for (merge, sent, want) in [
            (false, json!({ "a": { "x": 2 } }), json!({ "a": { "x": 2 }, "b": 1 })),
            (true, json!({ "a": { "x": 2 } }), json!({ "a": { "x": 2, "y": { "z": 1 } }, "b": 1 })),
            (true, json!({ "a": { "x": null, "y": { "w": 2 } } }), json!({ "a": { "y": { "w": 2 } }, "b": 1 })),
            (true, json!({ "a": null, "b": null, "c": null }), json!({})),
            (false, json!({ "a": { "x": null } }), json!({ "a": {}, "b": 1 })),
            (true, json!({ "n": { "x": null, "y": [{ "z": null }] } }), json!({ "a": stored["a"], "b": 1, "n": { "y": [{}] } })),
        ] {
            let mut user = User { data: map(stored.clone()), ..User::default() };
            user.write(map(sent.clone()), merge);
            assert_eq!(Value::from(user.data), want, "{sent} {merge}");
        }
    }
}
