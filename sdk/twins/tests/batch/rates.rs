//! Paces (*Global rate limits*), by a clock that the test moves.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use reqwest::Method;
use serde_json::{Value, json};
use sluice_twins::{Clock, batch::Options};

use crate::client::{Bench, MASS_UPDATE, UPDATE, USERS, options, people, send, users};

async fn paced() -> (Bench, Arc<AtomicI64>) {
    let millis = Arc::new(AtomicI64::new(1_772_439_300_000));
    let hand = millis.clone();
    let clock: Clock = Arc::new(move || jiff::Timestamp::from_millisecond(hand.load(Ordering::SeqCst)).unwrap());
    (Bench::with(Options { clock, enforce_rates: true, ..options() }).await, millis)
}

/// "300 profile updates per second, bucket burst 1,000"; 429 `TOO_MANY_REQUESTS`, without headers that say how long.
#[tokio::test]
async fn a_thousand_profiles_pass_at_once_and_three_hundred_a_second_after_them() {
    let (bench, millis) = paced().await;
    for _ in 0..5 {
        bench.ok(UPDATE, people(200)).await;
    }
    let refused = bench.post(UPDATE, &people(1)).send().await.unwrap();
    assert_eq!(refused.status(), 429);
    assert!(!refused.headers().keys().any(|name| name.as_str().contains("ratelimit") || name == "retry-after"));
    let answer: Value = refused.text().await.unwrap().parse().unwrap();
    assert_eq!(answer["error_code"], "TOO_MANY_REQUESTS");
    bench.ok(MASS_UPDATE, people(1)).await;
    millis.fetch_add(500, Ordering::SeqCst);
    assert_eq!(bench.code(UPDATE, &people(151)).await.0, 429, "one more than half a second brings");
    bench.ok(UPDATE, people(150)).await;
    assert_eq!(bench.code(UPDATE, &people(1)).await.0, 429);
}

/// "10,000 profile updates per second, no burst".
#[tokio::test]
async fn ten_thousand_profiles_a_second_pass_by_mass_update() {
    let (bench, millis) = paced().await;
    bench.ok(MASS_UPDATE, people(10_000)).await;
    assert_eq!(bench.code(MASS_UPDATE, &people(1)).await.0, 429);
    millis.fetch_add(1_000, Ordering::SeqCst);
    bench.ok(MASS_UPDATE, people(10_000)).await;
    millis.fetch_add(60_000, Ordering::SeqCst);
    bench.ok(MASS_UPDATE, people(10_000)).await;
    assert_eq!(bench.code(MASS_UPDATE, &people(1)).await.0, 429, "a rest brings no more than a second does");
}

/// "other CEP endpoints: 1 request per second per project"; of custom data "unknown".
#[tokio::test]
async fn other_calls_of_the_project_pass_once_a_second() {
    let (bench, millis) = paced().await;
    let list = || bench.request(Method::GET, "/2.11/orchestrations/list");
    assert_eq!(send(list()).await.0, 200);
    assert_eq!(send(bench.post("/2.11/segments/list", &json!({}))).await.0, 429);
    millis.fetch_add(1_000, Ordering::SeqCst);
    assert_eq!(send(list()).await.0, 200);
    for _ in 0..20 {
        bench.ok(USERS, users(1_000)).await;
    }
}

/// A call that is refused for its shape costs as well, one of too many operations costs nothing (both inferred).
#[tokio::test]
async fn a_refused_call_costs_what_it_has_operations() {
    let (bench, _) = paced().await;
    let bad: Value = (0..200).map(|_| json!({})).collect();
    for _ in 0..5 {
        assert_eq!(bench.code(UPDATE, &people(201)).await.0, 400);
        assert_eq!(bench.code(UPDATE, &bad).await.0, 400);
    }
    assert_eq!(bench.code(UPDATE, &people(1)).await.0, 429);
}

#[tokio::test]
async fn rates_are_not_enforced_unless_asked_for() {
    let bench = Bench::start().await;
    for _ in 0..6 {
        bench.ok(UPDATE, people(200)).await;
    }
}
