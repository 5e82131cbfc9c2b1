use sluice_sdk::testing::{Answer, Input, Rows as Made, absent, answer, failure, halted, outcome as word, outcomes};
use sluice_sdk::{PhysicalType, serde_json::json};

use super::*;
use crate::settings::ProjectType;

/// Three users by address; the last two are one.
fn made() -> Made {
    let emails = ["a@example.com", "b@example.com", "b@example.com"].map(Input::from);
    Made::new().column("email", PhysicalType::Utf8, emails).attr("role", "identifier").column(
        "tier",
        PhysicalType::Utf8,
        ["gold".into(), absent(), "gold".into()],
    )
}

/// What is told of a batch of [`made`], of which `left_out` was not sent.
fn told(strangers: Strangers, left_out: &[u32], answer: Result<Response, Failure>) -> Result<Written, Halt> {
    let made = made();
    let rows = made.view();
    let people = People::of(&rows, ProjectType::Email).expect("one identifier");
    let cells = Cells::new(rows.with_role("attribute").copied());
    let places = Places::new(3, left_out.iter().map(|row| (*row, Reason::new(code::BAD_FORMAT, ""))).collect());
    of_users(&Sent { people: &people, cells: &cells, places: &places, strangers }, answer)
}

fn rows(told: &Written) -> Vec<String> {
    outcomes(told, 3)
}

fn reply(failed: sluice_sdk::serde_json::Value, fail_count: u64) -> Answer {
    answer(200, &json!({ "successCount": 3 - fail_count, "failCount": fail_count, "failedUpdates": failed }).to_string())
}

#[test]
fn every_code_of_a_refusal_has_its_meaning() {
    for (status, own, wanted) in [
        (400, "BadParams", "halve row-refused"),
        (400, "BadJsonBody", "halve row-refused"),
        (400, "RequestFieldsTypesMismatched", "halve dest-field-invalid"),
        (400, "InvalidEmailAddressError", "halve identifier-invalid"),
        (400, "InvalidUserIdError", "halve identifier-invalid"),
        (400, "UnknownEmailError", "halve not-found-in-destination"),
        (400, "UnknownUserIdError", "halve not-found-in-destination"),
        (400, "BatchTooLarge", "split dest-batch-too-large"),
        (413, "BatchTooLarge", "split dest-batch-too-large"),
        (413, "", "split dest-batch-too-large"),
        (400, "UniqueFieldsLimitExceeded", "config dest-config"),
        (401, "BadApiKey", "auth dest-auth"),
        (401, "BadAuthorizationHeader", "auth dest-auth"),
        (401, "Unauthorized", "auth dest-auth"),
        (401, "", "auth dest-auth"),
        (403, "Forbidden", "config dest-permission"),
        (409, "ForgottenUserError", "halve row-refused"),
        (409, "EmailAlreadyExists", "halve identifier-invalid"),
        (409, "UserIdAlreadyExists", "halve identifier-invalid"),
        (409, "ExternalKeyConflict", "halve identifier-invalid"),
        (429, "RateLimitExceeded", "throttled dest-rate-limited"),
        (500, "GenericError", "unknown dest-unavailable, stop"),
        (500, "DatabaseError", "unknown dest-unavailable, stop"),
        (500, "QueueEmailError", "unknown dest-unavailable, stop"),
        (503, "", "unknown dest-unavailable, stop"),
        // Not of the vendor's list.
        (400, "SomethingNew", "halve row-refused"),
        (400, "", "halve row-refused"),
        (404, "NotFound", "missing dest-object-missing"),
        (415, "", "config dest-config"),
    ] {
        let body = json!({ "msg": "words", "code": own, "params": null }).to_string();
        let got = match told(Strangers::Made, &[], Ok(answer(status, &body).response())) {
            Ok(written) if written.receipt.attrs == [("scope".to_owned(), "batch".to_owned())] => {
                word(&written.receipt.all).replace("rejected", "halve")
            }
            Ok(written) => format!("{}{}", word(&written.receipt.all), if written.stop.is_some() { ", stop" } else { "" }),
            Err(halt) => halted(&halt),
        };
        assert_eq!(got, wanted, "{status} {own}");
    }
}

#[test]
fn the_vendors_code_and_words_reach_the_operator_apart_from_ours() {
    let body = r#"{"msg":"Invalid email: 000","code":"InvalidEmailAddressError","params":null}"#;
    let written = told(Strangers::Made, &[], Ok(answer(400, body).response())).expect("a receipt");
    let Outcome::Rejected(reason) = &written.receipt.all else { panic!("{written:?}") };
    assert_eq!(reason.vendor_code.as_deref(), Some("InvalidEmailAddressError"));
    assert!(!reason.message.contains("000"), "{reason:?}");
    assert_eq!(reason.attrs, [("said".to_owned(), body.to_owned())]);
}

#[test]
fn users_are_named_by_identifier_and_every_row_of_theirs_is_told() {
    let (fine, invalid) = ("accepted", "rejected identifier-invalid");
    for (list, wanted) in [
        ("invalidEmails", invalid),
        ("conflictEmails", invalid),
        ("forgottenEmails", "rejected row-refused"),
        ("invalidDataEmails", "rejected dest-field-invalid"),
        ("notFoundEmails", "rejected not-found-in-destination"),
        ("somethingNewEmails", "rejected row-refused"),
    ] {
        let written = told(Strangers::Made, &[], Ok(reply(json!({ list: ["B@Example.com "] }), 2).response())).expect("a receipt");
        assert_eq!((rows(&written), written.receipt.unnamed), ([fine, wanted, wanted].map(str::to_owned).to_vec(), 0), "{list}");
        let Some((1, Outcome::Rejected(reason))) = written.receipt.except.first() else { panic!("{written:?}") };
        assert_eq!(reason.vendor_code.as_deref(), Some(list));
    }
}

