//! Who may call what, with what headers, size and shape (*Authenticate*, *Errors*, "Headers on every call").

use reqwest::Method;
use serde_json::{Value, json};
use sluice_twins::klaviyo::{ALL_SCOPES, ApiKey, NoKey, Options, REVISION};

use crate::client::{
    Bench, JOBS, JSON_API, KEY, LIST, PROFILES, SEGMENT, SUBSCRIBE, UNSUBSCRIBE, UPSERT, ids, job, one, options, people, send,
    subscribing, unsubscribing,
};

/// "401 (or 400 for a malformed/missing key on some revisions) = bad key".
#[tokio::test]
async fn a_key_that_is_not_known_is_refused_and_nothing_is_applied() {
    let good = format!("Klaviyo-API-Key {KEY}");
    for (no_key, without) in [(NoKey::Unauthorized, 401), (NoKey::BadRequest, 400)] {
        let bench = Bench::with(Options { no_key, ..options() }).await;
        let bearer = format!("Bearer {KEY}");
        for (sent, status, code) in [
            (vec![], without, "not_authenticated"),
            (vec![KEY], without, "not_authenticated"),
            (vec![bearer.as_str()], without, "not_authenticated"),
            (vec![good.as_str(), good.as_str()], without, "not_authenticated"),
            (vec!["Klaviyo-API-Key pk_another"], 401, "authentication_failed"),
            // A value that ends with a blank arrives without it.
            (vec!["Klaviyo-API-Key "], without, "not_authenticated"),
        ] {
            let mut request = bench.client.post(format!("{}{UPSERT}", bench.twin.url())).header("revision", REVISION);
            for header in &sent {
                request = request.header("authorization", *header);
            }
            let body = one(json!({ "email": "a@example.org" })).to_string();
            let refused = bench.refused(request.header("content-type", JSON_API).body(body)).await;
            assert_eq!((refused.0, refused.1.as_str()), (status, code), "{sent:?}");
        }
        assert_eq!(bench.count(), 0);
    }
}

/// "403 = scope missing": each endpoint needs each of its own (*OpenAPI*, "Scopes").
#[tokio::test]
async fn a_key_needs_every_scope_of_an_endpoint() {
    let list = format!("/api/lists/{LIST}/relationships/profiles");
    let some = ids(&["01TW1N00000000000000000001"]);
    let email = ["a@example.org"];
    for (method, path, body, scopes) in [
        (Method::GET, "/api/accounts".to_owned(), None, vec!["accounts:read"]),
        (Method::GET, "/api/lists".to_owned(), None, vec!["lists:read"]),
        (Method::GET, format!("/api/lists/{LIST}"), None, vec!["lists:read"]),
        (Method::POST, "/api/lists".to_owned(), Some(json!({})), vec!["lists:write"]),
        (Method::GET, format!("/api/lists/{LIST}/profiles"), None, vec!["lists:read", "profiles:read"]),
        (Method::GET, list.clone(), None, vec!["lists:read", "profiles:read"]),
        (Method::POST, list.clone(), Some(some.clone()), vec!["lists:write", "profiles:write"]),
        (Method::DELETE, list, Some(some), vec!["lists:write", "profiles:write"]),
        (Method::GET, PROFILES.to_owned(), None, vec!["profiles:read"]),
        (Method::GET, format!("{PROFILES}/x"), None, vec!["profiles:read"]),
        (Method::POST, PROFILES.to_owned(), Some(one(json!({ "email": "b@example.org" }))), vec!["profiles:write"]),
        (Method::PATCH, format!("{PROFILES}/x"), Some(json!({})), vec!["profiles:write"]),
        (Method::POST, UPSERT.to_owned(), Some(one(json!({ "email": "b@example.org" }))), vec!["profiles:write"]),
        (Method::POST, JOBS.to_owned(), Some(job(people(1), &[])), vec!["lists:write", "profiles:write"]),
        (Method::GET, format!("{JOBS}/x"), None, vec!["lists:read", "profiles:read"]),
        (Method::GET, format!("{JOBS}/x/profiles"), None, vec!["profiles:read"]),
        (Method::GET, format!("{JOBS}/x/import-errors"), None, vec!["profiles:read"]),
        (
            Method::POST,
            SUBSCRIBE.to_owned(),
            Some(subscribing(&email, None, None)),
            vec!["lists:write", "profiles:write", "subscriptions:write"],
        ),
        (
            Method::POST,
            UNSUBSCRIBE.to_owned(),
            Some(unsubscribing(&email, None)),
            vec!["lists:write", "profiles:write", "subscriptions:write"],
        ),
        (Method::GET, "/api/segments".to_owned(), None, vec!["segments:read"]),
        (Method::GET, format!("/api/segments/{SEGMENT}"), None, vec!["segments:read"]),
        (Method::GET, format!("/api/segments/{SEGMENT}/profiles"), None, vec!["profiles:read", "segments:read"]),
        (Method::GET, format!("/api/segments/{SEGMENT}/relationships/profiles"), None, vec!["profiles:read", "segments:read"]),
    ] {
        for missing in ALL_SCOPES {
            let scopes_held: Vec<&str> = ALL_SCOPES.into_iter().filter(|scope| *scope != missing).collect();
            let bench = Bench::with(Options { api_keys: vec![ApiKey::with(KEY, &scopes_held)], ..options() }).await;
            let request = match &body {
                Some(body) => bench.send_body(method.clone(), &path, body),
                None => bench.request(method.clone(), &path),
            };
            let (status, answer) = send(request).await;
            assert_eq!(status == 403, scopes.contains(&missing), "{method} {path} without {missing}: {status} {answer}");
        }
    }
}

