//! The harm that every twin does, in this vendor's words and portions.

use serde_json::{Value, json};
use sluice_twins::{Answer, Apply, Fault};

use crate::client::{BATCH, Bench, LIST, SEGMENT, emails, people, send, told};

fn arm(bench: &Bench, change: impl FnOnce(Fault) -> Fault) {
    bench.twin.faults().arm(change(Fault::on("/3.0/*"))).unwrap();
}

fn four() -> Value {
    json!({ "members": people(4), "update_existing": true })
}

/// *Errors*: each status with its words; before the servers stands a gateway with a page of its own.
#[tokio::test]
async fn a_status_is_answered_in_the_vendors_words_and_nothing_is_applied() {
    let bench = Bench::start().await;
    for (status, title) in [
        (400, "Bad Request"),
        (401, "API Key Invalid"),
        (403, "Forbidden"),
        (404, "Resource Not Found"),
        (405, "Method Not Allowed"),
        (414, "Resource Nesting Too Deep"),
        (422, "Invalid Method Override"),
        (426, "Upgrade Required"),
        (429, "Too Many Requests"),
        (500, "Internal Server Error"),
        (503, "Internal Server Error"),
    ] {
        arm(&bench, |fault| fault.answer(Answer::Status { status }));
        let response = bench.post(BATCH, &four()).send().await.unwrap();
        assert!(response.headers()["content-type"].to_str().unwrap().starts_with("application/problem+json"));
        let (got, answer) = (response.status().as_u16(), response.text().await.unwrap().parse::<Value>().unwrap());
        assert_eq!((got, &answer["title"], &answer["status"]), (status, &json!(title), &json!(status)));
    }
    for status in [502, 504] {
        arm(&bench, |fault| fault.answer(Answer::Status { status }));
        let (got, answer) = send(bench.post(BATCH, &four())).await;
        assert!(got == status && answer.as_str().unwrap().starts_with("<html>"), "{answer}");
    }
    assert_eq!(bench.count(), 0);
    assert_eq!(told(&bench.upsert(people(4)).await).0, 4, "faults end");
}

#[tokio::test]
async fn as_many_members_are_applied_as_were_asked_for() {
    for (apply, want) in [(Apply::Nothing, 0), (Apply::Half, 2), (Apply::All, 4), (Apply::Twice, 4)] {
        let bench = Bench::start().await;
        arm(&bench, |fault| fault.apply(apply));
        let mut members = people(4);
        members.as_array_mut().unwrap().insert(0, json!({ "email_address": "000", "status": "subscribed" }));
        let (created, updated, errors) = told(&bench.upsert(members).await);
        assert_eq!((created + updated, errors.len()), (4, 1), "a lie, when not all is applied");
        assert_eq!(bench.count(), want, "{apply:?}");
        let tally = bench.twin.log().entries()[0].tally;
        assert_eq!(tally.applied as usize, if apply == Apply::Twice { 8 } else { want });
    }
}

#[tokio::test]
async fn as_many_of_a_segment_are_moved_as_were_asked_for() {
    for (apply, want) in [(Apply::Nothing, 0), (Apply::Half, 2), (Apply::All, 4)] {
        let bench = Bench::start().await;
        bench.upsert(people(4)).await;
        arm(&bench, |fault| fault.apply(apply));
        let answer = bench.change(emails(5), json!([])).await;
        assert_eq!((&answer["total_added"], answer["members_added"].as_array().unwrap().len()), (&json!(4), 4));
        assert_eq!(bench.on().len(), want, "{apply:?}");
        let entries = bench.twin.ledger().entries().iter().filter(|entry| entry.request == 2).count();
        assert_eq!(entries, want, "the ledger does not lie");
    }
}

