//! Quotas (*Global rate limits*): of a minute and of a day, by service, for reads and for writes.

use std::sync::atomic::Ordering;

use serde_json::{Value, json};
use sluice_twins::google_ads::Options;

use crate::client::{ADJUST, Bench, EVENTS, INGEST, LISTS, ads_code, hands, options, send};

async fn enforcing() -> (Bench, std::sync::Arc<std::sync::atomic::AtomicI64>) {
    let (clock, forward) = hands();
    (Bench::with(Options { clock, enforce_rates: true, ..options() }).await, forward)
}

fn quota(answer: &Value) -> String {
    answer["error"]["details"][0]["metadata"]["quota_limit"].as_str().unwrap_or_default().to_owned()
}

/// "IngestionService writes 300/min …; reads (status polls) 300/min …; all other services 300/min".
#[tokio::test]
async fn a_minute_has_three_hundred_of_each() {
    let (bench, forward) = enforcing().await;
    for (other, request, limit) in [
        (bench.post(INGEST, &json!({})), bench.post(EVENTS, &json!({})), "IngestionMutateRequestsPerMinutePerProject"),
        (
            bench.get("/v1/requestStatus:retrieve"),
            bench.get("/v1/requestStatus:retrieve"),
            "IngestionReadRequestsPerMinutePerProject",
        ),
        (bench.get(LISTS), bench.get(&format!("{LISTS}/1")), "ManagementReadRequestsPerMinutePerProject"),
        (bench.post(LISTS, &json!({})), bench.post(LISTS, &json!({})), "ManagementMutateRequestsPerMinutePerProject"),
    ] {
        forward.store(forward.load(Ordering::SeqCst) + 60, Ordering::SeqCst);
        for n in 0..300 {
            assert_ne!(send(other.try_clone().unwrap()).await.0, 429, "{limit} {n}");
        }
        let (status, answer) = send(request.try_clone().unwrap()).await;
        assert_eq!((status, quota(&answer)), (429, limit.to_owned()));
        forward.store(forward.load(Ordering::SeqCst) + 60, Ordering::SeqCst);
        assert_ne!(send(request).await.0, 429, "the next minute");
    }
}

/// "quota by developer-token level (Basic 15,000 operations/day…)": a level of three here, so that the test is short.
#[tokio::test]
async fn a_day_of_google_ads_has_its_operations() {
    let (clock, forward) = hands();
    assert_eq!(options().ads_operations_a_day, 15_000);
    let bench = Bench::with(Options { clock, enforce_rates: true, ads_operations_a_day: 3, ..options() }).await;
    for _ in 0..3 {
        assert_eq!(ads_code(bench.ads(ADJUST, &json!({}))).await.0, 400);
    }
    assert_eq!(ads_code(bench.ads(ADJUST, &json!({}))).await, (429, "RESOURCE_EXHAUSTED".to_owned()));
    forward.store(86_400, Ordering::SeqCst);
    assert_eq!(ads_code(bench.ads(ADJUST, &json!({}))).await.0, 400);
}

#[tokio::test]
async fn nothing_is_refused_unless_it_is_asked_for() {
    let bench = Bench::start().await;
    for _ in 0..310 {
        assert_eq!(send(bench.get(LISTS)).await.0, 200);
    }
}
