use sluice_sdk::Outcome;
use sluice_sdk::serde_json::json;
use sluice_sdk::testing::{Script, answer, failure};

use super::*;

fn set<'v>(values: impl IntoIterator<Item = &'v str>) -> BTreeSet<String> {
    values.into_iter().map(str::to_owned).collect()
}

fn asked_for(script: &Script, key: Option<&str>, values: &BTreeSet<String>) -> Result<BTreeMap<String, String>, Ended> {
    script.call(|call| ids(call, &Settings::of(call).expect("settings"), "contacts", key, values))
}

#[test]
fn a_contact_is_found_by_any_of_its_addresses_and_who_is_missing_is_in_no_result() {
    let body = json!({
        "status": "COMPLETE",
        "results": [
            { "id": "1", "properties": { "email": "lea@example.org", "hs_additional_emails": null } },
            { "id": "2", "properties": { "email": "max@example.org", "hs_additional_emails": "m@example.org;Old@example.org" } },
        ],
        "numErrors": 1,
        "errors": [{ "category": "OBJECT_NOT_FOUND", "context": { "ids": ["nobody@example.org"] } }],
    });
    let script = Script::new().answers(answer(207, &body.to_string()));
    let values = set(["lea@example.org", "old@example.org", "nobody@example.org"]);
    let found = asked_for(&script, Some("email"), &values).expect("an answer");
    assert_eq!(
        found.into_iter().collect::<Vec<_>>(),
        [("lea@example.org".into(), "1".into()), ("old@example.org".into(), "2".into())]
    );
    assert_eq!(script.requests()[0].url, "https://api.hubapi.com/crm/objects/2026-03/contacts/batch/read");
    let sent = &script.bodies()[0];
    assert_eq!((&sent["idProperty"], &sent["properties"]), (&json!("email"), &json!(["email", "hs_additional_emails"])));
    assert_eq!(sent["inputs"][0], json!({ "id": "lea@example.org" }));
}

#[test]
fn by_id_there_is_no_property_and_a_question_has_a_hundred() {
    let values: BTreeSet<String> = (1..=101).map(|n| n.to_string()).collect();
    let script = Script::new().answers(answer(200, r#"{"results":[{"id":"7"}]}"#)).answers(answer(200, r#"{"results":[]}"#));
    assert_eq!(asked_for(&script, None, &values).expect("answers").len(), 1);
    let sizes: Vec<usize> = script.bodies().iter().map(|body| body["inputs"].as_array().map_or(0, Vec::len)).collect();
    assert_eq!((sizes, script.bodies()[0].get("idProperty")), (vec![100, 1], None));
    let nobody = Script::new();
    assert_eq!(asked_for(&nobody, None, &BTreeSet::new()).expect("nothing to ask").len(), 0);
    assert!(nobody.requests().is_empty());
}

#[test]
fn without_an_answer_the_write_that_asked_is_in_doubt_and_another_error_says_nothing_of_who_is_there() {
    let one = set(["1"]);
    let lost = asked_for(&Script::new().fails(failure("egress-timeout", true)), None, &one);
    assert!(matches!(&lost, Err(Ended::Written(w)) if matches!(w.receipt.all, Outcome::Unknown(_))), "{lost:?}");
    let odd = r#"{"results":[],"numErrors":1,"errors":[{"category":"VALIDATION_ERROR","message":"no"}]}"#;
    let odd = asked_for(&Script::new().answers(answer(207, odd)), None, &one);
    assert!(matches!(&odd, Err(Ended::Halt(Halt::Config(_)))), "{odd:?}");
    let shape = asked_for(&Script::new().answers(answer(200, r#"{"another":1}"#)), None, &one);
    assert!(matches!(&shape, Err(Ended::Halt(Halt::Unavailable(_)))), "{shape:?}");
}
