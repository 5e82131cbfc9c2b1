use sluice_sdk::serde_json::Value as Json;
use sluice_sdk::testing::{Rows as Made, Script, answer};
use sluice_sdk::{Destination, Operation, Outcome, PhysicalType, serde_json};

use super::*;
use crate::GoogleAds;

const TOKEN: &[u8] = br#"{"request":"r 1","warned":[[1,"CUSTOM_VARIABLE_NOT_ENABLED","customVariables"],[9,"OF_NOBODY",""]]}"#;

fn script() -> Script {
    Script::new().service("click-conversions").settings(r#"{"customer_id":"1234567890","sign_in":"oauth"}"#)
}

/// Asks after three rows.
fn asked(script: &Script) -> Result<Written, Halt> {
    let made = Made::new().column("gclid", PhysicalType::Utf8, ["a".into(), "b".into(), "c".into()]);
    script.rows(Operation::Append, &made, |call, rows| GoogleAds::poll(call, rows, TOKEN))
}

fn status(word: &str, errors: &[(u64, &str)]) -> Json {
    let count = |(records, reason): &(u64, &str)| json!({ "recordCount": records.to_string(), "reason": format!("PROCESSING_ERROR_REASON_{reason}") });
    let counts: Vec<Json> = errors.iter().map(count).collect();
    json!({ "requestStatusPerDestination": [{ "destination": {}, "requestStatus": word, "errorInfo": { "errorCounts": counts },
        "eventsIngestionStatus": { "recordCount": "3" } }] })
}

fn told(word: &str, errors: &[(u64, &str)]) -> Written {
    asked(&script().answers(answer(200, &status(word, errors).to_string()))).expect("a receipt")
}

#[test]
fn what_google_takes_is_asked_after_and_remembers_what_was_ignored() {
    let places = Places::new(3, vec![(0, Reason::new(code::BAD_FORMAT, ""))]);
    let warning = r#"{"requestId":"r-1","fieldWarnings":[{"reason":"CUSTOM_VARIABLE_NOT_ENABLED","field":"events.events[0].custom_variables[0].variable"},{"reason":"OF_NOBODY","field":"events"}]}"#;
    let written = places.finish(begun(&places, &answer(200, warning).response()).expect("taken"));
    let ticket = written.later.expect("a ticket");
    assert_eq!((ticket.poll_after_ms, ticket.give_up_after_ms), (1_800_000, 172_800_000));
    let token: Json = serde_json::from_slice(&ticket.token).expect("JSON");
    assert_eq!(token, json!({ "request": "r-1", "warned": [[1, "CUSTOM_VARIABLE_NOT_ENABLED", "variable"]] }));
    let many: Vec<Json> = (0..99).map(|_| json!({ "reason": "R", "field": "events.events[0].x" })).collect();
    let many = json!({ "requestId": "r-1", "fieldWarnings": many }).to_string();
    let written = begun(&places, &answer(200, &many).response()).expect("taken").written();
    let token: Json = serde_json::from_slice(&written.later.expect("a ticket").token).expect("JSON");
    assert_eq!(token["warned"].as_array().map(Vec::len), Some(WARNINGS_MAX));
}

#[test]
fn a_request_is_asked_after_by_its_id_until_it_is_done() {
    for word in ["PROCESSING", "REQUEST_STATUS_UNKNOWN"] {
        let script = script().answers(answer(200, &status(word, &[]).to_string()));
        let written = asked(&script).expect("a receipt");
        assert_eq!(written.receipt.all, Outcome::Pending);
        let (again, before): (Json, Json) = (
            serde_json::from_slice(&written.later.expect("a ticket").token).expect("JSON"),
            serde_json::from_slice(TOKEN).expect("JSON"),
        );
        assert_eq!(again, before);
        let [request] = &script.requests()[..] else { panic!("one question") };
        assert_eq!(request.url, "https://datamanager.googleapis.com/v1/requestStatus:retrieve?requestId=r%201");
        assert_eq!(request.pace, ["status"]);
    }
}

#[test]
fn all_that_were_used_are_accepted_and_notes_say_what_was_not() {
    let written = told("SUCCESS", &[]);
    assert_eq!((written.receipt.all, written.receipt.unnamed, written.receipt.except), (Outcome::Accepted, 0, vec![]));
    let [(1, note)] = &written.receipt.notes[..] else { panic!("{:?}", written.receipt.notes) };
    assert_eq!(
        (note.field.as_deref(), note.vendor_code.as_deref()),
        (Some("customVariables"), Some("CUSTOM_VARIABLE_NOT_ENABLED"))
    );
}

#[test]
fn counts_name_nobody() {
    for (errors, unnamed) in [
        (&[(2, "INVALID_CLICK")][..], 2),
        (&[(1, "DENIED_CONSENT"), (1, "EVENT_TOO_OLD")], 2),
        (&[(1, "DENIED_CONSENT"), (1, "DUPLICATE_TRANSACTION_ID")], 1),
        (&[(2, "DUPLICATE_GCLID")], 0),
        (&[(99, "INVALID_CLICK")], 3),
        (&[], 1),
    ] {
        let written = told("PARTIAL_SUCCESS", errors);
        assert_eq!((&written.receipt.all, written.receipt.unnamed), (&Outcome::Accepted, unnamed), "{errors:?}");
    }
}

#[test]
fn rows_that_google_could_not_use_yet_bring_their_request_again() {
    for (errors, own) in [
        (&[(1, "TOO_RECENT_CLICK")][..], "TOO_RECENT_CLICK"),
        (&[(2, "DENIED_CONSENT"), (1, "TOO_RECENT_CLICK")], "TOO_RECENT_CLICK"),
        (&[(1, "INTERNAL_ERROR"), (1, "DUPLICATE_TRANSACTION_ID")], "INTERNAL_ERROR"),
    ] {
        let written = told("PARTIAL_SUCCESS", errors);
        let Outcome::Retry(reason) = &written.receipt.all else { panic!("{errors:?}: {written:?}") };
        assert_eq!((reason.vendor_code.as_deref(), reason.after_ms), (Some(own), Some(3_600_000)), "{errors:?}");
        assert_eq!((written.receipt.except, written.receipt.unnamed), (vec![], 0), "nobody knows which they are");
    }
}

#[test]
fn a_failure_of_all_is_told_by_its_reason() {
    let rejected = |errors: &[(u64, &str)]| match told("FAILED", errors).receipt.all {
        Outcome::Rejected(reason) => (reason.code, reason.vendor_code.unwrap_or_default()),
        other => panic!("{other:?}"),
    };
    for (own, fate) in REASONS {
        let written = told("FAILED", &[(3, own)]);
        match (fate, &written.receipt.all, &written.stop) {
            (Fate::Row(code), Outcome::Rejected(reason), None) => {
                assert_eq!((&reason.code, reason.vendor_code.as_deref()), (&(*code).to_owned(), Some(*own)))
            }
            (Fate::Later, Outcome::Retry(reason), None) => assert_eq!(reason.after_ms, Some(3_600_000)),
            (Fate::Setup(message), Outcome::Retry(_), Some(Halt::Config(reason))) => assert_eq!(reason.message, *message),
            (Fate::There, Outcome::Accepted, None) => {}
            other => panic!("{own}: {other:?}"),
        }
    }
    assert_eq!(rejected(&[(1, "INVALID_CLICK"), (2, "EVENT_TOO_OLD")]), (code::TOO_OLD.to_owned(), "EVENT_TOO_OLD".to_owned()));
    assert_eq!(rejected(&[(3, "SOMETHING_NEW")]), (code::ROW_REFUSED.to_owned(), "SOMETHING_NEW".to_owned()));
    assert_eq!(rejected(&[]), (code::ROW_REFUSED.to_owned(), "FAILED".to_owned()));
    let some = told("FAILED", &[(1, "DUPLICATE_GCLID"), (2, "INVALID_CLICK")]);
    assert_eq!((some.receipt.all, some.receipt.unnamed), (Outcome::Accepted, 2), "one of them is there");
    assert!(matches!(told("FAILED", &[(1, "INTERNAL_ERROR"), (2, "INVALID_CLICK")]).receipt.all, Outcome::Retry(_)));
}

#[test]
fn reasons_and_counts_are_kept_for_the_run() {
    let mut body = status("PARTIAL_SUCCESS", &[(2, "INVALID_CLICK")]);
    let one = &mut body["requestStatusPerDestination"][0];
    one["warningInfo"] = json!({ "warningCounts": [{ "recordCount": "1", "reason": "PROCESSING_WARNING_REASON_INTERNAL_ERROR" }] });
    one["errorInfo"]["errorCounts"][0]["reason"] = json!("PROCESSING_ERROR_OPERATING_ACCOUNT_MISMATCH_FOR_AD_IDENTIFIER");
    let script = script().answers(answer(200, &body.to_string()));
    let written = asked(&script).expect("a receipt");
    let attr = |name: &str, text: &str| (name.to_owned(), text.to_owned());
    assert_eq!(
        written.receipt.attrs,
        [attr("errors", "2 × OPERATING_ACCOUNT_MISMATCH_FOR_AD_IDENTIFIER"), attr("warnings", "1 × INTERNAL_ERROR")]
    );
    assert_eq!(script.lines().len(), 2);
}

#[test]
fn a_request_that_nobody_knows_is_lost_and_one_that_cannot_be_read_is_asked_after_again() {
    let lost = r#"{"error":{"code":400,"status":"INVALID_ARGUMENT","details":[{"reason":"INVALID_REQUEST_ID"}]}}"#;
    for gone in [answer(400, lost), answer(404, "{}")] {
        assert!(matches!(asked(&script().answers(gone)).expect("a receipt").receipt.all, Outcome::Unknown(_)));
    }
    for body in ["{}", r#"{"requestStatusPerDestination":[]}"#, r#"{"requestStatusPerDestination":[{}]}"#, "<html>"] {
        assert!(matches!(asked(&script().answers(answer(200, body))), Err(Halt::Unavailable(_))), "{body}");
    }
    assert!(matches!(asked(&script().answers(answer(503, ""))), Err(Halt::Unavailable(_))));
    let other = Made::new().column("gclid", PhysicalType::Utf8, ["a".into()]);
    let told = script().rows(Operation::Append, &other, |call, rows| GoogleAds::poll(call, rows, b"42"));
    assert!(matches!(told, Err(Halt::Contract(_))));
}
