//! Bodies that were really sent, held against the vendor's own description, where it lies beside the project. The description is
//! never copied into the project; where it is absent one line says so.

use saphyr_parser::{Event, Parser, ScalarStyle};
use serde_json::{Map, Value};
use sluice_catalog::{columnar::PhysicalType, contract::Operation};
use sluice_conformance::{Cell, Table, described};
use sluice_twins::braze::{Channel, Options, SubscriptionGroup};

use crate::rig::{API_KEY, ATTRIBUTES, EVENTS, LISTS, Rig, SUBSCRIPTION, SUBSCRIPTIONS, TRACK, people};

const GROUP: &str = "4a3b2c1d-0000-4e5f-8a9b-112233445566";

/// The description's file of an endpoint.
fn description(file: &str) -> Option<Value> {
    Some(yaml(&described(&format!("braze/{file}"))?))
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
    let Some(description) = description("braze-user-data-api-openapi.yml") else { return };
    let validator = body_schema(&description, TRACK);
    let rig = Rig::new().await;
    let attributes = people(["C-1", "C-2"])
        .with("is_vip", PhysicalType::Boolean, "attribute", [Cell::Bool(true), Cell::Null])
        .with("tags", PhysicalType::Json, "attribute", [Cell::Absent, "[1,2]".into()]);
    let flags = people(["C-1"]).with("in_shop", PhysicalType::Boolean, "attribute", [true]);
    let event = Table::by("user_alias_name", ["lea"])
        .with("name", PhysicalType::Utf8, "attribute", ["order"])
        .with("time", PhysicalType::TimestampMicros, "event-time", [0])
        .with("sku", PhysicalType::Utf8, "attribute", ["TS-1"]);
    let writes = [
        (ATTRIBUTES, Operation::Upsert, attributes),
        (LISTS.options(r#"{"attribute":"in_shop"}"#), Operation::Update, flags),
        (EVENTS.options(r#"{"user_alias_label":"crm"}"#), Operation::Append, event),
    ];
    for (work, operation, table) in writes {
        rig.told(work, operation, table).await.unwrap().unwrap();
    }
    let bodies: Vec<Value> = rig.twin.log().to(TRACK).iter().map(|e| e.json().unwrap()).collect();
    assert_eq!(bodies.len(), 3);
    hold(&validator, &bodies);
    assert!(!validator.is_valid(&serde_json::json!({ "attributes": { "external_id": "C-1" } })), "the description says something");
    assert!(!validator.is_valid(&serde_json::json!({ "attribute": [] })));
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_of_subscriptions_are_as_the_vendor_describes_them() {
    let Some(description) = description("braze-subscription-groups-sms-and-whatsapp-api-openapi.yml") else { return };
    let validator = body_schema(&description, SUBSCRIPTION);
    let subscription_groups = vec![SubscriptionGroup { id: GROUP.to_owned(), channel: Channel::Email }];
    let rig = Rig::with(Options { subscription_groups, ..Options::with_key(API_KEY) }, API_KEY).await;
    let options = format!(r#"{{"subscription_group_id":"{GROUP}"}}"#);
    for (operation, table) in
        [(Operation::Add, Table::by("email", ["a@example.com", "b@example.com"])), (Operation::Remove, people(["C-1"]))]
    {
        rig.told(SUBSCRIPTIONS.options(&options), operation, table).await.unwrap().unwrap();
    }
    let bodies: Vec<Value> = rig.twin.log().to(SUBSCRIPTION).iter().map(|e| e.json().unwrap()).collect();
    assert_eq!(bodies.len(), 2);
    hold(&validator, &bodies);
    let by_number = serde_json::json!({ "subscription_groups": [{ "subscription_group_id": 7 }] });
    assert!(!validator.is_valid(&by_number), "the description says something");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_connection_check_asks_what_the_vendor_describes() {
    let Some(description) = description("braze-export-segment-api-openapi.yml") else { return };
    let rig = Rig::new().await;
    rig.stage.check().await.unwrap().unwrap();
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
