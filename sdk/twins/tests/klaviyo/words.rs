//! The answers a client reads, in one place: their shapes are the vendor's.

use reqwest::Method;
use serde_json::{Value, json};
use sluice_twins::{Answer, Fault};

use crate::client::{Bench, JOBS, LIST, PROFILES, SEGMENT, SUBSCRIBE, UPSERT, ids, job, one, people, profile, send, subscribing};

/// The twin's own address is another in each run.
fn anywhere(value: Value, url: &str) -> Value {
    value.to_string().replace(url, "http://twin").parse().unwrap()
}

#[tokio::test]
async fn every_kind_of_answer_has_its_words() {
    let bench = Bench::start().await;
    let failing = json!({ "type": "profile", "id": "01UNKNOWN", "attributes": { "email": "c@example.org" } });
    let done = bench.imported(json!([people(1)[0], failing]), &[LIST]).await;
    let id = bench.id("u0@example.org");
    let nobody = bench.client.get(format!("{}/api/accounts", bench.twin.url()));
    let mut answers = Vec::new();
    for (situation, request) in [
        ("account", bench.get("/api/accounts")),
        ("no key", nobody),
        (
            "no revision",
            bench
                .client
                .get(format!("{}/api/accounts", bench.twin.url()))
                .header("authorization", format!("Klaviyo-API-Key {}", crate::client::KEY)),
        ),
        ("wrong path", bench.get("/api/campaigns")),
        ("job taken", bench.post(JOBS, &job(people(1), &[]))),
        ("job refused", bench.post(JOBS, &job(json!([people(1)[0], profile(json!({ "email": "bad@", "x": 1 })), {}]), &[]))),
        ("job ended", bench.get(&format!("{JOBS}/{}", done.id))),
        ("job errors", bench.get(&format!("{JOBS}/{}/import-errors", done.id))),
        ("job profiles", bench.get(&format!("{JOBS}/{}/profiles?fields[profile]=email", done.id))),
        ("profile made", bench.post(PROFILES, &one(json!({ "external_id": "a" })))),
        ("profile there", bench.post(PROFILES, &one(json!({ "external_id": "a" })))),
        ("profile upserted", bench.post(UPSERT, &one(json!({ "external_id": "a", "location": { "city": "Lyon" } })))),
        ("profile", bench.get(&format!("{PROFILES}/{id}?additional-fields[profile]=subscriptions"))),
        ("profiles", bench.get(&format!("{PROFILES}?page[size]=1&fields[profile]=email"))),
        ("unknown profile", bench.get(&format!("{PROFILES}/01UNKNOWN"))),
        ("lists", bench.get("/api/lists?page[size]=1")),
        ("list made", bench.post("/api/lists", &json!({ "data": { "type": "list", "attributes": { "name": "VIP" } } }))),
        ("put on", bench.post(&format!("/api/lists/{LIST}/relationships/profiles"), &ids(&[&id]))),
        ("taken off", bench.send_body(Method::DELETE, &format!("/api/lists/{LIST}/relationships/profiles"), &ids(&[&id]))),
        ("subscribed", bench.post(SUBSCRIBE, &subscribing(&["u0@example.org"], Some(LIST), None))),
        ("segments", bench.get("/api/segments?page[size]=1")),
        ("members", bench.get(&format!("/api/segments/{SEGMENT}/profiles?fields[profile]=email"))),
        ("member ids", bench.get(&format!("/api/segments/{SEGMENT}/relationships/profiles"))),
        ("wrong parameter", bench.get("/api/lists?page[number]=2")),
    ] {
        let (status, answer) = send(request).await;
        answers.push(json!([situation, status, anywhere(answer, bench.twin.url())]));
    }
    for status in [429, 500, 502, 503] {
        bench.twin.faults().arm(Fault::on(JOBS).answer(Answer::Status { status })).unwrap();
        let (status, answer) = send(bench.post(JOBS, &json!({}))).await;
        answers.push(json!(["fault", status, answer]));
    }
    // Sorted, because another crate of the workspace may switch serde_json's maps to the order of insertion.
    insta::with_settings!({ sort_maps => true }, { insta::assert_json_snapshot!(answers) });
}
