//! A tiny client and a twin to talk to.

use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use sluice_twins::batch::{APP_API_KEY, Options, PROJECT_KEY, Running, Twin};

pub(crate) use crate::http::{client, send};

pub(crate) const KEY: &str = "a-key-of-the-test";
pub(crate) const UPDATE: &str = "/2.11/profiles/update";
pub(crate) const MASS_UPDATE: &str = "/2.11/profiles/mass-update";
pub(crate) const USERS: &str = "/1.0/app-of-the-twin/data/users";

/// A twin and a client of it.
pub(crate) struct Bench {
    pub(crate) twin: Running,
    pub(crate) client: Client,
}

/// A clock that stands still.
pub(crate) fn still() -> sluice_twins::Clock {
    std::sync::Arc::new(|| "2026-03-02T08:15:01Z".parse().unwrap())
}

pub(crate) fn options() -> Options {
    Options { clock: still(), ..Options::with_key(KEY) }
}

impl Bench {
    pub(crate) async fn start() -> Self {
        Self::with(options()).await
    }

    pub(crate) async fn with(options: Options) -> Self {
        Self { twin: Twin::start(options).await.unwrap(), client: client() }
    }

    /// A request with the headers that its path asks for.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.twin.url())).header("content-type", "application/json");
        if path.starts_with("/1.0/") {
            request.header("x-authorization", KEY)
        } else {
            request.header("authorization", format!("Bearer {KEY}")).header("x-batch-project", PROJECT_KEY)
        }
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        self.request(Method::POST, path).body(body.to_string())
    }

    /// The answer of a call that was taken.
    pub(crate) async fn ok(&self, path: &str, body: Value) -> Value {
        let (status, answer) = send(self.post(path, &body)).await;
        assert_eq!(status, 202, "{path} {body}: {answer}");
        answer
    }

    /// What was lost of operations that were taken.
    pub(crate) async fn lost(&self, operations: Value) -> Vec<Value> {
        let answer = self.ok(UPDATE, operations).await;
        match answer["code"].as_str().unwrap() {
            "SUCCESS" => assert_eq!(answer, json!({ "code": "SUCCESS" })),
            code => assert_eq!(code, "SUCCESS_WITH_PARTIAL_ERRORS"),
        }
        answer["errors"].as_array().cloned().unwrap_or_default()
    }

    /// Status and code of a call that was refused.
    pub(crate) async fn code(&self, path: &str, body: &Value) -> (u16, String) {
        let (status, answer) = send(self.post(path, body)).await;
        (status, answer["error_code"].as_str().unwrap_or_default().to_owned())
    }

    /// Writes attributes to C-1.
    pub(crate) async fn write(&self, attributes: Value) -> Vec<Value> {
        self.lost(json!([{ "identifiers": { "custom_id": "C-1" }, "attributes": attributes }])).await
    }

    pub(crate) fn attributes(&self, custom_id: &str) -> Value {
        self.twin.profile(custom_id).map_or(Value::Null, |profile| profile.attributes.into())
    }

    /// Custom data in the app of the twin.
    pub(crate) fn values(&self, custom_id: &str) -> Value {
        self.twin.user(APP_API_KEY, custom_id).map_or(Value::Null, |user| user.values.into())
    }

    pub(crate) fn warnings(&self) -> Vec<(&'static str, String)> {
        self.twin.warnings().into_iter().map(|warning| (warning.code, warning.detail)).collect()
    }

    /// What has been written, whatever its kind.
    pub(crate) fn count(&self) -> usize {
        self.twin.with_state(|state| state.profiles().len() + state.apps().values().map(|users| users.len()).sum::<usize>())
    }
}

/// `count` profiles C-0, C-1, …
pub(crate) fn people(count: usize) -> Value {
    (0..count).map(|n| json!({ "identifiers": { "custom_id": format!("C-{n}") }, "attributes": { "rank": n } })).collect()
}

/// Custom data of `count` users C-0, C-1, …
pub(crate) fn users(count: usize) -> Value {
    (0..count).map(|n| json!({ "id": format!("C-{n}"), "update": { "overwrite": false, "values": { "u.rank": n } } })).collect()
}
