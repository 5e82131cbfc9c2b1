//! A dry run: everything up to the platform's door, and nothing through it. Questions to the platform go out; each write is taken
//! down and not sent, and personal data in it is masked. Neither the ledger nor the run history moves.

use std::sync::{Arc, Mutex, PoisonError};

use sluice_catalog::{
    Code,
    contract::{Body, Effect, Failure, Operation, Request},
    ids::{ActivationId, RunId, WorkspaceId},
};
use sluice_sandbox::{Answer, Ask, Door, Until};
use tokio_util::sync::CancellationToken;

use crate::{
    SourceAt, call,
    cargo::Cargo,
    counters::Counters,
    declared::Declared,
    error::RunError,
    guards::{self, Decision},
    host::{Flags, Host},
    limits::DRY_RUN_PAYLOADS,
    link::{self, Opening},
    masks::Masks,
    order::{Of, Order},
    plan::Moves,
    reading::read_in,
};

/// What a run would do.
#[derive(Debug, Clone, PartialEq, serde::Serialize, utoipa::ToSchema)]
pub struct DryRun {
    /// The numbers that the run would begin with; its tally is empty.
    pub counters: Counters,
    /// What the guards would say: `go`, or the code of the guard that would hold or fail the run.
    #[schema(value_type = String)]
    pub guards: String,
    /// The guards' counts in a sentence, where they would not let it go.
    pub cause: Option<String>,
    /// Rows by operation.
    pub operations: Vec<(Operation, u64)>,
    /// Up to ten requests as they would be sent; credentials are not in them, and personal data is masked.
    pub samples: Vec<Sample>,
}

/// One request that would be sent.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[allow(missing_docs)]
pub struct Sample {
    pub operation: Operation,
    pub method: String,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

/// Lets questions through and takes writes down.
struct DryDoor {
    real: Arc<dyn Door>,
    taken: Arc<Mutex<Vec<Request>>>,
}

impl DryDoor {
    fn take(&self, request: Request) -> Failure {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).push(request);
        Failure { code: Code::DryRun.as_str().into(), message: "a dry run sends nothing".into(), sent: false }
    }
}

impl Door for DryDoor {
    fn ask(&self, ask: Ask, until: &Until) -> Answer {
        match ask {
            Ask::Send(request) if request.effect != Effect::Read => Answer::Sent(Err(self.take(request))),
            Ask::SendAll { requests, .. } if requests.iter().any(|r| r.effect != Effect::Read) => {
                Answer::SentAll(requests.into_iter().map(|r| Err(self.take(r))).collect())
            }
            other => self.real.ask(other, until),
        }
    }
}

impl Host {
    /// What a run of the activation would do now.
    pub async fn dry_run(&self, ws: WorkspaceId, act: ActivationId) -> Result<DryRun, RunError> {
        let scratch = self.questions().join(format!("{act}-{:016x}", self.store().entropy().bits() as u64));
        let done = Box::pin(self.dry_run_in(ws, act, &scratch)).await;
        let _ = tokio::fs::remove_dir_all(&scratch).await; // what is left is emptied at the next start
        done
    }

