//! "Synchronise contacts": `POST /api/profile-bulk-import-jobs`, which creates or updates, and what a profile shows afterwards.

use serde_json::json;
use sluice_catalog::{columnar::PhysicalType, contract::Operation};
use sluice_conformance::{Cell, Table};

use crate::rig::{Rig, UPDATE, UPSERT};

fn emails<const N: usize>(emails: [&str; N]) -> Table {
    Table::by("email", emails)
}

/// The example of the bulk body: identifiers, fields of Klaviyo's own, a location, properties of every type.
#[tokio::test(flavor = "multi_thread")]
async fn a_profile_shows_what_was_mapped() {
    let rig = Rig::new().await;
    let table = emails(["lea.martin@example.fr"])
        .and_by("external_id", ["C-1042"])
        .and_by("phone_number", ["+33612345678"])
        .with("first_name", PhysicalType::Utf8, "attribute", ["Léa"])
        .with("location.city", PhysicalType::Utf8, "attribute", ["Lyon"])
        .with("location.latitude", PhysicalType::Float64, "attribute", [45.75])
        .with("ltv", PhysicalType::Float64, "attribute", [412.5])
        .with("last_order_at", PhysicalType::TimestampMicros, "attribute", [1_777_543_200_000_000_i64])
        .with("vip", PhysicalType::Boolean, "attribute", [true])
        .with("tags", PhysicalType::Json, "attribute", [r#"["a","b"]"#]);
    assert_eq!(rig.outcomes(UPSERT, Operation::Upsert, table).await, ["accepted"]);
    let shown = rig.profile("lea.martin@example.fr").await.unwrap()["attributes"].clone();
    assert_eq!(
        (&shown["external_id"], &shown["phone_number"], &shown["first_name"]),
        (&json!("C-1042"), &json!("+33612345678"), &json!("Léa"))
    );
    assert_eq!((&shown["location"]["city"], &shown["location"]["latitude"]), (&json!("Lyon"), &json!(45.75)));
    let properties = json!({ "ltv": 412.5, "last_order_at": "2026-04-30T10:00:00Z", "vip": true, "tags": ["a", "b"] });
    assert_eq!(shown["properties"], properties);
}

/// "Absent key = unchanged"; "bulk import ignores nulls"; `patch_properties.unset`.
#[tokio::test(flavor = "multi_thread")]
async fn what_did_not_change_stays_a_property_is_emptied_and_a_field_of_klaviyos_own_keeps_its_value() {
    let rig = Rig::new().await;
    let made = emails(["a@example.com"])
        .with("title", PhysicalType::Utf8, "attribute", ["Dr"])
        .with("plan", PhysicalType::Utf8, "attribute", ["gold"])
        .with("city", PhysicalType::Utf8, "attribute", ["Lyon"]);
    assert_eq!(rig.outcomes(UPSERT, Operation::Upsert, made).await, ["accepted"]);
    let changed = emails(["a@example.com"])
        .with("title", PhysicalType::Utf8, "attribute", [Cell::Null])
        .with("plan", PhysicalType::Utf8, "attribute", [Cell::Null])
        .with("city", PhysicalType::Utf8, "attribute", [Cell::Absent]);
    let (told, notes) = rig.done(UPSERT, Operation::Upsert, changed).await;
    assert_eq!((told, notes), (vec!["accepted".to_owned()], vec!["0 title".to_owned()]));
    let shown = rig.profile("a@example.com").await.unwrap()["attributes"].clone();
    assert_eq!((&shown["title"], &shown["properties"]), (&json!("Dr"), &json!({ "city": "Lyon" })));
}

/// "There is no native update-only flag": whom Klaviyo does not know is not sent.
#[tokio::test(flavor = "multi_thread")]
async fn update_only_changes_whom_klaviyo_knows_and_makes_nobody() {
    let rig = Rig::new().await;
    assert_eq!(rig.outcomes(UPSERT, Operation::Upsert, emails(["known@example.com"])).await, ["accepted"]);
    let table = emails(["known@example.com", "new@example.com", "bad@"]).with(
        "plan",
        PhysicalType::Utf8,
        "attribute",
        ["gold", "gold", "gold"],
    );
    let told = rig.outcomes(UPDATE, Operation::Update, table).await;
    assert_eq!(told, ["accepted", "skipped not-found-in-destination", "rejected bad-format"]);
    assert_eq!(rig.profile("known@example.com").await.unwrap()["attributes"]["properties"]["plan"], "gold");
    assert!(rig.profile("new@example.com").await.is_none());
}

/// "At least one of `id`, `email`, `phone_number`, `external_id`"; "do not send the same identifier twice in one job".
#[tokio::test(flavor = "multi_thread")]
async fn each_row_of_a_job_is_another_profile_and_a_second_one_of_the_same_comes_later() {
    let rig = Rig::new().await;
    let table = emails(["a@example.com", "b@example.com", "a@example.com", ""]);
    let told = rig.outcomes(UPSERT, Operation::Upsert, table).await;
    assert_eq!(told, ["accepted", "accepted", "retry dest-batch-too-large", "rejected no-identifier"]);
}

/// "Jobs are FIFO per account": a later one wins.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_sent_last_is_what_a_profile_shows() {
    let rig = Rig::new().await;
    for plan in ["silver", "gold"] {
        let table = emails(["a@example.com"]).with("plan", PhysicalType::Utf8, "attribute", [plan]);
        assert_eq!(rig.outcomes(UPSERT, Operation::Upsert, table).await, ["accepted"]);
    }
    assert_eq!(rig.profile("a@example.com").await.unwrap()["attributes"]["properties"]["plan"], "gold");
}
