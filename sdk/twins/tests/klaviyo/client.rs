//! A tiny client and a twin to talk to.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use sluice_twins::{
    Clock,
    klaviyo::{Job, List, OptIn, Options, REVISION, Running, Segment, SegmentMember, Twin},
};

pub(crate) use crate::http::{client, send};

pub(crate) const KEY: &str = "pk_a-key-of-the-test";
/// A list that people get onto at once, and one that asks them first.
pub(crate) const LIST: &str = "Y6nRLr";
pub(crate) const ASKING: &str = "DbLoPt";
pub(crate) const SEGMENT: &str = "SgMnt1";
pub(crate) const JOBS: &str = "/api/profile-bulk-import-jobs";
pub(crate) const SUBSCRIBE: &str = "/api/profile-subscription-bulk-create-jobs";
pub(crate) const UNSUBSCRIBE: &str = "/api/profile-subscription-bulk-delete-jobs";
pub(crate) const PROFILES: &str = "/api/profiles";
pub(crate) const UPSERT: &str = "/api/profile-import";
pub(crate) const JSON_API: &str = "application/vnd.api+json";
/// When the clocks of tests begin: the start of a minute and of a day.
pub(crate) const NOON: &str = "2026-10-20T00:00:00Z";

/// A twin and a client of it.
pub(crate) struct Bench {
    pub(crate) twin: Running,
    pub(crate) client: Client,
}

pub(crate) fn options() -> Options {
    let list = |id: &str, opt_in_process| List {
        id: id.to_owned(),
        name: format!("List {id}"),
        opt_in_process: Some(opt_in_process),
        created: "2026-01-01T00:00:00Z".parse().unwrap(),
    };
    let member = |n: u8| SegmentMember {
        profile: format!("u{n}@example.org"),
        joined_group_at: format!("2026-10-0{}T00:00:00Z", n + 1).parse().unwrap(),
    };
    let segment = |id: &str, name: &str, is_active, members| Segment {
        id: id.to_owned(),
        name: name.to_owned(),
        is_active,
        created: "2026-01-01T00:00:00Z".parse().unwrap(),
        members,
    };
    Options {
        lists: vec![list(LIST, OptIn::SingleOptIn), list(ASKING, OptIn::DoubleOptIn)],
        segments: vec![
            segment(SEGMENT, "Engaged", true, (0..3).map(member).collect()),
            segment("OldOne", "Old", false, Vec::new()),
        ],
        clock: still(),
        ..Options::with_key(KEY)
    }
}

/// A clock that stands still.
pub(crate) fn still() -> Clock {
    hands().0
}

/// A clock, and the seconds that it is put forward by.
pub(crate) fn hands() -> (Clock, Arc<AtomicI64>) {
    let noon: jiff::Timestamp = NOON.parse().unwrap();
    let forward = Arc::new(AtomicI64::new(0));
    let hand = forward.clone();
    let clock = Arc::new(move || jiff::Timestamp::from_second(noon.as_second() + hand.load(Ordering::SeqCst)).unwrap());
    (clock, forward)
}

impl Bench {
    pub(crate) async fn start() -> Self {
        Self::with(options()).await
    }

    pub(crate) async fn with(options: Options) -> Self {
        Self { twin: Twin::start(options).await.unwrap(), client: client() }
    }

