//! The harm that every twin does, in this vendor's words and portions.

use serde_json::{Value, json};
use sluice_twins::{Answer, Apply, Fault};

use crate::client::{BULK, Bench, SUBSCRIBE, UPDATE, people, send, told};

fn arm(bench: &Bench, change: impl FnOnce(Fault) -> Fault) {
    bench.twin.faults().arm(change(Fault::on("/api/*"))).unwrap();
}

fn four() -> Value {
    json!({ "users": people(4) })
}

fn users(bench: &Bench) -> usize {
    bench.twin.with_state(|state| state.users().len())
}

/// *Errors*: each status with a code that a client knows; before the servers stands a gateway with a page of its own.
#[tokio::test]
async fn a_status_is_answered_in_the_vendors_words_and_nothing_is_applied() {
    let bench = Bench::start().await;
    for (status, code) in [
        (400, "BadParams"),
        (401, "BadApiKey"),
        (403, "Forbidden"),
        (404, "NotFound"),
        (409, "ForgottenUserError"),
        (413, "BatchTooLarge"),
        (429, "RateLimitExceeded"),
        (500, "GenericError"),
        (503, "GenericError"),
    ] {
        arm(&bench, |fault| fault.answer(Answer::Status { status }));
        assert_eq!(bench.code(BULK, four()).await, (status, code.to_owned()));
    }
    for status in [502, 504] {
        arm(&bench, |fault| fault.answer(Answer::Status { status }));
        let (got, answer) = send(bench.post(BULK, &four())).await;
        assert!(got == status && answer.as_str().unwrap().starts_with("<html>"), "{answer}");
    }
    assert_eq!(users(&bench), 0);
    assert_eq!(told(&bench.ok(BULK, four()).await).0, 4, "faults end");
}

/// *Global rate limits*: "no documented headers"; `Retry-After` comes when the test asks for it alone.
#[tokio::test]
async fn throttling_has_no_header_of_the_vendors() {
    let bench = Bench::start().await;
    for retry_after_s in [None, Some(7)] {
        arm(&bench, |fault| fault.answer(Answer::Throttle { reset_s: Some(3), retry_after_s }));
        let response = bench.post(BULK, &four()).send().await.unwrap();
        assert_eq!(response.status(), 429);
        assert!(!response.headers().keys().any(|name| name.as_str().contains("ratelimit")));
        assert_eq!(response.headers().contains_key("retry-after"), retry_after_s.is_some());
    }
}

#[tokio::test]
async fn as_much_is_applied_as_was_asked_for() {
    for path in [BULK, SUBSCRIBE] {
        for (apply, want) in [(Apply::Nothing, 0), (Apply::Half, 2), (Apply::All, 4), (Apply::Twice, 4)] {
            let bench = Bench::start().await;
            arm(&bench, |fault| fault.apply(apply));
            let answer = bench.ok(path, json!({ "listId": 7, "users": people(4), "subscribers": people(4) })).await;
            assert_eq!(told(&answer), (4, 0, json!({})), "a lie, when not all is applied");
            assert_eq!(users(&bench), want, "{path} {apply:?}");
            assert_eq!(bench.members().len(), if path == SUBSCRIBE { want } else { 0 });
        }
    }
}

#[tokio::test]
async fn the_rest_is_named_as_refused() {
    let bench = Bench::start().await;
    arm(&bench, |fault| fault.answer(Answer::ErrorsForRest { text: "no".to_owned() }));
    let mut people = people(4);
    people.insert(0, json!({ "email": "bad@" }));
    let named = json!({ "invalidEmails": ["bad@"], "invalidDataEmails": ["u2@example.org", "u3@example.org"] });
    assert_eq!(told(&bench.bulk(people.into()).await), (2, 3, named));
    assert_eq!(users(&bench), 2);
}

#[tokio::test]
async fn an_answer_can_be_lost_torn_or_a_strangers() {
    let bench = Bench::start().await;
    arm(&bench, |fault| fault.apply(Apply::All).answer(Answer::Drop));
    bench.post(BULK, &four()).send().await.expect_err("there is no answer");
    assert_eq!(users(&bench), 4, "applied all the same");
    arm(&bench, |fault| fault.answer(Answer::Truncated));
    let response = bench.post(BULK, &four()).send().await.unwrap();
    assert_eq!(response.status(), 200);
    response.text().await.expect_err("the answer ends in the middle");
    arm(&bench, |fault| fault.answer(Answer::CaptivePortal));
    let (status, page) = send(bench.get("/api/lists/getUsers?listId=7")).await;
    assert!(status == 200 && page.as_str().unwrap().contains("Sign in"), "where lines of identifiers are expected");
    arm(&bench, |fault| fault.answer(Answer::NotSuccess { message: "queued".to_owned() }));
    let (status, answer) = send(bench.post(UPDATE, &json!({ "email": "new@example.org" }))).await;
    assert!(status == 200 && answer["code"] != "Success" && answer["msg"] == "queued", "{answer}");
    assert_eq!(users(&bench), 4);
}

#[tokio::test]
async fn a_late_request_overtakes_a_younger_one() {
    let bench = Bench::start().await;
    let rank = |rank: u32| json!([{ "email": "u0@example.org", "dataFields": { "rank": rank } }]);
    arm(&bench, |fault| fault.apply(Apply::Late { after_requests: 1 }));
    bench.bulk(rank(1)).await;
    assert_eq!(users(&bench), 0);
    bench.bulk(rank(2)).await;
    assert_eq!(bench.data("u0@example.org"), json!({ "rank": 1 }));
}

/// Nothing of a single call means nothing of its user, and of a new list no list.
#[tokio::test]
async fn a_call_of_one_thing_is_applied_or_not() {
    let bench = Bench::start().await;
    let lists = bench.twin.state().lists().len();
    for apply in [Apply::Nothing, Apply::Half] {
        arm(&bench, |fault| fault.apply(apply));
        bench.ok(UPDATE, json!({ "email": "lea@example.org" })).await;
        arm(&bench, |fault| fault.apply(apply));
        bench.ok("/api/lists", json!({ "name": "a list" })).await;
    }
    assert_eq!((users(&bench), bench.twin.state().lists().len()), (0, lists));
}
