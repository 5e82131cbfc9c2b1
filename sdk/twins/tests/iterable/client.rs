//! A tiny client and a twin to talk to.

use reqwest::{Client, RequestBuilder};
use serde_json::{Map, Value, json};
use sluice_twins::iterable::{List, ListType, Options, Project, Running, Twin};

pub(crate) use crate::http::{client, send};

pub(crate) const KEY: &str = "a-key-of-the-test";
pub(crate) const LIST: i64 = 7;
pub(crate) const DYNAMIC: i64 = 8;
pub(crate) const IN_USE: i64 = 9;
pub(crate) const BULK: &str = "/api/users/bulkUpdate";
pub(crate) const UPDATE: &str = "/api/users/update";
pub(crate) const SUBSCRIBE: &str = "/api/lists/subscribe";
pub(crate) const UNSUBSCRIBE: &str = "/api/lists/unsubscribe";

/// A twin and a client of it.
pub(crate) struct Bench {
    pub(crate) twin: Running,
    pub(crate) client: Client,
}

pub(crate) fn options() -> Options {
    let list = |id, list_type, in_use| List {
        id,
        name: format!("List {id}"),
        description: None,
        list_type,
        created_at: 1_625_162_718_804,
        in_use,
    };
    Options {
        lists: vec![
            list(LIST, ListType::Standard, false),
            list(DYNAMIC, ListType::Dynamic, false),
            list(IN_USE, ListType::Standard, true),
        ],
        ..Options::with_key(KEY)
    }
}

/// A clock that stands still.
pub(crate) fn still() -> sluice_twins::Clock {
    std::sync::Arc::new(|| "2026-03-02T08:15:01Z".parse().unwrap())
}

impl Bench {
    pub(crate) async fn start() -> Self {
        Self::with(options()).await
    }

    pub(crate) async fn of(project: Project) -> Self {
        Self::with(Options { project, ..options() }).await
    }

    pub(crate) async fn with(options: Options) -> Self {
        Self { twin: Twin::start(options).await.unwrap(), client: client() }
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        let request = self.client.post(format!("{}{path}", self.twin.url())).header("api-key", KEY);
        request.header("content-type", "application/json").body(body.to_string())
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(format!("{}{path}", self.twin.url())).header("api-key", KEY)
    }

    /// Updates users in bulk; the answer of a request that was not refused.
    pub(crate) async fn bulk(&self, users: Value) -> Value {
        self.ok(BULK, json!({ "users": users })).await
    }

    pub(crate) async fn subscribe(&self, subscribers: Value) -> Value {
        self.ok(SUBSCRIBE, json!({ "listId": LIST, "subscribers": subscribers })).await
    }

    pub(crate) async fn unsubscribe(&self, subscribers: Value) -> Value {
        self.ok(UNSUBSCRIBE, json!({ "listId": LIST, "subscribers": subscribers, "channelUnsubscribe": false })).await
    }

    pub(crate) async fn ok(&self, path: &str, body: Value) -> Value {
        let (status, answer) = send(self.post(path, &body)).await;
        assert_eq!(status, 200, "{path} {body}: {answer}");
        answer
    }

    /// Status and code of a call.
    pub(crate) async fn code(&self, path: &str, body: Value) -> (u16, String) {
        let (status, answer) = send(self.post(path, &body)).await;
        (status, answer["code"].as_str().unwrap_or_default().to_owned())
    }

    pub(crate) fn data(&self, name: &str) -> Value {
        self.twin.user(name).map_or(Value::Null, |user| user.data.into())
    }

    pub(crate) fn members(&self) -> Vec<String> {
        self.twin.with_state(|state| state.members(LIST).into_iter().collect())
    }

    pub(crate) fn warnings(&self) -> Vec<(&'static str, String)> {
        self.twin.warnings().into_iter().map(|warning| (warning.code, warning.detail)).collect()
    }
}

/// `count` users u0@example.org, u1@example.org, …
pub(crate) fn people(count: usize) -> Vec<Value> {
    (0..count).map(|n| json!({ "email": format!("u{n}@example.org"), "dataFields": { "rank": n } })).collect()
}

/// How many were taken and refused, and the lists of failures that name somebody.
pub(crate) fn told(answer: &Value) -> (u64, u64, Value) {
    let lists = answer["failedUpdates"].as_object().unwrap();
    assert_eq!(lists.len(), 10, "every list is there");
    for list in ["invalidEmails", "invalidUserIds"] {
        assert_eq!(answer[list], lists[list], "the deprecated duplicate");
    }
    let named: Map<String, Value> =
        lists.iter().filter(|(_, names)| *names != &json!([])).map(|(list, names)| (list.clone(), names.clone())).collect();
    (answer["successCount"].as_u64().unwrap(), answer["failCount"].as_u64().unwrap(), named.into())
}
