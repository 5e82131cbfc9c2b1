//! Who may call what (*Auth*, *Hosts*, *Global rate limits*, *Errors*).

use serde_json::{Value, json};
use sluice_twins::{
    Answer, Fault,
    salesforce_marketing_cloud::{Client, Options, READ, WRITE},
};

use crate::client::{Bench, DE, ID, ROWS, ROWSET, SECRET, TOKEN, at_once, options, pair, people, send};

#[tokio::test]
async fn only_a_bearer_token_that_was_issued_comes_in() {
    let bench = Bench::start().await;
    let path = format!("/data/v1/customobjects/{DE}");
    for (request, status) in [
        (bench.bare("GET", &path).bearer_auth(TOKEN), 200),
        (bench.bare("GET", &path).header("authorization", format!("bearer {TOKEN}")), 200),
        (bench.bare("GET", &path), 401),
        (bench.bare("GET", &path).bearer_auth("another"), 401),
        (bench.bare("GET", &path).header("authorization", TOKEN), 401),
        (bench.bare("GET", &path).basic_auth(ID, Some(SECRET)), 401),
        (bench.bare("GET", &path).bearer_auth(TOKEN).bearer_auth(TOKEN), 401),
    ] {
        let (got, answer) = send(request).await;
        assert_eq!(got, status, "{answer}");
    }
    let body = json!({ "items": people(1) });
    let refused = bench.bare("PUT", ROWS).bearer_auth("b").header("content-type", "application/json").body(body.to_string());
    assert_eq!(send(refused).await.0, 401);
    assert!(bench.twin.state().jobs().is_empty(), "nothing is taken");
}

/// *Auth*: "Package scopes: data_extensions_read, data_extensions_write; without read, errorcode 20002".
#[tokio::test]
async fn a_scope_that_is_missing_is_20002() {
    for (scope, read, write) in [(READ, true, false), (WRITE, false, true)] {
        let client = Client { scopes: vec![scope.to_owned()], ..Client::new(ID, SECRET) };
        let bench = Bench::with(Options { clients: vec![client], ..at_once() }).await;
        let asking = json!({ "grant_type": "client_credentials", "client_id": ID, "client_secret": SECRET });
        let token =
            send(bench.bare("POST", "/v2/token").header("content-type", "application/json").body(asking.to_string())).await.1;
        let token = token["access_token"].as_str().unwrap();
        let field = json!({ "fields": [] });
        for (method, path, body, allowed) in [
            ("GET", format!("/data/v1/customobjects/{DE}"), Value::Null, read),
            ("GET", format!("/data/v1/customobjects/{DE}/fields"), Value::Null, read),
            ("GET", "/data/v1/customobjects".to_owned(), Value::Null, read),
            ("GET", "/data/v1/async/x/status".to_owned(), Value::Null, read),
            ("GET", "/data/v1/async/x/results".to_owned(), Value::Null, read),
            ("GET", "/data/v1/customobjectdata/key/Members/rowset".to_owned(), Value::Null, read),
            ("POST", "/data/v1/customobjects".to_owned(), field.clone(), write),
            ("POST", format!("/data/v1/customobjectsasync/{DE}/fields"), field, write),
            ("POST", format!("/data/v1/customobjects/{DE}/cleardata"), Value::Null, write),
            ("PUT", ROWS.to_owned(), json!({ "items": people(1) }), write),
            ("POST", ROWS.to_owned(), json!({ "items": people(1) }), write),
            ("POST", ROWSET.to_owned(), json!([pair("a", json!({ "Email": "a@b.example" }))]), write),
            (
                "PUT",
                "/hub/v1/dataevents/key:Members/rows/MemberId:a".to_owned(),
                json!({ "values": { "Email": "a@b.example" } }),
                write,
            ),
        ] {
            let request = bench.bare(method, &path).bearer_auth(token).header("content-type", "application/json");
            let (status, answer) = send(request.body(body.to_string())).await;
            assert_eq!(status == 403 && answer["errorcode"] == 20_002, !allowed, "{scope} {method} {path} {status} {answer}");
        }
    }
}

