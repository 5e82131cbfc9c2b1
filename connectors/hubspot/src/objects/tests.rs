use sluice_sdk::serde_json::{Value as Json, json};
use sluice_sdk::testing::{Input, Rows as Made, Script, absent, answer, failure, outcomes as told};
use sluice_sdk::{Destination, PhysicalType};

use super::*;
use crate::HubSpot;

const UNIQUE: &str = r#"{"unique_property":"customer_no"}"#;

fn script(service: &str, options: &str) -> Script {
    Script::new().service(service).options(options)
}

fn by(identifier: &str, values: &[&str]) -> Made {
    let values: Vec<Input> = values.iter().map(|value| (*value).into()).collect();
    let plans: Vec<Input> = values.iter().enumerate().map(|(at, _)| if at == 1 { absent() } else { "gold".into() }).collect();
    Made::new().column(identifier, PhysicalType::Utf8, values).attr("role", "identifier").attr("identifier", identifier).column(
        "plan",
        PhysicalType::Utf8,
        plans,
    )
}

fn write(script: &Script, operation: Operation, made: &Made) -> Result<Written, Halt> {
    script.rows(operation, made, HubSpot::write)
}

fn results(results: Json) -> String {
    json!({ "status": "COMPLETE", "results": results, "startedAt": "", "completedAt": "" }).to_string()
}

#[test]
fn an_upsert_goes_by_the_property_and_results_find_their_rows_in_any_order() {
    let answers = results(json!([
        { "id": "3", "new": true, "objectWriteTraceId": "row-2" },
        { "id": "1", "new": false, "properties": { "email": "lea@example.org" } },
    ]));
    let script = script("contacts", "{}").answers(answer(200, &answers));
    let made = by("email", &["lea@example.org", "bad", "max@example.org", "LEA@example.org"]);
    let written = write(&script, Operation::Upsert, &made).expect("a receipt");
    assert_eq!(told(&written, 4), ["accepted", "rejected bad-format", "accepted", "retry dest-batch-too-large"]);
    let request = &script.requests()[0];
    assert_eq!(
        (request.method.as_str(), request.url.as_str()),
        ("POST", "https://api.hubapi.com/crm/objects/2026-03/contacts/batch/upsert")
    );
    let first = json!({ "idProperty": "email", "id": "lea@example.org", "objectWriteTraceId": "row-0", "properties": { "email": "lea@example.org", "plan": "gold" } });
    assert_eq!(script.bodies()[0]["inputs"].as_array().map(Vec::len), Some(2));
    assert_eq!(script.bodies()[0]["inputs"][0], first);
}

#[test]
fn an_update_goes_by_hubspots_ids_and_strangers_are_skipped() {
    let found = results(
        json!([{ "id": "11", "properties": { "customer_no": "C-1" } }, { "id": "12", "properties": { "customer_no": "C-2" } }]),
    );
    let gone = json!({ "status": "COMPLETE", "results": [{ "id": "11" }], "numErrors": 1,
        "errors": [{ "status": "error", "category": "OBJECT_NOT_FOUND", "message": "", "context": { "ids": ["12"] }, "errors": [] }] });
    let script = script("deals", UNIQUE).answers(answer(200, &found)).answers(answer(207, &gone.to_string()));
    let written = write(&script, Operation::Update, &by("unique_value", &["C-1", "C-2", "C-3"])).expect("a receipt");
    assert_eq!(told(&written, 3), ["accepted", "skipped not-found-in-destination", "skipped not-found-in-destination"]);
    assert!(script.requests()[1].url.ends_with("/deals/batch/update"));
    assert_eq!(
        script.bodies()[1]["inputs"][0],
        json!({ "id": "11", "objectWriteTraceId": "row-0", "properties": { "plan": "gold" } })
    );
    assert_eq!(script.bodies()[1]["inputs"][1]["properties"], json!({}), "the key stays as it is");
}

#[test]
fn an_update_by_hubspots_ids_asks_nobody_and_the_other_modes_need_a_property() {
    let script = script("companies", "{}").answers(answer(200, &results(json!([{ "id": "7" }]))));
    let written = write(&script, Operation::Update, &by("hs_object_id", &["7"])).expect("a receipt");
    assert_eq!((told(&written, 1), script.requests().len()), (vec!["accepted".to_owned()], 1));
    for operation in [Operation::Upsert, Operation::Insert] {
        assert!(matches!(write(&script, operation, &by("hs_object_id", &["7"])), Err(Halt::Config(_))), "{operation:?}");
    }
    assert!(
        matches!(write(&script, Operation::Add, &by("hs_object_id", &["7"])), Err(Halt::Config(r)) if r.code == code::MODE_NOT_SUPPORTED || r.code == code::DEST_CONFIG)
    );
}

#[test]
fn two_addresses_of_one_contact_are_not_written_together() {
    let found = results(json!([{ "id": "7", "properties": { "email": "a@x", "hs_additional_emails": "b@x" } }]));
    let script = script("contacts", "{}").answers(answer(200, &found)).answers(answer(200, &results(json!([{ "id": "7" }]))));
    let written = write(&script, Operation::Update, &by("email", &["a@x", "b@x"])).expect("a receipt");
    assert_eq!(told(&written, 2), ["accepted", "retry dest-batch-too-large"]);
}

