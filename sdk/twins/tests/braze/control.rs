//! The reserved paths, for tests that run the twin as a process of its own.

use serde_json::{Value, json};
use sluice_twins::{StartError, braze::Twin};

use crate::client::{Bench, EMAIL_GROUP, SEGMENT, options, people, send};

async fn put(bench: &Bench, path: &str, body: Value) -> (u16, Value) {
    send(bench.client.put(format!("{}/__twin/{path}", bench.twin.url())).body(body.to_string())).await
}

async fn get(bench: &Bench, path: &str) -> (u16, Value) {
    send(bench.client.get(format!("{}/__twin/{path}", bench.twin.url()))).await
}

async fn post(bench: &Bench, path: &str, body: Value) -> (u16, Value) {
    send(bench.client.post(format!("{}/__twin/{path}", bench.twin.url())).body(body.to_string())).await
}

#[tokio::test]
async fn faults_are_armed_listed_and_cleared() {
    let bench = Bench::start().await;
    let fault = json!({ "path": "/users/track", "apply": "all", "answer": { "kind": "status", "status": 500 } });
    assert_eq!(post(&bench, "faults", fault.clone()).await, (200, json!({ "armed": [1] })));
    assert_eq!(post(&bench, "faults", json!([fault, fault])).await, (200, json!({ "armed": [2, 3] })));
    assert_eq!(bench.track(json!({ "attributes": people(1) })).await.0, 500);
    let (_, armed) = get(&bench, "faults").await;
    let counts: Vec<_> = armed["faults"].as_array().unwrap().iter().map(|a| (&a["seen"], &a["struck"])).collect();
    assert_eq!(counts, [(&json!(1), &json!(1)), (&json!(1), &json!(0)), (&json!(1), &json!(0))]);
    let clear = bench.client.delete(format!("{}/__twin/faults", bench.twin.url()));
    assert_eq!(send(clear).await.0, 204);
    assert_eq!(bench.track(json!({ "attributes": people(1) })).await.0, 201);
    for bad in [json!({ "pth": "/" }), json!({ "pick": { "nth": 0 } }), json!({ "answer": { "kind": "status", "status": 1 } })] {
        assert_eq!(post(&bench, "faults", bad.clone()).await.0, 400, "{bad}");
    }
}

#[tokio::test]
async fn state_ledger_log_and_warnings_are_read() {
    let bench = Bench::start().await;
    bench.track(json!({ "attributes": people(2), "mistake": 1 })).await;
    let (_, state) = get(&bench, "state").await;
    assert_eq!(state["profiles"][1]["attributes"], json!({ "rank": 1 }));
    assert_eq!(get(&bench, "state/profiles/C-1").await.1["external_id"], "C-1");
    assert_eq!(get(&bench, "state/profiles/C-404").await.0, 404);
    let (_, lines) = get(&bench, "ledger?from=2&most=5").await;
    assert_eq!(lines, json!({ "seq": 2, "request": 1, "kind": "attributes", "key": "C-1", "applied": { "rank": 1 } }));
    let (_, log) = get(&bench, "requests").await;
    assert_eq!((&log["total"], &log["requests"][0]["applied"]), (&json!(1), &json!(2)));
    assert_eq!(get(&bench, "warnings").await.1["warnings"][0]["code"], "unknown-key");
    assert_eq!(get(&bench, "nothing/here/at/all").await.0, 404);
    assert_eq!(bench.twin.log().total(), 1, "reserved paths are not counted");
}

#[tokio::test]
async fn state_is_seeded() {
    let bench = Bench::start().await;
    let seeded = |count: u32| (200, json!({ "seeded": count }));
    assert_eq!(put(&bench, "profiles", people(3).into()).await, seeded(3));
    assert_eq!(bench.attributes("C-2"), json!({ "rank": 2 }));
    assert_eq!((bench.twin.ledger().total(), bench.twin.profile("C-2").unwrap().created_by), (0, 0));
    let segment = json!([{ "id": SEGMENT, "name": "Two", "members": { "external-ids": ["C-1", "C-404"] } }]);
    assert_eq!(put(&bench, "segments", segment).await, seeded(1));
    let (_, found) = get(&bench, &format!("state/segments/{SEGMENT}")).await;
    assert_eq!(found["segment"]["name"], "Two", "one of the same id is replaced");
    assert_eq!(found["members"].as_array().unwrap().len(), 1);
    let group = json!([{ "id": "another", "channel": "whats-app" }]);
    assert_eq!(put(&bench, "subscription-groups", group).await, seeded(1));
    for (kind, body) in [("profiles", json!({})), ("profiles", json!([{ "rank": 1 }])), ("segments", json!([{}]))] {
        assert_eq!(put(&bench, kind, body).await.0, 400, "{kind}");
    }
    assert_eq!(put(&bench, "campaigns", json!([])).await.0, 404);
}

#[tokio::test]
async fn a_reset_brings_back_the_start() {
    let bench = Bench::start().await;
    bench.track(json!({ "attributes": people(2), "mistake": 1 })).await;
    put(&bench, "subscription-groups", json!([{ "id": "another", "channel": "email" }])).await;
    post(&bench, "faults", json!({ "path": "/users/track", "answer": { "kind": "drop" } })).await;
    assert_eq!(post(&bench, "reset", json!(null)).await.0, 204);
    let (_, state) = get(&bench, "state").await;
    assert_eq!((&state["profiles"], state["subscription_groups"].as_object().unwrap().len()), (&json!([]), 2));
    assert!(state["subscription_groups"].get(EMAIL_GROUP).is_some());
    assert_eq!((bench.twin.log().total(), bench.twin.ledger().total(), bench.warnings().len()), (0, 0, 0));
    assert_eq!(bench.track(json!({ "attributes": people(1) })).await.0, 201);
    assert_eq!(bench.twin.log().entries()[0].number, 1);
}

#[tokio::test]
async fn a_twin_listens_on_loopback_and_says_why_it_cannot_start() {
    let mut public = options();
    public.listen = "0.0.0.0:0".parse().unwrap();
    assert!(matches!(Twin::start(public).await.err(), Some(StartError::NotLoopback { .. })));
    let first = Twin::start(options()).await.unwrap();
    let mut taken = options();
    taken.listen = first.address();
    assert!(matches!(Twin::start(taken).await.err(), Some(StartError::Bind { .. })));
    let mut folder = options();
    folder.ledger_file = Some(std::env::temp_dir());
    assert!(matches!(Twin::start(folder).await.err(), Some(StartError::LedgerFile { .. })));
}
