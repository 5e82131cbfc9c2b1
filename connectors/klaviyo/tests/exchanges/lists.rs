//! "Export contact lists": find by name or `POST /api/lists`, add by import job or by ids, `DELETE` by ids. No consent changes.

use sluice_catalog::contract::Operation;
use sluice_conformance::Table;

use crate::rig::{Rig, UPSERT, list};

const VIP: &str = r#"{"list":"VIP FR"}"#;
const KNOWN_ONLY: &str = r#"{"list":"VIP FR","create_profiles":false}"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_made_once_and_found_from_then_on() {
    let rig = Rig::new().await;
    let kept = rig.kept(VIP).await;
    assert_eq!(rig.kept(VIP).await, kept);
    assert_ne!(rig.kept(r#"{"list":"VIP \"DE\", é"}"#).await, kept);
    assert_eq!(rig.shows("/lists").await["data"].as_array().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn members_come_and_go_and_become_profiles_along_the_way() {
    let rig = Rig::new().await;
    let kept = rig.kept(VIP).await;
    let work = list(VIP, &kept);
    let table = Table::by("email", ["a@example.com", "b@example.com", "bad@"]);
    assert_eq!(rig.outcomes(work, Operation::Add, table).await, ["accepted", "accepted", "rejected bad-format"]);
    assert_eq!(rig.on(&kept).await, ["a@example.com", "b@example.com"]);
    let table = Table::by("email", ["b@example.com", "stranger@example.com"]);
    assert_eq!(rig.outcomes(work, Operation::Remove, table).await, ["accepted", "accepted"]);
    assert_eq!(rig.on(&kept).await, ["a@example.com"]);
    assert!(rig.profile("b@example.com").await.is_some(), "leaving a list is not leaving the account");
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_are_skipped_where_nobody_is_to_be_made() {
    let rig = Rig::new().await;
    rig.outcomes(UPSERT, Operation::Upsert, Table::by("external_id", ["C-1"]).and_by("email", ["a@example.com"])).await;
    let kept = rig.kept(KNOWN_ONLY).await;
    let table = Table::by("external_id", ["C-1", "C-2"]);
    let told = rig.outcomes(list(KNOWN_ONLY, &kept), Operation::Add, table).await;
    assert_eq!(told, ["accepted", "skipped not-found-in-destination"]);
    assert_eq!(rig.on(&kept).await, ["a@example.com"]);
}

/// "Adding to a list gives no marketing consent."
#[tokio::test(flavor = "multi_thread")]
async fn being_on_a_list_is_no_consent() {
    let rig = Rig::new().await;
    let kept = rig.kept(VIP).await;
    rig.outcomes(list(VIP, &kept), Operation::Add, Table::by("email", ["a@example.com"])).await;
    let profile = rig.profile("a@example.com").await.unwrap();
    assert_ne!(profile["attributes"]["subscriptions"]["email"]["marketing"]["consent"], "SUBSCRIBED");
}
