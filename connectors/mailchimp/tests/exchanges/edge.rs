//! Keys, data centers and audiences that do not fit, in Mailchimp's own words.

use serde_json::json;
use sluice_catalog::{
    columnar::PhysicalType,
    contract::{Halt, Operation},
};
use sluice_conformance::{Work, words};

use crate::rig::{LIST, Rig, people};

/// "proves the key and the audience. 401 `API Key Invalid` …, 404 = unknown list".
#[tokio::test(flavor = "multi_thread")]
async fn a_check_tells_a_wrong_key_from_a_wrong_audience() {
    let fine = Rig::of(json!([])).await.stage.check().await.unwrap().unwrap();
    assert!(fine.contains("Connected to the audience"), "{fine}");
    for (key, list_id, wanted) in
        [("other-us19", LIST, "auth dest-auth"), ("5e1f-us19", "ffffffffff", "missing dest-object-missing")]
    {
        let told = Rig::with(key, list_id).await.stage.check().await.unwrap();
        assert_eq!(words::halt(&told.unwrap_err()), wanted, "{key} {list_id}");
    }
}

/// A contact's path says 404 for a missing audience too, so a run asks after the audience before it takes everybody for a stranger.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_a_stranger_in_an_audience_that_is_not_there() {
    let rig = Rig::with("5e1f-us19", "ffffffffff").await;
    for (service, options, operation) in
        [("contacts", "{}", Operation::Update), ("segments", r#"{"segment":"VIP FR"}"#, Operation::Add)]
    {
        let work = Work { service, mode: "", options, keep: b"7" };
        let (schema, _) = people(&["a@a.example"]).into_parts();
        let told = rig.stage.prepare(work, operation, schema).await.unwrap();
        assert_eq!(words::halt(&told.unwrap_err()), "missing dest-object-missing", "{service}");
    }
    let work = Work { service: "contacts", mode: "upsert", options: "{}", keep: b"" };
    let told = rig.stage.write(work, b"", Operation::Upsert, people(&["a@a.example"])).await.unwrap();
    assert_eq!(words::halt(&told.unwrap_err()), "missing dest-object-missing");
}

/// "Merge fields must exist first; unknown tags are ignored", "merge tags are case-insensitive".
#[tokio::test(flavor = "multi_thread")]
async fn a_merge_field_that_the_audience_lacks_stops_the_run_and_is_named() {
    let rig = Rig::of(json!([])).await;
    for (tag, wanted) in [("FNAME", None), ("lname", None), ("LTV", Some("LTV"))] {
        let table = people(&["a@a.example"]).with(tag, PhysicalType::Utf8, "attribute", ["x"]);
        for (mode, operation) in [("upsert", Operation::Upsert), ("update-only", Operation::Update), ("insert", Operation::Insert)]
        {
            let work = Work { service: "contacts", mode, options: "{}", keep: b"" };
            let (schema, _) = table.clone().into_parts();
            let told = rig.stage.prepare(work, operation, schema).await.unwrap();
            let named = match &told {
                Err(Halt::Config(reason)) => reason.field.as_deref(),
                Err(other) => panic!("{tag}: {other:?}"),
                Ok(_) => None,
            };
            assert_eq!(named, wanted, "{tag} {mode}");
        }
    }
}
