//! A twin, a gate that leads to it, and a session of the component between them.

use std::{
    path::Path,
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use rand::{SeedableRng, rngs::StdRng};
use sluice_catalog::{
    contract::{Call, Halt, MembersPage, Operation, Outcome, Part, Reply, Task, Written},
    destination::{Grant, StandIn},
    manifest::Manifest,
    record::EgressRecord,
    seal::Secret,
};
use sluice_egress::{Credentials, Gate, Pacer, Pass, Policy, Spool};
use sluice_sandbox::{Engine, EngineOptions, Fault, Limits, Program, Session, check_receipt};
use sluice_twins::iterable::{Options, Project, Running, Twin};
use tempfile::TempDir;
use tokio::runtime::Handle;

use crate::{
    door::{GateDoor, Lines},
    table::Table,
};

/// The key that the twin knows.
pub(crate) const API_KEY: &str = "5e1f-twin-key";
/// The host that the component speaks to; the grant leads it to the twin.
pub(crate) const HOST: &str = "api.eu.iterable.com";
/// Path of attributes.
pub(crate) const BULK_UPDATE: &str = "/api/users/bulkUpdate";
/// Path of additions.
pub(crate) const SUBSCRIBE: &str = "/api/lists/subscribe";
/// Path of removals.
pub(crate) const UNSUBSCRIBE: &str = "/api/lists/unsubscribe";
/// Options of a list that makes nobody.
pub(crate) const VIP: &str = r#"{"list":"VIP FR"}"#;

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

/// A twin and a session that leads to it.
pub(crate) struct Rig {
    pub(crate) twin: Running,
    session: Session,
    lines: Arc<Lines>,
    settings: String,
    deadline: Duration,
    /// Of the spool.
    _folder: TempDir,
}

/// What the host is told of a write.
pub(crate) type Told = Result<Result<Written, Halt>, Fault>;

/// The setting `project_type` of a twin's project.
fn word(project: Project) -> &'static str {
    match project {
        Project::Email => "email",
        Project::UserId => "userId",
        Project::Hybrid => "hybrid",
    }
}

impl Rig {
    /// With a twin of a project of this type, without users or lists.
    pub(crate) async fn of(project: Project) -> Self {
        let options = Options { project, ..Options::with_key(API_KEY) };
        Self::with(options, API_KEY).await
    }

    /// With a twin of these options; the host holds this key.
    pub(crate) async fn with(options: Options, key: &str) -> Self {
        let project = options.project;
        let twin = Twin::start(options).await.unwrap();
        let origin = twin.url().to_owned();
        Self::over(twin, &origin, project, key)
    }

    /// With a gate that leads to a port where nobody listens.
    pub(crate) async fn leading_nowhere(project: Project) -> Self {
        let twin = Twin::start(Options { project, ..Options::with_key(API_KEY) }).await.unwrap();
        let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        Self::over(twin, &format!("http://{closed}"), project, API_KEY)
    }