#[test]
fn an_insert_makes_whom_hubspot_does_not_have_and_leaves_the_others_alone() {
    let options = r#"{"object_type":"2-123","unique_property":"customer_no"}"#;
    let found = results(json!([{ "id": "11", "properties": { "customer_no": "C-1" } }]));
    let made = results(json!([{ "id": "12", "objectWriteTraceId": "row-1" }]));
    let script = script("custom-objects", options).answers(answer(207, &found)).answers(answer(201, &made));
    let written = write(&script, Operation::Insert, &by("unique_value", &["C-1", "C-2"])).expect("a receipt");
    assert_eq!(told(&written, 2), ["accepted", "accepted"]);
    assert_eq!(written.receipt.notes.iter().map(|(row, _)| *row).collect::<Vec<_>>(), [0], "nothing of it was changed");
    assert_eq!(script.requests()[1].url, "https://api.hubapi.com/crm/objects/2026-03/2-123/batch/create");
    let input = json!({ "objectWriteTraceId": "row-1", "properties": { "customer_no": "C-2" }, "associations": [] });
    assert_eq!(script.bodies()[1], json!({ "inputs": [input] }));
}

#[test]
fn rows_that_a_refusal_names_are_left_out_and_the_others_go_once_more() {
    let refusal = json!({ "status": "error", "category": "VALIDATION_ERROR", "message": "", "errors": [
        { "code": "INVALID_OPTION", "message": "", "in": "plan", "context": { "ids": ["C-2"], "propertyName": ["plan"] } }] });
    let taken = results(json!([{ "id": "1", "objectWriteTraceId": "row-0" }, { "id": "3", "objectWriteTraceId": "row-2" }]));
    let script = script("companies", UNIQUE).answers(answer(400, &refusal.to_string())).answers(answer(200, &taken));
    let written = write(&script, Operation::Upsert, &by("unique_value", &["C-1", "C-2", "C-3"])).expect("a receipt");
    assert_eq!(told(&written, 3), ["accepted", "rejected dest-field-invalid", "accepted"]);
    assert_eq!(script.bodies()[1]["inputs"].as_array().map(Vec::len), Some(2));
}

#[test]
fn a_refusal_that_names_nobody_is_for_the_host_to_halve() {
    let refusal = r#"{"status":"error","category":"VALIDATION_ERROR","message":"Invalid input JSON","correlationId":"c"}"#;
    let script = script("companies", UNIQUE).answers(answer(400, refusal));
    let written = write(&script, Operation::Upsert, &by("unique_value", &["C-1", "C-2", ""])).expect("a receipt");
    assert_eq!(told(&written, 3), ["rejected row-refused"; 3]);
    assert_eq!((written.receipt.attrs, script.requests().len()), (vec![("scope".to_owned(), "batch".to_owned())], 1));
}

#[test]
fn what_keeps_a_look_up_from_an_answer_ends_the_write() {
    let made = by("unique_value", &["C-1"]);
    let lost = write(&script("deals", UNIQUE).fails(failure("egress-timeout", true)), Operation::Update, &made).expect("a receipt");
    assert_eq!(told(&lost, 1), ["unknown dest-timeout"]);
    let refused = write(&script("deals", UNIQUE).answers(answer(403, "{}")), Operation::Insert, &made);
    assert!(matches!(refused, Err(Halt::Config(r)) if r.code == code::DEST_PERMISSION));
}

#[test]
fn where_no_row_can_be_sent_nothing_is() {
    let script = script("contacts", "{}");
    let written = write(&script, Operation::Upsert, &by("email", &["bad", "worse"])).expect("a receipt");
    assert_eq!((told(&written, 2), script.requests().len()), (vec!["rejected bad-format".to_owned(); 2], 0));
}

#[test]
fn each_service_has_its_type_and_setup_keeps_nothing() {
    for (service, options, object) in [
        ("contacts", UNIQUE, "contacts"),
        ("companies", UNIQUE, "companies"),
        ("deals", UNIQUE, "deals"),
        ("custom-objects", r#"{"object_type":"p77_cars","unique_property":"vin"}"#, "p77_cars"),
    ] {
        let script = script(service, options);
        assert_eq!(script.call(HubSpot::setup), Ok(Vec::new()));
        assert!(write(&script, Operation::Upsert, &by("unique_value", &["1"])).is_err(), "nobody answers");
        assert!(script.requests()[0].url.ends_with(&format!("/{object}/batch/upsert")), "{service}");
    }
    assert!(script("tickets", "{}").call(HubSpot::setup).is_err());
}

#[test]
fn the_check_names_the_account() {
    let script = Script::new().answers(answer(200, r#"{"portalId":146425426,"timeZone":"Europe/Paris"}"#));
    assert!(script.call(HubSpot::check).expect("connected").contains("146425426"));
    assert_eq!(script.requests()[0].url, "https://api.hubapi.com/account-info/2026-03/details");
    for (status, body) in [(401, r#"{"category":"INVALID_AUTHENTICATION"}"#), (200, "{}"), (403, "{}")] {
        assert!(Script::new().answers(answer(status, body)).call(HubSpot::check).is_err(), "{status}");
    }
}