/// *Hosts*: one host for tokens, one for everything else, per tenant.
#[tokio::test]
async fn a_name_of_the_vendors_is_the_tenants_and_of_the_right_part() {
    let bench = Bench::start().await;
    let host = |tenant: &str, part: &str| format!("{tenant}.{part}.marketingcloudapis.com");
    let own = Options::SUBDOMAIN;
    let path = format!("/data/v1/customobjects/{DE}");
    for (host, api, token) in [
        ("127.0.0.1".to_owned(), 200, 400),
        (host(own, "rest"), 200, 404),
        (host(own, "auth"), 404, 400),
        (host(own, "soap"), 404, 404),
        (host("mcanother", "rest"), 404, 404),
        (host("mcanother", "auth"), 404, 404),
    ] {
        assert_eq!(send(bench.get(&path).header("host", &host)).await.0, api, "{host}");
        let asked = bench.bare("POST", "/v2/token").header("host", &host).header("content-type", "application/json").body("{}");
        assert_eq!(send(asked).await.0, token, "{host}");
    }
}

#[tokio::test]
async fn a_wrong_path_method_or_content_type_is_refused() {
    let bench = Bench::start().await;
    for (method, path, status) in [
        ("GET", "/", 404),
        ("GET", "/data/v1/customobjects/", 404),
        ("GET", "/data/v2/customobjects", 404),
        ("POST", "/v1/requestToken", 404),
        ("PUT", "/data/v1/async/dataextensions/key:/rows", 404),
        ("POST", "/data/v1/bulk/ingest", 404),
        ("GET", "/v2/token", 405),
        ("DELETE", "/data/v1/customobjects", 405),
        ("PATCH", ROWS, 405),
        ("GET", ROWS, 405),
        ("PUT", ROWSET, 405),
        ("POST", "/data/v1/async/x/status", 405),
    ] {
        assert_eq!(bench.refused(method, path, Value::Null).await.0, status, "{method} {path}");
    }
    for content_type in ["text/plain", "application/x-www-form-urlencoded", "application/vnd.api+json"] {
        let request = bench
            .bare("PUT", ROWS)
            .bearer_auth(TOKEN)
            .header("content-type", content_type)
            .body(json!({ "items": people(1) }).to_string());
        assert_eq!(send(request).await.0, 415, "{content_type}");
    }
}

/// *Global rate limits*: 50100 with `Retry-After`, 50200 without, no other headers.
#[tokio::test]
async fn throttling_is_50100_with_a_wait_and_50200_without() {
    let bench = Bench::start().await;
    for (retry_after_s, code) in [(Some(5), 50_100), (None, 50_200)] {
        bench.twin.faults().arm(Fault::on("/data/*").answer(Answer::Throttle { reset_s: Some(9), retry_after_s })).unwrap();
        let response = bench.call("PUT", ROWS, &json!({ "items": people(1) })).send().await.unwrap();
        assert_eq!(response.status().as_u16(), 429);
        let waits: Vec<_> =
            response.headers().get_all("retry-after").iter().map(|value| value.to_str().unwrap().to_owned()).collect();
        assert_eq!(waits, retry_after_s.iter().map(u64::to_string).collect::<Vec<_>>());
        assert!(!response.headers().keys().any(|name| name.as_str().contains("ratelimit")));
        let answer: Value = response.text().await.unwrap().parse().unwrap();
        assert_eq!((&answer["errorcode"], answer["retryAfter"].as_u64()), (&json!(code), retry_after_s));
    }
    assert!(bench.twin.state().jobs().is_empty());
}

/// *Global rate limits*: "≤2,500 calls/minute (third-party statement)".
#[tokio::test]
async fn rates_are_enforced_only_when_asked_for() {
    for enforce_rates in [true, false] {
        let bench = Bench::with(Options { enforce_rates, ..options() }).await;
        for _ in 0..2_500 {
            assert_eq!(bench.get("/data/v1/async/x/status").send().await.unwrap().status(), 200);
        }
        let (status, answer) = send(bench.get("/data/v1/async/x/status")).await;
        assert_eq!(status, if enforce_rates { 429 } else { 200 }, "{answer}");
        assert_eq!(answer["errorcode"] == 50_100, enforce_rates);
    }
}
