//! A tiny client and a twin to talk to.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use sluice_twins::{
    Clock,
    hubspot::{Category, Label, NewList, Options, ProcessingType, Property, PropertyType, Running, Schema, Twin},
};

pub(crate) use crate::http::{client, send};

pub(crate) const TOKEN: &str = "pat-a-token-of-the-test";
pub(crate) const CONTACTS: &str = "/crm/objects/2026-03/contacts/batch";
pub(crate) const COMPANIES: &str = "/crm/objects/2026-03/companies/batch";
pub(crate) const CARS: &str = "/crm/objects/2026-03/2-101/batch";
pub(crate) const LISTS: &str = "/crm/lists/2026-03";
/// A list that takes members, one that took some at first, and one that takes none.
pub(crate) const MANUAL: &str = "1";
pub(crate) const SNAPSHOT: &str = "2";
pub(crate) const DYNAMIC: &str = "3";
/// When the clocks of tests begin: the start of a day.
pub(crate) const MIDNIGHT: &str = "2026-10-20T00:00:00Z";

/// A twin and a client of it.
pub(crate) struct Bench {
    pub(crate) twin: Running,
    pub(crate) client: Client,
}

pub(crate) fn options() -> Options {
    let list = |list_id, name: &str, processing_type| NewList {
        list_id,
        name: name.to_owned(),
        object_type_id: "0-1".to_owned(),
        processing_type,
        members: Vec::new(),
    };
    let mut contacts = vec![
        Property::new("customer_id", PropertyType::String).unique(),
        Property::new("lifetime_value", PropertyType::Number),
        Property::new("is_vip", PropertyType::Bool),
        Property::new("last_order_date", PropertyType::Date),
        Property::new("interests", PropertyType::Enumeration).field_type("checkbox").options(&["shoes", "hats", "coats"]),
        Property::new("nickname", PropertyType::String),
    ];
    contacts[5].rule_chars_max = Some(5);
    Options {
        clock: still(),
        properties: BTreeMap::from([
            ("contacts".to_owned(), contacts),
            ("companies".to_owned(), vec![Property::new("company_code", PropertyType::String).unique()]),
        ]),
        schemas: vec![Schema {
            id: 101,
            name: "cars".to_owned(),
            singular: Some("car".to_owned()),
            properties: vec![Property::new("vin", PropertyType::String).unique(), Property::new("model", PropertyType::String)],
            required_properties: vec!["vin".to_owned()],
        }],
        labels: vec![Label {
            from: "contacts".to_owned(),
            to: "companies".to_owned(),
            category: Category::UserDefined,
            type_id: 36,
            inverse_type_id: Some(37),
            label: "Billing contact".to_owned(),
        }],
        lists: vec![
            list(1, "VIP FR", ProcessingType::Manual),
            list(2, "Old VIP", ProcessingType::Snapshot),
            list(3, "Engaged", ProcessingType::Dynamic),
        ],
        ..Options::with_token(TOKEN)
    }
}

/// A clock that stands still.
pub(crate) fn still() -> Clock {
    hands().0
}

/// A clock, and the milliseconds that it is put forward by.
pub(crate) fn hands() -> (Clock, Arc<AtomicI64>) {
    let midnight: jiff::Timestamp = MIDNIGHT.parse().unwrap();
    let forward = Arc::new(AtomicI64::new(0));
    let hand = forward.clone();
    let clock =
        Arc::new(move || jiff::Timestamp::from_millisecond(midnight.as_millisecond() + hand.load(Ordering::SeqCst)).unwrap());
    (clock, forward)
}

impl Bench {
    pub(crate) async fn start() -> Self {
        Self::with(options()).await
    }

    pub(crate) async fn with(options: Options) -> Self {
        Self { twin: Twin::start(options).await.unwrap(), client: client() }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.twin.url())
    }

    /// A request with the token.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, self.url(path)).header("authorization", format!("Bearer {TOKEN}"))
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.request(Method::GET, path)
    }

    pub(crate) fn send_body(&self, method: Method, path: &str, body: &Value) -> RequestBuilder {
        self.request(method, path).header("content-type", "application/json").body(body.to_string())
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        self.send_body(Method::POST, path, body)
    }

    pub(crate) fn put(&self, path: &str, body: &Value) -> RequestBuilder {
        self.send_body(Method::PUT, path, body)
    }

    /// The answer to a question that is not refused.
    pub(crate) async fn read(&self, path: &str) -> Value {
        let (status, answer) = send(self.get(path)).await;
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }

    pub(crate) async fn upsert(&self, inputs: Value) -> (u16, Value) {
        send(self.post(&format!("{CONTACTS}/upsert"), &json!({ "inputs": inputs }))).await
    }

    pub(crate) async fn update(&self, inputs: Value) -> (u16, Value) {
        send(self.post(&format!("{CONTACTS}/update"), &json!({ "inputs": inputs }))).await
    }

    pub(crate) async fn create(&self, inputs: Value) -> (u16, Value) {
        send(self.post(&format!("{CONTACTS}/create"), &json!({ "inputs": inputs }))).await
    }

    /// Puts contacts u0@example.org, u1@example.org, … in place; gives their ids.
    pub(crate) fn people(&self, count: usize) -> Vec<String> {
        let people: Vec<Value> = (0..count)
            .map(|n| json!({ "properties": { "email": format!("u{n}@example.org"), "customer_id": format!("C-{n}") } }))
            .collect();
        self.twin.seed("contacts", people.into()).unwrap();
        (0..count).map(|n| self.id(&format!("u{n}@example.org"))).collect()
    }

    pub(crate) fn id(&self, email: &str) -> String {
        self.twin.contact(email).unwrap_or_else(|| panic!("{email} is a contact")).id.to_string()
    }

    /// What a contact has; nothing of one that is not there.
    pub(crate) fn data(&self, email: &str) -> Value {
        self.twin.contact(email).map_or(Value::Null, |record| json!(record.properties))
    }

    pub(crate) fn count(&self, object: &str) -> usize {
        self.twin.with_state(|state| state.objects(object).unwrap().records().len())
    }

    pub(crate) fn members(&self, list: u64) -> Vec<String> {
        self.twin.with_state(|state| state.members(list).into_iter().collect())
    }

    pub(crate) fn warnings(&self) -> Vec<(&'static str, String)> {
        self.twin.warnings().into_iter().map(|warning| (warning.code, warning.detail)).collect()
    }
}

/// An input of an upsert by address.
pub(crate) fn by_email(email: &str, properties: Value) -> Value {
    json!({ "idProperty": "email", "id": email, "properties": properties })
}

/// An input of an upsert by the account's own id.
pub(crate) fn by_customer(id: &str, properties: Value) -> Value {
    json!({ "idProperty": "customer_id", "id": id, "properties": properties })
}

/// An input of a create, with a trace or without.
pub(crate) fn new(properties: Value, trace: Option<&str>) -> Value {
    let mut input = json!({ "properties": properties, "associations": [] });
    if let Some(trace) = trace {
        input["objectWriteTraceId"] = trace.into();
    }
    input
}

/// Status and category of a refusal, with the code of its first error.
pub(crate) fn said((status, answer): (u16, Value)) -> (u16, String, String) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    (status, text(&answer["category"]), text(&answer["errors"][0]["code"]))
}

/// What `said` gives, for comparing.
pub(crate) fn words(status: u16, category: &str, code: &str) -> (u16, String, String) {
    (status, category.to_owned(), code.to_owned())
}
