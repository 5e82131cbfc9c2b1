//! Rates (*Global rate limits*): bursts, days, searches, and what is said of them.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use reqwest::Response;
use serde_json::{Value, json};
use sluice_twins::hubspot::{Options, Plan, Token};

use crate::client::{Bench, LISTS, TOKEN, hands, options, send};

const ACCOUNT: &str = "/account-info/v3/details";

async fn enforcing(plan: Plan, capacity_packs: u32, oauth: bool) -> (Bench, Arc<AtomicI64>) {
    let (clock, forward) = hands();
    let token = Token { oauth, ..Token::with_all(TOKEN) };
    (Bench::with(Options { clock, enforce_rates: true, plan, capacity_packs, tokens: vec![token], ..options() }).await, forward)
}

fn says(response: &Response, name: &str) -> Option<u64> {
    response.headers().get(format!("x-hubspot-ratelimit-{name}")).map(|value| value.to_str().unwrap().parse().unwrap())
}

async fn account(bench: &Bench) -> Response {
    bench.get(ACCOUNT).send().await.unwrap()
}

/// "burst 100 requests/10 s (Free, Starter), 190/10 s (Professional, Enterprise), 250/10 s with the capacity pack"; "OAuth app: 110".
#[tokio::test]
async fn every_plan_has_its_burst_in_any_ten_seconds() {
    for (plan, packs, oauth, burst, daily) in [
        (Plan::Starter, 0, false, 100, Some(250_000)),
        (Plan::Professional, 0, false, 190, Some(650_000)),
        (Plan::Enterprise, 0, false, 190, Some(1_000_000)),
        (Plan::Enterprise, 1, false, 250, Some(2_000_000)),
        (Plan::Starter, 0, true, 110, None),
    ] {
        let (bench, forward) = enforcing(plan, packs, oauth).await;
        for n in 0..burst {
            forward.store(i64::try_from(n).unwrap() * 10, Ordering::SeqCst);
            let response = account(&bench).await;
            assert_eq!((response.status().as_u16(), says(&response, "max")), (200, Some(burst)), "{plan:?} {n}");
            assert_eq!(says(&response, "remaining"), Some(burst - n - 1));
            assert_eq!((says(&response, "daily"), says(&response, "daily-remaining")), (daily, daily.map(|it| it - n - 1)));
            assert_eq!((says(&response, "interval-milliseconds"), says(&response, "secondly")), (Some(10_000), Some(burst / 10)));
        }
        let refused = account(&bench).await;
        assert_eq!((refused.status().as_u16(), says(&refused, "remaining")), (429, Some(0)));
        assert!(refused.headers().get("retry-after").is_none(), "none is guaranteed");
        let answer: Value = refused.text().await.unwrap().parse().unwrap();
        assert_eq!((&answer["errorType"], &answer["policyName"]), (&json!("RATE_LIMIT"), &json!("TEN_SECONDLY_ROLLING")));
        assert_eq!(answer["message"], "You have reached your ten_secondly_rolling limit.");
        forward.store(9_999, Ordering::SeqCst);
        assert_eq!(account(&bench).await.status(), 429, "the window rolls");
        forward.store(10_000, Ordering::SeqCst);
        assert_eq!(account(&bench).await.status(), 200, "the first has left it");
        assert_eq!(account(&bench).await.status(), 429, "and no other");
    }
}

/// "`DAILY` = stop until midnight of the account's time zone".
#[tokio::test]
async fn a_day_is_the_accounts_own() {
    let (clock, forward) = hands();
    // Midnight of the clock is two o'clock in Paris.
    let bench = Bench::with(Options { clock, enforce_rates: true, time_zone: "Europe/Paris".to_owned(), ..options() }).await;
    let left = |response: &Response| says(response, "daily-remaining");
    assert_eq!(left(&account(&bench).await), Some(249_999));
    forward.store((22 * 3_600 - 1) * 1_000, Ordering::SeqCst);
    assert_eq!(left(&account(&bench).await), Some(249_998));
    forward.store(22 * 3_600 * 1_000, Ordering::SeqCst);
    assert_eq!(left(&account(&bench).await), Some(249_999));
    assert_eq!(bench.read(ACCOUNT).await["utcOffset"], "+02");
}

/// "CRM search endpoints: separate limit about 5/s per account", with a body of its own.
#[tokio::test]
async fn searches_have_a_limit_of_their_own() {
    let (bench, forward) = enforcing(Plan::Starter, 0, false).await;
    let search = || bench.post(&format!("{LISTS}/search"), &json!({}));
    for n in 0..5 {
        let response = search().send().await.unwrap();
        assert_eq!((response.status().as_u16(), says(&response, "max")), (200, None), "{n}");
    }
    let (status, answer) = send(search()).await;
    assert_eq!((status, &answer["category"], answer.get("policyName")), (429, &json!("RATE_LIMITS"), None));
    assert_eq!(answer["message"], "You have reached your secondly limit.");
    assert_eq!(account(&bench).await.status(), 200, "other calls have not");
    forward.store(1_000, Ordering::SeqCst);
    assert_eq!(send(search()).await.0, 200);
}

#[tokio::test]
async fn nothing_is_refused_unless_it_is_asked_for() {
    let bench = Bench::start().await;
    for _ in 0..100 {
        assert_eq!(account(&bench).await.status(), 200);
    }
    let response = account(&bench).await;
    assert_eq!((response.status().as_u16(), says(&response, "remaining")), (200, Some(0)));
}
