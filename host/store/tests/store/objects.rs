//! Declared objects: names, revisions, references, tenants, credentials, audit.

use proptest::prelude::*;
use sluice_catalog::{Code, destination::Destination, ids::ModelId, seal::Secret, source::Source};
use sluice_store::{AuditFilter, Declared, NewConnector, PageRequest, StoreError};

use crate::{activation, actor, destination, house, model, source};

#[tokio::test]
async fn a_name_is_unique_per_kind_and_workspace_and_free_again_after_a_delete() {
    let house = house().await;
    let (store, ws) = (&house.store, house.ws);
    let first = store.insert(ws, &actor(), &destination("braze")).await.unwrap();
    assert_eq!(store.insert(ws, &actor(), &destination("braze")).await.unwrap_err().code(), Code::ApiNameTaken);
    store.insert(ws, &actor(), &source("braze")).await.unwrap();
    let other = store.create_workspace(&actor(), "other", "UTC").await.unwrap().id;
    store.insert(other, &actor(), &destination("braze")).await.unwrap();
    store.delete::<Destination>(ws, &actor(), first.id, 1).await.unwrap();
    store.insert(ws, &actor(), &destination("braze")).await.unwrap();
    assert!(matches!(store.get::<Destination>(ws, first.id).await, Err(StoreError::NotFound { .. })));
}

#[tokio::test]
async fn an_update_names_the_revision_that_it_is_based_on() {
    let house = house().await;
    let (store, ws) = (&house.store, house.ws);
    let made = store.insert(ws, &actor(), &destination("a")).await.unwrap();
    assert_eq!(made.revision, 1);
    let changed = store.update(ws, &actor(), made.id, 1, &destination("b")).await.unwrap();
    assert_eq!((changed.revision, changed.value.name.as_str()), (2, "b"));
    let stale = store.update(ws, &actor(), made.id, 1, &destination("c")).await.unwrap_err();
    assert!(matches!(stale, StoreError::Stale { expected: 1, actual: 2 }));
    assert!(matches!(store.delete::<Destination>(ws, &actor(), made.id, 1).await, Err(StoreError::Stale { .. })));
}

#[tokio::test]
async fn another_workspaces_objects_are_not_there() {
    let house = house().await;
    let (store, ws) = (&house.store, house.ws);
    let other = store.create_workspace(&actor(), "other", "UTC").await.unwrap().id;
    let made = store.insert(ws, &actor(), &source("files")).await.unwrap();
    assert!(matches!(store.get::<Source>(other, made.id).await, Err(StoreError::NotFound { .. })));
    assert!(store.list::<Source>(other, &PageRequest::default()).await.unwrap().items.is_empty());
    let foreign = store.insert(other, &actor(), &model("m", made.id)).await.unwrap_err();
    assert!(matches!(foreign, StoreError::ReferenceMissing { .. }), "a body cannot name another workspace's object");
    assert!(matches!(store.update(other, &actor(), made.id, 1, &source("x")).await, Err(StoreError::NotFound { .. })));
}

#[tokio::test]
async fn what_others_depend_on_is_not_deleted_and_the_dependants_are_named() {
    let house = house().await;
    let (store, ws) = (&house.store, house.ws);
    let src = store.insert(ws, &actor(), &source("files")).await.unwrap().id;
    let mdl = store.insert(ws, &actor(), &model("customers", src)).await.unwrap();
    let Err(StoreError::InUse(dependants)) = store.delete::<Source>(ws, &actor(), src, 1).await else { panic!("in use") };
    assert_eq!(dependants.iter().map(|d| d.name.as_str()).collect::<Vec<_>>(), ["customers"]);
    let mut both = store.changes(ws, &actor());
    both.delete::<sluice_catalog::model::Model>(mdl.id, 1);
    both.delete::<Source>(src, 1);
    both.commit().await.unwrap();
}

#[tokio::test]
async fn a_set_of_changes_happens_whole_or_not_at_all() {
    let house = house().await;
    let (store, ws) = (&house.store, house.ws);
    let dst = store.insert(ws, &actor(), &destination("braze")).await.unwrap().id;
    let nowhere = ModelId::new(1, 1);
    let mut changes = store.changes(ws, &actor());
    changes.insert(&source("files"));
    changes.insert(&activation("a", nowhere, dst));
    assert!(matches!(changes.commit().await, Err(StoreError::ReferenceMissing { .. })));
    assert!(store.list::<Source>(ws, &PageRequest::default()).await.unwrap().items.is_empty());
}

