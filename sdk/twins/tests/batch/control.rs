//! The reserved paths and seeds, for tests that run the twin as a process of its own.

use serde_json::{Value, json};
use sluice_twins::{
    SeedError, StartError,
    batch::{APP_API_KEY, Twin},
};

use crate::client::{Bench, UPDATE, USERS, options, people, send, users};

async fn get(bench: &Bench, path: &str) -> (u16, Value) {
    send(bench.client.get(format!("{}/__twin/{path}", bench.twin.url()))).await
}

#[tokio::test]
async fn state_is_read_whole_and_one_by_one() {
    let bench = Bench::start().await;
    let mut call = people(2);
    call[1]["events"] = json!([{ "name": "visited" }]);
    bench.ok(UPDATE, call).await;
    bench.ok(USERS, users(2)).await;
    let (_, state) = get(&bench, "state").await;
    assert_eq!((&state["profiles"][1]["custom_id"], &state["profiles"][1]["attributes"]), (&json!("C-1"), &json!({ "rank": 1 })));
    let event = json!({ "key": "C-1", "time": "2026-03-02T08:15:01Z", "request": 1, "object": { "name": "visited" } });
    assert_eq!((&state["events"], &state["events_forgotten"]), (&json!([event]), &json!(0)));
    assert_eq!(state["apps"][APP_API_KEY]["C-1"], json!({ "values": { "u.rank": 1 }, "updated_by": 2, "writes": 1 }));
    assert_eq!(state["segments"], json!([]));
    let (_, one) = get(&bench, "state/profiles/C-1").await;
    assert_eq!((&one["profile"]["attributes"], &one["events"]), (&json!({ "rank": 1 }), &json!([event])));
    assert_eq!(get(&bench, "state/users/C-0").await.1[APP_API_KEY]["values"], json!({ "u.rank": 0 }));
    for path in ["state/profiles/nobody", "state/users/nobody", "state/others/1"] {
        assert_eq!(get(&bench, path).await.0, 404, "{path}");
    }
}

#[tokio::test]
async fn state_is_put_in_place_without_a_request() {
    let bench = Bench::start().await;
    let put =
        |kind: &str, body: Value| send(bench.client.put(format!("{}/__twin/{kind}", bench.twin.url())).body(body.to_string()));
    let mut profiles = people(2);
    profiles[0]["events"] = json!([{ "name": "visited" }]);
    assert_eq!(put("profiles", profiles).await, (200, json!({ "seeded": 2 })));
    assert_eq!(
        put("users", json!([{ "app": APP_API_KEY, "id": "C-1", "values": { "u.a": 1 } }, { "app": APP_API_KEY, "id": "C-2" }]))
            .await
            .0,
        200
    );
    assert_eq!(put("installations", json!([{ "apikey": "a", "installation_id": "i", "custom_id": "C-1" }])).await.0, 200);
    for name in ["VIP", "VIP FR"] {
        assert_eq!(put("segments", json!([{ "id": "vip", "name": name }])).await.0, 200);
    }
    for (kind, body, status) in [
        ("profiles", json!([{}]), 400),
        ("profiles", json!({}), 400),
        ("users", json!([{ "app": "another", "id": "C-1" }]), 400),
        ("users", json!([{ "app": APP_API_KEY, "id": "C-1", "values": { "a": 1 } }]), 400),
        ("segments", json!([{ "id": "vip" }]), 400),
        ("installations", json!([{ "apikey": "a" }]), 400),
        ("campaigns", json!([]), 404),
    ] {
        assert_eq!(put(kind, body.clone()).await.0, status, "{kind} {body}");
    }
    let state = bench.twin.state();
    assert_eq!((state.profiles().len(), state.events().len(), state.segments().len()), (2, 1, 1));
    assert_eq!((state.segments()[0].name.as_str(), state.apps()[APP_API_KEY].len()), ("VIP FR", 2));
    let profile = state.profile("C-1").unwrap();
    assert_eq!((profile.created_by, profile.updated_by, profile.writes, profile.installations.len()), (0, 0, 0, 1));
    assert_eq!((bench.twin.log().total(), bench.twin.ledger().total()), (0, 0));
    let wrong = |attributes: Value| {
        bench.twin.seed("profiles", json!([people(1)[0], { "identifiers": { "custom_id": "C-9" }, "attributes": attributes }]))
    };
    let refused = |refusal: &str| Err(SeedError::Item { index: 1, refusal: refusal.to_owned() });
    assert_eq!(wrong(json!({ "city": "" })), refused("attribute 'city': must have 1 to 300 characters"));
    assert_eq!(wrong(json!([])), refused("'[1].attributes' must be an object"));
    bench.twin.seed("profiles", json!([{ "identifiers": { "custom_id": "C-9" }, "attributes": { "a": 1 } }])).unwrap();
    assert_eq!(wrong(json!({ "a": { "$add": ["x"] } })), refused("a: the profile does not hold it"));
}

#[tokio::test]
async fn a_reset_twin_is_as_at_the_start() {
    let bench = Bench::start().await;
    let mut call = people(2);
    call[0]["mistake"] = json!(1);
    call[1]["events"] = json!([{ "name": "visited" }]);
    bench.ok(UPDATE, call).await;
    bench.ok(USERS, users(2)).await;
    bench.twin.reset();
    let state = bench.twin.state();
    assert_eq!((bench.count(), state.events().len()), (0, 0));
    assert_eq!((bench.twin.log().total(), bench.twin.ledger().total(), bench.warnings().len()), (0, 0, 0));
    bench.ok(UPDATE, people(1)).await;
    bench.ok(USERS, users(1)).await;
    assert_eq!(bench.count(), 2);
}

#[tokio::test]
async fn a_twin_serves_this_machine_alone() {
    let mut options = options();
    options.listen = "0.0.0.0:0".parse().unwrap();
    assert!(matches!(Twin::start(options).await, Err(StartError::NotLoopback { .. })));
}
