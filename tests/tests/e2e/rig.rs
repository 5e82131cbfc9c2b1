//! A host with its API over a state folder, a client that knows it by HTTP only, and a Braze twin beside it.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use sluice_api::Api;
use sluice_catalog::{
    clock::{Clock, SystemClock},
    seal::MasterKey,
};
use sluice_runs::Host;
use sluice_store::{Actor, NewApiKey, Role, Store};
use sluice_twins::braze::{Options, Running, Twin};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

/// The host that the connector asks for; a stand-in in the grant leads it to the twin.
pub(crate) const BRAZE: &str = "rest.fra-01.braze.eu";
/// The key that the twin knows.
pub(crate) const API_KEY: &str = "6d61d9c0-twin-key";

/// The component of a folder beside or below this crate, built once per process by the code behind `sluice connector build`.
macro_rules! component {
    ($name:ident, $folder:literal) => {
        pub(crate) fn $name() -> &'static [u8] {
            static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
            BYTES.get_or_init(|| {
                let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join($folder);
                sluice_build::build(&folder, &sluice_build::Options::beside(&folder)).unwrap().bytes
            })
        }
    };
}

component!(braze, "../connectors/braze");
component!(postgresql, "../connectors/postgresql");
// Keeps no promise, and lists no members.
component!(careless, "guests/careless");

/// The machine's clock, set forward by so many seconds.
#[derive(Debug, Default)]
pub(crate) struct Forward(AtomicI64);

impl Forward {
    pub(crate) fn by(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for Forward {
    fn now(&self) -> jiff::Timestamp {
        SystemClock.now() + jiff::SignedDuration::from_secs(self.0.load(Ordering::SeqCst))
    }
}

/// A folder for data and state, and a twin.
pub(crate) struct Rig {
    pub(crate) dir: TempDir,
    pub(crate) twin: Running,
}

impl Rig {
    pub(crate) async fn new() -> Self {
        Self::with(Options::with_key(API_KEY)).await
    }

    pub(crate) async fn with(options: Options) -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("data")).unwrap();
        Self { dir, twin: Twin::start(options).await.unwrap() }
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.dir.path().join("state")
    }

    /// A destination that leads to the twin.
    pub(crate) fn destination(&self) -> Value {
        json!({
            "name": "braze", "connector": "braze", "settings": { "rest_host": "rest.fra-01" },
            "grant": { "stand_ins": [{ "host": BRAZE, "origin": self.twin.url() }] },
            "credentials": { "rest_api_key": API_KEY },
        })
    }

    /// A host over the state folder with a workspace `main` and the connector installed.
    pub(crate) async fn sluice(&self) -> Sluice {
        let sluice = Sluice::start(&self.state()).await;
        sluice.install(braze()).await;
        sluice
    }
}

/// A running host and the way to it.
pub(crate) struct Sluice {
    pub(crate) client: Client,
    pub(crate) address: SocketAddr,
    pub(crate) host: Host,
    stop: CancellationToken,
    tasks: Vec<tokio::task::JoinHandle<()>>,
}

impl Sluice {
    /// Starts, making a workspace when the state folder is new.
    pub(crate) async fn start(state: &Path) -> Self {
        Self::start_at(state, Arc::new(SystemClock)).await
    }

    /// The same with another clock.
    pub(crate) async fn start_at(state: &Path, clock: Arc<dyn Clock>) -> Self {
        Self::start_on(state, clock, "127.0.0.1:0".parse().unwrap()).await
    }

    /// The same on an address that browsers know.
    pub(crate) async fn start_on(state: &Path, clock: Arc<dyn Clock>, address: SocketAddr) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let store = Store::open(state, MasterKey::from_bytes([7; 32]), clock).await.unwrap();
        let first = sluice_store::PageRequest { after: None, limit: 10 };
        let workspaces = store.workspaces(&first).await.unwrap().items;
        let ws = match workspaces.first() {
            Some(workspace) => workspace.id,
            None => store.create_workspace(&Actor::system(), "main", "UTC").await.unwrap().id,
        };
        let new = NewApiKey { name: "test".into(), role: Role::Admin, workspace: Some(ws), expires_at: None };
        let key = store.create_api_key(&Actor::system(), &new).await.unwrap().1;
        let host = Host::new(store).unwrap();
        let stop = CancellationToken::new();
        let listener = tokio::net::TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let base = format!("http://{address}/v1/workspaces/{ws}");
        let api = Api::new(host.clone()).with_public_url(&format!("http://{address}"));
        let (router, stopped) = (sluice_api::router(api), stop.clone());
        let api = tokio::spawn(async move {
            axum::serve(listener, router).with_graceful_shutdown(stopped.cancelled_owned()).await.unwrap();
        });
        let (worker, stopped) = (host.clone(), stop.clone());
        let runs = tokio::spawn(async move { worker.serve(stopped).await.unwrap() });
        Self { client: Client { http: reqwest::Client::new(), base, key }, address, host, stop, tasks: vec![api, runs] }
    }

    /// Stops as `sluice serve` does; the store is closed after this.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        drop((self.client, self.host));
        for task in self.tasks {
            task.await.unwrap();
        }
    }
}

