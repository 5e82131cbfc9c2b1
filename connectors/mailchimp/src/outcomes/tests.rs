use sluice_sdk::testing::{Input, Rows as Made, answer, failure, kind, outcome as word, outcomes};
use sluice_sdk::{PhysicalType, serde_json::json};

use super::*;

/// Three contacts; the last two are one.
fn made() -> Made {
    let emails = ["a@x.example", "b@x.example", "b@x.example"].map(Input::from);
    Made::new().column("email", PhysicalType::Utf8, emails).attr("role", "identifier")
}

/// What is told of a batch of [`made`], of which `left_out` was not sent.
fn batch(left_out: &[u32], removal: bool, answer: Result<Response, Failure>) -> Result<Written, Halt> {
    let made = made();
    let people = crate::people::of(&made.view()).expect("addresses");
    let places = Places::new(3, left_out.iter().map(|row| (*row, Reason::new(code::BAD_FORMAT, ""))).collect());
    if removal { of_removal(&people, &places, answer) } else { of_insert(&people, &places, answer) }
}

fn rows(told: &Written) -> Vec<String> {
    outcomes(told, 3)
}

/// A body of `application/problem+json`.
fn problem(status: u16, title: &str, detail: &str) -> String {
    json!({ "type": "https://mailchimp.com/developer/marketing/docs/errors/", "title": title, "status": status, "detail": detail, "instance": "x" })
        .to_string()
}

/// The sheet's table of errors, of a batch and of a single write.
#[test]
fn every_refusal_has_its_meaning_for_a_batch_and_for_one_contact() {
    let too_many = "Maximum allowed member items exceeded, please provide at most 500 items in members_to_add field or members_to_remove field";
    for (status, body, of_all, of_one) in [
        (400, problem(400, "Invalid Resource", "merge field"), "halve row-refused", "rejected row-refused"),
        (
            400,
            problem(400, "Invalid Resource", "x looks fake or invalid, please"),
            "halve row-refused",
            "rejected identifier-invalid",
        ),
        (
            400,
            problem(400, "Member In Compliance State", "x is in a compliance state"),
            "halve row-refused",
            "rejected row-refused",
        ),
        (400, problem(400, "Invalid Resource", too_many), "contract connector-protocol", "retry connector-protocol, contract"),
        (400, String::new(), "halve row-refused", "rejected row-refused"),
        (400, "<html>proxy</html>".into(), "unavailable dest-protocol", "retry dest-protocol, unavailable"),
        (401, problem(401, "API Key Invalid", "wrong datacenter"), "auth dest-auth", "retry dest-auth, auth"),
        (401, String::new(), "auth dest-auth", "retry dest-auth, auth"),
        (403, problem(403, "Forbidden", "linked to datacenter 'us6'"), "config dest-permission", "retry dest-permission, config"),
        (403, problem(403, "User Disabled", ""), "config dest-permission", "retry dest-permission, config"),
        (403, String::new(), "throttled dest-rate-limited", "retry dest-rate-limited, throttled"),
        (403, "<html>denied</html>".into(), "throttled dest-rate-limited", "retry dest-rate-limited, throttled"),
        (404, problem(404, "Resource Not Found", ""), "missing dest-object-missing", "skipped not-found-in-destination"),
        (405, problem(405, "Method Not Allowed", ""), "contract connector-protocol", "retry connector-protocol, contract"),
        (409, problem(409, "Something New", ""), "config dest-config", "retry dest-config, config"),
        (413, String::new(), "split dest-batch-too-large", "rejected too-large"),
        (414, String::new(), "contract connector-protocol", "retry connector-protocol, contract"),
        (422, problem(422, "", ""), "contract connector-protocol", "retry connector-protocol, contract"),
        (426, String::new(), "contract connector-protocol", "retry connector-protocol, contract"),
        (429, problem(429, "Too Many Requests", ""), "throttled dest-rate-limited", "retry dest-rate-limited, throttled"),
        (429, String::new(), "throttled dest-rate-limited", "retry dest-rate-limited, throttled"),
        (500, problem(500, "Internal Server Error", ""), "unknown dest-unavailable, stop", "unknown dest-unavailable, unavailable"),
        (503, String::new(), "unknown dest-unavailable, stop", "unknown dest-unavailable, unavailable"),
        (504, String::new(), "unknown dest-timeout, stop", "unknown dest-timeout, unavailable"),
    ] {
        for removal in [false, true] {
            let got = match batch(&[], removal, Ok(answer(status, &body).response())) {
                Ok(written) if written.receipt.attrs == [("scope".to_owned(), "batch".to_owned())] => {
                    word(&written.receipt.all).replace("rejected", "halve")
                }
                Ok(written) => format!("{}{}", word(&written.receipt.all), if written.stop.is_some() { ", stop" } else { "" }),
                Err(halt) => format!("{} {}", kind(&halt), halt.reason().expect("each has one").code),
            };
            assert_eq!(got, of_all, "{status} {body}");
        }
        let end = of_tag(Ok(answer(status, &body).response())).expect_err("no success");
        let stop = end.stop.as_ref().map(|halt| format!(", {}", kind(halt))).unwrap_or_default();
        assert_eq!(word(&end.outcome) + &stop, of_one, "{status} {body}");
    }
}

