use sluice_sdk::serde_json::json;
use sluice_sdk::testing::{Answer, Input, Rows as Made, Script, absent, answer, failure, null, outcomes};
use sluice_sdk::{Destination, Operation, PhysicalType};

use super::*;
use crate::Klaviyo;

fn by<const N: usize>(name: &str, values: [Input; N]) -> Made {
    Made::new().column(name, PhysicalType::Utf8, values).attr("role", "identifier").attr("identifier", name)
}

fn script() -> Script {
    Script::new().service("contacts").mode("insert")
}

fn write(script: &Script, made: &Made) -> Result<Written, Halt> {
    script.rows(Operation::Insert, made, Klaviyo::write)
}

fn new() -> Answer {
    answer(201, r#"{"data":{"type":"profile","id":"01A","attributes":{"email":"a@x.example"}}}"#)
}

fn refusal(status: u16, own: &str, pointer: &str) -> Answer {
    let error = json!({ "id": "x", "status": status, "code": own, "detail": "said", "source": { "pointer": pointer }, "meta": {} });
    answer(status, &json!({ "errors": [error] }).to_string())
}

fn there() -> Answer {
    refusal(409, "duplicate_profile", "/data/attributes")
}

#[test]
fn each_new_profile_is_a_request_and_who_is_there_is_noted() {
    let emails = ["a@x.example", "old@x.example", "bad@", "A@x.example"].map(Input::from);
    let made = by("email", emails)
        .column("first_name", PhysicalType::Utf8, ["Ada".into(), "Bob".into(), "Cy".into(), "Di".into()])
        .column("title", PhysicalType::Utf8, [null(), absent(), absent(), absent()])
        .column("plan", PhysicalType::Utf8, [null(), "gold".into(), absent(), absent()]);
    let script = script().answers(new()).answers(there());
    let told = write(&script, &made).expect("sent");
    assert_eq!(outcomes(&told, 4), ["accepted", "accepted", "rejected bad-format", "retry dest-batch-too-large"]);
    let notes: Vec<_> = told.receipt.notes.iter().map(|(row, note)| (*row, note.vendor_code.as_deref())).collect();
    assert_eq!(notes, [(1, Some("duplicate_profile"))], "whose fields were not written");
    // There is nothing yet that a null could empty.
    let profile = |attributes| json!({ "data": { "type": "profile", "attributes": attributes } });
    let wanted = [
        profile(json!({ "email": "a@x.example", "first_name": "Ada" })),
        profile(json!({ "email": "old@x.example", "first_name": "Bob", "properties": { "plan": "gold" } })),
    ];
    assert_eq!(script.bodies(), wanted);
    let sent = &script.requests()[0];
    assert_eq!((sent.method.as_str(), sent.url.as_str()), ("POST", "https://a.klaviyo.com/api/profiles"));
    assert!(sent.headers.contains(&("content-type".into(), "application/vnd.api+json".into())), "{:?}", sent.headers);
    assert_eq!((&sent.pace[..], sent.effect), (&["profiles".to_owned()][..], Effect::Once));
}

#[test]
fn whom_klaviyo_has_given_an_id_is_not_made_a_second_time() {
    let made = by("id", ["01GD".into(), null()]).column("email", PhysicalType::Utf8, ["a@x.example".into(), "b@x.example".into()]);
    let script = script().answers(new());
    let told = write(&script, &made.attr("role", "identifier").attr("identifier", "email")).expect("sent");
    assert_eq!(outcomes(&told, 2), ["skipped row-refused", "accepted"]);
    assert_eq!(script.bodies()[0]["data"]["attributes"], json!({ "email": "b@x.example" }));
}

/// After a lost answer the row may be there; a second time Klaviyo says that it is.
#[test]
fn a_lost_answer_leaves_one_row_in_doubt_and_its_repeat_is_well() {
    let made = by("email", ["a@x.example".into(), "b@x.example".into()]);
    let lost = write(&script().fails(failure("egress-timeout", true)).answers(new()), &made).expect("a receipt");
    assert_eq!(
        (outcomes(&lost, 2), lost.stop.is_some()),
        (["unknown dest-timeout", "accepted"].map(str::to_owned).to_vec(), false)
    );
    let again = write(&script().answers(there()).answers(there()), &made).expect("a receipt");
    assert_eq!(outcomes(&again, 2), ["accepted"; 2]);
}

#[test]
fn an_answer_that_is_not_klaviyos_decides_nothing() {
    let made = by("email", ["a@x.example".into()]);
    for reply in [
        answer(201, r#"{"another":{"shape":true}}"#),
        answer(201, r#"{"data":{"type":"list","id":"L","attributes":{}}}"#),
        answer(200, r#"{"data":{"type":"profile","id":"01A","attributes":{}}}"#),
        answer(201, "<html>log in</html>"),
        answer(503, "{}"),
    ] {
        let told = write(&script().answers(reply), &made).expect("a receipt");
        assert!(outcomes(&told, 1)[0].starts_with("unknown") && told.stop.is_some(), "{told:?}");
    }
    // Nothing was made, whoever refuses.
    for (reply, wanted) in [
        (answer(409, r#"{"another":{"shape":true}}"#), "unavailable"),
        (answer(409, r#"{"errors":[]}"#), "unavailable"),
        (answer(400, "<html>proxy</html>"), "unavailable"),
        (answer(404, "{}"), "missing"),
        (refusal(401, "not_authenticated", "/data/"), "auth"),
        (refusal(400, "not_authenticated", "/data/"), "auth"),
        (answer(403, "{}"), "config"),
        (answer(410, ""), "config"),
        (answer(415, "{}"), "config"),
        (answer(429, "{}"), "throttled"),
    ] {
        let kind = match write(&script().answers(reply), &made) {
            Err(Halt::Unavailable(_)) => "unavailable",
            Err(Halt::Missing(_)) => "missing",
            Err(Halt::Auth(_)) => "auth",
            Err(Halt::Config(_)) => "config",
            Err(Halt::Throttled(_)) => "throttled",
            other => panic!("{other:?}"),
        };
        assert_eq!(kind, wanted);
    }
}

#[test]
fn a_refusal_names_the_field_of_its_row() {
    let made = by("email", ["a@x.example", "b@x.example", "c@x.example", "d@x.example", "e@x.example"].map(Input::from));
    let script = script()
        .answers(refusal(400, "invalid", "/data/attributes/email"))
        .answers(refusal(400, "invalid", "/data/attributes/properties/ltv"))
        .answers(refusal(400, "invalid", "/data"))
        .answers(refusal(409, "other", "/data"))
        .answers(answer(400, r#"{"words":"of nobody"}"#));
    let told = write(&script, &made).expect("a receipt");
    let refused = "rejected row-refused";
    assert_eq!(outcomes(&told, 5), ["rejected identifier-invalid", "rejected dest-field-invalid", refused, refused, refused]);
    assert!(told.receipt.notes.is_empty() && told.stop.is_none());
}

#[test]
fn a_request_and_a_batch_have_their_limits() {
    let row =
        |bytes: usize| by("email", ["a@x.example".into()]).column("bio", PhysicalType::Utf8, [Input::Text("x".repeat(bytes))]);
    let around = r#"{"data":{"type":"profile","attributes":{"email":"a@x.example","properties":{"bio":""}}}}"#.len();
    let fits = write(&script().answers(new()), &row(PROFILE_BYTES_MAX - around)).expect("sent");
    assert_eq!(outcomes(&fits, 1), ["accepted"]);
    let told = write(&script(), &row(PROFILE_BYTES_MAX + 1 - around)).expect("a receipt");
    assert_eq!(outcomes(&told, 1), ["rejected too-large"]);
    let many = Made::new().column("email", PhysicalType::Utf8, (0..201).map(|n| Input::Text(format!("{n}@x.example"))));
    let told = write(&script(), &many.attr("role", "identifier").attr("identifier", "email"));
    assert!(matches!(&told, Err(Halt::SplitBatch(split)) if split.rows_fit == Some(200)), "{told:?}");
}
