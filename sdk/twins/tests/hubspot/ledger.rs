//! The judge: what was applied, in order, whatever the client was told.

use reqwest::Method;
use serde_json::{Value, json};
use sluice_twins::{Kind, hubspot::Options};

use crate::client::{Bench, COMPANIES, CONTACTS, LISTS, MANUAL, by_customer, by_email, new, options, send};

#[tokio::test]
async fn everything_applied_is_in_the_ledger_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.ndjson");
    let bench = Bench::with(Options { ledger_file: Some(path.clone()), ..options() }).await;
    let good = by_customer("C-1", json!({ "email": "a@example.org", "firstname": "A" }));
    bench.upsert(json!([good, by_customer("C-2", json!({ "is_vip": "perhaps" }))])).await;
    bench.upsert(json!([by_email("b@example.org", json!({ "is_vip": "perhaps" }))])).await;
    send(bench.post(&format!("{COMPANIES}/create"), &json!({ "inputs": [new(json!({ "company_code": "K-1" }), None)] }))).await;
    let id = bench.id("a@example.org");
    let pair = json!({ "inputs": [{ "from": { "id": id }, "to": { "id": "102" } }] });
    send(bench.post("/crm/associations/2026-03/contacts/companies/batch/associate/default", &pair)).await;
    send(bench.post(LISTS, &json!({ "name": "New", "objectTypeId": "0-1", "processingType": "MANUAL" }))).await;
    send(bench.put(&format!("{LISTS}/{MANUAL}/memberships/add"), &json!([id, id, "999"]))).await;
    send(bench.request(Method::DELETE, &format!("{LISTS}/{MANUAL}/memberships"))).await;
    let property =
        json!({ "groupName": "contactinformation", "name": "loyalty", "label": "L", "type": "number", "fieldType": "number" });
    send(bench.post("/crm/properties/2026-03/contacts", &property)).await;
    send(bench.post(&format!("{CONTACTS}/archive"), &json!({ "inputs": [{ "id": id }] }))).await;
    let entries = bench.twin.ledger().entries();
    let got: Vec<_> = entries.iter().map(|e| (e.request, e.kind, e.key.as_str(), e.applied())).collect();
    let who = "contacts/email:a@example.org";
    let plain = json!([{ "associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 279 }]);
    assert_eq!(
        got,
        [
            (1, Kind::Attributes, who, json!({ "email": "a@example.org", "firstname": "A" })),
            (3, Kind::Attributes, "companies/company_code:K-1", json!({ "company_code": "K-1" })),
            (4, Kind::Association, who, json!({ "to": "companies/company_code:K-1", "types": plain, "on": true })),
            (5, Kind::List, "4", json!({ "name": "New", "processingType": "MANUAL", "objectTypeId": "0-1" })),
            (6, Kind::Membership, who, json!({ "listId": "1", "on": true })),
            (7, Kind::Membership, who, json!({ "listId": "1", "on": false })),
            (8, Kind::Property, "contacts/loyalty", json!({ "type": "number", "hasUniqueValue": false })),
            (9, Kind::Attributes, who, json!({ "archived": true })),
        ]
    );
    let file = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<Value> = file.lines().map(|line| line.parse().unwrap()).collect();
    assert_eq!((lines.len(), &lines[2]["kind"], &lines[6]["kind"]), (8, &json!("association"), &json!("property")));
}

#[tokio::test]
async fn concurrent_requests_keep_the_ledger_in_the_order_of_application() {
    let bench = Bench::start().await;
    let calls = (0..40).map(|rank: i32| {
        let body = json!({ "inputs": [by_customer("C-1", json!({ "lifetime_value": rank.to_string() }))] });
        let request = bench.post(&format!("{CONTACTS}/upsert"), &body);
        tokio::spawn(async move { request.send().await.unwrap().status() })
    });
    for call in calls.collect::<Vec<_>>() {
        assert!(call.await.unwrap().is_success());
    }
    let last = bench.twin.ledger().entries().pop().unwrap().applied();
    assert_eq!((bench.twin.ledger().total(), bench.count("contacts")), (40, 1));
    let stands = bench.twin.state().data("contacts")["contacts/customer_id:C-1"]["lifetime_value"].clone();
    assert_eq!(json!(stands), last["lifetime_value"], "the last entry is the value that stands");
}
