//! "Synchronize objects": `batch/upsert` by a property with unique values, `batch/update` and `batch/create` after a look-up.

use serde_json::json;
use sluice_catalog::{columnar::PhysicalType, contract::Operation};
use sluice_conformance::{Cell, Table};
use sluice_twins::{Answer, Fault};

use crate::rig::{COMPANIES, Rig, records};

fn contacts<const N: usize>(addresses: [&str; N]) -> Table {
    Table::by("email", addresses).with("plan", PhysicalType::Utf8, "attribute", ["gold"; N])
}

#[tokio::test(flavor = "multi_thread")]
async fn contacts_are_made_and_updated_by_their_address() {
    let rig = Rig::new().await;
    let work = records("contacts", "upsert", "{}");
    let told = rig.outcomes(work, Operation::Upsert, contacts(["lea@example.org", "bad@", "lea@example.org"])).await;
    assert_eq!(told, ["accepted", "rejected bad-format", "retry dest-batch-too-large"]);
    let cleared = Table::by("email", ["lea@example.org"]).with("plan", PhysicalType::Utf8, "attribute", [Cell::Null]);
    for (table, plan) in [(contacts(["lea@example.org"]), json!("gold")), (cleared, json!(""))] {
        assert_eq!(rig.outcomes(work, Operation::Upsert, table).await, ["accepted"]);
        let shown = rig.record("contacts", "email", "lea@example.org", "plan").await.unwrap()["properties"]["plan"].clone();
        assert!(shown == plan || plan == "" && shown.is_null(), "{shown}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_insert_changes_nobody_and_an_update_makes_nobody() {
    let rig = Rig::new().await;
    let company = |keys: [&'static str; 2], name: &'static str| {
        Table::by("unique_value", keys).with("name", PhysicalType::Utf8, "attribute", [name; 2])
    };
    let insert = records("companies", "insert", COMPANIES);
    let update = records("companies", "update-only", COMPANIES);
    let name = |key: &'static str| rig.record("companies", "customer_no", key, "name");
    assert_eq!(rig.outcomes(insert, Operation::Insert, company(["K-1", "K-2"], "Acme")).await, ["accepted"; 2]);
    assert_eq!(rig.outcomes(insert, Operation::Insert, company(["K-2", "K-3"], "Other")).await, ["accepted"; 2]);
    assert_eq!(name("K-2").await.unwrap()["properties"]["name"], "Acme");
    let told = rig.outcomes(update, Operation::Update, company(["K-1", "K-4"], "Acme Inc.")).await;
    assert_eq!(told, ["accepted", "skipped not-found-in-destination"]);
    assert_eq!(name("K-1").await.unwrap()["properties"]["name"], "Acme Inc.");
    assert!(name("K-4").await.is_none());
}

/// "Unknown or read-only property -> error", and `domain` is not unique.
#[tokio::test(flavor = "multi_thread")]
async fn a_property_that_is_not_there_and_a_key_that_is_none_stop_the_run() {
    let rig = Rig::new().await;
    let table = Table::by("email", ["lea@example.org"]).with("no_such_property", PhysicalType::Utf8, "attribute", ["x"]);
    let told = rig.write(records("contacts", "upsert", "{}"), Operation::Upsert, table).await;
    assert_eq!(sluice_conformance::words::halt(&told.unwrap_err()), "config dest-config");
}

/// "Throttled: 429"; "`DAILY` = stop until midnight" is held by the unit tests.
#[tokio::test(flavor = "multi_thread")]
async fn each_status_has_its_code() {
    for (status, end) in [
        (401, "auth dest-auth"),
        (403, "config dest-permission"),
        (404, "missing dest-object-missing"),
        (413, "split-batch dest-batch-too-large"),
        (423, "unavailable dest-unavailable"),
        (429, "throttled dest-rate-limited"),
        (477, "unavailable dest-unavailable"),
    ] {
        let rig = Rig::new().await;
        rig.twin.faults().arm(Fault::on("/crm/objects/2026-03/contacts/batch/upsert").answer(Answer::Status { status })).unwrap();
        let told = rig.write(records("contacts", "upsert", "{}"), Operation::Upsert, contacts(["lea@example.org"])).await;
        assert_eq!(sluice_conformance::words::halt(&told.unwrap_err()), end, "{status}");
    }
}