/// "revision: 2026-07-15 (required)"; "410 | revision retired (supported 2 years)".
#[tokio::test]
async fn a_revision_is_asked_for_and_old_ones_are_gone() {
    let bench = Bench::start().await;
    for (revisions, status, code) in [
        (vec![REVISION], 200, ""),
        (vec![], 400, "invalid"),
        (vec![REVISION, REVISION], 400, "invalid"),
        (vec!["2026-04-15"], 400, "invalid"),
        (vec!["2026-07-15.pre"], 400, "invalid"),
        (vec!["yesterday"], 400, "invalid"),
        (vec!["2024-07-15"], 400, "invalid"),
        (vec!["2024-07-14"], 410, "gone"),
        (vec!["2023-10-15.pre"], 410, "gone"),
    ] {
        let mut request = bench.client.get(format!("{}/api/accounts", bench.twin.url())).header("accept", JSON_API);
        request = request.header("authorization", format!("Klaviyo-API-Key {KEY}"));
        for revision in &revisions {
            request = request.header("revision", *revision);
        }
        let refused = bench.refused(request).await;
        assert_eq!((refused.0, refused.1.as_str()), (status, code), "{revisions:?}");
    }
}

/// "Content-Type: application/vnd.api+json on writes (415 otherwise)"; "Accept" on every call.
#[tokio::test]
async fn writes_say_what_they_are_and_reads_what_they_take() {
    let bench = Bench::start().await;
    let body = one(json!({ "email": "a@example.org" })).to_string();
    for (content_type, want) in [
        (Some(JSON_API), 201),
        (Some("application/vnd.api+json; charset=utf-8"), 200),
        (Some("application/json"), 415),
        (Some("text/plain"), 415),
        (None, 415),
    ] {
        let mut request = bench.request(Method::POST, UPSERT);
        if let Some(content_type) = content_type {
            request = request.header("content-type", content_type);
        }
        assert_eq!(send(request.body(body.clone())).await.0, want, "{content_type:?}");
    }
    assert_eq!(bench.warnings(), []);
    let request = bench.client.get(format!("{}/api/accounts", bench.twin.url())).header("revision", REVISION);
    let response = request.header("authorization", format!("Klaviyo-API-Key {KEY}")).send().await.unwrap();
    assert_eq!((response.status().as_u16(), response.headers()["content-type"].to_str().unwrap()), (200, JSON_API));
    assert_eq!(bench.warnings(), [("accept-not-said", "accept".to_owned())]);
}

