//! Connectors: read from their manifest, installed by admins, refused when they are none.

use crate::world::World;

#[tokio::test]
async fn a_connector_says_what_it_may_reach_without_running() {
    let world = World::new().await;
    let by_id = world.get("/connectors/acme").await;
    let by_digest = world.get(&format!("/connectors/{}", world.own["connector"])).await;
    assert_eq!(by_id.json, by_digest.json);
    assert_eq!(by_id.json["hosts"], serde_json::json!(["api.acme.example"]));
    assert_eq!(by_id.json["credentials"], serde_json::json!(["api_key"]));
    assert_eq!(by_id.json["manifest"]["services"]["contacts"]["title"], "Contacts");
}

#[tokio::test]
async fn bytes_that_are_no_component_are_not_installed() {
    let world = World::new().await;
    let post = async |media_type: &str, body: &str| {
        world.ask("POST", &world.at("/connectors")).key("admin").text(media_type, body).send().await
    };
    let refused = post("application/wasm", "not wasm").await;
    assert_eq!((refused.status.as_u16(), refused.code()), (422, "connector-not-a-component"), "{}", refused.text);
    assert_eq!(post("application/json", "{}").await.code(), "api-unsupported-media-type");
    assert_eq!(world.get("/connectors").await.json["items"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn the_test_of_a_destination_answers_with_the_reason_when_it_cannot_be_used() {
    let world = World::new().await;
    let path = format!("/destinations/{}/test", world.own["dst"]);
    let answer = world.post(&path, &serde_json::json!({})).await;
    assert_eq!((answer.status.as_u16(), answer.json["ok"].as_bool()), (200, Some(false)), "{}", answer.text);
    assert!(answer.json["problem"]["next"].as_str().is_some_and(|next| !next.is_empty()));
}
