//! The harm that every twin does, in this vendor's words and portions.

use reqwest::Method;
use serde_json::{Value, json};
use sluice_twins::{Answer, Apply, Fault, klaviyo::Status};

use crate::client::{
    Bench, JOBS, LIST, PROFILES, SEGMENT, SUBSCRIBE, UNSUBSCRIBE, UPSERT, ids, job, one, people, send, subscribing, unsubscribing,
};

fn arm(bench: &Bench, change: impl FnOnce(Fault) -> Fault) {
    bench.twin.faults().arm(change(Fault::on("/api/*"))).unwrap();
}

const FOUR: [&str; 4] = ["u0@example.org", "u1@example.org", "u2@example.org", "u3@example.org"];

/// *Errors*: each status with a code; before the servers stands a gateway with a page of its own.
#[tokio::test]
async fn a_status_is_answered_in_the_vendors_words_and_nothing_is_applied() {
    let bench = Bench::start().await;
    for (status, code) in [
        (400, "invalid"),
        (401, "authentication_failed"),
        (403, "permission_denied"),
        (404, "not_found"),
        (409, "duplicate_profile"),
        (410, "gone"),
        (413, "payload_too_large"),
        (415, "unsupported_media_type"),
        (429, "throttled"),
        (500, "error"),
        (503, "service_unavailable"),
    ] {
        arm(&bench, |fault| fault.answer(Answer::Status { status }));
        let refused = bench.refused(bench.post(UPSERT, &one(json!({ "external_id": "a" })))).await;
        assert_eq!((refused.0, refused.1.as_str()), (status, code));
    }
    for status in [502, 504] {
        arm(&bench, |fault| fault.answer(Answer::Status { status }));
        let (got, answer) = send(bench.post(JOBS, &job(people(1), &[]))).await;
        assert!(got == status && answer.as_str().unwrap().starts_with("<html>"), "{answer}");
    }
    assert_eq!((bench.count(), bench.twin.state().jobs().len()), (0, 0));
    assert_eq!(bench.imported(people(4), &[]).await.completed, 4, "faults end");
}

/// "A 429 replaces them with Retry-After": the vendor has no other header for it.
#[tokio::test]
async fn throttling_says_how_long_when_the_test_does() {
    let bench = Bench::start().await;
    for retry_after_s in [None, Some(67_608)] {
        arm(&bench, |fault| fault.answer(Answer::Throttle { reset_s: Some(3), retry_after_s }));
        let response = bench.get(PROFILES).send().await.unwrap();
        assert_eq!(response.status(), 429);
        assert!(!response.headers().keys().any(|name| name.as_str().starts_with("ratelimit")));
        let said = response.headers().get("retry-after").map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(said, retry_after_s.map(|seconds| seconds.to_string()));
    }
}

/// A job that is taken half applies the first half, and says that it has all.
#[tokio::test]
async fn as_much_of_a_job_is_applied_as_was_asked_for() {
    for (apply, want) in [(Apply::Half, 2), (Apply::All, 4), (Apply::Twice, 4)] {
        let bench = Bench::start().await;
        arm(&bench, |fault| fault.apply(apply));
        let done = bench.imported(people(4), &[LIST]).await;
        assert_eq!((done.status, done.completed, done.failed), (Status::Complete, 4, 0), "a lie, when not all is applied");
        assert_eq!((bench.count(), bench.members(LIST).len()), (want, want), "{apply:?}");
        assert_eq!(bench.twin.state().jobs().len(), if apply == Apply::Twice { 2 } else { 1 });
    }
    let bench = Bench::start().await;
    arm(&bench, |fault| fault.apply(Apply::Nothing));
    let id = bench.import(people(4), &[]).await;
    assert_eq!(send(bench.get(&format!("{JOBS}/{id}"))).await.0, 404, "a job that was lost is not there");
    assert_eq!(bench.count(), 0);
}

#[tokio::test]
async fn the_rest_of_a_job_is_named_as_refused() {
    let bench = Bench::start().await;
    arm(&bench, |fault| fault.answer(Answer::ErrorsForRest { text: "no".to_owned() }));
    let done = bench.imported(people(4), &[LIST]).await;
    assert_eq!((done.completed, done.failed, bench.members(LIST).len()), (2, 2, 2));
    let answer = bench.read(&format!("{JOBS}/{}/import-errors", done.id)).await;
    let of = |n: usize| &answer["data"][n]["attributes"];
    assert_eq!((&of(0)["detail"], &of(0)["code"]), (&json!("no"), &json!("invalid")));
    assert_eq!((&of(0)["original_payload"], &of(1)["original_payload"]), (&people(4)[2], &people(4)[3]));
}

