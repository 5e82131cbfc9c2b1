//! The reserved paths and seeds, for tests that run the twin as a process of its own.

use serde_json::{Value, json};
use sluice_twins::{SeedError, StartError, klaviyo::Twin};

use crate::client::{Bench, JOBS, LIST, PROFILES, SEGMENT, one, options, people, send};

async fn get(bench: &Bench, path: &str) -> (u16, Value) {
    send(bench.client.get(format!("{}/__twin/{path}", bench.twin.url()))).await
}

#[tokio::test]
async fn state_is_read_whole_and_one_by_one() {
    let bench = Bench::start().await;
    let done = bench.imported(people(2), &[LIST]).await;
    bench.import(people(1), &[]).await;
    let (_, state) = get(&bench, "state").await;
    assert_eq!(state["profiles"][1]["properties"], json!({ "rank": 1 }));
    let list = &state["lists"][LIST];
    assert_eq!((&list["list"]["name"], &list["members"][1]), (&json!(format!("List {LIST}")), &json!("email:u1@example.org")));
    assert_eq!((&state["jobs"][0]["status"], &state["jobs"][1]["status"]), (&json!("complete"), &json!("queued")));
    assert_eq!((&state["segments"][SEGMENT]["name"], &state["subscription_jobs_waiting"]), (&json!("Engaged"), &json!(0)));
    let (_, profile) = get(&bench, "state/profiles/u1@example.org").await;
    assert!(profile["lists"][LIST].is_string() && profile["consents"] == json!({}), "{profile}");
    assert_eq!(get(&bench, &format!("state/profiles/{}", bench.id("u1@example.org"))).await.1, profile);
    assert_eq!(get(&bench, &format!("state/lists/{LIST}")).await.1["members"].as_array().unwrap().len(), 2);
    assert_eq!(get(&bench, &format!("state/jobs/{}", done.id)).await.1["completed"], 2);
    assert_eq!(get(&bench, &format!("state/segments/{SEGMENT}")).await.0, 200);
    for path in ["state/profiles/nobody", "state/lists/nobody", "state/jobs/x", "state/segments/x", "state/others/1"] {
        assert_eq!(get(&bench, path).await.0, 404, "{path}");
    }
}

/// So that two states are equal whatever came first.
#[tokio::test]
async fn profiles_are_shown_in_the_order_of_their_names() {
    let bench = Bench::start().await;
    for email in ["b@example.org", "c@example.org", "a@example.org"] {
        assert_eq!(send(bench.post(PROFILES, &one(json!({ "email": email })))).await.0, 201);
    }
    let (_, state) = get(&bench, "state").await;
    let emails: Vec<_> = state["profiles"].as_array().unwrap().iter().map(|profile| profile["email"].clone()).collect();
    assert_eq!(emails, ["a@example.org", "b@example.org", "c@example.org"].map(Value::from));
}

#[tokio::test]
async fn state_is_put_in_place_without_a_request() {
    let bench = Bench::start().await;
    let put =
        |kind: &str, body: Value| send(bench.client.put(format!("{}/__twin/{kind}", bench.twin.url())).body(body.to_string()));
    let consents = json!({ "email.marketing": { "subscribed": true, "at": "2026-01-01T00:00:00Z" } });
    let profiles = json!([
        { "id": "01GDDKASAP8TKDDA2GRZDSVP4H", "attributes": { "external_id": "a", "title": "Dr" }, "lists": [LIST], "consents": consents },
        { "attributes": { "email": "B@example.org", "_kx": "abc" } },
    ]);
    assert_eq!(put("profiles", profiles).await, (200, json!({ "seeded": 2 })));
    assert_eq!(put("lists", json!([{ "id": "abcdef", "name": "s", "opt_in_process": "single_opt_in" }])).await.0, 200);
    assert_eq!(put("segments", json!([{ "id": "s", "name": "s", "members": [{ "profile": "a" }] }])).await.0, 200);
    for (kind, body, status) in [
        ("profiles", json!([{ "attributes": { "email": "bad@" } }]), 400),
        ("profiles", json!([{ "attributes": {} }]), 400),
        ("profiles", json!([{ "email": "a@example.org" }]), 400),
        ("profiles", json!([{ "attributes": { "external_id": "a", "email": "b@example.org" } }]), 400),
        ("lists", json!([{ "id": "x" }]), 400),
        ("campaigns", json!([]), 404),
    ] {
        assert_eq!(put(kind, body).await.0, status, "{kind}");
    }
    assert_eq!((bench.id("a"), bench.members(LIST)), ("01GDDKASAP8TKDDA2GRZDSVP4H".to_owned(), vec!["a".to_owned()]));
    assert_eq!((bench.twin.log().total(), bench.twin.ledger().total(), bench.count()), (0, 0, 2));
    assert_eq!(bench.read("/api/segments/s/profiles").await["data"][0]["id"], json!(bench.id("a")));
    let (_, found) = bench.ask("/api/profiles", &[("filter", "equals(_kx,'abc')")]).await;
    assert_eq!(found["data"][0]["attributes"]["email"], "b@example.org");
    let wrong =
        bench.twin.seed("profiles", json!([{ "attributes": { "external_id": "c" } }, { "attributes": { "email": "bad@" } }]));
    assert_eq!(wrong, Err(SeedError::Item { index: 1, refusal: "Invalid email address".to_owned() }));
}

#[tokio::test]
async fn a_reset_twin_is_as_at_the_start() {
    let bench = Bench::start().await;
    bench.imported(people(2), &[LIST]).await;
    send(bench.post("/api/lists", &json!({ "data": { "type": "list", "attributes": { "name": "one more" } } }))).await;
    bench.twin.reset();
    let state = bench.twin.state();
    assert!(state.profiles().is_empty() && state.jobs().is_empty());
    assert_eq!((state.lists().len(), state.segments().len()), (options().lists.len(), options().segments.len()));
    assert_eq!((bench.twin.log().total(), bench.twin.ledger().total(), bench.warnings().len()), (0, 0, 0));
    assert_eq!(bench.imported(people(2), &[]).await.completed, 2);
    assert_eq!(bench.twin.log().to(JOBS).len(), 1);
}

#[tokio::test]
async fn a_twin_serves_this_machine_alone() {
    let mut options = options();
    options.listen = "0.0.0.0:0".parse().unwrap();
    assert!(matches!(Twin::start(options).await, Err(StartError::NotLoopback { .. })));
}
