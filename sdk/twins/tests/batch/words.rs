//! The answers a client reads, in one place: their shapes are the vendor's.

use reqwest::Method;
use serde_json::json;
use sluice_twins::{Answer, Fault};

use crate::client::{Bench, KEY, UPDATE, USERS, people, send, users};

#[tokio::test]
async fn every_kind_of_answer_has_its_words() {
    let bench = Bench::start().await;
    bench.twin.seed("segments", json!([{ "id": "vip", "name": "VIP" }])).unwrap();
    let update = |operations| bench.post(UPDATE, &operations);
    let one =
        |attributes, events| update(json!([{ "identifiers": { "custom_id": "C-1" }, "attributes": attributes, "events": events }]));
    let bare = |path: &str| bench.client.post(format!("{}{path}", bench.twin.url())).header("content-type", "application/json");
    let wrong = json!({ "$email_address": "x", "$title": "x", "Upper": 1, "object": { "a": 1 }, "text": "", "date(day)": "x",
        "url(site)": "x", "array": [1], "parts": { "$add": 1 }, "many": vec!["x"; 26] });
    let lost = json!([
        { "name": "Upper" },
        { "name": "no_time", "time": "x" },
        { "name": "old", "time": "2026-03-01T08:15:00Z" },
        { "name": "future", "time": "2026-03-02T08:16:00Z" },
        { "name": "shape", "attributes": [] },
        { "name": "null_inside", "attributes": { "a": null } },
        { "name": "too_deep", "attributes": { "a": { "b": { "c": { "d": 1 } } } } },
        { "name": "reserved", "attributes": { "$tags": "x" } },
    ]);
    let mut answers = Vec::new();
    for (situation, request) in [
        ("all taken", update(people(2))),
        ("attributes lost", one(wrong, json!([]))),
        ("events lost", one(json!({}), lost)),
        ("no JSON", bench.request(Method::POST, UPDATE).body("[")),
        ("no array", update(json!({}))),
        ("too many", update(people(201))),
        ("nobody", update(json!([{}]))),
        ("no custom id", update(json!([{ "identifiers": { "custom_id": "" } }]))),
        ("wrong key", bare(UPDATE).header("authorization", "Bearer b")),
        ("no project", bare(UPDATE).header("authorization", format!("Bearer {KEY}"))),
        ("wrong project", bare(UPDATE).header("authorization", format!("Bearer {KEY}")).header("x-batch-project", "b")),
        ("wrong path", bench.post("/2.11/profiles/view", &json!({}))),
        ("segments", bench.post("/2.11/segments/list", &json!({}))),
        ("data taken", bench.post(USERS, &users(1))),
        ("data of one", bench.post(&format!("{USERS}/C-1"), &json!({ "values": { "u.a": 1 } }))),
        ("data erased", bench.request(Method::DELETE, &format!("{USERS}/C-1"))),
        ("bad data", bench.post(USERS, &json!([{ "id": "C-1", "update": { "values": { "city": 1 } } }]))),
        ("no values", bench.post(USERS, &json!([{ "id": "C-1", "update": {} }]))),
        ("wrong key of data", bare(USERS).header("x-authorization", "b")),
        ("wrong app", bench.post("/1.0/another/data/users", &users(1))),
    ] {
        let (status, answer) = send(request).await;
        answers.push(json!([situation, status, answer]));
    }
    for status in [413, 429, 500, 502, 503] {
        bench.twin.faults().arm(Fault::on(UPDATE).answer(Answer::Status { status })).unwrap();
        let (status, answer) = send(update(people(1))).await;
        answers.push(json!(["fault", status, answer]));
    }
    // Sorted, because another crate of the workspace may switch serde_json's maps to the order of insertion.
    insta::with_settings!({ sort_maps => true }, { insta::assert_json_snapshot!(answers) });
}
