//! A tiny client and a twin to talk to.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sluice_twins::{
    Clock,
    meta_ads::{ACCOUNT, DATASET, NewAudience, Options, Running, Twin},
};

pub(crate) use crate::http::{client, send};

pub(crate) const TOKEN: &str = "EAAa-token-of-the-test";
/// A customer-file audience, one whose people have a value, and one that is blocked.
pub(crate) const AUDIENCE: &str = "23840000000000001";
pub(crate) const VALUED: &str = "23840000000000002";
pub(crate) const BLOCKED: &str = "23840000000000003";
/// When the clocks of tests begin: the start of an hour.
pub(crate) const NOON: &str = "2026-10-20T12:00:00Z";

/// A twin and a client of it.
pub(crate) struct Bench {
    pub(crate) twin: Running,
    pub(crate) client: Client,
}

pub(crate) fn audience(id: &str, name: &str) -> NewAudience {
    serde_json::from_value(json!({ "id": id, "account_id": ACCOUNT, "name": name })).unwrap()
}

pub(crate) fn options() -> Options {
    let valued = NewAudience { is_value_based: true, ..audience(VALUED, "Valued") };
    let blocked = NewAudience { flagged: true, ..audience(BLOCKED, "Blocked") };
    Options { audiences: vec![audience(AUDIENCE, "VIP"), valued, blocked], clock: hands().0, ..Options::with_token(TOKEN) }
}

/// A clock, and the seconds that it is put forward by.
pub(crate) fn hands() -> (Clock, Arc<AtomicI64>) {
    let forward = Arc::new(AtomicI64::new(0));
    let hand = forward.clone();
    let clock = Arc::new(move || jiff::Timestamp::from_second(noon() + hand.load(Ordering::SeqCst)).unwrap());
    (clock, forward)
}

/// The second at which the clocks of tests begin.
pub(crate) fn noon() -> i64 {
    NOON.parse::<jiff::Timestamp>().unwrap().as_second()
}

impl Bench {
    pub(crate) async fn start() -> Self {
        Self::with(options()).await
    }

    pub(crate) async fn with(options: Options) -> Self {
        Self { twin: Twin::start(options).await.unwrap(), client: client() }
    }

    /// A twin whose clock can be put forward.
    pub(crate) async fn with_hands(change: impl FnOnce(Options) -> Options) -> (Self, Arc<AtomicI64>) {
        let (clock, forward) = hands();
        (Self::with(change(Options { clock, ..options() })).await, forward)
    }

    /// A request without a token; the path is without the version.
    pub(crate) fn bare(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}/v25.0/{path}", self.twin.url()))
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.bare(method, path).header("authorization", format!("Bearer {TOKEN}"))
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.request(Method::GET, path)
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        self.request(Method::POST, path).header("content-type", "application/json").body(body.to_string())
    }

    pub(crate) fn delete(&self, path: &str, body: &Value) -> RequestBuilder {
        self.request(Method::DELETE, path).header("content-type", "application/json").body(body.to_string())
    }

    /// The answer to a call that is not refused.
    pub(crate) async fn done(&self, request: RequestBuilder) -> Value {
        let (status, answer) = send(request).await;
        assert_eq!(status, 200, "{answer}");
        answer
    }

    pub(crate) async fn add(&self, payload: Value) -> Value {
        self.done(self.post(&users(AUDIENCE), &json!({ "payload": payload }))).await
    }

    pub(crate) async fn remove(&self, payload: Value) -> Value {
        self.done(self.delete(&users(AUDIENCE), &json!({ "payload": payload }))).await
    }

    /// Status, code and subcode of a refusal.
    pub(crate) async fn refused(&self, request: RequestBuilder) -> (u16, u64, u64) {
        let (status, answer) = send(request).await;
        let error = &answer["error"];
        assert!(error["message"].is_string() && error["type"].is_string() && error["fbtrace_id"].is_string(), "{status} {answer}");
        (status, error["code"].as_u64().unwrap(), error["error_subcode"].as_u64().unwrap_or_default())
    }

    /// What is kept under a key of everybody in an audience.
    pub(crate) fn all(&self, audience: &str, key: &str) -> BTreeSet<String> {
        self.twin.with_state(|state| state.audiences()[audience].people.all(key).into_iter().map(str::to_owned).collect())
    }

    pub(crate) fn count(&self, audience: &str) -> usize {
        self.twin.with_state(|state| state.audiences()[audience].people.len())
    }

    pub(crate) fn events(&self) -> usize {
        self.twin.with_state(|state| state.datasets()[DATASET].events().len())
    }

    pub(crate) fn warnings(&self) -> Vec<(&'static str, String)> {
        self.twin.warnings().into_iter().map(|warning| (warning.code, warning.detail)).collect()
    }
}

pub(crate) fn account(edge: &str) -> String {
    format!("act_{ACCOUNT}{edge}")
}

pub(crate) fn users(audience: &str) -> String {
    format!("{audience}/users")
}

pub(crate) fn replacing(audience: &str) -> String {
    format!("{audience}/usersreplace")
}

pub(crate) fn dataset_events() -> String {
    format!("{DATASET}/events")
}

pub(crate) fn sha(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A payload of the customers' own ids.
pub(crate) fn ids(names: &[&str]) -> Value {
    json!({ "schema": ["EXTERN_ID"], "data": names.iter().map(|name| [name]).collect::<Vec<_>>() })
}

/// A body of a session's batch.
pub(crate) fn batch(names: &[&str], session: u64, seq: u64, last: bool) -> Value {
    json!({ "payload": ids(names), "session": { "session_id": session, "batch_seq": seq, "last_batch_flag": last } })
}

/// An event that the vendor takes.
pub(crate) fn event(id: &str) -> Value {
    json!({
        "event_name": "Purchase", "event_time": noon() - 60, "event_id": id, "action_source": "physical_store",
        "user_data": { "em": [sha("lea.martin@example.com")], "country": [sha("fr")], "external_id": ["C-1042"] },
        "custom_data": { "value": 89.9, "currency": "EUR", "order_id": id },
    })
}

/// The same with other values; null takes one away.
pub(crate) fn event_with(changes: Value) -> Value {
    fn merge(into: &mut Value, from: Value) {
        match (into, from) {
            (Value::Object(into), Value::Object(from)) => {
                for (name, value) in from {
                    if value.is_null() {
                        into.remove(&name);
                    } else {
                        merge(into.entry(name).or_insert(Value::Null), value);
                    }
                }
            }
            (into, from) => *into = from,
        }
    }
    let mut event = event("order-1");
    merge(&mut event, changes);
    event
}

pub(crate) fn data(events: &[Value]) -> Value {
    json!({ "data": events })
}
