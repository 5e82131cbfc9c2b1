//! Runs: where they are, what became of their rows, and what people decide about them.

use axum::extract::State;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sluice_catalog::{
    Code,
    code::Class,
    ids::{ActivationId, RunId, WorkspaceId},
    outcome::Tally,
};
use sluice_runs::Counters;
use sluice_store::{Run, RunFilter, RunState, TriggerKind};

use super::InWorkspace;
use crate::{
    at::{At, Params},
    auth::{Caller, Operator, Viewer},
    error::ApiError,
    json::Strict,
    page::{PageOf, PageParams, page_of},
    reply::Reply,
    state::Api,
};

/// A run.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub(crate) struct RunView {
    pub(crate) id: String,
    activation: String,
    /// The activation's revision when the run was made.
    activation_revision: u64,
    /// `manual` or `schedule`.
    #[schema(value_type = String)]
    trigger: TriggerKind,
    /// The key that asked for it, or `schedule`.
    triggered_by: String,
    /// What is special about it.
    flags: serde_json::Value,
    /// `queued`, `evaluating`, `diffing`, `held`, `sending`, `awaiting-vendor`, `finishing`, or one of the ends `succeeded`,
    /// `succeeded-with-errors`, `failed`, `cancelled`, `discarded`, `expired`.
    #[schema(value_type = String)]
    pub(crate) state: RunState,
    /// Whether it has ended.
    finished: bool,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    started_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    finished_at: Option<Timestamp>,
    /// The instant that relative bounds are counted from.
    #[schema(value_type = String, format = DateTime)]
    now: Timestamp,
    /// Digest of the component.
    component: Option<String>,
    /// Rows of the source, of the diff, and what became of them.
    counters: Counters,
    /// Timings, warnings and the revisions used; the reasons, with an example of the platform's words from the role operator on.
    details: serde_json::Value,
    /// Why it failed; in the platform's words from the role operator on.
    failure: Option<Explained>,
    /// Why it waits, or waited, for a person.
    hold: Option<HoldView>,
    /// What a person decided.
    decision: Option<DecisionView>,
    /// Whether someone asked it to stop.
    cancel_requested: bool,
}

/// A code with its cause and next step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub(crate) struct Explained {
    #[schema(value_type = String)]
    code: Code,
    title: String,
    cause: String,
    next: String,
}

/// Why a run waits for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub(crate) struct HoldView {
    #[serde(flatten)]
    why: Explained,
    /// Names the diff; a decision must repeat it.
    diff: String,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

/// What a person decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub(crate) struct DecisionView {
    /// `confirm` or `discard`.
    #[schema(value_type = String)]
    kind: sluice_store::DecisionKind,
    diff: String,
    by: String,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
}

/// Names the held diff that a decision is about.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DecisionInput {
    /// `hold.diff` of the run.
    diff: String,
}

pub(crate) fn explained(code: Code, cause: String) -> Explained {
    Explained { code, title: code.title().into(), cause, next: code.next_step().into() }
}

/// A cause as `caller` is shown it. What a component or a platform says may repeat what a row says: below operator it is the code's
/// title.
pub(crate) fn cause_for(caller: &Caller, code: Code, cause: String) -> String {
    let theirs = matches!(code.class(), Class::Destination | Class::RowRejected | Class::Connector);
    if theirs && !caller.sees_rows() { format!("{}.", code.title()) } else { cause }
}

/// Takes what components and platforms said out of a run's reasons.
fn without_words(details: &mut serde_json::Value) {
    let reasons = details.get_mut("reasons").and_then(serde_json::Value::as_array_mut);
    for reason in reasons.into_iter().flatten().filter_map(serde_json::Value::as_object_mut) {
        // A code that is none of the registry is a component's own text, too.
        let code = reason.get("code").and_then(|code| code.as_str()?.parse().ok()).unwrap_or(Code::DestProtocol);
        reason.insert("code".into(), code.as_str().into());
        reason.insert("example".into(), code.title().into());
    }
}

impl RunView {
    /// The run as `caller` is shown it.
    pub(crate) fn of(mut run: Run, caller: &Caller) -> Self {
        if !caller.sees_rows() {
            without_words(&mut run.details);
        }
        Self {
            id: run.id.to_string(),
            activation: run.activation.to_string(),
            activation_revision: run.activation_revision,
            trigger: run.trigger.kind,
            triggered_by: run.trigger.by,
            flags: run.flags,
            state: run.state,
            finished: run.state.is_final(),
            created_at: run.created_at,
            started_at: run.started_at,
            finished_at: run.finished_at,
            now: run.now,
            component: run.component,
            counters: Counters::read(&run.counters),
            details: run.details,
            failure: run.failure.map(|f| explained(f.code, cause_for(caller, f.code, f.cause))),
            hold: run.hold.map(|h| HoldView { why: explained(h.code, h.cause), diff: h.diff_hash, expires_at: h.expires_at }),
            decision: run.decision.map(|d| DecisionView { kind: d.kind, diff: d.diff_hash, by: d.by, at: d.at }),
            cancel_requested: run.cancel_requested,
        }
    }

    /// With the rows judged so far, for a run that is sending in this process; its stored numbers move only at its end.
    pub(crate) fn live(self, api: &Api, run: RunId) -> Self {
        self.told(api.host().subscribe(run).map(|told| told.borrow().tally()))
    }

