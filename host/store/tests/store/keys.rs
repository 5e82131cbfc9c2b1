//! API keys and Idempotency-Keys.

use std::time::Duration;

use sluice_catalog::Code;
use sluice_store::{Begun, NewApiKey, PageRequest, Role, StoredResponse};

use crate::{actor, house};

#[tokio::test]
async fn a_key_is_known_by_its_whole_text_only_and_not_after_its_end() {
    let house = house().await;
    let (store, ws) = (&house.store, house.ws);
    let end = store.now().checked_add(Duration::from_secs(3600)).unwrap();
    let new = NewApiKey { name: "ci".into(), role: Role::Operator, workspace: Some(ws), expires_at: Some(end) };
    let (key, text) = store.create_api_key(&actor(), &new).await.unwrap();
    let who = store.authenticate(&text).await.unwrap().unwrap();
    assert_eq!((who.key, who.role, who.workspace), (key.id, Role::Operator, Some(ws)));
    let public = text.rsplit_once('_').unwrap().0;
    for wrong in
        ["", "slk_", "slk__", public, &text[..text.len() - 1], &format!("{text}0"), &text.to_lowercase().replace("slk", "SLK")]
    {
        assert!(store.authenticate(wrong).await.unwrap().is_none(), "{wrong}");
    }
    let wal = std::fs::read(house.dir.path().join("sluice.db-wal")).unwrap();
    let secret = text.rsplit_once('_').unwrap().1.as_bytes();
    assert!(!wal.windows(secret.len()).any(|w| w == secret), "only the hash rests in the database");
    house.clock.step(Duration::from_secs(3599));
    assert!(store.authenticate(&text).await.unwrap().is_some());
    house.clock.step(Duration::from_secs(1));
    assert!(store.authenticate(&text).await.unwrap().is_none());
}

#[tokio::test]
async fn a_revoked_key_is_refused_at_once_and_stays_listed() {
    let house = house().await;
    let (store, ws) = (&house.store, house.ws);
    let new = NewApiKey { name: "ci".into(), role: Role::Admin, workspace: Some(ws), expires_at: None };
    let (key, text) = store.create_api_key(&actor(), &new).await.unwrap();
    assert!(!store.has_no_api_key().await.unwrap());
    store.revoke_api_key(ws, &actor(), key.id).await.unwrap();
    store.revoke_api_key(ws, &actor(), key.id).await.unwrap();
    assert!(store.authenticate(&text).await.unwrap().is_none());
    assert!(store.has_no_api_key().await.unwrap());
    let listed = store.api_keys(ws, &PageRequest::default()).await.unwrap().items;
    assert!(listed.len() == 1 && listed[0].revoked_at.is_some());
    let other = store.create_workspace(&actor(), "other", "UTC").await.unwrap().id;
    assert_eq!(store.revoke_api_key(other, &actor(), key.id).await.unwrap_err().code(), Code::ApiNotFound);
}

#[tokio::test]
async fn keys_of_the_installation_are_listed_and_revoked_apart_from_those_of_a_workspace() {
    let house = house().await;
    let (store, ws) = (&house.store, house.ws);
    let new = |workspace| NewApiKey { name: "ci".into(), role: Role::Admin, workspace, expires_at: None };
    let (bound, bound_text) = store.create_api_key(&actor(), &new(Some(ws))).await.unwrap();
    let (whole, whole_text) = store.create_api_key(&actor(), &new(None)).await.unwrap();
    assert_eq!(store.revoke_api_key(ws, &actor(), whole.id).await.unwrap_err().code(), Code::ApiNotFound);
    assert_eq!(store.revoke_installation_key(&actor(), bound.id).await.unwrap_err().code(), Code::ApiNotFound);
    store.revoke_installation_key(&actor(), whole.id).await.unwrap();
    store.revoke_installation_key(&actor(), whole.id).await.unwrap();
    assert!(store.authenticate(&whole_text).await.unwrap().is_none());
    assert!(store.authenticate(&bound_text).await.unwrap().is_some());
    let listed = store.installation_keys(&PageRequest::default()).await.unwrap().items;
    assert!(listed.len() == 1 && listed[0].id == whole.id && listed[0].revoked_at.is_some());
}

#[tokio::test]
async fn the_same_key_and_body_give_the_first_answer_again_for_a_day() {
    let house = house().await;
    let store = &house.store;
    let answer = StoredResponse { status: 201, headers: vec![("etag".into(), "\"1\"".into())], body: "{}".into() };
    assert_eq!(store.begin_request("s", "k", "h").await.unwrap(), Begun::Fresh);
    assert_eq!(store.begin_request("s", "k", "h").await.unwrap_err().code(), Code::ApiConflict);
    store.finish_request("s", "k", &answer).await.unwrap();
    assert_eq!(store.begin_request("s", "k", "h").await.unwrap(), Begun::Replay(answer));
    assert_eq!(store.begin_request("s", "k", "other").await.unwrap_err().code(), Code::ApiIdempotencyMismatch);
    assert_eq!(store.begin_request("s2", "k", "other").await.unwrap(), Begun::Fresh);
    store.forget_request("s2", "k").await.unwrap();
    assert_eq!(store.begin_request("s2", "k", "h").await.unwrap(), Begun::Fresh);
    house.clock.step(Duration::from_secs(24 * 3600));
    assert_eq!(store.begin_request("s", "k", "other").await.unwrap(), Begun::Fresh);
}

#[tokio::test]
async fn a_request_of_a_dead_process_frees_its_key() {
    let crate::House { store, clock, dir, .. } = house().await;
    store.begin_request("s", "k", "h").await.unwrap();
    drop(store);
    let store = crate::open(dir.path(), &clock, 2).await.unwrap();
    assert_eq!(store.begin_request("s", "k", "h").await.unwrap(), Begun::Fresh);
}
