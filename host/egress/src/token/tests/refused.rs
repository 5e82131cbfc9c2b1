//! No token: each reason with its code, the platform's words without our secrets, and nothing of the request itself sent.

use std::{sync::Arc, time::Duration};

use serde_json::json;
use tokio_util::task::TaskTracker;

use super::platform::{Platform, answer, token};
use crate::{
    Credentials, Options, Policy, Tokens,
    testing::{Liar, get, ok},
};

const URL: &str = "https://api.acme.example/v1/x";

#[tokio::test]
async fn each_refusal_has_its_code_and_the_platforms_words() {
    let standard = |error: &str| json!({ "error": error, "error_description": "because hush/client+secret" });
    let echo = json!({ "error": "invalid_grant", "error_description": "because refresh-0" });
    for (kind, said, code, words) in [
        ("oauth2-refresh-token", answer("400 Bad Request", &echo), "dest-not-connected", "invalid_grant: because"),
        (
            "oauth2-client-credentials",
            answer("401 Unauthorized", &standard("invalid_client")),
            "dest-client-refused",
            "invalid_client",
        ),
        ("oauth2-refresh-token", answer("401 Unauthorized", &standard("invalid_client")), "dest-client-refused", "invalid_client"),
        ("oauth2-client-credentials", answer("400 Bad Request", &standard("invalid_scope")), "dest-config", "invalid_scope"),
        ("oauth2-client-credentials", answer("401 Unauthorized", &json!({ "message": "who?" })), "dest-client-refused", "who?"),
        ("oauth2-client-credentials", answer("400 Bad Request", &json!({ "errorcode": 7 })), "dest-config", "errorcode"),
        ("oauth2-client-credentials", answer("500 Oops", &json!({})), "dest-unavailable", "(500)"),
        ("oauth2-client-credentials", answer("504 Late", &json!({})), "dest-timeout", "too long"),
        ("oauth2-client-credentials", answer("200 OK", &json!({ "hello": 1 })), "dest-protocol", "no token"),
        ("oauth2-client-credentials", answer("200 OK", &json!({ "access_token": "a\nb" })), "dest-protocol", "cannot be sent"),
        (
            "oauth2-client-credentials",
            "HTTP/1.1 302 Found\r\nlocation: https://evil.example/\r\ncontent-length: 0\r\n\r\n".to_owned(),
            "dest-config",
            "not followed",
        ),
    ] {
        let platform = Platform::of(kind, move |_, _| said.clone()).await.refresh_token("refresh-0");
        let tokens = platform.tokens();
        let pass = platform.pass(&tokens);
        let failure = platform.send(&pass, get(URL)).await.expect_err("no token");
        assert_eq!((failure.code.as_str(), failure.sent), (code, false), "{}", failure.message);
        assert!(failure.message.contains(words), "{}", failure.message);
        assert!(!failure.message.contains("hush") && !failure.message.contains("refresh-0"), "{}", failure.message);
        assert!(platform.authorizations().is_empty());
        // Nobody asks again at once.
        platform.send(&pass, get(URL)).await.expect_err("still none");
        assert_eq!(platform.token_requests().len(), 1, "{code}");
        let grant_is_gone = platform.vault.why_refused().is_some();
        assert_eq!(grant_is_gone, matches!(code, "dest-not-connected" | "dest-client-refused"), "{code}");
    }
}

#[tokio::test]
async fn a_credential_that_nobody_has_connected_says_so_without_a_request() {
    let platform = Platform::of("oauth2-refresh-token", |_, _| ok("")).await;
    let failure = platform.send(&platform.pass(&platform.tokens()), get(URL)).await.expect_err("no token");
    assert_eq!(failure.code, "dest-not-connected");
    assert!(platform.token_requests().is_empty());
}

#[tokio::test]
async fn a_platform_that_wants_us_to_wait_is_waited_for_within_the_calls_time() {
    let busy = |seconds: &str| {
        let head = format!("HTTP/1.1 429 Slow\r\nretry-after: {seconds}\r\ncontent-length: 0\r\n\r\n");
        move |seen: &crate::testing::Seen, number: usize| match () {
            () if !seen.head.starts_with("POST /v2/token") => ok("fine"),
            () if number == 1 => head.clone(),
            () => token(number),
        }
    };
    let platform = Platform::of("oauth2-client-credentials", busy("1")).await;
    let answered = platform.send(&platform.pass(&platform.tokens()), get(URL)).await.expect("an answer");
    assert_eq!((answered.status, platform.token_requests().len()), (200, 2));
    let platform = Platform::of("oauth2-client-credentials", busy("600")).await;
    let failure = platform.send(&platform.pass(&platform.tokens()), get(URL)).await.expect_err("too far away");
    assert_eq!((failure.code.as_str(), failure.sent), ("dest-rate-limited", false));
    assert!(failure.message.contains("600 s"), "{}", failure.message);
}

#[tokio::test]
async fn a_token_endpoint_that_points_inside_is_refused_without_a_packet() {
    let platform = Platform::of("oauth2-client-credentials", |_, n| token(n)).await;
    let resolver = Liar::new(&[&["10.1.2.3"]]);
    let options = Options { resolver: resolver.clone(), clock: platform.clock.clone(), ..Options::default() };
    let tokens = Tokens::new(options, TaskTracker::new());
    let policy = Policy::resolve(platform.manifest(), &Default::default(), &json!({ "client_id": "id 1" })).expect("a policy");
    let secrets = [("client".to_owned(), sluice_catalog::seal::Secret::new(*b"hush"))];
    let bound =
        platform.borrow(&policy, None, |borrower| Credentials::bind_with_tokens(platform.manifest(), secrets, &tokens, borrower));
    let pacer = Arc::new(crate::Pacer::new(platform.manifest()));
    let pass = crate::Pass::new(Arc::new(policy), Arc::new(bound.expect("bound")), pacer, "sha256:00", platform.ledger.clone());
    let failure = platform.send(&pass, get(URL)).await.expect_err("refused");
    assert_eq!((failure.code.as_str(), failure.sent), ("egress-address-refused", false));
    assert_eq!(*resolver.asked.lock().expect("not poisoned"), ["auth.acme.example"], "the interface itself was not looked up");
    assert_eq!(platform.vault.lines()[0].code.as_deref(), Some("egress-address-refused"));
}

#[tokio::test]
async fn a_refusal_is_remembered_until_a_person_has_done_something() {
    let platform = Platform::of("oauth2-refresh-token", |seen, number| match () {
        () if !seen.head.starts_with("POST /v2/token") => ok("fine"),
        () if number == 1 => answer("400 Bad Request", &json!({ "error": "invalid_grant" })),
        () => token(number),
    })
    .await
    .refresh_token("refresh-0");
    let tokens = platform.tokens();
    let pass = platform.pass(&tokens);
    platform.send(&pass, get(URL)).await.expect_err("withdrawn");
    platform.vault.connect(&crate::Held::entered(sluice_catalog::seal::Secret::new(*b"refresh-1")));
    tokens.forget("dst_1", "client");
    // Also what is under way goes on.
    tokio::time::sleep(Duration::from_millis(1)).await;
    platform.send(&pass, get(URL)).await.expect("connected again");
    assert_eq!(platform.vault.why_refused(), None);
}
