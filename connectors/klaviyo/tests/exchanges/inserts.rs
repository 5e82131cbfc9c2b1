//! "insert-only = `POST /api/profiles` and treat 409 as already there": new profiles one by one, and nobody who is there is touched.

use serde_json::json;
use sluice_catalog::{columnar::PhysicalType, contract::Operation};
use sluice_conformance::{Cell, Table, words};

use crate::rig::{INSERT, Rig, UPSERT};

fn people<const N: usize>(emails: [&str; N], plan: &str) -> Table {
    Table::by("email", emails).with("plan", PhysicalType::Utf8, "attribute", [plan; N])
}

/// "409 `duplicate_profile` | profile exists on POST /profiles".
#[tokio::test(flavor = "multi_thread")]
async fn who_is_there_is_not_touched_and_noted() {
    let rig = Rig::new().await;
    assert_eq!(rig.outcomes(UPSERT, Operation::Upsert, people(["old@example.com"], "gold")).await, ["accepted"]);
    let told =
        rig.write(INSERT, Operation::Insert, people(["old@example.com", "new@example.com", "bad@"], "silver")).await.unwrap();
    assert_eq!(words::outcomes(&told, 3), ["accepted", "accepted", "rejected bad-format"]);
    let notes: Vec<_> = told.receipt.notes.iter().map(|(row, reason)| (*row, reason.vendor_code.as_deref())).collect();
    assert_eq!(notes, [(0, Some("duplicate_profile"))]);
    assert!(told.later.is_none(), "nothing is waited for");
    for (email, plan) in [("old@example.com", "gold"), ("new@example.com", "silver")] {
        assert_eq!(rig.profile(email).await.unwrap()["attributes"]["properties"], json!({ "plan": plan }), "{email}");
    }
}

/// The same batch a second time, as after a silence, makes nobody again.
#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_finds_the_profiles_that_it_made() {
    let rig = Rig::new().await;
    for there in [0, 3] {
        let table = people(["a@example.com", "b@example.com", "c@example.com"], "gold");
        let told = rig.write(INSERT, Operation::Insert, table).await.unwrap();
        assert_eq!((words::outcomes(&told, 3), told.receipt.notes.len()), (vec!["accepted".to_owned(); 3], there));
    }
    assert_eq!(rig.shows("/profiles").await["data"].as_array().unwrap().len(), 3);
}

/// Any of a profile's names is enough for Klaviyo to know it; whoever has an id of Klaviyo's is there.
#[tokio::test(flavor = "multi_thread")]
async fn somebody_is_there_by_any_of_their_names() {
    let rig = Rig::new().await;
    let known = Table::by("email", ["a@example.com"]).and_by("external_id", ["C-1"]);
    assert_eq!(rig.outcomes(INSERT, Operation::Insert, known).await, ["accepted"]);
    let again = Table::by("external_id", ["C-1"]).and_by("email", ["other@example.com"]);
    assert_eq!(rig.outcomes(INSERT, Operation::Insert, again).await, ["accepted"]);
    assert!(rig.profile("other@example.com").await.is_none());
    let id = rig.profile("a@example.com").await.unwrap()["id"].as_str().unwrap().to_owned();
    let by_id = Table::by("id", [Cell::from(id.as_str()), Cell::Null]).and_by("email", ["b@example.com", "c@example.com"]);
    assert_eq!(rig.outcomes(INSERT, Operation::Insert, by_id).await, ["skipped row-refused", "accepted"]);
    assert!(rig.profile("b@example.com").await.is_none() && rig.profile("c@example.com").await.is_some());
}

/// "The maximum allowed payload size is 100KB."
#[tokio::test(flavor = "multi_thread")]
async fn a_profile_that_is_too_large_is_not_sent() {
    let rig = Rig::new().await;
    let bio = ["short".into(), Cell::from("x".repeat(100_000).as_str())];
    let table = Table::by("email", ["a@example.com", "b@example.com"]).with("bio", PhysicalType::Utf8, "attribute", bio);
    assert_eq!(rig.outcomes(INSERT, Operation::Insert, table).await, ["accepted", "rejected too-large"]);
    assert!(rig.profile("b@example.com").await.is_none());
}
