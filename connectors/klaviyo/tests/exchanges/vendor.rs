//! Requests that were really sent, held against the vendor's own description, where it lies beside the project. The description is
//! never copied into the project; where it is absent one line says so.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use serde_json::{Map, Value, json};
use sluice_catalog::{columnar::PhysicalType, contract::Operation};
use sluice_conformance::{Cell, Table};

use crate::rig::{INSERT, Rig, UPDATE, UPSERT, list, subscription};

/// The description, or a line that says where it was looked for.
fn described() -> Option<Value> {
    let shared = std::env::var_os("SLUICE_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let path = shared.join("specs/klaviyo/openapi-2026-07-15-trimmed.json");
    if path.is_file() {
        return Some(std::fs::read_to_string(path).unwrap().parse().unwrap());
    }
    // Past the capture of a test's output.
    let _ = writeln!(std::io::stderr(), "SKIPPED: there is no {}; set SLUICE_SHARED to the folder above specs/", path.display());
    None
}

/// A schema of OpenAPI 3.0 as JSON Schema, closed: a name that is not described is a mistake of ours.
fn closed(schema: &Value) -> Value {
    let Value::Object(members) = schema else {
        return match schema {
            Value::Array(items) => items.iter().map(closed).collect(),
            other => other.clone(),
        };
    };
    let mut schema: Map<String, Value> = members.iter().map(|(name, value)| (name.clone(), closed(value))).collect();
    if schema.get("properties").is_some_and(Value::is_object) && schema.get("type") == Some(&json!("object")) {
        schema.insert("additionalProperties".to_owned(), Value::Bool(false));
    }
    if schema.remove("nullable") == Some(Value::Bool(true)) {
        return json!({ "anyOf": [{ "type": "null" }, schema] });
    }
    Value::Object(schema)
}

/// The path of the description that a request's path is one of: `/api/lists/{id}/profiles`.
fn template<'d>(description: &'d Value, path: &str) -> (&'d str, &'d Value) {
    let fits = |template: &str| {
        let (of, parts) = (template.split('/').collect::<Vec<_>>(), path.split('/').collect::<Vec<_>>());
        of.len() == parts.len() && of.iter().zip(&parts).all(|(of, part)| of == part || of.starts_with('{'))
    };
    let mut paths = description["paths"].as_object().unwrap().iter();
    let (template, operations) = paths.find(|(template, _)| fits(template)).unwrap_or_else(|| panic!("{path} is described"));
    (template, operations)
}

/// One of everything that the connector can send.
async fn everything() -> Rig {
    let rig = Rig::new().await;
    rig.stage.check().await.unwrap().unwrap();
    let table = || {
        Table::by("email", ["a@example.com", "b@example.com"])
            .and_by("external_id", [Cell::from("C-1"), Cell::Null])
            .with("first_name", PhysicalType::Utf8, "attribute", ["Ada", "Bob"])
            .with("location.longitude", PhysicalType::Float64, "attribute", [Cell::Float(4.83), Cell::Absent])
            .with("tags", PhysicalType::Json, "attribute", [Cell::Null, "[1,2]".into()])
    };
    rig.outcomes(UPSERT, Operation::Upsert, table()).await;
    rig.outcomes(UPDATE, Operation::Update, table()).await;
    rig.outcomes(INSERT, Operation::Insert, table()).await;
    let (by_email, vip, known) =
        (|| Table::by("email", ["a@example.com"]), r#"{"list":"VIP"}"#, r#"{"list":"VIP","create_profiles":false}"#);
    let kept = rig.kept(vip).await;
    rig.outcomes(list(vip, &kept), Operation::Add, by_email()).await;
    rig.outcomes(list(known, &kept), Operation::Add, by_email()).await;
    rig.stage.members(std::str::from_utf8(&kept).unwrap(), None, None).await.unwrap().unwrap();
    let past = r#"{"list":"VIP","historical_import":true,"custom_source":"Shop"}"#;
    let consented = by_email().with("consented_at", PhysicalType::TimestampMicros, "attribute", [1_761_955_200_000_000_i64]);
    rig.outcomes(subscription(past, &kept), Operation::Add, consented).await;
    rig.outcomes(subscription(vip, &kept), Operation::Add, Table::by("phone_number", ["+33612345678"])).await;
    rig.outcomes(subscription(vip, &kept), Operation::Remove, by_email()).await;
    rig.outcomes(list(vip, &kept), Operation::Remove, by_email()).await;
    rig
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_as_the_vendor_describes_them() {
    let Some(description) = described() else { return };
    let rig = everything().await;
    let schemas = closed(&description["components"]["schemas"]);
    let mut sent: Vec<String> = Vec::new();
    for request in rig.twin.log().entries() {
        let (template, operations) = template(&description, &request.path);
        let operation = &operations[request.method.to_lowercase()];
        assert!(operation.is_object(), "{} {template} is described", request.method);
        let parameters = operation["parameters"].as_array().unwrap();
        let known = |name: &str| parameters.iter().any(|p| p["in"] == "query" && p["name"] == name);
        let names =
            request.query.as_deref().unwrap_or_default().split('&').filter_map(|pair| Some(pair.split_once('=')?.0.to_owned()));
        let names: Vec<String> = names.map(|name| name.replace("%5B", "[").replace("%5D", "]")).collect();
        assert!(names.iter().all(|name| known(name)), "{template} {names:?}");
        if let Some(content) = operation["requestBody"]["content"].as_object() {
            let reference = &content["application/vnd.api+json"]["schema"];
            let whole = json!({ "allOf": [reference], "components": { "schemas": schemas } });
            let validator = jsonschema::validator_for(&whole).unwrap();
            let body: Value = request.json().unwrap();
            let errors: Vec<String> = validator.iter_errors(&body).map(|e| format!("{}: {e}", e.instance_path())).collect();
            assert!(errors.is_empty(), "{errors:?} in {body}");
            assert!(!validator.is_valid(&json!({ "data": 7 })), "the description of {template} says something");
        }
        sent.push(format!("{} {template}", request.method));
    }
    sent.sort();
    sent.dedup();
    let wanted = [
        "DELETE /api/lists/{id}/relationships/profiles",
        "GET /api/accounts",
        "GET /api/lists",
        "GET /api/lists/{id}/profiles",
        "GET /api/profile-bulk-import-jobs/{job_id}",
        "GET /api/profiles",
        "GET /api/segments/{id}/profiles",
        "POST /api/lists",
        "POST /api/lists/{id}/relationships/profiles",
        "POST /api/profile-bulk-import-jobs",
        "POST /api/profile-subscription-bulk-create-jobs",
        "POST /api/profile-subscription-bulk-delete-jobs",
        "POST /api/profiles",
    ];
    assert_eq!(sent, wanted, "everything but errors, of which this account has none");
}
