//! Upserts (*Synchronize objects*): by address, by a unique property; whose fault a refusal is.

use serde_json::{Value, json};
use sluice_twins::hubspot::{Options, SameKey};

use crate::client::{Bench, CONTACTS, by_customer, by_email, options, said, send, words};

/// The body that the notes print.
#[tokio::test]
async fn a_record_is_made_and_then_changed() {
    let bench = Bench::start().await;
    let properties = json!({
        "email": "lea@example.org", "firstname": "Lea", "lifetime_value": "412.5", "is_vip": "true", "last_order_date": "2026-04-30",
    });
    let input = json!({ "idProperty": "email", "id": "lea@example.org", "objectWriteTraceId": "row-17", "properties": properties });
    let (status, answer) = bench.upsert(json!([input.clone()])).await;
    assert_eq!((status, &answer["status"]), (200, &json!("COMPLETE")));
    let result = &answer["results"][0];
    assert_eq!(
        (&result["new"], &result["objectWriteTraceId"], &result["archived"]),
        (&json!(true), &json!("row-17"), &json!(false))
    );
    assert_eq!((&result["id"], &result["properties"]["firstname"]), (&json!("101"), &json!("Lea")));
    assert_eq!(bench.data("lea@example.org"), properties);
    let (_, again) = bench.upsert(json!([input])).await;
    assert_eq!((&again["results"][0]["new"], &again["results"][0]["id"]), (&json!(false), &json!("101")));
    assert_eq!(bench.count("contacts"), 1, "an upsert is idempotent");
}

/// "HubSpot stores lower case; … secondary e-mails also match".
#[tokio::test]
async fn an_address_is_kept_in_lower_case_and_found_in_any() {
    let bench = Bench::start().await;
    bench.upsert(json!([by_email("LEA@Example.org", json!({ "firstname": "Lea" }))])).await;
    assert_eq!(bench.data("lea@example.org"), json!({ "email": "lea@example.org", "firstname": "Lea" }));
    assert_eq!(bench.warnings(), [("email-not-normal", "inputs[0]".to_owned())]);
    let more =
        json!([{ "properties": { "email": "leo@example.org", "hs_additional_emails": "leo@home.example;old@example.org" } }]);
    bench.twin.seed("contacts", more).unwrap();
    let leo = bench.id("leo@example.org");
    let (_, answer) = bench.upsert(json!([by_email("Leo@home.example", json!({ "firstname": "Leo" }))])).await;
    assert_eq!((&answer["results"][0]["id"], &answer["results"][0]["new"]), (&json!(leo), &json!(false)));
    assert_eq!(bench.data("leo@example.org")["email"], "leo@example.org", "its own address stays");
    let (_, answer) = bench.upsert(json!([by_email("old@example.org", json!({ "email": "old@example.org" }))])).await;
    assert_eq!(answer["results"][0]["properties"]["email"], "old@example.org");
    assert_eq!(bench.data("old@example.org")["hs_additional_emails"], "leo@home.example;leo@example.org");
    assert_eq!(bench.count("contacts"), 2);
}

/// "With `email` as `idProperty` … one bad record can fail the call … test".
#[tokio::test]
async fn one_bad_record_fails_a_batch_by_address_and_not_one_by_another_property() {
    let inputs = |by: fn(&str, Value) -> Value, a: &str, b: &str| {
        json!([by(a, json!({ "lifetime_value": "1" })), by(b, json!({ "lifetime_value": "much" }))])
    };
    let bench = Bench::start().await;
    let refused = bench.upsert(inputs(by_email, "a@example.org", "b@example.org")).await;
    assert_eq!(refused.1["errors"][0]["context"], json!({ "propertyName": ["lifetime_value"] }));
    assert_eq!(refused.1["context"], json!({ "ids": ["b@example.org"] }));
    assert_eq!(said(refused), words(400, "VALIDATION_ERROR", "INVALID_NUMBER"));
    assert_eq!((bench.count("contacts"), bench.twin.ledger().total()), (0, 0), "nothing is written");

    let (status, answer) = bench.upsert(inputs(by_customer, "C-1", "C-2")).await;
    assert_eq!((status, &answer["numErrors"], answer["results"].as_array().unwrap().len()), (207, &json!(1), 1));
    let error = &answer["errors"][0];
    assert_eq!((&error["status"], &error["category"]), (&json!("error"), &json!("VALIDATION_ERROR")));
    assert_eq!((&error["context"], &error["errors"][0]["code"]), (&json!({ "ids": ["C-2"] }), &json!("INVALID_NUMBER")));
    assert_eq!(bench.count("contacts"), 1);

    let bench = Bench::with(Options { partial_by_email: true, ..options() }).await;
    let (status, answer) = bench.upsert(inputs(by_email, "a@example.org", "b@example.org")).await;
    assert_eq!((status, &answer["errors"][0]["context"]["ids"]), (207, &json!(["b@example.org"])));
}

