//! Properties and schemas (*Setup objects*).

use serde_json::{Value, json};

use crate::client::{Bench, by_email, send};

const PATH: &str = "/crm/properties/2026-03/contacts";

/// The body that the notes print.
fn body() -> Value {
    json!({
        "groupName": "contactinformation", "name": "loyalty", "label": "Loyalty", "type": "number", "fieldType": "number",
        "hasUniqueValue": false,
    })
}

fn with(changes: Value) -> Value {
    let mut body = body();
    for (name, value) in changes.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

#[tokio::test]
async fn a_property_is_made_and_can_be_written() {
    let bench = Bench::start().await;
    let input = || json!([by_email("a@example.org", json!({ "loyalty": "3" }))]);
    assert_eq!(bench.upsert(input()).await.0, 400);
    let (status, answer) = send(bench.post(PATH, &body())).await;
    assert_eq!((status, &answer["name"], &answer["type"]), (201, &json!("loyalty"), &json!("number")));
    assert_eq!(bench.upsert(input()).await.0, 200);
    let (status, answer) = send(bench.post(PATH, &body())).await;
    assert_eq!((status, &answer["category"]), (409, &json!("CONFLICT")));
    assert_eq!(bench.read(&format!("{PATH}/loyalty")).await["label"], "Loyalty");
    let (status, answer) = send(bench.get(&format!("{PATH}/nothing"))).await;
    assert_eq!((status, &answer["category"]), (404, &json!("OBJECT_NOT_FOUND")));
}

#[tokio::test]
async fn a_unique_one_finds_records() {
    let bench = Bench::start().await;
    let unique = with(json!({ "name": "card", "type": "string", "fieldType": "text", "hasUniqueValue": true }));
    assert_eq!(send(bench.post(PATH, &unique)).await.0, 201);
    let input = json!([{ "idProperty": "card", "id": "K-1", "properties": { "firstname": "A" } }]);
    assert_eq!(bench.upsert(input.clone()).await.1["results"][0]["new"], true);
    assert_eq!(bench.upsert(input).await.1["results"][0]["new"], false);
}

#[tokio::test]
async fn a_property_is_of_a_type_and_a_form_that_goes_with_it() {
    let bench = Bench::start().await;
    let options = json!([{ "label": "Gold", "value": "gold", "displayOrder": 0, "hidden": false }]);
    for (name, changes, want) in [
        ("a", json!({ "type": "string", "fieldType": "textarea" }), 201),
        ("b", json!({ "type": "bool", "fieldType": "booleancheckbox" }), 201),
        ("c", json!({ "type": "date", "fieldType": "date" }), 201),
        ("d", json!({ "type": "datetime", "fieldType": "date" }), 201),
        ("e", json!({ "type": "phone_number", "fieldType": "phonenumber" }), 201),
        ("f", json!({ "type": "enumeration", "fieldType": "select", "options": options }), 201),
        ("g", json!({ "type": "enumeration", "fieldType": "checkbox", "options": options }), 201),
        ("h", json!({ "type": "enumeration", "fieldType": "select" }), 400),
        ("h", json!({ "type": "enumeration", "fieldType": "select", "options": [{ "label": "Gold" }] }), 400),
        ("h", json!({ "type": "number", "fieldType": "number", "options": options }), 400),
        ("h", json!({ "type": "number", "fieldType": "text" }), 400),
        ("h", json!({ "type": "text", "fieldType": "text" }), 400),
        ("h", json!({ "type": "string", "fieldType": "string" }), 400),
        ("h", json!({ "type": "bool", "fieldType": "booleancheckbox", "hasUniqueValue": true }), 400),
        ("Upper", json!({}), 400),
        ("two words", json!({}), 400),
        ("h", json!({ "label": " " }), 400),
        ("h", json!({ "label": null }), 400),
        ("h", json!({ "groupName": "others" }), 400),
        ("h", json!({ "colour": "red" }), 400),
    ] {
        let body = with({
            let mut changes = changes.clone();
            changes["name"] = name.into();
            changes
        });
        let (status, answer) = send(bench.post(PATH, &body)).await;
        assert_eq!(status, want, "{body} {answer}");
    }
    assert_eq!(bench.upsert(json!([by_email("a@example.org", json!({ "f": "gold", "g": "gold" }))])).await.0, 200);
}

#[tokio::test]
async fn every_type_tells_of_its_properties() {
    let bench = Bench::start().await;
    for (kind, some) in [
        ("contacts", vec!["email", "firstname", "customer_id", "lastmodifieddate"]),
        ("0-2", vec!["domain", "company_code", "hs_lastmodifieddate"]),
        ("deals", vec!["dealname", "amount", "closedate"]),
        ("tickets", vec!["subject", "hs_pipeline_stage"]),
        ("p62515_cars", vec!["vin", "hs_object_id", "hs_createdate"]),
    ] {
        let answer = bench.read(&format!("/crm/properties/2026-03/{kind}")).await;
        let all = answer["results"].as_array().unwrap();
        for name in some {
            assert!(all.iter().any(|it| it["name"] == name), "{kind} {name}");
        }
    }
    let answer = bench.read(PATH).await;
    let of = |name: &str| answer["results"].as_array().unwrap().iter().find(|it| it["name"] == name).unwrap().clone();
    assert_eq!((&of("customer_id")["hasUniqueValue"], &of("email")["hasUniqueValue"]), (&json!(true), &json!(false)));
    assert_eq!(of("createdate")["modificationMetadata"]["readOnlyValue"], true);
    assert_eq!(of("interests")["options"][1]["value"], "hats");
    assert_eq!(of("hubspot_owner_id")["referencedObjectType"], "OWNER");
    assert_eq!(bench.read(&format!("{PATH}?archived=true")).await["results"], json!([]));
}

/// "Custom object schemas: `GET /crm-object-schemas/2026-03/schemas`".
#[tokio::test]
async fn schemas_are_of_custom_objects() {
    let bench = Bench::start().await;
    for path in ["/crm-object-schemas/2026-03/schemas", "/crm/v3/schemas"] {
        let answer = bench.read(path).await;
        let schemas = answer["results"].as_array().unwrap();
        let schema = &schemas[0];
        assert_eq!(
            (schemas.len(), &schema["objectTypeId"], &schema["fullyQualifiedName"]),
            (1, &json!("2-101"), &json!("p62515_cars"))
        );
        assert_eq!((&schema["requiredProperties"], &schema["name"]), (&json!(["vin"]), &json!("cars")));
        assert!(schema["properties"].as_array().unwrap().iter().any(|it| it["name"] == "vin" && it["hasUniqueValue"] == true));
    }
}
