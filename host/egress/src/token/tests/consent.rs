//! A person's consent: the address that the browser is led to, and the exchange of what it brings back.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rand::{SeedableRng, rngs::StdRng};
use serde_json::json;
use sha2::{Digest, Sha256};
use sluice_catalog::seal::Secret;

use super::platform::{CLIENT, Platform, SECRET, answer, form, token};
use crate::{
    Consent, CredentialError, TokenFailure,
    testing::{get, ok, post},
};

const CALLBACK: &str = "https://sluice.example/v1/oauth/callback";

fn manifest() -> String {
    CLIENT.replace("KIND", "oauth2-authorization-code")
        + "[credentials.write.consent]\nurl = \"https://auth.acme.example/authorize\"\nparameters = { access_type = \"offline\" }\n"
}

fn begin(platform: &Platform, credential: &str) -> Result<Consent, CredentialError> {
    let (tokens, policy) = (platform.tokens(), platform.policy());
    let secret = Secret::new(SECRET.as_bytes());
    platform.borrow(&policy, None, |borrower| {
        Consent::begin(&tokens, platform.manifest(), (credential, secret), borrower, CALLBACK, &mut StdRng::seed_from_u64(1))
    })
}

#[tokio::test]
async fn a_browser_is_led_to_the_platform_with_a_challenge_and_the_code_is_exchanged_with_its_verifier() {
    let platform = Platform::with(&manifest(), |seen, _| {
        let code = form(seen).iter().any(|pair| *pair == ("code".into(), "good code".into()));
        if !code {
            return answer("400 Bad Request", &json!({ "error": "invalid_grant" }));
        }
        answer("200 OK", &json!({ "access_token": "a1", "refresh_token": "r1", "expires_in": 60 }))
    })
    .await;
    let consent = begin(&platform, "client").expect("begun");
    let page = consent.page().clone();
    let origin = page.origin().ascii_serialization();
    assert!(origin.starts_with("http://127.0.0.1:") && page.path() == "/authorize", "the stand-in's, for the browser too: {page}");
    let query: BTreeMap<String, String> = page.query_pairs().into_owned().collect();
    assert_eq!(query["state"], consent.state());
    assert_eq!(consent.state().len(), 43);
    for (name, value) in [
        ("response_type", "code"),
        ("client_id", "id 1"),
        ("redirect_uri", CALLBACK),
        ("scope", "read write"),
        ("code_challenge_method", "S256"),
        ("access_type", "offline"),
    ] {
        assert_eq!(query[name], value, "{name}");
    }
    let challenge = query["code_challenge"].clone();
    let kept = consent.exchange(Secret::new(*b"good code"), |held| Box::pin(async move { Ok(held) })).await.expect("tokens");
    assert_eq!(kept.refresh_token.as_ref().map(Secret::reveal), Some(&b"r1"[..]));
    assert_eq!(kept.access.as_ref().map(|access| access.token.reveal()), Some(&b"a1"[..]));
    let refused =
        begin(&platform, "client").expect("begun").exchange(Secret::new(*b"bad code"), |_| Box::pin(async { Ok(()) })).await;
    assert_eq!(refused.expect_err("refused").code.as_str(), "dest-not-connected");

    let pairs: BTreeMap<String, String> = form(&platform.token_requests()[0]).into_iter().collect();
    assert_eq!(pairs["grant_type"], "authorization_code");
    assert_eq!((pairs["redirect_uri"].as_str(), pairs["client_secret"].as_str()), (CALLBACK, SECRET));
    assert_eq!(URL_SAFE_NO_PAD.encode(Sha256::digest(&pairs["code_verifier"])), challenge, "the same seed, so the same verifier");
    assert!(!pairs.contains_key("scope"), "scopes were asked of the person");
}

#[tokio::test]
async fn a_consent_that_gives_no_refresh_token_is_refused_as_it_would_end_within_the_hour() {
    let platform = Platform::with(&manifest(), |_, number| token(number)).await;
    let consent = begin(&platform, "client").expect("begun");
    let refused: Result<(), TokenFailure> = consent.exchange(Secret::new(*b"code"), |_| Box::pin(async { Ok(()) })).await;
    let failure = refused.expect_err("refused");
    assert!(failure.code.as_str() == "dest-config" && failure.message.contains("no refresh token"), "{failure}");
}

/// As Mailchimp's, which says a lifetime of 0.
#[tokio::test]
async fn a_token_that_does_not_end_is_good_until_a_401_and_then_somebody_connects_again() {
    const URL: &str = "https://api.acme.example/v1/x";
    for given in [json!({ "access_token": "a1", "expires_in": 0, "scope": null }), json!({ "access_token": "a1" })] {
        let revoked = Arc::new(AtomicBool::new(false));
        let gone = Arc::clone(&revoked);
        let platform = Platform::with(&manifest(), move |seen, _| match () {
            () if seen.head.starts_with("POST /v2/token") => answer("200 OK", &given),
            () if gone.load(Ordering::SeqCst) => answer("401 Unauthorized", &json!({})),
            () => ok("fine"),
        })
        .await;
        let consent = begin(&platform, "client").expect("begun");
        let held = consent.exchange(Secret::new(*b"code"), |held| Box::pin(async move { Ok(held) })).await.expect("a token");
        assert!(held.refresh_token.is_none() && held.access.as_ref().is_some_and(|access| access.ends.is_none()));
        platform.vault.connect(&held);
        let tokens = platform.tokens();
        let pass = platform.pass(&tokens);
        for _ in 0..2 {
            platform.send(&pass, get(URL)).await.expect("an answer");
            platform.clock.pass(400 * 24 * 3600);
        }
        assert_eq!((platform.authorizations(), platform.token_requests().len()), (vec!["Bearer a1".to_owned(); 2], 1));
        revoked.store(true, Ordering::SeqCst);
        let failure = platform.send(&pass, post(URL, "row")).await.expect_err("taken back");
        assert_eq!((failure.code.as_str(), failure.sent), ("dest-not-connected", false), "{}", failure.message);
        assert!(failure.message.contains("401"), "{}", failure.message);
        assert_eq!(platform.vault.why_refused().map(|why| why.code.as_str()), Some("dest-not-connected"));
        // Also after a restart: the token is not sent again.
        platform.send(&platform.pass(&platform.tokens()), get(URL)).await.expect_err("still none");
        assert_eq!((platform.authorizations().len(), platform.token_requests().len()), (3, 1));
        platform.vault.connect(&held);
        revoked.store(false, Ordering::SeqCst);
        platform.send(&platform.pass(&platform.tokens()), get(URL)).await.expect("connected again");
        assert_eq!(platform.vault.why_refused(), None);
    }
}

#[tokio::test]
async fn only_a_credential_that_people_consent_to_has_a_consent() {
    let platform = Platform::of("oauth2-client-credentials", |_, _| ok("")).await;
    assert_eq!(begin(&platform, "client").err(), Some(CredentialError::NoConsent { name: "client".into() }));
    assert_eq!(begin(&platform, "nobody").err(), Some(CredentialError::NoConsent { name: "nobody".into() }));
}
