//! One holder for everybody: when a token is asked for, when it is used again, and what is durable when.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures::future::{BoxFuture, join_all};
use serde_json::json;
use sluice_catalog::{Code, record::EgressRecord, seal::Secret};

use super::platform::{Platform, answer, form, token};
use crate::{
    Deadline, Held, Kept, MemoryVault, TokenFailure, Vault, VaultError,
    testing::{bytes, gate, get, ok, post},
};

const URL: &str = "https://api.acme.example/v1/x";

/// A token endpoint that hands out numbered tokens, and an interface that takes everything.
async fn generous(kind: &str) -> Platform {
    Platform::of(kind, |seen, number| if seen.head.starts_with("POST /v2/token") { token(number) } else { ok("fine") }).await
}

#[tokio::test]
async fn many_requests_at_once_cause_one_token_request_and_later_ones_none() {
    let platform = generous("oauth2-client-credentials").await;
    let tokens = platform.tokens();
    // Two runs, each with credentials of its own.
    let passes = [platform.pass(&tokens), platform.pass(&tokens)];
    let sends = (0..20).map(|n| platform.send(&passes[n % 2], get(URL)));
    for answer in join_all(sends).await {
        assert_eq!(answer.expect("an answer").status, 200);
    }
    assert_eq!(platform.token_requests().len(), 1);
    assert_eq!(platform.authorizations(), vec!["Bearer access-1"; 20]);
    let lines = platform.vault.lines();
    assert_eq!((lines.len(), lines[0].path.as_str(), lines[0].status), (1, "/v2/token", Some(200)));
    assert_eq!(lines[0].credentials, ["client"]);
    assert_eq!(platform.ledger.lines().len(), 20, "the token's line is the destination's, not the run's");
}

#[tokio::test]
async fn a_token_is_renewed_a_little_before_it_ends_and_not_earlier() {
    let platform = generous("oauth2-client-credentials").await;
    let (tokens, mut want) = (platform.tokens(), vec![]);
    let pass = platform.pass(&tokens);
    // An hour, less the minute before its end.
    for (seconds, number) in [(0, 1), (3539, 1), (1, 2), (3539, 2), (1, 3)] {
        platform.clock.pass(seconds);
        platform.send(&pass, get(URL)).await.expect("an answer");
        want.push(format!("Bearer access-{number}"));
        assert_eq!(platform.authorizations(), want, "{seconds} s later");
    }
}

#[tokio::test]
async fn a_401_renews_the_token_once_and_sends_once_more_also_a_write() {
    let old = |seen: &crate::testing::Seen| seen.header("authorization") == ["Bearer access-1"];
    let platform = Platform::of("oauth2-client-credentials", move |seen, number| match () {
        () if seen.head.starts_with("POST /v2/token") => token(number),
        () if old(seen) => answer("401 Unauthorized", &json!({})),
        () => ok("written"),
    })
    .await;
    let tokens = platform.tokens();
    let pass = platform.pass(&tokens);
    let answer = platform.send(&pass, post(URL, "row")).await.expect("an answer");
    assert_eq!((answer.status, bytes(&answer.body)), (200, &b"written"[..]));
    assert_eq!(platform.authorizations(), ["Bearer access-1", "Bearer access-2"]);
    assert_eq!(platform.ledger.lines().len(), 1, "one line for what the component asked once");
}

#[tokio::test]
async fn a_platform_that_answers_401_whatever_the_token_is_not_asked_for_tokens_all_day() {
    let platform = Platform::of("oauth2-client-credentials", |seen, number| {
        if seen.head.starts_with("POST /v2/token") { token(number) } else { answer("401 Unauthorized", &json!({})) }
    })
    .await;
    let tokens = platform.tokens();
    let pass = platform.pass(&tokens);
    for _ in 0..5 {
        assert_eq!(platform.send(&pass, post(URL, "row")).await.expect("an answer").status, 401);
    }
    assert_eq!(platform.token_requests().len(), 2, "the first, and one renewal");
    assert_eq!(platform.authorizations().len(), 6, "only the first request was sent twice");
}

#[tokio::test]
async fn after_a_restart_a_kept_token_is_used_on_and_only_by_the_client_that_got_it() {
    let platform = generous("oauth2-client-credentials").await;
    for _ in 0..3 {
        let tokens = platform.tokens(); // a new process
        platform.send(&platform.pass(&tokens), get(URL)).await.expect("an answer");
    }
    assert_eq!(platform.token_requests().len(), 1);
    let platform = platform.settings(json!({ "client_id": "another" }));
    platform.send(&platform.pass(&platform.tokens()), get(URL)).await.expect("an answer");
    assert_eq!(platform.authorizations().last().map(String::as_str), Some("Bearer access-2"), "another client's own");
    let platform = platform.secret("another secret");
    platform.send(&platform.pass(&platform.tokens()), get(URL)).await.expect("an answer");
    assert_eq!(platform.token_requests().len(), 3);
}

/// Hands out refresh tokens that are good once.
async fn rotating() -> Platform {
    let used = Mutex::new(vec![]);
    let platform = Platform::of("oauth2-refresh-token", move |seen, number| {
        if !seen.head.starts_with("POST /v2/token") {
            return ok("fine");
        }
        let refresh = form(seen).into_iter().find(|(name, _)| name == "refresh_token").expect("has one").1;
        let mut used = used.lock().expect("not poisoned");
        let known = refresh == "refresh-0" || refresh == format!("refresh-{}", number - 1);
        if !known || used.contains(&refresh) {
            return answer("400 Bad Request", &json!({ "error": "invalid_grant" }));
        }
        used.push(refresh);
        let (access, next) = (format!("access-{number}"), format!("refresh-{number}"));
        answer("200 OK", &json!({ "access_token": access, "expires_in": "60", "refresh_token": next }))
    })
    .await;
    platform.refresh_token("refresh-0")
}