#[tokio::test]
async fn the_rest_is_named_as_refused() {
    let bench = Bench::start().await;
    let refuse = |fault: Fault| fault.answer(Answer::ErrorsForRest { text: "no".to_owned() });
    arm(&bench, refuse);
    let mut members = people(4);
    members.as_array_mut().unwrap().push(json!({ "email_address": "000", "status": "subscribed" }));
    let (created, _, errors) = told(&bench.upsert(members).await);
    let said: Vec<_> = errors.iter().map(|row| (row.0.as_str(), row.1.as_str(), row.2.as_str())).collect();
    let fake = "000 looks fake or invalid, please enter a real email address.";
    let want =
        vec![("u2@example.org", "ERROR_GENERIC", "no"), ("u3@example.org", "ERROR_GENERIC", "no"), ("000", "ERROR_GENERIC", fake)];
    assert_eq!((created, said, bench.count()), (2, want, 2));
    bench.upsert(people(4)).await;
    arm(&bench, refuse);
    let answer = bench.change(emails(4), json!([])).await;
    assert_eq!(answer["errors"], json!([{ "email_addresses": ["u2@example.org", "u3@example.org"], "error": "no" }]));
    assert_eq!((&answer["total_added"], bench.on().len()), (&json!(2), 2));
}

#[tokio::test]
async fn an_answer_can_be_lost_torn_or_a_strangers() {
    let bench = Bench::start().await;
    arm(&bench, |fault| fault.apply(Apply::All).answer(Answer::Drop));
    bench.post(BATCH, &four()).send().await.expect_err("there is no answer");
    assert_eq!(bench.count(), 4, "applied all the same");
    arm(&bench, |fault| fault.answer(Answer::Truncated));
    let response = bench.post(BATCH, &four()).send().await.unwrap();
    assert_eq!(response.status(), 200);
    response.text().await.expect_err("the answer ends in the middle");
    arm(&bench, |fault| fault.answer(Answer::CaptivePortal));
    let (status, page) = send(bench.get(&format!("{SEGMENT}/members?count=1000"))).await;
    assert!(status == 200 && page.as_str().unwrap().contains("Sign in"));
    arm(&bench, |fault| fault.answer(Answer::NotSuccess { message: "queued".to_owned() }));
    let (status, answer) = send(bench.post(SEGMENT, &json!({ "members_to_add": emails(1) }))).await;
    assert!(status == 200 && answer["detail"] == "queued" && answer["total_added"].is_null(), "{answer}");
    assert!(bench.on().is_empty());
}

#[tokio::test]
async fn a_late_request_overtakes_a_younger_one() {
    let bench = Bench::start().await;
    let ltv = |ltv: u32| json!([{ "email_address": "u0@example.org", "status": "subscribed", "merge_fields": { "LTV": ltv } }]);
    arm(&bench, |fault| fault.apply(Apply::Late { after_requests: 1 }));
    bench.upsert(ltv(1)).await;
    assert_eq!(bench.count(), 0);
    bench.upsert(ltv(2)).await;
    assert_eq!(bench.member("u0@example.org").merge_fields["LTV"], 1);
}

/// Half of a call of one thing is nothing of it, and it speaks as if it were done.
#[tokio::test]
async fn a_call_of_one_thing_is_applied_or_not() {
    let bench = Bench::start().await;
    bench.upsert(people(1)).await;
    let before = serde_json::to_value(bench.twin.state().audiences()).unwrap();
    let ledger = bench.twin.ledger().total();
    let one = format!("/3.0/lists/{LIST}/members/u0@example.org");
    for apply in [Apply::Nothing, Apply::Half] {
        for (method, path, body) in [
            ("POST", format!("/3.0/lists/{LIST}/members"), json!({ "email_address": "b@example.org", "status": "subscribed" })),
            ("PUT", one.clone(), json!({ "email_address": "u0@example.org", "status_if_new": "pending", "vip": true })),
            ("PATCH", one.clone(), json!({ "vip": true })),
            ("DELETE", one.clone(), Value::Null),
            ("POST", format!("{one}/actions/delete-permanent"), Value::Null),
            ("POST", format!("{one}/tags"), json!({ "tags": [{ "name": "a", "status": "active" }], "is_syncing": true })),
            ("POST", format!("/3.0/lists/{LIST}/segments"), json!({ "name": "a", "static_segment": emails(1) })),
            ("POST", format!("{SEGMENT}/members"), json!({ "email_address": "u0@example.org" })),
            ("POST", format!("/3.0/lists/{LIST}/merge-fields"), json!({ "name": "a", "type": "text", "tag": "A" })),
        ] {
            arm(&bench, |fault| fault.apply(apply));
            bench.ok(method, &path, body).await;
            assert_eq!(serde_json::to_value(bench.twin.state().audiences()).unwrap(), before, "{method} {path}");
        }
    }
    assert_eq!(bench.twin.ledger().total(), ledger);
}
