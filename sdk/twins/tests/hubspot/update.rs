//! Updates (*Synchronize objects*): of records that are there, by id or by a unique value.

use serde_json::{Value, json};
use sluice_twins::hubspot::Options;

use crate::client::{Bench, by_customer, by_email, options, said, words};

/// "missing ones come back as errors".
#[tokio::test]
async fn who_is_missing_is_named_and_the_others_are_changed() {
    let bench = Bench::start().await;
    let ids = bench.people(2);
    let by_id = |id: &str, n: u8| json!({ "id": id, "properties": { "firstname": format!("F{n}") }, "objectWriteTraceId": format!("t{n}") });
    let (status, answer) = bench.update(json!([by_id(&ids[0], 0), by_id("999", 1), by_id("nobody", 2)])).await;
    assert_eq!((status, &answer["numErrors"], answer["results"][0].get("new")), (207, &json!(1), None));
    let error = &answer["errors"][0];
    let context = json!({ "ids": ["999", "nobody"], "objectWriteTraceId": ["t1", "t2"] });
    assert_eq!((&error["category"], &error["context"]), (&json!("OBJECT_NOT_FOUND"), &context), "told of together");
    assert_eq!((bench.count("contacts"), &bench.data("u0@example.org")["firstname"]), (2, &json!("F0")));
    let (status, answer) = bench.update(json!([by_customer("C-1", json!({})), by_customer("C-9", json!({}))])).await;
    assert_eq!((status, &answer["errors"][0]["context"]), (207, &json!({ "ids": ["C-9"] })));
    let (status, answer) =
        bench.update(json!([by_email("u1@example.org", json!({})), by_email("u9@example.org", json!({}))])).await;
    assert_eq!((status, &answer["errors"][0]["context"]), (207, &json!({ "ids": ["u9@example.org"] })));
    assert_eq!(bench.count("contacts"), 2, "nobody is made");
}

#[tokio::test]
async fn a_bad_value_is_its_records_own_except_by_address() {
    let bench = Bench::start().await;
    let ids = bench.people(2);
    let bad = json!({ "is_vip": "yes" });
    let (status, answer) =
        bench.update(json!([{ "id": ids[0], "properties": bad }, { "id": ids[1], "properties": { "is_vip": "true" } }])).await;
    assert_eq!((status, &answer["errors"][0]["context"]["ids"]), (207, &json!([ids[0]])));
    let refused =
        bench.update(json!([by_email("u0@example.org", bad), by_email("u1@example.org", json!({ "is_vip": "false" }))])).await;
    assert_eq!(said(refused), words(400, "VALIDATION_ERROR", "INVALID_OPTION"));
    assert_eq!(bench.data("u1@example.org")["is_vip"], "true", "what was written before the bad one is taken back");
}

/// A report of 2024 has it that contacts are not updated by address.
#[tokio::test]
async fn the_address_may_be_no_key_of_updates() {
    let bench = Bench::with(Options { update_by_email: false, ..options() }).await;
    bench.people(1);
    let (status, answer) = bench.update(json!([by_email("u0@example.org", json!({}))])).await;
    assert_eq!(status, 400);
    assert_eq!(answer["message"], "Unable to perform update/upsert by non-unique 0-1 property email in portal ID 62515");
    assert_eq!(bench.upsert(json!([by_email("u0@example.org", json!({}))])).await.0, 200, "upserts may");
    assert_eq!(bench.update(json!([{ "id": bench.id("u0@example.org"), "properties": {} }])).await.0, 200);
}

#[tokio::test]
async fn an_address_is_let_go_of_and_may_be_taken() {
    let bench = Bench::start().await;
    let ids = bench.people(1);
    assert_eq!(bench.update(json!([{ "id": ids[0], "properties": { "email": "" } }])).await.0, 200);
    assert_eq!(bench.data("u0@example.org"), Value::Null);
    let (_, answer) = bench.upsert(json!([by_email("u0@example.org", json!({}))])).await;
    assert_eq!(answer["results"][0]["new"], true);
}
