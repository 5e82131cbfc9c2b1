//! Tokens of an OAuth app (*Auth*): the authorize page, codes, refresh tokens, ends and revocation.

use std::sync::atomic::Ordering;

use reqwest::{Client, RequestBuilder, redirect};
use serde_json::{Value, json};
use sluice_twins::{
    Answer, Apply, Fault,
    hubspot::{App, Consent, Options, RefreshToken},
};

use crate::client::{Bench, LISTS, hands, options, send};

const TOKENS: &str = "/oauth/v1/token";
const BACK: &str = "http://127.0.0.1:9/callback";
const ACCOUNT: &str = "/account-info/v3/details";
const SECRET: &str = "a-secret-of-the-test";

fn with_app() -> Options {
    let app = App { client_id: "an-app".to_owned(), client_secret: SECRET.to_owned(), redirect_uris: vec![BACK.to_owned()] };
    Options { app, ..options() }
}

fn page(bench: &Bench, query: &[(&str, &str)]) -> String {
    let mut url = reqwest::Url::parse(&bench.url("/oauth/authorize")).unwrap();
    url.query_pairs_mut().extend_pairs(query);
    url.into()
}

const ASKING: [(&str, &str); 4] =
    [("client_id", "an-app"), ("redirect_uri", BACK), ("scope", "crm.lists.read crm.lists.write"), ("state", "s&1")];

/// A client that follows no redirect.
fn staying() -> Client {
    crate::client::client();
    Client::builder().no_proxy().redirect(redirect::Policy::none()).build().unwrap()
}

async fn location(request: RequestBuilder) -> Vec<(String, String)> {
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 302);
    let location = response.headers()["location"].to_str().unwrap().to_owned();
    assert!(location.starts_with(BACK), "{location}");
    reqwest::Url::parse(&location).unwrap().query_pairs().map(|(a, b)| (a.into_owned(), b.into_owned())).collect()
}

async fn exchange(bench: &Bench, changes: &[(&str, &str)]) -> (u16, Value) {
    let mut form = vec![("client_id", "an-app"), ("client_secret", SECRET), ("redirect_uri", BACK)];
    form.retain(|(name, _)| !changes.iter().any(|(other, _)| other == name));
    form.extend(changes.iter().filter(|(_, value)| !value.is_empty()));
    let mut url = reqwest::Url::parse("http://x/").unwrap();
    url.query_pairs_mut().extend_pairs(form);
    let request = bench.client.post(bench.url(TOKENS)).header("content-type", "application/x-www-form-urlencoded");
    send(request.body(url.query().unwrap().to_owned())).await
}

async fn code(bench: &Bench) -> String {
    let pairs = location(
        staying().post(page(bench, &ASKING)).header("content-type", "application/x-www-form-urlencoded").body("consent=allow"),
    )
    .await;
    pairs[0].1.clone()
}

