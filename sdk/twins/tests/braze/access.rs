//! Who may call what, with what size and shape.

use serde_json::{Value, json};
use sluice_twins::braze::{
    ApiKey, ObjectsPerRequest, Options, SEGMENTS_LIST, SUBSCRIPTION_STATUS_GET, SUBSCRIPTION_STATUS_SET, USERS_EXPORT_SEGMENT,
    USERS_TRACK,
};

use crate::client::{Bench, KEY, options, people, send};

#[tokio::test]
async fn an_unknown_key_is_401_and_nothing_is_applied() {
    let bench = Bench::start().await;
    let body = json!({ "attributes": people(1) });
    for authorization in [None, Some("Bearer another"), Some(KEY), Some("Basic YTpi"), Some("bearer a-key-of-the-test")] {
        let mut request = bench.client.post(format!("{}/users/track", bench.twin.url())).header("content-type", "application/json");
        if let Some(value) = authorization {
            request = request.header("authorization", value);
        }
        assert_eq!(send(request.body(body.to_string())).await.0, 401, "{authorization:?}");
    }
    assert!(bench.twin.state().profiles().is_empty());
    assert_eq!(bench.track(body).await.0, 201);
}

#[tokio::test]
async fn each_endpoint_asks_for_its_own_permission() {
    let calls = [
        ("POST", "/users/track", USERS_TRACK),
        ("POST", "/v2/subscription/status/set", SUBSCRIPTION_STATUS_SET),
        ("GET", "/subscription/status/get", SUBSCRIPTION_STATUS_GET),
        ("GET", "/segments/list", SEGMENTS_LIST),
        ("POST", "/users/export/segment", USERS_EXPORT_SEGMENT),
    ];
    for permission in calls.map(|call| call.2) {
        let bench = Bench::with(Options { api_keys: vec![ApiKey::with(KEY, &[permission])], ..options() }).await;
        for (method, path, needed) in calls {
            let request = if method == "GET" { bench.get(path) } else { bench.post(path, &json!({})) };
            let status = send(request).await.0;
            assert_eq!(status != 403, needed == permission, "{path} with {permission}: {status}");
        }
    }
}

#[tokio::test]
async fn a_wrong_path_or_method_is_404_with_the_vendors_words() {
    let bench = Bench::start().await;
    for request in [bench.get("/users/track"), bench.get("/nothing"), bench.post("/subscription/status/set", &json!({}))] {
        assert_eq!(send(request).await, (404, json!({ "message": "Invalid URL" })));
    }
}

#[tokio::test]
async fn a_body_without_its_content_type_is_415() {
    let bench = Bench::start().await;
    let body = json!({ "attributes": people(1) }).to_string();
    for (content_type, want) in [
        (None, 415),
        (Some("text/plain"), 415),
        (Some("application/jsonp"), 415),
        (Some("application/json"), 201),
        (Some("Application/JSON; charset=utf-8"), 201),
    ] {
        let mut request = bench.client.post(format!("{}/users/track", bench.twin.url())).bearer_auth(KEY);
        if let Some(value) = content_type {
            request = request.header("content-type", value);
        }
        assert_eq!(send(request.body(body.clone())).await.0, want, "{content_type:?}");
    }
}

#[tokio::test]
async fn a_body_of_four_megabytes_passes_and_a_byte_more_is_413() {
    let bench = Bench::start().await;
    for (bytes, want) in [(4_000_000, 201), (4_000_001, 413)] {
        let mut body = json!({ "attributes": people(1) }).to_string();
        body.push_str(&" ".repeat(bytes - body.len()));
        let request = bench
            .client
            .post(format!("{}/users/track", bench.twin.url()))
            .bearer_auth(KEY)
            .header("content-type", "application/json");
        assert_eq!(send(request.body(body)).await.0, want, "{bytes}");
    }
}

#[tokio::test]
async fn a_body_that_is_no_object_of_arrays_is_400() {
    let bench = Bench::start().await;
    for body in ["", "{", "[]", "null", "{\"attributes\": {}}", "{\"events\": 1}", "{}", "{\"attributes\": []}", "\u{fffd}"] {
        let request = bench
            .client
            .post(format!("{}/users/track", bench.twin.url()))
            .bearer_auth(KEY)
            .header("content-type", "application/json");
        assert_eq!(send(request.body(body)).await.0, 400, "{body}");
    }
}

