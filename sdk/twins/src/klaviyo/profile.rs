//! A profile as the vendor keeps it and a test compares it, and how it is written. Finding one is `state`'s; who may be written
//! to, `consent`'s.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{
    consent::{Channel, Consented, Suppression},
    object::{LOCATION, Order, TEXTS},
};

/// A profile.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Profile {
    /// The vendor's id.
    pub id: String,
    /// The address, lower-case.
    pub email: Option<String>,
    /// The phone number.
    pub phone_number: Option<String>,
    /// The customer's own id, exactly as it was sent.
    pub external_id: Option<String>,
    /// The vendor's id for its tracking on the web.
    #[serde(rename = "_kx")]
    pub kx: Option<String>,
    /// First and last name, organization, locale, title, image.
    pub attributes: Map<String, Value>,
    /// Where it lives.
    pub location: Map<String, Value>,
    /// All other fields.
    pub properties: Map<String, Value>,
    /// Lists that it is on, and since when.
    pub lists: BTreeMap<String, Timestamp>,
    /// What it may be sent.
    pub consents: BTreeMap<Channel, Consented>,
    /// Why it gets no e-mail at all.
    pub suppressions: Vec<Suppression>,
    /// Lists whose e-mail it does not want, and since when.
    pub list_suppressions: BTreeMap<String, Timestamp>,
    /// Lists that it has been asked to confirm; empty for no list.
    pub awaiting_confirmation: BTreeSet<String>,
    /// When it was made, and written to last.
    pub created: Timestamp,
    /// See `created`.
    pub updated: Timestamp,
    /// The request that made it; 0 when it was seeded.
    pub created_by: u64,
    /// The request that wrote to it last, lists and consent included; 0 when none did.
    pub updated_by: u64,
    /// How often attributes were written, repeats included.
    pub writes: u64,
}

impl Profile {
    /// The name the ledger uses: the external id, else `email:…`, else `phone:…`.
    pub fn key(&self) -> String {
        match (&self.external_id, &self.email, &self.phone_number) {
            (Some(id), _, _) => id.clone(),
            (None, Some(email), _) => format!("email:{email}"),
            (None, None, Some(phone)) => format!("phone:{phone}"),
            (None, None, None) => format!("profile:{}", self.id),
        }
    }

    /// Everything but identifiers in one object: attributes, `location` and `properties`.
    pub fn data(&self) -> Map<String, Value> {
        let mut data = self.attributes.clone();
        for (name, map) in [("location", &self.location), ("properties", &self.properties)] {
            if !map.is_empty() {
                data.insert(name.to_owned(), map.clone().into());
            }
        }
        data
    }

    /// Writes what an order asks for. What is absent stays; null clears, or with `bulk` does nothing (*Bulk import guide*). A
    /// location is written field by field, a property as a whole (inferred). Identifiers are `state`'s.
    pub(super) fn write(&mut self, order: &Order, bulk: bool) {
        put(&mut self.attributes, order.attributes.iter(), bulk);
        for (kept, sent) in [(&mut self.location, &order.location), (&mut self.properties, &order.properties)] {
            match sent {
                Some(Value::Object(map)) => put(kept, map.iter(), bulk),
                Some(_) if !bulk => kept.clear(),
                _ => {}
            }
        }
        for (name, value) in &order.patch.append {
            let mut items = listed(self.properties.remove(name));
            items.extend(listed(Some(value.clone())));
            self.properties.insert(name.clone(), items.into());
        }
        for (name, value) in &order.patch.unappend {
            let gone = listed(Some(value.clone()));
            if let Some(Value::Array(items)) = self.properties.get_mut(name) {
                items.retain(|item| !gone.contains(item));
            }
        }
        for name in &order.patch.unset {
            self.properties.remove(name);
        }
    }

    /// Gets onto a list; who is on it already stays since when he was.
    pub(super) fn join(&mut self, list: &str, now: Timestamp) {
        self.lists.entry(list.to_owned()).or_insert(now);
    }

    /// Gets off a list; false when it was not on it.
    pub(super) fn leave(&mut self, list: &str) -> bool {
        self.lists.remove(list).is_some()
    }