async fn refreshed(bench: &Bench, token: &str) -> (u16, Value) {
    exchange(bench, &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
}

async fn called(bench: &Bench, token: &Value, path: &str) -> (u16, Value) {
    send(bench.client.get(bench.url(path)).header("authorization", format!("Bearer {}", token.as_str().unwrap()))).await
}

/// The page asks; its form leads back with a code, which is worth tokens of the scopes that were asked for.
#[tokio::test]
async fn a_person_consents_and_the_app_may_call() {
    let bench = Bench::with(with_app()).await;
    let response = bench.client.get(page(&bench, &ASKING)).send().await.unwrap();
    assert!(response.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
    let html = response.text().await.unwrap();
    assert!(html.contains("<form method=\"post\"") && html.contains("<li>crm.lists.read</li>"), "{html}");
    let action = html.split("action=\"").nth(1).unwrap().split('"').next().unwrap().replace("&amp;", "&");
    let form = staying().post(bench.url(&action)).header("content-type", "application/x-www-form-urlencoded").body("consent=allow");
    let pairs = location(form).await;
    assert_eq!((pairs[0].0.as_str(), &pairs[1]), ("code", &("state".to_owned(), "s&1".to_owned())));
    let grant = [("grant_type", "authorization_code"), ("code", pairs[0].1.as_str())];
    let (status, tokens) = exchange(&bench, &grant).await;
    assert_eq!((status, &tokens["expires_in"], &tokens["token_type"]), (200, &json!(1800), &json!("bearer")));
    assert_eq!(called(&bench, &tokens["access_token"], &format!("{LISTS}/1")).await.0, 200);
    let (status, answer) = called(&bench, &tokens["access_token"], "/crm/properties/2026-03/contacts").await;
    assert_eq!((status, &answer["category"]), (403, &json!("MISSING_SCOPES")), "what was not asked for");
    let (status, answer) = exchange(&bench, &grant).await;
    assert_eq!((status, &answer["error"], &answer["status"]), (400, &json!("invalid_grant"), &json!("BAD_AUTH_CODE")), "once");
}

#[tokio::test]
async fn a_person_may_refuse_and_the_page_may_decide_alone() {
    let bench = Bench::with(with_app()).await;
    let form = |body: &'static str| {
        staying().post(page(&bench, &ASKING)).header("content-type", "application/x-www-form-urlencoded").body(body)
    };
    let pairs = location(form("consent=deny")).await;
    assert_eq!((pairs[0].1.as_str(), pairs[2].1.as_str()), ("access_denied", "s&1"));
    assert_eq!(form("consent=maybe").send().await.unwrap().status(), 400);
    for (consent, first) in [(Consent::Allow, "code"), (Consent::Deny, "error")] {
        let bench = Bench::with(Options { consent, ..with_app() }).await;
        assert_eq!(location(staying().get(page(&bench, &ASKING))).await[0].0, first);
    }
}

#[tokio::test]
async fn the_page_leads_a_stranger_nowhere() {
    let bench = Bench::with(Options { consent: Consent::Allow, ..with_app() }).await;
    for (name, value) in [("client_id", "another"), ("redirect_uri", "https://evil.example/"), ("scope", "")] {
        let query: Vec<(&str, &str)> = ASKING.iter().map(|(n, v)| (*n, if *n == name { value } else { *v })).collect();
        let response = staying().get(page(&bench, &query)).send().await.unwrap();
        assert!(response.status() == 400 && response.headers().get("location").is_none(), "{name}");
    }
    let script = [("client_id", "an-app"), ("redirect_uri", BACK), ("scope", "<script>")];
    let bench = Bench::with(with_app()).await;
    let html = bench.client.get(page(&bench, &script)).send().await.unwrap().text().await.unwrap();
    assert!(!html.contains("<script>"), "{html}");
}

#[tokio::test]
async fn a_refused_exchange_says_what_is_wrong() {
    let bench = Bench::with(with_app()).await;
    let code = code(&bench).await;
    let grant = ("grant_type", "authorization_code");
    for (changes, status, error) in [
        (vec![], "BAD_GRANT_TYPE", "unsupported_grant_type"),
        (vec![("grant_type", "client_credentials")], "BAD_GRANT_TYPE", "unsupported_grant_type"),
        (vec![grant, ("code", &code), ("client_id", "another")], "BAD_CLIENT_ID", "invalid_client"),
        (vec![grant, ("code", &code), ("client_secret", "wrong")], "BAD_CLIENT_SECRET", "invalid_client"),
        (vec![grant, ("code", &code), ("client_secret", "")], "BAD_CLIENT_SECRET", "invalid_client"),
        (vec![grant, ("code", "another")], "BAD_AUTH_CODE", "invalid_grant"),
        (
            vec![grant, ("code", &code), ("redirect_uri", "http://127.0.0.1:9/other")],
            "MISMATCH_REDIRECT_URI_AUTH_CODE",
            "invalid_grant",
        ),
        (vec![("grant_type", "refresh_token"), ("refresh_token", "another")], "BAD_REFRESH_TOKEN", "invalid_grant"),
        (vec![("grant_type", "refresh_token")], "BAD_REFRESH_TOKEN", "invalid_grant"),
    ] {
        let (got, answer) = exchange(&bench, &changes).await;
        assert_eq!((got, &answer["status"], &answer["error"]), (400, &json!(status), &json!(error)), "{changes:?}");
    }
    assert_eq!(exchange(&bench, &[grant, ("code", &code)]).await.0, 200, "what was refused has spent nothing");
    let json = bench.client.post(bench.url(TOKENS)).header("content-type", "application/json").body("{}");
    assert_eq!(send(json).await.0, 415);
    assert_eq!(send(bench.client.get(bench.url(TOKENS))).await.0, 405);
    let entries = bench.twin.log().to(TOKENS);
    assert!(entries.iter().all(|entry| entry.body.is_none()), "secrets are not kept");
}

/// "lifetime inferred; always obey `expires_in`".
#[tokio::test]
async fn an_access_token_ends_and_another_takes_its_place() {
    let (clock, forward) = hands();
    let bench = Bench::with(Options { clock, ..with_app() }).await;
    let code = code(&bench).await;
    let (_, tokens) = exchange(&bench, &[("grant_type", "authorization_code"), ("code", &code)]).await;
    forward.store(1_799_999, Ordering::SeqCst);
    assert_eq!(called(&bench, &tokens["access_token"], ACCOUNT).await.0, 200);
    forward.store(1_805_000, Ordering::SeqCst);
    let (status, answer) = called(&bench, &tokens["access_token"], ACCOUNT).await;
    assert_eq!((status, &answer["category"]), (401, &json!("EXPIRED_AUTHENTICATION")));
    assert!(answer["message"].as_str().unwrap().contains("expired 5 second(s) ago"));
    let refresh = tokens["refresh_token"].as_str().unwrap();
    let (status, again) = refreshed(&bench, refresh).await;
    assert_eq!((status, &again["refresh_token"]), (200, &json!(refresh)), "the vendor's stays");
    assert_ne!(again["access_token"], tokens["access_token"]);
    assert_eq!(called(&bench, &again["access_token"], &format!("{LISTS}/1")).await.0, 200, "with the same scopes");
}

#[tokio::test]
async fn a_code_is_good_for_minutes() {
    let (clock, forward) = hands();
    let bench = Bench::with(Options { clock, ..with_app() }).await;
    let code = code(&bench).await;
    forward.store(300_000, Ordering::SeqCst);
    let (status, answer) = exchange(&bench, &[("grant_type", "authorization_code"), ("code", &code)]).await;
    assert_eq!((status, &answer["status"]), (400, &json!("BAD_AUTH_CODE")));
}

#[tokio::test]
async fn refresh_tokens_rotate_when_they_are_told_to() {
    let token = RefreshToken { token: "first".to_owned(), scopes: vec!["crm.lists.read".to_owned()] };
    let bench = Bench::with(Options { refresh_tokens: vec![token], rotate_refresh_tokens: true, ..with_app() }).await;
    let (_, tokens) = refreshed(&bench, "first").await;
    let second = tokens["refresh_token"].as_str().unwrap();
    assert_ne!(second, "first");
    assert_eq!(refreshed(&bench, "first").await.1["error"], "invalid_grant");
    // The answer is lost, and the new refresh token with it.
    bench.twin.faults().arm(Fault::on(TOKENS).apply(Apply::All).answer(Answer::Drop)).unwrap();
    let body = format!("grant_type=refresh_token&client_id=an-app&client_secret={SECRET}&refresh_token={second}");
    let request = bench.client.post(bench.url(TOKENS)).header("content-type", "application/x-www-form-urlencoded").body(body);
    request.send().await.expect_err("there is no answer");
    assert_eq!(refreshed(&bench, second).await.1["status"], "BAD_REFRESH_TOKEN");
}

#[tokio::test]
async fn what_was_given_can_be_taken_back() {
    let bench = Bench::with(with_app()).await;
    bench.twin.seed("refresh-tokens", json!([{ "token": "r" }])).unwrap();
    bench.twin.seed("tokens", json!([{ "token": "pat-few", "scopes": ["crm.lists.read"] }])).unwrap();
    assert_eq!(called(&bench, &json!("pat-few"), &format!("{LISTS}/1")).await.0, 200);
    assert_eq!(called(&bench, &json!("pat-few"), "/crm/properties/2026-03/contacts").await.0, 403);
    let (_, tokens) = refreshed(&bench, "r").await;
    bench.twin.seed("expired", json!(["*"])).unwrap();
    assert_eq!(called(&bench, &tokens["access_token"], ACCOUNT).await.1["category"], "EXPIRED_AUTHENTICATION");
    let (_, tokens) = refreshed(&bench, "r").await;
    bench.twin.seed("revoked", json!([tokens["access_token"]])).unwrap();
    assert_eq!(called(&bench, &tokens["access_token"], ACCOUNT).await.1["category"], "INVALID_AUTHENTICATION");
    let (_, tokens) = refreshed(&bench, "r").await;
    bench.twin.seed("revoked", json!(["r"])).unwrap();
    assert_eq!(called(&bench, &tokens["access_token"], ACCOUNT).await.0, 200, "until it ends");
    assert_eq!(refreshed(&bench, "r").await.1["error"], "invalid_grant");
    bench.twin.seed("revoked", json!(["*"])).unwrap();
    assert_eq!(called(&bench, &tokens["access_token"], ACCOUNT).await.0, 401);
    assert_eq!(called(&bench, &json!("pat-few"), ACCOUNT).await.0, 200, "a static one is not the app's");
    bench.twin.seed("revoked", json!(["nothing"])).unwrap_err();
    let state = send(bench.client.get(bench.url("/__twin/state"))).await.1;
    assert_eq!(state["tokens"]["refresh"], 1);
    assert!(!state.to_string().contains("tw1n-access"), "which there are is not shown");
}
