//! What holds for every request: one shape of refusal, strict input, limits, pages, repeated requests.

use serde_json::{Value, json};

use crate::world::{World, model, source};

#[tokio::test]
async fn refusals_of_the_framework_have_the_same_shape() {
    let world = World::new().await;
    for (method, path, status, code) in [
        ("GET", "/", 404, "api-not-found"),
        ("GET", "/v1/nothing", 404, "api-not-found"),
        ("PATCH", "/v1/workspaces", 405, "api-method-not-allowed"),
    ] {
        let answer = world.ask(method, path).key("admin").send().await;
        assert_eq!((answer.status.as_u16(), answer.code()), (status, code), "{method} {path}");
        assert_eq!(answer.headers["content-type"], "application/problem+json");
    }
}

#[tokio::test]
async fn a_refusal_reads_like_this() {
    let world = World::new().await;
    let mut wrong = model(&world.own["src"]);
    wrong["name"] = json!("");
    wrong["primary_key"] = json!(["nothing"]);
    let mut answer = world.post("/models", &wrong).await;
    assert_eq!(answer.status, 422);
    answer.json["request_id"] = json!("req_…");
    insta::assert_json_snapshot!(answer.json);
}

#[tokio::test]
async fn input_is_strict_and_says_where_it_is_wrong() {
    let world = World::new().await;
    let post = async |body: &str| world.ask("POST", &world.at("/sources")).key("admin").text("application/json", body).send().await;
    for (body, pointer) in [
        (r#"{"name":"a","kind":{"files":{"path":"/x"}},"workspace_id":"ws_1"}"#, "/workspace_id"),
        (r#"{"name":"a","kind":{"files":{"path":"/x","state":1}}}"#, "/kind/files/state"),
        (r#"{"name":"a","name":"b","kind":{"files":{"path":"/x"}}}"#, ""),
        (r#"{"name":7,"kind":{"files":{"path":"/x"}}}"#, "/name"),
        (r#"{"name":"a"}"#, ""),
        ("", ""),
        ("[]", ""),
        (r#"{"name":"a","kind":{"files":{"path":"/x"}}} {}"#, ""),
    ] {
        let answer = post(body).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (422, "api-invalid"), "{body}");
        assert_eq!(answer.pointers(), [pointer], "{body}: {}", answer.text);
    }
    let secret = post(r#"{"name":{"x":"hush-hush"},"kind":1}"#).await;
    assert!(!secret.text.contains("hush"), "a refusal repeats no value");
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(post(&deep).await.status, 422, "nesting is bounded");
}

#[tokio::test]
async fn bodies_have_a_media_type_and_a_size() {
    let world = World::new().await;
    let path = world.at("/sources");
    let body = source("/x").to_string();
    for media_type in ["text/plain", "application/xml", ""] {
        let answer = world.ask("POST", &path).key("admin").text(media_type, &body).send().await;
        assert_eq!((answer.status.as_u16(), answer.code()), (415, "api-unsupported-media-type"));
    }
    let answer = world.ask("POST", &path).key("admin").text("application/json; charset=utf-8", &body).send().await;
    assert_ne!(answer.status, 415);
    let limit = sluice_api::limits::JSON_BYTES_MAX;
    for (size, status) in [(limit, 422), (limit + 1, 413)] {
        let answer = world.ask("POST", &path).key("admin").text("application/json", &" ".repeat(size)).send().await;
        assert_eq!(answer.status.as_u16(), status, "{size}");
    }
}

#[tokio::test]
async fn answers_are_never_kept_by_caches_and_name_their_request() {
    let world = World::new().await;
    let answer = world.get("/sources").await;
    assert_eq!(answer.headers["cache-control"], "no-store");
    assert_eq!(answer.headers["x-content-type-options"], "nosniff");
    assert!(answer.headers["x-request-id"].to_str().unwrap().starts_with("req_"));
}

#[tokio::test]
async fn pages_give_each_object_once_and_a_cursor_belongs_to_its_list() {
    let world = World::new().await;
    for n in 0..5 {
        let mut body = source("/x");
        body["name"] = json!(format!("s{n}"));
        assert_eq!(world.post("/sources", &body).await.status, 201);
    }
    let (mut names, mut query) = (Vec::new(), "?limit=2".to_owned());
    let mut last_cursor = String::new();
    loop {
        let page = world.get(&format!("/sources{query}")).await.json;
        names.extend(page["items"].as_array().unwrap().iter().map(|s| s["name"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        last_cursor = next.to_owned();
        query = format!("?limit=2&cursor={next}");
    }
    names.sort();
    assert_eq!(names, ["files", "s0", "s1", "s2", "s3", "s4", "unused"]);
    for bad in [
        format!("/models?cursor={last_cursor}"),
        "/sources?cursor=x".into(),
        "/sources?limit=0".into(),
        "/sources?limit=501".into(),
        "/sources?offset=3".into(),
    ] {
        assert_eq!(world.get(&bad).await.status, 422, "{bad}");
    }
    assert_eq!(world.get("/sources?limit=500").await.status, 200);
}

#[tokio::test]
async fn a_repeated_request_has_one_effect() {
    let world = World::new().await;
    let post = async |key: &str, body: &Value| {
        world.ask("POST", &world.at("/sources")).key("admin").header("idempotency-key", key).json(body).send().await
    };
    let mut body = source("/x");
    body["name"] = json!("once");
    let first = post("k1", &body).await;
    let again = post("k1", &body).await;
    assert_eq!((first.status.as_u16(), again.status.as_u16()), (201, 201));
    assert_eq!(first.text, again.text);
    assert_eq!(first.headers["location"], again.headers["location"]);
    assert_eq!(first.etag(), again.etag());
    let mut other = body.clone();
    other["name"] = json!("another");
    assert_eq!(post("k1", &other).await.code(), "api-idempotency-mismatch");
    assert_eq!(post("k2", &body).await.code(), "api-name-taken");
    assert_eq!(post("k2", &other).await.status, 201, "a refused request frees its key");
    let by_another = world.ask("POST", &world.at("/sources")).key("installation").header("idempotency-key", "k1").json(&body);
    assert_eq!(by_another.send().await.code(), "api-name-taken", "another holder's key is another request");
    assert_eq!(post(&"k".repeat(256), &other).await.status, 422);
}
