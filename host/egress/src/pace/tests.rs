use std::time::Duration;

use sluice_catalog::manifest::Manifest;
use tokio::time::{Instant, timeout};

use super::*;
use crate::limits::{PACE_BACKOFF, PACE_HOLD_MAX, PACE_RAISE_EVERY};
use crate::testing::manifest;

const BUCKETS: &str = r#"
[[pace]]
name = "requests"
scope = "account"
rate = 4
per-seconds = 1
[[pace]]
name = "rows"
scope = "account"
unit = "rows"
rate = 100
per-seconds = 1
[[pace]]
name = "two-at-once"
scope = "account"
rate = 1000
per-seconds = 1
in-flight = 2
[[pace]]
name = "list"
scope = "object"
rate = 1
per-seconds = 1
[[pace]]
name = "app"
scope = "app"
rate = 1
per-seconds = 1
"#;

fn buckets() -> Manifest {
    manifest(BUCKETS)
}

fn toll(pacer: &Pacer, names: &[&str], attrs: &[(&str, &str)]) -> Toll {
    let names: Vec<String> = names.iter().map(|n| (*n).to_owned()).collect();
    let attrs = attrs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    pacer.toll(&names, &attrs).expect("known buckets")
}

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    pairs.iter().map(|(n, v)| (http::HeaderName::from_static(n), v.parse().expect("a value"))).collect()
}

fn now() -> Timestamp {
    Timestamp::from_second(1_800_000_000).expect("an instant")
}

async fn seconds_for(pacer: &Pacer, name: &str, requests: u32) -> f64 {
    let began = Instant::now();
    for _ in 0..requests {
        toll(pacer, &[name], &[]).pay().await;
    }
    (began.elapsed().as_secs_f64() * 100.0).round() / 100.0
}

fn share(pacer: &Pacer) -> u32 {
    toll(pacer, &["requests"], &[]).0[0].1.share()
}

#[tokio::test(start_paused = true)]
async fn a_burst_goes_at_once_and_the_rest_at_the_rate() {
    let pacer = Pacer::new(&buckets());
    assert_eq!(seconds_for(&pacer, "requests", 4).await, 0.0);
    assert_eq!(seconds_for(&pacer, "requests", 8).await, 2.0);
}

#[tokio::test(start_paused = true)]
async fn a_bucket_of_rows_takes_what_the_request_carries_also_more_than_a_burst() {
    let (pacer, began) = (Pacer::new(&buckets()), Instant::now());
    toll(&pacer, &["rows"], &[("rows", "250")]).pay().await;
    assert_eq!(began.elapsed().as_millis() / 10, 150);
}

#[tokio::test(start_paused = true)]
async fn no_more_are_under_way_than_the_bucket_allows() {
    let pacer = Pacer::new(&buckets());
    let (first, second) = (toll(&pacer, &["two-at-once"], &[]).pay().await, toll(&pacer, &["two-at-once"], &[]).pay().await);
    let third = toll(&pacer, &["two-at-once"], &[]);
    assert!(timeout(Duration::from_secs(60), third.pay()).await.is_err());
    drop(first);
    assert!(timeout(Duration::from_secs(1), third.pay()).await.is_ok());
    drop(second);
}

#[tokio::test(start_paused = true)]
async fn objects_have_buckets_of_their_own_and_an_app_shares_one() {
    let app = AppBuckets::default();
    let (one, other) = (Pacer::sharing(&buckets(), &app), Pacer::sharing(&buckets(), &app));
    let began = Instant::now();
    for object in ["a", "b", "c"] {
        toll(&one, &["list"], &[("object", object)]).pay().await;
    }
    assert_eq!(began.elapsed(), Duration::ZERO);
    toll(&one, &["list"], &[("object", "a")]).pay().await;
    assert_eq!(began.elapsed().as_secs(), 1);
    toll(&one, &["app"], &[]).pay().await;
    let began = Instant::now();
    toll(&other, &["app"], &[]).pay().await;
    assert_eq!(began.elapsed().as_millis() / 10, 100);
}

#[test]
fn a_bucket_that_the_manifest_does_not_have_is_refused() {
    let pacer = Pacer::new(&buckets());
    let names = ["requests".to_owned(), "other".to_owned()];
    assert_eq!(pacer.toll(&names, &vec![]).err(), Some(UnknownBucket { index: 1 }));
}

