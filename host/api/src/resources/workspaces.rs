//! Workspaces: one per team, each with a data key of its own.

use axum::extract::State;
use jiff::{Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};
use sluice_catalog::{
    Code, Problem,
    limits::NAME_CHARS_MAX,
    variables::{self, Variables},
};
use sluice_store::{Page, Role, Workspace};

use super::{BasedOn, InWorkspace, schema::unbroken};
use crate::{
    at::Params,
    auth::{Admin, Anyone, Viewer, needs},
    error::{ApiError, FieldProblem},
    etag::IfMatch,
    json::Strict,
    page::{PageOf, PageParams, page_of},
    reply::Reply,
    state::Api,
};

/// What a workspace is declared with.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WorkspaceInput {
    /// 1 to 120 characters, unique in the installation.
    name: String,
    /// IANA name; calendar days are counted in it. `UTC` unless said.
    #[serde(default = "utc")]
    time_zone: String,
    /// Values under names, for conditions: texts, numbers, true or false, or lists of them. As they are unless said.
    #[serde(default)]
    #[schema(value_type = Option<std::collections::BTreeMap<String, serde_json::Value>>)]
    variables: Option<Variables>,
}

fn utc() -> String {
    "UTC".into()
}

/// A workspace.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct WorkspaceView {
    id: String,
    revision: u64,
    name: String,
    time_zone: String,
    #[schema(value_type = std::collections::BTreeMap<String, serde_json::Value>)]
    variables: Variables,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<Workspace> for WorkspaceView {
    fn from(w: Workspace) -> Self {
        let Workspace { id, name, time_zone, variables, revision, created_at, updated_at } = w;
        Self { id: id.to_string(), revision, name, time_zone, variables, created_at, updated_at }
    }
}

impl WorkspaceInput {
    fn check(&self) -> Result<(), ApiError> {
        let mut errors = Vec::new();
        let mut wrong = |pointer: &str, detail: &str| {
            errors.push(FieldProblem { pointer: pointer.into(), code: Code::FieldInvalid, detail: detail.into() });
        };
        let chars = self.name.chars().count();
        if chars == 0 || chars > NAME_CHARS_MAX || self.name.trim() != self.name || self.name.chars().any(char::is_control) {
            wrong("/name", "It must have 1 to 120 characters, without spaces at its ends or control characters.");
        }
        if self.time_zone != "UTC" && TimeZone::get(&self.time_zone).is_err() {
            wrong("/time_zone", "This is not the name of a time zone; examples are UTC and Europe/Paris.");
        }
        let found = self.variables.as_ref().map(variables::problems).unwrap_or_default();
        let placed = |p: Problem| FieldProblem { pointer: format!("/variables{}", p.pointer), code: p.code, detail: p.cause };
        errors.extend(found.into_iter().map(placed));
        if errors.is_empty() { Ok(()) } else { Err(ApiError::invalid(errors)) }
    }
}

/// The workspaces that the key reaches.
#[utoipa::path(get, path = "/v1/workspaces", operation_id = "listWorkspaces", tag = "workspaces",
    params(PageParams), security(("api_key" = ["viewer"])),
    responses((status = 200, description = "A page.", body = PageOf<WorkspaceView>)))]
pub(crate) async fn list(
    State(api): State<Api>,
    Anyone(who): Anyone,
    Params(params): Params<PageParams>,
) -> Result<Reply, ApiError> {
    let request = params.request("workspaces")?;
    let page = match who.workspace {
        Some(own) => Page { items: vec![api.store().workspace(own).await?], next: None },
        None => api.store().workspaces(&request).await?,
    };
    Ok(Reply::ok(&page_of(page, "workspaces", WorkspaceView::from)))
}

/// Makes a workspace; only a key of the whole installation may.
#[utoipa::path(post, path = "/v1/workspaces", operation_id = "createWorkspace", tag = "workspaces",
    request_body = WorkspaceInput, security(("api_key" = ["admin"])),
    responses((status = 201, description = "Made.", body = WorkspaceView)))]
pub(crate) async fn create(State(api): State<Api>, Anyone(who): Anyone, body: Strict<WorkspaceInput>) -> Result<Reply, ApiError> {
    needs(&who, Role::Admin)?;
    if who.workspace.is_some() {
        return Err(ApiError::new(Code::ApiForbidden, "The key is bound to one workspace."));
    }
    body.value.check()?;
    let WorkspaceInput { name, time_zone, variables } = body.value;
    let mut made = api.store().create_workspace(&who.actor(), &name, &time_zone).await?;
    if let Some(variables) = variables.filter(|variables| !variables.is_empty()) {
        made = api.store().update_workspace(&who.actor(), made.id, made.revision, &name, &time_zone, &variables).await?;
    }
    let revision = made.revision;
    Ok(Reply::created(format!("/v1/workspaces/{}", made.id), &WorkspaceView::from(made)).revision(revision))
}

/// One workspace.
#[utoipa::path(get, path = "/v1/workspaces/{ws}", operation_id = "getWorkspace", tag = "workspaces",
    params(InWorkspace), security(("api_key" = ["viewer"])),
    responses((status = 200, description = "The workspace.", body = WorkspaceView)))]
pub(crate) async fn get(State(api): State<Api>, Viewer(caller): Viewer) -> Result<Reply, ApiError> {
    let found = api.store().workspace(caller.ws).await?;
    let revision = found.revision;
    Ok(Reply::ok(&WorkspaceView::from(found)).revision(revision))
}

/// How a workspace may be changed.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ReplaceParams {
    /// Change the variables although conditions would be broken by it; they are shown as broken, and activations rest.
    #[serde(default)]
    break_dependants: bool,
}

/// Changes name, time zone and variables. Variables that are not said stay as they are.
#[utoipa::path(put, path = "/v1/workspaces/{ws}", operation_id = "replaceWorkspace", tag = "workspaces",
    params(InWorkspace, ReplaceParams, BasedOn), request_body = WorkspaceInput, security(("api_key" = ["admin"])),
    responses((status = 200, description = "Changed.", body = WorkspaceView)))]
pub(crate) async fn replace(
    State(api): State<Api>,
    Admin(caller): Admin,
    Params(params): Params<ReplaceParams>,
    IfMatch(expected): IfMatch,
    body: Strict<WorkspaceInput>,
) -> Result<Reply, ApiError> {
    body.value.check()?;
    let WorkspaceInput { name, time_zone, variables } = body.value;
    let before = api.store().workspace(caller.ws).await?.variables;
    let variables = variables.unwrap_or_else(|| before.clone());
    if variables != before && !params.break_dependants {
        unbroken(&api.host().breaks_with(caller.ws, &variables).await?, "?break_dependants")?;
    }
    let changed = api.store().update_workspace(&caller.actor(), caller.ws, expected, &name, &time_zone, &variables).await?;
    let revision = changed.revision;
    Ok(Reply::ok(&WorkspaceView::from(changed)).revision(revision))
}
