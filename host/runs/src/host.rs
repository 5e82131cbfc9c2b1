//! The host: everything that the API and the command line can ask of the rooms below, over one store, one engine and one set of
//! pacers. Cheap to clone.

use std::{
    collections::{BTreeSet, HashMap},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use jiff::{Timestamp, ToSpan};
use sluice_catalog::{
    activation::{Activation, Schedule},
    ids::{ActivationId, RunId, SegmentId, WorkspaceId},
};
use sluice_egress::Tokens;
use sluice_sandbox::{CodeCache, Engine, EngineOptions};
use sluice_store::{Store, Trigger, TriggerKind};
use tokio::sync::{Notify, watch};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{connect, error::RunError, housekeeping, link::Pacers, progress::Progress, verdict::Why};

/// The host.
#[derive(Clone)]
pub struct Host(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) store: Store,
    pub(crate) engine: Engine,
    pub(crate) query: sluice_query::Engine,
    pub(crate) pacers: Pacers,
    pub(crate) tokens: Tokens,
    /// Links to connect accounts.
    pub(crate) connects: connect::Links,
    /// Lines of statements, and cancel requests: short work that nobody waits for at once, waited for when the process ends.
    pub(crate) tasks: TaskTracker,
    /// Woken when a run may be claimable.
    pub(crate) wake: Notify,
    /// Runs under way in this process.
    pub(crate) running: Mutex<HashMap<RunId, Running>>,
    /// Remote segments that are being read.
    pub(crate) refreshing: Mutex<BTreeSet<SegmentId>>,
    /// Cancelled when the host comes to its end.
    pub(crate) ending: CancellationToken,
}

/// What others may do to a run that is under way here.
#[derive(Clone)]
pub(crate) struct Running {
    pub(crate) cancel: CancellationToken,
    pub(crate) progress: watch::Receiver<Progress>,
}

impl Host {
    /// Over an open store. Compiled components are kept in the state folder. Within the runtime that outlives the host's work: tokens are
    /// asked for there.
    pub fn new(store: Store) -> Result<Self, RunError> {
        housekeeping::sweep_scratch(store.state_dir()).map_err(RunError::io("the scratch folders"))?;
        let defect = |e: String| RunError::Said(Why::ours(sluice_catalog::Code::StateIo, e));
        let cache = store
            .entropy()
            .with(|rng| CodeCache::open(store.state_dir().join("compiled"), rng))
            .map_err(|e| defect(e.to_string()))?;
        let engine = Engine::new(EngineOptions { cache: Some(cache), ..EngineOptions::default() })
            .map_err(|e| RunError::Defect(e.to_string()))?;
        let state = store.state_dir().to_owned();
        let settings = sluice_query::Settings::new(state.join("spill"));
        let query = sluice_query::Engine::new(sluice_query::Settings { private: Some(state), ..settings })?;
        let tasks = TaskTracker::new();
        let gate = sluice_egress::Options { clock: store.clock().clone(), ..Default::default() };
        let tokens = Tokens::new(gate, tasks.clone());
        let inner = Inner {
            store,
            engine,
            query,
            pacers: Pacers::default(),
            tokens,
            connects: connect::Links::default(),
            tasks,
            wake: Notify::new(),
            running: Mutex::default(),
            refreshing: Mutex::default(),
            ending: CancellationToken::new(),
        };
        Ok(Self(Arc::new(inner)))
    }

    /// The store: declared objects, runs, audit, keys.
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// The sandbox's engine.
    pub fn engine(&self) -> &Engine {
        &self.0.engine
    }

    /// Where a run keeps its spill and its change set.
    pub(crate) fn scratch(&self, ws: WorkspaceId, run: RunId) -> PathBuf {
        self.runs().join(ws.to_string()).join(run.to_string())
    }

    /// Where the folders of runs lie.
    pub(crate) fn runs(&self) -> PathBuf {
        self.store().state_dir().join("runs")
    }

    /// Where scratch of questions (previews, tests) lives; emptied at start.
    pub(crate) fn questions(&self) -> PathBuf {
        self.store().state_dir().join("questions")
    }

    /// Where ledgers live.
    pub(crate) fn ledgers(&self) -> PathBuf {
        self.store().state_dir().join("ledger")
    }

