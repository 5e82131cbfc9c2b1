//! The judge: what was applied, in order, whatever the client was told.

use serde_json::{Value, json};
use sluice_twins::{
    Kind,
    iterable::{Options, Project},
};

use crate::client::{BULK, Bench, SUBSCRIBE, UNSUBSCRIBE, UPDATE, options};

#[tokio::test]
async fn everything_applied_is_in_the_ledger_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.ndjson");
    let bench = Bench::with(Options { ledger_file: Some(path.clone()), project: Project::Hybrid, ..options() }).await;
    let data = json!({ "rank": 1, "old": null });
    let person = json!({ "userId": "u_1", "dataFields": data });
    bench.ok(BULK, json!({ "users": [person, { "email": "bad@" }] })).await;
    bench.ok(UPDATE, json!({ "email": "b@example.org" })).await;
    let list = bench.ok("/api/lists", json!({ "name": "VIP" })).await["listId"].as_i64().unwrap();
    bench.ok(SUBSCRIBE, json!({ "listId": list, "subscribers": [person, { "email": "b@example.org" }] })).await;
    bench.ok(UNSUBSCRIBE, json!({ "listId": list, "subscribers": [{ "userId": "u_1" }], "channelUnsubscribe": false })).await;
    let on = |on: bool| json!({ "listId": list, "subscribed": on });
    let entries = bench.twin.ledger().entries();
    let got: Vec<_> = entries.iter().map(|e| (e.request, e.kind, e.key.as_str(), e.applied())).collect();
    assert_eq!(got.iter().position(|e| e.1 == Kind::List), Some(2));
    assert_eq!((got[2].0, got[2].2, &got[2].3["name"]), (3, list.to_string().as_str(), &json!("VIP")));
    let others: Vec<_> = got.into_iter().filter(|e| e.1 != Kind::List).collect();
    assert_eq!(
        others,
        [
            (1, Kind::Attributes, "u_1", data.clone()),
            (2, Kind::Attributes, "email:b@example.org", json!({})),
            (4, Kind::Attributes, "u_1", data),
            (4, Kind::Membership, "u_1", on(true)),
            (4, Kind::Membership, "email:b@example.org", on(true)),
            (5, Kind::Membership, "u_1", on(false)),
        ]
    );
    let file = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<Value> = file.lines().map(|line| line.parse().unwrap()).collect();
    assert_eq!(lines.len(), 7);
    assert_eq!((&lines[2]["kind"], &lines[6]["kind"]), (&json!("list"), &json!("membership")));
}

#[tokio::test]
async fn concurrent_requests_keep_the_ledger_in_the_order_of_application() {
    let bench = Bench::start().await;
    let calls = (0..40).map(|rank: i32| {
        let user = json!({ "email": "lea@example.org", "dataFields": { "rank": rank } });
        let request = bench.post(BULK, &json!({ "users": [user] }));
        tokio::spawn(async move { request.send().await.unwrap().status() })
    });
    for call in calls.collect::<Vec<_>>() {
        assert_eq!(call.await.unwrap(), 200);
    }
    let last = bench.twin.ledger().entries().pop().unwrap().applied();
    assert_eq!(bench.twin.ledger().total(), 40);
    assert_eq!(bench.data("lea@example.org"), last, "the last entry is the value that stands");
}