    /// As a resource's attributes, before fields are picked.
    pub(super) fn shown(&self) -> Map<String, Value> {
        let mut shown = Map::new();
        for (name, value) in [("email", &self.email), ("phone_number", &self.phone_number), ("external_id", &self.external_id)] {
            shown.insert(name.to_owned(), json!(value));
        }
        for name in TEXTS {
            shown.insert(name.to_owned(), self.attributes.get(name).cloned().unwrap_or_default());
        }
        let location = LOCATION.into_iter().map(|name| (name.to_owned(), self.location.get(name).cloned().unwrap_or_default()));
        shown.insert("location".to_owned(), location.collect::<Map<_, _>>().into());
        shown.insert("properties".to_owned(), self.properties.clone().into());
        shown.insert("created".to_owned(), stamp(self.created).into());
        shown.insert("updated".to_owned(), stamp(self.updated).into());
        shown.insert("last_event_date".to_owned(), Value::Null);
        shown
    }
}

fn put<'a>(kept: &mut Map<String, Value>, sent: impl Iterator<Item = (&'a String, &'a Value)>, bulk: bool) {
    for (name, value) in sent {
        match value {
            Value::Null if bulk => {}
            Value::Null => {
                kept.remove(name);
            }
            value => {
                kept.insert(name.clone(), value.clone());
            }
        }
    }
}

fn listed(value: Option<Value>) -> Vec<Value> {
    match value {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(items)) => items,
        Some(value) => vec![value],
    }
}

/// "ISO 8601 format (YYYY-MM-DDTHH:MM:SS.mmmmmm)" with an offset, as in the examples (*OpenAPI*). Such texts sort as times do.
pub(super) fn stamp(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.6f+00:00").to_string()
}

#[cfg(test)]
mod tests {
    use super::{super::body::Problems, *};

    fn order(attributes: Value, meta: Value) -> Order {
        let problems = Problems::default();
        let sent = json!({ "type": "profile", "attributes": attributes, "meta": meta });
        Order::read(sent, "/data".to_owned(), &problems).unwrap_or_else(|| panic!("{problems:?}"))
    }

    #[test]
    fn null_clears_one_by_one_and_does_nothing_in_bulk() {
        let all =
            json!({ "title": "Dr", "location": { "city": "Lyon", "zip": "69001" }, "properties": { "a": 1, "b": { "c": null } } });
        for (sent, single, bulk) in [
            (json!({ "title": null }), json!({ "location": all["location"], "properties": all["properties"] }), all.clone()),
            (
                json!({ "location": { "zip": null }, "properties": { "a": null } }),
                json!({ "title": "Dr", "location": { "city": "Lyon" }, "properties": { "b": { "c": null } } }),
                all.clone(),
            ),
            (json!({ "location": null, "properties": null }), json!({ "title": "Dr" }), all.clone()),
        ] {
            for (is_bulk, want) in [(false, single), (true, bulk)] {
                let mut profile = Profile::default();
                profile.write(&order(all.clone(), json!({})), is_bulk);
                profile.write(&order(sent.clone(), json!({})), is_bulk);
                assert_eq!(Value::from(profile.data()), want, "{sent} bulk {is_bulk}");
            }
        }
    }

    #[test]
    fn arrays_grow_and_shrink_and_keys_go() {
        let mut profile = Profile::default();
        profile.write(&order(json!({ "properties": { "tags": ["a"], "old": 1, "older": 2 } }), json!({})), true);
        let patch = json!({ "patch_properties": {
            "append": { "tags": ["b", "c"], "new": 1 }, "unappend": { "tags": "a", "none": 1 }, "unset": ["old", "older"] } });
        profile.write(&order(json!({}), patch), true);
        assert_eq!(Value::from(profile.properties.clone()), json!({ "tags": ["b", "c"], "new": [1] }));
        profile.write(&order(json!({}), json!({ "patch_properties": { "unset": "new" } })), true);
        assert_eq!(Value::from(profile.properties), json!({ "tags": ["b", "c"] }));
    }

    #[test]
    fn a_time_has_six_places_and_an_offset() {
        assert_eq!(stamp("2026-03-02T08:15:01Z".parse().unwrap()), "2026-03-02T08:15:01.000000+00:00");
    }
}
