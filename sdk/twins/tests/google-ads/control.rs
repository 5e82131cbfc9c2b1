//! The reserved paths and seeds, for tests that run the twin as a process of its own.

use serde_json::{Value, json};
use sluice_twins::{SeedError, StartError, google_ads::Twin};

use crate::client::{
    Bench, CUSTOMER, EMAIL, EVENTS, INGEST, JOBS, LIST, LISTS, WEB, event, events, members, options, people, person, send,
};

async fn get(bench: &Bench, path: &str) -> (u16, Value) {
    send(bench.client.get(format!("{}/__twin/{path}", bench.twin.url()))).await
}

#[tokio::test]
async fn state_is_read_whole_and_one_by_one() {
    let bench = Bench::start().await;
    let id = bench.accepted(INGEST, &members(vec![person(EMAIL)])).await;
    bench.accepted(EVENTS, &events(WEB, vec![event("ORD-1")])).await;
    let (_, state) = get(&bench, "state").await;
    let member = &state["user_lists"][LIST]["members"][format!("email:{EMAIL}")];
    assert_eq!((&member["request"], &member["consent"]["adUserData"]), (&json!(1), &json!("CONSENT_GRANTED")));
    assert_eq!((&state["conversions"][0]["value"], &state["conversions"][0]["source"]), (&json!(129.9), &json!("event")));
    assert_eq!((&state["requests"][&id]["kind"], &state["tokens"]["refresh"]), (&json!("ingest_members"), &json!(1)));
    assert!(!state.to_string().contains("ya29"), "no token in the state");
    assert_eq!(get(&bench, &format!("state/members/{LIST}")).await.1.as_object().unwrap().len(), 1);
    assert_eq!(get(&bench, "state/conversions/ORD-1").await.1[0]["transaction_id"], "ORD-1");
    for path in [format!("user-lists/{LIST}"), format!("customers/{CUSTOMER}"), format!("requests/{id}")] {
        assert_eq!(get(&bench, &format!("state/{path}")).await.0, 200, "{path}");
    }
    for path in ["members/1", "conversions/x", "user-lists/x", "customers/x", "requests/x", "jobs/x", "others/1"] {
        assert_eq!(get(&bench, &format!("state/{path}")).await.0, 404, "{path}");
    }
}

#[tokio::test]
async fn state_is_put_in_place_without_a_request() {
    let bench = Bench::start().await;
    for (kind, body, status) in [
        ("customers", json!([{ "id": "3333333333", "lacks": ["customer-match-terms"] }]), 200),
        ("user-lists", json!([{ "id": "81", "customer_id": "3333333333", "display_name": "a", "key_type": "USER_ID" }]), 200),
        (
            "conversion-actions",
            json!([{ "id": "71", "customer_id": "3333333333", "type": "UPLOAD_CLICKS", "one_per_click": true }]),
            200,
        ),
        ("clicks", json!([{ "id": "g", "at": "2026-10-18T00:00:00Z" }]), 200),
        ("members", json!([{ "user_list": LIST, "identifiers": [format!("email:{EMAIL}")] }]), 200),
        ("clients", json!([{ "client_id": "c", "client_secret": "s" }]), 200),
        ("refresh-tokens", json!([{ "token": "r", "client_id": "c" }]), 200),
        ("access-tokens", json!([{ "token": "a", "expires_at": "2026-10-21T00:00:00Z" }]), 200),
        ("authorization-codes", json!([{ "code": "x", "client_id": "c", "redirect_uri": "https://x" }]), 200),
        ("service-accounts", json!([{ "email": "e" }]), 200),
        ("conversions", json!([{ "conversion_action": WEB, "at": "2026-10-18T00:00:00Z" }]), 200),
        ("expired", json!([]), 200),
        ("expired", json!([1]), 400),
        ("members", json!([{ "user_list": "1", "identifiers": ["a"] }]), 400),
        ("members", json!([{ "user_list": LIST, "identifiers": [] }]), 400),
        ("conversions", json!([{ "conversion_action": "1", "at": "2026-10-18T00:00:00Z" }]), 400),
        ("customers", json!([{ "name": "x" }]), 400),
        ("campaigns", json!([]), 404),
    ] {
        assert_eq!(bench.put(kind, body.clone()).await.0, status, "{kind} {body}");
    }
    assert_eq!((bench.twin.log().total(), bench.twin.ledger().total(), bench.members(LIST).len()), (0, 0, 1));
    let request = bench.bare(reqwest::Method::GET, LISTS).header("authorization", "Bearer a");
    assert_eq!(send(request).await.0, 401, "every token that ends is over");
    let wrong = bench.twin.seed("members", json!([{ "user_list": "1", "identifiers": ["a"] }]));
    assert_eq!(wrong, Err(SeedError::Item { index: 0, refusal: "there is no user list 1".to_owned() }));
}

#[tokio::test]
async fn a_reset_twin_is_as_at_the_start() {
    let bench = Bench::start().await;
    bench.accepted(INGEST, &members(people(2))).await;
    bench.accepted(EVENTS, &events(WEB, vec![event("ORD-1")])).await;
    let metadata = json!({ "userList": format!("customers/{CUSTOMER}/userLists/{LIST}") });
    let job = json!({ "job": { "type": "CUSTOMER_MATCH_USER_LIST", "customerMatchUserListMetadata": metadata } });
    bench.taken(bench.ads(&format!("{JOBS}:create"), &job)).await;
    bench.put("refusals", json!([{ "path": "/v1", "code": "INTERNAL_ERROR" }])).await;
    bench.put("revoked", json!([crate::client::TOKEN])).await;
    bench.twin.reset();
    let state = bench.twin.state();
    assert!(state.requests().is_empty() && state.jobs().is_empty() && state.conversions().all().is_empty());
    assert_eq!((bench.members(LIST).len(), bench.twin.log().total(), bench.twin.ledger().total()), (0, 0, 0));
    bench.accepted(INGEST, &members(people(2))).await;
}

#[tokio::test]
async fn a_twin_serves_this_machine_alone() {
    let mut options = options();
    options.listen = "0.0.0.0:0".parse().unwrap();
    assert!(matches!(Twin::start(options).await, Err(StartError::NotLoopback { .. })));
}
