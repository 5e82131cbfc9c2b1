//! A tiny client and a twin to talk to.

use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use sluice_twins::mailchimp::{
    Member, MergeType, NewAudience, NewMergeField, NewSegment, Options, Running, SegmentType, Status, Twin,
};

pub(crate) use crate::http::{client, send};

pub(crate) const KEY: &str = "0123456789abcdef-us19";
pub(crate) const LIST: &str = "a1b2c3d4e5";
pub(crate) const VIP: i64 = 7;
pub(crate) const SAVED: i64 = 8;
/// The batch, and the batch of the static segment.
pub(crate) const BATCH: &str = "/3.0/lists/a1b2c3d4e5?skip_merge_validation=true&skip_duplicate_check=true";
pub(crate) const SEGMENT: &str = "/3.0/lists/a1b2c3d4e5/segments/7";

/// A twin and a client of it.
pub(crate) struct Bench {
    pub(crate) twin: Running,
    pub(crate) client: Client,
}

pub(crate) fn field(tag: &str, r#type: MergeType) -> NewMergeField {
    NewMergeField { tag: tag.to_owned(), name: tag.to_lowercase(), r#type, required: false, choices: Vec::new() }
}

pub(crate) fn audience() -> NewAudience {
    let segment = |id, name: &str, r#type| NewSegment { id, name: name.to_owned(), r#type };
    NewAudience {
        merge_fields: vec![
            field("FNAME", MergeType::Text),
            field("LTV", MergeType::Number),
            field("BDAY", MergeType::Birthday),
            field("ADDR", MergeType::Address),
        ],
        interests: vec!["i1".to_owned()],
        segments: vec![segment(VIP, "VIP FR", SegmentType::Static), segment(SAVED, "Recent", SegmentType::Saved)],
        ..NewAudience::named(LIST, "Customers")
    }
}

pub(crate) fn options() -> Options {
    Options { audiences: vec![audience()], clock: still(), ..Options::with_key(KEY) }
}

/// A clock that stands still.
pub(crate) fn still() -> sluice_twins::Clock {
    std::sync::Arc::new(|| "2026-03-02T08:15:01Z".parse().unwrap())
}

impl Bench {
    pub(crate) async fn start() -> Self {
        Self::with(options()).await
    }

    pub(crate) async fn with(options: Options) -> Self {
        Self { twin: Twin::start(options).await.unwrap(), client: client() }
    }

    pub(crate) fn bare(&self, method: &str, path: &str) -> RequestBuilder {
        self.client.request(Method::from_bytes(method.as_bytes()).unwrap(), format!("{}{path}", self.twin.url()))
    }

    pub(crate) fn call(&self, method: &str, path: &str, body: &Value) -> RequestBuilder {
        let request = self.bare(method, path).basic_auth("anystring", Some(KEY));
        if body.is_null() { request } else { request.header("content-type", "application/json").body(body.to_string()) }
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        self.call("POST", path, body)
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.call("GET", path, &Value::Null)
    }

    /// The answer of a call that was not refused.
    pub(crate) async fn ok(&self, method: &str, path: &str, body: Value) -> Value {
        let (status, answer) = send(self.call(method, path, &body)).await;
        assert!((200..300).contains(&status), "{method} {path} {body}: {status} {answer}");
        answer
    }

    /// Upserts members in one batch.
    pub(crate) async fn upsert(&self, members: Value) -> Value {
        self.ok("POST", BATCH, json!({ "members": members, "update_existing": true })).await
    }

    /// Changes who is on the static segment.
    pub(crate) async fn change(&self, add: Value, remove: Value) -> Value {
        self.ok("POST", SEGMENT, json!({ "members_to_add": add, "members_to_remove": remove })).await
    }

    /// Status, title and detail of a call.
    pub(crate) async fn refused(&self, method: &str, path: &str, body: Value) -> (u16, String, String) {
        let (status, answer) = send(self.call(method, path, &body)).await;
        let text = |name: &str| answer[name].as_str().unwrap_or_default().to_owned();
        (status, text("title"), text("detail"))
    }

    pub(crate) fn member(&self, email: &str) -> Member {
        self.twin.member(LIST, email).unwrap()
    }

    pub(crate) fn status(&self, email: &str) -> Option<Status> {
        self.twin.member(LIST, email).map(|member| member.status)
    }

    /// Who is on the static segment.
    pub(crate) fn on(&self) -> Vec<String> {
        self.twin.with_state(|state| state.members(LIST, VIP).into_iter().collect())
    }

    pub(crate) fn count(&self) -> usize {
        self.twin.with_state(|state| state.audiences()[LIST].members.len())
    }

    pub(crate) fn warnings(&self) -> Vec<(&'static str, String)> {
        self.twin.warnings().into_iter().map(|warning| (warning.code, warning.detail)).collect()
    }
}

/// `count` members u0@example.org, u1@example.org, …
pub(crate) fn people(count: usize) -> Value {
    let person = |n| json!({ "email_address": format!("u{n}@example.org"), "status": "subscribed", "merge_fields": { "LTV": n } });
    (0..count).map(person).collect()
}

/// The addresses of so many.
pub(crate) fn emails(count: usize) -> Value {
    (0..count).map(|n| format!("u{n}@example.org")).collect()
}

/// How many were made, updated and refused, and what is said of the refused: address, code and error.
pub(crate) fn told(answer: &Value) -> (u64, u64, Vec<(String, String, String)>) {
    let count = |total: &str, list: Option<&str>| {
        let count = answer[total].as_u64().unwrap();
        assert_eq!(list.and_then(|list| Some(answer[list].as_array()?.len() as u64)), list.map(|_| count), "{total}");
        count
    };
    let (created, updated) = (count("total_created", Some("new_members")), count("total_updated", Some("updated_members")));
    count("error_count", Some("errors"));
    let text = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
    let rows = answer["errors"].as_array().unwrap().iter();
    (created, updated, rows.map(|row| (text(row, "email_address"), text(row, "error_code"), text(row, "error"))).collect())
}
