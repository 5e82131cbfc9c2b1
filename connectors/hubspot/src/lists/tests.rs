use sluice_sdk::serde_json::json;
use sluice_sdk::testing::{Input, Rows as Made, Script, answer, failure, null, outcomes as told};
use sluice_sdk::{Destination, PhysicalType};

use super::*;
use crate::HubSpot;

fn script() -> Script {
    Script::new().service("lists").mode("list").options(r#"{"list":"VIP / FR","unique_property":"customer_no"}"#).keep(b"42")
}

fn list(kind: &str) -> String {
    json!({ "list": { "listId": "42", "name": "VIP / FR", "objectTypeId": "0-1", "processingType": kind } }).to_string()
}

fn by(made: Made, name: &str, values: impl IntoIterator<Item = Input>) -> Made {
    made.column(name, PhysicalType::Utf8, values).attr("role", "identifier").attr("identifier", name)
}

#[test]
fn a_list_is_found_by_its_name_or_made_once() {
    for kind in ["MANUAL", "SNAPSHOT"] {
        let found = script().answers(answer(200, &list(kind)));
        assert_eq!(found.call(HubSpot::setup), Ok(b"42".to_vec()));
        assert_eq!(found.requests()[0].url, "https://api.hubapi.com/crm/lists/2026-03/object-type-id/0-1/name/VIP%20%2F%20FR");
    }
    let made = script().answers(answer(404, r#"{"category":"OBJECT_NOT_FOUND"}"#)).answers(answer(200, &list("MANUAL")));
    assert_eq!(made.call(HubSpot::setup), Ok(b"42".to_vec()));
    let request = &made.requests()[1];
    assert_eq!((request.url.as_str(), request.effect), ("https://api.hubapi.com/crm/lists/2026-03", Effect::Once));
    assert_eq!(made.bodies()[1], json!({ "name": "VIP / FR", "objectTypeId": "0-1", "processingType": "MANUAL" }));
}

#[test]
fn a_list_that_filters_keep_is_the_operators_to_mend_and_a_failure_makes_none() {
    let told = script().answers(answer(200, &list("DYNAMIC"))).call(HubSpot::setup);
    assert!(matches!(&told, Err(Halt::Config(r)) if r.field.as_deref() == Some("list")), "{told:?}");
    for status in [401, 403, 429, 500] {
        let script = script().answers(answer(status, "{}"));
        assert!(script.call(HubSpot::setup).is_err() && script.requests().len() == 1, "{status}");
    }
}

#[test]
fn members_are_added_by_ids_and_those_that_hubspot_does_not_have_are_skipped() {
    let found = json!({ "results": [{ "id": "101", "properties": { "email": "a@x" } }, { "id": "102", "properties": { "email": "b@x" } }] });
    let changed = r#"{"recordsIdsAdded":["101"],"recordIdsRemoved":[],"recordIdsMissing":["102"]}"#;
    let script = script().answers(answer(207, &found.to_string())).answers(answer(200, changed));
    let made = by(Made::new(), "email", ["a@x".into(), "b@x".into(), "c@x".into(), "bad".into(), "a@x".into()]);
    let written = script.rows(Operation::Add, &made, HubSpot::write).expect("a receipt");
    let gone = "skipped not-found-in-destination";
    assert_eq!(told(&written, 5), ["accepted", gone, gone, "rejected bad-format", "accepted"]);
    let request = &script.requests()[1];
    assert_eq!(
        (request.method.as_str(), request.url.as_str()),
        ("PUT", "https://api.hubapi.com/crm/lists/2026-03/42/memberships/add-and-remove")
    );
    assert_eq!(script.bodies()[1], json!({ "recordIdsToAdd": ["101", "102"], "recordIdsToRemove": [] }));
}

#[test]
fn members_leave_by_whatever_identifier_they_came_and_who_is_not_there_is_not_on_the_list() {
    let made =
        by(by(Made::new(), "hs_object_id", ["101".into(), null(), null()]), "unique_value", [null(), "C-2".into(), "C-3".into()]);
    let found = r#"{"results":[{"id":"102","properties":{"customer_no":"C-2"}}]}"#;
    let changed = r#"{"recordsIdsAdded":[],"recordIdsRemoved":["102"],"recordIdsMissing":["101"]}"#;
    let script = script().answers(answer(200, found)).answers(answer(200, changed));
    let written = script.rows(Operation::Remove, &made, HubSpot::write).expect("a receipt");
    assert_eq!(told(&written, 3), ["accepted"; 3]);
    assert_eq!(script.bodies()[1], json!({ "recordIdsToAdd": [], "recordIdsToRemove": ["101", "102"] }));
}

#[test]
fn what_hubspot_says_of_the_whole_is_said_of_the_rows() {
    let made = by(Made::new(), "hs_object_id", ["1".into(), "2".into()]);
    let write = |script: &Script| script.rows(Operation::Add, &made, HubSpot::write);
    assert!(matches!(write(&script().answers(answer(404, "{}"))), Err(Halt::Missing(_))), "the list was deleted");
    let odd = write(&script().answers(answer(200, r#"{"another":1}"#))).expect("a receipt");
    assert_eq!(told(&odd, 2), ["unknown dest-protocol"; 2]);
    let lost = write(&script().fails(failure("egress-timeout", true))).expect("a receipt");
    assert_eq!(told(&lost, 2), ["unknown dest-timeout"; 2]);
    assert!(matches!(script().rows(Operation::Upsert, &made, HubSpot::write), Err(Halt::Config(_))));
    assert!(matches!(script().keep(b"a/b").rows(Operation::Add, &made, HubSpot::write), Err(Halt::Contract(_))));
    let nobody = script();
    let strangers = by(Made::new(), "hs_object_id", ["x".into()]);
    assert_eq!(told(&nobody.rows(Operation::Add, &strangers, HubSpot::write).expect("a receipt"), 1), ["rejected bad-format"]);
    assert!(nobody.requests().is_empty());
}
