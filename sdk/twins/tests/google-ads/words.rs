//! The answers a client reads, in one place: their shapes are the vendor's.

use reqwest::Method;
use serde_json::{Value, json};
use sluice_twins::{Answer, Fault};

use crate::client::{
    ADJUST, Bench, EVENTS, INGEST, LIST, LISTS, NEWCOMER, UPLOAD, WEB, adjusting, adjustment, event, events, members, people,
    person, send,
};

#[tokio::test]
async fn every_kind_of_answer_has_its_words() {
    let bench = Bench::start().await;
    let tag = json!([{ "conversion_action": WEB, "transaction_id": "ORD-0", "at": "2026-10-18T09:15:00Z" }]);
    bench.put("conversions", tag).await;
    bench.put("outcomes", json!([{ "reason": "INTERNAL_ERROR", "records": 1 }])).await;
    let id = bench.accepted(INGEST, &members(people(2))).await;
    let status = format!("/v1/requestStatus:retrieve?requestId={id}");
    let mut cart = event("ORD-1");
    cart["cartData"] = json!({ "items": [{ "unitPrice": 1 }] });
    let ads = |path: &str, body: &Value| bench.post(path, body).header("developer-token", NEWCOMER);
    let rows = vec![adjustment("RETRACTION", "ORD-0"), adjustment("RETRACTION", "ORD-1"), adjustment("RETRACTION", "ORD-2")];
    let mut answers = Vec::new();
    for (situation, request) in [
        ("no token", bench.bare(Method::GET, LISTS)),
        ("another's token", bench.bare(Method::GET, LISTS).header("authorization", "Bearer x")),
        ("wrong path", bench.get("/v1/campaigns")),
        ("ingested", bench.post(INGEST, &members(people(1)))),
        ("wrong records", bench.post(INGEST, &members(vec![person("x"), json!({})]))),
        ("wrong shape", bench.post(INGEST, &json!({ "audienceMembers": [{ "addressInfo": {} }, 7] }))),
        ("no access", bench.get(&LISTS.replace("1234567890", "5555555555"))),
        ("waiting", bench.get(&status)),
        ("processed", bench.get(&status)),
        ("unknown request", bench.get("/v1/requestStatus:retrieve?requestId=x")),
        ("events with warnings", bench.post(EVENTS, &events(WEB, vec![cart]))),
        ("a number as transaction", bench.post(EVENTS, &events(WEB, vec![event("7")]))),
        ("list", bench.get(&format!("{LISTS}/{LIST}"))),
        ("no list", bench.get(&format!("{LISTS}/1"))),
        ("adjusted", ads(ADJUST, &adjusting(rows))),
        ("not admitted", ads(UPLOAD, &json!({}))),
        ("no developer token", bench.post(ADJUST, &json!({}))),
        ("accessible", ads("/v25/customers/1234567890/googleAds:search", &json!({ "query": "SELECT customer.id FROM customer" }))),
        ("no grant", bench.bare(Method::POST, "/token")),
    ] {
        let (status, answer) = send(request).await;
        answers.push(json!([situation, status, answer]));
    }
    for (path, status) in [(INGEST, 429), (INGEST, 503), (ADJUST, 429), (ADJUST, 500)] {
        bench.twin.faults().arm(Fault::on(path).answer(Answer::Status { status })).unwrap();
        let (got, answer) = send(bench.post(path, &json!({}))).await;
        answers.push(json!([format!("fault of {path}"), got, answer]));
    }
    // Sorted, because another crate of the workspace may switch serde_json's maps to the order of insertion.
    insta::with_settings!({ sort_maps => true }, { insta::assert_json_snapshot!(answers) });
}
