//! "Associations": `batch/associate/default` and `batch/create`, of records that were looked up.

use sluice_catalog::{columnar::PhysicalType, contract::Operation};
use sluice_conformance::Table;

use crate::rig::{COMPANIES, Rig, records};

fn deals(options: &str) -> String {
    format!(
        r#"{{"unique_property":"deal_no","associations":[{{"field":"customer_no","object":"companies","key":"customer_no"{options}}}]}}"#
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deal_is_associated_with_the_company_that_its_field_names() {
    let rig = Rig::new().await;
    let companies = Table::by("unique_value", ["K-1"]);
    assert_eq!(rig.outcomes(records("companies", "upsert", COMPANIES), Operation::Upsert, companies).await, ["accepted"]);
    let table = || Table::by("unique_value", ["D-1", "D-2"]).with("customer_no", PhysicalType::Utf8, "attribute", ["K-1", "K-9"]);
    for (options, second) in [
        ("", "rejected not-found-in-destination"),
        (r#","required":false"#, "accepted"),
        (r#","label":{"category":"HUBSPOT_DEFINED","type_id":341},"required":false"#, "accepted"),
    ] {
        let options = deals(options);
        let told = rig.outcomes(records("deals", "upsert", &options), Operation::Upsert, table()).await;
        assert_eq!(told, ["accepted", second], "{options}");
    }
    let default = "/crm/associations/2026-03/deals/companies/batch/associate/default";
    let sent = rig.twin.log().to(default)[0].json().unwrap();
    let id = |record: Option<serde_json::Value>| record.unwrap()["id"].clone();
    let (deal, company) = (
        id(rig.record("deals", "deal_no", "D-1", "dealname").await),
        id(rig.record("companies", "customer_no", "K-1", "name").await),
    );
    assert_eq!(sent["inputs"], serde_json::json!([{ "from": { "id": deal }, "to": { "id": company } }]));
}
