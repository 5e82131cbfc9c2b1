//! The judge: what was applied, in order, whatever the client was told.

use std::sync::atomic::Ordering;

use serde_json::{Value, json};
use sluice_twins::{Kind, meta_ads::Options};

use crate::client::{AUDIENCE, Bench, account, batch, data, dataset_events, event, event_with, ids, replacing, send, sha, users};

#[tokio::test]
async fn everything_applied_is_in_the_ledger_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.ndjson");
    let (bench, forward) = Bench::with_hands(|options| Options { ledger_file: Some(path.clone()), ..options }).await;
    let body = json!({ "name": "VIP FR", "subtype": "CUSTOM", "customer_file_source": "USER_PROVIDED_ONLY" });
    let id = bench.done(bench.post(&account("/customaudiences"), &body)).await["id"].as_str().unwrap().to_owned();
    let email = sha("a");
    bench.add(json!({ "schema": ["EXTERN_ID", "EMAIL"], "data": [["a", email], ["", email], ["bad", "x"]] })).await;
    bench.add(ids(&["a"])).await;
    bench.remove(json!({ "schema": "EMAIL", "data": [email] })).await;
    bench.done(bench.post(&replacing(AUDIENCE), &batch(&["b", "c"], 1, 1, false))).await;
    forward.store(90 * 60, Ordering::SeqCst);
    assert_eq!(bench.count(AUDIENCE), 2);
    let lead = event_with(json!({ "event_name": "Lead", "custom_data": null, "user_data": { "external_id": null } }));
    bench.done(bench.post(&dataset_events(), &data(&[event("order-1"), event("order-1"), lead.clone()]))).await;
    assert_eq!(send(bench.post(&users("404"), &json!({ "payload": ids(&["a"]) }))).await.0, 400);
    bench.done(bench.delete(&id, &json!({}))).await;
    let place = |inside: bool| json!({ "audience": AUDIENCE, "in": inside });
    let without_person = |event: &Value| {
        let mut event = event.clone();
        event.as_object_mut().unwrap().remove("user_data");
        event
    };
    let by_email = format!("email:{email}");
    let entries = bench.twin.ledger().entries();
    let got: Vec<_> = entries.iter().map(|e| (e.request, e.kind, e.key.as_str(), e.applied())).collect();
    assert_eq!(
        got,
        [
            (1, Kind::List, id.as_str(), json!({ "name": "VIP FR", "account": sluice_twins::meta_ads::ACCOUNT })),
            (2, Kind::Membership, "a", place(true)),
            (2, Kind::Membership, by_email.as_str(), place(true)),
            (3, Kind::Membership, "a", place(true)),
            (4, Kind::Membership, "a", place(false)),
            (4, Kind::Membership, by_email.as_str(), place(false)),
            (5, Kind::Membership, "a", place(false)),
            (5, Kind::Membership, "b", place(true)),
            (5, Kind::Membership, "c", place(true)),
            (6, Kind::Purchase, "C-1042", without_person(&event("order-1"))),
            (6, Kind::Event, format!("email:{}", sha("lea.martin@example.com")).as_str(), without_person(&lead)),
            (8, Kind::List, id.as_str(), json!({ "deleted": true })),
        ]
    );
    let file = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<Value> = file.lines().map(|line| line.parse().unwrap()).collect();
    assert_eq!((lines.len(), &lines[9]["kind"]), (12, &json!("purchase")));
}

#[tokio::test]
async fn concurrent_requests_keep_the_ledger_in_the_order_of_application() {
    let bench = Bench::start().await;
    let calls = (0..40).map(|n: usize| {
        let body = json!({ "payload": ids(&["a"]) });
        let request = if n.is_multiple_of(2) { bench.post(&users(AUDIENCE), &body) } else { bench.delete(&users(AUDIENCE), &body) };
        tokio::spawn(async move { request.send().await.unwrap().status() })
    });
    for call in calls.collect::<Vec<_>>() {
        assert!(call.await.unwrap().is_success());
    }
    let entries = bench.twin.ledger().entries();
    let inside: Vec<bool> = entries.iter().map(|entry| entry.applied()["in"] == true).collect();
    assert!(inside.iter().enumerate().all(|(at, inside)| *inside == at.is_multiple_of(2)), "in and out in turn: {inside:?}");
    assert_eq!(inside.last() == Some(&true), bench.count(AUDIENCE) == 1, "the last entry is how it stands");
}
