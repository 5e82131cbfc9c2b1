//! Requests that were really sent, held against the vendor's own description, where it lies beside the project. The description is
//! never copied into the project; where it is absent one line says so.

use serde_json::{Value, json};
use sluice_catalog::{columnar::PhysicalType, contract::Operation};
use sluice_conformance::{Cell, Table, described};
use sluice_twins::iterable::Project;

use crate::{
    rig::{BULK_UPDATE, Rig, SUBSCRIBE, UNSUBSCRIBE, UPDATE_ONLY, VIP, people},
    state,
};

fn description() -> Option<Value> {
    Some(described("iterable/api-docs.json")?.parse().unwrap())
}

/// The schema of the JSON body that an endpoint takes, closed: a name that is not described is a mistake of ours.
fn body_schema(description: &Value, path: &str) -> jsonschema::Validator {
    let parameters = description["paths"][path]["post"]["parameters"].as_array().unwrap();
    let body = parameters.iter().find(|p| p["in"] == "body").unwrap();
    let definitions: serde_json::Map<String, Value> = description["definitions"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, schema)| {
            let mut schema = schema.clone();
            if schema["properties"].is_object() {
                schema["additionalProperties"] = Value::Bool(false);
            }
            (name.clone(), schema)
        })
        .collect();
    let reference = body["schema"]["$ref"].as_str().unwrap();
    assert!(definitions[reference.rsplit('/').next().unwrap()]["properties"].is_object(), "{path} is described");
    jsonschema::validator_for(&json!({ "$ref": reference, "definitions": definitions })).unwrap()
}

fn hold(validator: &jsonschema::Validator, bodies: &[Value]) {
    for body in bodies {
        let errors: Vec<String> = validator.iter_errors(body).map(|e| format!("{}: {e}", e.instance_path())).collect();
        assert!(errors.is_empty(), "{errors:?} in {body}");
    }
}

fn sent(rig: &Rig, method: &str, path: &str) -> Vec<Value> {
    rig.twin.log().to(path).iter().filter(|e| e.method == method).map(|e| e.json().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_are_as_the_vendor_describes_them() {
    let Some(description) = description() else { return };
    let rig = Rig::of(Project::Hybrid).await;
    let both = || {
        people([Cell::from("u_1"), Cell::Null]).and_by("email", ["a@example.org", "b@example.org"]).with(
            "tags",
            PhysicalType::Json,
            "attribute",
            [Cell::Absent, "[1,2]".into()],
        )
    };
    rig.upsert(both()).await;
    let keep = rig.setup(VIP).await.unwrap();
    rig.list(&keep, Operation::Add, both()).await;
    rig.list(&keep, Operation::Remove, people(["u_1"])).await;
    let by_address = Rig::of(Project::Email).await;
    by_address.upsert(people(["u_1"])).await;
    for (rig, path) in
        [(&rig, BULK_UPDATE), (&by_address, BULK_UPDATE), (&rig, SUBSCRIBE), (&rig, UNSUBSCRIBE), (&rig, "/api/lists")]
    {
        let bodies = sent(rig, "POST", path);
        assert_eq!(bodies.len(), 1, "{path}");
        let validator = body_schema(&description, path);
        hold(&validator, &bodies);
        let strange = json!({ "listId": "seven", "users": 7, "name": 7 });
        assert!(!validator.is_valid(&strange), "the description of {path} says something");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_are_as_the_vendor_describes_them() {
    let Some(description) = description() else { return };
    let rig = Rig::of(Project::Email).await;
    state::have_list(&rig.twin, 7, "vip", "Standard", json!([{ "email": "a@example.org" }]));
    rig.stage.members("7", None, None).await.unwrap().unwrap();
    for (identifier, name) in [("email", "a@example.org"), ("userId", "u_1")] {
        rig.told(UPDATE_ONLY, Operation::Update, Table::by(identifier, [name])).await.unwrap().unwrap();
    }
    let asked: Vec<_> = rig.twin.log().entries().into_iter().filter(|e| e.method == "GET").collect();
    assert_eq!(asked.len(), 4);
    for asked in asked {
        let described = &description["paths"][&asked.path]["get"];
        let parameters = described["parameters"].as_array().unwrap_or_else(|| panic!("{} is described", asked.path));
        let known = |name: &str| parameters.iter().any(|p| p["in"] == "query" && p["name"] == name);
        let names = asked.query.as_deref().unwrap_or_default().split('&').filter_map(|pair| Some(pair.split_once('=')?.0));
        let names: Vec<&str> = names.collect();
        assert!(names.iter().all(|name| known(name)), "{} {names:?}", asked.path);
        let required = parameters.iter().filter(|p| p["required"] == true);
        assert!(required.map(|p| p["name"].as_str().unwrap()).all(|name| names.contains(&name)), "{}", asked.path);
    }
}
