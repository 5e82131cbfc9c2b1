//! What one event must be, each rule on both sides of its line (the notes: the tables of `data[]` and of `user_data`).

use serde_json::{Value, json};

use crate::client::{Bench, data, dataset_events, event_with, noon, send, sha};

/// The subcode with which events of these changes are refused; 0 when they pass.
async fn subcode(bench: &Bench, changes: &Value) -> u64 {
    let event = event_with(changes.clone());
    let (status, answer) = send(bench.post(&dataset_events(), &data(&[event]))).await;
    if status == 200 {
        return 0;
    }
    let error = &answer["error"];
    assert_eq!((status, &error["code"], &error["message"]), (400, &json!(100), &json!("Invalid parameter")), "{answer}");
    assert!(error["error_user_title"].is_string() && error["error_user_msg"].is_string(), "{answer}");
    error["error_subcode"].as_u64().unwrap()
}

async fn table(rows: Vec<(Value, u64)>) {
    let bench = Bench::start().await;
    for (changes, want) in rows {
        assert_eq!(subcode(&bench, &changes).await, want, "{changes}");
    }
}

const WRONG: u64 = 2_804_019;

/// "max 7 days old, else the entire request fails (2804003); `physical_store` allows 62 days; not in the future".
#[tokio::test]
async fn an_event_is_of_the_last_seven_days() {
    const DAY: i64 = 86_400;
    let online = |age: i64| json!({ "event_time": noon() - age, "action_source": "system_generated" });
    let shop = |age: i64| json!({ "event_time": noon() - age });
    table(vec![
        (online(0), 0),
        (online(-1), 2_804_004),
        (online(7 * DAY), 0),
        (online(7 * DAY + 1), 2_804_003),
        (shop(62 * DAY), 0),
        (shop(62 * DAY + 1), 2_804_003),
        (json!({ "event_time": noon() * 1_000 }), 2_804_004),
        (json!({ "event_time": noon().to_string() }), WRONG),
        (json!({ "event_time": 1.5 }), WRONG),
        (json!({ "event_time": 0 }), WRONG),
        (json!({ "event_time": null }), WRONG),
        (json!({ "event_time": "2026-10-20T12:00:00Z" }), WRONG),
    ])
    .await;
}

#[tokio::test]
async fn an_event_has_a_name_a_source_and_what_the_source_asks_for() {
    let website = |url: Value, agent: Value| json!({ "action_source": "website", "event_source_url": url, "user_data": { "client_user_agent": agent } });
    let mut rows = vec![
        (json!({ "event_name": null }), WRONG),
        (json!({ "event_name": "" }), WRONG),
        (json!({ "event_name": 7 }), WRONG),
        (json!({ "event_name": "OwnEvent" }), 0),
        (json!({ "event_id": 7 }), WRONG),
        (json!({ "event_id": "" }), WRONG),
        (json!({ "action_source": null }), WRONG),
        (json!({ "action_source": "shop" }), WRONG),
        (website("https://shop.example".into(), "agent".into()), 0),
        (website(Value::Null, "agent".into()), WRONG),
        (website("https://shop.example".into(), Value::Null), WRONG),
        (json!({ "opt_out": true }), 0),
        (json!({ "opt_out": "no" }), WRONG),
        (json!({ "app_data": {} }), 0),
        (json!({ "app_data": "x" }), WRONG),
    ];
    let sources = ["email", "app", "phone_call", "chat", "physical_store", "system_generated", "business_messaging", "other"];
    rows.extend(sources.map(|source| (json!({ "action_source": source }), 0)));
    table(rows).await;
}

/// "hashed as above (scalars or arrays)"; "at least one usable key".
#[tokio::test]
async fn an_event_is_about_somebody_who_can_be_found() {
    let alone = |user: Value| {
        let mut changes = json!({ "user_data": { "em": null, "country": null, "external_id": null } });
        changes["user_data"].as_object_mut().unwrap().extend(user.as_object().unwrap().clone());
        changes
    };
    let hash = sha("a");
    let mut rows = vec![
        (json!({ "user_data": null }), WRONG),
        (json!({ "user_data": [] }), WRONG),
        (alone(json!({})), 2_804_050),
        (alone(json!({ "country": hash })), 2_804_050),
        (alone(json!({ "ct": hash, "st": hash, "zp": hash, "ge": hash, "client_user_agent": "agent" })), 2_804_050),
        (alone(json!({ "db": hash, "client_user_agent": "agent" })), 2_804_050),
        (alone(json!({ "fn": hash, "ge": hash })), 2_804_050),
        (alone(json!({ "ln": hash, "ge": hash })), 2_804_050),
        (alone(json!({ "colour": "red" })), 2_804_050),
        (alone(json!({ "fn": hash, "ln": hash })), 0),
        (alone(json!({ "client_ip_address": "203.0.113.7", "client_user_agent": "agent" })), 0),
        (alone(json!({ "client_ip_address": "203.0.113" })), WRONG),
        (alone(json!({ "external_id": "C-1" })), 0),
        (alone(json!({ "external_id": ["C-1", hash] })), 0),
        (alone(json!({ "external_id": [""] })), WRONG),
        (alone(json!({ "external_id": [] })), WRONG),
        (alone(json!({ "lead_id": 525_645_896_321_548_u64 })), 0),
        (alone(json!({ "fbp": "fb.1.1596403881668.1116446470" })), 0),
        (alone(json!({ "fbp": "" })), WRONG),
        (alone(json!({ "fbp": 7 })), WRONG),
    ];
    for name in ["em", "ph", "ge", "db", "ln", "fn", "ct", "st", "zp", "country"] {
        let with = |value: Value| json!({ "user_data": { name: value } });
        rows.extend([
            (with(hash.as_str().into()), 0),
            (with(json!([hash, sha("b")])), 0),
            (with(hash.to_uppercase().into()), WRONG),
            (with("plain".into()), WRONG),
            (with(json!([hash, "plain"])), WRONG),
            (with(json!([])), WRONG),
            (with(7.into()), WRONG),
        ]);
    }
    table(rows).await;
}