#[tokio::test]
async fn a_refresh_token_that_the_platform_replaces_survives_restarts() {
    let platform = rotating().await;
    for _ in 0..4 {
        let tokens = platform.tokens();
        let pass = platform.pass(&tokens);
        for _ in 0..2 {
            platform.send(&pass, get(URL)).await.expect("an answer");
            platform.clock.pass(60);
        }
    }
    assert_eq!(platform.token_requests().len(), 8);
    assert_eq!(platform.vault.why_refused(), None);
}

/// A disk that is full until a test frees it.
struct Full {
    inner: Arc<MemoryVault>,
    full: AtomicBool,
}

impl Vault for Full {
    fn open(&self) -> BoxFuture<'_, Result<Kept, VaultError>> {
        self.inner.open()
    }
    fn keep<'a>(&'a self, generation: u64, held: &'a Held) -> BoxFuture<'a, Result<bool, VaultError>> {
        if self.full.load(Ordering::SeqCst) {
            let error = VaultError { code: Code::DiskFull, cause: "no room".into() };
            return Box::pin(async { Err(error) });
        }
        self.inner.keep(generation, held)
    }
    fn refused<'a>(&'a self, generation: u64, why: &'a TokenFailure) -> BoxFuture<'a, Result<(), VaultError>> {
        self.inner.refused(generation, why)
    }
    fn record(&self, lines: Vec<EgressRecord>) -> BoxFuture<'_, ()> {
        self.inner.record(lines)
    }
}

#[tokio::test]
async fn a_token_that_cannot_be_kept_is_not_used_and_its_refresh_token_is_not_lost() {
    let platform = rotating().await;
    let full = Arc::new(Full { inner: platform.vault.clone(), full: AtomicBool::new(true) });
    let tokens = platform.tokens();
    let pass = platform.pass_with(&tokens, Some(full.clone()));
    let failure = platform.send(&pass, get(URL)).await.expect_err("not kept");
    assert_eq!((failure.code.as_str(), failure.sent), ("disk-full", false));
    assert!(platform.authorizations().is_empty(), "nothing was sent with it");
    full.full.store(false, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_millis(1100)).await; // the wait after a failure
    platform.send(&pass, get(URL)).await.expect("an answer");
    assert_eq!(platform.token_requests().len(), 1, "what was got is kept now, and not asked for again");
    platform.clock.pass(60);
    platform.send(&pass, get(URL)).await.expect("an answer");
    assert_eq!(platform.vault.why_refused(), None);
}

#[tokio::test]
async fn a_caller_that_gives_up_does_not_cut_the_token_request() {
    let platform = Platform::of("oauth2-client-credentials", |seen, number| {
        if seen.head.starts_with("POST /v2/token") { format!("later {}", token(number)) } else { ok("fine") }
    })
    .await;
    let tokens = platform.tokens();
    let pass = platform.pass(&tokens);
    let request = sluice_catalog::contract::Request { credentials: vec!["client".into()], ..get(URL) };
    let failure = gate().send(&pass, request, Deadline::after(Duration::from_millis(20))).await.expect_err("too late");
    assert_eq!((failure.code.as_str(), failure.sent), ("egress-timeout", false));
    platform.send(&pass, get(URL)).await.expect("an answer");
    assert_eq!(platform.token_requests().len(), 1, "the second one waited for the first one's");
}

#[tokio::test]
async fn a_grant_that_is_replaced_while_its_token_is_renewed_stays_replaced() {
    let vault = Arc::new(MemoryVault::with_refresh_token(Secret::new(*b"refresh-old")));
    let connecting = Arc::clone(&vault);
    let platform = Platform::of("oauth2-refresh-token", move |seen, number| {
        if !seen.head.starts_with("POST /v2/token") {
            return ok("fine");
        }
        if number == 1 {
            connecting.connect(&Held::entered(Secret::new(*b"refresh-new"))); // a person, in this very moment
        }
        let with = form(seen).into_iter().find(|(name, _)| name == "refresh_token").expect("has one").1;
        answer("200 OK", &json!({ "access_token": format!("for {with}"), "refresh_token": "refresh-late" }))
    })
    .await;
    let tokens = platform.tokens();
    let pass = platform.pass_with(&tokens, Some(vault.clone()));
    platform.send(&pass, get(URL)).await.expect("an answer");
    assert_eq!(platform.authorizations(), ["Bearer for refresh-new"]);
    let kept = vault.open().await.expect("opened");
    assert_eq!(kept.generation, 2);
}

#[tokio::test]
async fn tokens_are_taken_out_of_answers_as_entered_secrets_are() {
    let platform = Platform::of("oauth2-refresh-token", |seen, _| {
        if seen.head.starts_with("POST /v2/token") {
            answer("200 OK", &json!({ "access_token": "the access token", "refresh_token": "the next one" }))
        } else {
            ok("you sent Bearer the access token, dGhlIGFjY2VzcyB0b2tlbg, and the%20next%20one, hush/client+secret")
        }
    })
    .await
    .refresh_token("refresh-0");
    let tokens = platform.tokens();
    let answer = platform.send(&platform.pass(&tokens), get(URL)).await.expect("an answer");
    let text = String::from_utf8_lossy(bytes(&answer.body)).into_owned();
    assert_eq!(text, "you sent Bearer [credential], [credential], and [credential], [credential]");
}