/// "unknown or read-only property -> error (400 VALIDATION_ERROR, inner code PROPERTY_DOESNT_EXIST)"; "nothing is auto-created".
#[tokio::test]
async fn a_property_that_is_not_there_or_not_ours_refuses_the_call() {
    let bench = Bench::start().await;
    for (name, code) in [
        ("loyalty", "PROPERTY_DOESNT_EXIST"),
        ("createdate", "READ_ONLY_VALUE"),
        ("hs_object_id", "READ_ONLY_VALUE"),
        ("hs_additional_emails", "READ_ONLY_VALUE"),
    ] {
        let inputs = json!([by_customer("C-1", json!({})), by_customer("C-2", json!({ name: "1" }))]);
        let refused = bench.upsert(inputs).await;
        assert!(refused.1["message"].as_str().unwrap().starts_with("Property values were not valid: [{"), "{}", refused.1);
        assert_eq!(said(refused), words(400, "VALIDATION_ERROR", code));
        assert_eq!(bench.count("contacts"), 0);
    }
    let traced = |id: &str, properties: Value| {
        let mut input = by_customer(id, properties);
        input["objectWriteTraceId"] = format!("row-{id}").into();
        input
    };
    let inputs = json!([traced("C-1", json!({ "firstname": "A" })), traced("C-2", json!({ "loyalty": "1" }))]);
    let (status, answer) = bench.upsert(inputs).await;
    assert_eq!(
        (status, &answer["results"][0]["objectWriteTraceId"]),
        (207, &json!("row-C-1")),
        "with traces each has its own answer"
    );
    assert_eq!(answer["errors"][0]["context"], json!({ "ids": ["C-2"], "objectWriteTraceId": ["row-C-2"] }));
}

/// "`email` for contacts, or any property with `hasUniqueValue`; the same in every input".
#[tokio::test]
async fn records_are_looked_for_by_what_is_unique() {
    let bench = Bench::start().await;
    let by = |property: Value| json!({ "idProperty": property, "id": "x", "properties": {} });
    for inputs in [
        json!([by(json!("firstname"))]),
        json!([by(json!("hs_object_id"))]),
        json!([by(json!("nothing"))]),
        json!([{ "id": "101", "properties": {} }]),
        json!([by(json!("customer_id")), by(json!("email"))]),
        json!([by(json!("customer_id")), { "id": "101", "properties": {} }]),
        json!([by_customer("", json!({}))]),
    ] {
        let (status, answer) = bench.upsert(inputs.clone()).await;
        // What is looked for by nothing is the record's own fault.
        assert!(status == 400 || (status == 207 && answer["results"] == json!([])), "{inputs} {status} {answer}");
    }
    let (_, answer) = bench.upsert(json!([by(json!("firstname"))])).await;
    assert_eq!(answer["message"], "Unable to perform update/upsert by non-unique 0-1 property firstname in portal ID 62515");
    let companies = "/crm/objects/2026-03/0-2/batch/upsert";
    let body = |by: &str| json!({ "inputs": [{ "idProperty": by, "id": "a.example", "properties": {} }] });
    assert_eq!(send(bench.post(companies, &body("domain"))).await.0, 400, "the domain is not unique");
    assert_eq!(send(bench.post(companies, &body("email"))).await.0, 400, "of contacts alone");
    assert_eq!(send(bench.post(companies, &body("company_code"))).await.0, 200);
    assert_eq!((bench.count("contacts"), bench.count("companies")), (0, 1));
}

