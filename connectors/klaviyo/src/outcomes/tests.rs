use sluice_sdk::serde_json::json;
use sluice_sdk::testing::{Answer, answer, failure, halted};

use super::*;

/// A refusal with errors of one code and these pointers.
fn refusal(status: u16, own: &str, pointers: &[&str]) -> Answer {
    let error = |pointer: &&str| json!({ "id": "x", "status": status, "code": own, "title": "", "detail": "said", "source": { "pointer": pointer } });
    answer(status, &json!({ "errors": pointers.iter().map(error).collect::<Vec<_>>() }).to_string())
}

fn write(answer: Answer) -> String {
    match of_write(202, Ok(answer.response())) {
        Ok(_) => "read".to_owned(),
        Err(Ended::Halt(halt)) => halted(&halt),
        Err(Ended::Written(written)) => match written.receipt.all {
            Outcome::Rejected(reason) => format!("rejected {}", reason.code),
            Outcome::Unknown(reason) => {
                format!("unknown {}, {}", reason.code, if written.stop.is_some() { "stop" } else { "go on" })
            }
            other => panic!("{other:?}"),
        },
    }
}

/// The sheet's table of errors, and what stands around it.
#[test]
fn every_status_and_code_has_its_outcome() {
    let row = "/data/attributes/profiles/data/0/attributes/email";
    for (reply, wanted) in [
        (answer(202, ""), "read"),
        (answer(200, "{}"), "unknown dest-protocol, stop"),
        (answer(204, ""), "unknown dest-protocol, stop"),
        (answer(202, "<html>log in</html>"), "unknown dest-protocol, stop"),
        (answer(302, ""), "config dest-config"),
        (refusal(400, "invalid", &[row]), "rejected row-refused"),
        (refusal(400, "other", &[row]), "rejected row-refused"),
        (refusal(400, "invalid", &["/data"]), "config dest-config"),
        (refusal(400, "invalid", &["/data/relationships/list/data/id"]), "config dest-config"),
        // It does not say what it is about, so it may be about a row.
        (answer(400, r#"{"errors":[{"code":"invalid","detail":"said"}]}"#), "rejected row-refused"),
        (refusal(400, "not_authenticated", &["/data/"]), "auth dest-auth"),
        (answer(400, "<html>proxy</html>"), "unavailable dest-protocol"),
        (refusal(401, "not_authenticated", &["/data/"]), "auth dest-auth"),
        (answer(401, ""), "auth dest-auth"),
        (refusal(403, "permission_denied", &["/data/"]), "config dest-permission"),
        (refusal(404, "not_found", &["/data"]), "missing dest-object-missing"),
        (refusal(409, "duplicate_profile", &["/data/attributes"]), "rejected identifier-invalid"),
        (refusal(410, "gone", &["/data"]), "config dest-config"),
        (answer(410, ""), "config dest-config"),
        (answer(413, ""), "split dest-batch-too-large"),
        (answer(415, "{}"), "config dest-config"),
        (answer(429, "{}"), "throttled dest-rate-limited"),
        (answer(500, "{}"), "unknown dest-unavailable, stop"),
        (answer(503, "{}"), "unknown dest-unavailable, stop"),
    ] {
        let shown = format!("{reply:?}");
        assert_eq!(write(reply), wanted, "{shown}");
    }
    let silence = of_write(202, Err(failure("egress-timeout", true)));
    assert!(matches!(silence, Err(Ended::Written(w)) if matches!(w.receipt.all, Outcome::Unknown(_))));
    let unsent = of_write(202, Err(failure("egress-connect-failed", false)));
    assert!(matches!(unsent, Err(Ended::Halt(Halt::Unavailable(_)))));
}

/// "A 429 replaces them with `Retry-After` (whole seconds)"; daily limits have been seen with 67,608.
#[test]
fn a_429_says_when_to_come_back() {
    let told = of_write(202, Ok(answer(429, "{}").with_header("Retry-After", "67608").response()));
    assert!(matches!(told, Err(Ended::Halt(Halt::Throttled(r))) if r.after_ms == Some(67_608_000)));
    let told = of_write(202, Ok(answer(429, "{}").with_header("RateLimit-Reset", "7").response()));
    assert!(matches!(told, Err(Ended::Halt(Halt::Throttled(r))) if r.after_ms.is_none()), "not a header of a 429");
}

#[test]
fn a_refusal_names_rows_by_position_and_fields_by_name() {
    // Row 1 was left out, so position 1 is row 2.
    let places = Places::new(4, vec![(1, Reason::new(code::BAD_FORMAT, ""))]);
    let told = |pointers: &[&str]| {
        let named = named(&places, &refusal(400, "invalid", pointers).response());
        let told = |(row, outcome): (u32, Outcome)| match outcome {
            Outcome::Rejected(r) => format!("{row} {} {}", r.code, r.field.unwrap_or_default()),
            other => panic!("{other:?}"),
        };
        named.into_iter().map(told).collect::<Vec<_>>()
    };
    let at = |rest: &str| format!("/data/attributes/profiles/data/{rest}");
    for (pointer, wanted) in [
        (at("0/attributes/email"), "0 identifier-invalid email"),
        (at("1/attributes/phone_number"), "2 identifier-invalid phone_number"),
        (at("2/attributes/location/latitude"), "3 dest-field-invalid location.latitude"),
        (at("2/attributes/properties/a/b"), "3 dest-field-invalid a/b"),
        (at("0/attributes/"), "0 row-refused "),
        (at("0"), "0 row-refused "),
    ] {
        assert_eq!(told(&[&pointer]), [wanted], "{pointer}");
    }
    let several = told(&[&at("0/attributes/email"), &at("0/attributes/title"), &at("2"), "/data"]);
    assert_eq!(several, ["0 identifier-invalid email", "3 row-refused "]);
    for nobody in [at("3/attributes/email"), at("-1/attributes/email"), at("x"), "/data".to_owned(), String::new()] {
        assert_eq!(told(&[&nobody]), [""; 0], "{nobody}");
    }
    assert!(named(&places, &refusal(500, "invalid", &[&at("0")]).response()).is_empty());
}

#[test]
fn the_platforms_words_travel_apart_from_ours() {
    let places = Places::all(1);
    let named = named(&places, &refusal(400, "invalid", &["/data/attributes/profiles/data/0"]).response());
    let Some(Outcome::Rejected(reason)) = named.get(&0) else { panic!("{named:?}") };
    assert_eq!(
        (reason.vendor_code.as_deref(), &reason.attrs[..]),
        (Some("invalid"), &[("said".to_owned(), "said".to_owned())][..])
    );
}
