//! Who may call what, with what size and shape (*Hosts*, *Auth*, *Connection check*, *Errors*).

use reqwest::Method;
use serde_json::{Value, json};
use sluice_twins::batch::{Options, PROJECT_KEY};

use crate::client::{Bench, KEY, MASS_UPDATE, UPDATE, USERS, options, people, send, users};

async fn with_headers(bench: &Bench, path: &str, headers: &[(&str, &str)]) -> (u16, Value) {
    let request = bench.client.post(format!("{}{path}", bench.twin.url())).header("content-type", "application/json");
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    let body = if path == USERS { users(1) } else { people(1) };
    send(request.body(body.to_string())).await
}

/// *Auth*: `Authorization: Bearer` with profiles, `X-Authorization` with custom data; *Connection check*: 401
/// `AUTHENTICATION_INVALID`.
#[tokio::test]
async fn a_key_that_is_not_known_is_401_and_nothing_is_applied() {
    let bench = Bench::start().await;
    let bearer = format!("Bearer {KEY}");
    let project = ("x-batch-project", PROJECT_KEY);
    for (path, headers) in [
        (UPDATE, vec![project]),
        (UPDATE, vec![project, ("authorization", "Bearer another")]),
        (UPDATE, vec![project, ("authorization", KEY)]),
        (UPDATE, vec![project, ("authorization", "Bearer ")]),
        (UPDATE, vec![project, ("authorization", &bearer), ("authorization", &bearer)]),
        (UPDATE, vec![project, ("x-authorization", KEY)]),
        (USERS, vec![]),
        (USERS, vec![("x-authorization", "another")]),
        (USERS, vec![("x-authorization", &bearer)]),
        (USERS, vec![("authorization", &bearer)]),
    ] {
        let (status, answer) = with_headers(&bench, path, &headers).await;
        assert_eq!((status, &answer["error_code"]), (401, &json!("AUTHENTICATION_INVALID")), "{path} {headers:?}");
        assert!(answer["error_message"].is_string());
    }
    assert_eq!(bench.count(), 0);
    assert_eq!(with_headers(&bench, UPDATE, &[project, ("authorization", &bearer)]).await.0, 202);
    assert_eq!(with_headers(&bench, USERS, &[("x-authorization", KEY)]).await.0, 202);
    assert_eq!(bench.count(), 2);
}

/// *Errors*: "403, 404 (project not found, route): project key wrong"; *Connection check*: "4xx with PROJECT_*".
#[tokio::test]
async fn a_project_that_is_not_known_is_refused() {
    let bench = Bench::start().await;
    let bearer = format!("Bearer {KEY}");
    for (project, status, code) in [(None, 403, "PROJECT_MISSING"), (Some("project_other"), 404, "PROJECT_NOT_FOUND")] {
        let headers: Vec<_> =
            [("authorization", bearer.as_str())].into_iter().chain(project.map(|p| ("x-batch-project", p))).collect();
        let (got, answer) = with_headers(&bench, UPDATE, &headers).await;
        assert_eq!((got, &answer["error_code"]), (status, &json!(code)));
    }
    let old = Bench::with(Options { migrated: false, ..options() }).await;
    for path in [UPDATE, MASS_UPDATE, "/2.11/segments/list"] {
        assert_eq!(old.code(path, &people(1)).await, (403, "PROJECT_NOT_MIGRATED".to_owned()), "{path}");
    }
    old.ok(USERS, users(1)).await;
    assert_eq!(old.twin.state().profiles().len(), 0);
}

/// *Connection check*: "404 = bad app key".
#[tokio::test]
async fn an_app_that_is_not_known_is_404() {
    let bench = Bench::start().await;
    for path in ["/1.0/another/data/users", "/1.0/another/data/users/C-1"] {
        assert_eq!(bench.code(path, &users(1)).await, (404, "APP_NOT_FOUND".to_owned()), "{path}");
    }
    assert_eq!(bench.count(), 0);
}

/// First paragraph: 2.4 to 2.13 were seen; 1.0 is that of custom data.
#[tokio::test]
async fn a_wrong_path_version_or_method_is_404() {
    let bench = Bench::start().await;
    for version in ["2.4", "2.9", "2.11", "2.13"] {
        bench.ok(&format!("/{version}/profiles/update"), people(1)).await;
    }
    for (method, path) in [
        (Method::POST, "/profiles/update"),
        (Method::POST, "/2.3/profiles/update"),
        (Method::POST, "/2.14/profiles/update"),
        (Method::POST, "/2.011/profiles/update"),
        (Method::POST, "/2.+11/profiles/update"),
        (Method::POST, "/1.0/profiles/update"),
        (Method::POST, "/2.11/profiles/update/"),
        (Method::GET, UPDATE),
        (Method::PUT, UPDATE),
        (Method::GET, "/2.11/segments/list"),
        (Method::POST, "/2.11/orchestrations/list"),
        (Method::POST, "/1.1/app-of-the-twin/data/users"),
        (Method::GET, USERS),
        (Method::DELETE, USERS),
        (Method::POST, "/1.0/app-of-the-twin/data/users/"),
        (Method::POST, "/1.0/app-of-the-twin/data/users/C-1/more"),
        (Method::POST, "/1.0/app-of-the-twin/data/users/%ff"),
        (Method::POST, "/1.0/app-of-the-twin"),
        (Method::POST, "/"),
    ] {
        let (status, answer) = send(bench.request(method.clone(), path).body(people(1).to_string())).await;
        assert_eq!((status, &answer["error_code"]), (404, &json!("ROUTE_NOT_FOUND")), "{method} {path}");
    }
}

