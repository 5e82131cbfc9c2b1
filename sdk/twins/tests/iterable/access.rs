//! Who may call what, with what size and shape (*Auth*, *Global rate limits*, *Errors*).

use serde_json::{Value, json};
use sluice_twins::iterable::{ApiKey, KeyKind, Options};

use crate::client::{BULK, Bench, KEY, LIST, SUBSCRIBE, UNSUBSCRIBE, UPDATE, options, people, send, still};

/// *Auth*: the header `Api-Key`; *Errors*: 401 `BadApiKey`, `BadAuthorizationHeader`, `Unauthorized`.
#[tokio::test]
async fn a_key_that_is_not_known_is_401_and_nothing_is_applied() {
    let bench = Bench::start().await;
    let body = json!({ "users": people(1) });
    let bearer = format!("Bearer {KEY}");
    for (headers, code) in [
        (vec![], "Unauthorized"),
        (vec![("api-key", "another")], "BadApiKey"),
        (vec![("api-key", "")], "BadApiKey"),
        (vec![("api-key", KEY), ("api-key", KEY)], "BadApiKey"),
        (vec![("authorization", bearer.as_str())], "BadAuthorizationHeader"),
    ] {
        let mut request = bench.client.post(format!("{}{BULK}", bench.twin.url())).header("content-type", "application/json");
        for (name, value) in &headers {
            request = request.header(*name, *value);
        }
        let (status, answer) = send(request.body(body.to_string())).await;
        assert_eq!((status, &answer["code"], &answer["params"]), (401, &json!(code), &Value::Null), "{headers:?}");
    }
    assert!(bench.twin.state().users().is_empty());
    bench.ok(BULK, body).await;
    assert_eq!(bench.twin.state().users().len(), 1);
}

/// *Auth*: "Server-side keys only" (inferred); *Errors*: 403 `Forbidden`, "key type".
#[tokio::test]
async fn a_key_of_an_app_is_403_everywhere() {
    let app = ApiKey { key: "app".to_owned(), kind: KeyKind::Client };
    let bench = Bench::with(Options { api_keys: vec![app], ..options() }).await;
    for path in ["/api/lists", "/api/users/getFields", "/api/lists/getUsers?listId=7", "/api/users/getByEmail?email=a@b.example"] {
        let (status, answer) = send(bench.client.get(format!("{}{path}", bench.twin.url())).header("api-key", "app")).await;
        assert_eq!((status, &answer["code"]), (403, &json!("Forbidden")), "{path}");
    }
}

#[tokio::test]
async fn a_wrong_path_or_method_is_404() {
    let bench = Bench::start().await;
    for request in [
        bench.get(BULK),
        bench.get("/users/getFields"),
        bench.get("/api/lists/x/size"),
        bench.get("/api/users/lea@example.org"),
        bench.post("/api/users/getFields", &json!({})),
    ] {
        let (status, answer) = send(request).await;
        assert_eq!((status, &answer["code"]), (404, &json!("NotFound")));
    }
}

/// *Global rate limits*: "body ≤4 MB"; *Errors*: 413.
#[tokio::test]
async fn a_body_of_four_megabytes_passes_and_a_byte_more_is_413() {
    let bench = Bench::start().await;
    for (bytes, want) in [(4_000_000, 200), (4_000_001, 413)] {
        let mut body = json!({ "users": people(1) }).to_string();
        body.push_str(&" ".repeat(bytes - body.len()));
        let request = bench.client.post(format!("{}{BULK}", bench.twin.url())).header("api-key", KEY);
        assert_eq!(send(request.header("content-type", "application/json").body(body)).await.0, want, "{bytes}");
    }
}

/// *Synchronize user attributes*: "peers cap at 1,000 users"; *Errors*: 400 `BatchTooLarge`.
#[tokio::test]
async fn a_thousand_users_pass_and_one_more_is_too_large() {
    let bench = Bench::start().await;
    for (path, array) in [(BULK, "users"), (SUBSCRIBE, "subscribers"), (UNSUBSCRIBE, "subscribers")] {
        let body = |count| json!({ array: people(count), "listId": LIST, "channelUnsubscribe": false });
        assert_eq!(bench.code(path, body(1_001)).await, (400, "BatchTooLarge".to_owned()), "{path}");
        let taken = bench.ok(path, body(1_000)).await;
        assert_eq!(taken["successCount"], 1_000, "{path}");
    }
    assert_eq!(bench.twin.state().users().len(), 1_000);
}

