//! "Find: `GET /data/v1/customobjects?$search=<text>`; fields: `GET /data/v1/customobjects/{id}/fields`."

use sluice_catalog::{columnar::PhysicalType, contract::Operation};
use sluice_conformance::{Table, Work, words};

use crate::rig::{ID, Rig, UPSERT};

#[tokio::test(flavor = "multi_thread")]
async fn a_data_extension_is_found_by_its_external_key_or_its_id() {
    let rig = Rig::new().await;
    assert_eq!(rig.stage.setup(UPSERT).await.unwrap().unwrap(), ID.as_bytes());
    let by_id = format!(r#"{{"data_extension":"{ID}"}}"#);
    let work = Work { options: &by_id, ..UPSERT };
    assert_eq!(rig.stage.setup(work).await.unwrap().unwrap(), ID.as_bytes());
    let work = Work { options: r#"{"data_extension":"elsewhere"}"#, ..UPSERT };
    assert_eq!(words::halt(&rig.stage.setup(work).await.unwrap().unwrap_err()), "config settings-invalid");
}

/// "Unknown columns are **not** created and fail the request/row": told before a row is sent.
#[tokio::test(flavor = "multi_thread")]
async fn a_mapping_that_does_not_fit_stops_the_run_with_the_columns_name() {
    let rig = Rig::new().await;
    let one = || Table::by("key", ["c-1"]);
    for (name, ty) in [("Colour", PhysicalType::Utf8), ("tier", PhysicalType::Utf8), ("Points", PhysicalType::Utf8)] {
        let told = rig.prepared(UPSERT, Operation::Upsert, one().with(name, ty, "attribute", ["x"])).await.unwrap_err();
        assert_eq!(words::halt(&told), "config dest-config", "{name}");
    }
    assert_eq!(rig.prepared(UPSERT, Operation::Upsert, one()).await.map(|_| ()), Ok(()));
    assert!(rig.rows().is_empty());
}