    /// The same, with what the run has told.
    fn told(mut self, tally: Option<Tally>) -> Self {
        if let (RunState::Sending, Some(tally)) = (self.state, tally) {
            self.counters.tally = tally;
        }
        self
    }
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct One {
    /// Whose.
    #[allow(dead_code)]
    ws: WorkspaceId,
    /// Which run.
    pub(crate) run: RunId,
}

/// Which runs.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Filter {
    /// Of one activation.
    #[param(value_type = Option<String>)]
    activation: Option<ActivationId>,
    /// States, joined by commas: `held,failed`.
    state: Option<String>,
    /// `next` of the page before; none for the first page.
    cursor: Option<String>,
    /// Rows in the page, 1 to 500; 50 unless said.
    limit: Option<u32>,
}

/// Runs, newest first.
#[utoipa::path(get, path = "/v1/workspaces/{ws}/runs", operation_id = "listRuns", tag = "runs",
    params(InWorkspace, Filter), security(("api_key" = ["viewer"])),
    responses((status = 200, description = "A page.", body = PageOf<RunView>)))]
pub(crate) async fn list(
    State(api): State<Api>,
    Viewer(caller): Viewer,
    Params(filter): Params<Filter>,
) -> Result<Reply, ApiError> {
    let mut states = Vec::new();
    for word in filter.state.iter().flat_map(|text| text.split(',')) {
        let known = RunState::ALL.iter().copied().find(|state| state.as_str() == word);
        states.push(known.ok_or_else(|| {
            let all: Vec<_> = RunState::ALL.iter().map(|s| s.as_str()).collect();
            ApiError::invalid_at("?state", format!("States are {}.", all.join(", ")))
        })?);
    }
    let name = format!("{}/runs/{:?}/{:?}", caller.ws, filter.activation, filter.state);
    let request = PageParams { cursor: filter.cursor, limit: filter.limit }.request(&name)?;
    let page = api.store().list_runs(caller.ws, &RunFilter { activation: filter.activation, states }, &request).await?;
    let view = |run: Run| {
        let id = run.id;
        RunView::of(run, &caller).live(&api, id)
    };
    Ok(Reply::ok(&page_of(page, &name, view)))
}

/// One run.
#[utoipa::path(get, path = "/v1/workspaces/{ws}/runs/{run}", operation_id = "getRun", tag = "runs",
    params(One), security(("api_key" = ["viewer"])),
    responses((status = 200, description = "The run.", body = RunView)))]
pub(crate) async fn get(State(api): State<Api>, Viewer(caller): Viewer, At(one): At<One>) -> Result<Reply, ApiError> {
    Ok(Reply::ok(&RunView::of(api.store().run(caller.ws, one.run).await?, &caller).live(&api, one.run)))
}

/// Approves the held diff; the run goes on. The body names the diff, so nobody approves what he has not seen.
#[utoipa::path(post, path = "/v1/workspaces/{ws}/runs/{run}/confirm", operation_id = "confirmRun", tag = "runs",
    params(One), request_body = DecisionInput, security(("api_key" = ["operator"])),
    responses((status = 200, description = "Approved.", body = RunView)))]
pub(crate) async fn confirm(
    State(api): State<Api>,
    Operator(caller): Operator,
    At(one): At<One>,
    body: Strict<DecisionInput>,
) -> Result<Reply, ApiError> {
    let run = api.host().confirm(caller.ws, one.run, &body.value.diff, caller.actor().as_str()).await?;
    Ok(Reply::ok(&RunView::of(run, &caller).live(&api, one.run)))
}

/// Throws the held diff away: nothing more is sent. What was accepted before the hold stays accepted.
#[utoipa::path(post, path = "/v1/workspaces/{ws}/runs/{run}/discard", operation_id = "discardRun", tag = "runs",
    params(One), request_body = DecisionInput, security(("api_key" = ["operator"])),
    responses((status = 200, description = "Thrown away.", body = RunView)))]
pub(crate) async fn discard(
    State(api): State<Api>,
    Operator(caller): Operator,
    At(one): At<One>,
    body: Strict<DecisionInput>,
) -> Result<Reply, ApiError> {
    let run = api.host().discard(caller.ws, one.run, &body.value.diff, caller.actor().as_str()).await?;
    Ok(Reply::ok(&RunView::of(run, &caller).live(&api, one.run)))
}

/// Asks a run to stop at the next batch line; what is under way is finished, the rest is offered again by the next run.
#[utoipa::path(post, path = "/v1/workspaces/{ws}/runs/{run}/cancel", operation_id = "cancelRun", tag = "runs",
    params(One), security(("api_key" = ["operator"])),
    responses((status = 200, description = "Asked.", body = RunView)))]
pub(crate) async fn cancel(State(api): State<Api>, Operator(caller): Operator, At(one): At<One>) -> Result<Reply, ApiError> {
    // Taken hold of before the run is asked to stop, which may be its end at once.
    let told = api.host().subscribe(one.run);
    let run = api.host().cancel(caller.ws, one.run, caller.actor().as_str()).await?;
    Ok(Reply::ok(&RunView::of(run, &caller).told(told.map(|told| told.borrow().tally()))))
}