#[test]
fn a_429_with_a_time_says_when_to_come_back() {
    let busy = || Ok(answer(429, "").with_header("retry-after", "7").response());
    let Err(Halt::Throttled(reason)) = batch(&[], false, busy()) else { panic!("throttled") };
    assert_eq!(reason.after_ms, Some(7000));
    let end = of_tag(busy()).expect_err("throttled");
    assert!(matches!(&end.stop, Some(Halt::Throttled(reason)) if reason.after_ms == Some(7000)), "{end:?}");
}

#[test]
fn a_missing_audience_makes_nobody_a_stranger_where_contacts_are_made() {
    let made = made();
    let people = crate::people::of(&made.view()).expect("addresses");
    let gone = || Ok(answer(404, &problem(404, "Resource Not Found", "")).response());
    let end = of_contact(&people, 0, Stranger::CannotBe, gone()).expect_err("nobody");
    assert!(matches!((&end.outcome, &end.stop), (Outcome::Retry(_), Some(Halt::Missing(_)))), "{end:?}");
    let end = of_contact(&people, 0, Stranger::Skipped, gone()).expect_err("nobody");
    assert!(matches!((&end.outcome, &end.stop), (Outcome::Skipped(_), None)), "{end:?}");
}

#[test]
fn a_refused_field_is_named_and_the_vendors_words_stand_apart_from_ours() {
    let body = json!({
        "title": "Invalid Resource", "status": 400, "detail": "The resource submitted could not be validated: 31/31",
        "errors": [{ "field": "merge_fields.BDAY", "message": "Please enter a month (01-12) and a day (01-31)" }],
    });
    let end = of_tag(Ok(answer(400, &body.to_string()).response())).expect_err("refused");
    let Outcome::Rejected(reason) = &end.outcome else { panic!("{end:?}") };
    assert_eq!((reason.code.as_str(), reason.field.as_deref()), (code::DEST_FIELD_INVALID, Some("BDAY")));
    assert_eq!(reason.vendor_code.as_deref(), Some("Invalid Resource"));
    assert!(!reason.message.contains("31/31") && reason.attrs[0].1.contains("31/31"), "{reason:?}");
    for (field, words, wanted) in [
        (Some("email_address"), "", code::IDENTIFIER_INVALID),
        (Some(""), "", code::ROW_REFUSED),
        (None, "a@x.example looks fake or invalid", code::IDENTIFIER_INVALID),
        (Some("FNAME"), "a@x.example is in a compliance state due to unsubscribe", code::ROW_REFUSED),
        (Some("LTV"), "Please enter a number", code::DEST_FIELD_INVALID),
    ] {
        assert_eq!(about_a_row(field, words).code, wanted, "{field:?} {words}");
    }
}

