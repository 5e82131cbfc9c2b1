//! Each fault: what the client gets, and what was applied.

use std::time::Duration;

use serde_json::{Value, json};
use sluice_twins::{Answer, Apply, Fault, Pick};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::client::{Bench, EMAIL_GROUP, KEY, people, send};

const TRACK: &str = "/users/track";

/// Arms a fault on tracking.
fn arm(bench: &Bench, change: impl FnOnce(Fault) -> Fault) -> sluice_twins::FaultId {
    bench.twin.faults().arm(change(Fault::on(TRACK))).unwrap()
}

fn four() -> Value {
    json!({ "attributes": people(4) })
}

fn profiles(bench: &Bench) -> usize {
    bench.twin.with_state(|state| state.profiles().len())
}

/// Sends and expects no answer at all.
async fn unanswered(bench: &Bench, body: &Value) -> reqwest::Error {
    bench.post(TRACK, body).send().await.expect_err("there is no answer")
}

#[tokio::test]
async fn throttling_says_when_as_far_as_it_is_told_to() {
    let bench = Bench::start().await;
    for (reset_s, retry_after_s) in [(None, None), (Some(3), None), (None, Some(7)), (Some(3), Some(7))] {
        arm(&bench, |fault| fault.answer(Answer::Throttle { reset_s, retry_after_s }));
        let response = bench.post(TRACK, &four()).send().await.unwrap();
        assert_eq!(response.status(), 429);
        assert_eq!(response.headers().contains_key("x-ratelimit-reset"), reset_s.is_some());
        let wait = response.headers().get("retry-after").map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(wait, retry_after_s.map(|seconds| seconds.to_string()));
    }
    assert_eq!(profiles(&bench), 0);
    assert_eq!(bench.track(four()).await.0, 201, "faults end");
}

#[tokio::test]
async fn a_status_is_answered_and_nothing_is_applied() {
    let bench = Bench::start().await;
    for status in [401, 403, 404, 413, 415, 500, 502, 503, 504] {
        let id = arm(&bench, |fault| fault.answer(Answer::Status { status }));
        assert_eq!(bench.track(four()).await.0, status);
        let entry = bench.twin.log().entries().pop().unwrap();
        assert_eq!((entry.status, entry.fault, entry.tally.applied), (Some(status), Some(id), 0));
    }
    assert_eq!(profiles(&bench), 0);
}

#[tokio::test]
async fn an_error_can_hide_that_all_or_half_was_applied() {
    let bench = Bench::start().await;
    arm(&bench, |fault| fault.apply(Apply::Half).answer(Answer::Status { status: 500 }));
    assert_eq!(bench.track(four()).await.0, 500);
    assert_eq!(profiles(&bench), 2);
    arm(&bench, |fault| fault.apply(Apply::All).answer(Answer::Status { status: 500 }));
    assert_eq!(bench.track(four()).await.0, 500);
    assert_eq!(profiles(&bench), 4);
}

#[tokio::test]
async fn a_dropped_connection_hides_what_was_applied() {
    let bench = Bench::start().await;
    for (apply, want) in [(None, 0), (Some(Apply::Half), 2), (Some(Apply::All), 4)] {
        arm(&bench, |fault| Fault { apply, ..fault }.answer(Answer::Drop));
        let error = unanswered(&bench, &four()).await;
        assert!(error.is_request() && !error.is_timeout(), "{error:?}");
        assert_eq!(profiles(&bench), want, "{apply:?}");
        assert_eq!(bench.twin.log().entries().pop().unwrap().status, None);
    }
    assert_eq!(bench.twin.ledger().total(), 6);
}

#[tokio::test]
async fn half_can_be_applied_with_the_rest_named() {
    let bench = Bench::start().await;
    arm(&bench, |fault| fault.answer(Answer::ErrorsForRest { text: "try again".to_owned() }));
    let mut objects = people(5);
    objects.insert(0, json!({ "rank": 0 }));
    let (status, answer) = bench.track(json!({ "attributes": objects })).await;
    assert_eq!(status, 201);
    assert_eq!((&answer["message"], &answer["attributes_processed"]), (&json!("success"), &json!(2)));
    let errors: Vec<_> = answer["errors"].as_array().unwrap().iter().map(|e| (&e["index"], &e["type"])).collect();
    let (zero, again) = (json!("'external_id' is required"), json!("try again"));
    let index: Vec<Value> = (0..6).map(Value::from).collect();
    assert_eq!(errors, [(&index[0], &zero), (&index[3], &again), (&index[4], &again), (&index[5], &again)]);
    assert_eq!(profiles(&bench), 2);
    arm(&bench, |fault| fault.answer(Answer::ErrorsForRest { text: "try again".to_owned() }));
    let (status, answer) = bench.track(json!({ "attributes": people(1) })).await;
    assert_eq!((status, &answer["attributes_processed"]), (201, &json!(0)), "the half of one is none");
}

