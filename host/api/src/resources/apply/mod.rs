//! `apply`: a workspace as one bundle of named objects, brought about in one transaction.
//!
//! Objects refer to each other by name (an id works, too). The plan says for each object whether it is created, changed or unchanged,
//! and every problem at once by JSON pointer; what is in the workspace and not in the bundle is named and left alone. Applying the
//! same bundle twice changes nothing the second time.

mod bundle;
mod commit;
mod connected;
mod dependants;
mod known;
mod planner;

use axum::extract::State;
use serde::{Deserialize, Serialize};

pub(crate) use bundle::Bundle;

use super::{InWorkspace, Repeatable};
use crate::{
    at::Params,
    auth::Operator,
    error::{ApiError, FieldProblem},
    idempotent::Once,
    json::Strict,
    reply::Reply,
    state::Api,
};

/// Whether to apply, or only to say what would happen.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ApplyParams {
    /// Only the plan; nothing changes.
    #[serde(default)]
    dry_run: bool,
    /// Apply although objects that are not in the bundle would be broken by it; they are shown as broken, and activations rest.
    #[serde(default)]
    break_dependants: bool,
}

/// What happens, or would happen.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct PlanView {
    /// Whether it was done: false for a dry run.
    applied: bool,
    /// One per object, in the order of kinds and then of the bundle.
    steps: Vec<StepView>,
    /// Every place of the bundle that must change; empty when it was applied.
    problems: Vec<FieldProblem>,
}

/// What happens to one object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub(crate) struct StepView {
    /// `source`, `model`, `segment`, `destination` or `activation`.
    pub(crate) kind: &'static str,
    pub(crate) name: String,
    /// Null in the plan of an object that is not there yet.
    pub(crate) id: Option<String>,
    pub(crate) action: Action,
    /// The fields that change, at the top of the object.
    pub(crate) fields: Vec<String>,
    /// The secrets that are set.
    pub(crate) credentials: Vec<String>,
}

/// What happens to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Action {
    /// It is made.
    Create,
    /// It is replaced.
    Change,
    /// It is as the bundle says.
    Unchanged,
    /// It is in the workspace, not in the bundle, and stays.
    NotInBundle,
}

/// Brings the workspace into the state of a bundle, or says what that would do. New sources and destinations, changed folders and
/// grants, and secrets need the role admin.
#[utoipa::path(post, path = "/v1/workspaces/{ws}/apply", operation_id = "applyBundle", tag = "apply",
    params(InWorkspace, ApplyParams, Repeatable), request_body = Bundle, security(("api_key" = ["operator"])),
    responses((status = 200, description = "What was done, or would be.", body = PlanView)))]
pub(crate) async fn apply(
    State(api): State<Api>,
    Operator(caller): Operator,
    Params(params): Params<ApplyParams>,
    once: Once,
    body: Strict<Bundle>,
) -> Result<Reply, ApiError> {
    let work = Box::pin(async {
        let _place = api.question().await?;
        let plan = planner::plan(&api, &caller, body.value, params.break_dependants).await?;
        if params.dry_run {
            return Ok(Reply::ok(&PlanView { applied: false, steps: plan.steps, problems: plan.problems }));
        }
        if !plan.problems.is_empty() {
            return Err(ApiError::invalid(plan.problems));
        }
        plan.commit.run(&api, &caller).await?;
        Ok(Reply::ok(&PlanView { applied: true, steps: plan.steps, problems: Vec::new() }))
    });
    // A dry run has no effect that a repeat could double; its answer must be fresh.
    if params.dry_run { work.await } else { once.run(&api, &caller, &body.hash, work).await }
}
