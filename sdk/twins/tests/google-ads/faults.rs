//! The harm that every twin does, in this vendor's words and portions.

use reqwest::Method;
use serde_json::{Value, json};
use sluice_twins::{Answer, Apply, Fault};

use crate::client::{
    ADJUST, Bench, EVENTS, INGEST, LIST, LISTS, NEWCOMER, REMOVE, TOKEN, WEB, adjusting, adjustment, event, events, failures,
    leaving, members, people, send,
};

fn arm(bench: &Bench, change: impl FnOnce(Fault) -> Fault) {
    bench.twin.faults().arm(change(Fault::on("/*"))).unwrap();
}

/// *Errors*: each status of both APIs in one envelope, of the token endpoint flat.
#[tokio::test]
async fn a_status_is_answered_in_the_vendors_words_and_nothing_is_applied() {
    let bench = Bench::start().await;
    for (status, word) in [
        (400, "INVALID_ARGUMENT"),
        (401, "UNAUTHENTICATED"),
        (403, "PERMISSION_DENIED"),
        (404, "NOT_FOUND"),
        (409, "ABORTED"),
        (429, "RESOURCE_EXHAUSTED"),
        (500, "INTERNAL"),
        (503, "UNAVAILABLE"),
        (504, "DEADLINE_EXCEEDED"),
    ] {
        for request in [bench.post(INGEST, &members(people(1))), bench.ads(ADJUST, &adjusting(vec![adjustment("RETRACTION", "x")]))]
        {
            arm(&bench, |fault| fault.answer(Answer::Status { status }));
            let (got, answer) = send(request).await;
            assert_eq!(
                (got, answer["error"]["code"].as_u64(), answer["error"]["status"].as_str()),
                (status, Some(status.into()), Some(word))
            );
        }
    }
    arm(&bench, |fault| fault.answer(Answer::Status { status: 502 }));
    assert!(send(bench.get(LISTS)).await.1.as_str().unwrap().starts_with("<!DOCTYPE html>"));
    for (status, error) in
        [(400, "invalid_grant"), (401, "invalid_client"), (429, "rate_limit_exceeded"), (503, "internal_failure")]
    {
        arm(&bench, |fault| fault.answer(Answer::Status { status }));
        let (got, answer) = send(bench.bare(Method::POST, "/token")).await;
        assert_eq!((got, answer["error"].as_str()), (status, Some(error)));
    }
    assert!(bench.members(LIST).is_empty());
}

/// "`ErrorInfo` detail has `metadata.quota_limit` naming which limit"; "No Retry-After promised".
#[tokio::test]
async fn throttling_names_the_quota_of_the_minute_or_the_day() {
    let bench = Bench::start().await;
    for (request, reset_s, limit) in [
        (bench.post(INGEST, &json!({})), None, "IngestionMutateRequestsPerMinutePerProject"),
        (bench.post(EVENTS, &json!({})), Some(3_600), "IngestionMutateRequestsPerDayPerProject"),
        (bench.get("/v1/requestStatus:retrieve"), Some(60), "IngestionReadRequestsPerMinutePerProject"),
        (bench.get(LISTS), None, "ManagementReadRequestsPerMinutePerProject"),
        (bench.post(LISTS, &json!({})), Some(61), "ManagementMutateRequestsPerDayPerProject"),
    ] {
        arm(&bench, |fault| fault.answer(Answer::Throttle { reset_s, retry_after_s: None }));
        let response = request.send().await.unwrap();
        assert!(response.status() == 429 && response.headers().get("retry-after").is_none());
        let answer: Value = response.text().await.unwrap().parse().unwrap();
        assert_eq!(answer["error"]["details"][0]["metadata"]["quota_limit"], limit);
    }
    for (reset_s, code) in [(None, "RESOURCE_TEMPORARILY_EXHAUSTED"), (Some(3_600), "RESOURCE_EXHAUSTED")] {
        arm(&bench, |fault| fault.answer(Answer::Throttle { reset_s, retry_after_s: Some(5) }));
        let response = bench.ads(ADJUST, &json!({})).send().await.unwrap();
        assert_eq!(response.headers()["retry-after"], "5", "when the test says so");
        let answer: Value = response.text().await.unwrap().parse().unwrap();
        assert_eq!(answer["error"]["details"][0]["errors"][0]["errorCode"]["quotaError"], code);
    }
}

#[tokio::test]
async fn as_much_of_a_request_is_applied_as_was_asked_for() {
    for (apply, want) in [(Apply::Nothing, 0), (Apply::Half, 2), (Apply::All, 4), (Apply::Twice, 4)] {
        let bench = Bench::start().await;
        arm(&bench, |fault| fault.apply(apply));
        let id = bench.accepted(INGEST, &members(people(4))).await;
        assert_eq!(bench.members(LIST).len(), want, "added {apply:?}");
        let known = send(bench.get(&format!("/v1/requestStatus:retrieve?requestId={id}"))).await.0;
        assert_eq!(known, if apply == Apply::Nothing { 400 } else { 200 }, "a request that was lost has no status");
        bench.accepted(INGEST, &members(people(4))).await;
        arm(&bench, |fault| fault.apply(apply));
        bench.accepted(REMOVE, &leaving(people(4))).await;
        assert_eq!(bench.members(LIST).len(), 4 - want, "removed {apply:?}");
        arm(&bench, |fault| fault.apply(apply));
        let four: Vec<Value> = (0..4).map(|n| event(&format!("ORD-{n}"))).collect();
        bench.accepted(EVENTS, &events(WEB, four)).await;
        assert_eq!(bench.twin.state().conversions().all().len(), want, "events {apply:?}");
    }
}

