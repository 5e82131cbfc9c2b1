//! The way from the host to one platform: component, sandbox session, egress pass. Made anew for each run and each question, so
//! that a changed grant, setting or secret is in force with the next one.

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use sluice_catalog::{
    Code,
    contract::Task,
    ids::{DestinationId, WorkspaceId},
    problem::Problem,
};
use sluice_egress::{AppBuckets, Credentials, Pacer, Pass, Policy, Spool, Tokens};
use sluice_sandbox::{Door, Engine, Limits, Session};
use sluice_store::Store;
use tokio_util::sync::CancellationToken;

use crate::{declared::Platform, door::EgressDoor, error::RunError, journal::Records, tokens, verdict::Why};

/// The pacers of destinations, kept while the process lives: the speed limits of an account are shared by everybody who uses it.
#[derive(Default)]
pub(crate) struct Pacers {
    /// With the component whose manifest declares the buckets.
    by_destination: Mutex<HashMap<DestinationId, (String, Arc<Pacer>)>>,
    app: AppBuckets,
}

impl Pacers {
    /// A new revision of a destination keeps its account's pace; another component may have other buckets.
    fn of(&self, platform: &Platform) -> Arc<Pacer> {
        let component = platform.connector.digest.as_str();
        let mut known = self.by_destination.lock().unwrap_or_else(PoisonError::into_inner);
        match known.get(&platform.destination.id) {
            Some((of, pacer)) if of == component => pacer.clone(),
            _ => {
                let pacer = Arc::new(Pacer::sharing(&platform.manifest, &self.app));
                known.insert(platform.destination.id, (component.to_owned(), pacer.clone()));
                pacer
            }
        }
    }
}

/// What a link is opened with.
pub(crate) struct Opening<'a> {
    /// The store.
    pub(crate) store: &'a Store,
    /// The engine.
    pub(crate) engine: &'a Engine,
    /// Kept pacers.
    pub(crate) pacers: &'a Pacers,
    /// Holders of tokens.
    pub(crate) tokens: &'a Tokens,
    /// Whose.
    pub(crate) workspace: WorkspaceId,
    /// Where to.
    pub(crate) platform: &'a Platform,
    /// Names the cause in logs and in the egress ledger.
    pub(crate) cause: String,
    /// Where a spool may be made.
    pub(crate) scratch: &'a Path,
    /// Budgets of the session.
    pub(crate) limits: Limits,
}

/// An open way to a platform.
pub(crate) struct Link {
    /// For calls.
    pub(crate) session: Session,
    /// The destination's settings, with what the platform told.
    pub(crate) settings: serde_json::Value,
    /// What left, until somebody writes it down.
    pub(crate) records: Arc<Records>,
}

