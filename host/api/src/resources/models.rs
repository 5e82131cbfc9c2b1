//! Models: a table or one SELECT of a source, with fields and a primary key.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use sluice_catalog::{
    Code,
    activation::From,
    ids::{ModelId, WorkspaceId},
    model::Model,
    problem::Problem,
};
use sluice_runs::RunError;
use sluice_store::StoreError;

use super::{BasedOn, InWorkspace, Repeatable, schema::unbroken};
use crate::{
    at::{At, Params},
    auth::{Caller, Operator, Viewer},
    error::ApiError,
    etag::IfMatch,
    idempotent::Once,
    json::Strict,
    object::{self, Resource},
    page::{PageOf, PageParams},
    preview::{PreviewParams, PreviewView},
    reply::Reply,
    state::Api,
};

/// Every rule of a model: of the declaration, of the source and the models it names, of its SQL.
async fn check(api: &Api, caller: &Caller, id: Option<ModelId>, value: &Model, before: Option<&Model>) -> Result<(), ApiError> {
    let _place = api.question().await?;
    match api.host().model_problems(caller.ws, value).await {
        Ok(mut problems) => {
            problems.extend(api.host().relationship_problems(caller.ws, id, value).await?);
            problems.extend(api.host().calculated_problems(caller.ws, id, value).await?);
            if problems.is_empty() {
                problems = api.host().category_problems(caller.ws, id, value, before).await?;
            }
            ApiError::unless_sound(problems)
        }
        Err(RunError::Store(StoreError::NotFound { .. })) => {
            Err(ApiError::invalid_at("/source", format!("There is no source {} in this workspace.", value.source)))
        }
        Err(other) => Err(other.into()),
    }
}

/// How unique the primary key is.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct KeyReportView {
    /// When it was counted.
    #[schema(value_type = String, format = DateTime)]
    counted_at: jiff::Timestamp,
    /// Rows of the model.
    rows: u64,
    /// Rows in which a part of the key is null.
    null_keys: u64,
    /// Rows with a key.
    keyed: u64,
    /// Different keys.
    distinct: u64,
    /// `distinct` of `keyed`, in per cent.
    unique_percent: f64,
    /// The worst duplicated keys, at most 20; personal data is masked. Empty below the role operator.
    samples: Vec<KeySampleView>,
    /// `unique`, `warning` or `refused`.
    #[schema(value_type = String)]
    verdict: sluice_query::Verdict,
}

/// A key that several rows have.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct KeySampleView {
    /// Its parts, in key order.
    key: Vec<serde_json::Value>,
    /// How many rows have it.
    rows: u64,
}

/// Whether others may be broken by a change.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ReplaceParams {
    /// Goes ahead although segments, activations or other models would be broken.
    #[serde(default)]
    break_dependants: bool,
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct One {
    /// Whose.
    #[allow(dead_code)]
    pub(super) ws: WorkspaceId,
    /// Which model.
    pub(super) mdl: ModelId,
}

/// Models, oldest first.
#[utoipa::path(get, path = "/v1/workspaces/{ws}/models", operation_id = "listModels", tag = "models",
    params(InWorkspace, PageParams), security(("api_key" = ["viewer"])),
    responses((status = 200, description = "A page.", body = PageOf<Resource<Model>>)))]
pub(crate) async fn list(
    State(api): State<Api>,
    Viewer(caller): Viewer,
    Params(params): Params<PageParams>,
) -> Result<Reply, ApiError> {
    object::list::<Model>(&api, &caller, &params).await
}

/// Makes a model.
#[utoipa::path(post, path = "/v1/workspaces/{ws}/models", operation_id = "createModel", tag = "models",
    params(InWorkspace, Repeatable), request_body = Model, security(("api_key" = ["operator"])),
    responses((status = 201, description = "Made.", body = Resource<Model>)))]
pub(crate) async fn create(
    State(api): State<Api>,
    Operator(caller): Operator,
    once: Once,
    body: Strict<Model>,
) -> Result<Reply, ApiError> {
    let work = Box::pin(async {
        let value = body.value;
        check(&api, &caller, None, &value, None).await?;
        object::create(&api, &caller, "models", &value).await
    });
    once.run(&api, &caller, &body.hash, work).await
}

/// One model.
#[utoipa::path(get, path = "/v1/workspaces/{ws}/models/{mdl}", operation_id = "getModel", tag = "models",
    params(One), security(("api_key" = ["viewer"])),
    responses((status = 200, description = "The model.", body = Resource<Model>)))]
pub(crate) async fn get(State(api): State<Api>, Viewer(caller): Viewer, At(one): At<One>) -> Result<Reply, ApiError> {
    object::get::<Model>(&api, &caller, one.mdl).await
}

/// Replaces a model.
#[utoipa::path(put, path = "/v1/workspaces/{ws}/models/{mdl}", operation_id = "replaceModel", tag = "models",
    params(One, ReplaceParams, BasedOn), request_body = Model, security(("api_key" = ["operator"])),
    responses((status = 200, description = "Replaced.", body = Resource<Model>)))]
