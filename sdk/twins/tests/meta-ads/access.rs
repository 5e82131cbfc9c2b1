//! Who may call what (the notes, *Auth*, *Connection check*, errors).

use hmac::{Hmac, KeyInit, Mac};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::Sha256;
use sluice_twins::meta_ads::{ACCOUNT, AccessToken, App, DATASET, Options, TokenState};

use crate::client::{
    AUDIENCE, Bench, TOKEN, account, batch, client, data, dataset_events, event, ids, noon, options, replacing, send, users,
};

const SECRET: &str = "a-secret-of-the-test";

fn proof(message: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(message.as_bytes());
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// "`GET /v25.0/act_<id>?fields=id,name,account_status` -> 200"; "`GET /v25.0/<pixel_id>?fields=id,name`".
#[tokio::test]
async fn accounts_and_datasets_are_looked_at() {
    let bench = Bench::start().await;
    let answer = bench.done(bench.get(&account("?fields=id,name,account_status"))).await;
    assert_eq!(answer, json!({ "id": format!("act_{ACCOUNT}"), "name": "Twin", "account_status": 1 }));
    assert_eq!(bench.done(bench.get(&account(""))).await, json!({ "id": format!("act_{ACCOUNT}"), "account_id": ACCOUNT }));
    let answer = bench.done(bench.get(&format!("{DATASET}?fields=name,is_consolidated_container"))).await;
    assert_eq!(answer, json!({ "id": DATASET, "name": "Twin", "is_consolidated_container": true }));
    for path in [account("?fields=id,nothing"), format!("{DATASET}?fields=nothing"), format!("{AUDIENCE}?fields=nothing")] {
        assert_eq!(bench.refused(bench.get(&path)).await, (400, 100, 0), "{path}");
    }
}

/// "`Authorization: Bearer <token>` or query/body `access_token=<token>` (prefer the header)".
#[tokio::test]
async fn a_token_is_taken_in_three_places_and_kept_from_the_log_in_two() {
    let bench = Bench::start().await;
    bench.done(bench.get(&account(""))).await;
    bench.done(bench.bare(Method::GET, &account(&format!("?access_token={TOKEN}")))).await;
    let body = json!({ "payload": ids(&["a"]), "access_token": TOKEN }).to_string();
    bench.done(bench.bare(Method::POST, &users(AUDIENCE)).header("content-type", "application/json").body(body)).await;
    let form = format!("access_token={TOKEN}&payload=%7B%22schema%22%3A%22EXTERN_ID%22%2C+%22data%22%3A%5B%22b%22%5D%7D");
    let form = bench.bare(Method::POST, &users(AUDIENCE)).header("content-type", "application/x-www-form-urlencoded").body(form);
    bench.done(form).await;
    assert_eq!(bench.all(AUDIENCE, "EXTERN_ID"), ["a", "b"].map(str::to_owned).into());
    let at = |place: &str| ("token-outside-header", place.to_owned());
    assert_eq!(bench.warnings(), [at("query"), at("body"), at("body")]);
    assert_eq!(send(bench.bare(Method::GET, &format!("nothing?access_token={TOKEN}"))).await.0, 400);
    let log = format!("{:?}", bench.twin.log().entries());
    assert!(!log.contains(TOKEN), "no token anywhere in the log");
    assert!(log.contains("authorization"), "the name of the header is kept");
}

/// "`code` 190 (460 password changed, 463 expired)"; "HTTP 400/401".
#[tokio::test]
async fn a_token_that_is_not_good_is_190_with_why() {
    let expiring = |text: &str| AccessToken { expires_at: Some(text.parse().unwrap()), ..AccessToken::system_user("expiring") };
    let of = |state| AccessToken { state, ..AccessToken::system_user(format!("{state:?}")) };
    for token_refused_as in [400, 401] {
        let tokens = vec![
            AccessToken::system_user(TOKEN),
            of(TokenState::Expired),
            of(TokenState::PasswordChanged),
            of(TokenState::Revoked),
            expiring("2026-10-20T12:00:00Z"),
            AccessToken { token: "lasting".to_owned(), ..expiring("2026-10-20T12:00:01Z") },
        ];
        let bench = Bench::with(Options { tokens, token_refused_as, ..options() }).await;
        for (sent, code, subcode) in [
            (vec![], 104, 0),
            (vec!["Bearer nobody"], 190, 0),
            (vec![TOKEN], 190, 0),
            (vec!["Bearer Expired"], 190, 463),
            (vec!["Bearer PasswordChanged"], 190, 460),
            (vec!["Bearer Revoked"], 190, 458),
            (vec!["Bearer expiring"], 190, 463),
            (vec!["Bearer lasting", "Bearer lasting"], 190, 0),
        ] {
            let mut request = bench.bare(Method::POST, &users(AUDIENCE)).header("content-type", "application/json");
            for header in &sent {
                request = request.header("authorization", *header);
            }
            let refused = bench.refused(request.body(json!({ "payload": ids(&["a"]) }).to_string())).await;
            assert_eq!(refused, (token_refused_as, code, subcode), "{sent:?}");
        }
        let lasting = bench.bare(Method::GET, &account("")).header("authorization", "Bearer lasting");
        bench.done(lasting).await;
        assert_eq!(bench.count(AUDIENCE), 0);
        let response = bench.bare(Method::GET, &account("?access_token=nobody")).send().await.unwrap();
        assert!(response.headers()["www-authenticate"].to_str().unwrap().contains("invalid_token"));
    }
}

/// "`appsecret_proof` = lower-case hex HMAC-SHA256(key = app secret, message = access token) …; mandatory if the app enforces it. (A
/// variant signs `token|timestamp` and adds `appsecret_time`.)"
#[tokio::test]
async fn a_proof_is_checked_when_it_is_sent_and_asked_for_when_the_app_asks() {
    for requires_proof in [false, true] {
        let app = App { secret: SECRET.to_owned(), requires_proof, ..options().app };
        let bench = Bench::with(Options { app, ..options() }).await;
        let good = proof(TOKEN);
        let timed = |at: i64| format!("appsecret_proof={}&appsecret_time={at}", proof(&format!("{TOKEN}|{at}")));
        for (query, passes) in [
            (String::new(), !requires_proof),
            (format!("appsecret_proof={good}"), true),
            (format!("appsecret_proof={}", good.to_uppercase()), false),
            (format!("appsecret_proof={}", proof("another")), false),
            ("appsecret_proof=".to_owned(), false),
            (timed(noon()), true),
            (timed(noon() - 300), true),
            (timed(noon() - 301), false),
            (format!("appsecret_proof={good}&appsecret_time={}", noon()), false),
            (format!("appsecret_proof={good}&appsecret_time=now"), false),
        ] {
            let request = bench.get(&account(&format!("?{query}")));
            if passes {
                bench.done(request).await;
            } else {
                assert_eq!(bench.refused(request).await, (400, 100, 0), "{query}");
            }
        }
    }
}

/// "`200`/`10`/`294` = permission"; "A Conversions-only token … cannot manage audiences".
#[tokio::test]
async fn a_token_does_what_its_permissions_say() {
    let reads = [
        account(""),
        account("/customaudiences"),
        account("/customaudiencestos"),
        AUDIENCE.to_owned(),
        format!("{AUDIENCE}/sessions"),
    ];
    let moving = json!({ "payload": ids(&["a"]) });
    let writes = [
        (
            Method::POST,
            account("/customaudiences"),
            json!({ "name": "n", "subtype": "CUSTOM", "customer_file_source": "USER_PROVIDED_ONLY" }),
        ),
        (Method::POST, users(AUDIENCE), moving.clone()),
        (Method::DELETE, users(AUDIENCE), moving.clone()),
        (Method::DELETE, account("/usersofanyaudience"), moving),
        (Method::POST, replacing(AUDIENCE), batch(&["a"], 1, 1, true)),
        (Method::DELETE, AUDIENCE.to_owned(), json!({})),
    ];
    let (ok, none, management) = (200, 403, (403, 294, 0));
    for (token, reading, writing, looking, sending) in [
        (AccessToken::with(TOKEN, &["ads_management"]), ok, None, ok, ok),
        (AccessToken::with(TOKEN, &["ads_read"]), ok, Some(management), none, none),
        (AccessToken::with(TOKEN, &["business_management"]), none, Some((403, 200, 0)), none, none),
        (AccessToken::conversions_only(TOKEN, DATASET), none, Some((403, 200, 0)), ok, ok),
        (AccessToken::conversions_only(TOKEN, "1"), none, Some((403, 200, 0)), none, none),
    ] {
        let bench = Bench::with(Options { tokens: vec![token], ..options() }).await;
        for path in &reads {
            assert_eq!(send(bench.get(path)).await.0, reading, "{path}");
        }
        assert_eq!(send(bench.get(DATASET)).await.0, looking);
        assert_eq!(send(bench.post(&dataset_events(), &data(&[event("e")]))).await.0, sending);
        for (method, path, body) in &writes {
            let request = bench.request(method.clone(), path).header("content-type", "application/json").body(body.to_string());
            match writing {
                Some(refused) => assert_eq!(bench.refused(request).await, refused, "{method} {path}"),
                None => drop(bench.done(request).await),
            }
        }
    }
}

/// "`code 100 subcode 33` = object missing or token lacks access".
#[tokio::test]
async fn what_is_not_there_and_what_is_not_seen_look_alike() {
    let blind = AccessToken { objects: Some(vec!["1".to_owned()]), ..AccessToken::system_user("blind") };
    let bench = Bench::with(Options { tokens: vec![AccessToken::system_user(TOKEN), blind], ..options() }).await;
    let moving = json!({ "payload": ids(&["a"]) });
    for (method, path, body) in [
        (Method::GET, account(""), Value::Null),
        (Method::GET, account("/customaudiences"), Value::Null),
        (Method::GET, AUDIENCE.to_owned(), Value::Null),
        (Method::GET, format!("{AUDIENCE}/sessions"), Value::Null),
        (Method::DELETE, AUDIENCE.to_owned(), Value::Null),
        (Method::POST, users(AUDIENCE), moving.clone()),
        (Method::DELETE, users(AUDIENCE), moving.clone()),
        (Method::DELETE, account("/usersofanyaudience"), moving),
        (Method::POST, replacing(AUDIENCE), batch(&["a"], 1, 1, true)),
        (Method::GET, DATASET.to_owned(), Value::Null),
        (Method::POST, dataset_events(), data(&[event("e")])),
    ] {
        let call = |path: &str, token: &str| {
            let request = bench.bare(method.clone(), path).header("authorization", format!("Bearer {token}"));
            request.header("content-type", "application/json").body(if body.is_null() { String::new() } else { body.to_string() })
        };
        let nowhere = path.replace(ACCOUNT, "404").replace(AUDIENCE, "404").replace(DATASET, "404");
        assert_eq!(bench.refused(call(&path, "blind")).await, (400, 100, 33), "{method} {path}");
        assert_eq!(bench.refused(call(&nowhere, TOKEN)).await, (400, 100, 33), "{method} {nowhere}");
    }
    assert_eq!((bench.count(AUDIENCE), bench.events()), (0, 0));
}

#[tokio::test]
async fn paths_methods_and_versions_are_the_vendors() {
    let bench = Bench::start().await;
    for (method, path, want) in [
        (Method::GET, users(AUDIENCE), (400, 100, 33)),
        (Method::PUT, users(AUDIENCE), (400, 100, 33)),
        (Method::GET, replacing(AUDIENCE), (400, 100, 33)),
        (Method::POST, AUDIENCE.to_owned(), (400, 100, 33)),
        (Method::DELETE, account(""), (400, 100, 33)),
        (Method::GET, "me".to_owned(), (400, 100, 33)),
        (Method::GET, "act_x".to_owned(), (400, 100, 33)),
        (Method::GET, String::new(), (400, 100, 33)),
        (Method::GET, account("/campaigns"), (400, 2500, 0)),
        (Method::GET, format!("{AUDIENCE}/ads"), (400, 2500, 0)),
        (Method::GET, format!("{AUDIENCE}/users/1"), (400, 2500, 0)),
    ] {
        assert_eq!(bench.refused(bench.request(method.clone(), &path)).await, want, "{method} {path}");
    }
    for path in ["v24.0", "v25", "V25.0", "act_1"] {
        let url = format!("{}/{path}/{}", bench.twin.url(), account(""));
        assert_eq!(bench.refused(client().get(url).bearer_auth(TOKEN)).await, (400, 2635, 0), "{path}");
    }
    let bench = Bench::with(Options { api_version: "v24.0".to_owned(), ..options() }).await;
    let url = format!("{}/v24.0/{}", bench.twin.url(), account(""));
    let response = client().get(url).bearer_auth(TOKEN).send().await.unwrap();
    assert_eq!((response.status().as_u16(), response.headers()["facebook-api-version"].to_str().unwrap()), (200, "v24.0"));
}

/// "`GET /oauth/access_token?grant_type=fb_exchange_token&client_id=..&client_secret=..&fb_exchange_token=..`".
#[tokio::test]
async fn a_users_token_is_exchanged_for_one_of_sixty_days() {
    let (bench, forward) = Bench::with_hands(|options| Options {
        app: App { id: "7".to_owned(), secret: SECRET.to_owned(), requires_proof: false },
        tokens: vec![
            AccessToken { expires_at: Some("2026-10-20T13:00:00Z".parse().unwrap()), ..AccessToken::system_user("short") },
            AccessToken { state: TokenState::Expired, ..AccessToken::system_user("old") },
        ],
        ..options
    })
    .await;
    let exchange = |query: &str| bench.client.get(format!("{}/oauth/access_token?{query}", bench.twin.url()));
    let asked = |id: &str, secret: &str, token: &str| {
        exchange(&format!("grant_type=fb_exchange_token&client_id={id}&client_secret={secret}&fb_exchange_token={token}"))
    };
    for (request, code, subcode) in [
        (asked("8", SECRET, "short"), 101, 0),
        (asked("7", "wrong", "short"), 1, 0),
        (asked("7", SECRET, "nobody"), 190, 0),
        (asked("7", SECRET, "old"), 190, 463),
        (asked("7", SECRET, ""), 100, 0),
        (exchange("grant_type=fb_exchange_token"), 101, 0),
        (exchange("grant_type=fb_exchange_token&client_id=7"), 1, 0),
        (exchange(&format!("grant_type=refresh_token&client_id=7&client_secret={SECRET}&fb_exchange_token=short")), 100, 0),
    ] {
        assert_eq!(bench.refused(request).await, (400, code, subcode));
    }
    let answer = bench.done(asked("7", SECRET, "short")).await;
    assert_eq!((&answer["token_type"], &answer["expires_in"]), (&json!("bearer"), &json!(5_184_000)));
    let long = answer["access_token"].as_str().unwrap();
    let look = |token: &str| bench.bare(Method::GET, &account("")).bearer_auth(token);
    let after = |seconds: i64| forward.store(seconds, std::sync::atomic::Ordering::SeqCst);
    after(3_600);
    assert_eq!(bench.refused(look("short")).await, (400, 190, 463));
    bench.done(look(long)).await;
    after(5_184_000);
    assert_eq!(bench.refused(look(long)).await, (400, 190, 463));
    let log = format!("{:?}", bench.twin.log().entries());
    assert!(!log.contains(SECRET) && !log.contains(long), "secrets of the query are not kept");
}
