//! API keys, of a workspace and of the whole installation: shown once, kept as a hash, ended at once.

use axum::extract::State;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sluice_catalog::{
    Code,
    ids::{ApiKeyId, WorkspaceId},
    limits::NAME_CHARS_MAX,
};
use sluice_store::{ApiKey, Identity, NewApiKey, Role};

use super::{InWorkspace, Repeatable};
use crate::{
    at::{At, Params},
    auth::{Admin, Anyone, needs},
    error::ApiError,
    idempotent::Once,
    json::Strict,
    object::location,
    page::{PageOf, PageParams, page_of},
    reply::Reply,
    state::Api,
};

/// A key to make.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApiKeyInput {
    /// For people, 1 to 120 characters.
    name: String,
    /// `viewer`, `operator` or `admin`.
    #[schema(value_type = String, example = "operator")]
    role: Role,
    /// When it ends by itself; never unless said.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
}

/// A key, without its secret.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub(crate) struct ApiKeyView {
    id: String,
    name: String,
    #[schema(value_type = String)]
    role: Role,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    revoked_at: Option<Timestamp>,
    /// To the minute.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_used_at: Option<Timestamp>,
}

/// A key that was just made.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct NewApiKeyView {
    #[serde(flatten)]
    view: ApiKeyView,
    /// The key itself, this once; null when the answer is repeated for an Idempotency-Key.
    key: Option<String>,
}

impl From<ApiKey> for ApiKeyView {
    fn from(key: ApiKey) -> Self {
        let ApiKey { id, name, role, workspace: _, created_at, expires_at, revoked_at, last_used_at } = key;
        Self { id: id.to_string(), name, role, created_at, expires_at, revoked_at, last_used_at }
    }
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct One {
    /// Whose.
    #[allow(dead_code)]
    ws: WorkspaceId,
    /// Which key.
    key: ApiKeyId,
}

/// Keys, oldest first; ended ones stay listed.
#[utoipa::path(get, path = "/v1/workspaces/{ws}/api-keys", operation_id = "listApiKeys", tag = "api-keys",
    params(InWorkspace, PageParams), security(("api_key" = ["admin"])),
    responses((status = 200, description = "A page.", body = PageOf<ApiKeyView>)))]
pub(crate) async fn list(
    State(api): State<Api>,
    Admin(caller): Admin,
    Params(params): Params<PageParams>,
) -> Result<Reply, ApiError> {
    let name = format!("{}/api-keys", caller.ws);
    let page = api.store().api_keys(caller.ws, &params.request(&name)?).await?;
    Ok(Reply::ok(&page_of(page, &name, ApiKeyView::from)))
}

/// Makes a key of this workspace.
#[utoipa::path(post, path = "/v1/workspaces/{ws}/api-keys", operation_id = "createApiKey", tag = "api-keys",
    params(InWorkspace, Repeatable), request_body = ApiKeyInput, security(("api_key" = ["admin"])),
    responses((status = 201, description = "Made; the key is shown this once.", body = NewApiKeyView)))]
pub(crate) async fn create(
    State(api): State<Api>,
    Admin(caller): Admin,
    once: Once,
    body: Strict<ApiKeyInput>,
) -> Result<Reply, ApiError> {
    let work = async {
        let ApiKeyInput { name, role, expires_at } = body.value;
        if name.is_empty() || name.chars().count() > NAME_CHARS_MAX || name.chars().any(char::is_control) {
            return Err(ApiError::invalid_at("/name", "It must have 1 to 120 characters, none of them a control character."));
        }
        if expires_at.is_some_and(|end| end <= api.store().now()) {
            return Err(ApiError::invalid_at("/expires_at", "It is over already."));
        }
        let new = NewApiKey { name, role, workspace: Some(caller.ws), expires_at };
        let (made, key) = api.store().create_api_key(&caller.actor(), &new).await?;
        let view = ApiKeyView::from(made);
        let kept = NewApiKeyView { view: view.clone(), key: None };
        let at = location(caller.ws, "api-keys", &view.id);
        Ok(Reply::created(at, &NewApiKeyView { view, key: Some(key) }).keep(&kept))
    };
    once.run(&api, &caller, &body.hash, work).await
}

/// One key, without its secret.
#[utoipa::path(get, path = "/v1/workspaces/{ws}/api-keys/{key}", operation_id = "getApiKey", tag = "api-keys",
    params(One), security(("api_key" = ["admin"])),
    responses((status = 200, description = "The key.", body = ApiKeyView)))]
pub(crate) async fn get(State(api): State<Api>, Admin(caller): Admin, At(one): At<One>) -> Result<Reply, ApiError> {
    Ok(Reply::ok(&ApiKeyView::from(api.store().api_key(caller.ws, one.key).await?)))
}

/// Ends a key at once; fine when it has ended. There is nothing to change in a key, so no If-Match is needed.
#[utoipa::path(delete, path = "/v1/workspaces/{ws}/api-keys/{key}", operation_id = "revokeApiKey", tag = "api-keys",
    params(One), security(("api_key" = ["admin"])),
    responses((status = 204, description = "Ended.")))]
pub(crate) async fn revoke(State(api): State<Api>, Admin(caller): Admin, At(one): At<One>) -> Result<Reply, ApiError> {
    api.store().revoke_api_key(caller.ws, &caller.actor(), one.key).await?;
    Ok(Reply::gone())
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct OneOfInstallation {
    /// Which key.
    key: ApiKeyId,
}

/// An admin of the whole installation, and nobody else.
fn of_installation(who: &Identity) -> Result<(), ApiError> {
    needs(who, Role::Admin)?;
    match who.workspace {
        Some(_) => Err(ApiError::new(Code::ApiForbidden, "The key is bound to one workspace.")),
        None => Ok(()),
    }
}

/// Keys that are good for the whole installation, oldest first; ended ones stay listed. Only such a key may ask.
#[utoipa::path(get, path = "/v1/api-keys", operation_id = "listInstallationApiKeys", tag = "api-keys",
    params(PageParams), security(("api_key" = ["admin"])),
    responses((status = 200, description = "A page.", body = PageOf<ApiKeyView>)))]
pub(crate) async fn list_of_installation(
    State(api): State<Api>,
    Anyone(who): Anyone,
    Params(params): Params<PageParams>,
) -> Result<Reply, ApiError> {
    of_installation(&who)?;
    let page = api.store().installation_keys(&params.request("api-keys")?).await?;
    Ok(Reply::ok(&page_of(page, "api-keys", ApiKeyView::from)))
}

/// Ends a key of the whole installation at once; fine when it has ended. Only such a key may, itself included.
#[utoipa::path(delete, path = "/v1/api-keys/{key}", operation_id = "revokeInstallationApiKey", tag = "api-keys",
    params(OneOfInstallation), security(("api_key" = ["admin"])),
    responses((status = 204, description = "Ended.")))]
pub(crate) async fn revoke_of_installation(
    State(api): State<Api>,
    Anyone(who): Anyone,
    At(one): At<OneOfInstallation>,
) -> Result<Reply, ApiError> {
    of_installation(&who)?;
    api.store().revoke_installation_key(&who.actor(), one.key).await?;
    Ok(Reply::gone())
}
