//! Tokens of credentials: a renewal counts for the grant that it began with, and what is kept is sealed.

use std::time::Duration;

use sluice_catalog::{Code, seal::Secret};
use sluice_store::{AuditFilter, NewTokens, PageRequest, StoreError, TokenKey};

use crate::{House, actor, destination, house};

fn new(secret: &str) -> NewTokens {
    let exposed = [("tenant".to_owned(), "mc-1".to_owned())].into();
    NewTokens {
        secret: Secret::new(secret.as_bytes()),
        got_at: None,
        ends_at: Some("2026-11-24T09:00:00Z".parse().unwrap()),
        exposed,
    }
}

async fn kept(house: &House, key: TokenKey<'_>) -> (u64, Option<String>) {
    let kept = house.store.tokens(key).await.unwrap();
    (kept.generation, kept.secret.map(|secret| String::from_utf8(secret.reveal().to_vec()).unwrap()))
}

#[tokio::test]
async fn a_renewal_counts_for_the_grant_that_it_began_with_and_for_no_later_one() {
    let house = house().await;
    let (store, ws) = (&house.store, house.ws);
    let dst = store.insert(ws, &actor(), &destination("ads")).await.unwrap();
    let key = TokenKey { workspace: ws, destination: dst.id, name: "account" };
    assert_eq!(kept(&house, key).await, (0, None));
    // Of a client that nobody connects.
    assert!(store.keep_tokens(key, 0, &new("zero")).await.unwrap());
    assert_eq!(kept(&house, key).await, (0, Some("zero".into())));
    store.connect_tokens(key, &actor(), "consent", &new("one")).await.unwrap();
    assert!(!store.keep_tokens(key, 0, &new("late")).await.unwrap(), "begun before the consent");
    assert!(store.keep_tokens(key, 1, &new("one, renewed")).await.unwrap());
    store.forget_tokens(key, &actor()).await.unwrap();
    assert!(!store.keep_tokens(key, 1, &new("late")).await.unwrap(), "begun before it was forgotten");
    assert_eq!(kept(&house, key).await, (2, None));
    store.connect_tokens(key, &actor(), "entered", &new("three")).await.unwrap();
    assert!(!store.keep_tokens(key, 1, &new("late")).await.unwrap(), "no generation comes twice");
    assert_eq!(kept(&house, key).await, (3, Some("three".into())));
    let audit = store.audit(ws, &AuditFilter::default(), &PageRequest { after: None, limit: 10 }).await.unwrap();
    let actions: Vec<_> = audit.items.iter().map(|row| row.action.as_str()).take(3).collect();
    assert_eq!(actions, ["credential-connected", "credential-disconnected", "credential-connected"]);
}

#[tokio::test]
async fn a_refusal_is_shown_until_there_is_another_token_and_counts_for_its_grant_alone() {
    let house = house().await;
    let (store, ws) = (&house.store, house.ws);
    let dst = store.insert(ws, &actor(), &destination("ads")).await.unwrap();
    let key = TokenKey { workspace: ws, destination: dst.id, name: "account" };
    let refused = async || {
        let all = store.token_standings(ws, dst.id).await.unwrap();
        all[0].refused.as_ref().map(|(at, code, why)| format!("{at} {code} {why}"))
    };
    store.refuse_tokens(key, 0, Code::DestClientRefused, "no such client").await.unwrap();
    assert_eq!(
        refused().await.as_deref(),
        Some("2026-11-24T08:00:00Z dest-client-refused no such client"),
        "also of the first request"
    );
    house.clock.step(Duration::from_secs(60));
    store.refuse_tokens(key, 0, Code::DestClientRefused, "still none").await.unwrap();
    assert_eq!(refused().await.as_deref(), Some("2026-11-24T08:00:00Z dest-client-refused still none"), "since when stays");
    store.keep_tokens(key, 0, &new("zero")).await.unwrap();
    assert_eq!(refused().await, None);
    store.connect_tokens(key, &actor(), "consent", &new("one")).await.unwrap();
    store.refuse_tokens(key, 0, Code::DestNotConnected, "of the one before").await.unwrap();
    assert_eq!(refused().await, None);
    let standing = &store.token_standings(ws, dst.id).await.unwrap()[0];
    assert_eq!((standing.held, standing.connected_by.as_deref()), (true, Some("key_test")));
    assert_eq!((standing.exposed["tenant"].as_str(), standing.ends_at.is_some()), ("mc-1", true));
}

#[tokio::test]
async fn tokens_are_sealed_for_their_credential_and_gone_with_their_destination() {
    let house = house().await;
    let (store, ws) = (&house.store, house.ws);
    let dst = store.insert(ws, &actor(), &destination("ads")).await.unwrap();
    let key = TokenKey { workspace: ws, destination: dst.id, name: "account" };
    store.connect_tokens(key, &actor(), "consent", &new("a refresh token in the clear")).await.unwrap();
    for file in std::fs::read_dir(house.dir.path()).unwrap() {
        let path = file.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            assert!(!bytes.windows(15).any(|w| w == b"a refresh token"), "{}", path.display());
        }
    }
    // The credential's own secret takes its tokens along.
    store.put_credential(ws, &actor(), dst.id, "account", Secret::new(*b"hush")).await.unwrap();
    store.delete_credential(ws, &actor(), dst.id, "account").await.unwrap();
    assert_eq!(kept(&house, key).await, (2, None));
    store.connect_tokens(key, &actor(), "consent", &new("again")).await.unwrap();
    store.delete::<sluice_catalog::destination::Destination>(ws, &actor(), dst.id, 1).await.unwrap();
    assert!(store.token_standings(ws, dst.id).await.unwrap().is_empty());
    assert!(!store.keep_tokens(key, 0, &new("late")).await.unwrap());
    let gone = store.connect_tokens(key, &actor(), "consent", &new("late")).await;
    assert!(matches!(gone, Err(StoreError::NotFound { what: "destination" })));
}