pub(crate) async fn replace(
    State(api): State<Api>,
    Operator(caller): Operator,
    At(one): At<One>,
    Params(params): Params<ReplaceParams>,
    IfMatch(expected): IfMatch,
    body: Strict<Model>,
) -> Result<Reply, ApiError> {
    let value = body.value;
    let before = api.store().get::<Model>(caller.ws, one.mdl).await?;
    check(&api, &caller, Some(one.mdl), &value, Some(&before.value)).await?;
    // Ledgers are keyed by it: another key is another model.
    if before.value.primary_key != value.primary_key {
        let cause = "The primary key is fixed after creation; make another model.";
        ApiError::unless_sound(vec![Problem::new("/primary_key", Code::FieldInvalid, cause)])?;
    }
    if !params.break_dependants {
        let changed = std::collections::BTreeMap::from([(one.mdl, value.clone())]);
        unbroken(&api.host().breaks(caller.ws, &changed).await?, "?break_dependants")?;
    }
    object::replace(&api, &caller, one.mdl, expected, &value).await
}

/// Deletes a model that nothing depends on.
#[utoipa::path(delete, path = "/v1/workspaces/{ws}/models/{mdl}", operation_id = "deleteModel", tag = "models",
    params(One, BasedOn), security(("api_key" = ["operator"])),
    responses((status = 204, description = "Deleted.")))]
pub(crate) async fn delete(
    State(api): State<Api>,
    Operator(caller): Operator,
    At(one): At<One>,
    IfMatch(expected): IfMatch,
) -> Result<Reply, ApiError> {
    object::delete::<Model>(&api, &caller, one.mdl, expected).await
}

/// Exact count and a sample of rows; personal data is masked.
#[utoipa::path(get, path = "/v1/workspaces/{ws}/models/{mdl}/preview", operation_id = "previewModel", tag = "models",
    params(One, PreviewParams), security(("api_key" = ["operator"])),
    responses((status = 200, description = "What is there now.", body = PreviewView)))]
pub(crate) async fn preview(
    State(api): State<Api>,
    Operator(caller): Operator,
    At(one): At<One>,
    Params(params): Params<PreviewParams>,
) -> Result<Reply, ApiError> {
    let _place = api.question().await?;
    let preview = api.host().preview(caller.ws, From::Model(one.mdl), params.rows()?).await?;
    Ok(Reply::ok(&PreviewView::from(preview)))
}

/// The same for a model that is not saved.
#[utoipa::path(post, path = "/v1/workspaces/{ws}/models/preview", operation_id = "previewUnsavedModel", tag = "models",
    params(InWorkspace, PreviewParams), request_body = Model, security(("api_key" = ["operator"])),
    responses((status = 200, description = "What is there now.", body = PreviewView)))]
pub(crate) async fn preview_unsaved(
    State(api): State<Api>,
    Operator(caller): Operator,
    Params(params): Params<PreviewParams>,
    body: Strict<Model>,
) -> Result<Reply, ApiError> {
    let _place = api.question().await?;
    let preview = api.host().preview_model(caller.ws, &body.value, params.rows()?).await?;
    Ok(Reply::ok(&PreviewView::from(preview)))
}

/// Counts duplicate and null primary keys.
#[utoipa::path(post, path = "/v1/workspaces/{ws}/models/{mdl}/duplicate-check", operation_id = "checkModelKeys", tag = "models",
    params(One), security(("api_key" = ["operator"])),
    responses((status = 200, description = "How unique the key is.", body = KeyReportView)))]
pub(crate) async fn duplicate_check(
    State(api): State<Api>,
    Operator(caller): Operator,
    At(one): At<One>,
) -> Result<Reply, ApiError> {
    let _place = api.question().await?;
    let report = api.host().check_keys(caller.ws, one.mdl).await?;
    Ok(Reply::ok(&KeyReportView::of(report, api.store().now())))
}

/// The last count of duplicate and null primary keys; one is made every day. Keys themselves are shown from the role operator on.
#[utoipa::path(get, path = "/v1/workspaces/{ws}/models/{mdl}/duplicate-check", operation_id = "getModelKeys", tag = "models",
    params(One), security(("api_key" = ["viewer"])),
    responses((status = 200, description = "How unique the key was.", body = KeyReportView)))]
pub(crate) async fn last_duplicate_check(
    State(api): State<Api>,
    Viewer(caller): Viewer,
    At(one): At<One>,
) -> Result<Reply, ApiError> {
    match api.host().last_keys(caller.ws, one.mdl).await? {
        Some(fact) => {
            let mut report = KeyReportView::of(fact.value, fact.at);
            if !caller.sees_rows() {
                report.samples.clear();
            }
            Ok(Reply::ok(&report))
        }
        None => {
            let detail = "The keys of this model were not counted yet; they are within an hour, or by POST.";
            Err(ApiError::new(Code::ApiNotFound, detail))
        }
    }
}

impl KeyReportView {
    fn of(report: sluice_query::KeyReport, at: jiff::Timestamp) -> Self {
        let samples = report.samples.into_iter().map(|s| KeySampleView { key: s.key, rows: s.rows }).collect();
        Self {
            counted_at: at,
            rows: report.rows,
            null_keys: report.null_keys,
            keyed: report.keyed,
            distinct: report.distinct,
            unique_percent: report.unique_percent,
            samples,
            verdict: report.verdict,
        }
    }
}
