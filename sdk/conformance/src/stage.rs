//! The stage: a session of the real component in the real sandbox, whose only way out is the real gate, and the gate leads to a stand-in
//! of the platform. What comes back from each call is what the host would be told.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use rand::{SeedableRng, rngs::StdRng};
use serde_json::Value;
use sluice_catalog::{
    Code,
    columnar::{Batch, Field},
    contract::{Attrs, Call, Halt, MembersPage, Operation, Part, Reason, Reply, Task, Written},
    destination::{Grant, StandIn},
    manifest::PollRows,
    record::EgressRecord,
    seal::Secret,
};
use sluice_egress::{
    Borrower, CredentialError, Credentials, Gate, MemoryVault, Pacer, Pass, Policy, Spool, TokenFailure, Tokens, Vault,
};
use sluice_sandbox::{Door, Fault, Limits, Session};
use tempfile::TempDir;
use tokio::runtime::Handle;
use tokio_util::task::TaskTracker;

use crate::{
    door::{GateDoor, Lines},
    error::Unfit,
    subject::Subject,
    table::Table,
};

/// What a destination is made of.
#[derive(Debug, Clone, Default)]
pub struct Account {
    /// The destination's settings.
    pub settings: serde_json::Value,
    /// Credentials by the manifest's names. One that is exchanged for tokens is what a person enters; `<name>/refresh-token` is the refresh
    /// token beside it, which the stand-in must take more than once, since each stage begins with it. Tokens are got before the first call.
    pub credentials: Vec<(String, String)>,
    /// Hosts that the component speaks to, each with the origin (`http://127.0.0.1:4711`) that the gate leads to instead.
    pub leads: Vec<(String, String)>,
}

/// A component on stage. Its calls share pace, spool and budgets, as the calls of one run do.
pub struct Stage {
    session: Session,
    lines: Arc<Lines>,
    settings: String,
    /// Why there is no setting that a token tells.
    untold: Option<Halt>,
    now_ms: u64,
    deadline: Duration,
    /// Services whose polls get rows only where they ask for them.
    polled_bare: Vec<String>,
    /// Of the spool.
    _folder: TempDir,
}

/// An activation: what a task says beside the account.
#[derive(Debug, Clone, Copy)]
pub struct Work<'a> {
    /// The manifest's service.
    pub service: &'a str,
    /// In kebab-case.
    pub mode: &'a str,
    /// JSON text.
    pub options: &'a str,
    /// What `setup` kept.
    pub keep: &'a [u8],
}

/// What the host is told of a write or a poll; the outer error is a call that did not end with a reply.
pub type Told = Result<Result<Written, Halt>, Fault>;

/// The clock of tasks unless said otherwise: 2025-11-24T16:00:00Z.
const NOW_MS: u64 = 1_764_000_000_000;

impl Stage {
    /// A session of the subject with this account. Must be called on a tokio runtime of several threads.
    pub fn new(subject: &Subject, account: &Account) -> Result<Self, Unfit> {
        Self::through(subject, account, |door| door)
    }

    /// The same with another door before the gate's, for instance the two ends of a socket.
    pub fn through(subject: &Subject, account: &Account, door: impl FnOnce(Arc<dyn Door>) -> Arc<dyn Door>) -> Result<Self, Unfit> {
        let machine = Unfit::machine("a folder for spooled bytes");
        let folder = tempfile::tempdir().map_err(|error| machine(&error))?;
        let lines = Arc::new(Lines::default());
        let spool = Spool::new(folder.path(), &mut StdRng::seed_from_u64(1)).map_err(|error| machine(&error))?;
        let (gate, settings, untold) = gate(subject, account, lines.clone(), Arc::new(spool))?;
        let session = subject.program.session(door(Arc::new(gate)), Limits::default());
        let (settings, deadline) = (settings.to_string(), Duration::from_secs(20));
        let services = subject.manifest().services.iter().filter(|(_, service)| service.poll_rows == PollRows::OnDemand);
        let polled_bare = services.map(|(name, _)| name.clone()).collect();
        Ok(Self { session, lines, settings, untold, now_ms: NOW_MS, deadline, polled_bare, _folder: folder })
    }

    /// With other settings in the tasks than those that the gate was made for.
    #[must_use]
    pub fn settings(mut self, json: &str) -> Self {
        self.settings = json.to_owned();
        self
    }

    /// With another clock of the tasks, in milliseconds since 1970.
    #[must_use]
    pub fn now_ms(mut self, now_ms: u64) -> Self {
        self.now_ms = now_ms;
        self
    }

