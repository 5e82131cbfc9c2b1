//! "Create subscription list": consent is given and taken in bulk, and nobody is unsubscribed who is not on the list.

use serde_json::{Value, json};
use sluice_catalog::{columnar::PhysicalType, contract::Operation};
use sluice_conformance::Table;

use crate::rig::{Rig, subscription};

const NEWS: &str = r#"{"list":"News"}"#;
/// No message asks for a confirmation, whatever the list's opt-in.
const PAST: &str = r#"{"list":"News","historical_import":true,"custom_source":"Shop"}"#;

fn with_consent<const N: usize>(emails: [&str; N]) -> Table {
    // 2025-11-01, before the stage's clock.
    let at = emails.map(|_| 1_761_955_200_000_000_i64);
    Table::by("email", emails).with("consented_at", PhysicalType::TimestampMicros, "attribute", at)
}

fn kept_id(kept: &[u8]) -> &str {
    std::str::from_utf8(kept).unwrap()
}

async fn consent(rig: &Rig, email: &str) -> Value {
    rig.profile(email)
        .await
        .map_or(Value::Null, |profile| profile["attributes"]["subscriptions"]["email"]["marketing"]["consent"].clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn who_enters_is_subscribed_and_who_leaves_gets_nothing_by_this_list_any_more() {
    let rig = Rig::new().await;
    let kept = rig.kept(NEWS).await;
    let told = rig.outcomes(subscription(PAST, &kept), Operation::Add, with_consent(["a@example.com", "b@example.com"])).await;
    assert_eq!(told, ["accepted", "accepted"]);
    assert_eq!((consent(&rig, "a@example.com").await, rig.on(&kept).await.len()), (json!("SUBSCRIBED"), 2));
    let told = rig.outcomes(subscription(NEWS, &kept), Operation::Remove, Table::by("email", ["a@example.com"])).await;
    assert_eq!(told, ["accepted"]);
    // Of this list alone: "a profile that is NOT on the given list is unsubscribed globally", and this one was on it.
    assert_eq!(rig.on(&kept).await, ["b@example.com"]);
    let left = rig.profile("a@example.com").await.unwrap();
    let marketing = &left["attributes"]["subscriptions"]["email"]["marketing"];
    assert_eq!(
        (&marketing["consent"], &marketing["list_suppressions"][0]["list_id"]),
        (&json!("SUBSCRIBED"), &json!(kept_id(&kept)))
    );
}

/// "A profile that is NOT on the given list is unsubscribed globally: check membership first."
#[tokio::test(flavor = "multi_thread")]
async fn who_is_on_another_list_alone_stays_subscribed() {
    let rig = Rig::new().await;
    let other = rig.kept(r#"{"list":"Elsewhere"}"#).await;
    let past = PAST.replace("News", "Elsewhere");
    rig.outcomes(subscription(&past, &other), Operation::Add, with_consent(["a@example.com"])).await;
    let kept = rig.kept(NEWS).await;
    let told = rig.outcomes(subscription(NEWS, &kept), Operation::Remove, Table::by("email", ["a@example.com"])).await;
    assert_eq!(told, ["accepted"]);
    assert_eq!(consent(&rig, "a@example.com").await, "SUBSCRIBED");
}

/// "`true` requires `consented_at` in the past on each profile."
#[tokio::test(flavor = "multi_thread")]
async fn a_consent_of_the_future_is_refused_alone() {
    let rig = Rig::new().await;
    let kept = rig.kept(NEWS).await;
    let table = Table::by("email", ["a@example.com", "b@example.com"]).with(
        "consented_at",
        PhysicalType::TimestampMicros,
        "attribute",
        [1_761_955_200_000_000_i64, 1_764_000_000_000_000_i64],
    );
    let told = rig.outcomes(subscription(PAST, &kept), Operation::Add, table).await;
    assert_eq!(told, ["accepted", "rejected bad-format"]);
    assert_eq!(rig.on(&kept).await, ["a@example.com"]);
}

/// Unknown list on subscribe: the request is refused, and no row of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_is_gone_stops_the_run_and_refuses_nobody() {
    let rig = Rig::new().await;
    let told =
        rig.write(subscription(NEWS, b"Gone99"), Operation::Add, Table::by("email", ["a@example.com", "b@example.com"])).await;
    let halt = sluice_conformance::words::halt(&told.unwrap_err());
    assert!(["config dest-config", "missing dest-object-missing"].contains(&halt.as_str()), "{halt}");
}