/// *Connection check*: the three calls.
#[tokio::test]
async fn a_connection_is_checked_by_any_of_three_calls() {
    let bench = Bench::start().await;
    bench.twin.seed("segments", json!([{ "id": "vip", "name": "VIP" }])).unwrap();
    let (status, answer) = send(bench.post("/2.11/segments/list", &json!({}))).await;
    assert_eq!((status, answer), (200, json!({ "segments": [{ "id": "vip", "name": "VIP" }] })));
    let (status, answer) = send(bench.request(Method::GET, "/2.11/orchestrations/list")).await;
    assert_eq!((status, answer), (200, json!({ "orchestrations": [] })));
    assert_eq!(bench.count(), 0);
    let check = json!([{ "identifiers": { "custom_id": "sluice-connection-check" } }]);
    assert_eq!(bench.ok(UPDATE, check).await, json!({ "code": "SUCCESS" }));
    assert_eq!(bench.attributes("sluice-connection-check"), json!({}), "it makes an empty profile");
}

/// *Synchronize profiles*: "keep under 5 MB"; 413.
#[tokio::test]
async fn a_body_of_five_megabytes_passes_and_a_byte_more_is_413() {
    let bench = Bench::start().await;
    for (path, body) in [(UPDATE, people(1)), (MASS_UPDATE, people(1)), (USERS, users(1))] {
        for (bytes, want) in [(5_000_000, 202), (5_000_001, 413)] {
            let mut text = body.to_string();
            text.push_str(&" ".repeat(bytes - text.len()));
            assert_eq!(send(bench.request(Method::POST, path).body(text)).await.0, want, "{path} {bytes}");
        }
    }
}

/// *Global rate limits*: 200 operations, 10,000 operations, 10,000 users; *Errors*: 400 "includes too many operations".
#[tokio::test]
async fn a_call_has_so_many_items_and_no_more() {
    let bench = Bench::start().await;
    let body = |path: &str, count| if path == USERS { users(count) } else { people(count) };
    for (path, most) in [(UPDATE, 200), (MASS_UPDATE, 10_000), (USERS, 10_000)] {
        assert_eq!(bench.code(path, &body(path, most + 1)).await, (400, "MALFORMED_PARAMETER".to_owned()), "{path}");
        let before = bench.count();
        bench.ok(path, body(path, most)).await;
        assert!(before < bench.count(), "{path}");
        assert_eq!(bench.twin.log().entries().last().unwrap().tally.applied as usize, most, "{path}");
    }
    assert_eq!(bench.count(), 20_000);
}

/// *Errors*: 400 of a body that is no JSON, and of one that is no array.
#[tokio::test]
async fn a_body_that_is_no_array_is_refused() {
    let bench = Bench::start().await;
    for path in [UPDATE, MASS_UPDATE, USERS] {
        for (body, code) in [
            ("", "MALFORMED_JSON_BODY"),
            ("[", "MALFORMED_JSON_BODY"),
            ("[] x", "MALFORMED_JSON_BODY"),
            ("{}", "MALFORMED_PARAMETER"),
            ("[]", "MALFORMED_PARAMETER"),
            ("null", "MALFORMED_PARAMETER"),
            ("[1]", "MALFORMED_PARAMETER"),
        ] {
            let (status, answer) = send(bench.request(Method::POST, path).body(body)).await;
            assert_eq!((status, &answer["error_code"]), (400, &json!(code)), "{path} {body}");
        }
    }
    let request = bench.client.post(format!("{}{USERS}", bench.twin.url())).header("x-authorization", KEY);
    let (status, answer) = send(request.body(users(1).to_string())).await;
    assert_eq!((status, &answer["error_code"]), (400, &json!("MALFORMED_JSON_BODY")), "no content type");
    assert_eq!(bench.count(), 0);
}

#[tokio::test]
async fn a_key_outside_its_header_is_warned_of_and_not_kept() {
    let bench = Bench::start().await;
    bench.ok(&format!("{UPDATE}?rest_api_key={KEY}"), people(1)).await;
    bench.write(json!({ "note": KEY })).await;
    assert_eq!(bench.code(USERS, &json!({ "key": KEY })).await.0, 400);
    let places = ["query", "body", "body"].map(|place| ("key-outside-header", place.to_owned()));
    assert_eq!(bench.warnings(), places);
    let log = format!("{:?}", bench.twin.log().entries());
    assert!(!log.contains(KEY), "no key anywhere in the log");
    assert!(log.contains("x-authorization"), "the name of the header is kept");
}