/// "Two inputs with the same key in one batch: rejected or last wins".
#[tokio::test]
async fn nobody_is_named_twice() {
    let twice = json!([
        by_email("a@example.org", json!({ "firstname": "A" })),
        by_email("b@example.org", json!({ "firstname": "B" })),
        by_email("A@example.org", json!({ "firstname": "C" })),
    ]);
    let bench = Bench::start().await;
    let (status, answer) = bench.upsert(twice.clone()).await;
    assert_eq!((status, &answer["context"]), (400, &json!({ "ids": ["A@example.org"] })));
    assert_eq!(answer["message"], "Duplicate IDs found in batch input: [A@example.org]. IDs must be unique");
    assert_eq!(bench.count("contacts"), 0);
    let bench = Bench::with(Options { same_key: SameKey::LastWins, ..options() }).await;
    assert_eq!(bench.upsert(twice).await.0, 200);
    assert_eq!((bench.count("contacts"), &bench.data("a@example.org")["firstname"]), (2, &json!("C")));
    assert!(bench.warnings().contains(&("same-record-twice", "inputs[2]".to_owned())));
}

/// "409 CONFLICT | unique value taken".
#[tokio::test]
async fn a_value_that_another_record_has_is_a_conflict() {
    let bench = Bench::start().await;
    let ids = bench.people(2);
    let inputs = json!([by_customer("C-1", json!({ "email": "U0@example.org" })), by_customer("C-7", json!({}))]);
    let (status, answer) = bench.upsert(inputs).await;
    let error = &answer["errors"][0];
    assert_eq!(
        (status, &error["category"], &error["context"]),
        (207, &json!("CONFLICT"), &json!({ "existingId": [ids[0]], "ids": ["C-1"] }))
    );
    assert_eq!(error["message"], format!("Contact already exists. Existing ID: {}", ids[0]));
    let (status, answer) = bench.upsert(json!([by_email("u1@example.org", json!({ "customer_id": "C-0" }))])).await;
    assert_eq!((status, &answer["category"], &answer["context"]["existingId"]), (409, &json!("CONFLICT"), &json!([ids[0]])));
    let (status, _) = bench.upsert(json!([by_email("u1@example.org", json!({ "email": "u9@example.org" }))])).await;
    assert_eq!((status, bench.data("u1@example.org")), (200, Value::Null), "a new address is its own");
    assert!(bench.warnings().contains(&("key-changed", "inputs[0]".to_owned())));
}

/// "Max 100 inputs per batch call"; the shape of a body.
#[tokio::test]
async fn a_body_is_of_one_shape() {
    let bench = Bench::start().await;
    let people = |count: usize| (0..count).map(|n| by_customer(&format!("C-{n}"), json!({}))).collect::<Vec<_>>();
    assert_eq!(bench.upsert(people(100).into()).await.0, 200);
    assert_eq!(bench.upsert(people(101).into()).await.0, 400);
    assert_eq!(bench.count("contacts"), 100);
    let path = format!("{CONTACTS}/upsert");
    for body in [
        json!([]),
        json!({}),
        json!({ "inputs": [] }),
        json!({ "inputs": {} }),
        json!({ "inputs": ["a"] }),
        json!({ "inputs": [by_customer("C-1", json!({}))], "more": 1 }),
        json!({ "inputs": [{ "idProperty": "customer_id", "id": "C-1" }] }),
        json!({ "inputs": [{ "idProperty": "customer_id", "properties": {} }] }),
        json!({ "inputs": [{ "idProperty": "customer_id", "id": 7, "properties": {} }] }),
        json!({ "inputs": [{ "idProperty": "customer_id", "id": "C-1", "properties": [] }] }),
        json!({ "inputs": [by_customer("C-1", json!({ "lifetime_value": 412.5 }))] }),
        json!({ "inputs": [by_customer("C-1", json!({ "firstname": null }))] }),
        json!({ "inputs": [{ "idProperty": "customer_id", "id": "C-1", "properties": {}, "associations": [] }] }),
    ] {
        let (status, answer) = send(bench.post(&path, &body)).await;
        assert_eq!((status, &answer["category"]), (400, &json!("VALIDATION_ERROR")), "{body}");
    }
    let text = bench.request(reqwest::Method::POST, &path).header("content-type", "application/json").body("{\"inputs\":");
    assert_eq!(send(text).await.0, 400);
    assert_eq!(bench.twin.ledger().total(), 100);
}