#[tokio::test]
async fn success_can_be_a_lie() {
    let bench = Bench::start().await;
    arm(&bench, |fault| fault.apply(Apply::Nothing));
    assert_eq!(bench.track(four()).await, (201, json!({ "message": "success", "attributes_processed": 4 })));
    assert_eq!(profiles(&bench), 0);
}

#[tokio::test]
async fn a_request_can_be_applied_twice() {
    let bench = Bench::start().await;
    arm(&bench, |fault| fault.apply(Apply::Twice));
    let event = json!({ "external_id": "C-1", "name": "seen", "time": "2026-03-02T08:15:00Z" });
    assert_eq!(bench.track(json!({ "events": [event] })).await.0, 201);
    assert_eq!(bench.twin.state().events().len(), 2);
    assert_eq!(bench.twin.log().entries()[0].tally.applied, 2);
}

#[tokio::test]
async fn a_request_can_arrive_late() {
    let bench = Bench::start().await;
    let rank = |rank: u32| json!({ "attributes": [{ "external_id": "C-1", "rank": rank }] });
    arm(&bench, |fault| fault.apply(Apply::Late { after_requests: 2 }).answer(Answer::Drop));
    unanswered(&bench, &rank(1)).await;
    assert_eq!(profiles(&bench), 0);
    bench.track(rank(2)).await;
    assert_eq!(bench.attributes("C-1")["rank"], 2);
    bench.track(rank(3)).await;
    assert_eq!(bench.attributes("C-1")["rank"], 1, "the older value landed after the newer ones");
    let requests: Vec<_> = bench.twin.ledger().entries().iter().map(|entry| entry.request).collect();
    assert_eq!(requests, [2, 3, 1]);
    assert_eq!(bench.twin.log().entries()[0].tally.applied, 1);
}

#[tokio::test]
async fn a_message_other_than_success_means_nothing_was_applied() {
    let bench = Bench::start().await;
    arm(&bench, |fault| fault.answer(Answer::NotSuccess { message: "queued for review".to_owned() }));
    assert_eq!(bench.track(four()).await, (201, json!({ "message": "queued for review" })));
    assert_eq!(profiles(&bench), 0);
}

#[tokio::test]
async fn a_captive_portal_answers_with_its_page() {
    let bench = Bench::start().await;
    arm(&bench, |fault| fault.answer(Answer::CaptivePortal));
    let response = bench.post(TRACK, &four()).send().await.unwrap();
    assert_eq!(
        (response.status().as_u16(), &response.headers()["content-type"]),
        (200, &"text/html; charset=utf-8".parse().unwrap())
    );
    assert!(response.text().await.unwrap().starts_with("<!DOCTYPE html>"));
    assert_eq!(profiles(&bench), 0);
}

#[tokio::test]
async fn a_truncated_answer_has_its_head_and_half_of_its_body() {
    let bench = Bench::start().await;
    arm(&bench, |fault| fault.answer(Answer::Truncated));
    let mut response = bench.post(TRACK, &four()).send().await.unwrap();
    assert_eq!(response.status(), 201);
    let whole = response.content_length().unwrap();
    let mut got = 0;
    let error = loop {
        match response.chunk().await {
            Ok(Some(chunk)) => got += chunk.len() as u64,
            Ok(None) => panic!("the body ended as if whole"),
            Err(error) => break error,
        }
    };
    assert_eq!(got, whole / 2, "{error}");
    assert_eq!(profiles(&bench), 4, "applied all the same");
}

#[tokio::test]
async fn a_slow_answer_comes_after_its_delay() {
    let bench = Bench::start().await;
    arm(&bench, |fault| fault.delay_ms(80));
    let started = std::time::Instant::now();
    assert_eq!(bench.track(four()).await.0, 201);
    assert!(started.elapsed() >= Duration::from_millis(80));
}

#[tokio::test]
async fn a_hanging_answer_ends_by_itself_or_when_the_client_gives_up() {
    let bench = Bench::start().await;
    arm(&bench, |fault| fault.apply(Apply::All).answer(Answer::Hang { at_most_ms: 20 }));
    assert!(!unanswered(&bench, &four()).await.is_timeout(), "the twin let go");
    assert_eq!(profiles(&bench), 4);
    arm(&bench, |fault| fault.answer(Answer::Hang { at_most_ms: 600_000 }));
    let error = bench.post(TRACK, &four()).timeout(Duration::from_millis(50)).send().await.unwrap_err();
    assert!(error.is_timeout());
}