/// *Errors*: 400 `BadJsonBody`, `BadParams`, "malformed"; the whole request, whatever else is in it.
#[tokio::test]
async fn a_body_of_a_wrong_shape_is_refused_whole() {
    let bench = Bench::start().await;
    for body in ["", "{", "[]", "null", "\u{fffd}"] {
        let request = bench.client.post(format!("{}{BULK}", bench.twin.url())).header("api-key", KEY);
        let (status, answer) = send(request.header("content-type", "application/json").body(body)).await;
        assert_eq!((status, &answer["code"]), (400, &json!("BadJsonBody")), "{body}");
    }
    let untyped = bench.client.post(format!("{}{BULK}", bench.twin.url())).header("api-key", KEY);
    let (status, answer) = send(untyped.body(json!({ "users": people(1) }).to_string())).await;
    assert_eq!((status, &answer["code"]), (400, &json!("BadJsonBody")), "no content type");
    let good = json!({ "email": "lea@example.org" });
    for users in [
        json!(null),
        json!({}),
        json!([]),
        json!([good, 1]),
        json!([good, {}]),
        json!([good, { "email": 1 }]),
        json!([good, { "userId": {} }]),
        json!([good, { "email": "a@b.example", "dataFields": [] }]),
        json!([good, { "email": "a@b.example", "mergeNestedObjects": "true" }]),
        json!([good, { "userId": "a", "preferUserId": 1 }]),
    ] {
        assert_eq!(bench.code(BULK, json!({ "users": users })).await, (400, "BadParams".to_owned()), "{users}");
    }
    for body in [json!({}), json!({ "users": [good], "createNewFields": "no" })] {
        assert_eq!(bench.code(BULK, body.clone()).await, (400, "BadParams".to_owned()), "{body}");
    }
    assert_eq!(bench.code(UPDATE, json!({ "dataFields": {} })).await, (400, "BadParams".to_owned()));
    assert!(bench.twin.state().users().is_empty(), "refused requests leave nothing");
}

/// *Global rate limits*, each line; 429 has no header that says how long.
#[tokio::test]
async fn rates_are_enforced_when_asked_for() {
    for (path, rate) in [
        (BULK, 5),
        (SUBSCRIBE, 5),
        (UNSUBSCRIBE, 5),
        (UPDATE, 500),
        ("GET /api/lists", 100),
        ("GET /api/users/getFields", 3),
        ("GET /api/lists/getUsers?listId=7", 5),
        ("GET /api/lists/previewUsers?listId=7", 5),
        ("GET /api/lists/7/size", 5),
    ] {
        let bench = Bench::with(Options { clock: still(), enforce_rates: true, ..options() }).await;
        let request = || match path.strip_prefix("GET ") {
            Some(path) => bench.get(path),
            None => bench.post(path, &json!({})),
        };
        for n in 0..rate {
            assert_ne!(request().send().await.unwrap().status(), 429, "{path} {n}");
        }
        let refused = request().send().await.unwrap();
        assert_eq!(refused.status(), 429, "{path}");
        assert!(!refused.headers().keys().any(|name| name.as_str().contains("ratelimit") || name == "retry-after"));
        let answer: Value = refused.text().await.unwrap().parse().unwrap();
        assert_eq!(answer["code"], "RateLimitExceeded");
    }
}

/// *Global rate limits*: reading members is per minute, updating per second.
#[tokio::test]
async fn a_second_is_over_sooner_than_a_minute() {
    let second = std::sync::Arc::new(std::sync::atomic::AtomicI64::new(1_772_439_300));
    let hand = second.clone();
    let clock: sluice_twins::Clock =
        std::sync::Arc::new(move || jiff::Timestamp::from_second(hand.load(std::sync::atomic::Ordering::SeqCst)).unwrap());
    let bench = Bench::with(Options { clock, enforce_rates: true, ..options() }).await;
    // Seconds to go on, and what a call of each gets once as many as its limit were made before.
    for (forward, updated, counted) in [(0, 200, 200), (0, 429, 429), (1, 200, 429), (59, 200, 200)] {
        second.fetch_add(forward, std::sync::atomic::Ordering::SeqCst);
        for _ in 0..5 {
            assert_eq!(send(bench.post(BULK, &json!({ "users": people(1) }))).await.0, updated, "after {forward} s");
            assert_eq!(send(bench.get("/api/lists/7/size")).await.0, counted, "after {forward} s");
        }
    }
}

#[tokio::test]
async fn a_key_outside_its_header_is_warned_of_and_not_kept() {
    let bench = Bench::start().await;
    assert_eq!(send(bench.get(&format!("/api/lists?api_key={KEY}"))).await.0, 200);
    bench.ok(BULK, json!({ "users": people(1), "apiKey": KEY })).await;
    assert_eq!(bench.code(BULK, json!({ "users": 1, "Api-Key": KEY })).await.0, 400);
    assert_eq!(bench.warnings().iter().map(|w| w.0).collect::<Vec<_>>(), ["key-outside-header"; 3]);
    let log = format!("{:?}", bench.twin.log().entries());
    assert!(!log.contains(KEY), "no key anywhere in the log");
    assert!(log.contains("api-key"), "the name of the header is kept");
}