    /// With another deadline of each call than 20 seconds.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    fn task(&self, work: &Work<'_>) -> Task {
        Task {
            service: work.service.to_owned(),
            mode: work.mode.to_owned(),
            settings: self.settings.clone(),
            options: work.options.to_owned(),
            now_ms: self.now_ms,
            keep: work.keep.to_vec(),
            attrs: Vec::new(),
        }
    }

    /// One call, on an instance of its own: nothing is remembered from call to call. Where the stand-in gives no token that tells a setting,
    /// the component is not asked, as in the host; the halt says why.
    pub async fn call(&self, call: Call) -> Result<Reply, Fault> {
        if let Some(halt) = &self.untold {
            return Ok(halted(&call, halt.clone()));
        }
        self.session.instance().call(call, Instant::now() + self.deadline).await
    }

    /// The connection check.
    pub async fn check(&self) -> Result<Result<String, Halt>, Fault> {
        let call = Call::Check { task: self.task(&Work::NONE), resume: None };
        Ok(match self.call(call).await? {
            Reply::Text(told) => told,
            other => unreachable!("the sandbox answers a check with text, not {other:?}"),
        })
    }

    /// What `setup` keeps for an activation.
    pub async fn setup(&self, work: Work<'_>) -> Result<Result<Vec<u8>, Halt>, Fault> {
        self.bytes(Call::Setup { task: self.task(&work), resume: None }).await
    }

    /// What `prepare` hands to the writes of an operation.
    pub async fn prepare(&self, work: Work<'_>, operation: Operation, schema: Vec<Field>) -> Result<Result<Vec<u8>, Halt>, Fault> {
        self.bytes(Call::Prepare { task: self.task(&work), operation, schema, resume: None }).await
    }

    async fn bytes(&self, call: Call) -> Result<Result<Vec<u8>, Halt>, Fault> {
        Ok(match self.call(call).await? {
            Reply::Bytes(told) => told,
            other => unreachable!("the sandbox answers this call with bytes, not {other:?}"),
        })
    }

    /// One write of a whole table: the only batch of its operation.
    pub async fn write(&self, work: Work<'_>, state: &[u8], operation: Operation, table: Table) -> Told {
        let (schema, batch) = table.into_parts();
        let (task, state) = (self.task(&work), state.to_vec());
        let part = part(u64::from(batch.rows));
        self.written(Call::Write { task, state, operation, part, schema, batch }).await
    }

    /// Asks after the rows of a write that the platform has a job of, as the host does: where the manifest says so, with the rows only
    /// when the connector asks for them.
    pub async fn poll(&self, work: Work<'_>, state: &[u8], operation: Operation, table: Table, token: &[u8]) -> Told {
        let (schema, batch) = table.into_parts();
        let (task, state, mut token) = (self.task(&work), state.to_vec(), token.to_vec());
        let part = part(u64::from(batch.rows));
        if self.polled_bare.iter().any(|service| service == work.service) {
            let batch = Batch { rows: batch.rows, columns: Vec::new() };
            let part = Part { key: String::new(), ..part.clone() };
            let (task, state, schema) = (task.clone(), state.clone(), Vec::new());
            let told = self.written(Call::Poll { task, state, operation, part, schema, batch, token }).await?;
            let Err(Halt::Later(ticket)) = told else { return Ok(told) };
            token = ticket.token;
        }
        self.written(Call::Poll { task, state, operation, part, schema, batch, token }).await
    }

    async fn written(&self, call: Call) -> Told {
        Ok(match self.call(call).await? {
            Reply::Written(told) => told,
            other => unreachable!("the sandbox answers this call with outcomes, not {other:?}"),
        })
    }

    /// The end of an operation; `resume` is the token of a ticket that an earlier call gave.
    pub async fn finish(
        &self,
        work: Work<'_>,
        state: &[u8],
        operation: Operation,
        resume: Option<Vec<u8>>,
    ) -> Result<Result<Attrs, Halt>, Fault> {
        let call = Call::Finish { task: self.task(&work), state: state.to_vec(), operation, resume };
        Ok(match self.call(call).await? {
            Reply::Attrs(told) => told,
            other => unreachable!("the sandbox answers the end of an operation with facts, not {other:?}"),
        })
    }

    /// A page of the members of a segment that lives on the platform.
    pub async fn members(
        &self,
        segment: &str,
        cursor: Option<Vec<u8>>,
        resume: Option<Vec<u8>>,
    ) -> Result<Result<MembersPage, Halt>, Fault> {
        let call = Call::Members { task: self.task(&Work::NONE), segment: segment.to_owned(), cursor, resume };
        Ok(match self.call(call).await? {
            Reply::Members(told) => told,
            other => unreachable!("the sandbox answers this call with members, not {other:?}"),
        })
    }

    /// Lines of the egress ledger so far.
    pub fn lines(&self) -> Vec<EgressRecord> {
        self.lines.all()
    }
}

impl<'a> Work<'a> {
    /// Of calls that belong to no activation.
    pub const NONE: Work<'static> = Work::of("", "");

    /// Of an activation without options, for which `setup` kept nothing.
    pub const fn of(service: &'a str, mode: &'a str) -> Self {
        Self { service, mode, options: "{}", keep: b"" }
    }