/// The other calls that hold several.
#[tokio::test]
async fn as_many_people_are_moved_as_was_asked_for() {
    for (apply, want) in [(Apply::Nothing, 0), (Apply::Half, 2), (Apply::All, 4), (Apply::Twice, 4)] {
        let bench = Bench::start().await;
        bench.imported(people(4), &[]).await;
        let all: Vec<String> = FOUR.iter().map(|email| bench.id(email)).collect();
        let members = format!("/api/lists/{LIST}/relationships/profiles");
        arm(&bench, |fault| fault.apply(apply));
        assert_eq!(send(bench.post(&members, &ids(&all))).await.0, 204);
        assert_eq!(bench.members(LIST).len(), want, "added {apply:?}");
        send(bench.post(&members, &ids(&all))).await;
        arm(&bench, |fault| fault.apply(apply));
        assert_eq!(send(bench.send_body(Method::DELETE, &members, &ids(&all))).await.0, 204);
        assert_eq!(bench.members(LIST).len(), 4 - want, "removed {apply:?}");
        send(bench.send_body(Method::DELETE, &members, &ids(&all))).await;
        arm(&bench, |fault| fault.apply(apply));
        assert_eq!(send(bench.post(SUBSCRIBE, &subscribing(&FOUR, Some(LIST), None))).await.0, 202);
        assert_eq!(bench.members(LIST).len(), want, "subscribed {apply:?}");
        send(bench.post(SUBSCRIBE, &subscribing(&FOUR, Some(LIST), None))).await;
        arm(&bench, |fault| fault.apply(apply));
        assert_eq!(send(bench.post(UNSUBSCRIBE, &unsubscribing(&FOUR, Some(LIST)))).await.0, 202);
        assert_eq!(bench.members(LIST).len(), 4 - want, "unsubscribed {apply:?}");
    }
}

#[tokio::test]
async fn an_answer_can_be_lost_torn_or_a_strangers() {
    let bench = Bench::start().await;
    arm(&bench, |fault| fault.apply(Apply::All).answer(Answer::Drop));
    bench.post(JOBS, &job(people(2), &[])).send().await.expect_err("there is no answer");
    let id = bench.twin.state().jobs()[0].id.clone();
    assert_eq!(bench.ended(&id).await.completed, 2, "the job goes on all the same");
    arm(&bench, |fault| fault.answer(Answer::Truncated));
    let response = bench.get(PROFILES).send().await.unwrap();
    assert_eq!(response.status(), 200);
    response.text().await.expect_err("the answer ends in the middle");
    arm(&bench, |fault| fault.answer(Answer::CaptivePortal));
    let (status, page) = send(bench.get(&format!("/api/segments/{SEGMENT}/profiles"))).await;
    assert!(status == 200 && page.as_str().unwrap().contains("Sign in"), "where members are expected");
}

/// A poll that finds a job where no job is described to be.
#[tokio::test]
async fn a_job_can_be_in_a_strange_place() {
    let bench = Bench::start().await;
    let id = bench.import(people(2), &[]).await;
    bench.twin.faults().arm(Fault::on(&format!("{JOBS}/*")).answer(Answer::NotSuccess { message: "paused".to_owned() })).unwrap();
    let answer = bench.read(&format!("{JOBS}/{id}")).await;
    assert_eq!(answer["data"]["attributes"]["status"], "paused");
    assert_eq!(bench.ended(&id).await.status, Status::Complete);
}

#[tokio::test]
async fn a_late_job_has_the_id_that_was_told() {
    let bench = Bench::start().await;
    arm(&bench, |fault| fault.apply(Apply::Late { after_requests: 1 }));
    let late = bench.import(people(1), &[]).await;
    assert_eq!(send(bench.get(&format!("{JOBS}/{late}"))).await.0, 404);
    assert_eq!(bench.ended(&late).await.completed, 1, "it arrived after that question");
}

/// Nothing of a single call means nothing of its profile, and of a new list no list.
#[tokio::test]
async fn a_call_of_one_thing_is_applied_or_not() {
    let bench = Bench::start().await;
    let lists = bench.twin.state().lists().len();
    let list = json!({ "data": { "type": "list", "attributes": { "name": "a" } } });
    for apply in [Apply::Nothing, Apply::Half] {
        for (path, body) in [
            (UPSERT, one(json!({ "external_id": "a" }))),
            (PROFILES, one(json!({ "external_id": "a" }))),
            ("/api/lists", list.clone()),
        ] {
            arm(&bench, |fault| fault.apply(apply));
            let (status, answer) = send(bench.post(path, &body)).await;
            assert!(status == 201 && answer["data"]["id"] != Value::Null, "{path} {answer}");
        }
    }
    assert_eq!((bench.count(), bench.twin.state().lists().len()), (0, lists));
}