#[tokio::test]
async fn half_of_a_list_of_adjustments_is_applied_and_the_rest_named() {
    let bench = Bench::start().await;
    let tag = |n: usize| json!({ "conversion_action": WEB, "transaction_id": format!("ORD-{n}"), "at": "2026-10-18T09:15:00Z" });
    bench.put("conversions", (0..4).map(tag).collect::<Value>()).await;
    let rows: Vec<Value> = (0..4).map(|n| adjustment("RETRACTION", &format!("ORD-{n}"))).collect();
    arm(&bench, |fault| fault.answer(Answer::ErrorsForRest { text: "no".to_owned() }));
    let answer = bench.taken(bench.ads(ADJUST, &adjusting(rows.clone()))).await;
    assert_eq!(failures(&answer), [("INTERNAL_ERROR".to_owned(), 2), ("INTERNAL_ERROR".to_owned(), 3)]);
    arm(&bench, |fault| fault.apply(Apply::Half));
    let answer = bench.taken(bench.ads(ADJUST, &adjusting(rows))).await;
    assert_eq!(failures(&answer).len(), 2, "the two that are retracted; a lie of the others");
    assert_eq!(bench.twin.state().conversions().all().iter().filter(|it| it.retracted).count(), 3);
    arm(&bench, |fault| fault.answer(Answer::ErrorsForRest { text: "no".to_owned() }));
    let id = bench.accepted(INGEST, &members(people(4))).await;
    let status = bench.ended(&id).await;
    assert_eq!((&status["requestStatus"], bench.members(LIST).len()), (&json!("PARTIAL_SUCCESS"), 2), "Data Manager counts");
}

#[tokio::test]
async fn an_answer_can_be_lost_torn_or_a_strangers() {
    let bench = Bench::start().await;
    arm(&bench, |fault| fault.apply(Apply::All).answer(Answer::Drop));
    bench.post(INGEST, &members(people(2))).send().await.expect_err("there is no answer");
    assert_eq!(bench.members(LIST).len(), 2, "applied all the same");
    arm(&bench, |fault| fault.answer(Answer::Truncated));
    bench.get(LISTS).send().await.unwrap().text().await.expect_err("the answer ends in the middle");
    arm(&bench, |fault| fault.answer(Answer::CaptivePortal));
    assert!(send(bench.get(LISTS)).await.1.as_str().unwrap().contains("Sign in"));
    let id = bench.accepted(INGEST, &members(people(1))).await;
    arm(&bench, |fault| fault.answer(Answer::NotSuccess { message: "PAUSED".to_owned() }));
    assert_eq!(bench.status(&id).await["requestStatus"], "PAUSED");
    arm(&bench, |fault| fault.apply(Apply::Late { after_requests: 1 }));
    let late = bench.accepted(INGEST, &members(people(3))).await;
    assert_eq!(send(bench.get(&format!("/v1/requestStatus:retrieve?requestId={late}"))).await.0, 400);
    assert_eq!((bench.ended(&late).await["requestStatus"].as_str(), bench.members(LIST).len()), (Some("SUCCESS"), 3));
}

/// Codes that nothing else of the twin brings about.
#[tokio::test]
async fn the_next_call_is_refused_with_any_code() {
    let bench = Bench::start().await;
    let refusals = json!([
        { "path": ADJUST, "category": "databaseError", "code": "CONCURRENT_MODIFICATION" },
        { "path": INGEST, "code": "INVALID_AUDIENCE_MEMBER", "field": "audience_members[3]" },
        { "path": "/v1/events", "code": "INTERNAL_ERROR", "status": 500 },
        { "path": "/token", "code": "invalid_grant" },
    ]);
    assert_eq!(bench.put("refusals", refusals).await.0, 200);
    let adjusting = bench.post(ADJUST, &json!({})).header("developer-token", NEWCOMER);
    assert_eq!(crate::client::ads_code(adjusting).await, (400, "CONCURRENT_MODIFICATION".to_owned()));
    let want = (400, "INVALID_AUDIENCE_MEMBER".to_owned(), "audience_members[3]".to_owned());
    assert_eq!(bench.refused(INGEST, &members(people(1))).await, want);
    let (status, answer) = send(bench.post(EVENTS, &json!({}))).await;
    assert_eq!((status, &answer["error"]["details"][0]["reason"]), (500, &json!("INTERNAL_ERROR")));
    assert_eq!(
        send(bench.bare(Method::POST, "/token")).await,
        (400, json!({ "error": "invalid_grant", "error_description": "Bad Request" }))
    );
    assert_eq!(bench.refused(INGEST, &members(people(1))).await.0, 200, "once");
    assert!(!TOKEN.is_empty() && bench.put("refusals", json!([{ "path": "/", "code": "x", "status": 200 }])).await.0 == 400);
}
