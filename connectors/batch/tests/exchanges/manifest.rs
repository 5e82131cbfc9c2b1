//! The manifest and the code say the same.

use serde_json::json;
use sluice_catalog::{
    contract::{Halt, Operation},
    manifest::Manifest,
};
use sluice_conformance::words;

use crate::rig::{Rig, profiles, row};

fn manifest() -> Manifest {
    Manifest::parse(include_str!("../../connector.toml")).expect("the manifest holds")
}

#[test]
fn a_destination_is_a_project_apps_or_both() {
    let validator = jsonschema::validator_for(&manifest().settings).expect("a schema");
    for (settings, good) in [
        (json!({ "project_key": "project_0664hxvw" }), true),
        (json!({ "app_api_keys": ["5FE1A2", "DEV7C03B9"] }), true),
        (json!({ "project_key": "project_0664hxvw", "app_api_keys": ["5FE1A2"] }), true),
        (json!({}), false),
        (json!({ "project_key": "" }), false),
        (json!({ "project_key": "a b" }), false),
        (json!({ "app_api_keys": [] }), false),
        (json!({ "app_api_keys": ["5FE1A2", "5FE1A2"] }), false),
        (json!({ "app_api_keys": ["../1.1/5FE1A2"] }), false),
        (json!({ "app_api_key": "5FE1A2" }), false),
    ] {
        assert_eq!(validator.is_valid(&settings), good, "{settings}");
    }
}

/// "An upper-case key is refused or lower-cased depending on path": the host's check knows letters and no case, so the connector looks.
#[tokio::test(flavor = "multi_thread")]
async fn a_name_in_upper_case_stops_the_run_before_anything_is_sent() {
    let custom = manifest().services["profiles"].custom_fields.clone().unwrap();
    assert_eq!((custom.name_charset.as_deref(), custom.name_chars_max), (Some("word"), 30));
    let rig = Rig::new().await;
    let halt = rig.write(profiles("{}"), Operation::Upsert, row("C-1", "City", "Nice")).await.unwrap_err();
    assert_eq!(words::halt(&halt), "config dest-config");
    assert!(matches!(&halt, Halt::Config(reason) if reason.message.contains("`City`")), "{halt:?}");
    assert_eq!(rig.twin.log().total(), 0);
}
