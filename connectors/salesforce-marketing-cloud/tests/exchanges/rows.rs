//! "Synchronize data extensions": asynchronous `PUT` and `POST .../rows`, and what the data extension has afterwards.

use serde_json::json;
use sluice_catalog::{columnar::PhysicalType, contract::Operation};
use sluice_conformance::{Cell, Table};

use crate::rig::{FLAG, ID, INSERT, Rig, UPSERT};

/// The example of the body: text, number, instant, boolean, null.
#[tokio::test(flavor = "multi_thread")]
async fn a_row_has_what_was_mapped_and_keeps_what_was_left_out() {
    let rig = Rig::new().await;
    let table = Table::by("key", ["c-1042", "c-1043"])
        .with("Email", PhysicalType::Utf8, "attribute", ["lea@example.org", "max@example.org"])
        .with("Points", PhysicalType::Int64, "attribute", [412, 0])
        .with("Tier", PhysicalType::Utf8, "attribute", [Cell::from("gold"), Cell::Null])
        .with("LastOrderAt", PhysicalType::TimestampMicros, "attribute", [1_777_543_200_000_000_i64, 0]);
    assert_eq!(rig.outcomes(UPSERT, Operation::Upsert, table).await, ["accepted", "accepted"]);
    let sent = rig.twin.log().to(&format!("/data/v1/async/dataextensions/{ID}/rows"))[0].json().unwrap();
    let first = json!({ "MemberId": "c-1042", "Email": "lea@example.org", "Points": 412, "Tier": "gold", "LastOrderAt": "2026-04-30T10:00:00Z" });
    assert_eq!(sent["items"][0], first);
    let change = Table::by("key", ["c-1042"]).with("Points", PhysicalType::Int64, "attribute", [500]);
    assert_eq!(rig.outcomes(UPSERT, Operation::Upsert, change).await, ["accepted"]);
    let rows = rig.rows();
    assert_eq!((rows.len(), &rows[0]["Points"], &rows[0]["Tier"]), (2, &json!(500), &json!("gold")));
}

/// "Items are in submission order (index = row)": bad rows are told by name, and their neighbours arrive.
#[tokio::test(flavor = "multi_thread")]
async fn bad_rows_are_told_and_the_others_arrive() {
    let rig = Rig::new().await;
    let table = Table::by("key", ["c-1", "", "c-3", "c-4"])
        .with("Email", PhysicalType::Utf8, "attribute", ["a@example.org", "b@example.org", "nobody", "d@example.org"])
        .with("Tier", PhysicalType::Utf8, "attribute", ["gold", "gold", "gold", "platinum"]);
    let told = rig.outcomes(UPSERT, Operation::Upsert, table).await;
    assert_eq!(told, ["accepted", "rejected no-identifier", "rejected bad-format", "rejected too-long"]);
    assert_eq!(rig.rows().len(), 1);
}

/// "insert-only: an existing key gives a row error (PRIMARY KEY violation)."
#[tokio::test(flavor = "multi_thread")]
async fn an_insert_changes_no_row_that_is_there_and_says_so() {
    let rig = Rig::new().await;
    let points =
        |keys: [&str; 2], points: [i64; 2]| Table::by("key", keys).with("Points", PhysicalType::Int64, "attribute", points);
    assert_eq!(rig.done(INSERT, Operation::Insert, points(["c-1", "c-2"], [1, 2])).await.1, [0_u32; 0]);
    let (told, notes) = rig.done(INSERT, Operation::Insert, points(["c-2", "c-3"], [20, 30])).await;
    assert_eq!((told, notes), (vec!["accepted".to_owned(); 2], vec![0]));
    let rows = rig.rows();
    assert_eq!(rows.iter().map(|row| row["Points"].clone()).collect::<Vec<_>>(), [json!(1), json!(2), json!(30)]);
}

/// "A flag column upserted for leavers: recommended default."
#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_stays_with_a_flag_of_false() {
    let rig = Rig::new().await;
    let enter = Table::by("key", ["c-1", "c-2"]).with("Tier", PhysicalType::Utf8, "attribute", ["gold", "gold"]).with(
        "InSegment",
        PhysicalType::Boolean,
        "attribute",
        [true, true],
    );
    assert_eq!(rig.outcomes(FLAG, Operation::Update, enter).await, ["accepted", "accepted"]);
    let leave = Table::by("key", ["c-1"]).with("InSegment", PhysicalType::Boolean, "attribute", [false]);
    assert_eq!(rig.outcomes(FLAG, Operation::Update, leave).await, ["accepted"]);
    let rows = rig.rows();
    assert_eq!((&rows[0]["InSegment"], &rows[0]["Tier"], &rows[1]["InSegment"]), (&json!(false), &json!("gold"), &json!(true)));
}
