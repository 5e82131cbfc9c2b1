//! Bodies that were really sent, held against the vendor's own description, where it lies beside the project. The description is
//! never copied into the project; where it is absent one line says so.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use saphyr_parser::{Event, Parser, ScalarStyle};
use serde_json::{Map, Value};
use sluice_catalog::{columnar::PhysicalType, contract::Operation};
use sluice_twins::braze::{Channel, Options, SubscriptionGroup};

use crate::{
    rig::{API_KEY, Rig, SUBSCRIPTION, TRACK},
    table::{Cell, Table},
};

const GROUP: &str = "4a3b2c1d-0000-4e5f-8a9b-112233445566";

/// The description's file of an endpoint, or a line that says where it was looked for.
fn described(file: &str) -> Option<Value> {
    let shared = std::env::var_os("SLUICE_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let path = shared.join("specs/braze").join(file);
    if path.is_file() {
        return Some(yaml(&std::fs::read_to_string(path).unwrap()));
    }
    // Past the capture of a test's output.
    let _ = writeln!(std::io::stderr(), "SKIPPED: there is no {}; set SLUICE_SHARED to the folder above specs/", path.display());
    None
}

/// The schema of the JSON body that an endpoint takes.
fn body_schema(description: &Value, path: &str) -> jsonschema::Validator {
    let schema = &description["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"];
    assert!(schema["properties"].is_object(), "{path} is described: {schema}");
    let mut schema = schema.clone();
    // The description names the members; a name that is not among them is a mistake of ours.
    schema["additionalProperties"] = Value::Bool(false);
    jsonschema::validator_for(&schema).unwrap()
}

fn hold(validator: &jsonschema::Validator, bodies: &[Value]) {
    for body in bodies {
        let errors: Vec<String> = validator.iter_errors(body).map(|e| format!("{}: {e}", e.instance_path())).collect();
        assert!(errors.is_empty(), "{errors:?} in {body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_of_track_are_as_the_vendor_describes_them() {
    let Some(description) = described("braze-user-data-api-openapi.yml") else { return };
    let validator = body_schema(&description, TRACK);
    let rig = Rig::new().await;
    let attributes = Table::of(["C-1", "C-2"])
        .with("is_vip", PhysicalType::Boolean, "attribute", [Cell::Bool(true), Cell::Null])
        .with("tags", PhysicalType::Json, "attribute", [Cell::Absent, "[1,2]".into()]);
    let flags = Table::of(["C-1"]).with("in_shop", PhysicalType::Boolean, "attribute", [true]);
    let event = Table::by("user_alias_name", ["lea"])
        .with("name", PhysicalType::Utf8, "attribute", ["order"])
        .with("time", PhysicalType::TimestampMicros, "event-time", [0])
        .with("sku", PhysicalType::Utf8, "attribute", ["TS-1"]);
    let writes = [
        ("attributes", "upsert", "{}", Operation::Upsert, attributes),
        ("lists", "boolean-attribute", r#"{"attribute":"in_shop"}"#, Operation::Update, flags),
        ("events", "append", r#"{"user_alias_label":"crm"}"#, Operation::Append, event),
    ];
    for (service, mode, options, operation, table) in writes {
        rig.told(service, mode, options, operation, table).await.unwrap().unwrap();
    }
    let bodies: Vec<Value> = rig.twin.log().to(TRACK).iter().map(|e| e.json().unwrap()).collect();
    assert_eq!(bodies.len(), 3);
    hold(&validator, &bodies);
    assert!(!validator.is_valid(&serde_json::json!({ "attributes": { "external_id": "C-1" } })), "the description says something");
    assert!(!validator.is_valid(&serde_json::json!({ "attribute": [] })));
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_of_subscriptions_are_as_the_vendor_describes_them() {
    let Some(description) = described("braze-subscription-groups-sms-and-whatsapp-api-openapi.yml") else { return };
    let validator = body_schema(&description, SUBSCRIPTION);
    let subscription_groups = vec![SubscriptionGroup { id: GROUP.to_owned(), channel: Channel::Email }];
    let rig = Rig::with(Options { subscription_groups, ..Options::with_key(API_KEY) }, API_KEY).await;
    let options = format!(r#"{{"subscription_group_id":"{GROUP}"}}"#);
    for (operation, table) in
        [(Operation::Add, Table::by("email", ["a@example.com", "b@example.com"])), (Operation::Remove, Table::of(["C-1"]))]
    {
        rig.told("subscriptions", "list", &options, operation, table).await.unwrap().unwrap();
    }
    let bodies: Vec<Value> = rig.twin.log().to(SUBSCRIPTION).iter().map(|e| e.json().unwrap()).collect();
    assert_eq!(bodies.len(), 2);
    hold(&validator, &bodies);
    let by_number = serde_json::json!({ "subscription_groups": [{ "subscription_group_id": 7 }] });
    assert!(!validator.is_valid(&by_number), "the description says something");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_connection_check_asks_what_the_vendor_describes() {
    let Some(description) = described("braze-export-segment-api-openapi.yml") else { return };
    let rig = Rig::new().await;
    rig.check().await.unwrap();
    let asked = &rig.twin.log().entries()[0];
    let endpoint = &description["paths"][&asked.path][asked.method.to_lowercase()];
    let (name, _) = asked.query.as_deref().and_then(|q| q.split_once('=')).unwrap();
    let parameters = endpoint["parameters"].as_array().unwrap();
    assert!(parameters.iter().any(|p| p["in"] == "query" && p["name"] == name), "{parameters:?}");
}

/// A YAML document as JSON: mappings, sequences, and scalars by the core schema. Anchors and tags do not occur in the description.
fn yaml(text: &str) -> Value {
    let mut parser = Parser::new_from_str(text);
    loop {
        match next(&mut parser) {
            Event::StreamStart | Event::DocumentStart(_) => {}
            first => return node(&mut parser, first),
        }
    }
}

fn next<'a>(parser: &mut Parser<'a, saphyr_parser::StrInput<'a>>) -> Event<'a> {
    parser.next_event().expect("the document ends by itself").expect("YAML").0
}

fn node<'a>(parser: &mut Parser<'a, saphyr_parser::StrInput<'a>>, event: Event<'a>) -> Value {
    match event {
        Event::Scalar(text, ScalarStyle::Plain, ..) => match text.as_ref() {
            "" | "~" | "null" => Value::Null,
            plain => plain.parse().ok().filter(|v: &Value| !v.is_null()).unwrap_or_else(|| plain.into()),
        },
        Event::Scalar(text, ..) => text.into_owned().into(),
        Event::SequenceStart(..) => {
            let mut items = Vec::new();
            loop {
                match next(parser) {
                    Event::SequenceEnd => return items.into(),
                    item => items.push(node(parser, item)),
                }
            }
        }
        Event::MappingStart(..) => {
            let mut members = Map::new();
            loop {
                match next(parser) {
                    Event::MappingEnd => return members.into(),
                    Event::Scalar(name, ..) => {
                        let value = next(parser);
                        members.insert(name.into_owned(), node(parser, value));
                    }
                    other => panic!("a name that is no text: {other:?}"),
                }
            }
        }
        other => panic!("{other:?} in the description"),
    }
}
