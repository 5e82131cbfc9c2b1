//! Opening: one process, the right key, the right version; a kill loses nothing that was answered.

use std::sync::Arc;

use sluice_catalog::{Code, seal::MasterKey};
use sluice_store::{Entropy, PageRequest, Store, StoreError};

use crate::{destination, house, open};

#[tokio::test]
async fn a_second_process_on_the_same_state_folder_is_refused_until_the_first_has_gone() {
    let house = house().await;
    let second = open(house.dir.path(), &house.clock, 2).await.unwrap_err();
    assert_eq!(second.code(), Code::StateInUse);
    let crate::House { store, clock, dir, .. } = house;
    store.close().await;
    drop(store);
    open(dir.path(), &clock, 2).await.unwrap();
}

#[tokio::test]
async fn what_was_answered_survives_a_drop_without_close() {
    let house = house().await;
    let stored = house.store.insert(house.ws, &crate::actor(), &destination("braze")).await.unwrap();
    let crate::House { store, clock, ws, dir } = house;
    drop(store);
    let again = open(dir.path(), &clock, 2).await.unwrap();
    assert_eq!(again.get(ws, stored.id).await.unwrap(), stored);
    assert_eq!(again.workspaces(&PageRequest::default()).await.unwrap().items.len(), 1);
}

#[tokio::test]
async fn a_wrong_master_key_is_found_at_the_start() {
    let crate::House { store, clock, dir, .. } = house().await;
    store.close().await;
    drop(store);
    let wrong = Store::open_with(dir.path(), MasterKey::from_bytes([8; 32]), Arc::new(clock), Arc::new(Entropy::seeded(1)))
        .await
        .unwrap_err();
    assert_eq!(wrong.code(), Code::SealBroken);
}

#[tokio::test]
async fn a_database_that_only_expanded_opens_and_one_that_needs_newer_code_does_not() {
    let crate::House { store, clock, dir, .. } = house().await;
    let sql = |text: &'static str| {
        let file = dir.path().join("sluice.db");
        async move {
            use sqlx::Connection;
            let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file);
            let mut connection = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
            sqlx::raw_sql(text).execute(&mut connection).await.unwrap();
            connection.close().await.unwrap();
        }
    };
    store.close().await;
    drop(store);
    sql("ALTER TABLE runs ADD COLUMN later TEXT; \
         INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (10, 'later', 1, x'00', 0)")
    .await;
    let store = open(dir.path(), &clock, 2).await.unwrap();
    store.close().await;
    drop(store);
    sql("UPDATE schema_needs SET needs = 10").await;
    let newer = open(dir.path(), &clock, 3).await.unwrap_err();
    assert!(matches!(newer, StoreError::Newer { needs: 10, known: 9 }));
    assert_eq!(newer.code(), Code::StateVersion);
}

#[tokio::test]
async fn a_full_disk_has_its_own_code_and_leaves_nothing_half_done() {
    let house = house().await;
    let crate::House { store, clock, ws, dir } = house;
    let act = {
        let house = crate::House { store: store.clone(), clock: clock.clone(), ws, dir: tempfile::tempdir().unwrap() };
        let act = house.activation("a").await;
        house.run(act).await;
        act
    };
    let lease = store.claim("w", store.now(), std::time::Duration::from_secs(60)).await.unwrap().unwrap();
    assert_eq!(lease.activation, act);
    store.limit_pages_for_tests().await;
    let big = vec![vec![0u8; 4 << 20]];
    let full = store.append(&lease, 0, &big, vec![]).await.unwrap_err();
    assert_eq!(full.code(), Code::DiskFull);
    assert_eq!(store.run(ws, lease.run).await.unwrap().journal_next, 0);
    assert!(store.read_journal(ws, lease.run, 0, 10).await.unwrap().is_empty());
    drop(dir);
}