    fn over(twin: Running, origin: &str, project: Project, key: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings = format!(r#"{{"data_center":"EU","project_type":"{}"}}"#, word(project));
        let (door, lines) = gate(origin, key, &settings, folder.path());
        let session = component().0.session(door, Limits::default());
        Self { twin, session, lines, settings, deadline: Duration::from_secs(20), _folder: folder }
    }

    /// With other settings of the destination than those that the gate was made for.
    pub(crate) fn settings(mut self, json: &str) -> Self {
        self.settings = json.to_owned();
        self
    }

    /// With another deadline of each call.
    pub(crate) fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    fn task(&self, service: &str, mode: &str, options: &str, keep: &[u8]) -> Task {
        Task {
            service: service.to_owned(),
            mode: mode.to_owned(),
            settings: self.settings.clone(),
            options: options.to_owned(),
            now_ms: 1_764_000_000_000,
            keep: keep.to_vec(),
            attrs: Vec::new(),
        }
    }

    /// One call, on an instance of its own.
    async fn call(&self, call: Call) -> Result<Reply, Fault> {
        let mut instance = self.session.instance();
        instance.call(call, Instant::now() + self.deadline).await
    }

    /// The connection check.
    pub(crate) async fn check(&self) -> Result<String, Halt> {
        let call = Call::Check { task: self.task("", "", "{}", b""), resume: None };
        let Reply::Text(told) = self.call(call).await.unwrap() else { panic!("not the answer of a check") };
        told
    }

    /// What `setup` keeps for an activation.
    pub(crate) async fn setup(&self, service: &str, mode: &str, options: &str) -> Result<Vec<u8>, Halt> {
        let call = Call::Setup { task: self.task(service, mode, options, b""), resume: None };
        let Reply::Bytes(told) = self.call(call).await.unwrap() else { panic!("not the answer of a setup") };
        told
    }

    /// A page of the members of a list.
    pub(crate) async fn members(&self, segment: &str, cursor: Option<Vec<u8>>) -> Result<MembersPage, Halt> {
        let call = Call::Members { task: self.task("", "", "{}", b""), segment: segment.to_owned(), cursor, resume: None };
        let Reply::Members(told) = self.call(call).await.unwrap() else { panic!("not a page of members") };
        told
    }

    /// One write of a whole table, whatever comes of it.
    pub(crate) async fn told(
        &self,
        (service, mode, options, keep): (&str, &str, &str, &[u8]),
        operation: Operation,
        table: Table,
    ) -> Told {
        let (schema, batch) = table.into_parts();
        let part = Part { key: "a1".to_owned(), number: 1, last: true, rows_total: None, attempt: 1 };
        let task = self.task(service, mode, options, keep);
        let call = Call::Write { task, state: Vec::new(), operation, part, schema, batch };
        self.call(call).await.map(|reply| match reply {
            Reply::Written(told) => told,
            other => panic!("not the answer of a write: {other:?}"),
        })
    }

    /// An upsert of attributes.
    pub(crate) async fn upsert(&self, table: Table) -> Written {
        self.told(("attributes", "upsert", "{}", b""), Operation::Upsert, table).await.unwrap().unwrap()
    }

    /// An upsert that halts.
    pub(crate) async fn upsert_halts(&self, table: Table) -> Halt {
        self.told(("attributes", "upsert", "{}", b""), Operation::Upsert, table).await.unwrap().unwrap_err()
    }

    /// Additions to, or removals from, the list [`VIP`], as `setup` found or made it.
    pub(crate) async fn list(&self, keep: &[u8], operation: Operation, table: Table) -> Written {
        self.told(("lists", "list", VIP, keep), operation, table).await.unwrap().unwrap()
    }

    /// Lines of the egress ledger so far.
    pub(crate) fn lines(&self) -> Vec<EgressRecord> {
        self.lines.all()
    }
}

fn gate(origin: &str, key: &str, settings: &str, folder: &Path) -> (Arc<GateDoor>, Arc<Lines>) {
    let manifest = &component().1;
    let grant = Grant { stand_ins: vec![StandIn { host: HOST.to_owned(), origin: origin.to_owned() }], ..Grant::default() };
    let settings: serde_json::Value = settings.parse().unwrap();
    let policy = Policy::resolve(manifest, &grant, &settings).unwrap();
    let secret = Secret::new(key.as_bytes().to_vec());
    let credentials = Credentials::bind(manifest, [("api_key".to_owned(), secret)]).unwrap();
    let lines = Arc::new(Lines::default());
    let pacer = Arc::new(Pacer::new(manifest));
    let spool = Arc::new(Spool::new(folder, &mut StdRng::seed_from_u64(1)).unwrap());
    let pass = Pass::new(Arc::new(policy), Arc::new(credentials), pacer, "sha256:test", lines.clone()).with_spool(spool.clone());
    let gate = Gate::new(sluice_egress::Options::default()).unwrap();
    (Arc::new(GateDoor { gate, pass, spool, runtime: Handle::current() }), lines)
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