    /// With these options, as JSON text.
    #[must_use]
    pub const fn options(mut self, json: &'a str) -> Self {
        self.options = json;
        self
    }

    /// With what `setup` kept.
    #[must_use]
    pub const fn keep(mut self, kept: &'a [u8]) -> Self {
        self.keep = kept;
        self
    }
}

fn part(rows_total: u64) -> Part {
    Part { key: "a1".to_owned(), number: 1, last: true, rows_total: Some(rows_total), attempt: 1 }
}

/// The gate, the settings with what the stand-in told, and why it did not tell them.
fn gate(
    subject: &Subject,
    account: &Account,
    lines: Arc<Lines>,
    spool: Arc<Spool>,
) -> Result<(GateDoor, Value, Option<Halt>), Unfit> {
    let mismatch = |error: &dyn std::fmt::Display| Unfit::Mismatch(error.to_string());
    let manifest = subject.manifest();
    let lead = |(host, origin): &(String, String)| StandIn { host: host.clone(), origin: origin.clone() };
    let grant = Grant { stand_ins: account.leads.iter().map(lead).collect(), ..Grant::default() };
    let policy = |settings: &Value| Policy::resolve(manifest, &grant, settings).map_err(|error| mismatch(&error));
    let before = policy(&account.settings)?;
    let credentials = credentials(subject, account, &before).map_err(|error| mismatch(&error))?;
    // Now, so that no harm meets it. A token that the stand-in does not give is missing when it is needed, as it would be in the host.
    let told = match manifest.credentials.iter().any(|c| c.write.is_exchanged()) {
        true => tokio::task::block_in_place(|| Handle::current().block_on(credentials.ready())),
        false => Ok(Default::default()),
    };
    let tells = manifest.credentials.iter().filter_map(|c| c.write.token_endpoint()).any(|token| !token.expose.is_empty());
    let (told, untold) = match told {
        Ok(told) => (told, None),
        Err(failure) => (Default::default(), tells.then(|| without_token(&failure))),
    };
    let mut settings = account.settings.clone();
    if let Some(object) = settings.as_object_mut() {
        object.extend(told.into_iter().map(|(name, value)| (name, value.into())));
    }
    let policy = policy(&settings)?;
    let pacer = Arc::new(Pacer::new(manifest));
    let pass = Pass::new(Arc::new(policy), Arc::new(credentials), pacer, "sha256:test", lines).with_spool(spool.clone());
    let gate = Gate::new(sluice_egress::Options::default()).map_err(|error| Unfit::machine("the gate")(&error))?;
    Ok((GateDoor { gate, pass, spool, runtime: Handle::current() }, settings, untold))
}

/// What stops a run for which there is no token.
fn without_token(failure: &TokenFailure) -> Halt {
    let reason = Reason::new(failure.code, failure.message.clone());
    match failure.code {
        Code::DestNotConnected | Code::DestClientRefused => Halt::Auth(reason),
        Code::DestConfig => Halt::Config(reason),
        Code::DestRateLimited => Halt::Throttled(reason),
        _ => Halt::Unavailable(reason),
    }
}

fn halted(call: &Call, halt: Halt) -> Reply {
    match call {
        Call::Check { .. } | Call::Discover { .. } => Reply::Text(Err(halt)),
        Call::Setup { .. } | Call::Prepare { .. } => Reply::Bytes(Err(halt)),
        Call::Write { .. } | Call::Poll { .. } => Reply::Written(Err(halt)),
        Call::Finish { .. } => Reply::Attrs(Err(halt)),
        Call::Open { .. } => Reply::Opened(Err(halt)),
        Call::Next { .. } => Reply::Page(Err(halt)),
        Call::Cancel { .. } => Reply::Cancelled,
        Call::Members { .. } => Reply::Members(Err(halt)),
    }
}

const REFRESH_TOKEN: &str = "/refresh-token";

fn credentials(subject: &Subject, account: &Account, policy: &Policy) -> Result<Credentials, CredentialError> {
    let secret = |text: &str| Secret::new(text.as_bytes());
    let entered = account.credentials.iter().filter(|(name, _)| !name.ends_with(REFRESH_TOKEN));
    let entered: Vec<_> = entered.map(|(name, value)| (name.clone(), secret(value))).collect();
    let vault = |name: &str| -> Arc<dyn Vault> {
        let token = account.credentials.iter().find(|(known, _)| known.strip_suffix(REFRESH_TOKEN) == Some(name));
        Arc::new(token.map_or_else(MemoryVault::default, |(_, token)| MemoryVault::with_refresh_token(secret(token))))
    };
    let borrower =
        Borrower { policy, settings: &account.settings, component: "sha256:test".into(), account: "stage".into(), vault: &vault };
    let tokens = Tokens::new(sluice_egress::Options::default(), TaskTracker::new());
    Credentials::bind_with_tokens(subject.manifest(), entered, &tokens, &borrower)
}
