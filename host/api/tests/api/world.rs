//! Two workspaces with one of everything, keys of every role, and a way to ask.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Request, StatusCode},
    response::Response,
};
use serde_json::{Value, json};
use sluice_api::Api;
use sluice_catalog::{
    activation::Activation, clock::FixedClock, destination::Destination, ids::WorkspaceId, model::Model, seal::MasterKey,
    segment::Segment, source::Source,
};
use sluice_runs::Host;
use sluice_store::{Actor, Entropy, Hold, NewApiKey, NewConnector, NewRun, Role, RunState, RunUpdate, Store, Trigger, TriggerKind};
use tempfile::TempDir;
use tower::ServiceExt;

pub(crate) const MANIFEST: &str = r#"
id = "acme"
version = "1.0.0"
contract = "sluice:connector@0.1"
kind = "destination"
title = "Acme"
publisher = "test"

[settings]
type = "object"
additionalProperties = false
[settings.properties.region]
type = "string"
pattern = "^[a-z]+$"

[[egress]]
host = "api.acme.example"
methods = ["POST"]

[[credentials]]
name = "api_key"
write = { kind = "static-header", header = "authorization", prefix = "Bearer " }
help = "Account, then API keys."

[services.contacts]
title = "Contacts"
record = "users"
modes = ["upsert"]
identifiers = { any-of = ["email"] }
fields = [
    { name = "email", type = "utf8", role = "identifier" },
    { name = "country", type = "utf8" },
]
unit = { rows = 10, bytes = 1000, row-bytes-max = 100 }
repeat = { class = "keyed" }
source = { page = "test", read = "2026-11-24" }
"#;

/// The ids of one workspace's objects, by the name of their path parameter.
pub(crate) type Ids = BTreeMap<&'static str, String>;

pub(crate) struct World {
    pub(crate) dir: TempDir,
    pub(crate) store: Store,
    pub(crate) router: Router,
    pub(crate) own: Ids,
    pub(crate) other: Ids,
    keys: BTreeMap<&'static str, String>,
}

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
    pub(crate) json: Value,
}

impl Answer {
    pub(crate) fn code(&self) -> &str {
        self.json["code"].as_str().unwrap_or_default()
    }

    pub(crate) fn pointers(&self) -> Vec<&str> {
        self.json["errors"].as_array().into_iter().flatten().filter_map(|e| e["pointer"].as_str()).collect()
    }

    pub(crate) fn etag(&self) -> String {
        self.headers["etag"].to_str().unwrap().to_owned()
    }
}

/// A request that is being put together.
pub(crate) struct Ask<'w> {
    world: &'w World,
    builder: axum::http::request::Builder,
    body: Body,
}

impl Ask<'_> {
    /// By the name of a key (`viewer`, `operator`, `admin`, `other-admin`, `installation`, `revoked`, `expired`) or its text.
    pub(crate) fn key(mut self, key: &str) -> Self {
        let text = self.world.keys.get(key).map_or(key, String::as_str);
        self.builder = self.builder.header("authorization", format!("Bearer {text}"));
        self
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.builder = self.builder.header(name, value);
        self
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        self.text("application/json", &body.to_string())
    }

    pub(crate) fn text(mut self, media_type: &str, body: &str) -> Self {
        self.builder = self.builder.header("content-type", media_type);
        self.body = Body::from(body.to_owned());
        self
    }

    /// The answer with its body still to come.
    pub(crate) async fn open(self) -> Response {
        let request: Request<Body> = self.builder.body(self.body).unwrap();
        self.world.router.clone().oneshot(request).await.unwrap()
    }

    pub(crate) async fn send(self) -> Answer {
        let response = self.open().await;
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let json = serde_json::from_str(&text).unwrap_or_default();
        Answer { status: parts.status, headers: parts.headers, text, json }
    }
}

impl World {
    pub(crate) async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        std::fs::create_dir(&data).unwrap();
        let rows = "customer_id,country,email\n1,France,a@example.com\n2,Spain,b@example.com\n3,France,c@example.com\n";
        std::fs::write(data.join("customers.csv"), rows).unwrap();
        std::fs::write(data.join("twice.csv"), "id,x\n1,a\n1,b\n2,c\n").unwrap();
        let clock = FixedClock("2026-11-24T09:00:00Z".parse().unwrap());
        let (master, entropy) = (MasterKey::from_bytes([7; 32]), Arc::new(Entropy::seeded(1)));
        let store = Store::open_with(&dir.path().join("state"), master, Arc::new(clock), entropy).await.unwrap();
        let host = Host::new(store.clone()).unwrap();
        let data = data.to_str().unwrap().to_owned();
        let own = fill(&store, "own", &data).await;
        let other = fill(&store, "other", &data).await;
        let mut world = Self { dir, router: sluice_api::router(Api::new(host)), store, own, other, keys: BTreeMap::new() };
        world.keys().await;
        world
    }

    async fn keys(&mut self) {
        let own: WorkspaceId = self.own["ws"].parse().unwrap();
        let other: WorkspaceId = self.other["ws"].parse().unwrap();
        let long_ago = "2026-11-24T08:59:59Z".parse().unwrap();
        for (name, role, workspace, expires_at) in [
            ("viewer", Role::Viewer, Some(own), None),
            ("operator", Role::Operator, Some(own), None),
            ("admin", Role::Admin, Some(own), None),
            ("other-admin", Role::Admin, Some(other), None),
            ("installation", Role::Admin, None, None),
            ("expired", Role::Admin, Some(own), Some(long_ago)),
            ("revoked", Role::Admin, Some(own), None),
        ] {
            let new = NewApiKey { name: name.into(), role, workspace, expires_at };
            let (key, text) = self.store.create_api_key(&Actor::system(), &new).await.unwrap();
            if name == "revoked" {
                self.store.revoke_api_key(own, &Actor::system(), key.id).await.unwrap();
                self.own.insert("key", key.id.to_string());
            }
            if name == "other-admin" {
                self.other.insert("key", key.id.to_string());
            }
            self.keys.insert(name, text);
        }
    }

    pub(crate) fn secret_of(&self, key: &str) -> &str {
        self.keys[key].rsplit_once('_').unwrap().1
    }

    /// A path below the own workspace.
    pub(crate) fn at(&self, path: &str) -> String {
        format!("/v1/workspaces/{}{path}", self.own["ws"])
    }

    pub(crate) fn ask(&self, method: &str, path: &str) -> Ask<'_> {
        Ask { world: self, builder: Request::builder().method(method).uri(path), body: Body::empty() }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask("GET", &self.at(path)).key("admin").send().await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.ask("POST", &self.at(path)).key("admin").json(body).send().await
    }

    pub(crate) async fn put(&self, path: &str, etag: &str, body: &Value) -> Answer {
        self.ask("PUT", &self.at(path)).key("admin").header("if-match", etag).json(body).send().await
    }
}