#[tokio::test]
async fn a_twin_stops_although_an_answer_hangs() {
    let bench = Bench::start().await;
    arm(&bench, |fault| fault.answer(Answer::Hang { at_most_ms: 600_000 }));
    let request = bench.post(TRACK, &four());
    let waiting = tokio::spawn(async move { request.send().await });
    while bench.twin.log().total() == 0 {
        tokio::task::yield_now().await;
    }
    let address = bench.twin.address();
    bench.twin.stop().await;
    assert!(waiting.await.unwrap().is_err());
    assert!(tokio::net::TcpStream::connect(address).await.is_err(), "the port is free again");
}

#[tokio::test]
async fn half_a_request_is_none() {
    let bench = Bench::start().await;
    let body = four().to_string();
    let head = format!(
        "POST {TRACK} HTTP/1.1\r\nhost: twin\r\nauthorization: Bearer {KEY}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n",
        body.len()
    );
    for bytes in [0, body.len() / 2, body.len() - 1] {
        let mut stream = tokio::net::TcpStream::connect(bench.twin.address()).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(&body.as_bytes()[..bytes]).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(!answer.contains(" 201 "), "{answer}");
    }
    assert_eq!((profiles(&bench), bench.twin.log().total()), (0, 0));
}

#[tokio::test]
async fn a_body_announced_as_larger_than_a_twin_reads_is_refused_before_it_comes() {
    let bench = Bench::start().await;
    let most = sluice_twins::limits::REQUEST_BYTES_MAX;
    let largest = bench.client.post(format!("{}{TRACK}", bench.twin.url())).bearer_auth(KEY).body(" ".repeat(most));
    assert_eq!(send(largest).await.0, 413, "by the vendor's own limit");
    assert_eq!(bench.twin.log().total(), 1);
    let mut stream = tokio::net::TcpStream::connect(bench.twin.address()).await.unwrap();
    let head = format!("POST {TRACK} HTTP/1.1\r\nhost: twin\r\ncontent-length: {}\r\n\r\n", most + 1);
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 413");
    assert_eq!(bench.twin.log().total(), 1, "it never was a request");
}

#[tokio::test]
async fn a_fault_can_pick_by_number_or_by_a_poison_row() {
    let bench = Bench::start().await;
    let id = arm(&bench, |fault| fault.pick(Pick::Every(2)).count(1).answer(Answer::Status { status: 503 }));
    let mut got = Vec::new();
    for _ in 0..4 {
        got.push(bench.track(four()).await.0);
    }
    assert_eq!(got, [201, 503, 201, 201]);
    assert_eq!(bench.twin.faults().struck(id), 1);
    let poison = Pick::Every(1);
    arm(&bench, |fault| fault.holding("\"C-3\"").pick(poison).answer(Answer::Status { status: 400 }));
    assert_eq!(bench.track(four()).await.0, 400);
    assert_eq!(bench.track(json!({ "attributes": people(3) })).await.0, 201);
}

#[tokio::test]
async fn a_fault_never_applies_what_the_vendor_would_refuse() {
    let bench = Bench::start().await;
    arm(&bench, |fault| fault.apply(Apply::All).answer(Answer::Drop));
    unanswered(&bench, &json!({ "attributes": people(51) })).await;
    assert_eq!(profiles(&bench), 0);
    arm(&bench, |fault| fault.apply(Apply::All).answer(Answer::Status { status: 500 }));
    let wrong_key = bench.post(TRACK, &four()).header("authorization", "Bearer b");
    assert_eq!(send(wrong_key).await.0, 500);
    assert_eq!(profiles(&bench), 0);
}

#[tokio::test]
async fn half_of_the_people_of_a_subscription_request_can_be_applied() {
    let bench = Bench::start().await;
    bench.track(four()).await;
    let path = "/v2/subscription/status/set";
    bench.twin.faults().arm(Fault::on(path).apply(Apply::Half).answer(Answer::Status { status: 500 })).unwrap();
    let body = json!({ "subscription_groups": [{ "subscription_group_id": EMAIL_GROUP,
        "subscription_state": "subscribed", "external_ids": ["C-0", "C-1", "C-2", "C-3"] }] });
    assert_eq!(send(bench.post(path, &body)).await.0, 500);
    let set = |state: &sluice_twins::braze::State| state.profiles().iter().filter(|p| !p.subscriptions.is_empty()).count();
    assert_eq!(bench.twin.with_state(set), 2);
}

#[tokio::test]
async fn the_storage_can_be_hurt_too() {
    let bench = Bench::start().await;
    bench.twin.faults().arm(Fault::on("/exports/*").answer(Answer::Status { status: 503 })).unwrap();
    let url = format!("{}/exports/a.zip", bench.twin.files_url());
    assert_eq!(bench.client.get(&url).send().await.unwrap().status(), 503);
    assert_eq!(bench.client.get(&url).send().await.unwrap().status(), 404);
}
