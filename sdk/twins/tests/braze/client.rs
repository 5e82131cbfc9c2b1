//! A tiny client and a twin to talk to.

use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use sluice_twins::braze::{Channel, Members, Options, Running, Segment, SubscriptionGroup, Twin};

pub(crate) use crate::http::{client, send};

pub(crate) const KEY: &str = "a-key-of-the-test";
pub(crate) const EMAIL_GROUP: &str = "4a3b2c1d-0000-4e5f-8a9b-112233445566";
pub(crate) const SMS_GROUP: &str = "4a3b2c1d-0000-4e5f-8a9b-665544332211";
pub(crate) const SEGMENT: &str = "11111111-2222-3333-4444-555555555555";

/// A twin and a client of it.
pub(crate) struct Bench {
    pub(crate) twin: Running,
    pub(crate) client: Client,
}

pub(crate) fn options() -> Options {
    let group = |id: &str, channel| SubscriptionGroup { id: id.to_owned(), channel };
    Options {
        subscription_groups: vec![group(EMAIL_GROUP, Channel::Email), group(SMS_GROUP, Channel::Sms)],
        segments: vec![Segment {
            id: SEGMENT.to_owned(),
            name: "VIP".to_owned(),
            tags: vec!["sluice".to_owned()],
            members: Members::AttributeEquals { name: "is_vip".to_owned(), value: true.into() },
        }],
        ..Options::with_key(KEY)
    }
}

impl Bench {
    pub(crate) async fn start() -> Self {
        Self::with(options()).await
    }

    pub(crate) async fn with(options: Options) -> Self {
        Self { twin: Twin::start(options).await.unwrap(), client: client() }
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        self.client
            .post(format!("{}{path}", self.twin.url()))
            .bearer_auth(KEY)
            .header("content-type", "application/json")
            .body(body.to_string())
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(format!("{}{path}", self.twin.url())).bearer_auth(KEY)
    }

    /// Tracks a body, gives status and answer.
    pub(crate) async fn track(&self, body: Value) -> (u16, Value) {
        send(self.post("/users/track", &body)).await
    }

    /// Tracks one attributes object; none when it was taken, else the vendor's words.
    pub(crate) async fn refusal(&self, object: Value) -> Option<String> {
        let (status, answer) = self.track(json!({ "attributes": [object] })).await;
        match status {
            201 => None,
            400 => Some(answer["errors"][0]["type"].as_str().unwrap().to_owned()),
            _ => panic!("{status} {answer}"),
        }
    }

    /// As [`Bench::refusal`], for one event.
    pub(crate) async fn event_refusal(&self, object: Value) -> Option<String> {
        let (status, answer) = self.track(json!({ "events": [object] })).await;
        match status {
            201 => None,
            400 => Some(answer["errors"][0]["type"].as_str().unwrap().to_owned()),
            _ => panic!("{status} {answer}"),
        }
    }

    pub(crate) fn attributes(&self, external_id: &str) -> Value {
        self.twin.profile(external_id).map_or(Value::Null, |profile| profile.attributes.into())
    }

    pub(crate) fn warnings(&self) -> Vec<(&'static str, String)> {
        self.twin.warnings().into_iter().map(|warning| (warning.code, warning.detail)).collect()
    }
}

/// `count` attributes objects for C-0, C-1, …
pub(crate) fn people(count: usize) -> Vec<Value> {
    (0..count).map(|n| json!({ "external_id": format!("C-{n}"), "rank": n })).collect()
}
