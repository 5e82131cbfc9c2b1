//! A twin, a gate that leads to it, and a session of the component between them.

use std::{
    os::unix::net::UnixStream,
    path::Path,
    sync::{Arc, Mutex, OnceLock},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use sluice_catalog::{
    contract::{Call, Halt, Operation, Outcome, Part, Reply, Task, Written},
    destination::{Grant, StandIn},
    manifest::Manifest,
    record::EgressRecord,
    seal::Secret,
};
use sluice_egress::{Credentials, Deadline, Gate, Pacer, Pass, Policy, Recorder};
use sluice_sandbox::{
    Answer, Ask, Door, Engine, EngineOptions, Fault, Limits, Program, Session, SocketDoor, Until, check_receipt, serve_door,
};
use sluice_twins::braze::{Options, Running, Twin};
use tokio::runtime::Handle;

use crate::table::Table;

/// The key that the twin knows.
pub(crate) const API_KEY: &str = "0d5e-twin-key";
/// The host that the component speaks to; the grant leads it to the twin.
pub(crate) const HOST: &str = "rest.fra-01.braze.eu";
/// Path of attributes, events and lists.
pub(crate) const TRACK: &str = "/users/track";
/// Path of subscriptions.
pub(crate) const SUBSCRIPTION: &str = "/v2/subscription/status/set";

/// The component and its manifest, built and compiled once per process, by the code behind `sluice connector build`.
fn component() -> &'static (Program, Manifest) {
    static COMPILED: OnceLock<(Program, Manifest)> = OnceLock::new();
    COMPILED.get_or_init(|| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
        let built = sluice_build::build(folder, &sluice_build::Options::beside(folder)).unwrap();
        let engine = Engine::new(EngineOptions { instances_max: 64, ..EngineOptions::default() }).unwrap();
        (engine.compile(&built.bytes).unwrap(), built.manifest)
    })
}

/// What left through the gate.
#[derive(Default)]
struct Lines(Mutex<Vec<EgressRecord>>);

impl Recorder for Lines {
    fn record(&self, record: EgressRecord) {
        self.0.lock().unwrap().push(record);
    }
}

/// The gate as the only thing behind the door: this connector keeps no spool, and its log is not looked at.
struct GateDoor {
    gate: Gate,
    pass: Pass,
    runtime: Handle,
}

impl Door for GateDoor {
    fn ask(&self, ask: Ask, until: &Until) -> Answer {
        let deadline = Deadline::at(tokio::time::Instant::from_std(until.deadline()));
        match ask {
            Ask::Send(request) => Answer::Sent(self.runtime.block_on(self.gate.send(&self.pass, request, deadline))),
            Ask::Log { .. } => Answer::Noted,
            other => panic!("the connector asks for {other:?}"),
        }
    }
}

/// A twin and a session that leads to it.
pub(crate) struct Rig {
    pub(crate) twin: Running,
    session: Option<Session>,
    lines: Arc<Lines>,
    /// Serves the door, where it is across a socket.
    serving: Option<JoinHandle<std::io::Result<()>>>,
    settings: String,
    deadline: Duration,
}

/// What the host is told of a write.
pub(crate) type Told = Result<Result<Written, Halt>, Fault>;

impl Rig {
    /// With a twin of the usual contract.
    pub(crate) async fn new() -> Self {
        Self::with(Options::with_key(API_KEY), API_KEY).await
    }

    /// With a twin of these options; the host holds this key.
    pub(crate) async fn with(options: Options, key: &str) -> Self {
        let twin = Twin::start(options).await.unwrap();
        let (door, lines) = gate(twin.url(), key);
        Self::over(twin, lines, door, None)
    }

    /// The same with guests and host on the two ends of a socket pair.
    pub(crate) async fn across_a_socket() -> Self {
        let twin = Twin::start(Options::with_key(API_KEY)).await.unwrap();
        let (door, lines) = gate(twin.url(), API_KEY);
        let (guests, host) = UnixStream::pair().unwrap();
        let serving = thread::spawn(move || serve_door(host, door.as_ref()));
        Self::over(twin, lines, Arc::new(SocketDoor::connect(guests).unwrap()), Some(serving))
    }

    fn over(twin: Running, lines: Arc<Lines>, door: Arc<dyn Door>, serving: Option<JoinHandle<std::io::Result<()>>>) -> Self {
        let session = Some(component().0.session(door, Limits::default()));
        let settings = r#"{"rest_host":"rest.fra-01"}"#.to_owned();
        Self { twin, session, lines, serving, settings, deadline: Duration::from_secs(20) }
    }

    /// With other settings of the destination.
    pub(crate) fn settings(mut self, json: &str) -> Self {
        self.settings = json.to_owned();
        self
    }

    fn task(&self, service: &str, mode: &str, options: &str) -> Task {
        Task {
            service: service.to_owned(),
            mode: mode.to_owned(),
            settings: self.settings.clone(),
            options: options.to_owned(),
            now_ms: 1_764_000_000_000,
            keep: Vec::new(),
            attrs: Vec::new(),
        }
    }

