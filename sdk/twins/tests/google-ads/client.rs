//! A tiny client and a twin to talk to.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use sluice_twins::{
    Clock,
    google_ads::{DeveloperToken, Options, Running, Twin},
};

pub(crate) use crate::http::{client, send};

pub(crate) const TOKEN: &str = "ya29.of-the-test";
pub(crate) const NEWCOMER: &str = "newcomer-of-the-test-1";
pub(crate) const ADMITTED: &str = "admitted-of-the-test-1";
pub(crate) const CUSTOMER: &str = Options::CUSTOMER;
pub(crate) const MANAGER: &str = Options::MANAGER;
/// Lists of e-mail addresses, mobile ids and ids of the advertiser's own.
pub(crate) const LIST: &str = "8001234567";
pub(crate) const PHONES: &str = "8001234568";
pub(crate) const IDS: &str = "8001234569";
/// Actions of a web page, of clicks and of calls.
pub(crate) const WEB: &str = "7001112223";
pub(crate) const CLICKS: &str = "7001112224";
pub(crate) const CALLS: &str = "7001112225";
pub(crate) const INGEST: &str = "/v1/audienceMembers:ingest";
pub(crate) const REMOVE: &str = "/v1/audienceMembers:remove";
pub(crate) const REMOVE_ALL: &str = "/v1/audienceMembers:removeAll";
pub(crate) const EVENTS: &str = "/v1/events:ingest";
pub(crate) const LISTS: &str = "/v1/accountTypes/GOOGLE_ADS/accounts/1234567890/userLists";
pub(crate) const ADJUST: &str = "/v25/customers/1234567890:uploadConversionAdjustments";
pub(crate) const UPLOAD: &str = "/v25/customers/1234567890:uploadClickConversions";
pub(crate) const UPLOAD_CALLS: &str = "/v25/customers/1234567890:uploadCallConversions";
pub(crate) const JOBS: &str = "/v25/customers/1234567890/offlineUserDataJobs";
/// "alexz@example.com" and "+18005550100" (the notes, check vectors).
pub(crate) const EMAIL: &str = "509e933019bb285a134a9334b8bb679dff79d0ce023d529af4bd744d47b4fd8a";
pub(crate) const PHONE: &str = "fb4f73a6ec5fdb7077d564cdd22c3554b43ce49168550c3b12c547b78c517b30";
/// When the clocks of tests begin: the start of a minute and of a day.
pub(crate) const NOON: &str = "2026-10-20T00:00:00Z";

/// A twin and a client of it.
pub(crate) struct Bench {
    pub(crate) twin: Running,
    pub(crate) client: Client,
}

pub(crate) fn options() -> Options {
    Options {
        developer_tokens: vec![DeveloperToken::newcomer(NEWCOMER), DeveloperToken::admitted(ADMITTED)],
        clock: hands().0,
        ..Options::with_key(TOKEN)
    }
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

    pub(crate) fn bare(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.twin.url()))
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.bare(method, path).header("authorization", format!("Bearer {TOKEN}"))
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.request(Method::GET, path)
    }

    pub(crate) fn send_body(&self, method: Method, path: &str, body: &Value) -> RequestBuilder {
        self.request(method, path).header("content-type", "application/json").body(body.to_string())
    }

    /// A call of Data Manager.
    pub(crate) fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        self.send_body(Method::POST, path, body)
    }

    /// A call of Google Ads with an admitted token.
    pub(crate) fn ads(&self, path: &str, body: &Value) -> RequestBuilder {
        self.post(path, body).header("developer-token", ADMITTED)
    }

    /// The answer to a call that is taken.
    pub(crate) async fn taken(&self, request: RequestBuilder) -> Value {
        let (status, answer) = send(request).await;
        assert_eq!(status, 200, "{answer}");
        answer
    }

    /// The id of a request that is taken.
    pub(crate) async fn accepted(&self, path: &str, body: &Value) -> String {
        self.taken(self.post(path, body)).await["requestId"].as_str().unwrap().to_owned()
    }

    /// How a request of one destination is.
    pub(crate) async fn status(&self, id: &str) -> Value {
        let answer = self.taken(self.get(&format!("/v1/requestStatus:retrieve?requestId={id}"))).await;
        answer["requestStatusPerDestination"][0].clone()
    }

    /// Its end.
    pub(crate) async fn ended(&self, id: &str) -> Value {
        for _ in 0..10 {
            let status = self.status(id).await;
            if status["requestStatus"] != "PROCESSING" {
                return status;
            }
        }
        panic!("{id} does not end");
    }

    /// Status, and reason and field of every violation.
    pub(crate) async fn violations(&self, request: RequestBuilder) -> (u16, Vec<(String, String)>) {
        let (status, answer) = send(request).await;
        let details = answer["error"]["details"].as_array().cloned().unwrap_or_default();
        let found = details.iter().filter_map(|detail| detail["fieldViolations"].as_array()).flatten();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        (status, found.map(|violation| (text(&violation["reason"]), text(&violation["field"]))).collect())
    }

    /// The first of them.
    pub(crate) async fn refused(&self, path: &str, body: &Value) -> (u16, String, String) {
        let (status, found) = self.violations(self.post(path, body)).await;
        let (reason, field) = found.into_iter().next().unwrap_or_default();
        (status, reason, field)
    }

    pub(crate) fn members(&self, list: &str) -> Vec<String> {
        self.twin.with_state(|state| state.members(list).into_iter().collect())
    }

    pub(crate) fn warnings(&self) -> Vec<&'static str> {
        self.twin.warnings().into_iter().map(|warning| warning.code).collect()
    }

    pub(crate) async fn put(&self, kind: &str, body: Value) -> (u16, Value) {
        send(self.client.put(format!("{}/__twin/{kind}", self.twin.url())).body(body.to_string())).await
    }
}

