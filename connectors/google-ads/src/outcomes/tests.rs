use sluice_sdk::serde_json::{Value as Json, json};
use sluice_sdk::testing::{Answer, answer, failure};

use super::*;

/// A refusal of the Data Manager API with these violations, each a reason and a field.
fn refusal(status: u16, violations: &[(&str, &str)]) -> Answer {
    let violation = |(reason, field): &(&str, &str)| json!({ "field": field, "reason": reason, "description": "why" });
    let info = json!({ "@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "INVALID_ARGUMENT", "domain": "datamanager.googleapis.com" });
    let bad = json!({ "@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": violations.iter().map(violation).collect::<Vec<Json>>() });
    answer(
        status,
        &json!({ "error": { "code": status, "message": "m", "status": "INVALID_ARGUMENT", "details": [info, bad] } }).to_string(),
    )
}

/// Four rows, of which the second was left out.
fn told(answer: Answer) -> Result<Written, Halt> {
    let places = Places::new(4, vec![(1, Reason::new(code::BAD_FORMAT, ""))]);
    of_ingest(&places, Ok(answer.response()))
}

#[test]
fn rows_that_are_named_are_refused_and_the_others_follow_at_once() {
    let told = told(refusal(
        400,
        &[
            ("INVALID_SHA256_FORMAT", "audience_members[1].user_data.user_identifiers[0].email_address"),
            ("INVALID_FORMAT", "audience_members[1].consent"),
            ("INVALID_EVENT", "events.events[0]"),
            ("INVALID_EVENT", "events.events[3]"),
        ],
    ))
    .expect("a receipt");
    assert!(
        matches!(&told.receipt.all, Outcome::Retry(r) if (r.code.as_str(), r.after_ms) == (code::DEST_BATCH_TOO_LARGE, Some(0)))
    );
    let told: Vec<_> = told.receipt.except.iter().map(|(row, o)| (*row, matches!(o, Outcome::Rejected(_)))).collect();
    assert_eq!(told, [(0, true), (1, true), (2, true)], "the fourth place is nobody's");
}

#[test]
fn each_reason_about_a_record_has_its_code() {
    for (own, wanted) in ROWS.iter().chain(&[("INVALID_EVENT", code::ROW_REFUSED), ("SOMETHING_NEW", code::ROW_REFUSED)]) {
        let written = told(refusal(400, &[(own, "events.events[2].event_source")])).expect("a receipt");
        let [.., (3, Outcome::Rejected(reason))] = &written.receipt.except[..] else { panic!("{own} {written:?}") };
        assert_eq!(
            (reason.code.as_str(), reason.vendor_code.as_deref(), reason.field.as_deref()),
            (*wanted, Some(*own), Some("eventSource"))
        );
        assert!(reason.attrs.contains(&("said".to_owned(), "why".to_owned())));
    }
}

#[test]
fn a_place_in_the_request_is_a_row_and_a_field() {
    let places = Places::new(4, vec![(1, Reason::new(code::BAD_FORMAT, ""))]);
    for (field, row, name) in [
        ("events.events[2].user_data.user_identifiers[1].phone_number", Some(3), Some("phoneNumber")),
        ("events.events[0].custom_variables[1]", Some(0), Some("customVariables")),
        ("audience_members[0]", Some(0), None),
        ("audienceMembers[1].mobileData", Some(2), Some("mobileData")),
        ("audience_members[3]", None, None),
        ("destinations[0].product_destination_id", None, Some("productDestinationId")),
        ("events.events[x]", None, None),
        ("events", None, None),
        ("", None, None),
    ] {
        let violation = Violation { field: field.into(), ..Violation::default() };
        assert_eq!((violation.index().and_then(|at| places.row(at)), violation.name().as_deref()), (row, name), "{field}");
    }
}

#[test]
fn what_the_operator_must_mend_refuses_nobody_even_where_a_row_is_named() {
    for (own, means) in CODES.iter().filter(|(_, means)| matches!(means, Means::Setup(_))) {
        let halt = told(refusal(400, &[("INVALID_EVENT", "events.events[0]"), (own, "events.events[0].user_data")]));
        assert!(matches!(&halt, Err(Halt::Config(r)) if r.vendor_code.as_deref() == Some(*own)), "{own} {means:?}: {halt:?}");
    }
    let gone = told(refusal(400, &[("INVALID_USER_LIST_ID", "destinations[0].product_destination_id")]));
    assert!(matches!(gone, Err(Halt::Missing(_))), "{gone:?}");
    for own in ["TOO_MANY_EVENTS", "TOO_MANY_AUDIENCE_MEMBERS"] {
        assert!(matches!(told(refusal(400, &[(own, "events")])), Err(Halt::SplitBatch(_))), "{own}");
    }
}

#[test]
fn a_refusal_that_names_nobody_is_for_the_host_to_halve() {
    for bare in [refusal(400, &[]), refusal(400, &[("INVALID_ARGUMENT", "events")]), answer(400, "{}"), answer(400, "")] {
        let written = told(bare).expect("a receipt");
        assert!(matches!(&written.receipt.all, Outcome::Rejected(r) if r.code == code::ROW_REFUSED), "{written:?}");
        assert_eq!(written.receipt.attrs, [("scope".to_owned(), "batch".to_owned())]);
    }
    let page = told(answer(400, "<html>proxy</html>"));
    assert!(matches!(page, Err(Halt::Unavailable(_))), "{page:?}");
}

#[test]
fn the_minutes_allowance_is_waited_for_and_the_days_is_not() {
    for (limit, quota) in [("IngestionMutateRequestsPerMinutePerProject", false), ("IngestionMutateRequestsPerDayPerProject", true)]
    {
        let info = json!({ "reason": "RESOURCE_EXHAUSTED", "metadata": { "quota_limit": limit } });
        let body = json!({ "error": { "code": 429, "status": "RESOURCE_EXHAUSTED", "details": [info] } }).to_string();
        match (told(answer(429, &body)), GOOGLE.of_read(Ok(answer(429, &body).response())), quota) {
            (Err(Halt::Quota(reason)), Err(Halt::Quota(_)), true) => assert_eq!(reason.vendor_code.as_deref(), Some(limit)),
            (Err(Halt::Throttled(_)), Err(Halt::Throttled(_)), false) => {}
            other => panic!("{limit}: {other:?}"),
        }
    }
    assert!(matches!(told(answer(429, "")), Err(Halt::Throttled(_))));
}

#[test]
fn the_usual_statuses_have_the_usual_ends() {
    let body = |status: &str| json!({ "error": { "status": status } }).to_string();
    assert!(matches!(told(answer(401, &body("UNAUTHENTICATED"))), Err(Halt::Auth(_))));
    assert!(
        matches!(told(answer(403, &body("PERMISSION_DENIED"))), Err(Halt::Config(r)) if r.code == code::DEST_PERMISSION && r.message.contains("login_customer_id"))
    );
    assert!(matches!(told(answer(404, &body("NOT_FOUND"))), Err(Halt::Missing(_))));
    for status in [500, 503, 504] {
        let written = told(answer(status, &body("INTERNAL"))).expect("a receipt");
        assert!(matches!(written.receipt.all, Outcome::Unknown(_)) && written.stop.is_some(), "{written:?}");
    }
    let silent = of_ingest(&Places::all(1), Err(failure("egress-timeout", true))).expect("a receipt");
    assert!(matches!(silent.receipt.all, Outcome::Unknown(_)), "{silent:?}");
    assert!(matches!(of_ingest(&Places::all(1), Err(failure("egress-connect-failed", false))), Err(Halt::Unavailable(_))));
}

#[test]
fn a_success_without_a_request_to_ask_after_is_doubt() {
    for body in ["{}", r#"{"requestId":""}"#, "[]", r#"{"requestId":7}"#] {
        let written = told(answer(200, body)).expect("a receipt");
        assert!(matches!(written.receipt.all, Outcome::Unknown(_)) && written.stop.is_some(), "{body}: {written:?}");
    }
}
