//! Quotas and what is said of them (*Rate limiting*; the notes, "Global rate limits").

use std::sync::atomic::Ordering;

use serde_json::{Value, json};
use sluice_twins::{
    Answer, Fault,
    meta_ads::{Access, Options, ThrottledAs},
};

use crate::client::{AUDIENCE, Bench, account, data, dataset_events, event, options, send};

fn header(response: &reqwest::Response, name: &str) -> Value {
    response.headers()[name].to_str().unwrap().parse().unwrap()
}

/// "5,000 + 40 x active custom audiences …; 190,000 + 40 x active": three audiences make 120 more.
#[tokio::test]
async fn usage_is_told_in_three_headers() {
    for (access, per_cent) in [(Access::Limited, 1), (Access::Full, 0)] {
        let bench = Bench::with(Options { access, ..options() }).await;
        for _ in 0..51 {
            bench.done(bench.get(&account(""))).await;
        }
        let response = bench.get(AUDIENCE).send().await.unwrap();
        assert_eq!(header(&response, "x-app-usage"), json!({ "call_count": per_cent, "total_cputime": 0, "total_time": 0 }));
        let business = &options().accounts[0].business;
        let of_business = &header(&response, "x-business-use-case-usage")[business][0];
        assert_eq!((&of_business["type"], &of_business["call_count"]), (&json!("custom_audience"), &json!(per_cent)));
        assert_eq!(of_business["estimated_time_to_regain_access"], 0);
        assert_eq!(header(&response, "x-ad-account-usage"), json!({ "acc_id_util_pct": per_cent, "reset_time_duration": 3_600 }));
        assert!(!response.headers().contains_key("retry-after"));
    }
}

#[tokio::test]
async fn above_the_quota_of_an_hour_calls_are_refused_and_events_are_not() {
    let (bench, forward) = Bench::with_hands(|options| Options { enforce_rates: true, quota: Some(3), ..options }).await;
    for _ in 0..3 {
        bench.done(bench.get(&account(""))).await;
    }
    forward.store(3_000, Ordering::SeqCst);
    let response = bench.get(AUDIENCE).send().await.unwrap();
    assert_eq!(response.status(), 400);
    let usage = header(&response, "x-business-use-case-usage");
    assert_eq!(usage[&options().accounts[0].business][0]["estimated_time_to_regain_access"], 10);
    let error: Value = response.text().await.unwrap().parse().unwrap();
    assert_eq!((&error["error"]["code"], &error["error"]["is_transient"]), (&json!(80_003), &json!(true)));
    bench.done(bench.post(&dataset_events(), &data(&[event("a")]))).await;
    forward.store(3_600, Ordering::SeqCst);
    bench.done(bench.get(AUDIENCE)).await;
}

#[tokio::test]
async fn nothing_is_refused_unless_it_is_asked_for() {
    let bench = Bench::with(Options { quota: Some(3), ..options() }).await;
    for _ in 0..5 {
        bench.done(bench.get(&account(""))).await;
    }
}

/// "HTTP 400 … with `error.code` 4, 17 (17/2446079), 32, 341, 613 (613/1487742), 80000-80014".
#[tokio::test]
async fn throttling_has_the_code_that_was_asked_for() {
    for (throttled_as, code, subcode) in [
        (ThrottledAs::App, 4, 0),
        (ThrottledAs::User, 17, 2_446_079),
        (ThrottledAs::Page, 32, 0),
        (ThrottledAs::Application, 341, 0),
        (ThrottledAs::Calls, 613, 1_487_742),
        (ThrottledAs::CustomAudience, 80_003, 0),
        (ThrottledAs::AdsManagement, 80_004, 0),
    ] {
        let bench = Bench::with(Options { throttled_as, ..options() }).await;
        for (reset_s, retry_after_s, minutes) in [(None, None, None), (Some(61), None, Some(2)), (None, Some(7), None)] {
            bench.twin.faults().arm(Fault::on("*").answer(Answer::Throttle { reset_s, retry_after_s })).unwrap();
            let response = bench.get(&account("")).send().await.unwrap();
            assert_eq!(
                (response.status().as_u16(), response.headers().contains_key("retry-after")),
                (400, retry_after_s.is_some())
            );
            if let Some(minutes) = minutes {
                let usage = header(&response, "x-business-use-case-usage");
                assert_eq!(usage[&options().accounts[0].business][0]["estimated_time_to_regain_access"], minutes);
            } else {
                assert!(!response.headers().contains_key("x-business-use-case-usage"));
            }
            let answer: Value = response.text().await.unwrap().parse().unwrap();
            assert_eq!(answer["error"]["code"], code);
            assert_eq!(answer["error"]["error_subcode"].as_u64().unwrap_or_default(), subcode);
        }
        assert_eq!(send(bench.get(&account(""))).await.0, 200);
    }
}