/// A destination of the customer.
pub(crate) fn to(id: &str) -> Value {
    json!({ "operatingAccount": { "accountType": "GOOGLE_ADS", "accountId": CUSTOMER }, "productDestinationId": id })
}

/// A hash that is none of anybody's.
pub(crate) fn hash(n: usize) -> String {
    format!("{n:064x}")
}

pub(crate) fn person(hash: &str) -> Value {
    json!({ "userData": { "userIdentifiers": [{ "emailAddress": hash }] } })
}

/// `count` members.
pub(crate) fn people(count: usize) -> Vec<Value> {
    (0..count).map(|n| person(&hash(n))).collect()
}

/// The body of an ingestion of these members.
pub(crate) fn members(people: impl Into<Value>) -> Value {
    json!({
        "destinations": [to(LIST)], "audienceMembers": people.into(), "encoding": "HEX",
        "consent": { "adUserData": "CONSENT_GRANTED", "adPersonalization": "CONSENT_GRANTED" },
        "termsOfService": { "customerMatchTermsOfServiceStatus": "ACCEPTED" },
    })
}

/// The same of a removal.
pub(crate) fn leaving(people: impl Into<Value>) -> Value {
    json!({ "destinations": [to(LIST)], "audienceMembers": people.into(), "encoding": "HEX" })
}

/// An event of a web page.
pub(crate) fn event(transaction: &str) -> Value {
    json!({
        "transactionId": transaction, "eventTimestamp": "2026-10-18T09:15:00Z", "eventSource": "WEB", "currency": "EUR",
        "conversionValue": 129.9, "userData": { "userIdentifiers": [{ "emailAddress": EMAIL }] },
        "consent": { "adUserData": "CONSENT_GRANTED" },
    })
}

/// The body of an ingestion of these events.
pub(crate) fn events(action: &str, events: impl Into<Value>) -> Value {
    json!({ "destinations": [to(action)], "encoding": "HEX", "events": events.into() })
}

pub(crate) fn action(id: &str) -> String {
    format!("customers/{CUSTOMER}/conversionActions/{id}")
}

/// The body of an upload of adjustments.
pub(crate) fn adjusting(rows: impl Into<Value>) -> Value {
    json!({ "conversionAdjustments": rows.into(), "partialFailure": true })
}

/// An adjustment of a transaction.
pub(crate) fn adjustment(kind: &str, order: &str) -> Value {
    json!({
        "adjustmentType": kind, "orderId": order, "conversionAction": action(WEB), "adjustmentDateTime": "2026-10-19 20:00:00+00:00",
    })
}

/// Code and position of every partial failure.
pub(crate) fn failures(answer: &Value) -> Vec<(String, u64)> {
    let errors = answer["partialFailureError"]["details"][0]["errors"].as_array().cloned().unwrap_or_default();
    let code = |error: &Value| error["errorCode"].as_object().unwrap().values().next().unwrap().as_str().unwrap().to_owned();
    let at = |error: &Value| error["location"]["fieldPathElements"][0]["index"].as_u64().unwrap();
    errors.iter().map(|error| (code(error), at(error))).collect()
}

/// Status and code of a refusal of Google Ads.
pub(crate) async fn ads_code(request: RequestBuilder) -> (u16, String) {
    let (status, answer) = send(request).await;
    let codes = &answer["error"]["details"][0]["errors"][0]["errorCode"];
    let code = codes.as_object().and_then(|codes| codes.values().next()).and_then(Value::as_str);
    (status, code.unwrap_or_default().to_owned())
}
