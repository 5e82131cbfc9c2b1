//! The answers a client reads, in one place: their shapes are the vendor's.

use serde_json::{Value, json};
use sluice_twins::{Answer, Fault};

use crate::client::{BATCH, Bench, LIST, SAVED, SEGMENT, emails, people, send};

#[tokio::test]
async fn every_kind_of_answer_has_its_words() {
    let bench = Bench::start().await;
    bench
        .twin
        .seed("members", json!([{ "list_id": LIST, "email_address": "gone@example.org", "status": "unsubscribed" }]))
        .unwrap();
    bench.twin.seed("forgotten", json!([{ "list_id": LIST, "email_address": "old@example.org" }])).unwrap();
    let list = format!("/3.0/lists/{LIST}");
    let member = |email: &str| format!("{list}/members/{email}");
    let subscribed = |email: &str| json!({ "email_address": email, "status": "subscribed" });
    let refused =
        json!([subscribed("gone@example.org"), subscribed("old@example.org"), subscribed("u0@example.org"), subscribed("000")]);
    let mut answers = Vec::new();
    for (situation, request) in [
        ("ping", bench.get("/3.0/ping")),
        ("audience", bench.get(&list)),
        ("unknown audience", bench.get("/3.0/lists/unknown")),
        ("no key", bench.bare("GET", "/3.0/ping")),
        ("unknown key", bench.bare("GET", "/3.0/ping").bearer_auth("b")),
        ("wrong path", bench.get("/3.0/campaigns")),
        ("wrong method", bench.call("PATCH", &list, &json!({}))),
        ("one made", bench.post(BATCH, &json!({ "members": people(1) }))),
        ("one updated", bench.post(BATCH, &json!({ "members": people(1), "update_existing": true }))),
        ("some refused", bench.post(BATCH, &json!({ "members": refused }))),
        ("wrong value", bench.post(BATCH, &json!({ "members": [{ "email_address": "b@example.org", "status": "subscribed", "merge_fields": { "LTV": "x" } }] }))),
        ("wrong shape", bench.post(BATCH, &json!({ "members": [{ "vip": 1 }] }))),
        ("no JSON", bench.post(BATCH, &json!([]))),
        ("too many", bench.post(BATCH, &json!({ "members": people(501) }))),
        ("exists", bench.post(&format!("{list}/members"), &subscribed("u0@example.org"))),
        ("in compliance state", bench.call("PATCH", &member("gone@example.org"), &json!({ "status": "subscribed" }))),
        ("forgotten", bench.post(&format!("{list}/members"), &subscribed("old@example.org"))),
        ("fake", bench.post(&format!("{list}/members"), &subscribed("000"))),
        ("wrong value of one", bench.call("PATCH", &member("u0@example.org"), &json!({ "merge_fields": { "BDAY": "x" } }))),
        ("segment changed", bench.post(SEGMENT, &json!({ "members_to_add": ["u0@example.org", "x"], "members_to_remove": [] }))),
        ("segment unchanged", bench.post(SEGMENT, &json!({ "members_to_add": ["u0@example.org", "nobody@example.org"] }))),
        ("too many for a segment", bench.post(SEGMENT, &json!({ "members_to_add": emails(501) }))),
        ("not static", bench.post(&format!("{list}/segments/{SAVED}"), &json!({ "members_to_add": emails(1) }))),
        ("segment made", bench.post(&format!("{list}/segments"), &json!({ "name": "VIP DE", "static_segment": [] }))),
        ("segments", bench.get(&format!("{list}/segments"))),
        ("tags", bench.get(&format!("{list}/tag-search?name=vip"))),
        ("members", bench.get(&format!("{SEGMENT}/members?count=1000"))),
        ("merge field made", bench.post(&format!("{list}/merge-fields"), &json!({ "name": "Rank", "type": "number", "tag": "RANK" }))),
        ("job", bench.post("/3.0/batches", &json!({ "operations": [{ "method": "GET", "path": "/ping" }] }))),
    ] {
        let (status, answer) = send(request).await;
        answers.push(json!([situation, status, answer]));
    }
    for status in [403, 429, 500, 502] {
        bench.twin.faults().arm(Fault::on("/3.0/*").answer(Answer::Status { status })).unwrap();
        let (status, answer) = send(bench.call("GET", "/3.0/ping", &Value::Null)).await;
        answers.push(json!(["fault", status, answer]));
    }
    // Sorted, because another crate of the workspace may switch serde_json's maps to the order of insertion.
    insta::with_settings!({ sort_maps => true }, { insta::assert_json_snapshot!(answers) });
}