fn reply(new: &[&str], errors: &[(&str, &str)]) -> Result<Response, Failure> {
    let contacts: Vec<_> = new.iter().map(|email| json!({ "email_address": email })).collect();
    let error = |(email, code): &(&str, &str)| json!({ "email_address": email, "error": "words", "error_code": code });
    let errors: Vec<_> = errors.iter().map(error).collect();
    let body = json!({ "new_members": contacts, "updated_members": [], "errors": errors, "error_count": errors.len() });
    Ok(answer(200, &body.to_string()).response())
}

#[test]
fn a_batch_names_every_contact_or_leaves_it_in_doubt() {
    let (fine, doubt, refused) = ("accepted", "unknown dest-protocol", "rejected row-refused");
    let (a, b) = ("a@x.example", "B@x.example");
    for (new, errors, wanted, unnamed, notes) in [
        (&["A@x.example", b][..], &[][..], [fine, fine, fine], 0, 0),
        (&[a], &[(b, "ERROR_GENERIC")], [fine, refused, refused], 0, 0),
        (&[a], &[(b, "ERROR_CONTACT_EXISTS")], [fine, fine, fine], 0, 2),
        (&[a], &[(b, "ERROR_NEW")], [fine, refused, refused], 0, 0),
        (&[a], &[], [fine, doubt, doubt], 0, 0),
        (&[], &[], [doubt, doubt, doubt], 0, 0),
        // Somebody whom nobody sent.
        (&[a, b], &[("z@x.example", "ERROR_GENERIC")], [fine, fine, fine], 1, 0),
    ] {
        let told = batch(&[], false, reply(new, errors)).expect("a receipt");
        let got = (rows(&told), told.receipt.unnamed, told.receipt.notes.len());
        assert_eq!(got, (wanted.map(str::to_owned).to_vec(), unnamed, notes), "{new:?} {errors:?}");
    }
    let told = batch(&[2], false, reply(&[a, b], &[])).expect("a receipt");
    assert_eq!(rows(&told), [fine, fine, "rejected bad-format"]);
}

#[test]
fn an_answer_that_is_not_mailchimps_is_never_accepted() {
    for body in ["", "{}", "[]", r#"{"errors":[]}"#, r#"{"health_status":"Everything's Chimpy!"}"#, "<html>log in</html>"] {
        for removal in [false, true] {
            let written = batch(&[2], removal, Ok(answer(200, body).response())).expect("a receipt");
            assert_eq!(rows(&written), ["unknown dest-protocol", "unknown dest-protocol", "rejected bad-format"], "{body}");
            assert!(matches!(written.stop, Some(Halt::Unavailable(_))), "{body}");
        }
    }
    let made = made();
    let people = crate::people::of(&made.view()).expect("addresses");
    for body in ["", "{}", r#"{"id":"x"}"#, r#"{"email_address":"b@x.example"}"#, "<html>log in</html>"] {
        let end = of_contact(&people, 0, Stranger::Skipped, Ok(answer(200, body).response())).expect_err("not the contact");
        assert_eq!(word(&end.outcome), "unknown dest-protocol", "{body}");
        assert!(matches!(end.stop, Some(Halt::Unavailable(_))), "{body}");
    }
    let same = of_contact(&people, 0, Stranger::Skipped, Ok(answer(200, r#"{"email_address":"A@X.example"}"#).response()));
    assert_eq!(same, Ok(Outcome::Accepted));
}

#[test]
fn what_never_left_is_told_from_what_got_no_answer() {
    for (sent, of_all, of_one) in [(false, false, "retry egress-timeout"), (true, true, "unknown dest-timeout")] {
        assert_eq!(batch(&[], false, Err(failure("egress-timeout", sent))).is_ok(), of_all);
        assert_eq!(word(&of_tag(Err(failure("egress-timeout", sent))).expect_err("no answer").outcome), of_one);
    }
}
