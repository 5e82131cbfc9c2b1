//! The answers a client reads, in one place: their shapes are the vendor's.

use serde_json::{Value, json};
use sluice_twins::{Answer, Fault};

use crate::client::{Bench, DE, ID, ROWS, ROWSET, SECRET, member, pair, people, send};

#[tokio::test]
async fn every_kind_of_answer_has_its_words() {
    let bench = Bench::start().await;
    bench.twin.seed("harms", json!([{ "harm": "deadlock", "key": "u2" }])).unwrap();
    let json_body =
        |body: &Value| bench.bare("POST", "/v2/token").header("content-type", "application/json").body(body.to_string());
    let ask = |secret: &str| json_body(&json!({ "grant_type": "client_credentials", "client_id": ID, "client_secret": secret }));
    let one = "/hub/v1/dataevents/key:Members/rows/MemberId:a";
    let async_path = |id: u32, what: &str| format!("/data/v1/async/a5000000-0000-4000-8000-{id:012x}/{what}");
    let mut rows = people(3);
    rows[1]["Points"] = "x".into();
    let mut answers = Vec::new();
    for (situation, request) in [
        ("token", ask(SECRET)),
        ("wrong secret", ask("another")),
        ("wrong request", json_body(&json!({ "grant_type": "client_credentials" }))),
        ("rows taken", bench.call("PUT", ROWS, &json!({ "items": rows }))),
        ("rows inserted", bench.call("POST", ROWS, &json!({ "items": people(1) }))),
        ("status", bench.get(&async_path(5, "status"))),
        ("results", bench.get(&async_path(4, "results"))),
        ("results of the insert", bench.get(&async_path(5, "results"))),
        ("status of nothing", bench.get("/data/v1/async/unknown/status")),
        ("results of nothing", bench.get("/data/v1/async/unknown/results")),
        ("unknown column", bench.call("PUT", ROWS, &json!({ "items": [{ "Colour": 1 }] }))),
        ("no rows", bench.call("PUT", ROWS, &json!({ "items": [] }))),
        (
            "no such data extension",
            bench.call("PUT", "/data/v1/async/dataextensions/key:x/rows", &json!({ "items": [member("a")] })),
        ),
        ("rowset", bench.call("POST", ROWSET, &json!([pair("a", json!({ "Email": "a@b.example" }))]))),
        ("rowset refused", bench.call("POST", ROWSET, &json!([pair("a", json!({}))]))),
        ("one row", bench.call("PUT", one, &json!({ "values": { "Email": "b@b.example" } }))),
        ("found", bench.get("/data/v1/customobjects?$search=loyal")),
        ("shown", bench.get(&format!("/data/v1/customobjects/{DE}"))),
        ("fields", bench.get(&format!("/data/v1/customobjects/{DE}/fields"))),
        ("not found", bench.get("/data/v1/customobjects/x")),
        (
            "not a field",
            bench.call("POST", "/data/v1/customobjects", &json!({ "name": "New", "fields": [{ "name": "A", "type": "Text" }] })),
        ),
        ("read back", bench.get("/data/v1/customobjectdata/key/Members/rowset?$pageSize=1")),
        ("emptied", bench.call("POST", &format!("/data/v1/customobjects/{DE}/cleardata"), &Value::Null)),
        ("no token", bench.bare("GET", "/data/v1/customobjects")),
        ("wrong path", bench.get("/data/v1/bulk")),
        ("wrong method", bench.call("DELETE", ROWS, &Value::Null)),
    ] {
        let (status, answer) = send(request).await;
        answers.push(json!([situation, status, answer]));
    }
    for status in [400, 401, 403, 413, 415, 429, 500, 502] {
        bench.twin.faults().arm(Fault::on("/data/*").answer(Answer::Status { status })).unwrap();
        let (status, answer) = send(bench.get("/data/v1/customobjects")).await;
        answers.push(json!(["fault", status, answer]));
    }
    bench.twin.faults().arm(Fault::on("/data/*").answer(Answer::Throttle { reset_s: None, retry_after_s: Some(5) })).unwrap();
    let (status, answer) = send(bench.get("/data/v1/customobjects")).await;
    answers.push(json!(["throttled", status, answer]));
    // Sorted, because another crate of the workspace may switch serde_json's maps to the order of insertion.
    insta::with_settings!({ sort_maps => true }, { insta::assert_json_snapshot!(answers) });
}
