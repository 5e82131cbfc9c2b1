//! Facts about models: one of each kind, sealed, of one tenant, gone with the model.

use serde_json::{Value, json};
use sluice_catalog::{Code, ids::ModelId, model::Model};

use crate::{actor, house, model, source};

#[tokio::test]
async fn a_fact_is_kept_until_the_next_one_of_its_kind_and_goes_with_its_model() {
    let house = house().await;
    let (store, ws) = (&house.store, house.ws);
    let src = store.insert(ws, &actor(), &source("files")).await.unwrap().id;
    let mdl = store.insert(ws, &actor(), &model("customers", src)).await.unwrap();
    let other = store.create_workspace(&actor(), "other", "UTC").await.unwrap().id;
    assert_eq!(store.fact::<Value>(ws, mdl.id, "keys").await.unwrap(), None);
    for value in [json!({ "rows": 1 }), json!({ "rows": 2 })] {
        store.keep_fact(ws, mdl.id, "keys", &value).await.unwrap();
        let fact = store.fact::<Value>(ws, mdl.id, "keys").await.unwrap().unwrap();
        assert_eq!((fact.value, fact.at), (value, store.now()));
    }
    assert_eq!(store.fact::<Value>(ws, mdl.id, "look").await.unwrap(), None, "another kind");
    assert_eq!(store.fact::<Value>(other, mdl.id, "keys").await.unwrap(), None, "another tenant");
    assert_eq!(store.fact::<Vec<u8>>(ws, mdl.id, "keys").await.unwrap(), None, "a shape of another version is none");
    store.delete::<Model>(ws, &actor(), mdl.id, 1).await.unwrap();
    assert_eq!(store.fact::<Value>(ws, mdl.id, "keys").await.unwrap(), None);
}

#[tokio::test]
async fn a_fact_is_sealed_and_bounded() {
    let house = house().await;
    let (store, ws) = (&house.store, house.ws);
    let id = ModelId::new(1, 1);
    store.keep_fact(ws, id, "values", &json!("a-value-of-a-row")).await.unwrap();
    store.close().await;
    for file in ["sluice.db", "sluice.db-wal"] {
        let bytes = std::fs::read(house.dir.path().join(file)).unwrap_or_default();
        assert!(!bytes.windows(16).any(|part| part == b"a-value-of-a-row"), "{file}");
    }
}

#[tokio::test]
async fn a_fact_that_is_too_large_is_refused() {
    let house = house().await;
    let most = sluice_store::limits::FACT_BYTES_MAX;
    let keep = |bytes: usize| {
        let (store, ws) = (house.store.clone(), house.ws);
        // Two quotes around it.
        async move { store.keep_fact(ws, ModelId::new(1, 1), "values", &"x".repeat(bytes - 2)).await }
    };
    keep(most).await.unwrap();
    assert_eq!(keep(most + 1).await.unwrap_err().code(), Code::ApiInvalid);
}