#[tokio::test]
async fn the_contract_limits_objects_per_request() {
    let objects = |attributes: usize, events: usize, purchases: usize| {
        let event = json!({ "external_id": "C-0", "name": "seen", "time": "2026-03-02T08:15:00Z" });
        let purchase = json!({ "external_id": "C-0", "product_id": "p", "currency": "EUR", "price": 1.5,
            "time": "2026-03-02T08:15:00Z" });
        json!({ "attributes": people(attributes), "events": vec![event; events], "purchases": vec![purchase; purchases] })
    };
    let refused = (400, json!({ "message": "Max input length exceeded" }));
    for (contract, good, bad) in [
        (ObjectsPerRequest::Fifty, (20, 20, 10), (20, 20, 11)),
        (ObjectsPerRequest::SeventyFive, (75, 0, 0), (25, 25, 26)),
        (ObjectsPerRequest::SeventyFiveOfEach, (75, 75, 75), (0, 76, 0)),
    ] {
        let bench = Bench::with(Options { contract, ..options() }).await;
        assert_eq!(bench.track(objects(bad.0, bad.1, bad.2)).await, refused, "{contract:?}");
        assert!(bench.twin.state().profiles().is_empty(), "a refused request leaves nothing");
        assert_eq!(bench.track(objects(good.0, good.1, good.2)).await.0, 201, "{contract:?}");
        let tallies: Vec<_> = bench.twin.log().entries().iter().map(|e| (e.tally.objects, e.tally.applied)).collect();
        let total = |sent: (usize, usize, usize)| u32::try_from(sent.0 + sent.1 + sent.2).unwrap();
        assert_eq!(tallies, [(total(bad), 0), (total(good), total(good))]);
    }
}

#[tokio::test]
async fn answers_carry_the_rate_limit_of_the_clock_window() {
    let clock: sluice_twins::Clock = std::sync::Arc::new(|| "2026-03-02T08:15:01Z".parse().unwrap());
    let bench = Bench::with(Options { clock, ..options() }).await;
    let response = bench.post("/users/track", &json!({ "attributes": people(1) })).send().await.unwrap();
    let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("x-ratelimit-limit"), "3000");
    assert_eq!(header("x-ratelimit-remaining"), "2999");
    let reset: jiff::Timestamp = "2026-03-02T08:15:03Z".parse().unwrap();
    assert_eq!(header("x-ratelimit-reset"), reset.as_second().to_string());
    let others = bench.get("/segments/list").send().await.unwrap();
    assert_eq!(others.headers()["x-ratelimit-remaining"], "249999");
}

#[tokio::test]
async fn rates_are_enforced_when_asked_for() {
    let clock: sluice_twins::Clock = std::sync::Arc::new(|| "2026-03-02T08:15:01Z".parse().unwrap());
    let bench = Bench::with(Options { clock, enforce_rates: true, ..options() }).await;
    for _ in 0..3_000 {
        assert_eq!(bench.post("/users/track", &json!({})).send().await.unwrap().status(), 400);
    }
    let (status, _) = bench.track(json!({ "attributes": people(1) })).await;
    assert_eq!(status, 429);
    assert!(bench.twin.state().profiles().is_empty());
}

#[tokio::test]
async fn the_log_has_header_names_and_no_key() {
    let bench = Bench::start().await;
    let request = bench.post("/users/track", &json!({ "attributes": people(1) })).header("x-braze-bulk", "true");
    assert_eq!(send(request).await.0, 201);
    let entry = &bench.twin.log().entries()[0];
    assert!(entry.headers.iter().any(|name| name == "authorization"));
    assert!(entry.headers.iter().any(|name| name == "x-braze-bulk"));
    assert!(!format!("{entry:?}").contains(KEY), "no key anywhere in the entry");
    assert_eq!(entry.json().unwrap()["attributes"][0]["external_id"], Value::from("C-0"));
    assert_eq!((entry.method.as_str(), entry.path.as_str(), entry.status), ("POST", "/users/track", Some(201)));
}

#[tokio::test]
async fn a_key_outside_its_header_is_warned_of_and_not_kept() {
    let bench = Bench::start().await;
    assert_eq!(send(bench.get(&format!("/segments/list?api_key={KEY}"))).await.0, 200);
    let (status, _) = bench.track(json!({ "attributes": people(1), "api_key": KEY })).await;
    assert_eq!(status, 201);
    assert_eq!(bench.warnings().iter().map(|w| w.0).collect::<Vec<_>>(), ["key-outside-header"; 2]);
    assert!(!format!("{:?}", bench.twin.log().entries()).contains(KEY));
}
