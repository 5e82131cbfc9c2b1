//! The reserved paths and seeds, for tests that run the twin as a process of its own.

use serde_json::{Value, json};
use sluice_twins::{
    SeedError, StartError,
    meta_ads::{ACCOUNT, DATASET, Twin},
};

use crate::client::{
    AUDIENCE, Bench, TOKEN, VALUED, account, batch, data, dataset_events, event, ids, options, replacing, send, sha, users,
};

async fn get(bench: &Bench, path: &str) -> (u16, Value) {
    send(bench.client.get(format!("{}/__twin/{path}", bench.twin.url()))).await
}

#[tokio::test]
async fn state_is_read_whole_and_one_by_one() {
    let bench = Bench::start().await;
    bench.add(json!({ "schema": ["EXTERN_ID", "EMAIL"], "data": [["a", sha("a")]] })).await;
    bench.done(bench.post(&replacing(AUDIENCE), &batch(&["b"], 7, 1, false))).await;
    bench.done(bench.post(&dataset_events(), &data(&[event("order-1")]))).await;
    let (_, state) = get(&bench, "state").await;
    assert_eq!(state["accounts"][ACCOUNT]["terms_accepted"], true);
    let audience = &state["audiences"][AUDIENCE];
    assert_eq!(audience["people"], json!([{ "EXTERN_ID": "a", "EMAIL": sha("a") }]));
    assert_eq!((&audience["replacing"], &audience["name"], &audience["deleted"]), (&json!(7), &json!("VIP"), &json!(false)));
    assert_eq!(state["datasets"][DATASET]["events"][0]["data"], event("order-1"));
    assert_eq!((&state["sessions"][0]["operation"], &state["sessions"][0]["staged"]), (&json!("replace"), &json!(1)));
    assert_eq!(&get(&bench, &format!("state/audiences/{AUDIENCE}")).await.1, audience);
    assert_eq!(get(&bench, &format!("state/accounts/act_{ACCOUNT}")).await.1["name"], "Twin");
    assert_eq!(get(&bench, &format!("state/datasets/{DATASET}")).await.1["dataset"]["id"], DATASET);
    assert_eq!(get(&bench, "state/sessions/7").await.1["audience"], AUDIENCE);
    for path in ["state/audiences/1", "state/accounts/1", "state/datasets/1", "state/sessions/1", "state/others/1"] {
        assert_eq!(get(&bench, path).await.0, 404, "{path}");
    }
}

#[tokio::test]
async fn state_is_put_in_place_without_a_request() {
    let bench = Bench::start().await;
    let put =
        |kind: &str, body: Value| send(bench.client.put(format!("{}/__twin/{kind}", bench.twin.url())).body(body.to_string()));
    let people = json!([{ "EXTERN_ID": "a", "EMAIL": sha("a") }]);
    let audience = json!([{ "id": "23", "account_id": "5", "name": "Seeded", "people": people }]);
    assert_eq!(put("audiences", audience.clone()).await.0, 400, "there is no such account");
    assert_eq!(put("accounts", json!([{ "id": "5" }])).await, (200, json!({ "seeded": 1 })));
    assert_eq!(put("audiences", audience).await, (200, json!({ "seeded": 1 })));
    assert_eq!(put("datasets", json!([{ "id": "6", "is_consolidated_container": false }])).await.0, 200);
    for (kind, body, status) in [
        ("audiences", json!([{ "id": "1", "account_id": "5", "name": "n", "people": [{ "EMAIL": "raw@example.com" }] }]), 400),
        ("audiences", json!([{ "id": "1", "account_id": "5", "name": "n", "people": [{ "NAME": "x" }] }]), 400),
        ("audiences", json!([{ "id": "1" }]), 400),
        ("tokens", json!([{ "token": "x", "state": "lost" }]), 400),
        ("refusals", json!([{}]), 400),
        ("campaigns", json!([]), 404),
    ] {
        assert_eq!(put(kind, body).await.0, status, "{kind}");
    }
    assert_eq!((bench.all("23", "EMAIL"), bench.twin.log().total(), bench.twin.ledger().total()), ([sha("a")].into(), 0, 0));
    assert_eq!(bench.done(bench.get("6?fields=is_consolidated_container")).await["is_consolidated_container"], false);
    bench.done(bench.post(&users("23"), &json!({ "payload": ids(&["b"]) }))).await;
    let wrong = bench.twin.seed("audiences", json!([{ "id": "1", "account_id": "404", "name": "n" }]));
    assert_eq!(wrong, Err(SeedError::Item { index: 0, refusal: "there is no ad account 404".to_owned() }));
}

/// Tokens that expire, are revoked or are replaced while a client runs.
#[tokio::test]
async fn tokens_change_on_demand() {
    let bench = Bench::start().await;
    let permissions = ["ads_management"];
    for (state, subcode) in [("expired", 463), ("password-changed", 460), ("revoked", 458)] {
        bench.twin.seed("tokens", json!([{ "token": TOKEN, "permissions": permissions, "state": state }])).unwrap();
        assert_eq!(bench.refused(bench.get(&account(""))).await, (400, 190, subcode));
    }
    bench.twin.seed("tokens", json!([{ "token": TOKEN, "permissions": permissions }])).unwrap();
    bench.done(bench.get(&account(""))).await;
    bench.twin.seed("tokens", json!([{ "token": "new", "permissions": ["ads_read"] }])).unwrap();
    bench.done(bench.bare(reqwest::Method::GET, &account("")).bearer_auth("new")).await;
}

#[tokio::test]
async fn a_reset_twin_is_as_at_the_start() {
    let bench = Bench::start().await;
    bench.add(ids(&["a"])).await;
    bench.done(bench.delete(VALUED, &json!({}))).await;
    bench.done(bench.post(&dataset_events(), &data(&[event("order-1")]))).await;
    bench.twin.seed("refusals", json!([{ "code": 1, "times": 9 }])).unwrap();
    bench.twin.reset();
    let state = bench.twin.state();
    assert_eq!((state.audiences().len(), state.sessions().count()), (options().audiences.len(), 0));
    assert_eq!((bench.count(AUDIENCE), bench.events(), state.audiences()[VALUED].deleted), (0, 0, false));
    assert_eq!((bench.twin.log().total(), bench.twin.ledger().total(), bench.warnings().len()), (0, 0, 0));
    bench.add(ids(&["a"])).await;
    assert_eq!(bench.twin.log().to(&format!("/v25.0/{}", users(AUDIENCE))).len(), 1);
}

#[tokio::test]
async fn a_twin_serves_this_machine_alone() {
    let mut options = options();
    options.listen = "0.0.0.0:0".parse().unwrap();
    assert!(matches!(Twin::start(options).await, Err(StartError::NotLoopback { .. })));
}
