//! The harm that every twin does, in this vendor's words and portions.

use serde_json::{Value, json};
use sluice_twins::{Answer, Apply, Fault, batch::APP_API_KEY};

use crate::client::{Bench, MASS_UPDATE, UPDATE, USERS, people, send, users};

fn arm(bench: &Bench, change: impl FnOnce(Fault) -> Fault) {
    bench.twin.faults().arm(change(Fault::on("/*"))).unwrap();
}

fn body(path: &str, count: usize) -> Value {
    if path == USERS { users(count) } else { people(count) }
}

/// *Errors*: each status with its code; before the servers stands a gateway with a page of its own.
#[tokio::test]
async fn a_status_is_answered_in_the_vendors_words_and_nothing_is_applied() {
    let bench = Bench::start().await;
    for (status, code) in [
        (400, "MALFORMED_PARAMETER"),
        (401, "AUTHENTICATION_INVALID"),
        (403, "PROJECT_FORBIDDEN"),
        (404, "ROUTE_NOT_FOUND"),
        (413, "REQUEST_TOO_LARGE"),
        (429, "TOO_MANY_REQUESTS"),
        (500, "SERVER_ERROR"),
        (503, "MAINTENANCE_MODE"),
    ] {
        for path in [UPDATE, USERS] {
            arm(&bench, |fault| fault.answer(Answer::Status { status }));
            assert_eq!(bench.code(path, &body(path, 4)).await, (status, code.to_owned()));
        }
    }
    for status in [502, 504] {
        arm(&bench, |fault| fault.answer(Answer::Status { status }));
        let (got, answer) = send(bench.post(UPDATE, &people(4))).await;
        assert!(got == status && answer.as_str().unwrap().starts_with("<html>"), "{answer}");
    }
    assert_eq!(bench.count(), 0);
    bench.ok(UPDATE, people(4)).await;
    assert_eq!(bench.count(), 4, "faults end");
}

/// *Global rate limits*: no header is the vendor's; `Retry-After` comes when the test asks for it alone.
#[tokio::test]
async fn throttling_has_no_header_of_the_vendors() {
    let bench = Bench::start().await;
    for retry_after_s in [None, Some(7)] {
        arm(&bench, |fault| fault.answer(Answer::Throttle { reset_s: Some(3), retry_after_s }));
        let response = bench.post(UPDATE, &people(1)).send().await.unwrap();
        assert_eq!(response.status(), 429);
        assert!(!response.headers().keys().any(|name| name.as_str().contains("ratelimit")));
        assert_eq!(response.headers().contains_key("retry-after"), retry_after_s.is_some());
    }
}

#[tokio::test]
async fn as_much_is_applied_as_was_asked_for() {
    for path in [UPDATE, MASS_UPDATE, USERS] {
        for (apply, want) in [(Apply::Nothing, 0), (Apply::Half, 2), (Apply::All, 4), (Apply::Twice, 4)] {
            let bench = Bench::start().await;
            arm(&bench, |fault| fault.apply(apply));
            let answer = bench.ok(path, body(path, 4)).await;
            assert!(answer == json!({ "code": "SUCCESS" }) || answer["token"].is_string(), "a lie, when not all is applied");
            assert_eq!(bench.count(), want, "{path} {apply:?}");
            let twice = if apply == Apply::Twice { 2 } else { 1 };
            assert_eq!(bench.twin.ledger().total() as usize, want * twice);
            assert_eq!(bench.twin.log().entries()[0].tally.applied as usize, want * twice);
        }
    }
}

/// Events of a request that is applied twice are there twice.
#[tokio::test]
async fn events_are_applied_by_operation() {
    for (apply, want) in [(Apply::Nothing, 0), (Apply::Half, 2), (Apply::Twice, 8)] {
        let bench = Bench::start().await;
        arm(&bench, |fault| fault.apply(apply));
        let mut call = people(2);
        for n in 0..2 {
            call[n]["events"] = json!([{ "name": "a" }, { "name": "b" }]);
        }
        bench.ok(UPDATE, call).await;
        assert_eq!(bench.twin.with_state(|state| state.events().len()), want, "{apply:?}");
    }
}