    /// Queues a run of an activation and wakes the workers. `run-overlap` when one is under way.
    pub async fn start_run(
        &self,
        ws: WorkspaceId,
        act: ActivationId,
        by: &str,
        flags: Flags,
    ) -> Result<sluice_store::Run, RunError> {
        self.queue(ws, act, Trigger { kind: TriggerKind::Manual, by: by.to_owned() }, flags).await
    }

    pub(crate) async fn queue(
        &self,
        ws: WorkspaceId,
        act: ActivationId,
        trigger: Trigger,
        flags: Flags,
    ) -> Result<sluice_store::Run, RunError> {
        let flags = serde_json::to_value(flags).expect("flags are plain data");
        let new = sluice_store::NewRun { activation: act, trigger, flags, now: self.store().now() };
        let run = self.store().create_run(ws, &new).await?;
        self.0.wake.notify_one();
        Ok(run)
    }

    /// Asks a run to stop at the next batch line.
    pub async fn cancel(&self, ws: WorkspaceId, run: RunId, by: &str) -> Result<sluice_store::Run, RunError> {
        let after = self.store().request_cancel(ws, run, &sluice_store::Actor::new(by)).await?;
        if let Some(running) = self.running(run) {
            running.cancel.cancel();
        }
        self.0.wake.notify_one();
        Ok(after)
    }

    /// Approves the held diff with this hash; the run goes on.
    pub async fn confirm(&self, ws: WorkspaceId, run: RunId, diff_hash: &str, by: &str) -> Result<sluice_store::Run, RunError> {
        let after = self.store().confirm(ws, run, diff_hash, &sluice_store::Actor::new(by)).await?;
        self.0.wake.notify_one();
        Ok(after)
    }

    /// Throws the held diff away; the destination and the ledger stay as they are.
    pub async fn discard(&self, ws: WorkspaceId, run: RunId, diff_hash: &str, by: &str) -> Result<sluice_store::Run, RunError> {
        let after = self.store().discard(ws, run, diff_hash, &sluice_store::Actor::new(by)).await?;
        self.0.wake.notify_one();
        Ok(after)
    }

    /// How far a run that is under way in this process has come; none for others.
    pub fn subscribe(&self, run: RunId) -> Option<watch::Receiver<Progress>> {
        self.running(run).map(|running| running.progress)
    }

    fn running(&self, run: RunId) -> Option<Running> {
        self.0.running.lock().unwrap_or_else(PoisonError::into_inner).get(&run).cloned()
    }

    /// Takes a new or changed activation into the schedule. To be called after each change of one.
    pub async fn reschedule(&self, ws: WorkspaceId, act: ActivationId) -> Result<(), RunError> {
        let activation = self.store().get::<Activation>(ws, act).await?;
        let state = self.store().activation_state(ws, act).await?;
        let due = next_due(&activation.value, state.last_end, self.store().now());
        self.store().set_next_due(ws, act, due).await?;
        self.0.wake.notify_one();
        Ok(())
    }
}

/// When an activation is due: an interval after the end of its last run, at once when it has never run, never when it is manual or
/// disabled.
pub(crate) fn next_due(activation: &Activation, last_end: Option<Timestamp>, now: Timestamp) -> Option<Timestamp> {
    match activation.schedule {
        Schedule::EverySeconds(seconds) if activation.enabled => {
            let wait = i64::try_from(seconds).unwrap_or(i64::MAX).min(10 * 366 * 86_400);
            Some(last_end.map_or(now, |end| end.saturating_add(wait.seconds()).unwrap_or(now)))
        }
        Schedule::EverySeconds(_) | Schedule::Manual => None,
    }
}

/// What is special about a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Flags {
    /// Send every current row again, whatever the ledger says; rows that left are still removed.
    pub full_resync: bool,
    /// Adopt the present rows as delivered, without sending.
    pub baseline: bool,
    /// Offer refused rows again although they have not changed.
    pub retry_rejected: bool,
    /// Begin with an empty ledger, as the first run does: for one whose files are damaged. What has left the source since the last
    /// run is forgotten, not removed.
    pub new_ledger: bool,
}

/// Makes a folder for this user alone.
pub(crate) fn private_dir(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}
