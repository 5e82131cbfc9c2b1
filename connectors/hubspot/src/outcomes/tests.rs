use sluice_sdk::Written;
use sluice_sdk::status::Ended;
use sluice_sdk::testing::{answer, failure, halted};

use super::*;

/// What ends a write, as `kind code`.
fn ends(told: Result<Response, Ended>) -> String {
    match told {
        Ok(_) => "read".to_owned(),
        Err(Ended::Halt(halt)) => halted(&halt),
        Err(Ended::Written(Written { receipt, .. })) => match receipt.all {
            Outcome::Rejected(r) => {
                format!("{} rejected {}", receipt.attrs.iter().map(|(_, v)| v.as_str()).collect::<String>(), r.code)
            }
            Outcome::Unknown(r) => format!("unknown {}", r.code),
            other => panic!("{other:?}"),
        },
    }
}

#[test]
fn each_status_and_code_of_a_refusal_has_its_meaning() {
    for (status, body, wanted) in [
        (200, "{}", "read"),
        (207, "{}", "read"),
        (400, r#"{"status":"error","category":"VALIDATION_ERROR","message":""}"#, "batch rejected row-refused"),
        (400, r#"{"category":"VALIDATION_ERROR","errors":[{"code":"PROPERTY_DOESNT_EXIST"}]}"#, "config dest-config"),
        (
            400,
            r#"{"category":"VALIDATION_ERROR","errors":[{"message":""},{"code":"INVALID_EMAIL"}]}"#,
            "batch rejected identifier-invalid",
        ),
        (
            400,
            r#"{"category":"VALIDATION_ERROR","message":"Unable to perform update/upsert by non-unique 0-2 property domain"}"#,
            "config dest-config",
        ),
        (400, "", "batch rejected row-refused"),
        (401, r#"{"category":"INVALID_AUTHENTICATION"}"#, "auth dest-auth"),
        (401, r#"{"category":"EXPIRED_AUTHENTICATION"}"#, "auth dest-auth"),
        (401, "", "auth dest-auth"),
        (403, r#"{"category":"MISSING_SCOPES"}"#, "config dest-permission"),
        (404, r#"{"category":"OBJECT_NOT_FOUND"}"#, "missing dest-object-missing"),
        (404, "", "missing dest-object-missing"),
        (409, r#"{"category":"CONFLICT","message":"Contact already exists. Existing ID: 7"}"#, "batch rejected identifier-invalid"),
        (413, "", "split dest-batch-too-large"),
        (414, "", "split dest-batch-too-large"),
        (415, "", "config dest-config"),
        (423, "", "unavailable dest-unavailable"),
        (429, r#"{"errorType":"RATE_LIMIT","policyName":"TEN_SECONDLY_ROLLING"}"#, "throttled dest-rate-limited"),
        (429, r#"{"category":"RATE_LIMITS"}"#, "throttled dest-rate-limited"),
        (429, r#"{"errorType":"RATE_LIMIT","policyName":"DAILY"}"#, "quota dest-quota"),
        (477, "", "unavailable dest-unavailable"),
        (500, "", "unknown dest-unavailable"),
        (504, "", "unknown dest-timeout"),
        (400, "<html>proxy</html>", "unavailable dest-protocol"),
        (200, "<html>log in</html>", "unknown dest-protocol"),
    ] {
        assert_eq!(ends(HUBSPOT.of_write(Ok(answer(status, body).response()))), wanted, "{status} {body}");
    }
    assert_eq!(ends(HUBSPOT.of_write(Err(failure("egress-timeout", true)))), "unknown dest-timeout");
    for (status, body) in [(400, r#"{"category":"VALIDATION_ERROR"}"#), (423, ""), (404, ""), (429, r#"{"policyName":"DAILY"}"#)] {
        assert!(HUBSPOT.of_read(Ok(answer(status, body).response())).is_err(), "{status}");
    }
}

#[test]
fn waits_are_those_that_hubspot_names() {
    let wait = |status, header: Option<(&str, &str)>| {
        let answer = header.into_iter().fold(answer(status, "{}"), |answer, (name, value)| answer.with_header(name, value));
        match HUBSPOT.of_write(Ok(answer.response())) {
            Err(Ended::Halt(halt)) => halt.reason().and_then(|r| r.after_ms),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(wait(429, Some(("X-HubSpot-RateLimit-Interval-Milliseconds", "10000"))), Some(10_000));
    assert_eq!(wait(429, Some(("retry-after", "3"))), Some(3_000));
    assert_eq!(wait(429, None), None);
    assert_eq!(wait(423, None), Some(2_000));
    assert_eq!(wait(477, Some(("Retry-After", "3600"))), Some(3_600_000));
}

#[test]
fn a_rows_own_error_has_its_code_and_its_field() {
    let told = |text: &str| {
        let fault: Fault = sluice_sdk::serde_json::from_str(text).expect("a fault");
        let reason = of_row(&fault);
        (reason.code, reason.vendor_code.unwrap_or_default(), reason.field.unwrap_or_default())
    };
    let wanted = |code: &str, own: &str, field: &str| (code.to_owned(), own.to_owned(), field.to_owned());
    for (text, code, own, field) in [
        (r#"{"category":"OBJECT_NOT_FOUND"}"#, code::NOT_FOUND_IN_DESTINATION, "OBJECT_NOT_FOUND", ""),
        (r#"{"category":"CONFLICT"}"#, code::IDENTIFIER_INVALID, "CONFLICT", ""),
        (r#"{"category":"VALIDATION_ERROR"}"#, code::ROW_REFUSED, "VALIDATION_ERROR", ""),
        (
            r#"{"category":"VALIDATION_ERROR","errors":[{"code":"INVALID_EMAIL","in":"email"}]}"#,
            code::IDENTIFIER_INVALID,
            "INVALID_EMAIL",
            "email",
        ),
        (
            r#"{"category":"VALIDATION_ERROR","errors":[{"code":"INVALID_OPTION","context":{"propertyName":["plan"]}}]}"#,
            code::DEST_FIELD_INVALID,
            "INVALID_OPTION",
            "plan",
        ),
        (
            r#"{"category":"VALIDATION_ERROR","errors":[{"code":"PROPERTY_DOESNT_EXIST"}]}"#,
            code::DEST_FIELD_INVALID,
            "PROPERTY_DOESNT_EXIST",
            "",
        ),
    ] {
        assert_eq!(told(text), wanted(code, own, field), "{text}");
    }
}