#[test]
fn an_identifier_in_the_wrong_list_or_of_nobody_leaves_a_row_unnamed() {
    for (failed, count, unnamed) in [
        (json!({ "invalidUserIds": ["b@example.com"] }), 1, 1),
        (json!({ "invalidEmails": ["stranger@example.com"] }), 1, 1),
        (json!({ "invalidEmails": ["stranger@example.com"] }), 0, 1),
        (json!({ "invalidEmails": ["x@example.com", "y@example.com", "z@example.com", "q@example.com"] }), 4, 3),
        (json!({}), 2, 2),
        (json!({ "other": ["b@example.com"] }), 0, 0),
        (json!(null), 0, 0),
    ] {
        let written = told(Strangers::Made, &[], Ok(reply(failed.clone(), count.min(3)).response())).expect("a receipt");
        assert_eq!((rows(&written), written.receipt.unnamed), (vec!["accepted".to_owned(); 3], unnamed), "{failed}");
    }
}

#[test]
fn what_is_worse_than_not_found_is_told_and_rows_left_out_are_not_named_again() {
    let failed = json!({ "notFoundEmails": ["a@example.com"], "forgottenEmails": ["a@example.com"] });
    let written = told(Strangers::LeftAlone, &[2], Ok(reply(failed, 1).response())).expect("a receipt");
    assert_eq!(rows(&written), ["rejected row-refused", "accepted", "rejected bad-format"]);
    assert_eq!(written.receipt.unnamed, 0);
}

#[test]
fn strangers_are_refused_skipped_or_gone() {
    let both = || json!({ "notFoundEmails": ["a@example.com", "b@example.com"] });
    for (strangers, wanted) in [
        (Strangers::Made, "rejected not-found-in-destination"),
        (Strangers::LeftAlone, "skipped not-found-in-destination"),
        (Strangers::Gone, "accepted"),
    ] {
        let written = told(strangers, &[], Ok(reply(both(), 3).response())).expect("a receipt");
        assert_eq!((rows(&written), written.receipt.unnamed), (vec![wanted.to_owned(); 3], 0), "{strangers:?}");
        // Alone in its request, a stranger may be the whole refusal.
        let alone = answer(400, r#"{"code":"UnknownEmailError","msg":""}"#).response();
        let written = told(strangers, &[1, 2], Ok(alone)).expect("a receipt");
        assert_eq!((rows(&written)[0].as_str(), &written.receipt.attrs[..]), (wanted, &[][..]), "{strangers:?}");
    }
}

#[test]
fn a_field_that_was_dropped_is_noted_at_every_row_that_had_it() {
    let body = r#"{"successCount":3,"failCount":0,"filteredOutFields":["tier","other"]}"#;
    let written = told(Strangers::Made, &[], Ok(answer(200, body).response())).expect("a receipt");
    assert_eq!(rows(&written), ["accepted"; 3]);
    let notes: Vec<_> = written.receipt.notes.iter().map(|(row, r)| (*row, r.code.as_str(), r.field.as_deref())).collect();
    assert_eq!(notes, [(0, code::DEST_FIELD_INVALID, Some("tier")), (2, code::DEST_FIELD_INVALID, Some("tier"))]);
}

#[test]
fn an_answer_that_is_not_iterables_leaves_the_rows_in_doubt() {
    for body in ["", "{}", r#"{"code":"Success","msg":""}"#, r#"{"successCount":3}"#, "<html>log in</html>"] {
        let written = told(Strangers::Made, &[2], Ok(answer(200, body).response())).expect("a receipt");
        assert_eq!(rows(&written), ["unknown dest-protocol", "unknown dest-protocol", "rejected bad-format"], "{body}");
        assert!(matches!(written.stop, Some(Halt::Unavailable(_))), "{body}");
    }
    let page = told(Strangers::Made, &[], Ok(answer(400, "<html>proxy</html>").response()));
    assert!(matches!(&page, Err(Halt::Unavailable(r)) if r.code == code::DEST_PROTOCOL), "{page:?}");
    for (sent, doubt) in [(false, false), (true, true)] {
        assert_eq!(told(Strangers::Made, &[], Err(failure("egress-timeout", sent))).is_ok(), doubt);
    }
}

#[test]
fn the_answer_to_a_question_says_whether_somebody_is_known() {
    let outcome = |status, body: &str| of_question(Ok(answer(status, body).response())).map(|o| o.map(|o| word(&o)));
    let stranger = Ok(Some("skipped not-found-in-destination".to_owned()));
    for body in ["{}", r#"{"user":null}"#, r#"{"user":{}}"#] {
        assert_eq!(outcome(200, body), stranger, "{body}");
    }
    assert_eq!(outcome(200, r#"{"user":{"email":"a@example.com"}}"#), Ok(None));
    for code in ["UnknownEmailError", "UnknownUserIdError"] {
        assert_eq!(outcome(400, &format!(r#"{{"code":"{code}","msg":""}}"#)), stranger);
    }
    for code in ["InvalidEmailAddressError", "InvalidUserIdError"] {
        let wanted = Ok(Some("rejected identifier-invalid".to_owned()));
        assert_eq!(outcome(400, &format!(r#"{{"code":"{code}","msg":""}}"#)), wanted);
    }
    for (status, body) in [(400, "{}"), (401, "{}"), (404, "{}"), (429, "{}"), (500, "{}"), (200, "no JSON"), (200, "<html>")] {
        assert!(outcome(status, body).is_err(), "{status} {body}: nothing is written without an answer");
    }
}