#[tokio::test]
async fn a_wrong_path_or_method_is_404() {
    let bench = Bench::start().await;
    for request in [
        bench.get("/api/campaigns"),
        bench.get("/api/lists/"),
        bench.get("/lists"),
        bench.get(JOBS),
        bench.get(SUBSCRIBE),
        bench.request(Method::DELETE, &format!("/api/lists/{LIST}")),
        bench.request(Method::PUT, PROFILES),
    ] {
        let refused = bench.refused(request).await;
        assert_eq!((refused.0, refused.1.as_str()), (404, "not_found"));
    }
}

/// "`GET https://a.klaviyo.com/api/accounts` -> 200 with `data[0].id` and `attributes.contact_information`".
#[tokio::test]
async fn the_account_of_the_key_is_told() {
    let bench = Bench::start().await;
    let answer = bench.read("/api/accounts").await;
    assert_eq!((answer["data"][0]["id"].as_str().unwrap().len(), answer["data"].as_array().unwrap().len()), (6, 1));
    assert!(answer["data"][0]["attributes"]["contact_information"].is_object());
    let picked = bench.ask("/api/accounts", &[("fields[account]", "timezone")]).await.1;
    assert_eq!(picked["data"][0]["attributes"], json!({ "timezone": "UTC" }));
}

/// "10,000 profiles, 5 MB body, 100 KB per profile".
#[tokio::test]
async fn a_body_of_its_size_passes_and_a_byte_more_is_413() {
    let bench = Bench::start().await;
    for (path, body, bytes, status) in
        [(JOBS, job(people(1), &[]), 5_000_000, 202), (UPSERT, one(json!({ "email": "a@b.example" })), 100_000, 201)]
    {
        for (bytes, want) in [(bytes, status), (bytes + 1, 413)] {
            let mut body = body.to_string();
            body.push_str(&" ".repeat(bytes - body.len()));
            let request = bench.request(Method::POST, path).header("content-type", JSON_API).body(body);
            assert_eq!(send(request).await.0, want, "{path} {bytes}");
        }
    }
}

#[tokio::test]
async fn a_body_of_a_wrong_shape_is_refused_with_its_place() {
    let bench = Bench::start().await;
    for body in ["", "{", "[]", "null", "\u{fffd}"] {
        let request = bench.request(Method::POST, UPSERT).header("content-type", JSON_API).body(body);
        assert_eq!(bench.refused(request).await, (400, "invalid".to_owned(), "/".to_owned()), "{body}");
    }
    for (body, place) in [
        (json!({}), "/data"),
        (json!({ "data": [] }), "/data"),
        (json!({ "data": null }), "/data"),
        (json!({ "data": { "attributes": { "email": "a@b.example" } } }), "/data/type"),
        (json!({ "data": { "type": "person", "attributes": { "email": "a@b.example" } } }), "/data/type"),
        (json!({ "data": { "type": "profile" } }), "/data/attributes"),
        (json!({ "data": { "type": "profile", "attributes": [] } }), "/data/attributes"),
        (json!({ "data": { "type": "profile", "attributes": { "email": "a@b.example" }, "links": {} } }), "/data/links"),
        (json!({ "data": { "type": "profile", "attributes": { "email": "a@b.example" } }, "more": 1 }), "/more"),
    ] {
        assert_eq!(bench.refused(bench.post(UPSERT, &body)).await, (400, "invalid".to_owned(), place.to_owned()), "{body}");
    }
    assert_eq!(bench.count(), 0, "refused requests leave nothing");
}

#[tokio::test]
async fn a_key_outside_its_header_is_warned_of_and_not_kept() {
    let bench = Bench::start().await;
    assert_eq!(send(bench.get(&format!("/api/lists?api_key={KEY}"))).await.0, 200);
    let body = json!({ "data": {}, "api_key": KEY });
    assert_eq!(send(bench.post(UPSERT, &body)).await.0, 400);
    let places: Vec<_> = bench.warnings();
    assert_eq!(places, [("key-outside-header", "query".to_owned()), ("key-outside-header", "body".to_owned())]);
    let log = format!("{:?}", bench.twin.log().entries());
    assert!(!log.contains(KEY), "no key anywhere in the log");
    assert!(log.contains("authorization"), "the name of the header is kept");
    assert_eq!(bench.twin.log().entries()[1].json(), None::<Value>);
}