#[tokio::test]
async fn pages_give_every_object_once() {
    let house = house().await;
    for n in 0..7 {
        house.store.insert(house.ws, &actor(), &source(&format!("s{n}"))).await.unwrap();
    }
    let (mut names, mut page) = (Vec::new(), PageRequest { after: None, limit: 3 });
    loop {
        let got = house.store.list::<Source>(house.ws, &page).await.unwrap();
        assert!(got.items.len() <= 3);
        names.extend(got.items.into_iter().map(|s| s.value.name));
        match got.next {
            Some(next) => page.after = Some(next),
            None => break,
        }
    }
    names.sort();
    assert_eq!(names, ["s0", "s1", "s2", "s3", "s4", "s5", "s6"]);
}

#[tokio::test]
async fn every_change_leaves_an_audit_row_and_a_refused_one_leaves_none() {
    let house = house().await;
    let (store, ws) = (&house.store, house.ws);
    let made = store.insert(ws, &actor(), &destination("a")).await.unwrap();
    store.update(ws, &actor(), made.id, 1, &destination("b")).await.unwrap();
    store.update(ws, &actor(), made.id, 1, &destination("c")).await.unwrap_err();
    store.put_credential(ws, &actor(), made.id, "api_key", Secret::new(*b"hush")).await.unwrap();
    store.delete::<Destination>(ws, &actor(), made.id, 2).await.unwrap();
    let log = store.audit(ws, &AuditFilter::default(), &PageRequest::default()).await.unwrap().items;
    let told: Vec<_> = log.iter().map(|e| (e.seq, e.action.as_str(), e.name.as_str(), e.old_revision, e.new_revision)).collect();
    assert_eq!(
        told,
        [
            (5, "deleted", "b", Some(2), None),
            (4, "credential-set", "api_key", None, None),
            (3, "updated", "b", Some(1), Some(2)),
            (2, "created", "a", None, Some(1)),
            (1, "created", "shop", None, Some(1)),
        ]
    );
    assert!(log.iter().all(|e| e.actor == "key_test" && !e.details.to_string().contains("hush")));
}

