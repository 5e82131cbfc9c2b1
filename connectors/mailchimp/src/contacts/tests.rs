use sluice_sdk::serde_json::json;
use sluice_sdk::testing::{Input, Rows as Made, Script, absent, answer, null};
use sluice_sdk::{Destination, Outcome, PhysicalType, code, digest};

use super::*;
use crate::Mailchimp;

const CONTACTS: &str = "https://us19.api.mailchimp.com/3.0/lists/a1b2c3d4e5";

fn script(options: &str) -> Script {
    let settings = r#"{"data_center":"us19","list_id":"a1b2c3d4e5"}"#;
    Script::new().service("contacts").settings(settings).options(options)
}

fn by(emails: impl IntoIterator<Item = Input>) -> Made {
    Made::new().column("email", PhysicalType::Utf8, emails).attr("role", "identifier").attr("identifier", "email")
}

fn contact(email: &str) -> sluice_sdk::testing::Answer {
    answer(200, &json!({ "id": "x", "email_address": email, "status": "subscribed" }).to_string())
}

/// The word and the code of each row.
fn rows(written: &Written, rows: u32) -> Vec<String> {
    let word = |outcome: &Outcome| match outcome {
        Outcome::Accepted => "accepted".to_owned(),
        Outcome::Rejected(reason) => format!("rejected {}", reason.code),
        Outcome::Skipped(reason) => format!("skipped {}", reason.code),
        Outcome::Retry(reason) => format!("retry {} {:?}", reason.code, reason.after_ms),
        other => panic!("{other:?}"),
    };
    let of = |row| written.receipt.except.iter().find(|(at, _)| *at == row).map_or(&written.receipt.all, |(_, outcome)| outcome);
    (0..rows).map(|row| word(of(row))).collect()
}