/// "Purchase: `currency` + `value`"; "`value` number, `currency` ISO 4217, …".
#[tokio::test]
async fn custom_data_are_of_their_kinds() {
    let custom = |changes: Value| json!({ "custom_data": changes });
    let lead = |changes: Value| json!({ "event_name": "Lead", "custom_data": changes });
    let content = |content: Value| custom(json!({ "contents": [content] }));
    table(vec![
        (custom(json!({ "currency": null })), 2_804_010),
        (custom(json!({ "value": null })), 2_804_009),
        (json!({ "custom_data": null }), 2_804_010),
        (lead(json!({ "currency": null, "value": null })), 0),
        (lead(json!({ "currency": null })), 2_804_023),
        (json!({ "event_name": "Lead", "custom_data": null }), 0),
        (json!({ "custom_data": [] }), WRONG),
        (custom(json!({ "value": "89.9" })), WRONG),
        (custom(json!({ "value": 0 })), 0),
        (custom(json!({ "currency": "eur" })), WRONG),
        (custom(json!({ "currency": "XXQ" })), WRONG),
        (custom(json!({ "currency": "JPY" })), 0),
        (custom(json!({ "predicted_ltv": 10.5, "num_items": 2, "search_string": "shoes", "own": { "any": [1] } })), 0),
        (custom(json!({ "predicted_ltv": "much" })), WRONG),
        (custom(json!({ "num_items": 1.5 })), WRONG),
        (custom(json!({ "order_id": 7 })), WRONG),
        (custom(json!({ "content_type": "product_group" })), 0),
        (custom(json!({ "content_type": "thing" })), WRONG),
        (custom(json!({ "content_ids": ["a", 7] })), 0),
        (custom(json!({ "content_ids": "a" })), WRONG),
        (content(json!({ "id": "sku", "quantity": 1, "item_price": 9.5, "delivery_category": "in_store" })), 0),
        (content(json!({ "quantity": 1 })), WRONG),
        (content(json!({ "id": "sku", "quantity": "1" })), WRONG),
        (content(json!({ "id": "sku", "delivery_category": "drone" })), WRONG),
        (custom(json!({ "contents": {} })), WRONG),
    ])
    .await;
}

/// "`["LDU"]` with `_country`, `_state` (0,0 = geolocate) or `[]`".
#[tokio::test]
async fn processing_is_limited_with_a_country_and_a_state() {
    let limited = |country: Value, state: Value| {
        json!({
            "data_processing_options": ["LDU"], "data_processing_options_country": country, "data_processing_options_state": state,
        })
    };
    table(vec![
        (json!({ "data_processing_options": [] }), 0),
        (limited(0.into(), 0.into()), 0),
        (limited(1.into(), 1_000.into()), 0),
        (limited(Value::Null, 0.into()), WRONG),
        (limited(0.into(), Value::Null), WRONG),
        (limited("US".into(), 0.into()), WRONG),
        (json!({ "data_processing_options": ["GDPR"] }), WRONG),
        (json!({ "data_processing_options": "LDU" }), WRONG),
    ])
    .await;
}

#[tokio::test]
async fn what_a_good_client_would_not_send_is_warned_of() {
    let bench = Bench::start().await;
    let odd = event_with(json!({ "colour": 1, "user_data": { "fn": sha(""), "shoe": "44" } }));
    assert_eq!(send(bench.post(&dataset_events(), &data(&[odd]))).await.0, 200);
    let at = |code, place: &str| (code, format!("data[0].{place}"));
    let want =
        [at("hash-of-nothing", "user_data.fn"), at("unknown-parameter", "user_data.shoe"), at("unknown-parameter", "colour")];
    assert_eq!(bench.warnings(), want);
}
