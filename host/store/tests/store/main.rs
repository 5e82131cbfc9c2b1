//! The store against a real SQLite file in a folder of its own.

#![allow(missing_docs, clippy::unwrap_used)] // helpers of tests, outside of #[test] functions

mod bench;
mod egress;
mod facts;
mod keys;
mod objects;
mod opening;
mod runs;
mod tokens;

use std::{
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use jiff::Timestamp;
use sluice_catalog::{
    clock::Clock,
    destination::Destination,
    ids::{ActivationId, DestinationId, ModelId, SourceId, WorkspaceId},
    model::Model,
    seal::MasterKey,
    source::Source,
};
use sluice_store::{Actor, Entropy, NewRun, Run, Store, Trigger, TriggerKind};
use tempfile::TempDir;

/// A clock that tests move by hand.
#[derive(Debug, Clone)]
pub struct HandClock(Arc<Mutex<Timestamp>>);

impl HandClock {
    pub fn step(&self, by: Duration) {
        let mut now = self.0.lock().unwrap();
        *now = now.checked_add(by).unwrap();
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

pub struct House {
    pub store: Store,
    pub clock: HandClock,
    pub ws: WorkspaceId,
    pub dir: TempDir,
}

pub fn actor() -> Actor {
    Actor::new("key_test")
}

pub async fn open(dir: &Path, clock: &HandClock, seed: u64) -> Result<Store, sluice_store::StoreError> {
    Store::open_with(dir, MasterKey::from_bytes([7; 32]), Arc::new(clock.clone()), Arc::new(Entropy::seeded(seed))).await
}

pub async fn house() -> House {
    let dir = tempfile::tempdir().unwrap();
    let clock = HandClock(Arc::new(Mutex::new("2026-11-24T08:00:00Z".parse().unwrap())));
    let store = open(dir.path(), &clock, 1).await.unwrap();
    let ws = store.create_workspace(&actor(), "shop", "Europe/Paris").await.unwrap().id;
    House { store, clock, ws, dir }
}

pub fn destination(name: &str) -> Destination {
    serde_json::from_value(serde_json::json!({ "name": name, "connector": "braze" })).unwrap()
}

pub fn source(name: &str) -> Source {
    serde_json::from_value(serde_json::json!({ "name": name, "kind": { "files": { "path": "/srv/data" } } })).unwrap()
}

pub fn model(name: &str, source: SourceId) -> Model {
    serde_json::from_value(serde_json::json!({
        "name": name, "source": source, "definition": { "table": "customers" }, "kind": "users",
        "fields": [{ "id": "customer_id", "type": "integer" }], "primary_key": ["customer_id"],
    }))
    .unwrap()
}

pub fn activation(name: &str, model: ModelId, destination: DestinationId) -> sluice_catalog::activation::Activation {
    serde_json::from_value(serde_json::json!({
        "name": name, "from": { "model": model }, "destination": destination, "service": "attributes", "mode": "upsert",
        "mapping": { "fields": [] },
    }))
    .unwrap()
}

impl House {
    /// A source, a model, a destination and an activation of it.
    pub async fn activation(&self, name: &str) -> ActivationId {
        let mut changes = self.store.changes(self.ws, &actor());
        let src = changes.insert(&source(&format!("{name} files")));
        let mdl = changes.insert(&model(&format!("{name} customers"), src));
        let dst = changes.insert(&destination(&format!("{name} braze")));
        let act = changes.insert(&activation(name, mdl, dst));
        changes.commit().await.unwrap();
        act
    }

    pub async fn run(&self, activation: ActivationId) -> Run {
        self.store.create_run(self.ws, &self.new_run(activation)).await.unwrap()
    }

    pub fn new_run(&self, activation: ActivationId) -> NewRun {
        let trigger = Trigger { kind: TriggerKind::Manual, by: "key_test".into() };
        NewRun { activation, trigger, flags: serde_json::json!({}), now: self.store.now() }
    }
}
