//! Events and purchases.

use serde_json::{Value, json};

use crate::client::Bench;

fn event(changes: Value) -> Value {
    let mut event = json!({ "external_id": "C-1", "name": "order_placed", "time": "2026-03-02T08:15:00Z" });
    for (name, value) in changes.as_object().unwrap() {
        event[name] = value.clone();
    }
    event
}

#[tokio::test]
async fn an_event_has_a_name_a_time_and_sound_properties() {
    let bench = Bench::start().await;
    let long = "x".repeat(256);
    let key = |name: &str| json!({ "properties": { name: 1 } });
    for (changes, good) in [
        (json!({}), true),
        (json!({ "name": null }), false),
        (json!({ "name": "" }), false),
        (json!({ "name": "$order" }), false),
        (json!({ "name": &long[..255] }), true),
        (json!({ "name": long }), false),
        (json!({ "time": "2026-03-02T08:15:00:123Z" }), true),
        (json!({ "time": "2026-03-02T08:15:00" }), false),
        (json!({ "time": "2026-03-02" }), false),
        (json!({ "time": 1772439300 }), false),
        (json!({ "app_id": "a" }), true),
        (json!({ "app_id": 1 }), false),
        (json!({ "properties": {} }), true),
        (json!({ "properties": [] }), false),
        (json!({ "properties": { "a": &long[..255] } }), true),
        (json!({ "properties": { "a": long } }), false),
        (json!({ "properties": { "items": [{ "sku": "TS-1", "qty": 2 }] } }), true),
        (json!({ "properties": { "items": [{ "sku": long }] } }), false),
        (key(&long[..255]), true),
        (key(&long), false),
        (key("$a"), false),
        (key(""), false),
    ] {
        assert_eq!(bench.event_refusal(event(changes.clone())).await.is_none(), good, "{changes}");
    }
    let mut bare = event(json!({}));
    bare.as_object_mut().unwrap().remove("time");
    assert_eq!(bench.event_refusal(bare).await.as_deref(), Some("'time' is required"));
}

#[tokio::test]
async fn properties_have_at_most_50_kilobytes() {
    let bench = Bench::start().await;
    let properties = |bytes: usize| {
        let mut list = vec!["x".repeat(249); 198];
        let used = json!({ "list": list }).to_string().len();
        list.push("x".repeat(bytes - used - 3));
        json!({ "list": list })
    };
    for (bytes, good) in [(50_000, true), (50_001, false)] {
        let properties = properties(bytes);
        assert_eq!(properties.to_string().len(), bytes);
        assert_eq!(bench.event_refusal(event(json!({ "properties": properties }))).await.is_none(), good, "{bytes}");
    }
}

#[tokio::test]
async fn a_repeated_event_is_a_second_event() {
    let bench = Bench::start().await;
    let body = json!({ "events": [event(json!({ "properties": { "order_id": "O-1" } }))] });
    assert_eq!(bench.track(body.clone()).await, (201, json!({ "message": "success", "events_processed": 1 })));
    bench.track(body).await;
    let state = bench.twin.state();
    let events: Vec<_> = state.events().collect();
    assert_eq!(events.len(), 2);
    assert!(events.iter().all(|e| e.key == "C-1" && e.property("order_id") == "O-1"));
    assert_eq!((events[0].request, events[1].request), (1, 2));
}

#[tokio::test]
async fn an_event_makes_its_person_unless_told_not_to() {
    let bench = Bench::start().await;
    assert_eq!(bench.event_refusal(event(json!({ "_update_existing_only": true }))).await, None);
    assert_eq!(bench.twin.state().events().len(), 0);
    assert_eq!(bench.event_refusal(event(json!({}))).await, None);
    assert_eq!(bench.twin.profile("C-1").unwrap().touches[0].events, 1);
    assert_eq!(bench.event_refusal(event(json!({ "_update_existing_only": true }))).await, None);
    assert_eq!(bench.twin.state().events().len(), 2);
}

#[tokio::test]
async fn a_purchase_has_a_product_a_currency_and_a_price() {
    let bench = Bench::start().await;
    for (name, value, good) in [
        ("price", json!(59.9), true),
        ("price", json!("59.9"), false),
        ("currency", json!("EUR"), true),
        ("currency", json!("eur"), false),
        ("currency", json!("EURO"), false),
        ("quantity", json!(1), true),
        ("quantity", json!(0), false),
        ("quantity", json!(1.5), false),
        ("product_id", json!("p"), true),
        ("product_id", json!(""), false),
    ] {
        let mut purchase = json!({ "external_id": "C-1", "product_id": "p", "currency": "EUR", "price": 1,
            "time": "2026-03-02T08:15:00Z" });
        purchase[name] = value.clone();
        let (status, answer) = bench.track(json!({ "purchases": [purchase] })).await;
        assert_eq!(status == 201, good, "{name} {value} {answer}");
    }
    assert_eq!(bench.twin.state().purchases().len(), 4);
}

#[tokio::test]
async fn a_future_event_or_an_unknown_key_passes_and_is_a_defect_to_see() {
    let bench = Bench::start().await;
    assert_eq!(bench.event_refusal(event(json!({ "time": "2999-01-01T00:00:00Z", "propertys": {} }))).await, None);
    assert_eq!(bench.warnings(), [("unknown-key", "events[0].propertys".to_owned()), ("future-time", "events[0].time".to_owned())]);
}

#[tokio::test]
async fn attributes_and_events_of_a_request_are_answered_apart() {
    let bench = Bench::start().await;
    let (status, answer) = bench
        .track(json!({ "attributes": [{ "external_id": "C-1" }], "events": [event(json!({})), { "external_id": "C-1" }] }))
        .await;
    assert_eq!(status, 201);
    assert_eq!(
        answer,
        json!({ "message": "success", "attributes_processed": 1, "events_processed": 1,
            "errors": [{ "type": "'name' is required", "input_array": "events", "index": 1 }] })
    );
}
