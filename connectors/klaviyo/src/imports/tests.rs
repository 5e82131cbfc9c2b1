use sluice_sdk::serde_json::{Value as Json, json};
use sluice_sdk::testing::{Answer, Rows as Made, Script, answer, failure, null, outcomes as rows};
use sluice_sdk::{Destination, Operation, PhysicalType};

use super::*;
use crate::Klaviyo;

fn emails(emails: &[&str]) -> Made {
    let column = emails.iter().map(|email| (*email).into());
    Made::new().column("email", PhysicalType::Utf8, column).attr("role", "identifier").attr("identifier", "email")
}

/// What is asked with as long as the job is not done.
const TOKEN: &[u8] = br#"{"errors":null,"job":"J1","noted":false}"#;

fn script() -> Script {
    Script::new().service("contacts").mode("upsert")
}

fn job(status: &str, failed: u64) -> Answer {
    let attributes = json!({ "status": status, "created_at": "2026-11-27T10:00:00Z", "total_count": 3, "failed_count": failed });
    answer(200, &json!({ "data": { "type": "profile-bulk-import-job", "id": "J1", "attributes": attributes } }).to_string())
}

fn taken() -> Answer {
    answer(
        202,
        r#"{"data":{"type":"profile-bulk-import-job","id":"J1","attributes":{"status":"queued","created_at":"","total_count":1}}}"#,
    )
}

/// A page of errors with these payloads, each about `/data/attributes/email`.
fn errors(payloads: &[Json], next: Option<&str>) -> Answer {
    let error = |payload: &Json| {
        let attributes = json!({ "code": "invalid", "title": "Invalid input.", "detail": "said", "source": { "pointer": "/data/attributes/email" }, "original_payload": payload });
        json!({ "type": "import-error", "id": "e", "attributes": attributes })
    };
    let data: Vec<Json> = payloads.iter().map(error).collect();
    answer(200, &json!({ "data": data, "links": { "self": "x", "next": next } }).to_string())
}

fn write(script: &Script, made: &Made) -> Result<Written, Halt> {
    script.rows(Operation::Upsert, made, Klaviyo::write)
}

fn asked_after(script: &Script, made: &Made, token: &[u8]) -> Result<Written, Halt> {
    script.rows(Operation::Upsert, made, |call, rows| Klaviyo::poll(call, rows, token))
}

#[test]
fn a_batch_is_one_job_and_its_rows_wait() {
    let made = emails(&["a@x.example", "bad@", "c@x.example"]).column("tier", PhysicalType::Utf8, ["gold".into(), null(), null()]);
    let script = script().answers(taken());
    let told = write(&script, &made).expect("sent");
    assert_eq!(rows(&told, 3), ["pending", "rejected bad-format", "pending"]);
    let ticket = told.later.expect("a ticket");
    assert_eq!((&ticket.token[..], ticket.poll_after_ms), (TOKEN, WAITS.poll_after_ms));
    let first = json!({ "type": "profile", "attributes": { "email": "a@x.example", "properties": { "tier": "gold" } } });
    let third = json!({ "type": "profile", "attributes": { "email": "c@x.example" }, "meta": { "patch_properties": { "unset": ["tier"] } } });
    let attributes = json!({ "profiles": { "data": [first, third] } });
    assert_eq!(script.bodies(), [json!({ "data": { "type": "profile-bulk-import-job", "attributes": attributes } })]);
    let sent = &script.requests()[0];
    assert_eq!((sent.method.as_str(), sent.url.as_str()), ("POST", "https://a.klaviyo.com/api/profile-bulk-import-jobs"));
    assert!(sent.headers.contains(&("content-type".into(), "application/vnd.api+json".into())), "{:?}", sent.headers);
    assert_eq!(sent.pace, ["import"]);
}

#[test]
fn rows_that_a_refusal_names_are_dropped_and_the_others_go_without_them() {
    let at = |index: u32| {
        json!({ "errors": [{ "code": "invalid", "detail": "", "source": { "pointer": format!("/data/attributes/profiles/data/{index}/attributes/email") } }] }).to_string()
    };
    let made = emails(&["bad@", "b@x.example", "c@x.example", "d@x.example"]);
    let script_ = script().answers(answer(400, &at(1))).answers(taken());
    let told = write(&script_, &made).expect("sent");
    // Position 1 of what was sent is the third row.
    assert_eq!(rows(&told, 4), ["rejected bad-format", "pending", "rejected identifier-invalid", "pending"]);
    assert_eq!(script_.bodies()[1]["data"]["attributes"]["profiles"]["data"].as_array().map(Vec::len), Some(2));
    // Named again and again: the host halves what is left.
    let stubborn = script().answers(answer(400, &at(0))).answers(answer(400, &at(0))).answers(answer(400, &at(0)));
    let told = write(&stubborn, &made).expect("a receipt");
    assert_eq!(rows(&told, 4), ["rejected row-refused"; 4]);
    assert!(told.receipt.except.is_empty() && told.receipt.attrs == [("scope".to_owned(), "batch".to_owned())]);
    assert_eq!(stubborn.requests().len(), SENDS);
    // Nobody is left.
    let none = script().answers(answer(400, &at(0)));
    assert_eq!(rows(&write(&none, &emails(&["a@x.example"])).expect("a receipt"), 1), ["rejected identifier-invalid"]);
    assert_eq!(none.requests().len(), 1);
}