    /// With a gate that leads to a port where nobody listens.
    pub(crate) async fn leading_nowhere() -> Self {
        let twin = Twin::start(Options::with_key(API_KEY)).await.unwrap();
        let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let (door, lines) = gate(&format!("http://{closed}"), API_KEY);
        Self::over(twin, lines, door, None)
    }

    /// With another deadline of each call.
    pub(crate) fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// One call, on an instance of its own.
    async fn call(&self, call: Call) -> Result<Reply, Fault> {
        let mut instance = self.session.as_ref().unwrap().instance();
        instance.call(call, Instant::now() + self.deadline).await
    }

    /// The connection check.
    pub(crate) async fn check(&self) -> Result<String, Halt> {
        let call = Call::Check { task: self.task("", "", "{}"), resume: None };
        let Reply::Text(told) = self.call(call).await.unwrap() else { panic!("not the answer of a check") };
        told
    }

    /// One write of a whole table, whatever comes of it.
    pub(crate) async fn told(&self, service: &str, mode: &str, options: &str, operation: Operation, table: Table) -> Told {
        let (schema, batch) = table.into_parts();
        let part = Part { key: "a1".to_owned(), number: 1, last: true, rows_total: None, attempt: 1 };
        let task = self.task(service, mode, options);
        let call = Call::Write { task, state: Vec::new(), operation, part, schema, batch };
        self.call(call).await.map(|reply| match reply {
            Reply::Written(told) => told,
            other => panic!("not the answer of a write: {other:?}"),
        })
    }

    /// An upsert of attributes.
    pub(crate) async fn upsert(&self, table: Table) -> Written {
        self.told("attributes", "upsert", "{}", Operation::Upsert, table).await.unwrap().unwrap()
    }

    /// An upsert that halts.
    pub(crate) async fn upsert_halts(&self, table: Table) -> Halt {
        self.told("attributes", "upsert", "{}", Operation::Upsert, table).await.unwrap().unwrap_err()
    }

    /// Lines of the egress ledger so far.
    pub(crate) fn lines(&self) -> Vec<EgressRecord> {
        self.lines.0.lock().unwrap().clone()
    }

    /// Lets go of the guests and waits until the host's side of the socket has ended by itself.
    pub(crate) fn close_socket(mut self) {
        drop(self.session.take());
        self.serving.take().expect("a rig across a socket").join().unwrap().unwrap();
    }
}

fn gate(twin: &str, key: &str) -> (Arc<GateDoor>, Arc<Lines>) {
    let manifest = &component().1;
    let grant = Grant { stand_ins: vec![StandIn { host: HOST.to_owned(), origin: twin.to_owned() }], ..Grant::default() };
    let settings = serde_json::json!({ "rest_host": "rest.fra-01" });
    let policy = Policy::resolve(manifest, &grant, &settings).unwrap();
    let secret = Secret::new(key.as_bytes().to_vec());
    let credentials = Credentials::bind(manifest, [("rest_api_key".to_owned(), secret)]).unwrap();
    let lines = Arc::new(Lines::default());
    let pacer = Arc::new(Pacer::new(manifest));
    let pass = Pass::new(Arc::new(policy), Arc::new(credentials), pacer, "sha256:test", lines.clone());
    let gate = Gate::new(sluice_egress::Options::default()).unwrap();
    (Arc::new(GateDoor { gate, pass, runtime: Handle::current() }), lines)
}

/// The word and the code of each row, in row order; no code for an accepted one.
pub(crate) fn outcomes(written: &Written, rows: u32) -> Vec<String> {
    let checked = check_receipt(&written.receipt, rows).expect("each row exactly once");
    let told = |outcome: &Outcome| match outcome {
        Outcome::Accepted => "accepted".to_owned(),
        Outcome::Pending => "pending".to_owned(),
        Outcome::Rejected(reason) => format!("rejected {}", reason.code),
        Outcome::Retry(reason) => format!("retry {}", reason.code),
        Outcome::Unknown(reason) => format!("unknown {}", reason.code),
        Outcome::Skipped(reason) => format!("skipped {}", reason.code),
    };
    checked.iter().map(told).collect()
}

/// The kind of a halt and its code.
pub(crate) fn halt(halt: &Halt) -> String {
    let (kind, reason) = match halt {
        Halt::Auth(reason) => ("auth", reason),
        Halt::Config(reason) => ("config", reason),
        Halt::Missing(reason) => ("missing", reason),
        Halt::Throttled(reason) => ("throttled", reason),
        Halt::Quota(reason) => ("quota", reason),
        Halt::Unavailable(reason) => ("unavailable", reason),
        Halt::Contract(reason) => ("contract", reason),
        Halt::SplitBatch { reason, .. } => ("split-batch", reason),
        Halt::Later(_) => return "later".to_owned(),
    };
    format!("{kind} {}", reason.code)
}
