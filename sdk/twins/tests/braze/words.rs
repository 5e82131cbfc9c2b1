//! The answers a client reads, in one place: their shapes are the vendor's.

use serde_json::{Value, json};
use sluice_twins::{
    Answer, Fault,
    braze::{ApiKey, Options, SEGMENTS_LIST},
};

use crate::client::{Bench, EMAIL_GROUP, KEY, SEGMENT, options, people, send};

#[tokio::test]
async fn every_kind_of_answer_has_its_words() {
    let weak = ApiKey::with("weak", &[SEGMENTS_LIST]);
    let bench = Bench::with(Options { api_keys: vec![ApiKey::with_all(KEY), weak], ..options() }).await;
    let event = json!({ "external_id": "C-0", "name": "seen", "time": "2026-03-02T08:15:00Z" });
    let track = |body: Value| bench.post("/users/track", &body);
    let group = |id: &str| {
        json!({ "subscription_groups": [{ "subscription_group_id": id, "subscription_state": "subscribed",
            "external_ids": ["C-0"] }] })
    };
    let other_key = |key: &str| bench.client.post(format!("{}/users/track", bench.twin.url())).bearer_auth(key).body("{}");
    let mut answers = Vec::new();
    for (situation, request) in [
        ("all taken", track(json!({ "attributes": people(2), "events": [event] }))),
        ("some refused", track(json!({ "attributes": [{ "external_id": "C-0" }, { "rank": 1 }] }))),
        ("all refused", track(json!({ "attributes": [{ "external_id": "null" }] }))),
        ("too many", track(json!({ "attributes": people(51) }))),
        ("nothing", track(json!({}))),
        ("unknown key", other_key("b")),
        ("no permission", other_key("weak")),
        ("no content type", other_key(KEY)),
        ("wrong path", bench.get("/users")),
        ("group set", bench.post("/v2/subscription/status/set", &group(EMAIL_GROUP))),
        ("unknown group", bench.post("/v2/subscription/status/set", &group("?"))),
        ("states", bench.get(&format!("/subscription/status/get?subscription_group_id={EMAIL_GROUP}&external_id=C-0"))),
        ("segments", bench.get("/segments/list?page=0")),
        ("unknown segment", bench.post("/users/export/segment", &json!({ "segment_id": "?", "fields_to_export": ["email"] }))),
        ("no fields", bench.post("/users/export/segment", &json!({ "segment_id": SEGMENT }))),
    ] {
        let (status, answer) = send(request).await;
        answers.push(json!([situation, status, answer]));
    }
    for status in [429, 500, 502, 503] {
        bench.twin.faults().arm(Fault::on("/users/track").answer(Answer::Status { status })).unwrap();
        let (status, answer) = bench.track(json!({})).await;
        answers.push(json!(["fault", status, answer]));
    }
    // Sorted, because another crate of the workspace may switch serde_json's maps to the order of insertion.
    insta::with_settings!({ sort_maps => true }, { insta::assert_json_snapshot!(answers) });
}
