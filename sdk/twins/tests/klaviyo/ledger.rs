//! The judge: what was applied, in order, whatever the client was told.

use reqwest::Method;
use serde_json::{Value, json};
use sluice_twins::{Kind, klaviyo::Options};

use crate::client::{Bench, LIST, SUBSCRIBE, UNSUBSCRIBE, UPSERT, ids, one, options, profile, send, subscribing, unsubscribing};

#[tokio::test]
async fn everything_applied_is_in_the_ledger_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.ndjson");
    let bench = Bench::with(Options { ledger_file: Some(path.clone()), ..options() }).await;
    let attributes = json!({ "email": "a@example.org", "external_id": "a", "title": null, "properties": { "rank": 1 } });
    let failing = json!({ "type": "profile", "id": "01UNKNOWN", "attributes": {} });
    bench.imported(json!([profile(attributes), failing]), &[LIST]).await;
    let upsert = bench.twin.log().total() + 1;
    send(bench.post(UPSERT, &one(json!({ "email": "b@example.org", "first_name": "B" })))).await;
    send(bench.post("/api/lists", &json!({ "data": { "type": "list", "attributes": { "name": "VIP" } } }))).await;
    let members = format!("/api/lists/{LIST}/relationships/profiles");
    send(bench.post(&members, &ids(&[bench.id("b@example.org")]))).await;
    send(bench.send_body(Method::DELETE, &members, &ids(&[bench.id("a"), bench.id("a")]))).await;
    send(bench.post(SUBSCRIBE, &subscribing(&["a@example.org"], Some(LIST), None))).await;
    send(bench.post(UNSUBSCRIBE, &unsubscribing(&["+33612345678@example.org"], None))).await;
    let place = |on: bool| json!({ "list_id": LIST, "on": on });
    let said = |list: Value, subscribed: bool| json!({ "channels": ["email.marketing"], "subscribed": subscribed, "list_id": list, "awaiting": false });
    let entries = bench.twin.ledger().entries();
    let got: Vec<_> = entries.iter().map(|e| (e.request, e.kind, e.key.as_str(), e.applied())).collect();
    assert_eq!(
        got,
        [
            (1, Kind::Attributes, "a", json!({ "title": null, "properties": { "rank": 1 } })),
            (1, Kind::Membership, "a", place(true)),
            (upsert, Kind::Attributes, "email:b@example.org", json!({ "first_name": "B" })),
            (upsert + 1, Kind::List, "Tw0001", json!({ "name": "VIP", "opt_in_process": null })),
            (upsert + 2, Kind::Membership, "email:b@example.org", place(true)),
            (upsert + 3, Kind::Membership, "a", place(false)),
            (upsert + 4, Kind::Subscription, "a", said(json!(LIST), true)),
            (upsert + 4, Kind::Membership, "a", place(true)),
            (upsert + 5, Kind::Subscription, "email:+33612345678@example.org", said(Value::Null, false)),
        ]
    );
    let file = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<Value> = file.lines().map(|line| line.parse().unwrap()).collect();
    assert_eq!((lines.len(), &lines[3]["kind"]), (9, &json!("list")));
}

#[tokio::test]
async fn concurrent_requests_keep_the_ledger_in_the_order_of_application() {
    let bench = Bench::start().await;
    let calls = (0..40).map(|rank: i32| {
        let request = bench.post(UPSERT, &one(json!({ "external_id": "a", "properties": { "rank": rank } })));
        tokio::spawn(async move { request.send().await.unwrap().status() })
    });
    for call in calls.collect::<Vec<_>>() {
        assert!(call.await.unwrap().is_success());
    }
    let last = bench.twin.ledger().entries().pop().unwrap().applied();
    assert_eq!(bench.twin.ledger().total(), 40);
    assert_eq!(bench.data("a"), last, "the last entry is the value that stands");
}
