//! Contacts one by one: made, changed and left alone.

use serde_json::{Value, json};
use sluice_catalog::{columnar::PhysicalType, contract::Operation};
use sluice_conformance::{Cell, words};

use crate::{
    rig::{Rig, people},
    state,
};

/// "`.status_if_new`: PUT only; use `transactional` to store without marketing consent", "omit on update to keep the current status".
#[tokio::test(flavor = "multi_thread")]
async fn an_upsert_gives_a_status_to_new_contacts_and_takes_none_from_others() {
    for (options, wanted) in [("{}", "transactional"), (r#"{"new_contacts":"subscribed"}"#, "subscribed")] {
        let rig = Rig::of(json!([
            { "email_address": "sub@a.example", "status": "subscribed" },
            { "email_address": "gone@a.example", "status": "unsubscribed" },
        ]))
        .await;
        let told = rig.contacts(Operation::Upsert, options, people(&["sub@a.example", "gone@a.example", "new@a.example"])).await;
        assert_eq!(words::outcomes(&told, 3), ["accepted"; 3]);
        let got = state::of_contacts(&rig.twin, "status", ["sub@a.example", "gone@a.example", "new@a.example"]).await;
        assert_eq!(got, [json!("subscribed"), json!("unsubscribed"), json!(wanted)]);
    }
}

/// "empty string clears a value whatever its type", "booleans are not a type: send "true"/"false"", "keys = merge TAGS (upper-case)".
#[tokio::test(flavor = "multi_thread")]
async fn merge_fields_are_set_emptied_and_left_alone() {
    let rig = Rig::of(json!([
        { "email_address": "a@a.example", "status": "subscribed", "merge_fields": { "FNAME": "Ada", "LNAME": "Lovelace" } },
        { "email_address": "b@a.example", "status": "subscribed", "merge_fields": { "FNAME": "Bo", "LNAME": "Berg" } },
    ]))
    .await;
    let table = people(&["a@a.example", "b@a.example"])
        .with("fname", PhysicalType::Utf8, "attribute", [Cell::from("Augusta"), Cell::Absent])
        .with("LNAME", PhysicalType::Utf8, "attribute", [Cell::Absent, Cell::Null]);
    for operation in [Operation::Upsert, Operation::Update] {
        let told = rig.contacts(operation, "{}", table.clone()).await;
        assert_eq!(words::outcomes(&told, 2), ["accepted"; 2], "{operation:?}");
        let [a, b] = state::of_contacts(&rig.twin, "merge_fields", ["a@a.example", "b@a.example"]).await;
        assert_eq!((&a["FNAME"], &a["LNAME"]), (&json!("Augusta"), &json!("Lovelace")));
        assert_eq!((&b["FNAME"], &b["LNAME"]), (&json!("Bo"), &Value::Null), "what is emptied is not there any more");
    }
}

/// "`PATCH`: update-only: 404 when absent".
#[tokio::test(flavor = "multi_thread")]
async fn an_update_makes_nobody() {
    let rig = Rig::of(json!([{ "email_address": "a@a.example", "status": "subscribed" }])).await;
    let told = rig.contacts(Operation::Update, "{}", people(&["a@a.example", "new@a.example"])).await;
    assert_eq!(words::outcomes(&told, 2), ["accepted", "skipped not-found-in-destination"]);
    assert_eq!(state::emails(&rig.twin).await, ["a@a.example"]);
}

/// "`{hash}` = MD5 hex of the lower-cased, trimmed e-mail".
#[tokio::test(flavor = "multi_thread")]
async fn no_address_stands_in_a_path() {
    let rig = Rig::of(json!([])).await;
    rig.contacts(Operation::Upsert, "{}", people(&["Lea.Martin@a.example"])).await;
    assert_eq!(state::emails(&rig.twin).await.len(), 1);
    let lines = rig.lines();
    assert!(lines.iter().all(|line| !format!("{line:?}").to_lowercase().contains("martin")), "{lines:?}");
}

/// "`birthday` = `MM/DD`", "400 Invalid Resource (+ `errors[]`): bad field of one member".
#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_does_not_fit_its_field_is_refused_with_the_fields_name() {
    let rig = Rig::of(json!([])).await;
    state::have_merge_field(&rig.twin, "BDAY", "birthday");
    let table = people(&["a@a.example", "b@a.example"]).with("BDAY", PhysicalType::Utf8, "attribute", ["03/27", "27 March"]);
    let told = rig.contacts(Operation::Upsert, "{}", table).await;
    assert_eq!(words::outcomes(&told, 2), ["accepted", "rejected dest-field-invalid"]);
    let Some((1, sluice_catalog::contract::Outcome::Rejected(reason))) = told.receipt.except.first() else { panic!("{told:?}") };
    assert_eq!(reason.field.as_deref(), Some("BDAY"));
    assert_eq!(state::emails(&rig.twin).await, ["a@a.example"]);
}

/// "audience with required merge fields rejects members unless `skip_merge_validation=true`".
#[tokio::test(flavor = "multi_thread")]
async fn a_field_that_the_audience_requires_and_nobody_mapped_keeps_no_contact_out() {
    let rig = Rig::of(json!([{ "email_address": "a@a.example", "status": "subscribed" }])).await;
    state::have_required_merge_field(&rig.twin, "SHOP");
    for (operation, email) in
        [(Operation::Update, "a@a.example"), (Operation::Upsert, "b@a.example"), (Operation::Insert, "c@a.example")]
    {
        let table = people(&[email]).with("FNAME", PhysicalType::Utf8, "attribute", ["Ada"]);
        let told = rig.contacts(operation, "{}", table).await;
        assert_eq!(words::outcomes(&told, 1), ["accepted"], "{operation:?}");
        let [fields] = state::of_contacts(&rig.twin, "merge_fields", [email]).await;
        assert_eq!(fields, json!({ "FNAME": "Ada" }), "{operation:?}");
    }
}

/// "10 simultaneous connections per user across all apps (429 beyond)".
#[tokio::test(flavor = "multi_thread")]
async fn a_whole_batch_of_single_requests_is_never_too_many_at_once() {
    let rig = Rig::of(json!([])).await;
    let emails: Vec<String> = (0..200).map(|n| format!("p{n}@a.example")).collect();
    let emails: Vec<&str> = emails.iter().map(String::as_str).collect();
    let told = rig.contacts(Operation::Upsert, "{}", people(&emails)).await;
    assert_eq!(words::outcomes(&told, 200), ["accepted"; 200]);
    assert_eq!(state::emails(&rig.twin).await.len(), 200);
    assert!(rig.twin.log().entries().iter().all(|entry| entry.status == Some(200)));
}
