//! The audit log: who did what, when.

use axum::extract::State;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sluice_store::{AuditEntry, AuditFilter};

use super::InWorkspace;
use crate::{
    at::Params,
    auth::Admin,
    error::ApiError,
    page::{PageOf, PageParams, page_of},
    reply::Reply,
    state::Api,
};

/// Which rows.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Filter {
    /// A key's id, `schedule` or `system`.
    actor: Option<String>,
    /// `source`, `model`, `segment`, `destination`, `activation`, `run`, `connector`, `api-key`, `workspace`.
    kind: Option<String>,
    /// The id of the thing.
    subject: Option<String>,
    /// `next` of the page before; none for the first page.
    cursor: Option<String>,
    /// Rows in the page, 1 to 500; 50 unless said.
    limit: Option<u32>,
}

/// One row of the audit log.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct AuditView {
    /// 1, 2, 3 … per workspace.
    seq: u64,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    actor: String,
    action: String,
    kind: String,
    subject: String,
    name: String,
    old_revision: Option<u64>,
    new_revision: Option<u64>,
    details: serde_json::Value,
}

impl From<AuditEntry> for AuditView {
    fn from(entry: AuditEntry) -> Self {
        let AuditEntry { seq, at, actor, action, kind, subject, name, old_revision, new_revision, details } = entry;
        Self { seq, at, actor, action, kind, subject, name, old_revision, new_revision, details }
    }
}

/// The audit log, newest first.
#[utoipa::path(get, path = "/v1/workspaces/{ws}/audit", operation_id = "listAudit", tag = "audit",
    params(InWorkspace, Filter), security(("api_key" = ["admin"])),
    responses((status = 200, description = "A page.", body = PageOf<AuditView>)))]
pub(crate) async fn list(State(api): State<Api>, Admin(caller): Admin, Params(filter): Params<Filter>) -> Result<Reply, ApiError> {
    let Filter { actor, kind, subject, cursor, limit } = filter;
    let name = format!("{}/audit/{actor:?}/{kind:?}/{subject:?}", caller.ws);
    let request = PageParams { cursor, limit }.request(&name)?;
    let page = api.store().audit(caller.ws, &AuditFilter { actor, kind, subject }, &request).await?;
    Ok(Reply::ok(&page_of(page, &name, AuditView::from)))
}
