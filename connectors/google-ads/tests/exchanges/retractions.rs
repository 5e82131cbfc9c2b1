//! `uploadConversionAdjustments` of the Google Ads API.

use sluice_catalog::contract::Operation;
use sluice_conformance::Table;

use crate::rig::{CLICKS, Rig, conversions, events};

/// "Second retraction -> `CONVERSION_ALREADY_RETRACTED`, treat as success."
#[tokio::test(flavor = "multi_thread")]
async fn a_conversion_is_taken_back_once_and_a_second_time_changes_nothing() {
    let rig = Rig::new().await;
    rig.done(events("click-conversions", CLICKS), Operation::Append, conversions(["ORD-1"], 30)).await;
    for _ in 0..2 {
        let table = Table::by("transactionId", ["ORD-1", "ORD-404"]);
        let told = rig.done(events("retractions", CLICKS), Operation::Append, table).await;
        assert_eq!(told.0, ["accepted", "rejected not-found-in-destination"]);
    }
}
