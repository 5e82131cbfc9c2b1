//! A session: one run's use of one program. Its instances share the door, the budgets that count over the run, and the stop.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use sluice_catalog::Code;
use tokio_util::sync::CancellationToken;

use crate::{
    door::Door,
    fault::{Fault, Stop},
    instance::Instance,
    limits::Limits,
    program::Program,
};

/// One run's use of a program. Cheap to clone; its instances may outlive it.
#[derive(Clone)]
pub struct Session {
    pub(crate) program: Program,
    pub(crate) shared: Arc<Shared>,
}

/// What the instances of a run have in common, also when they run on other threads.
pub(crate) struct Shared {
    pub(crate) door: Arc<dyn Door>,
    pub(crate) limits: Limits,
    pub(crate) stop: CancellationToken,
    cpu_ns: AtomicU64,
    host_calls: AtomicU64,
    copied_bytes: AtomicU64,
    log_lines: AtomicU64,
    log_bytes: AtomicU64,
    log_dropped: AtomicU64,
}

/// What to do with a log line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line {
    Pass,
    /// The first one beyond the budget: say once that more are dropped.
    SayDropped,
    Drop,
}

/// What a run has used so far, over all of its instances.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RunUse {
    /// CPU time of guest threads, in calls and starts.
    pub cpu: Duration,
    /// Calls from guests to the host.
    pub host_calls: u64,
    /// Bytes handed over by guests, log lines left out.
    pub copied_bytes: u64,
    /// Log lines beyond the budget.
    pub log_lines_dropped: u64,
}

impl Session {
    pub(crate) fn new(program: Program, door: Arc<dyn Door>, limits: Limits) -> Self {
        let shared = Shared {
            door,
            limits,
            stop: CancellationToken::new(),
            cpu_ns: AtomicU64::new(0),
            host_calls: AtomicU64::new(0),
            copied_bytes: AtomicU64::new(0),
            log_lines: AtomicU64::new(0),
            log_bytes: AtomicU64::new(0),
            log_dropped: AtomicU64::new(0),
        };
        Self { program, shared: Arc::new(shared) }
    }

    /// One more instance. It starts with its first call (or with [`Instance::start`]), on the guest thread that makes it.
    pub fn instance(&self) -> Instance {
        Instance::new(self.clone())
    }

    /// Runs `work` on a guest thread: for whoever makes many calls one after the other with [`Instance::call_here`]. The engine waits
    /// for it when it ends, so it must end by itself. `connector-no-room` when no thread is free and too many wait for one.
    pub fn on_guest_thread(&self, work: impl FnOnce() + Send + 'static) -> Result<(), Fault> {
        let queued = self.program.engine.0.workers.run(Box::new(work));
        queued.map_err(|none| Fault { code: Code::ConnectorNoRoom, cause: none.to_string(), requests_left: false })
    }

    /// The program.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// Ends every call under way, and every later one at once, with `run-cancelled`. For good.
    pub fn stop(&self) {
        self.shared.stop.cancel();
    }

    /// What the run has used so far; of calls under way, up to their last tick.
    pub fn run_use(&self) -> RunUse {
        let shared = &self.shared;
        RunUse {
            cpu: Duration::from_nanos(shared.cpu_ns.load(Relaxed)),
            host_calls: shared.host_calls.load(Relaxed),
            copied_bytes: shared.copied_bytes.load(Relaxed),
            log_lines_dropped: shared.log_dropped.load(Relaxed),
        }
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("program", &self.program).finish_non_exhaustive()
    }
}

impl Shared {
    /// Counts CPU time that was used since it was last counted.
    pub(crate) fn spend_cpu(&self, more: Duration) -> Result<(), Stop> {
        let more = u64::try_from(more.as_nanos()).unwrap_or(u64::MAX);
        let used = Duration::from_nanos(self.cpu_ns.fetch_add(more, Relaxed).saturating_add(more));
        let allowed = self.limits.cpu_per_run;
        if used > allowed { Err(Stop::CpuOfRun { used, allowed }) } else { Ok(()) }
    }

    pub(crate) fn spend_host_call(&self) -> Result<(), Stop> {
        let allowed = self.limits.host_calls_per_run;
        if self.host_calls.fetch_add(1, Relaxed) >= allowed { Err(Stop::HostCallsOfRun { allowed }) } else { Ok(()) }
    }

    pub(crate) fn spend_copied(&self, bytes: usize) -> Result<(), Stop> {
        let (bytes, allowed) = (bytes as u64, self.limits.copied_bytes_per_run);
        let used = self.copied_bytes.fetch_add(bytes, Relaxed).saturating_add(bytes);
        if used > allowed { Err(Stop::CopiedOfRun { allowed }) } else { Ok(()) }
    }

    /// Counts a log line of `bytes` bytes.
    pub(crate) fn spend_line(&self, bytes: usize) -> Line {
        let bytes = bytes as u64;
        let lines = self.log_lines.fetch_add(1, Relaxed);
        let text = self.log_bytes.fetch_add(bytes, Relaxed).saturating_add(bytes);
        if lines < self.limits.log_lines_per_run && text <= self.limits.log_bytes_per_run {
            Line::Pass
        } else if self.log_dropped.fetch_add(1, Relaxed) == 0 {
            Line::SayDropped
        } else {
            Line::Drop
        }
    }
}