#[tokio::test(start_paused = true)]
async fn a_429_halves_the_rate_once_and_waits_and_quiet_raises_it_again() {
    let pacer = Pacer::new(&buckets());
    let (one, two) = (toll(&pacer, &["requests"], &[]).pay().await, toll(&pacer, &["requests"], &[]).pay().await);
    one.learn(429, &headers(&[("retry-after", "7")]), now());
    two.learn(429, &headers(&[]), now());
    assert_eq!(share(&pacer), 8, "two answers to the old rate lower it once");
    let began = Instant::now();
    toll(&pacer, &["requests"], &[]).pay().await;
    assert_eq!(began.elapsed().as_secs(), 7);
    assert_eq!(seconds_for(&pacer, "requests", 4).await, 1.5, "one is left of a burst of two, then two a second");
    tokio::time::advance(PACE_RAISE_EVERY * 8).await;
    toll(&pacer, &["requests"], &[]).pay().await;
    assert_eq!(share(&pacer), 16);
}

#[tokio::test(start_paused = true)]
async fn a_429_without_a_time_waits_longer_each_time() {
    let pacer = Pacer::new(&buckets());
    for (round, share_left) in [(0, 8), (1, 4), (2, 2), (3, 1), (4, 1)] {
        let turn = toll(&pacer, &["requests"], &[]).pay().await;
        turn.learn(429, &headers(&[]), now());
        assert_eq!(share(&pacer), share_left);
        let began = Instant::now();
        let waited = toll(&pacer, &["requests"], &[]).pay().await;
        drop(waited);
        assert!(began.elapsed() >= PACE_BACKOFF * 2u32.pow(round), "{round}: {:?}", began.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn a_used_up_allowance_waits_for_its_reset_and_keeps_the_rate() {
    let pacer = Pacer::new(&buckets());
    let turn = toll(&pacer, &["requests"], &[]).pay().await;
    turn.learn(200, &headers(&[("x-ratelimit-remaining", "1"), ("x-ratelimit-reset", "1800000030")]), now());
    assert_eq!(seconds_for(&pacer, "requests", 1).await, 0.0);
    turn.learn(200, &headers(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1800000030")]), now());
    assert_eq!(seconds_for(&pacer, "requests", 1).await, 30.0);
    assert_eq!(share(&pacer), 16);
}

#[tokio::test(start_paused = true)]
async fn a_lying_header_costs_an_hour_at_most() {
    let pacer = Pacer::new(&buckets());
    let turn = toll(&pacer, &["requests"], &[]).pay().await;
    turn.learn(429, &headers(&[("retry-after", "999999999999")]), now());
    let began = Instant::now();
    toll(&pacer, &["requests"], &[]).pay().await;
    assert_eq!(began.elapsed().as_secs(), PACE_HOLD_MAX.as_secs());
}

#[test]
fn what_platforms_say_is_read_in_all_its_forms() {
    let seconds = Duration::from_secs;
    for (status, pairs, wait) in [
        (429, &[("retry-after", "5")][..], Some(seconds(5))),
        (429, &[("retry-after", "0.5")], Some(Duration::from_millis(500))),
        (429, &[("retry-after", "Fri, 15 Jan 2027 08:01:00 GMT")], Some(seconds(60))),
        (429, &[("retry-after", "Fri, 15 Jan 2027 07:00:00 GMT")], Some(seconds(0))),
        (429, &[("retry-after", "soon")], None),
        (429, &[("retry-after", "-1")], None),
        (429, &[("retry-after", "NaN")], None),
        (429, &[("x-ratelimit-reset", "1800000012")], Some(seconds(12))),
        (429, &[("x-ratelimit-reset", "1700000000")], Some(seconds(0))),
        (429, &[("x-ratelimit-reset", "12")], Some(seconds(12))),
        (429, &[("ratelimit-reset", "12")], Some(seconds(12))),
        (429, &[("retry-after", "3"), ("x-ratelimit-reset", "1800000012")], Some(seconds(3))),
        (429, &[], None),
        (503, &[("retry-after", "5")], Some(seconds(5))),
        (503, &[("x-ratelimit-reset", "12")], None),
        (200, &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "12")], Some(seconds(12))),
        (200, &[("x-ratelimit-remaining", "3"), ("x-ratelimit-reset", "12")], None),
        (200, &[("retry-after", "5")], None),
    ] {
        assert_eq!(vendor::wait(status, &headers(pairs), now()), wait, "{status} {pairs:?}");
    }
}