/// One of everything; the run is held.
async fn fill(store: &Store, name: &str, data: &str) -> Ids {
    let actor = Actor::system();
    let ws = store.create_workspace(&actor, name, "UTC").await.unwrap().id;
    let new = NewConnector { id: "acme", version: "1.0.0", manifest: MANIFEST, bytes: name.as_bytes(), over: None, accepted: &[] };
    let connector = store.install_connector(ws, &actor, &new).await.unwrap().digest;
    let src = store.insert::<Source>(ws, &actor, &read(source(data))).await.unwrap().id;
    let mdl = store.insert::<Model>(ws, &actor, &read(model(&src.to_string()))).await.unwrap().id;
    let seg = store.insert::<Segment>(ws, &actor, &read(segment(&mdl.to_string()))).await.unwrap().id;
    let dst = store.insert::<Destination>(ws, &actor, &read(destination())).await.unwrap().id;
    let act = store.insert::<Activation>(ws, &actor, &read(activation(&seg.to_string(), &dst.to_string()))).await.unwrap().id;
    // A second activation without a run, so that one can be started.
    let mut free = activation(&seg.to_string(), &dst.to_string());
    free["name"] = json!("free");
    let free = store.insert::<Activation>(ws, &actor, &read(free)).await.unwrap().id;
    let trigger = Trigger { kind: TriggerKind::Manual, by: "key_x".into() };
    let run = NewRun { activation: act, trigger, flags: json!({}), now: store.now() };
    let run = store.create_run(ws, &run).await.unwrap().id;
    let ttl = std::time::Duration::from_secs(60);
    let lease = store.claim("w", store.now(), ttl).await.unwrap().unwrap();
    let hold = Hold {
        code: sluice_catalog::Code::DuplicateKeys,
        cause: "Many.".into(),
        diff_hash: "d1".into(),
        expires_at: store.now().checked_add(ttl).unwrap(),
    };
    let held = RunUpdate { state: Some(RunState::Held), hold: Some(hold), ..RunUpdate::default() };
    store.update_run(&lease, &held).await.unwrap();
    store.release(&lease).await.unwrap();
    let unused =
        store.insert::<Source>(ws, &actor, &read(json!({ "name": "unused", "kind": { "files": { "path": data } } }))).await;
    Ids::from([
        ("ws", ws.to_string()),
        ("src", src.to_string()),
        ("unused", unused.unwrap().id.to_string()),
        ("mdl", mdl.to_string()),
        ("seg", seg.to_string()),
        ("dst", dst.to_string()),
        ("act", act.to_string()),
        ("free", free.to_string()),
        ("run", run.to_string()),
        ("connector", connector),
        ("name", "api_key".to_owned()),
        ("field", "country".to_owned()),
        ("relationship", "nothing".to_owned()),
    ])
}

pub(crate) fn read<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

pub(crate) fn source(path: &str) -> Value {
    json!({ "name": "files", "kind": { "files": { "path": path } } })
}

pub(crate) fn model(source: &str) -> Value {
    json!({
        "name": "customers", "source": source, "definition": { "table": "customers" }, "kind": "users",
        "fields": [
            { "id": "customer_id", "type": "integer" },
            { "id": "country", "type": "string", "categorical": true },
            { "id": "email", "type": "string", "pii": true },
        ],
        "primary_key": ["customer_id"],
    })
}

pub(crate) fn segment(model: &str) -> Value {
    let french = json!({ "field": "country", "operator": "is-any-of", "value": ["France"] });
    json!({ "name": "french", "model": model, "condition": { "version": 1, "root": { "op": "and", "children": [french] } } })
}

pub(crate) fn destination() -> Value {
    json!({ "name": "acme", "connector": "acme", "settings": { "region": "eu" } })
}

pub(crate) fn activation(segment: &str, destination: &str) -> Value {
    json!({
        "name": "french to acme", "from": { "segment": segment }, "destination": destination, "service": "contacts",
        "mode": "upsert",
        "mapping": { "fields": [
            { "target": "email", "role": "identifier", "value": { "field": "email" } },
            { "target": "country", "value": { "field": "country" } },
        ] },
    })
}