#[test]
fn an_upsert_puts_each_contact_and_says_a_status_for_new_ones_alone() {
    let made = by(["lea@x.example".into(), null(), "no address".into(), "paul@x.example".into()]).column(
        "FNAME",
        PhysicalType::Utf8,
        ["Léa".into(), "x".into(), "x".into(), absent()],
    );
    let script = script(r#"{"new_contacts":"pending"}"#).answers(contact("Lea@x.example")).answers(contact("paul@x.example"));
    let told = script.rows(Operation::Upsert, &made, Mailchimp::write).expect("sent");
    assert_eq!(rows(&told, 4), ["accepted", "rejected no-identifier", "rejected bad-format", "accepted"]);
    let body = |email, fields| json!({ "email_address": email, "status_if_new": "pending", "merge_fields": fields });
    assert_eq!(script.bodies(), [body("lea@x.example", json!({ "FNAME": "Léa" })), body("paul@x.example", json!({}))]);
    let sent = &script.requests()[0];
    let url = format!("{CONTACTS}/members/{}?skip_merge_validation=true", digest::md5("lea@x.example"));
    assert_eq!((sent.method.as_str(), sent.url.as_str()), ("PUT", url.as_str()));
    assert_eq!((&sent.credentials[..], &sent.pace[..]), (&["api_key".to_owned()][..], &["calls".to_owned()][..]));
}

/// The word of a row whose contact is in the request already.
const AGAIN: &str = "retry dest-batch-too-large Some(0)";

#[test]
fn of_two_rows_of_one_contact_the_second_is_written_after_the_first() {
    let made = by(["Lea@x.example".into(), "paul@x.example".into(), "lea@X.example".into()]);
    let script = script("{}").answers(contact("lea@x.example")).answers(contact("paul@x.example"));
    let told = script.rows(Operation::Upsert, &made, Mailchimp::write).expect("sent");
    assert_eq!(rows(&told, 3), ["accepted", "accepted", AGAIN]);
    assert_eq!(script.requests().len(), 2);
}

#[test]
fn an_update_patches_who_is_there_and_makes_nobody() {
    let made = by(["lea@x.example".into(), "new@x.example".into()]).column("LTV", PhysicalType::Int64, [null(), 7.into()]);
    let gone = r#"{"title":"Resource Not Found","status":404,"detail":"The requested resource could not be found."}"#;
    let script = script("{}").answers(contact("lea@x.example")).answers(answer(404, gone));
    let told = script.rows(Operation::Update, &made, Mailchimp::write).expect("sent");
    assert_eq!(rows(&told, 2), ["accepted", "skipped not-found-in-destination"]);
    assert_eq!(script.bodies(), [json!({ "merge_fields": { "LTV": "" } }), json!({ "merge_fields": { "LTV": 7 } })]);
    let sent = &script.requests()[1];
    let url = format!("{CONTACTS}/members/{}?skip_merge_validation=true", digest::md5("new@x.example"));
    assert_eq!((sent.method.as_str(), sent.url.as_str()), ("PATCH", url.as_str()));
    assert_eq!(sent.effect, sluice_sdk::Effect::Repeatable);
}

#[test]
fn an_insert_is_one_batch_that_touches_nobody_who_is_there() {
    let emails = ["new@x.example", "Old@x.example", "fake@x.example", "bad@", "new@x.example"];
    let made = by(emails.map(Input::from)).column("FNAME", PhysicalType::Utf8, emails.map(|_| "x".into()));
    let error = |email, code, words| json!({ "email_address": email, "error": words, "error_code": code, "field": "", "field_message": "" });
    let errors = [
        error("old@x.example", "ERROR_CONTACT_EXISTS", "old@x.example is already a list member"),
        error("fake@x.example", "ERROR_GENERIC", "fake@x.example looks fake or invalid, please enter a real email address."),
    ];
    let reply = json!({
        "new_members": [{ "email_address": "NEW@x.example", "status": "transactional" }], "updated_members": [], "errors": errors,
        "total_created": 1, "total_updated": 0, "error_count": 2,
    });
    let script = script("{}").answers(answer(200, &reply.to_string()));
    let told = script.rows(Operation::Insert, &made, Mailchimp::write).expect("sent");
    let wanted = ["accepted", "accepted", "rejected identifier-invalid", "rejected bad-format", AGAIN];
    assert_eq!((rows(&told, 5), told.receipt.unnamed), (wanted.map(str::to_owned).to_vec(), 0));
    let notes: Vec<_> = told.receipt.notes.iter().map(|(row, note)| (*row, note.vendor_code.as_deref())).collect();
    assert_eq!(notes, [(1, Some("ERROR_CONTACT_EXISTS"))], "whose fields were not written");
    let member = |email| json!({ "email_address": email, "status": "transactional", "merge_fields": { "FNAME": "x" } });
    let members = ["new@x.example", "Old@x.example", "fake@x.example"].map(member);
    assert_eq!(script.bodies(), [json!({ "update_existing": false, "members": members })]);
    let sent = &script.requests()[0];
    let url = format!("{CONTACTS}?skip_merge_validation=true&skip_duplicate_check=true");
    assert_eq!((sent.method.as_str(), sent.url.as_str()), ("POST", url.as_str()));
}

#[test]
fn batches_are_as_large_as_their_requests_allow() {
    let many = by((0..201).map(|n| Input::Text(format!("{n}@x.example"))));
    for operation in [Operation::Upsert, Operation::Update] {
        let script = script("{}");
        let told = script.rows(operation, &many, Mailchimp::write);
        assert!(matches!(&told, Err(Halt::SplitBatch(split)) if split.rows_fit == Some(200)), "{told:?}");
        assert_eq!(script.requests().len(), 0);
    }
    let small = script("{}").attr("unit-bytes", "9000");
    let told = small.rows(Operation::Insert, &many, Mailchimp::write);
    assert!(matches!(&told, Err(Halt::SplitBatch(split)) if split.rows_fit.is_some_and(|n| (1..201).contains(&n))), "{told:?}");
    assert_eq!(small.requests().len(), 0);
    let nobody = script("{}").rows(Operation::Insert, &by(["bad@".into()]), Mailchimp::write).expect("nothing to send");
    assert_eq!(rows(&nobody, 1), ["rejected bad-format"]);
}

#[test]
fn the_check_proves_the_audience_and_tells_what_is_wrong() {
    let check = |status, body: &str| script("{}").answers(answer(status, body)).call(Mailchimp::check);
    let fine = check(200, r#"{"id":"a1b2c3d4e5","name":"Newsletter"}"#).expect("connected");
    assert!(fine.contains(r#""ok":true"#) && fine.contains("Newsletter"), "{fine}");
    let kind = |status, body| match check(status, body) {
        Err(Halt::Auth(_)) => "auth",
        Err(Halt::Config(r)) if r.code == code::DEST_PERMISSION => "permission",
        Err(Halt::Missing(_)) => "missing",
        Err(Halt::Throttled(_)) => "throttled",
        Err(Halt::Unavailable(_)) => "unavailable",
        other => panic!("{other:?}"),
    };
    for (status, body, wanted) in [
        (401, r#"{"title":"API Key Invalid","status":401}"#, "auth"),
        (401, "", "auth"),
        (403, r#"{"title":"Forbidden","status":403}"#, "permission"),
        (403, r#"{"title":"Something New"}"#, "permission"),
        (403, "", "throttled"),
        (403, "<html>denied</html>", "throttled"),
        (404, r#"{"title":"Resource Not Found"}"#, "missing"),
        (200, r#"{"id":"other","name":"Newsletter"}"#, "unavailable"),
        (200, r#"{"health_status":"Everything's Chimpy!"}"#, "unavailable"),
        (200, "<html>log in</html>", "unavailable"),
        (503, "", "unavailable"),
    ] {
        assert_eq!(kind(status, body), wanted, "{status} {body}");
    }
}

#[test]
fn a_run_begins_with_the_question_after_the_audience() {
    let script = script("{}").answers(answer(404, r#"{"title":"Resource Not Found"}"#));
    assert!(matches!(script.call(Mailchimp::prepare), Err(Halt::Missing(_))), "or every contact would be a stranger");
    assert_eq!(script.requests()[0].url, format!("{CONTACTS}?fields=id,name"));
    assert_eq!(script.call(Mailchimp::setup), Ok(Vec::new()));
}

#[test]
fn a_mapped_merge_field_that_the_audience_lacks_stops_the_run_and_is_named() {
    let made = by(["lea@x.example".into()]).column("fname", PhysicalType::Utf8, ["Léa".into()]).column(
        "LTV",
        PhysicalType::Int64,
        [7.into()],
    );
    let prepared = |made: &Made, tags: &str| {
        let audience = r#"{"id":"a1b2c3d4e5","name":"Newsletter"}"#;
        let script = script("{}").answers(answer(200, audience)).answers(answer(200, tags));
        let told = script.rows(Operation::Upsert, made, |call, _| Mailchimp::prepare(call));
        (told, script.requests().into_iter().map(|request| request.url).collect::<Vec<_>>())
    };
    let (told, urls) = prepared(&made, r#"{"merge_fields":[{"tag":"FNAME"},{"tag":"LTV"}]}"#);
    let asked = format!("{CONTACTS}/merge-fields?count=1000&fields=merge_fields.tag");
    assert_eq!((told, urls), (Ok(Vec::new()), vec![format!("{CONTACTS}?fields=id,name"), asked]));
    for tags in [r#"{"merge_fields":[{"tag":"FNAME"}]}"#, r#"{"merge_fields":[{"tag":"FNAME"},{"tag":"LTV2"}]}"#] {
        let (told, _) = prepared(&made, tags);
        assert!(matches!(&told, Err(Halt::Config(r)) if r.field.as_deref() == Some("LTV")), "{told:?}");
    }
    assert!(matches!(prepared(&made, "{}").0, Err(Halt::Unavailable(_))), "no fields is not the same as no answer");
    let (told, urls) = prepared(&by(["lea@x.example".into()]), "{}");
    assert_eq!((told, urls.len()), (Ok(Vec::new()), 1), "where none is mapped nothing is asked");
}

#[test]
fn services_operations_and_identifiers_that_are_not_there_are_refused() {
    for (service, operation, wanted) in [
        ("contacts", Operation::Remove, code::MODE_NOT_SUPPORTED),
        ("segments", Operation::Upsert, code::MODE_NOT_SUPPORTED),
        ("events", Operation::Append, code::SERVICE_UNKNOWN),
    ] {
        let script = script(r#"{"segment":"VIP"}"#).service(service);
        let told = script.rows(operation, &by(["a@x.example".into()]), Mailchimp::write);
        assert!(matches!(&told, Err(Halt::Config(r)) if r.code == wanted), "{service}: {told:?}");
    }
    let phone = Made::new().column("phone", PhysicalType::Utf8, ["+33612345678".into()]).attr("role", "identifier");
    let told = script("{}").rows(Operation::Upsert, &phone, Mailchimp::write);
    assert!(matches!(&told, Err(Halt::Config(r)) if r.code == code::DEST_CONFIG), "{told:?}");
}