const SENDS: usize = 3;

#[test]
fn a_row_with_an_identifier_of_another_comes_again_in_a_later_job() {
    let script = script().answers(taken());
    let told = write(&script, &emails(&["a@x.example", "b@x.example", "a@x.example"])).expect("sent");
    assert_eq!(rows(&told, 3), ["pending", "pending", "retry dest-batch-too-large"]);
}

#[test]
fn a_success_that_names_no_job_leaves_everything_in_doubt() {
    let other = r#"{"data":{"type":"list","id":"J1","attributes":{"status":"queued"}}}"#;
    for reply in [answer(202, "{}"), answer(202, ""), answer(202, other), answer(200, r#"{"ok":true}"#)] {
        let told = write(&script().answers(reply), &emails(&["a@x.example", "bad@"])).expect("a receipt");
        assert_eq!(rows(&told, 2), ["unknown dest-protocol", "rejected bad-format"]);
        assert!(told.stop.is_some() && told.later.is_none());
    }
    let told = write(&script().fails(failure("egress-timeout", true)), &emails(&["a@x.example"])).expect("a receipt");
    assert_eq!(rows(&told, 1), ["unknown dest-timeout"]);
}

#[test]
fn a_profile_and_a_body_have_their_limits() {
    let row = |bytes: usize| {
        emails(&["a@x.example"]).column("bio", PhysicalType::Utf8, [sluice_sdk::testing::Input::Text("x".repeat(bytes))])
    };
    let around = 2 + r#""type":"profile","attributes":{"email":"a@x.example","properties":{"bio":""}}"#.len();
    let fits = script().attr("unit-bytes", "5000000").answers(taken());
    assert_eq!(rows(&write(&fits, &row(100_000 - around)).expect("sent"), 1), ["pending"]);
    let told = write(&script().attr("unit-bytes", "5000000"), &row(100_001 - around)).expect("a receipt");
    assert_eq!(rows(&told, 1), ["rejected too-large"]);
    let small = script().attr("unit-bytes", "200");
    let told = write(&small, &emails(&["a@x.example", "b@x.example", "c@x.example"]));
    assert!(matches!(&told, Err(Halt::SplitBatch(split)) if split.rows_fit == Some(1)), "{told:?}");
    assert_eq!(small.requests().len(), 0);
}

#[test]
fn a_job_is_asked_after_until_it_is_done() {
    let made = emails(&["a@x.example", "b@x.example"]);
    for status in ["queued", "processing"] {
        let told = asked_after(&script().answers(job(status, 0)), &made, TOKEN).expect("not yet");
        assert_eq!((rows(&told, 2), told.later.map(|t| t.token)), (vec!["pending".to_owned(); 2], Some(TOKEN.to_vec())));
    }
    let script_ = script().answers(job("complete", 0));
    assert_eq!(rows(&asked_after(&script_, &made, TOKEN).expect("done"), 2), ["accepted"; 2]);
    assert_eq!(script_.requests()[0].url, "https://a.klaviyo.com/api/profile-bulk-import-jobs/J1");
    // Somebody stopped it, or it expired: whatever it did, nobody will learn it.
    assert_eq!(
        rows(&asked_after(&script().answers(job("cancelled", 0)), &made, TOKEN).expect("told"), 2),
        ["unknown dest-unavailable"; 2]
    );
    assert_eq!(
        rows(&asked_after(&script().answers(answer(404, "{}")), &made, TOKEN).expect("told"), 2),
        ["unknown dest-object-missing"; 2]
    );
}

#[test]
fn a_poll_without_a_jobs_answer_says_nothing_of_the_rows() {
    let made = emails(&["a@x.example"]);
    for reply in [
        answer(200, "{}"),
        answer(200, "<html>"),
        job("exploded", 0),
        answer(500, ""),
        answer(200, r#"{"data":{"type":"profile-bulk-import-job","id":"J2","attributes":{"status":"complete"}}}"#),
    ] {
        let told = asked_after(&script().answers(reply), &made, TOKEN);
        assert!(matches!(told, Err(Halt::Unavailable(_))), "{told:?}");
    }
    for token in [&b""[..], b"J1", b"{}", br#"{"job":7}"#, br#"{"job":"J1","errors":[-1,"x"]}"#, b"\xff"] {
        assert!(matches!(asked_after(&script(), &made, token), Err(Halt::Contract(_))), "{token:?}");
    }
}

#[test]
fn profiles_that_were_not_taken_are_found_by_what_was_sent_of_them() {
    let made = emails(&["a@x.example", "b@x.example", "c@x.example"]);
    let nested = json!({ "type": "profile", "attributes": { "email": "B@x.example" } });
    let flat = json!({ "id": "ours-not", "email": "c@x.example" });
    let script_ = script().answers(job("complete", 2)).answers(errors(&[nested, flat], None));
    let told = asked_after(&script_, &made, TOKEN).expect("done");
    assert_eq!(rows(&told, 3), ["accepted", "rejected identifier-invalid", "rejected identifier-invalid"]);
    assert_eq!(told.receipt.unnamed, 0);
    assert_eq!(script_.requests()[1].url, "https://a.klaviyo.com/api/profile-bulk-import-jobs/J1/import-errors?page[size]=100");
    // Of one nothing was said, of another somebody whom nobody sent.
    for payload in [Json::Null, json!({ "email": "z@x.example" })] {
        let script_ = script().answers(job("complete", 1)).answers(errors(&[payload], None));
        let told = asked_after(&script_, &made, TOKEN).expect("done");
        assert_eq!((rows(&told, 3), told.receipt.unnamed), (vec!["accepted".to_owned(); 3], 1));
    }
}

#[test]
fn many_errors_are_read_in_several_polls_and_none_is_lost_between_them() {
    let made = emails(&["a@x.example", "b@x.example", "c@x.example"]);
    let link = "https://a.klaviyo.com/api/profile-bulk-import-jobs/J1/import-errors?page%5Bcursor%5D=n";
    let mut script_ = script().answers(job("complete", 3)).answers(errors(&[json!({ "email": "a@x.example" })], Some(link)));
    for _ in 1..PAGES_MAX {
        script_ = script_.answers(errors(&[], Some(link)));
    }
    let told = asked_after(&script_, &made, TOKEN).expect("half of it");
    assert_eq!(rows(&told, 3), ["rejected identifier-invalid", "pending", "pending"]);
    let token = told.later.expect("a ticket").token;
    let read: Json = sluice_sdk::serde_json::from_slice(&token).expect("JSON");
    assert_eq!(read, json!({ "job": "J1", "errors": [2, link], "noted": false }));
    assert_eq!(script_.requests().len(), 1 + PAGES_MAX);
    let rest = script().answers(errors(&[json!({ "email": "c@x.example" })], None));
    let told = asked_after(&rest, &made, &token).expect("the rest");
    assert_eq!(
        (rows(&told, 3), told.receipt.unnamed),
        (vec!["accepted".into(), "accepted".into(), "rejected identifier-invalid".into()], 1)
    );
    assert_eq!(rest.requests()[0].url, link);
    let bare = script();
    assert_eq!(asked_after(&bare, &made.unread(), &token), Err(Halt::with_rows(&token)));
    assert_eq!(bare.requests().len(), 0, "what is known already is not asked for");
}

#[test]
fn rows_are_read_again_only_where_one_has_to_be_named() {
    let made = emails(&["a@x.example", "b@x.example", "c@x.example"]);
    let bare = |reply| {
        let script_ = script().answers(reply);
        let told = asked_after(&script_, &made.unread(), TOKEN);
        assert_eq!(script_.requests().len(), 1);
        told.map(|told| rows(&told, 3))
    };
    assert_eq!(bare(job("queued", 0)), Ok(vec!["pending".into(); 3]));
    assert_eq!(bare(job("complete", 0)), Ok(vec!["accepted".into(); 3]));
    assert_eq!(bare(job("cancelled", 0)), Ok(vec!["unknown dest-unavailable".into(); 3]));
    assert_eq!(bare(job("complete", 1)), Err(Halt::with_rows(TOKEN)));
}

#[test]
fn what_an_import_could_not_empty_is_noted_when_the_row_is_taken() {
    let made = emails(&["a@x.example"]).column("title", PhysicalType::Utf8, [null()]);
    let token = write(&script().answers(taken()), &made).expect("sent").later.expect("a ticket").token;
    let bare = asked_after(&script().answers(job("complete", 0)), &made.unread(), &token);
    assert_eq!(bare, Err(Halt::with_rows(&token)));
    let told = asked_after(&script().answers(job("complete", 0)), &made, &token).expect("done");
    assert_eq!(told.receipt.notes.iter().map(|(row, r)| (*row, r.field.as_deref())).collect::<Vec<_>>(), [(0, Some("title"))]);
}
