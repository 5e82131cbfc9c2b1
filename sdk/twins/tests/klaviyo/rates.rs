//! Rates (*Rate limits*; *OpenAPI* has them by endpoint): bursts, minutes and days, and what is said of them.

use std::sync::atomic::Ordering;

use reqwest::Method;
use serde_json::{Value, json};
use sluice_twins::klaviyo::Options;

use crate::client::{Bench, JOBS, LIST, PROFILES, SEGMENT, SUBSCRIBE, UNSUBSCRIBE, UPSERT, hands, options, send};

async fn enforcing() -> (Bench, std::sync::Arc<std::sync::atomic::AtomicI64>) {
    let (clock, forward) = hands();
    (Bench::with(Options { clock, enforce_rates: true, ..options() }).await, forward)
}

fn seconds(response: &reqwest::Response, name: &str) -> Option<i64> {
    response.headers().get(name).map(|value| value.to_str().unwrap().parse().unwrap())
}

/// "XS 1/15, M 10/150; … 75/s 750/min on these endpoints".
#[tokio::test]
async fn every_endpoint_has_its_burst() {
    let list = format!("/api/lists/{LIST}");
    for (method, path, burst) in [
        (Method::GET, "/api/accounts".to_owned(), 1),
        (Method::GET, "/api/lists".to_owned(), 75),
        (Method::POST, "/api/lists".to_owned(), 10),
        (Method::GET, list.clone(), 75),
        (Method::GET, format!("{list}/profiles"), 75),
        (Method::GET, format!("{list}/profiles?additional-fields[profile]=subscriptions"), 10),
        (Method::GET, format!("{list}/relationships/profiles"), 75),
        (Method::POST, format!("{list}/relationships/profiles"), 10),
        (Method::DELETE, format!("{list}/relationships/profiles"), 10),
        (Method::GET, PROFILES.to_owned(), 75),
        (Method::POST, PROFILES.to_owned(), 75),
        (Method::GET, format!("{PROFILES}/x"), 75),
        (Method::PATCH, format!("{PROFILES}/x"), 75),
        (Method::POST, UPSERT.to_owned(), 75),
        (Method::POST, JOBS.to_owned(), 10),
        (Method::GET, format!("{JOBS}/x"), 10),
        (Method::GET, format!("{JOBS}/x/profiles"), 10),
        (Method::GET, format!("{JOBS}/x/import-errors"), 10),
        (Method::POST, SUBSCRIBE.to_owned(), 75),
        (Method::POST, UNSUBSCRIBE.to_owned(), 75),
        (Method::GET, "/api/segments".to_owned(), 75),
        (Method::GET, format!("/api/segments/{SEGMENT}"), 75),
        (Method::GET, format!("/api/segments/{SEGMENT}/profiles"), 75),
        (Method::GET, format!("/api/segments/{SEGMENT}/relationships/profiles"), 75),
    ] {
        let (bench, forward) = enforcing().await;
        for second in 0..2 {
            forward.store(second, Ordering::SeqCst);
            for n in 0..burst {
                let status = bench.request(method.clone(), &path).send().await.unwrap().status();
                assert_ne!(status, 429, "{method} {path} {n}");
            }
            let refused = bench.request(method.clone(), &path).send().await.unwrap();
            assert_eq!((refused.status().as_u16(), seconds(&refused, "retry-after")), (429, Some(1)), "{method} {path}");
        }
    }
}

/// "Success replies carry RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset … A 429 replaces them with Retry-After".
#[tokio::test]
async fn a_success_says_how_the_minute_stands_and_a_refusal_how_long_to_wait() {
    let (bench, forward) = enforcing().await;
    for n in 0..15 {
        forward.store(n, Ordering::SeqCst);
        let response = bench.get("/api/accounts").send().await.unwrap();
        let says = ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"].map(|name| seconds(&response, name));
        assert_eq!((response.status().as_u16(), says), (200, [Some(15), Some(14 - n), Some(60 - n)]));
        assert_eq!(seconds(&response, "retry-after"), None);
    }
    forward.store(20, Ordering::SeqCst);
    let refused = bench.get("/api/accounts").send().await.unwrap();
    assert_eq!((refused.status().as_u16(), seconds(&refused, "retry-after")), (429, Some(40)), "until the minute is over");
    assert!(!refused.headers().keys().any(|name| name.as_str().starts_with("ratelimit")));
    let answer: Value = refused.text().await.unwrap().parse().unwrap();
    let want = json!(["throttled", "Request was throttled. Expected available in 40 seconds."]);
    assert_eq!(json!([answer["errors"][0]["code"], answer["errors"][0]["detail"]]), want);
    forward.store(60, Ordering::SeqCst);
    assert_eq!(send(bench.get("/api/accounts")).await.0, 200);
}

/// "POST /api/lists additionally 150 per day"; "daily limits give very large Retry-After values".
#[tokio::test]
async fn lists_are_made_a_hundred_and_fifty_times_a_day() {
    let (bench, forward) = enforcing().await;
    let body = json!({ "data": { "type": "list", "attributes": { "name": "a" } } });
    for n in 0..150 {
        forward.store(n * 10, Ordering::SeqCst);
        assert_eq!(send(bench.post("/api/lists", &body)).await.0, 201, "{n}");
    }
    forward.store(1_500, Ordering::SeqCst);
    let refused = bench.post("/api/lists", &body).send().await.unwrap();
    assert_eq!((refused.status().as_u16(), seconds(&refused, "retry-after")), (429, Some(86_400 - 1_500)));
    forward.store(86_400, Ordering::SeqCst);
    assert_eq!(send(bench.post("/api/lists", &body)).await.0, 201);
}

#[tokio::test]
async fn nothing_is_refused_unless_it_is_asked_for() {
    let bench = Bench::start().await;
    for n in 0..20 {
        let response = bench.get("/api/accounts").send().await.unwrap();
        assert_eq!((response.status().as_u16(), seconds(&response, "ratelimit-remaining")), (200, Some((14 - n).max(0))));
    }
}
