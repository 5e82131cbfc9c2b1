//! What a run brings to the gate.

use std::{collections::HashSet, sync::Arc, sync::Mutex};

use sluice_catalog::record::EgressRecord;
use tokio_util::sync::CancellationToken;

use crate::{credential::Credentials, limits::LINKS_MAX, pace::Pacer, policy::Policy, spool::Spool};

/// Takes the lines of the egress ledger.
pub trait Recorder: Send + Sync {
    /// Exactly one for each request, also for a refused, failed or cancelled one. Must not block: it is called while the request's
    /// connection is held.
    fn record(&self, record: EgressRecord);
}

/// The links that one task's answers have handed out. Shared by the requests of the task; at most [`LINKS_MAX`].
#[derive(Debug, Default)]
pub struct Links(Mutex<HashSet<(usize, Box<str>)>>);

impl Links {
    pub(crate) fn contains(&self, entry: usize, url: &str) -> bool {
        let seen = self.0.lock().unwrap_or_else(|e| e.into_inner());
        !seen.is_empty() && seen.contains(&(entry, url.into()))
    }

    pub(crate) fn insert(&self, entry: usize, url: &str) {
        let mut seen = self.0.lock().unwrap_or_else(|e| e.into_inner());
        if seen.len() < LINKS_MAX {
            seen.insert((entry, url.into()));
        }
    }
}

/// A run's right to use a gate. Cheap to clone: everything in it is shared.
#[derive(Clone)]
pub struct Pass {
    pub(crate) policy: Arc<Policy>,
    pub(crate) credentials: Arc<Credentials>,
    pub(crate) pacer: Arc<Pacer>,
    pub(crate) component: Arc<str>,
    pub(crate) recorder: Arc<dyn Recorder>,
    pub(crate) spool: Option<Arc<Spool>>,
    pub(crate) cancel: CancellationToken,
    pub(crate) links: Arc<Links>,
}

impl Pass {
    /// `component`: `sha256:` and 64 hexadecimal digits. Without a spool, and never cancelled, until said otherwise.
    pub fn new(
        policy: Arc<Policy>,
        credentials: Arc<Credentials>,
        pacer: Arc<Pacer>,
        component: impl Into<Arc<str>>,
        recorder: Arc<dyn Recorder>,
    ) -> Self {
        let (component, cancel) = (component.into(), CancellationToken::new());
        Self { policy, credentials, pacer, component, recorder, spool: None, cancel, links: Arc::default() }
    }

    /// With the run's spool, for bodies larger than memory.
    pub fn with_spool(self, spool: Arc<Spool>) -> Self {
        Self { spool: Some(spool), ..self }
    }

    /// Ends every wait when `cancel` is cancelled (`egress-cancelled`).
    pub fn with_cancel(self, cancel: CancellationToken) -> Self {
        Self { cancel, ..self }
    }

    /// For another task of the same run: everything but the links, which belong to the task whose answers held them.
    pub fn for_new_task(&self) -> Self {
        Self { links: Arc::default(), ..self.clone() }
    }

    /// The policy.
    pub fn policy(&self) -> &Arc<Policy> {
        &self.policy
    }

    /// The spool, where there is one.
    pub fn spool(&self) -> Option<&Arc<Spool>> {
        self.spool.as_ref()
    }
}
