//! New contacts by the batch.

use serde_json::json;
use sluice_catalog::{columnar::PhysicalType, contract::Operation};
use sluice_conformance::words;

use crate::{
    rig::{Rig, people},
    state,
};

/// "`update_existing`: false = insert-only (existing rows reported `ERROR_CONTACT_EXISTS`)".
#[tokio::test(flavor = "multi_thread")]
async fn who_is_there_is_not_touched_and_noted() {
    let rig =
        Rig::of(json!([{ "email_address": "old@a.example", "status": "unsubscribed", "merge_fields": { "FNAME": "Ada" } }])).await;
    let table = people(&["old@a.example", "new@a.example"]).with("FNAME", PhysicalType::Utf8, "attribute", ["X", "X"]);
    let told = rig.contacts(Operation::Insert, r#"{"new_contacts":"pending"}"#, table).await;
    assert_eq!(words::outcomes(&told, 2), ["accepted"; 2]);
    let notes: Vec<_> = told.receipt.notes.iter().map(|(row, reason)| (*row, reason.vendor_code.as_deref())).collect();
    assert_eq!(notes, [(0, Some("ERROR_CONTACT_EXISTS"))]);
    let got = state::of_contacts(&rig.twin, "status", ["old@a.example", "new@a.example"]).await;
    assert_eq!(got, [json!("unsubscribed"), json!("pending")]);
    let [old, new] = state::of_contacts(&rig.twin, "merge_fields", ["old@a.example", "new@a.example"]).await;
    assert_eq!((&old["FNAME"], &new["FNAME"]), (&json!("Ada"), &json!("X")));
}

/// "HTTP is 200 even when rows fail: always read `errors`."
#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_fails_is_alone_in_a_success() {
    let rig = Rig::of(json!([])).await;
    state::have_merge_field(&rig.twin, "BDAY", "birthday");
    let emails = ["a@a.example", "b@a.example", "nobody", "c@a.example"];
    let table = people(&emails).with("BDAY", PhysicalType::Utf8, "attribute", ["03/27", "27 March", "03/27", ""]);
    let told = rig.contacts(Operation::Insert, "{}", table).await;
    let got = words::outcomes(&told, 4);
    assert_eq!(got, ["accepted", "rejected dest-field-invalid", "rejected bad-format", "accepted"]);
    assert_eq!(state::emails(&rig.twin).await, ["a@a.example", "c@a.example"]);
}

/// "`POST /3.0/lists/{list_id}…`: 500 members"; "with `skip_duplicate_check=true` the first is kept".
#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_are_one_request_and_a_twin_among_them_follows_in_another() {
    let rig = Rig::of(json!([])).await;
    let emails: Vec<String> = (0..500).map(|n| format!("p{}@a.example", n % 499)).collect();
    let emails: Vec<&str> = emails.iter().map(String::as_str).collect();
    let told = rig.contacts(Operation::Insert, "{}", people(&emails)).await;
    let told = words::outcomes(&told, 500);
    assert!(told[..499].iter().all(|outcome| outcome == "accepted"), "{told:?}");
    assert_eq!(told[499], "retry dest-batch-too-large");
    assert_eq!((state::emails(&rig.twin).await.len(), rig.lines().len()), (499, 1));
}
