//! Formats of standard attributes.

use serde_json::{Value, json};

use crate::client::{Bench, EMAIL_GROUP};

#[tokio::test]
async fn a_standard_attribute_has_its_format() {
    let bench = Bench::start().await;
    let long = "x".repeat(256);
    for (name, value, good) in [
        ("first_name", json!("Léa"), true),
        ("first_name", json!(1), false),
        ("last_name", json!(&long[..255]), true),
        ("last_name", json!(long), false),
        ("email", json!("lea@example.com"), true),
        ("email", json!("lea"), false),
        ("phone", json!("+33612345678"), true),
        ("phone", json!("0612345678"), false),
        ("country", json!("FR"), true),
        ("country", json!("fr"), false),
        ("country", json!("UK"), false),
        ("country", json!("France"), false),
        ("language", json!("fr"), true),
        ("language", json!("FR"), false),
        ("language", json!("french"), false),
        ("dob", json!("1990-03-21"), true),
        ("dob", json!("1990-02-30"), false),
        ("dob", json!("21/03/1990"), false),
        ("dob", json!("1990-03-21T00:00:00Z"), false),
        ("gender", json!("F"), true),
        ("gender", json!("f"), false),
        ("gender", json!("female"), false),
        ("gender", json!(null), true),
        ("time_zone", json!("Europe/Paris"), true),
        ("time_zone", json!("europe/paris"), false),
        ("time_zone", json!("Europe/Pari"), false),
        ("time_zone", json!("+01:00"), false),
        ("email_subscribe", json!("opted_in"), true),
        ("email_subscribe", json!("subscribed"), true),
        ("email_subscribe", json!("unsubscribed"), true),
        ("email_subscribe", json!("yes"), false),
        ("email_subscribe", json!(null), false),
        ("push_subscribe", json!("unsubscribed"), true),
        ("push_subscribe", json!(true), false),
        ("current_location", json!({ "longitude": -180, "latitude": 90.0 }), true),
        ("current_location", json!({ "longitude": 180.1, "latitude": 0 }), false),
        ("current_location", json!({ "longitude": 0, "latitude": -90.1 }), false),
        ("current_location", json!({ "longitude": "0", "latitude": "0" }), false),
        ("current_location", json!([0, 0]), false),
        ("date_of_first_session", json!("2026-03-02T08:15:00Z"), true),
        ("date_of_last_session", json!("yesterday"), false),
        ("image_url", json!("https://example.com/a.png"), true),
        ("home_city", json!(null), true),
    ] {
        let mut object = json!({ "external_id": "C-1" });
        object[name] = value.clone();
        let want = (!good).then(|| format!("'{name}' is not valid"));
        assert_eq!(bench.refusal(object).await, want, "{name} {value}");
    }
}

#[tokio::test]
async fn subscription_groups_can_be_set_with_the_attributes() {
    let bench = Bench::start().await;
    let groups = |value: Value| json!({ "external_id": "C-1", "subscription_groups": value });
    let one = |id: &str, state: &str| json!([{ "subscription_group_id": id, "subscription_state": state }]);
    assert_eq!(bench.refusal(groups(one(EMAIL_GROUP, "subscribed"))).await, None);
    let state = bench.twin.state().subscription(EMAIL_GROUP, "C-1");
    assert_eq!(state, Some(sluice_twins::braze::SubscriptionState::Subscribed));
    for bad in [one("unknown", "subscribed"), one(EMAIL_GROUP, "yes"), json!({}), json!([1])] {
        assert!(bench.refusal(groups(bad.clone())).await.is_some(), "{bad}");
    }
}