/// Attributes and events of the operations that were not applied are named, beside what was lost anyway.
#[tokio::test]
async fn the_rest_is_named_as_refused() {
    let bench = Bench::start().await;
    arm(&bench, |fault| fault.answer(Answer::ErrorsForRest { text: "no".to_owned() }));
    let mut call = people(4);
    call[0]["attributes"]["Bad"] = json!(1);
    call[3]["attributes"]["Bad"] = json!(1);
    call[3]["events"] = json!([{ "name": "visited" }]);
    let lost = bench.lost(call).await;
    let named: Vec<_> = lost
        .iter()
        .map(|lost| (lost["bulk_index"].as_u64().unwrap(), lost["attribute"].as_str().or(lost["event"].as_str()).unwrap()))
        .collect();
    assert_eq!(named, [(0, "Bad"), (2, "rank"), (3, "Bad"), (3, "rank"), (3, "visited")]);
    assert_eq!(lost[1], json!({ "category": "ATTRIBUTE", "bulk_index": 2, "attribute": "rank", "reason": "no" }));
    assert_eq!((lost[4]["category"].as_str(), lost[4]["reason"].as_str()), (Some("EVENT"), Some("no")));
    assert_eq!(bench.count(), 2);
    let tally = bench.twin.log().entries()[0].tally;
    assert_eq!((tally.applied, tally.refused), (2, 2));
    arm(&bench, |fault| fault.answer(Answer::ErrorsForRest { text: "no".to_owned() }));
    assert!(bench.ok(USERS, users(4)).await["token"].is_string(), "custom data has no word for it");
    assert_eq!(bench.twin.with_state(|state| state.apps()[APP_API_KEY].len()), 2);
}

#[tokio::test]
async fn an_answer_can_be_lost_torn_or_a_strangers() {
    let bench = Bench::start().await;
    arm(&bench, |fault| fault.apply(Apply::All).answer(Answer::Drop));
    bench.post(UPDATE, &people(4)).send().await.expect_err("there is no answer");
    assert_eq!(bench.count(), 4, "applied all the same");
    arm(&bench, |fault| fault.answer(Answer::Truncated));
    let response = bench.post(UPDATE, &people(4)).send().await.unwrap();
    assert_eq!(response.status(), 202);
    response.text().await.expect_err("the answer ends in the middle");
    arm(&bench, |fault| fault.answer(Answer::CaptivePortal));
    let (status, page) = send(bench.post(USERS, &users(1))).await;
    assert!(status == 200 && page.as_str().unwrap().contains("Sign in"));
    arm(&bench, |fault| fault.answer(Answer::NotSuccess { message: "QUEUED".to_owned() }));
    assert_eq!(bench.ok(UPDATE, people(5)).await, json!({ "code": "QUEUED" }));
    assert_eq!(bench.count(), 4);
}

#[tokio::test]
async fn a_late_request_overtakes_a_younger_one() {
    let bench = Bench::start().await;
    arm(&bench, |fault| fault.apply(Apply::Late { after_requests: 1 }));
    bench.write(json!({ "rank": 1 })).await;
    assert_eq!(bench.count(), 0);
    bench.write(json!({ "rank": 2 })).await;
    assert_eq!(bench.attributes("C-1"), json!({ "rank": 1 }));
}

/// A poison row refuses every call that holds it.
#[tokio::test]
async fn a_call_that_holds_a_text_is_hurt() {
    let bench = Bench::start().await;
    let poison = |fault: Fault| fault.holding("\"C-3\"").pick(sluice_twins::Pick::Every(1)).answer(Answer::Status { status: 400 });
    arm(&bench, poison);
    assert_eq!(bench.code(UPDATE, &people(4)).await.0, 400);
    bench.ok(UPDATE, people(3)).await;
    assert_eq!(bench.count(), 3);
}

/// Half of one is none.
#[tokio::test]
async fn a_call_of_one_user_is_applied_or_not() {
    let bench = Bench::start().await;
    for apply in [Apply::Nothing, Apply::Half] {
        arm(&bench, |fault| fault.apply(apply));
        bench.ok(&format!("{USERS}/C-1"), json!({ "values": { "u.a": 1 } })).await;
    }
    assert_eq!(bench.count(), 0);
}
