//! Whether the server answers, and what its interface is. Neither needs a key, and neither tells anything about what is stored.

use axum::extract::State;
use serde::Serialize;

use crate::{error::ApiError, reply::Reply, state::Api};

/// The server's own state.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Health {
    /// `ok`: the process answers and reads its database.
    status: &'static str,
    /// The version of Sluice.
    version: &'static str,
}

/// Says whether the server can work.
#[utoipa::path(get, path = "/v1/health", operation_id = "getHealth", tag = "health", security(()),
    responses((status = 200, description = "It can.", body = Health)))]
pub(crate) async fn health(State(api): State<Api>) -> Result<Reply, ApiError> {
    api.store().has_no_api_key().await?;
    Ok(Reply::ok(&Health { status: "ok", version: env!("CARGO_PKG_VERSION") }))
}

/// This description.
#[utoipa::path(get, path = "/v1/openapi.json", operation_id = "getDescription", tag = "health", security(()),
    responses((status = 200, description = "The OpenAPI description.", body = serde_json::Value)))]
pub(crate) async fn description() -> Reply {
    Reply::ok(&crate::router::openapi())
}
