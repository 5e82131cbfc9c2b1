//! Activations: what goes where, mapped how, when; and the runs that they start.

use axum::extract::State;
use serde::Deserialize;
use sluice_catalog::{
    activation::Activation,
    ids::{ActivationId, WorkspaceId},
};
use sluice_runs::{DryRun, Flags, RunError};
use sluice_store::StoreError;

use super::{BasedOn, InWorkspace, Repeatable, runs::RunView};
use crate::{
    at::{At, Params},
    auth::{Caller, Operator, Viewer},
    error::ApiError,
    etag::IfMatch,
    idempotent::Once,
    json::Strict,
    object::{self, Resource, location},
    page::{PageOf, PageParams},
    reply::Reply,
    state::Api,
};

/// Every rule of an activation: of itself, of its mapping against model and service.
async fn check(api: &Api, caller: &Caller, value: &Activation) -> Result<(), ApiError> {
    match api.host().activation_problems(caller.ws, value).await {
        Ok(problems) => ApiError::unless_sound(problems),
        Err(RunError::Store(StoreError::NotFound { what })) => {
            let pointer = if what == "destination" { "/destination" } else { "/from" };
            Err(ApiError::invalid_at(pointer, format!("There is no such {what} in this workspace.")))
        }
        Err(other) => Err(other.into()),
    }
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct One {
    /// Whose.
    #[allow(dead_code)]
    ws: WorkspaceId,
    /// Which activation.
    pub(super) act: ActivationId,
}

/// Activations, oldest first.
#[utoipa::path(get, path = "/v1/workspaces/{ws}/activations", operation_id = "listActivations", tag = "activations",
    params(InWorkspace, PageParams), security(("api_key" = ["viewer"])),
    responses((status = 200, description = "A page.", body = PageOf<Resource<Activation>>)))]
pub(crate) async fn list(
    State(api): State<Api>,
    Viewer(caller): Viewer,
    Params(params): Params<PageParams>,
) -> Result<Reply, ApiError> {
    object::list::<Activation>(&api, &caller, &params).await
}

/// Makes a activation.
#[utoipa::path(post, path = "/v1/workspaces/{ws}/activations", operation_id = "createActivation", tag = "activations",
    params(InWorkspace, Repeatable), request_body = Activation, security(("api_key" = ["operator"])),
    responses((status = 201, description = "Made.", body = Resource<Activation>)))]
pub(crate) async fn create(
    State(api): State<Api>,
    Operator(caller): Operator,
    once: Once,
    body: Strict<Activation>,
) -> Result<Reply, ApiError> {
    let work = async {
        check(&api, &caller, &body.value).await?;
        let stored = api.store().insert(caller.ws, &caller.actor(), &body.value).await?;
        api.host().reschedule(caller.ws, stored.id).await?;
        let at = location(caller.ws, "activations", stored.id);
        Ok(Reply::created(at, &Resource::from(stored)).revision(1))
    };
    once.run(&api, &caller, &body.hash, work).await
}

/// One activation.
#[utoipa::path(get, path = "/v1/workspaces/{ws}/activations/{act}", operation_id = "getActivation", tag = "activations",
    params(One), security(("api_key" = ["viewer"])),
    responses((status = 200, description = "The activation.", body = Resource<Activation>)))]
pub(crate) async fn get(State(api): State<Api>, Viewer(caller): Viewer, At(one): At<One>) -> Result<Reply, ApiError> {
    object::get::<Activation>(&api, &caller, one.act).await
}

/// Replaces a activation.
#[utoipa::path(put, path = "/v1/workspaces/{ws}/activations/{act}", operation_id = "replaceActivation", tag = "activations",
    params(One, BasedOn), request_body = Activation, security(("api_key" = ["operator"])),
    responses((status = 200, description = "Replaced.", body = Resource<Activation>)))]
pub(crate) async fn replace(
    State(api): State<Api>,
    Operator(caller): Operator,
    At(one): At<One>,
    IfMatch(expected): IfMatch,
    body: Strict<Activation>,
) -> Result<Reply, ApiError> {
    check(&api, &caller, &body.value).await?;
    let stored = api.store().update(caller.ws, &caller.actor(), one.act, expected, &body.value).await?;
    api.host().reschedule(caller.ws, one.act).await?;
    let revision = stored.revision;
    Ok(Reply::ok(&Resource::from(stored)).revision(revision))
}

/// Deletes a activation that nothing depends on.
#[utoipa::path(delete, path = "/v1/workspaces/{ws}/activations/{act}", operation_id = "deleteActivation", tag = "activations",
    params(One, BasedOn), security(("api_key" = ["operator"])),
    responses((status = 204, description = "Deleted.")))]