impl Opening<'_> {
    /// Checks settings, credentials and grant, compiles the component, and opens the way.
    pub(crate) async fn open(&self) -> Result<Link, RunError> {
        self.open_through(|door| door).await
    }

    /// The same, with the door behind another one.
    pub(crate) async fn open_through(&self, behind: impl FnOnce(Arc<dyn Door>) -> Arc<dyn Door>) -> Result<Link, RunError> {
        let (store, platform) = (self.store, self.platform);
        let (destination, manifest) = (&platform.destination.value, &platform.manifest);
        let policy = |settings: &serde_json::Value| {
            Policy::resolve(manifest, &destination.grant, settings)
                .map_err(|e| RunError::Problems(vec![Problem::new("/grant", Code::SettingsInvalid, format!("{e}."))]))
        };
        let before = policy(&destination.settings)?;
        let secrets = store.credentials(self.workspace, platform.destination.id).await?;
        for needed in manifest.credentials.iter().filter(|needed| !needed.optional) {
            if !secrets.iter().any(|(name, _)| *name == needed.name) {
                let cause = format!("`{}` is not set.", needed.name);
                return Err(RunError::Said(Why::ours(Code::CredentialMissing, cause)));
            }
        }
        self.is_connected().await?;
        let credentials = tokens::borrow(store, self.workspace, platform, &before, |borrower| {
            Credentials::bind_with_tokens(manifest, secrets, self.tokens, borrower)
        });
        let credentials = credentials.map_err(|error| tokens::unfit(&error))?;
        // What a token's answer tells may be a part of a host name.
        let settings = tokens::settings_of(&credentials, &destination.settings).await?;
        let policy = policy(&settings)?;
        let spool = store
            .entropy()
            .with(|rng| Spool::new(self.scratch, rng))
            .map_err(|e| RunError::Said(Why::ours(crate::door::spool_code(&e), e.to_string())))?;
        let pacer = self.pacers.of(platform);
        let records = Arc::new(Records::default());
        let cancel = CancellationToken::new();
        let pass = Pass::new(Arc::new(policy), Arc::new(credentials), pacer, platform.connector.digest.as_str(), records.clone())
            .with_spool(Arc::new(spool))
            .with_cancel(cancel);
        let door = EgressDoor::new(pass, self.cause.clone());
        let component = store.component(self.workspace, &platform.connector.digest).await?;
        let engine = self.engine.clone();
        let program = tokio::task::spawn_blocking(move || engine.compile(&component))
            .await
            .map_err(|e| RunError::Defect(e.to_string()))?
            .map_err(|e| RunError::Said(Why::ours(e.code(), e.to_string())))?;
        Ok(Link { session: program.session(behind(Arc::new(door)), self.limits), settings, records })
    }

    /// Refuses to begin where a person has not connected the account yet.
    async fn is_connected(&self) -> Result<(), RunError> {
        let declared = self.platform.manifest.credentials.iter().filter(|c| !c.optional && c.write.is_connected());
        let needed: Vec<&str> = declared.map(|c| c.name.as_str()).collect();
        if needed.is_empty() {
            return Ok(());
        }
        let known = self.store.token_standings(self.workspace, self.platform.destination.id).await?;
        match needed.into_iter().find(|name| !known.iter().any(|one| one.held && one.name == *name)) {
            Some(name) => Err(RunError::Said(Why::ours(Code::DestNotConnected, format!("`{name}` is not connected.")))),
            None => Ok(()),
        }
    }
}

/// The task of a call: settings and options as the component reads them, and what the contract has no field for: `unit-bytes`, the
/// most bytes of one request body, and `operator-host`, the full host that the grant names.
pub(crate) fn task(
    link: &Link,
    platform: &Platform,
    service: &str,
    mode: &str,
    options: &serde_json::Value,
    now_ms: u64,
    keep: Vec<u8>,
) -> Task {
    let destination = &platform.destination.value;
    let mut attrs = Vec::new();
    if let Some(service) = platform.manifest.services.get(service) {
        attrs.push(("unit-bytes".to_owned(), service.unit.bytes.to_string()));
    }
    attrs.extend(destination.grant.operator_hosts.iter().map(|host| ("operator-host".to_owned(), host.clone())));
    Task {
        service: service.to_owned(),
        mode: mode.to_owned(),
        settings: link.settings.to_string(),
        options: options.to_string(),
        now_ms,
        keep,
        attrs,
    }
}

/// The sandbox's budgets of a component: the host's own, lowered where its manifest asks for less.
pub(crate) fn limits(manifest: &sluice_catalog::manifest::Manifest) -> Limits {
    let mut limits = Limits::default();
    let asked = manifest.limits;
    if let Some(bytes) = asked.memory_bytes_max {
        limits.memory_bytes = limits.memory_bytes.min(usize::try_from(bytes).unwrap_or(usize::MAX));
    }
    if let Some(ms) = asked.cpu_ms_max {
        limits.cpu_per_call = limits.cpu_per_call.min(std::time::Duration::from_millis(ms));
    }
    if let Some(ms) = asked.wall_ms_max {
        limits.wall_per_call = limits.wall_per_call.min(std::time::Duration::from_millis(ms));
    }
    limits
}