    /// A request with everything that the vendor asks for but the body.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.twin.url()));
        request.header("authorization", format!("Klaviyo-API-Key {KEY}")).header("revision", REVISION).header("accept", JSON_API)
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.request(Method::GET, path)
    }

    pub(crate) fn send_body(&self, method: Method, path: &str, body: &Value) -> RequestBuilder {
        self.request(method, path).header("content-type", JSON_API).body(body.to_string())
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        self.send_body(Method::POST, path, body)
    }

    /// The answer to a question that is not refused.
    pub(crate) async fn read(&self, path: &str) -> Value {
        let (status, answer) = send(self.get(path)).await;
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }

    /// A question with parameters that have to be encoded.
    pub(crate) async fn ask(&self, path: &str, query: &[(&str, &str)]) -> (u16, Value) {
        send(self.asking(path, query)).await
    }

    /// The same, not sent yet.
    pub(crate) fn asking(&self, path: &str, query: &[(&str, &str)]) -> RequestBuilder {
        let mut url = reqwest::Url::parse(&format!("http://twin{path}")).unwrap();
        url.query_pairs_mut().extend_pairs(query);
        self.get(&format!("{}?{}", url.path(), url.query().unwrap_or_default()))
    }

    /// Puts a job of these profile objects in; gives its id.
    pub(crate) async fn import(&self, profiles: Value, lists: &[&str]) -> String {
        let (status, answer) = send(self.post(JOBS, &job(profiles, lists))).await;
        assert_eq!(status, 202, "{answer}");
        answer["data"]["id"].as_str().unwrap().to_owned()
    }

    /// Asks until a job has ended.
    pub(crate) async fn ended(&self, id: &str) -> Job {
        for _ in 0..10 {
            let answer = self.read(&format!("{JOBS}/{id}")).await;
            if answer["data"]["attributes"]["status"] != "queued" && answer["data"]["attributes"]["status"] != "processing" {
                break;
            }
        }
        self.twin.with_state(|state| state.jobs().iter().find(|job| job.id == id).cloned().unwrap())
    }

    /// Imports profiles and waits for the end.
    pub(crate) async fn imported(&self, profiles: Value, lists: &[&str]) -> Job {
        let id = self.import(profiles, lists).await;
        self.ended(&id).await
    }

    /// Status, code and place of the first error of a call.
    pub(crate) async fn refused(&self, request: RequestBuilder) -> (u16, String, String) {
        let (status, answer) = send(request).await;
        let error = &answer["errors"][0];
        let place = error["source"]["pointer"].as_str().or(error["source"]["parameter"].as_str());
        (status, error["code"].as_str().unwrap_or_default().to_owned(), place.unwrap_or_default().to_owned())
    }

    pub(crate) fn data(&self, name: &str) -> Value {
        self.twin.profile(name).map_or(Value::Null, |profile| profile.data().into())
    }

    pub(crate) fn id(&self, name: &str) -> String {
        self.twin.profile(name).unwrap_or_else(|| panic!("{name} has a profile")).id
    }

    pub(crate) fn members(&self, list: &str) -> Vec<String> {
        self.twin.with_state(|state| state.members(list).into_iter().collect())
    }

    pub(crate) fn count(&self) -> usize {
        self.twin.with_state(|state| state.profiles().len())
    }

    pub(crate) fn warnings(&self) -> Vec<(&'static str, String)> {
        self.twin.warnings().into_iter().map(|warning| (warning.code, warning.detail)).collect()
    }
}

/// The body of an import job.
pub(crate) fn job(profiles: Value, lists: &[&str]) -> Value {
    let mut body = json!({ "data": { "type": "profile-bulk-import-job", "attributes": { "profiles": { "data": profiles } } } });
    if !lists.is_empty() {
        let lists: Vec<Value> = lists.iter().map(|id| json!({ "type": "list", "id": id })).collect();
        body["data"]["relationships"] = json!({ "lists": { "data": lists } });
    }
    body
}

/// One profile object.
pub(crate) fn profile(attributes: Value) -> Value {
    json!({ "type": "profile", "attributes": attributes })
}

/// `count` profile objects u0@example.org, u1@example.org, …
pub(crate) fn people(count: usize) -> Value {
    (0..count).map(|n| profile(json!({ "email": format!("u{n}@example.org"), "properties": { "rank": n } }))).collect()
}

/// The body of a call about one profile.
pub(crate) fn one(attributes: Value) -> Value {
    json!({ "data": profile(attributes) })
}

/// `{"data": [{"type": "profile", "id": …}]}`.
pub(crate) fn ids<T: AsRef<str>>(ids: &[T]) -> Value {
    json!({ "data": ids.iter().map(|id| json!({ "type": "profile", "id": id.as_ref() })).collect::<Vec<_>>() })
}

/// The body of a subscription job for e-mail.
pub(crate) fn subscribing(emails: &[&str], list: Option<&str>, since: Option<&str>) -> Value {
    let people: Vec<Value> = emails
        .iter()
        .map(|email| {
            let mut marketing = json!({ "consent": "SUBSCRIBED" });
            if let Some(since) = since {
                marketing["consented_at"] = since.into();
            }
            profile(json!({ "email": email, "subscriptions": { "email": { "marketing": marketing } } }))
        })
        .collect();
    let mut attributes = json!({ "profiles": { "data": people } });
    if since.is_some() {
        attributes["historical_import"] = true.into();
    }
    consent_job("profile-subscription-bulk-create-job", attributes, list)
}

/// The same that ends it.
pub(crate) fn unsubscribing(emails: &[&str], list: Option<&str>) -> Value {
    let marketing = json!({ "email": { "marketing": { "consent": "UNSUBSCRIBED" } } });
    let people: Vec<Value> = emails.iter().map(|email| profile(json!({ "email": email, "subscriptions": marketing }))).collect();
    consent_job("profile-subscription-bulk-delete-job", json!({ "profiles": { "data": people } }), list)
}

pub(crate) fn consent_job(kind: &str, attributes: Value, list: Option<&str>) -> Value {
    let mut body = json!({ "data": { "type": kind, "attributes": attributes } });
    if let Some(list) = list {
        body["data"]["relationships"] = json!({ "list": { "data": { "type": "list", "id": list } } });
    }
    body
}