pub(crate) async fn delete(
    State(api): State<Api>,
    Operator(caller): Operator,
    At(one): At<One>,
    IfMatch(expected): IfMatch,
) -> Result<Reply, ApiError> {
    object::delete::<Activation>(&api, &caller, one.act, expected).await
}

/// What a run would do now: counts, what the guards would say, and up to ten requests as they would be sent, without their secrets.
/// Nothing is sent and nothing moves.
#[utoipa::path(post, path = "/v1/workspaces/{ws}/activations/{act}/dry-run", operation_id = "dryRun", tag = "activations",
    params(One), security(("api_key" = ["operator"])),
    responses((status = 200, description = "What it would do.", body = DryRun)))]
pub(crate) async fn dry_run(State(api): State<Api>, Operator(caller): Operator, At(one): At<One>) -> Result<Reply, ApiError> {
    let _place = api.question().await?;
    Ok(Reply::ok(&api.host().dry_run(caller.ws, one.act).await?))
}

/// How a run is to differ from a usual one.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct RunInput {}

async fn start(api: &Api, caller: &Caller, act: ActivationId, flags: Flags) -> Result<Reply, ApiError> {
    // Not there is said before anything is started.
    api.store().get::<Activation>(caller.ws, act).await?;
    let run = api.host().start_run(caller.ws, act, caller.actor().as_str(), flags).await?;
    let at = location(caller.ws, "runs", run.id);
    Ok(Reply::accepted(at, &RunView::of(run, caller)))
}

/// Starts a run; its progress is at `Location`. `run-overlap` when one is under way.
#[utoipa::path(post, path = "/v1/workspaces/{ws}/activations/{act}/runs", operation_id = "startRun", tag = "activations",
    params(One, Repeatable), request_body = RunInput, security(("api_key" = ["operator"])),
    responses((status = 202, description = "Queued.", body = RunView)))]
pub(crate) async fn start_run(
    State(api): State<Api>,
    Operator(caller): Operator,
    At(one): At<One>,
    once: Once,
    body: Strict<RunInput>,
) -> Result<Reply, ApiError> {
    let RunInput {} = body.value;
    once.run(&api, &caller, &body.hash, start(&api, &caller, one.act, Flags::default())).await
}

/// How everything is sent again.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResyncInput {
    /// `full`: send every current row again (rows that left are still removed). `baseline`: take the present rows as delivered,
    /// without sending.
    kind: ResyncKind,
    /// Begin with an empty ledger, for one that is damaged. What has left the source since the last run is forgotten, not removed.
    #[serde(default)]
    new_ledger: bool,
}

#[derive(Debug, Clone, Copy, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ResyncKind {
    Full,
    Baseline,
}

/// Starts a run that does not trust the ledger: sends everything again, or adopts what is there.
#[utoipa::path(post, path = "/v1/workspaces/{ws}/activations/{act}/resync", operation_id = "resyncActivation", tag = "activations",
    params(One, Repeatable), request_body = ResyncInput, security(("api_key" = ["operator"])),
    responses((status = 202, description = "Queued.", body = RunView)))]
pub(crate) async fn resync(
    State(api): State<Api>,
    Operator(caller): Operator,
    At(one): At<One>,
    once: Once,
    body: Strict<ResyncInput>,
) -> Result<Reply, ApiError> {
    let ResyncInput { kind, new_ledger } = body.value;
    let flags = match kind {
        ResyncKind::Full => Flags { full_resync: true, new_ledger, ..Flags::default() },
        ResyncKind::Baseline => Flags { baseline: true, new_ledger, ..Flags::default() },
    };
    once.run(&api, &caller, &body.hash, start(&api, &caller, one.act, flags)).await
}

/// Starts a run that also offers the rows that were refused before and have not changed.
#[utoipa::path(post, path = "/v1/workspaces/{ws}/activations/{act}/retry-rejected", operation_id = "retryRejected",
    tag = "activations", params(One, Repeatable), security(("api_key" = ["operator"])),
    responses((status = 202, description = "Queued.", body = RunView)))]
pub(crate) async fn retry_rejected(
    State(api): State<Api>,
    Operator(caller): Operator,
    At(one): At<One>,
    once: Once,
) -> Result<Reply, ApiError> {
    let flags = Flags { retry_rejected: true, ..Flags::default() };
    once.run(&api, &caller, "", start(&api, &caller, one.act, flags)).await
}
