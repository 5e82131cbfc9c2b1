//! A tiny client and a twin to talk to.

use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use sluice_twins::salesforce_marketing_cloud::{Field, FieldType, JobsGo, NewDataExtension, Options, Row, Running, Stages, Twin};

pub(crate) use crate::http::{client, send};

pub(crate) const ID: &str = "a-client";
pub(crate) const SECRET: &str = "a-secret";
/// A token that need not be asked for.
pub(crate) const TOKEN: &str = "a-fixed-token";
/// The data extension's id, and its rows by its external key.
pub(crate) const DE: &str = "11111111-2222-4333-8444-555555555555";
pub(crate) const ROWS: &str = "/data/v1/async/dataextensions/key:Members/rows";
pub(crate) const ROWSET: &str = "/hub/v1/dataevents/key:Members/rowset";

/// A twin and a client of it.
pub(crate) struct Bench {
    pub(crate) twin: Running,
    pub(crate) client: Client,
}

pub(crate) fn fields() -> Vec<Field> {
    vec![
        Field::key("MemberId", FieldType::Text).length(10),
        Field::new("Email", FieldType::EmailAddress).length(254).required(),
        Field::new("LoyaltyTier", FieldType::Text).length(6),
        Field::new("Points", FieldType::Number),
        Field::new("Spent", FieldType::Decimal).length(6).scale(2),
        Field::new("LastOrderAt", FieldType::Date),
        Field::new("OptIn", FieldType::Boolean),
        Field::new("Phone", FieldType::Phone),
        Field::new("Locale", FieldType::Locale),
    ]
}

pub(crate) fn options() -> Options {
    let visits = NewDataExtension::of(
        "Visits",
        vec![
            Field::key("Shop", FieldType::Text).length(10),
            Field::key("Day", FieldType::Number),
            Field::new("Count", FieldType::Number),
        ],
    );
    let log = NewDataExtension::of("Log", vec![Field::new("Line", FieldType::Text).length(100)]);
    Options {
        data_extensions: vec![
            NewDataExtension { id: DE.to_owned(), name: "Loyalty members".to_owned(), ..NewDataExtension::of("Members", fields()) },
            visits,
            log,
        ],
        fixed_token: Some(TOKEN.to_owned()),
        clock: still(),
        ..Options::with_client(ID, SECRET)
    }
}

/// Jobs that have ended at the first question.
pub(crate) fn at_once() -> Options {
    Options { jobs_go: JobsGo::ByPolls(Stages { missing: 0, pending: 0, executing: 0 }), ..options() }
}

/// A clock that stands still.
pub(crate) fn still() -> sluice_twins::Clock {
    std::sync::Arc::new(|| "2026-03-02T08:15:01Z".parse().unwrap())
}

/// A clock, and what moves it by so many seconds.
pub(crate) fn moving() -> (sluice_twins::Clock, impl Fn(u64)) {
    let late = std::sync::Arc::new(std::sync::atomic::AtomicU64::new(0));
    let mover = late.clone();
    let clock: sluice_twins::Clock = std::sync::Arc::new(move || {
        let start: i64 = 1_772_439_300;
        jiff::Timestamp::from_second(start + late.load(std::sync::atomic::Ordering::SeqCst) as i64).unwrap()
    });
    (clock, move |seconds| {
        mover.fetch_add(seconds, std::sync::atomic::Ordering::SeqCst);
    })
}

impl Bench {
    pub(crate) async fn start() -> Self {
        Self::with(at_once()).await
    }

    pub(crate) async fn with(options: Options) -> Self {
        Self { twin: Twin::start(options).await.unwrap(), client: client() }
    }

    pub(crate) fn bare(&self, method: &str, path: &str) -> RequestBuilder {
        self.client.request(Method::from_bytes(method.as_bytes()).unwrap(), format!("{}{path}", self.twin.url()))
    }

    pub(crate) fn call(&self, method: &str, path: &str, body: &Value) -> RequestBuilder {
        let request = self.bare(method, path).bearer_auth(TOKEN);
        if body.is_null() { request } else { request.header("content-type", "application/json").body(body.to_string()) }
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

    /// Status, and the text of what was refused.
    pub(crate) async fn refused(&self, method: &str, path: &str, body: Value) -> (u16, String) {
        let (status, answer) = send(self.call(method, path, &body)).await;
        let text = answer["additionalErrors"][0]["message"].as_str();
        let text = text.or(answer["resultMessages"][0]["message"].as_str()).or(answer["message"].as_str());
        (status, text.unwrap_or_default().to_owned())
    }

    /// Submits rows and gives the request's id.
    pub(crate) async fn submit(&self, method: &str, path: &str, items: Value) -> String {
        let (status, answer) = send(self.call(method, path, &json!({ "items": items }))).await;
        assert_eq!((status, &answer["resultMessages"]), (202, &json!([])), "{answer}");
        answer["requestId"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn status(&self, id: &str) -> Value {
        self.ok("GET", &format!("/data/v1/async/{id}/status"), Value::Null).await
    }

    /// Submits rows, waits for the end, and gives what each row was told: nothing when it was saved.
    pub(crate) async fn told(&self, method: &str, path: &str, items: Value) -> Vec<String> {
        let id = self.submit(method, path, items).await;
        self.until(&id).await;
        self.results(&id).await
    }

    /// Asks until a job has ended.
    pub(crate) async fn until(&self, id: &str) -> Value {
        for _ in 0..10 {
            let answer = self.status(id).await;
            if ["Complete", "Error"].iter().any(|end| answer["status"]["requestStatus"] == *end) {
                return answer;
            }
        }
        panic!("{id} does not end");
    }

    pub(crate) async fn results(&self, id: &str) -> Vec<String> {
        let mut told = Vec::new();
        for page in 1.. {
            let answer = self.ok("GET", &format!("/data/v1/async/{id}/results?$page={page}"), Value::Null).await;
            let items = answer["items"].as_array().unwrap();
            told.extend(items.iter().map(|item| item["message"].as_str().unwrap().to_owned()));
            if told.len() as u64 >= answer["count"].as_u64().unwrap() {
                break;
            }
        }
        told
    }

    pub(crate) fn row(&self, key: &str) -> Option<Row> {
        self.twin.row("Members", key)
    }

    pub(crate) fn count(&self) -> usize {
        self.twin.rows("Members").len()
    }

    pub(crate) fn warnings(&self) -> Vec<(&'static str, String)> {
        self.twin.warnings().into_iter().map(|warning| (warning.code, warning.detail)).collect()
    }
}

pub(crate) fn member(id: &str) -> Value {
    json!({ "MemberId": id, "Email": "lea@example.org" })
}

/// `count` members u0, u1, …
pub(crate) fn people(count: usize) -> Value {
    (0..count).map(|n| json!({ "MemberId": format!("u{n}"), "Email": format!("u{n}@example.org"), "Points": n })).collect()
}

/// A row of the synchronous endpoint.
pub(crate) fn pair(id: &str, values: Value) -> Value {
    json!({ "keys": { "MemberId": id }, "values": values })
}
