//! Creates (*Synchronize objects*): duplicates conflict; new records may be associated at once.

use serde_json::{Value, json};

use crate::client::{Bench, CARS, COMPANIES, new, said, send, words};

#[tokio::test]
async fn records_are_made_each_time() {
    let bench = Bench::start().await;
    let input = new(json!({ "firstname": "A" }), None);
    let (status, answer) = bench.create(json!([input.clone()])).await;
    assert_eq!((status, &answer["status"], answer["results"][0].get("new")), (201, &json!("COMPLETE"), None));
    bench.create(json!([input])).await;
    assert_eq!(bench.count("contacts"), 2, "a create is not idempotent");
    bench.create(json!([{ "properties": {} }])).await;
    assert_eq!(bench.warnings(), [("associations-not-said", "inputs[0]".to_owned())]);
    let named = json!([{ "id": "7", "properties": {}, "associations": [] }]);
    assert_eq!(bench.create(named).await.0, 400, "a new record has no id");
}

/// "a repeated contact create gives 409 CONFLICT".
#[tokio::test]
async fn a_repeated_one_fails_the_call_unless_each_has_a_trace() {
    let bench = Bench::start().await;
    let ids = bench.people(1);
    let of = |email: &str, trace| new(json!({ "email": email }), trace);
    let (status, answer) = bench.create(json!([of("a@example.org", None), of("U0@example.org", None)])).await;
    assert_eq!((status, &answer["category"]), (409, &json!("CONFLICT")));
    assert_eq!(answer["message"], format!("Contact already exists. Existing ID: {}", ids[0]));
    assert_eq!(bench.count("contacts"), 1, "nothing is written");
    for (one, other) in [(Some("1"), None), (Some("1"), Some("1"))] {
        assert_eq!(bench.create(json!([of("a@example.org", one), of("u0@example.org", other)])).await.0, 409, "{one:?} {other:?}");
    }
    let (status, answer) = bench.create(json!([of("u0@example.org", Some("1")), of("a@example.org", Some("2"))])).await;
    assert_eq!((status, &answer["numErrors"], &answer["results"][0]["objectWriteTraceId"]), (207, &json!(1), &json!("2")));
    let context = json!({ "existingId": [ids[0]], "objectWriteTraceId": ["1"] });
    assert_eq!((&answer["errors"][0]["category"], &answer["errors"][0]["context"]), (&json!("CONFLICT"), &context));
    assert_eq!(bench.count("contacts"), 2);
    let same = json!([of("b@example.org", None), of("b@example.org", None)]);
    assert_eq!(bench.create(same).await.0, 409, "one of the batch has it by then");
    assert_eq!(bench.count("contacts"), 2);
}

#[tokio::test]
async fn a_bad_value_fails_the_call_unless_each_has_a_trace() {
    let bench = Bench::start().await;
    let inputs = |traced: bool| {
        let trace = |name| traced.then_some(name);
        json!([
            new(json!({ "email": "a@example.org" }), trace("1")),
            new(json!({ "email": "b@" }), trace("2")),
            new(json!({ "x": "" }), trace("3"))
        ])
    };
    let refused = bench.create(inputs(false)).await;
    let codes: Vec<&Value> = refused.1["errors"].as_array().unwrap().iter().map(|error| &error["code"]).collect();
    assert_eq!(codes, [&json!("INVALID_EMAIL"), &json!("PROPERTY_DOESNT_EXIST")]);
    assert_eq!(said(refused), words(400, "VALIDATION_ERROR", "INVALID_EMAIL"));
    assert_eq!(bench.count("contacts"), 0);
    let (status, answer) = bench.create(inputs(true)).await;
    assert_eq!((status, &answer["numErrors"], bench.count("contacts")), (207, &json!(2), 1));
    assert_eq!(answer["errors"][1]["context"], json!({ "objectWriteTraceId": ["3"] }));
}

/// The body that the notes print: 279 leads from contacts to companies.
#[tokio::test]
async fn a_new_record_is_associated_at_once() {
    let bench = Bench::start().await;
    let (_, company) =
        send(bench.post(&format!("{COMPANIES}/create"), &json!({ "inputs": [new(json!({ "name": "Acme" }), None)] }))).await;
    let company = company["results"][0]["id"].as_str().unwrap().to_owned();
    let with = |to: &str, category: &str, number: u32| {
        let types = json!([{ "associationCategory": category, "associationTypeId": number }]);
        json!([{ "properties": { "firstname": "A" }, "associations": [{ "to": { "id": to }, "types": types }] }])
    };
    let (status, answer) = bench.create(with(&company, "HUBSPOT_DEFINED", 279)).await;
    assert_eq!(status, 201, "{answer}");
    let contact: u64 = answer["results"][0]["id"].as_str().unwrap().parse().unwrap();
    let links = bench.twin.with_state(|state| state.associations("contacts", contact));
    assert_eq!((links.len(), &links[0].0), (1, &("0-2".to_owned(), company.parse().unwrap())));
    for inputs in [
        with("999", "HUBSPOT_DEFINED", 279),
        with(&company, "HUBSPOT_DEFINED", 280),
        with(&company, "USER_DEFINED", 279),
        with(&company, "OTHER_DEFINED", 279),
    ] {
        assert_eq!(bench.create(inputs.clone()).await.0, 400, "{inputs}");
    }
    assert_eq!(bench.count("contacts"), 1);
    assert_eq!(bench.create(with(&company, "USER_DEFINED", 36)).await.0, 201, "a label of the account");
}

#[tokio::test]
async fn a_custom_object_needs_what_its_schema_says() {
    let bench = Bench::start().await;
    let create = |properties: Value| send(bench.post(&format!("{CARS}/create"), &json!({ "inputs": [new(properties, None)] })));
    let bench_count = || bench.count("2-101");
    assert_eq!(said(create(json!({ "model": "2CV" })).await), words(400, "VALIDATION_ERROR", "REQUIRED_PROPERTY_MISSING"));
    assert_eq!(create(json!({ "vin": "V1" })).await.0, 201);
    let (status, answer) = create(json!({ "vin": "V1" })).await;
    assert_eq!((status, &answer["category"], bench_count()), (409, &json!("CONFLICT"), 1));
}
