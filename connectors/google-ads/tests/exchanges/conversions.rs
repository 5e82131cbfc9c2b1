//! `events:ingest`: what is recorded, enhanced and adjusted.

use sluice_catalog::{columnar::PhysicalType, contract::Operation};
use sluice_conformance::{Table, words};

use crate::rig::{CLICKS, HOUR, MAIL, NOW, Rig, WEB, conversions, events};

const ALL: &str = "accepted";

#[tokio::test(flavor = "multi_thread")]
async fn conversions_of_clicks_are_recorded_and_bad_ones_do_not_spoil_them() {
    let rig = Rig::new().await;
    let work = events("click-conversions", CLICKS);
    let told = rig.done(work, Operation::Append, conversions(["ORD-1", "100234", "ORD-3"], 30)).await;
    assert_eq!(told, ([ALL, "rejected bad-format", ALL].map(str::to_owned).to_vec(), 0));
}

/// "An event with a matching `transactionId` supplements user data only where the original had none."
#[tokio::test(flavor = "multi_thread")]
async fn contact_data_joins_what_a_tag_has_recorded() {
    let rig = Rig::new().await;
    let table = Table::by("emailAddress", [MAIL]).with("transactionId", PhysicalType::Utf8, "attribute", ["ORD-1"]).with(
        "eventTimestamp",
        PhysicalType::TimestampMicros,
        "event-time",
        [NOW - HOUR],
    );
    let told = rig.done(events("enhanced-conversions-web", WEB), Operation::Append, table.clone()).await;
    assert_eq!(told, (vec![ALL.to_owned()], 0));
    // The other type of action is the operator's to mend: `INVALID_CONVERSION_ACTION_TYPE`.
    let told = rig.write(events("enhanced-conversions-web", r#"{"conversion_action_id":"404"}"#), Operation::Append, table).await;
    assert_eq!(words::halt(&told.unwrap_err()), "config dest-config");
}

/// "Not before 24 h after the conversion, not after 54 days."
#[tokio::test(flavor = "multi_thread")]
async fn a_value_is_restated_between_a_day_and_54_days_after_the_conversion() {
    let rig = Rig::new().await;
    rig.done(events("click-conversions", CLICKS), Operation::Append, conversions(["ORD-1"], 30)).await;
    let work = events("adjustments", CLICKS);
    for (hours, wanted) in [(24, ALL), (54 * 24, ALL), (23, "retry dest-unavailable"), (54 * 24 + 1, "rejected too-old")] {
        let told = rig.done(work, Operation::Append, conversions(["ORD-1"], hours)).await;
        assert_eq!(told.0, [wanted], "{hours}");
    }
}