/// *Attributes*: `""` clears; a leading `;` appends; values are kept in one form.
#[tokio::test]
async fn values_are_cleared_and_appended() {
    let bench = Bench::start().await;
    let first = json!({ "firstname": "A", "interests": "shoes;hats", "last_order_date": "1777507200000" });
    bench.upsert(json!([by_email("a@example.org", first)])).await;
    bench.upsert(json!([by_email("a@example.org", json!({ "firstname": "", "interests": ";coats;hats" }))])).await;
    let want = json!({ "email": "a@example.org", "interests": "shoes;hats;coats", "last_order_date": "2026-04-30" });
    assert_eq!(bench.data("a@example.org"), want);
}

/// "Starting with 2026-09, admin-defined validation rules are enforced on all CRM writes".
#[tokio::test]
async fn a_rule_of_the_admin_holds_from_september_2026_on() {
    let bench = Bench::start().await;
    let body = |name: &str| json!({ "inputs": [by_email("a@example.org", json!({ "nickname": name }))] });
    for (version, name, want) in [
        ("2026-03", "longer", 200),
        ("2025-09", "longer", 200),
        ("2026-09", "longer", 400),
        ("2026-09", "short", 200),
        ("2026-04", "short", 404),
    ] {
        let path = format!("/crm/objects/{version}/contacts/batch/upsert");
        assert_eq!(send(bench.post(&path, &body(name))).await.0, want, "{version} {name}");
    }
    assert_eq!(send(bench.post("/crm/v3/objects/contacts/batch/upsert", &body("longer"))).await.0, 200);
    assert_eq!(bench.warnings(), [("legacy-path", "/crm/v3/objects/contacts/batch/upsert".to_owned())]);
}

/// "Result order is not guaranteed": the twin's is never that of the inputs.
#[tokio::test]
async fn results_come_in_another_order() {
    let bench = Bench::start().await;
    let inputs: Vec<Value> = (0..3).map(|n| by_customer(&format!("C-{n}"), json!({}))).collect();
    let (_, answer) = bench.upsert(inputs.into()).await;
    let ids = answer["results"].as_array().unwrap().iter().map(|it| it["properties"]["customer_id"].clone());
    assert_eq!(ids.collect::<Vec<_>>(), ["C-2", "C-1", "C-0"]);
}

/// Custom objects are named by number or in full, and have what they must have.
#[tokio::test]
async fn a_custom_object_has_its_schema() {
    let bench = Bench::start().await;
    let body = json!({ "inputs": [{ "idProperty": "vin", "id": "V1", "properties": { "model": "2CV" } }] });
    for (kind, want) in [("2-101", 200), ("p62515_cars", 200), ("cars", 400), ("2-102", 400), ("p1_cars", 400)] {
        let (status, answer) = send(bench.post(&format!("/crm/objects/2026-03/{kind}/batch/upsert"), &body)).await;
        assert_eq!(status, want, "{kind} {answer}");
    }
    assert_eq!(bench.count("2-101"), 1);
    let without = json!({ "inputs": [{ "idProperty": "vin", "id": "V1", "properties": { "vin": "" } }] });
    let (status, answer) = send(bench.post("/crm/objects/2026-03/2-101/batch/upsert", &without)).await;
    assert_eq!((status, &answer["errors"][0]["errors"][0]["code"]), (207, &json!("REQUIRED_PROPERTY_MISSING")));
}