impl std::ops::Deref for Sluice {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

/// An answer of the API.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) json: Value,
}

impl Answer {
    pub(crate) fn ok(self) -> Value {
        assert!(self.status < 300, "{} {:#}", self.status, self.json);
        self.json
    }

    pub(crate) fn code(&self) -> &str {
        self.json["code"].as_str().unwrap_or_default()
    }

    /// `pointer code` of each place that must change.
    pub(crate) fn places(&self) -> Vec<String> {
        let text = |e: &Value| format!("{} {}", e["pointer"].as_str().unwrap_or("-"), e["code"].as_str().unwrap_or("-"));
        self.json["errors"].as_array().into_iter().flatten().map(text).collect()
    }
}

/// What an operator's program is: an address and a key.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) http: reqwest::Client,
    /// Of the workspace.
    pub(crate) base: String,
    pub(crate) key: String,
}

impl Client {
    pub(crate) async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let answer = request.bearer_auth(&self.key).send().await.unwrap();
        Answer { status: answer.status().as_u16(), json: answer.json().await.unwrap_or_default() }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(self.http.get(format!("{}{path}", self.base))).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(self.http.post(format!("{}{path}", self.base)).json(body)).await
    }

    /// Deletes what lies at the path, as it is now.
    pub(crate) async fn delete(&self, path: &str) -> Answer {
        let revision = self.get(path).await.ok()["revision"].clone();
        self.send(self.http.delete(format!("{}{path}", self.base)).header("if-match", format!("\"{revision}\""))).await
    }

    pub(crate) async fn install(&self, bytes: &[u8]) -> Value {
        let request = self.http.post(format!("{}/connectors", self.base)).header("content-type", "application/wasm");
        self.send(request.body(bytes.to_vec())).await.ok()
    }

    pub(crate) async fn apply(&self, bundle: &Value) -> Value {
        self.post("/apply", bundle).await.ok()
    }

    /// The id of a named object of a kind (`activations`).
    pub(crate) async fn id(&self, kind: &str, name: &str) -> String {
        let list = self.get(&format!("/{kind}?limit=500")).await.ok();
        let found = list["items"].as_array().unwrap().iter().find(|o| o["name"] == name);
        found.unwrap_or_else(|| panic!("no {name} in {list:#}"))["id"].as_str().unwrap().to_owned()
    }

    /// Starts a run of a named activation; its id.
    pub(crate) async fn start_run(&self, activation: &str) -> String {
        let id = self.id("activations", activation).await;
        self.post(&format!("/activations/{id}/runs"), &json!({})).await.ok()["id"].as_str().unwrap().to_owned()
    }

    /// Waits until a run has ended or waits for a person.
    pub(crate) async fn wait(&self, run: &str) -> Value {
        let started = Instant::now();
        loop {
            let seen = self.get(&format!("/runs/{run}")).await.ok();
            if seen["finished"] == true || seen["state"] == "held" {
                return seen;
            }
            assert!(started.elapsed() < Duration::from_secs(240), "still not at its end: {seen:#}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until a run that was decided on has ended.
    pub(crate) async fn finish(&self, run: &Value) -> Value {
        let started = Instant::now();
        loop {
            let seen = self.wait(run["id"].as_str().unwrap()).await;
            if seen["finished"] == true {
                return seen;
            }
            assert!(started.elapsed() < Duration::from_secs(60), "decided, and still held: {seen:#}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// A run of a named activation, to its end.
    pub(crate) async fn run(&self, activation: &str) -> Value {
        self.wait(&self.start_run(activation).await).await
    }

    /// Every record of a run.
    pub(crate) async fn records(&self, run: &Value) -> Vec<Value> {
        self.all(&format!("/runs/{}/records", run["id"].as_str().unwrap())).await
    }

    /// Every request that a run caused, as the egress ledger has it.
    pub(crate) async fn egress(&self, run: &str) -> Vec<Value> {
        self.all(&format!("/runs/{run}/egress")).await
    }

    /// Every item of a list, page by page.
    pub(crate) async fn all(&self, path: &str) -> Vec<Value> {
        let mut all = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = self.get(&format!("{path}{}limit=500{cursor}", if path.contains('?') { '&' } else { '?' })).await.ok();
            all.extend(page["items"].as_array().unwrap().iter().cloned());
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return all,
            }
        }
    }
}

/// The numbers of a run that are not zero, as `word n` in the order of the eight words.
pub(crate) fn tally(run: &Value) -> String {
    let tally = &run["counters"]["tally"];
    let words = ["accepted", "rejected", "invalid", "skipped", "carried", "unknown", "pending", "expired"];
    let told = words.iter().filter_map(|w| tally[w].as_u64().filter(|n| *n > 0).map(|n| format!("{w} {n}")));
    told.collect::<Vec<_>>().join(", ")
}

/// `state code` of a run that has ended or is held.
pub(crate) fn end(run: &Value) -> String {
    let why = if run["state"] == "held" { &run["hold"] } else { &run["failure"] };
    let code = why["code"].as_str().unwrap_or("");
    format!("{} {code}", run["state"].as_str().unwrap()).trim_end().to_owned()
}
