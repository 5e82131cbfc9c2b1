//! The description is generated from the handlers and checked in: a change of the interface is seen in review.

#![allow(missing_docs)]

use std::{fs, path::Path};

#[test]
fn the_checked_in_description_is_the_one_of_the_handlers() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
    let now = serde_json::to_string_pretty(&sluice_api::openapi()).unwrap() + "\n";
    if std::env::var_os("SLUICE_UPDATE_OPENAPI").is_some() {
        fs::write(&path, &now).unwrap();
    }
    let checked_in = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        checked_in == now,
        "host/api/openapi.json is not what the handlers say; run SLUICE_UPDATE_OPENAPI=1 cargo test -p sluice-api --test openapi"
    );
}

#[test]
fn every_operation_has_a_name_a_summary_a_tag_and_a_role() {
    let json = serde_json::to_value(sluice_api::openapi()).unwrap();
    let mut names = std::collections::BTreeSet::new();
    for (path, item) in json["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let name = operation["operationId"].as_str().unwrap();
            assert!(names.insert(name.to_owned()), "{name} twice");
            assert!(operation["summary"].is_string() && operation["tags"].is_array(), "{method} {path}");
            assert!(operation["security"].is_array(), "{method} {path} says who may");
        }
    }
}

#[test]
fn every_reference_leads_somewhere() {
    fn references<'a>(value: &'a serde_json::Value, out: &mut std::collections::BTreeSet<&'a str>) {
        match value {
            serde_json::Value::Object(fields) => {
                out.extend(fields.get("$ref").and_then(|r| r.as_str()));
                fields.values().for_each(|field| references(field, out));
            }
            serde_json::Value::Array(items) => items.iter().for_each(|item| references(item, out)),
            _ => {}
        }
    }
    let json = serde_json::to_value(sluice_api::openapi()).unwrap();
    let mut found = std::collections::BTreeSet::new();
    references(&json, &mut found);
    let dangling: Vec<_> = found.iter().filter(|r| json.pointer(r.trim_start_matches('#')).is_none()).collect();
    assert!(found.len() > 20 && dangling.is_empty(), "{dangling:?}");
}
