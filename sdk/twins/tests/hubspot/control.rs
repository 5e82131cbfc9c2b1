//! The reserved paths and seeds, for tests that run the twin as a process of its own.

use serde_json::{Value, json};
use sluice_twins::{SeedError, StartError, hubspot::Twin};

use crate::client::{Bench, LISTS, MANUAL, by_email, options, send};

async fn get(bench: &Bench, path: &str) -> (u16, Value) {
    send(bench.client.get(format!("{}/__twin/{path}", bench.twin.url()))).await
}

#[tokio::test]
async fn state_is_read_whole_and_one_by_one() {
    let bench = Bench::start().await;
    let ids = bench.people(2);
    send(bench.put(&format!("{LISTS}/{MANUAL}/memberships/add"), &json!(ids))).await;
    let (_, state) = get(&bench, "state").await;
    assert_eq!(state["objects"]["contacts"]["records"][1]["properties"]["customer_id"], "C-1");
    assert_eq!(state["lists"][MANUAL]["members"], json!(["contacts/email:u0@example.org", "contacts/email:u1@example.org"]));
    assert_eq!((&state["associations"], &state["tokens"]["access"]), (&json!([]), &json!(1)));
    assert!(!state.to_string().contains(crate::client::TOKEN));
    for key in [ids[1].as_str(), "u1@example.org", "C-1"] {
        assert_eq!(get(&bench, &format!("state/contacts/{key}")).await.1["id"].to_string(), ids[1], "{key}");
    }
    assert_eq!(get(&bench, "state/lists/1").await.1["list"]["name"], "VIP FR");
    for path in ["state/contacts/nobody", "state/lists/99", "state/lists/x", "state/campaigns/1"] {
        assert_eq!(get(&bench, path).await.0, 404, "{path}");
    }
}

#[tokio::test]
async fn state_is_put_in_place_without_a_request() {
    let bench = Bench::start().await;
    let put =
        |kind: &str, body: Value| send(bench.client.put(format!("{}/__twin/{kind}", bench.twin.url())).body(body.to_string()));
    let contacts = json!([
        { "id": 501, "properties": { "email": "A@example.org", "hs_additional_emails": "B@example.org" } },
        { "properties": { "customer_id": "C-1", "hs_marketable_status": "true" } },
        { "id": 501, "properties": { "firstname": "A" } },
    ]);
    assert_eq!(put("contacts", contacts).await, (200, json!({ "seeded": 3 })));
    assert_eq!(
        put(
            "schemas",
            json!([{ "id": 7, "name": "pets", "properties": [{ "name": "tag", "type": "string", "hasUniqueValue": true }] }])
        )
        .await
        .0,
        200
    );
    assert_eq!(put("p62515_pets", json!([{ "properties": { "tag": "T" } }])).await.0, 200);
    assert_eq!(
        put("properties", json!([{ "objectType": "deals", "name": "order_id", "type": "string", "hasUniqueValue": true }])).await.0,
        200
    );
    assert_eq!(put("deals", json!([{ "properties": { "order_id": "O-1" } }])).await.0, 200);
    assert_eq!(
        put("labels", json!([{ "from": "deals", "to": "2-7", "category": "USER_DEFINED", "typeId": 9, "label": "Pet" }])).await.0,
        200
    );
    assert_eq!(put("lists", json!([{ "listId": 42, "name": "s", "processingType": "DYNAMIC", "members": [501] }])).await.0, 200);
    for (kind, body, status) in [
        ("contacts", json!([{ "properties": { "email": "bad@" } }]), 400),
        ("contacts", json!([{ "properties": { "loyalty": "1" } }]), 400),
        ("contacts", json!([{ "properties": { "email": "b@example.org" } }]), 400),
        ("contacts", json!([{ "email": "a@example.org" }]), 400),
        ("companies", json!([{ "id": 501, "properties": {} }]), 400),
        ("properties", json!([{ "objectType": "pets", "name": "x", "type": "string" }]), 400),
        ("properties", json!([{ "objectType": "deals", "name": "x", "type": "text" }]), 400),
        ("labels", json!([{ "from": "pets", "to": "deals", "category": "USER_DEFINED", "typeId": 9, "label": "Pet" }]), 400),
        ("lists", json!([{ "listId": 43, "name": "s", "processingType": "MANUAL" }]), 400),
        ("revoked", json!(["nothing"]), 400),
        ("campaigns", json!([]), 404),
    ] {
        assert_eq!(put(kind, body).await.0, status, "{kind}");
    }
    assert_eq!((bench.id("a@example.org"), bench.id("b@example.org")), ("501".to_owned(), "501".to_owned()));
    assert_eq!(bench.data("a@example.org")["firstname"], "A");
    assert_eq!((bench.members(42), bench.count("2-7")), (vec!["contacts/email:a@example.org".to_owned()], 1));
    assert_eq!((bench.twin.log().total(), bench.twin.ledger().total()), (0, 0));
    let wrong = bench.twin.seed("contacts", json!([{ "properties": {} }, { "id": 501, "properties": { "is_vip": "?" } }]));
    assert!(matches!(wrong, Err(SeedError::Item { index: 1, .. })), "{wrong:?}");
    let (_, made) = bench.upsert(json!([by_email("new@example.org", json!({}))])).await;
    assert_ne!(made["results"][0]["id"], "501");
}

#[tokio::test]
async fn a_reset_twin_is_as_at_the_start() {
    let bench = Bench::start().await;
    let ids = bench.people(2);
    send(bench.put(&format!("{LISTS}/{MANUAL}/memberships/add"), &json!(ids))).await;
    send(bench.post(LISTS, &json!({ "name": "one more", "objectTypeId": "0-1", "processingType": "MANUAL" }))).await;
    bench.twin.seed("revoked", json!([crate::client::TOKEN])).unwrap();
    assert_eq!(send(bench.get(&format!("{LISTS}/1"))).await.0, 401);
    bench.twin.reset();
    assert_eq!((bench.count("contacts"), bench.twin.state().lists().len(), bench.members(1).len()), (0, 3, 0));
    assert_eq!((bench.twin.log().total(), bench.twin.ledger().total(), bench.warnings().len()), (0, 0, 0));
    let (status, answer) = bench.upsert(json!([by_email("a@example.org", json!({}))])).await;
    assert_eq!((status, &answer["results"][0]["id"]), (200, &json!("101")));
}

#[tokio::test]
async fn a_twin_serves_this_machine_alone() {
    let mut options = options();
    options.listen = "0.0.0.0:0".parse().unwrap();
    assert!(matches!(Twin::start(options).await, Err(StartError::NotLoopback { .. })));
}
