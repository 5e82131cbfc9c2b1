//! API keys and the audit log.

use serde_json::json;

use crate::world::World;

#[tokio::test]
async fn a_new_key_is_shown_once_and_works_until_it_is_revoked() {
    let world = World::new().await;
    let post = || {
        let ask = world.ask("POST", &world.at("/api-keys")).key("admin").header("idempotency-key", "k");
        ask.json(&json!({ "name": "ci", "role": "operator" })).send()
    };
    let made = post().await;
    let key = made.json["key"].as_str().unwrap().to_owned();
    assert!(key.starts_with("slk_"));
    assert_eq!(world.ask("GET", &world.at("/sources")).key(&key).send().await.status, 200);
    let again = post().await;
    assert_eq!((again.status.as_u16(), again.json["key"].is_null()), (201, true), "a repeat does not show it again");
    let at = made.headers["location"].to_str().unwrap();
    let read = world.ask("GET", at).key("admin").send().await;
    let secret = key.rsplit_once('_').unwrap().1;
    assert!(!read.text.contains(secret) && read.json.get("key").is_none());
    assert_eq!(world.ask("DELETE", at).key("admin").send().await.status, 204);
    assert_eq!(world.ask("GET", &world.at("/sources")).key(&key).send().await.status, 401);
}

#[tokio::test]
async fn a_key_cannot_be_given_another_workspace_or_an_unknown_role() {
    let world = World::new().await;
    for (body, pointer) in [
        (json!({ "name": "a", "role": "admin", "workspace": world.other["ws"] }), "/workspace"),
        (json!({ "name": "a", "role": "root" }), "/role"),
        (json!({ "name": "", "role": "viewer" }), "/name"),
        (json!({ "name": "a", "role": "viewer", "expires_at": "2026-11-24T09:00:00Z" }), "/expires_at"),
    ] {
        assert_eq!(world.post("/api-keys", &body).await.pointers(), [pointer], "{body}");
    }
}

#[tokio::test]
async fn the_audit_log_tells_who_changed_what_and_no_secret() {
    let world = World::new().await;
    let path = world.at(&format!("/destinations/{}/credentials/api_key", world.own["dst"]));
    world.ask("PUT", &path).key("admin").json(&json!({ "secret": "hush-hush" })).send().await;
    let log = world.get(&format!("/audit?subject={}&limit=1", world.own["dst"])).await;
    let row = &log.json["items"][0];
    assert_eq!((row["action"].as_str(), row["name"].as_str()), (Some("credential-set"), Some("api_key")));
    assert!(row["actor"].as_str().unwrap().starts_with("key_"));
    let all = world.get("/audit?limit=500").await.text;
    assert!(!all.contains("hush") && !all.contains(world.secret_of("admin")));
    assert_eq!(world.get("/audit?kind=destination&actor=system").await.json["items"].as_array().map(Vec::len), Some(1));
}
