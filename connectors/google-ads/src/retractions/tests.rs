use sluice_sdk::serde_json::{Value as Json, json};
use sluice_sdk::testing::{Input, Rows as Made, Script, answer, kind, null};
use sluice_sdk::{Destination, PhysicalType};

use super::*;
use crate::GoogleAds;

/// The script's frozen instant, and a day, in microseconds.
const NOW: i64 = 1_760_000_000_000_000;
const DAY: i64 = 86_400_000_000;

fn script() -> Script {
    let settings = r#"{"customer_id":"123-456-7890","sign_in":"oauth"}"#;
    Script::new().service("retractions").mode("append").settings(settings).options(r#"{"conversion_action_id":"7001112223"}"#)
}

fn by(made: Made, name: &str, values: impl IntoIterator<Item = Input>) -> Made {
    made.column(name, PhysicalType::Utf8, values).attr("role", "identifier").attr("identifier", name)
}

fn at(made: Made, name: &str, role: &str, values: impl IntoIterator<Item = Input>) -> Made {
    made.column(name, PhysicalType::TimestampMicros, values).attr("role", role)
}

fn answered(results: Json, errors: &[(&str, &str, u32)]) -> Script {
    let fault = |(kind, name, at): &(&str, &str, u32)| {
        let path = json!([{ "fieldName": "conversionAdjustments", "index": at }, { "fieldName": "order_id" }]);
        json!({ "errorCode": { *kind: name }, "message": "why", "location": { "fieldPathElements": path } })
    };
    let details = json!([{ "@type": "type.googleapis.com/google.ads.googleads.v25.errors.GoogleAdsFailure", "errors": errors.iter().map(fault).collect::<Vec<_>>() }]);
    let mut body = json!({ "results": results, "jobId": "9" });
    if !errors.is_empty() {
        body["partialFailureError"] = json!({ "code": 3, "message": "Multiple errors", "details": details });
    }
    script().answers(answer(200, &body.to_string()))
}

fn done() -> Json {
    json!({ "orderId": "ORD-1", "adjustmentType": "RETRACTION" })
}

/// Word, code and row of each exception.
fn told(script: &Script, made: &Made) -> (Written, Vec<String>) {
    let written = script.rows(Operation::Append, made, GoogleAds::write).expect("a receipt");
    let word = |(row, outcome): &(u32, Outcome)| match outcome {
        Outcome::Rejected(reason) => format!("{row} rejected {}", reason.code),
        Outcome::Retry(reason) => format!("{row} retry {}", reason.code),
        Outcome::Unknown(reason) => format!("{row} unknown {}", reason.code),
        other => panic!("{other:?}"),
    };
    let words = written.receipt.except.iter().map(word).collect();
    (written, words)
}

fn orders<const N: usize>() -> Made {
    by(Made::new(), "transactionId", std::array::from_fn::<_, N, _>(|n| Input::Text(format!("ORD-{n}"))))
}

#[test]
fn a_conversion_is_known_by_its_order_or_by_its_click_and_time() {
    let made = by(Made::new(), "transactionId", ["100234".into(), null(), null(), null(), "ORD-5".into()]);
    let made = by(made, "gclid", ["Cj1".into(), "Cj2".into(), "Cj3".into(), null(), null()]);
    let made = at(
        made,
        "conversionDateTime",
        "attribute",
        [(NOW - DAY).into(), (NOW - 2 * DAY + 999_999).into(), null(), null(), (NOW - DAY + 1000).into()],
    );
    let made = at(made, "adjustmentDateTime", "event-time", [null(), (NOW - 1).into(), null(), null(), null()]);
    let script = answered(json!([done(), done()]), &[]);
    let (written, words) = told(&script, &made);
    assert_eq!(words, ["2 rejected bad-format", "3 rejected no-identifier", "4 retry dest-unavailable"]);
    assert_eq!((written.receipt.all, written.later), (Outcome::Accepted, None));
    let common = |id: (&str, Json), at: &str| {
        let action = "customers/1234567890/conversionActions/7001112223";
        json!({ id.0: id.1, "adjustmentType": "RETRACTION", "conversionAction": action, "adjustmentDateTime": at })
    };
    let click = json!({ "gclid": "Cj2", "conversionDateTime": "2025-10-07 08:53:20+00:00" });
    let adjustments = [
        common(("orderId", json!("100234")), "2025-10-09 08:53:20+00:00"),
        common(("gclidDateTimePair", click), "2025-10-09 08:53:19+00:00"),
    ];
    assert_eq!(script.bodies(), [json!({ "partialFailure": true, "conversionAdjustments": adjustments })]);
    assert_eq!(script.requests()[0].credentials, ["login", "developer_token"]);
}

#[test]
fn each_row_is_told_what_its_own_answer_says() {
    let kind = "conversionAdjustmentUploadError";
    let errors = [
        (kind, "CONVERSION_ALREADY_RETRACTED", 0),
        (kind, "TOO_RECENT_CONVERSION", 1),
        (kind, "TOO_RECENT_CONVERSION_ACTION", 2),
        (kind, "CONVERSION_EXPIRED", 3),
        (kind, "CONVERSION_NOT_FOUND", 4),
        (kind, "ADJUSTMENT_PRECEDES_CONVERSION", 5),
        (kind, "MISSING_ORDER_ID_FOR_WEBPAGE", 6),
        (kind, "ORDER_ID_CONTAINS_PII", 7),
        ("databaseError", "CONCURRENT_MODIFICATION", 8),
        ("quotaError", "RESOURCE_TEMPORARILY_EXHAUSTED", 9),
        (kind, "SOMETHING_NEW", 10),
        (kind, "DUPLICATE_ADJUSTMENT_IN_REQUEST", 11),
        // A second word about a row.
        (kind, "CONVERSION_EXPIRED", 11),
        // Of nobody.
        (kind, "CONVERSION_EXPIRED", 99),
    ];
    let mut results = vec![json!({}); 12];
    results.push(done());
    let (written, words) = told(&answered(json!(results), &errors), &orders::<13>());
    let wanted = [
        "1 retry dest-unavailable",
        "2 retry dest-unavailable",
        "3 rejected too-old",
        "4 rejected not-found-in-destination",
        "5 rejected dest-field-invalid",
        "6 rejected no-identifier",
        "7 rejected identifier-invalid",
        "8 retry dest-unavailable",
        "9 retry dest-unavailable",
        "10 rejected row-refused",
        "11 retry dest-unavailable",
    ];
    assert_eq!((words, written.stop), (wanted.map(str::to_owned).to_vec(), None));
    assert!(matches!(&written.receipt.except[9].1, Outcome::Rejected(r) if r.vendor_code.as_deref() == Some("SOMETHING_NEW")));
}

#[test]
fn what_the_operator_must_mend_stops_the_run_and_refuses_nobody() {
    for name in [
        "NO_CONVERSION_ACTION_FOUND",
        "INVALID_CONVERSION_ACTION_TYPE",
        "CUSTOMER_NOT_ACCEPTED_CUSTOMER_DATA_TERMS",
        "CUSTOMER_NOT_ALLOWLISTED_FOR_THIS_FEATURE",
    ] {
        let script = answered(json!([done(), {}]), &[("conversionAdjustmentUploadError", name, 1)]);
        let (written, words) = told(&script, &orders::<2>());
        assert_eq!(words, ["1 retry dest-config"], "{name}");
        assert!(matches!(&written.stop, Some(Halt::Config(r)) if r.vendor_code.as_deref() == Some(name)));
    }
}

#[test]
fn an_answer_that_leaves_rows_out_leaves_them_in_doubt() {
    let (_, words) = told(&answered(json!([done(), {}]), &[]), &orders::<2>());
    assert_eq!(words, ["1 unknown dest-protocol"]);
    for body in [r#"{"results":[{"orderId":"a"}]}"#, "{}", "[]", "<html>"] {
        let (written, _) = told(&script().answers(answer(200, body)), &orders::<2>());
        assert!(matches!(written.receipt.all, Outcome::Unknown(_)) && written.stop.is_some(), "{body}: {written:?}");
    }
}

#[test]
fn a_refusal_of_the_whole_speaks_of_no_row() {
    let refusal = |kind: &str, name: &str| {
        json!({ "error": { "code": 400, "status": "INVALID_ARGUMENT", "details": [{ "errors": [{ "errorCode": { kind: name } }] }] } }).to_string()
    };
    let halt = |status: u16, body: &str| match script().answers(answer(status, body)).rows(
        Operation::Append,
        &orders::<2>(),
        GoogleAds::write,
    ) {
        Err(halt) => kind(&halt),
        Ok(written) => panic!("{written:?}"),
    };
    for (status, kind, name, wanted) in [
        (401, "authenticationError", "OAUTH_TOKEN_EXPIRED", "auth"),
        (401, "authenticationError", "OAUTH_TOKEN_INVALID", "auth"),
        (403, "authorizationError", "USER_PERMISSION_DENIED", "config"),
        (403, "authorizationError", "CUSTOMER_NOT_ENABLED", "config"),
        (403, "authorizationError", "DEVELOPER_TOKEN_NOT_APPROVED", "config"),
        (401, "authenticationError", "DEVELOPER_TOKEN_INVALID", "config"),
        (403, "notAllowlistedError", "CUSTOMER_NOT_ALLOWLISTED_FOR_THIS_FEATURE", "config"),
        (429, "quotaError", "RESOURCE_EXHAUSTED", "throttled"),
        (400, "quotaError", "RESOURCE_TEMPORARILY_EXHAUSTED", "unavailable"),
        (400, "databaseError", "CONCURRENT_MODIFICATION", "unavailable"),
        (400, "conversionAdjustmentUploadError", "TOO_MANY_ADJUSTMENTS_IN_REQUEST", "config"),
        (400, "requestError", "SOMETHING_NEW", "config"),
    ] {
        assert_eq!(halt(status, &refusal(kind, name)), wanted, "{status} {name}");
    }
}