#[tokio::test]
async fn credentials_open_for_their_destination_and_leave_with_it() {
    let house = house().await;
    let (store, ws) = (&house.store, house.ws);
    let dst = store.insert(ws, &actor(), &destination("a")).await.unwrap().id;
    store.put_credential(ws, &actor(), dst, "api_key", Secret::new(*b"hush")).await.unwrap();
    store.put_credential(ws, &actor(), dst, "api_key", Secret::new(*b"hush2")).await.unwrap();
    let opened = store.credentials(ws, dst).await.unwrap();
    assert_eq!(opened.iter().map(|(n, s)| (n.as_str(), s.reveal())).collect::<Vec<_>>(), [("api_key", &b"hush2"[..])]);
    let file = std::fs::read(house.dir.path().join("sluice.db-wal")).unwrap();
    assert!(!file.windows(4).any(|w| w == b"hush"), "the secret rests sealed");
    let nowhere = Destination::new_id(1, 1);
    assert!(matches!(store.put_credential(ws, &actor(), nowhere, "x", Secret::new(*b"y")).await, Err(StoreError::NotFound { .. })));
    store.delete::<Destination>(ws, &actor(), dst, 1).await.unwrap();
    assert!(store.credential_names(ws, dst).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_installed_component_is_active_for_its_workspace_only_and_damage_is_found() {
    let house = house().await;
    let (store, ws) = (&house.store, house.ws);
    let other = store.create_workspace(&actor(), "other", "UTC").await.unwrap().id;
    let manifest = "id = \"braze\"";
    let new = |version, bytes| NewConnector { id: "braze", version, manifest, bytes, over: None, accepted: &[] };
    let one = store.install_connector(ws, &actor(), &new("1.0.0", b"one")).await.unwrap();
    let unseen = store.install_connector(ws, &actor(), &new("1.1.0", b"two")).await;
    assert!(matches!(unseen, Err(StoreError::OtherActive)), "it was compared with none, and there is one");
    assert_eq!(store.active_connector(ws, "braze").await.unwrap().unwrap().digest, one.digest);
    let accepted = ["GET to api.braze.example".to_owned()];
    let over = NewConnector { over: Some(&one.digest), accepted: &accepted, ..new("1.1.0", b"two") };
    let two = store.install_connector(ws, &actor(), &over).await.unwrap();
    let of = AuditFilter { subject: Some(two.digest.clone()), ..AuditFilter::default() };
    let told = store.audit(ws, &of, &PageRequest { after: None, limit: 10 }).await.unwrap().items;
    assert_eq!(told[0].details, serde_json::json!({ "version": "1.1.0", "accepted": accepted }));
    assert_eq!(store.active_connector(ws, "braze").await.unwrap().unwrap().digest, two.digest);
    assert!(!store.connector(ws, &one.digest).await.unwrap().active);
    assert!(store.active_connector(other, "braze").await.unwrap().is_none());
    assert_eq!(store.component(ws, &one.digest).await.unwrap(), b"one");
    assert!(store.component(other, &one.digest).await.is_err());
    let back = NewConnector { over: Some(&two.digest), ..new("1.0.0", b"one") };
    store.install_connector(ws, &actor(), &back).await.unwrap();
    assert_eq!(store.active_connector(ws, "braze").await.unwrap().unwrap().version, "1.0.0");
    let file = house.dir.path().join("components").join(format!("{}.wasm", &one.digest[7..]));
    std::fs::write(file, b"onf").unwrap();
    assert!(matches!(store.component(ws, &one.digest).await, Err(StoreError::Unreadable { .. })));
}

#[derive(Debug, Clone)]
enum Deed {
    Insert(u8),
    Update(u8, u64, u8),
    Delete(u8, u64),
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        (0u8..6).prop_map(Deed::Insert),
        (0u8..6, 1u64..5, 0u8..6).prop_map(|(a, r, b)| Deed::Update(a, r, b)),
        (0u8..6, 1u64..5).prop_map(|(a, r)| Deed::Delete(a, r)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]
    /// The store against a map: revisions grow by one, stale changes change nothing, names stay unique.
    #[test]
    fn revisions_are_monotone_under_any_sequence_of_changes(deeds in proptest::collection::vec(deed(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let house = house().await;
            let (store, ws) = (&house.store, house.ws);
            let mut model: std::collections::BTreeMap<String, (sluice_catalog::ids::SourceId, u64)> = Default::default();
            for deed in deeds {
                match deed {
                    Deed::Insert(n) => {
                        let name = format!("s{n}");
                        match store.insert(ws, &actor(), &source(&name)).await {
                            Ok(made) => assert!(model.insert(name, (made.id, 1)).is_none()),
                            Err(e) => assert!(e.code() == Code::ApiNameTaken && model.contains_key(&name)),
                        }
                    }
                    Deed::Update(from, expected, to) => {
                        let (from, to) = (format!("s{from}"), format!("s{to}"));
                        let Some((id, revision)) = model.get(&from).copied() else { continue };
                        match store.update(ws, &actor(), id, expected, &source(&to)).await {
                            Ok(stored) => {
                                assert_eq!((expected, stored.revision), (revision, revision + 1));
                                model.remove(&from);
                                assert!(model.insert(to, (id, revision + 1)).is_none());
                            }
                            Err(StoreError::Stale { actual, .. }) => assert!(actual == revision && expected != revision),
                            Err(e) => assert!(e.code() == Code::ApiNameTaken && from != to && model.contains_key(&to)),
                        }
                    }
                    Deed::Delete(name, expected) => {
                        let name = format!("s{name}");
                        let Some((id, revision)) = model.get(&name).copied() else { continue };
                        match store.delete::<Source>(ws, &actor(), id, expected).await {
                            Ok(()) => { assert_eq!(expected, revision); model.remove(&name); }
                            Err(e) => assert!(e.code() == Code::ApiStale && expected != revision),
                        }
                    }
                }
                let there = store.list::<Source>(ws, &PageRequest::default()).await.unwrap().items;
                let there: std::collections::BTreeMap<_, _> = there.into_iter().map(|s| (s.value.name, (s.id, s.revision))).collect();
                assert_eq!(&there, &model);
            }
        });
    }
}
