use sluice_sdk::serde_json::{Value as Json, json};
use sluice_sdk::testing::{Answer, Input, Rows as Made, Script, absent, answer, null, outcomes};
use sluice_sdk::{Destination, Operation, PhysicalType};

use crate::HubSpot;

use super::*;

const COMPANY: &str =
    r#"{"unique_property":"deal_no","associations":[{"field":"company","object":"companies","key":"customer_no"}]}"#;
const OPTIONAL: &str = r#"{"unique_property":"deal_no","associations":[{"field":"company","object":"companies","key":"customer_no","required":false}]}"#;

/// Deals 0 to 3; the last has no company.
fn deals(ty: PhysicalType, companies: [Input; 3]) -> Made {
    let [a, b, c] = companies;
    Made::new()
        .column("unique_value", PhysicalType::Utf8, ["D-0", "D-1", "D-2", "D-3"].map(Into::into))
        .attr("role", "identifier")
        .attr("identifier", "unique_value")
        .column("company", ty, [a, b, c, absent()])
}

fn keys() -> Made {
    deals(PhysicalType::Utf8, ["C-1".into(), "C-2".into(), null()])
}

fn companies(known: &[(&str, &str)]) -> Answer {
    let record = |(id, key): &(&str, &str)| json!({ "id": id, "properties": { "customer_no": key } });
    answer(207, &json!({ "results": known.iter().map(record).collect::<Vec<_>>() }).to_string())
}

fn written() -> Answer {
    let record = |row: u32| json!({ "id": format!("10{row}"), "objectWriteTraceId": format!("row-{row}") });
    answer(200, &json!({ "results": (0..4).map(record).collect::<Vec<_>>() }).to_string())
}

/// Each row's word and code; notes as `row code field`; the stop.
fn told(script: &Script, operation: Operation, made: &Made) -> (Vec<String>, Vec<String>, Option<Halt>) {
    let written = script.rows(operation, made, HubSpot::write).expect("a receipt");
    let notes = written.receipt.notes.iter().map(|(row, r)| format!("{row} {} {}", r.code, r.field.as_deref().unwrap_or_default()));
    (outcomes(&written, 4), notes.collect(), written.stop)
}

fn script(options: &str, answers: impl IntoIterator<Item = Answer>) -> Script {
    answers.into_iter().fold(Script::new().service("deals").options(options), Script::answers)
}

