//! API keys and the audit log.

use serde_json::json;
use sluice_store::{Actor, NewApiKey, Role};

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
async fn a_key_of_the_installation_is_listed_and_ended_by_another_one() {
    let world = World::new().await;
    let new = NewApiKey { name: "second".into(), role: Role::Admin, workspace: None, expires_at: None };
    let second = world.store.create_api_key(&Actor::system(), &new).await.unwrap().1;
    let listed = world.ask("GET", "/v1/api-keys").key(&second).send().await;
    let names: Vec<_> = listed.json["items"].as_array().unwrap().iter().map(|key| key["name"].as_str().unwrap()).collect();
    assert_eq!(names.len(), 2, "keys of workspaces are not among them: {}", listed.text);
    assert!(names.contains(&"installation") && names.contains(&"second"), "{names:?}");
    assert!(!listed.text.contains(world.secret_of("installation")));
    let first = listed.json["items"].as_array().unwrap().iter().find(|key| key["name"] == "installation").unwrap();
    let at = format!("/v1/api-keys/{}", first["id"].as_str().unwrap());
    assert_eq!(world.ask("DELETE", &at).key("admin").send().await.code(), "api-forbidden");
    assert_eq!(world.ask("DELETE", &at).key(&second).send().await.status, 204);
    assert_eq!(world.ask("GET", "/v1/workspaces").key("installation").send().await.status, 401);
    assert_eq!(world.ask("DELETE", &at).key(&second).send().await.status, 204, "it has ended");
    for none in [world.own["key"].as_str(), "x"] {
        let answer = world.ask("DELETE", &format!("/v1/api-keys/{none}")).key(&second).send().await;
        assert_eq!(answer.code(), "api-not-found", "{none}");
    }
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