    async fn dry_run_in(&self, ws: WorkspaceId, act: ActivationId, scratch: &std::path::Path) -> Result<DryRun, RunError> {
        let declared = Declared::load(self.store(), ws, act).await?;
        let now = self.store().now();
        let of = Of { workspace: ws, activation: act, now, flags: Flags::default(), scratch: scratch.to_owned() };
        let order = Order::new(self, &declared, of).await?;
        let intake = read_in(self, ws, &declared, &order, now, std::future::pending()).await?;
        let change_set = Arc::new(order.diff(intake).await?);
        let mut counters = Counters::default();
        counters.diffed(change_set.counts());
        let activation = &declared.activation.value;
        let day = std::time::Duration::from_secs(24 * 3600);
        let removed_before = self.store().removals_since(ws, act, now, day).await?;
        let removes = Moves::of(activation.mode).removes();
        let (guards, cause) = match guards::decide(&activation.guards, &counters.guarded(removed_before), removes) {
            Decision::Go => ("go".to_owned(), None),
            Decision::Hold { code, cause } | Decision::Fail { code, cause } => (code.as_str().to_owned(), Some(cause)),
        };
        let operations = change_set.phases().iter().filter(|p| p.rows > 0).map(|p| (p.operation, p.rows)).collect();
        let rows = &declared.rows;
        let members = (rows.segment.as_ref().map(|segment| &segment.value), &rows.context);
        let query = self.asking(ws, SourceAt::stored(&rows.source), &rows.model.value, members, &order.plan.select, now).await?;
        let masks = Masks::of(&order.plan, query.select(&order.plan.select)?.fields());
        // No run stands behind it, so the keys of its batches are nobody's.
        let cargo = Cargo::new(change_set, &order.plan, (act, RunId::new(0, 0)));
        let samples = self.samples(ws, &declared, (&cargo, &masks), scratch, now).await?;
        Ok(DryRun { counters, guards, cause, operations, samples })
    }

    /// The first requests of each phase.
    async fn samples(
        &self,
        ws: WorkspaceId,
        declared: &Declared,
        (cargo, masks): (&Cargo, &Masks),
        scratch: &std::path::Path,
        now: jiff::Timestamp,
    ) -> Result<Vec<Sample>, RunError> {
        if cargo.rows() == 0 {
            return Ok(Vec::new());
        }
        let opening = Opening {
            store: self.store(),
            engine: self.engine(),
            pacers: &self.0.pacers,
            tokens: &self.0.tokens,
            workspace: ws,
            platform: &declared.platform,
            cause: declared.activation.id.to_string(),
            scratch,
            limits: link::limits(&declared.platform.manifest),
        };
        let taken = Arc::new(Mutex::new(Vec::new()));
        let link = opening.open_through(|real| Arc::new(DryDoor { real, taken: taken.clone() })).await?;
        let activation = &declared.activation.value;
        let keep = self.store().activation_state(ws, declared.activation.id).await?.keep.unwrap_or_default();
        let now_ms = now.as_millisecond().max(0) as u64;
        let task =
            link::task(&link, &declared.platform, &activation.service, activation.mode.as_str(), &activation.options, now_ms, keep);
        let stop = CancellationToken::new();
        let rows_max = activation.batch_rows_max.unwrap_or(u32::MAX).min(declared.service.unit.rows).max(1);
        let progress = cargo.progress();
        let mut samples = Vec::new();
        for phase in 0..progress.phases.len() as u8 {
            let Some(cut) = progress.cut(phase, rows_max, now.as_millisecond()) else { continue };
            let operation = cargo.operation(phase);
            let schema = cargo.schema(phase);
            // `prepare` may itself want to write; then there is nothing further to show of this phase.
            if let Ok(state) = call::prepare(&link.session, &stop, &task, operation, &schema).await {
                let mut load = cargo.load(&cut)?;
                masks.hide(&schema, &mut load.batch);
                // What it wanted to send is what is looked at, whatever it says of an answer that it did not get.
                let _ = call::write_one(&link.session, &task, state, operation, schema, load).await;
            }
            let requests = std::mem::take(&mut *taken.lock().unwrap_or_else(PoisonError::into_inner));
            samples.extend(requests.into_iter().map(|request| Sample::of(operation, request)));
        }
        self.store().append_egress(ws, declared.platform.destination.id, link.records.take()).await?;
        samples.truncate(DRY_RUN_PAYLOADS);
        Ok(samples)
    }
}

impl Sample {
    fn of(operation: Operation, request: Request) -> Self {
        let body = match request.body {
            Body::None => String::new(),
            Body::Bytes(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Body::Spooled(_) => "(spooled)".to_owned(),
        };
        Self { operation, method: request.method, url: request.url, headers: request.headers, body }
    }
}