fn pair(from: &str, to: &str) -> Json {
    json!({ "from": { "id": from }, "to": { "id": to }, "associationSpec": { "associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 5 } })
}

#[test]
fn a_field_that_names_another_record_is_no_property_but_a_default_association() {
    let answers =
        [companies(&[("7", "C-1"), ("8", "C-2")]), written(), answer(200, &json!({ "results": [pair("100", "7")] }).to_string())];
    let script = script(COMPANY, answers);
    assert_eq!(told(&script, Operation::Upsert, &keys()), (vec!["accepted".to_owned(); 4], vec![], None));
    assert_eq!(script.bodies()[0]["inputs"], json!([{ "id": "C-1" }, { "id": "C-2" }]));
    assert_eq!(script.bodies()[1]["inputs"][0]["properties"], json!({ "deal_no": "D-0" }));
    assert_eq!(script.requests()[2].url, "https://api.hubapi.com/crm/associations/2026-03/deals/companies/batch/associate/default");
    let inputs = json!([{ "from": { "id": "100" }, "to": { "id": "7" } }, { "from": { "id": "101" }, "to": { "id": "8" } }]);
    assert_eq!(script.bodies()[2], json!({ "inputs": inputs }));
}

#[test]
fn a_labelled_one_says_its_type_and_numbers_are_ids() {
    let options = r#"{"unique_property":"deal_no","associations":[
        {"field":"company","object":"0-2","label":{"category":"USER_DEFINED","type_id":37}}]}"#;
    let found = answer(200, r#"{"results":[{"id":"7","properties":{}}]}"#);
    let script = script(options, [found, written(), answer(201, r#"{"results":[]}"#)]);
    let made = deals(PhysicalType::Int64, [7.into(), null(), absent()]);
    assert_eq!(told(&script, Operation::Upsert, &made).0, ["accepted"; 4]);
    assert_eq!(script.bodies()[0].get("idProperty"), None);
    assert!(script.requests()[2].url.ends_with("/deals/0-2/batch/create"));
    let types = json!([{ "associationCategory": "USER_DEFINED", "associationTypeId": 37 }]);
    assert_eq!(script.bodies()[2]["inputs"], json!([{ "from": { "id": "100" }, "to": { "id": "7" }, "types": types }]));
}

#[test]
fn a_row_whose_other_record_is_not_there_is_refused_or_written_without_it() {
    let refused = script(COMPANY, [companies(&[("7", "C-1")]), written(), answer(200, r#"{"results":[]}"#)]);
    let (rows, notes, _) = told(&refused, Operation::Upsert, &keys());
    assert_eq!((rows[1].as_str(), notes), ("rejected not-found-in-destination", vec![]));
    assert_eq!(refused.bodies()[1]["inputs"].as_array().map(Vec::len), Some(3), "nothing of it is written");

    let without = script(OPTIONAL, [companies(&[("7", "C-1")]), written(), answer(200, r#"{"results":[]}"#)]);
    let (rows, notes, _) = told(&without, Operation::Upsert, &keys());
    assert_eq!((rows, notes), (vec!["accepted".to_owned(); 4], vec!["1 not-found-in-destination company".to_owned()]));
}

#[test]
fn what_can_name_no_record_is_refused_before_anything_is_asked() {
    let by_id = r#"{"unique_property":"deal_no","associations":[{"field":"company","object":"companies"}]}"#;
    let script = script(by_id, [answer(200, r#"{"results":[{"id":"7"}]}"#), written(), answer(200, r#"{"results":[]}"#)]);
    let made = deals(PhysicalType::Utf8, ["7".into(), "acme.example".into(), "".into()]);
    assert_eq!(told(&script, Operation::Upsert, &made).0, ["accepted", "rejected bad-format", "accepted", "accepted"]);
    let options = r#"{"unique_property":"deal_no","associations":[{"field":"contact","object":"contacts"}]}"#;
    let told = Script::new().service("deals").options(options).rows(Operation::Upsert, &keys(), HubSpot::write);
    assert!(matches!(&told, Err(Halt::Config(r)) if r.field.as_deref() == Some("associations")), "{told:?}");
}

#[test]
fn an_association_that_is_refused_is_noted_at_its_row() {
    for made in [pair("100", "7"), json!({ "fromObjectId": 100, "toObjectId": "7", "labels": [] })] {
        let partly =
            json!({ "results": [made], "numErrors": 1, "errors": [{ "category": "VALIDATION_ERROR", "message": "limit" }] });
        let script = script(COMPANY, [companies(&[("7", "C-1"), ("8", "C-2")]), written(), answer(207, &partly.to_string())]);
        let (rows, notes, stop) = told(&script, Operation::Upsert, &keys());
        assert_eq!((rows, notes, stop), (vec!["accepted".to_owned(); 4], vec!["1 dest-field-invalid company".to_owned()], None));
    }
}

#[test]
fn what_keeps_associations_from_being_made_leaves_their_rows_in_doubt_or_says_so_of_an_insert() {
    for (status, body, code, stops) in [
        (429, "{}", "dest-rate-limited", true),
        (403, "{}", "dest-permission", true),
        (400, r#"{"category":"VALIDATION_ERROR"}"#, "dest-config", true),
        (500, "", "dest-unavailable", true),
        (200, "{}", "dest-protocol", true),
    ] {
        let both = || companies(&[("7", "C-1"), ("8", "C-2")]);
        let (rows, notes, stop) = told(&script(COMPANY, [both(), written(), answer(status, body)]), Operation::Upsert, &keys());
        let doubt = format!("unknown {code}");
        assert_eq!(rows, [doubt.as_str(), doubt.as_str(), "accepted", "accepted"], "{status}");
        assert_eq!((notes.len(), stop.is_some()), (0, stops), "{status}");
        let nobody = answer(200, r#"{"results":[]}"#);
        let (rows, notes, _) =
            told(&script(COMPANY, [nobody, both(), written(), answer(status, body)]), Operation::Insert, &keys());
        assert_eq!((rows, notes.len()), (vec!["accepted".to_owned(); 4], 2), "{status}: it would be made twice, or left alone");
    }
}
