//! The resources, one file each: what they take and give, their operations, their rules.

pub(crate) mod activations;
pub(crate) mod analysis;
pub(crate) mod api_keys;
pub(crate) mod apply;
pub(crate) mod audit;
pub(crate) mod connect;
pub(crate) mod connectors;
pub(crate) mod destinations;
pub(crate) mod egress;
pub(crate) mod health;
pub(crate) mod models;
pub(crate) mod pauses;
pub(crate) mod records;
pub(crate) mod relationships;
pub(crate) mod remote_segments;
pub(crate) mod run_events;
pub(crate) mod runs;
pub(crate) mod schema;
pub(crate) mod segments;
pub(crate) mod sources;
pub(crate) mod workspaces;

use serde::Deserialize;
use sluice_catalog::ids::WorkspaceId;

/// The workspace of a path, for the description; what handlers use comes with the caller.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Path)]
#[allow(dead_code)]
pub(crate) struct InWorkspace {
    /// Whose.
    pub(crate) ws: WorkspaceId,
}

/// `If-Match`, for the description.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code)]
pub(crate) struct BasedOn {
    /// The ETag of the revision that the change is based on.
    #[param(rename = "If-Match")]
    pub(crate) if_match: String,
}

/// `Idempotency-Key`, for the description.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code)]
pub(crate) struct Repeatable {
    /// The same key and body within a day give the first answer again.
    #[param(rename = "Idempotency-Key", max_length = 255)]
    pub(crate) idempotency_key: Option<String>,
}
