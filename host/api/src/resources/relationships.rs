//! Relationships of a model, made and unmade with their way back, and measured.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use sluice_catalog::{
    ids::{ModelId, WorkspaceId},
    model::Model,
    relationship::{Join, Relationship, RelationshipKind},
};
use sluice_query::MatchReport;
use sluice_runs::{Measured, Pair};

use super::{BasedOn, models::One, schema::unbroken};
use crate::{
    at::At,
    auth::Operator,
    error::{ApiError, FieldProblem},
    etag::IfMatch,
    json::Strict,
    object::{Resource, location},
    reply::Reply,
    state::Api,
};

/// A relationship and the name of its way back.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRelationship {
    /// As in a model.
    name: String,
    /// How many rows a row is meant to find.
    kind: RelationshipKind,
    /// The other model.
    model: ModelId,
    /// One to four pairs of fields of one type.
    on: Vec<Join>,
    /// Name of the way back, which is made on the other model.
    inverse: String,
}

/// What rows find over a relationship.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct MatchView {
    /// Rows of the model.
    rows: u64,
    /// Of which a joined field is null: they find nothing.
    without_key: u64,
    /// That find exactly one row.
    once: u64,
    /// That find none, though they have a key.
    unmatched: u64,
    /// That find more than one.
    several: u64,
    /// `once` and `several` of the rows with a key, in per cent.
    matched_percent: f64,
}

impl From<MatchReport> for MatchView {
    fn from(report: MatchReport) -> Self {
        let MatchReport { rows, without_key, once, unmatched, several } = report;
        Self { rows, without_key, once, unmatched, several, matched_percent: report.matched_percent() }
    }
}

/// A relationship, measured.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct MeasuredView {
    /// The relationship.
    relationship: Relationship,
    /// What the model's rows find.
    rows: MatchView,
    /// What the other model's rows find on the way back.
    back: MatchView,
    /// Where the rows do not keep what the kind promises.
    warnings: Vec<FieldProblem>,
}

impl From<Measured> for MeasuredView {
    fn from(measured: Measured) -> Self {
        let warnings = measured.warnings.into_iter().map(FieldProblem::from).collect();
        Self { relationship: measured.relationship, rows: measured.report.into(), back: measured.back.into(), warnings }
    }
}

/// A relationship of a model.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct OneRelationship {
    /// Whose.
    #[allow(dead_code)]
    ws: WorkspaceId,
    /// Which model.
    mdl: ModelId,
    /// Its name.
    relationship: String,
}

/// Makes a relationship and, on the other model, its way back; measures both.
#[utoipa::path(post, path = "/v1/workspaces/{ws}/models/{mdl}/relationships", operation_id = "createRelationship", tag = "models",
    params(One, BasedOn), request_body = NewRelationship, security(("api_key" = ["operator"])),
    responses((status = 201, description = "Made.", body = MeasuredView)))]
pub(crate) async fn create(
    State(api): State<Api>,
    Operator(caller): Operator,
    At(one): At<One>,
    IfMatch(expected): IfMatch,
    body: Strict<NewRelationship>,
) -> Result<Reply, ApiError> {
    let _place = api.question().await?;
    let NewRelationship { name, kind, model, on, inverse } = body.value;
    let pair = Pair { relationship: Relationship { name, kind, model, on, inverse: None }, inverse };
    let (stored, measured) = api.host().relate(caller.ws, &caller.actor(), (one.mdl, expected), pair).await?;
    let at = format!("{}/relationships/{}", location(caller.ws, "models", one.mdl), measured.relationship.name);
    Ok(Reply::created(at, &MeasuredView::from(measured)).revision(stored.revision))
}

/// Takes a relationship and its way back out of both models. Refused while something follows them.
#[utoipa::path(delete, path = "/v1/workspaces/{ws}/models/{mdl}/relationships/{relationship}", operation_id = "deleteRelationship",
    tag = "models", params(OneRelationship, BasedOn), security(("api_key" = ["operator"])),
    responses((status = 200, description = "The model without it.", body = Resource<Model>)))]
pub(crate) async fn delete(
    State(api): State<Api>,
    Operator(caller): Operator,
    At(one): At<OneRelationship>,
    IfMatch(expected): IfMatch,
) -> Result<Reply, ApiError> {
    match api.host().unrelate(caller.ws, &caller.actor(), (one.mdl, expected), &one.relationship).await? {
        Ok(stored) => {
            let revision = stored.revision;
            Ok(Reply::ok(&Resource::from(stored)).revision(revision))
        }
        Err(breaks) => {
            unbroken(&breaks, "")?;
            Err(ApiError::not_found())
        }
    }
}

/// Counts, for a relationship and its way back, the rows that find none, one or several.
#[utoipa::path(post, path = "/v1/workspaces/{ws}/models/{mdl}/relationships/{relationship}/check", operation_id = "checkRelationship",
    tag = "models", params(OneRelationship), security(("api_key" = ["operator"])),
    responses((status = 200, description = "What rows find.", body = MeasuredView)))]
pub(crate) async fn check(
    State(api): State<Api>,
    Operator(caller): Operator,
    At(one): At<OneRelationship>,
) -> Result<Reply, ApiError> {
    let _place = api.question().await?;
    Ok(Reply::ok(&MeasuredView::from(api.host().measure(caller.ws, one.mdl, &one.relationship).await?)))
}
