//! The Acme twin, as its first page describes it.

#![allow(clippy::unwrap_used)] // helpers of tests, outside of #[test] functions

#[path = "../shared/http.rs"]
mod http;
mod lists;

use serde_json::{Value, json};
use sluice_twins::{
    Answer, Apply, Fault,
    acme::{Options, Running, Twin},
};

const KEY: &str = "a-key";

async fn ask(twin: &Running, key: &str, method: reqwest::Method, path: &str, body: Option<&Value>) -> (u16, Value) {
    let request = http::client().request(method, format!("{}{path}", twin.url())).bearer_auth(key);
    let request = match body {
        Some(body) => request.json(body),
        None => request,
    };
    http::send(request).await
}

async fn put(twin: &Running, contacts: Value) -> (u16, Value) {
    ask(twin, KEY, reqwest::Method::POST, "/v1/contacts", Some(&json!({ "contacts": contacts }))).await
}

async fn twin() -> Running {
    Twin::start(Options::with_key(KEY)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn contacts_are_merged_by_their_address_and_each_has_a_result() {
    let twin = twin().await;
    let first = json!([
        { "email": "Lea@example.org", "fields": { "plan": "gold", "city": "Lyon" } },
        { "email": "nobody", "fields": {} },
        { "email": "max@example.org", "fields": { "1st": "x" } },
        { "email": "eva@example.org", "fields": { "note": "x".repeat(256) } },
    ]);
    let (status, answer) = put(&twin, first).await;
    let codes: Vec<_> = answer["results"].as_array().unwrap().iter().map(|result| result["code"].as_str()).collect();
    assert_eq!((status, codes), (200, vec![None, Some("invalid_email"), Some("unknown_field"), Some("too_long")]));
    put(&twin, json!([{ "email": "lea@example.org", "fields": { "city": null, "age": 7 } }])).await;
    let fields = twin.state().contacts["lea@example.org"].clone();
    assert_eq!(Value::Object(fields), json!({ "plan": "gold", "age": 7 }));
    assert_eq!((twin.state().contacts.len(), twin.ledger().total()), (1, 2));
    assert_eq!(twin.warnings(), []);
    let twice = json!([{ "email": "a@b.cd" }, { "email": "A@b.cd" }]);
    put(&twin, twice).await;
    assert_eq!(twin.warnings()[0].code, "same-contact-twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_is_refused_in_acmes_words() {
    let twin = twin().await;
    let many: Vec<Value> = (0..101).map(|n| json!({ "email": format!("c{n}@example.org") })).collect();
    for (key, method, path, body, wanted) in [
        (KEY, reqwest::Method::GET, "/v1/me", None, (200, Value::Null)),
        ("other", reqwest::Method::GET, "/v1/me", None, (401, json!("unauthorized"))),
        (KEY, reqwest::Method::GET, "/v1/you", None, (404, json!("not_found"))),
        (KEY, reqwest::Method::POST, "/v1/contacts", Some(json!({ "contacts": [] })), (400, json!("malformed"))),
        (KEY, reqwest::Method::POST, "/v1/contacts", Some(json!([])), (400, json!("malformed"))),
        (KEY, reqwest::Method::POST, "/v1/contacts", Some(json!({ "contacts": many })), (413, json!("too_many"))),
    ] {
        let (status, answer) = ask(&twin, key, method, path, body.as_ref()).await;
        assert_eq!((status, answer["code"].clone()), wanted, "{path}");
    }
    assert!(twin.state().contacts.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_apply_the_part_that_they_say() {
    let twin = twin().await;
    let two = || json!([{ "email": "a@b.cd" }, { "email": "e@f.gh" }]);
    twin.faults().arm(Fault::on("/v1/contacts").answer(Answer::ErrorsForRest { text: "no".to_owned() })).unwrap();
    let (_, answer) = put(&twin, two()).await;
    assert_eq!((answer["results"][0]["ok"].clone(), answer["results"][1]["message"].clone()), (json!(true), json!("no")));
    assert_eq!(twin.state().contacts.len(), 1);
    twin.reset();
    twin.faults().arm(Fault::on("/v1/contacts").apply(Apply::All).answer(Answer::Status { status: 503 })).unwrap();
    assert_eq!(put(&twin, two()).await, (503, json!({ "code": "maintenance", "message": "Acme is being looked after." })));
    assert_eq!(twin.state().contacts.len(), 2);
    twin.seed("contacts", json!([{ "email": "x@y.za", "fields": { "plan": "gold" } }])).unwrap();
    assert_eq!(twin.state().contacts.len(), 3);
    assert!(twin.seed("contacts", json!([{ "email": "x" }])).is_err() && twin.seed("people", json!([])).is_err());
}
