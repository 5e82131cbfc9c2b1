//! The reserved paths and seeds, for tests that run the twin as a process of its own.

use serde_json::{Value, json};
use sluice_twins::{SeedError, StartError, iterable::Twin};

use crate::client::{BULK, Bench, DYNAMIC, LIST, options, people, send};

async fn get(bench: &Bench, path: &str) -> (u16, Value) {
    send(bench.client.get(format!("{}/__twin/{path}", bench.twin.url()))).await
}

#[tokio::test]
async fn state_is_read_whole_and_one_by_one() {
    let bench = Bench::start().await;
    bench.subscribe(json!(people(2))).await;
    let (_, state) = get(&bench, "state").await;
    assert_eq!(state["users"][1]["data"], json!({ "rank": 1 }));
    assert_eq!((&state["lists"]["7"]["name"], &state["fields"]), (&json!("List 7"), &json!({ "rank": "long" })));
    assert_eq!(get(&bench, "state/users/u1@example.org").await.1["lists"], json!([LIST]));
    assert_eq!(get(&bench, "state/lists/7").await.1["members"], json!(["email:u0@example.org", "email:u1@example.org"]));
    for path in ["state/users/nobody", "state/lists/404", "state/lists/x", "state/others/1"] {
        assert_eq!(get(&bench, path).await.0, 404, "{path}");
    }
}

#[tokio::test]
async fn state_is_put_in_place_without_a_request() {
    let bench = Bench::start().await;
    let put =
        |kind: &str, body: Value| send(bench.client.put(format!("{}/__twin/{kind}", bench.twin.url())).body(body.to_string()));
    let users = json!([{ "userId": "u_1", "dataFields": { "rank": 1, "emailListIds": [DYNAMIC] } }, { "email": "b@example.org" }]);
    assert_eq!(put("users", users).await, (200, json!({ "seeded": 2 })));
    assert_eq!(put("lists", json!([{ "id": 3, "name": "s", "listType": "Suppression" }])).await.0, 200);
    assert_eq!(put("fields", json!([{ "name": "a", "type": "date" }])).await.0, 200);
    assert_eq!(put("forgotten", json!(["old@example.org"])).await.0, 200);
    for (kind, body, status) in [
        ("users", json!([{ "email": "bad@" }]), 400),
        ("users", json!([{}]), 400),
        ("fields", json!([{ "name": "a", "type": "colour" }]), 400),
        ("lists", json!([{ "id": 3 }]), 400),
        ("campaigns", json!([]), 404),
    ] {
        assert_eq!(put(kind, body).await.0, status, "{kind}");
    }
    let state = bench.twin.state();
    assert_eq!(state.members(DYNAMIC).into_iter().collect::<Vec<_>>(), ["u_1"]);
    assert_eq!(state.fields().into_iter().collect::<Vec<_>>(), [("a", "date"), ("rank", "long")]);
    assert_eq!((bench.twin.log().total(), bench.twin.ledger().total()), (0, 0));
    let wrong = bench.twin.seed("users", json!([{ "email": "c@example.org" }, { "email": "bad@" }]));
    assert_eq!(wrong, Err(SeedError::Item { index: 1, refusal: "Invalid email: bad@".to_owned() }));
}

#[tokio::test]
async fn a_reset_twin_is_as_at_the_start() {
    let bench = Bench::start().await;
    bench.ok(BULK, json!({ "users": people(2), "mistake": 1 })).await;
    bench.ok("/api/lists", json!({ "name": "one more" })).await;
    bench.twin.reset();
    let state = bench.twin.state();
    assert!(state.users().is_empty() && state.fields().is_empty());
    assert_eq!(state.lists().len(), options().lists.len());
    assert_eq!((bench.twin.log().total(), bench.twin.ledger().total(), bench.warnings().len()), (0, 0, 0));
    bench.ok(BULK, json!({ "users": [{ "email": "u0@example.org", "dataFields": { "rank": "a text now" } }] })).await;
    assert_eq!(bench.data("u0@example.org"), json!({ "rank": "a text now" }));
}

#[tokio::test]
async fn a_twin_serves_this_machine_alone() {
    let mut options = options();
    options.listen = "0.0.0.0:0".parse().unwrap();
    assert!(matches!(Twin::start(options).await, Err(StartError::NotLoopback { .. })));
}
