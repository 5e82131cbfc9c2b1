//! The answers a client reads, in one place: their shapes are the vendor's.

use reqwest::Method;
use serde_json::{Value, json};
use sluice_twins::{Answer, Fault};

use crate::client::{Bench, COMPANIES, CONTACTS, DYNAMIC, LISTS, MANUAL, by_customer, by_email, new, send};

#[tokio::test]
async fn every_kind_of_answer_has_its_words() {
    let bench = Bench::start().await;
    let ids = bench.people(2);
    bench.twin.seed("companies", json!([{ "id": 901, "properties": { "company_code": "K-1" } }])).unwrap();
    bench
        .twin
        .seed("tokens", json!([{ "token": "few", "scopes": [] }, { "token": "old", "expiresAt": "2026-10-19T23:59:00Z" }]))
        .unwrap();
    let of = |rest: &str| format!("{CONTACTS}/{rest}");
    let inputs = |inputs: Value| json!({ "inputs": inputs });
    let account = "/account-info/v3/details";
    let with = |token: &str| bench.client.get(bench.url("/crm/lists/2026-03/1")).header("authorization", format!("Bearer {token}"));
    let pair = |to: &str| inputs(json!([{ "from": { "id": ids[0] }, "to": { "id": to } }]));
    let labelled = inputs(json!([{
        "from": { "id": ids[0] }, "to": { "id": "901" }, "types": [{ "associationCategory": "USER_DEFINED", "associationTypeId": 36 }],
    }]));
    let property = json!({ "groupName": "contactinformation", "name": "loyalty", "label": "Loyalty", "type": "number", "fieldType": "number" });
    let list = json!({ "name": "VIP DE", "objectTypeId": "0-1", "processingType": "MANUAL" });
    let associations = "/crm/associations/2026-03/contacts/companies/batch";
    let trace = |n: usize, email: &str| new(json!({ "email": email }), Some(&format!("row-{n}")));
    let mut answers = Vec::new();
    for (situation, request) in [
        ("account", bench.get(account)),
        ("no token", bench.client.get(bench.url(account))),
        ("token at its end", with("old")),
        ("no scope", with("few")),
        ("wrong path", bench.get("/crm/contacts")),
        ("wrong method", bench.get(&of("upsert"))),
        ("unknown type", bench.post("/crm/objects/2026-03/pets/batch/upsert", &json!({}))),
        ("upserted", bench.post(&of("upsert"), &inputs(json!([by_email("u0@example.org", json!({ "firstname": "A" }))])))),
        (
            "upserted in part",
            bench.post(&of("upsert"), &inputs(json!([by_customer("C-1", json!({})), by_customer("C-2", json!({ "is_vip": "?" }))]))),
        ),
        ("bad address", bench.post(&of("upsert"), &inputs(json!([by_email("bad@", json!({}))])))),
        ("unknown property", bench.post(&of("upsert"), &inputs(json!([by_email("a@example.org", json!({ "x": "1" }))])))),
        ("read-only property", bench.post(&of("upsert"), &inputs(json!([by_email("a@example.org", json!({ "createdate": "1" }))])))),
        ("twice", bench.post(&of("upsert"), &inputs(json!([by_customer("C-1", json!({})), by_customer("C-1", json!({}))])))),
        ("not unique", bench.post(&of("upsert"), &inputs(json!([{ "idProperty": "city", "id": "x", "properties": {} }])))),
        ("not a text", bench.post(&of("upsert"), &inputs(json!([by_customer("C-1", json!({ "lifetime_value": 1 }))])))),
        ("nobody updated", bench.post(&of("update"), &inputs(json!([{ "id": "999", "properties": {} }])))),
        ("created", bench.post(&format!("{COMPANIES}/create"), &inputs(json!([new(json!({ "name": "Acme" }), None)])))),
        ("created twice", bench.post(&of("create"), &inputs(json!([new(json!({ "email": "u0@example.org" }), None)])))),
        ("created in part", bench.post(&of("create"), &inputs(json!([trace(1, "u0@example.org"), trace(2, "n@example.org")])))),
        ("read in part", bench.post(&of("read"), &json!({ "idProperty": "email", "properties": ["email"], "inputs": [{ "id": "u1@example.org" }, { "id": "x@example.org" }] }))),
        ("archived", bench.post(&of("archive"), &inputs(json!([{ "id": "999" }])))),
        ("property", bench.get("/crm/properties/2026-03/contacts/is_vip")),
        ("property made", bench.post("/crm/properties/2026-03/contacts", &property)),
        ("property taken", bench.post("/crm/properties/2026-03/contacts", &property)),
        ("associated", bench.post(&format!("{associations}/associate/default"), &pair("901"))),
        ("associated with nobody", bench.post(&format!("{associations}/associate/default"), &pair("999"))),
        ("labelled", bench.post(&format!("{associations}/create"), &labelled)),
        ("list made", bench.post(LISTS, &list)),
        ("list taken", bench.post(LISTS, &list)),
        ("list by name", bench.get(&format!("{LISTS}/object-type-id/0-1/name/VIP%20FR"))),
        ("unknown list", bench.get(&format!("{LISTS}/99"))),
        ("lists", bench.post(&format!("{LISTS}/search"), &json!({ "query": "Old", "additionalProperties": ["hs_list_size"] }))),
        ("members", bench.put(&format!("{LISTS}/{MANUAL}/memberships/add-and-remove"), &json!({ "recordIdsToAdd": ids, "recordIdsToRemove": ["999"] }))),
        ("members of a filter", bench.put(&format!("{LISTS}/{DYNAMIC}/memberships/add"), &json!(ids))),
        ("page", bench.get(&format!("{LISTS}/{MANUAL}/memberships?limit=1"))),
        ("last page", bench.get(&format!("{LISTS}/{MANUAL}/memberships"))),
        ("emptied", bench.request(Method::DELETE, &format!("{LISTS}/{MANUAL}/memberships"))),
        (
            "no grant",
            bench.client.post(bench.url("/oauth/v1/token")).header("content-type", "application/x-www-form-urlencoded").body(
                "grant_type=refresh_token&client_id=client&client_secret=secret&refresh_token=x",
            ),
        ),
        (
            "no client",
            bench.client.post(bench.url("/oauth/v1/token")).header("content-type", "application/x-www-form-urlencoded").body(
                "grant_type=refresh_token&client_id=client&client_secret=x&refresh_token=x",
            ),
        ),
    ] {
        let (status, answer) = send(request).await;
        answers.push(json!([situation, status, answer]));
    }
    for status in [423, 429, 477, 500, 502] {
        bench.twin.faults().arm(Fault::on(&of("upsert")).answer(Answer::Status { status })).unwrap();
        let (status, answer) = send(bench.post(&of("upsert"), &json!({}))).await;
        answers.push(json!(["fault", status, answer]));
    }
    // Sorted, because another crate of the workspace may switch serde_json's maps to the order of insertion.
    insta::with_settings!({ sort_maps => true }, { insta::assert_json_snapshot!(answers) });
}
