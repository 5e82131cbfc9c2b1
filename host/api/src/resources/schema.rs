//! A model's schema beside its source: what each field reads, what is broken, what is new, and the repairs.

use axum::extract::State;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sluice_catalog::{Code, ids::WorkspaceId, model::Model, semantic::SemanticReport, types::DataType};
use sluice_runs::{Look, ObjectHealth, Repair, SeenColumn, Suggested};

use super::{BasedOn, InWorkspace, models::One};
use crate::{
    at::{At, Params},
    auth::{Operator, Viewer},
    error::{ApiError, FieldProblem},
    etag::IfMatch,
    json::Strict,
    object::{self, Resource},
    preview::{PreviewParams, PreviewView},
    reply::Reply,
    state::Api,
};

/// A model's schema, by the last look at its source.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct SchemaView {
    /// When the source was looked at; null: never yet.
    #[schema(value_type = Option<String>, format = DateTime)]
    looked_at: Option<Timestamp>,
    /// What is wrong with the model as a whole: its table, its query, its source.
    problem: Option<FieldProblem>,
    /// Every field of the model, in its order.
    fields: Vec<SchemaField>,
    /// Columns that no field reads.
    new_columns: Vec<SeenColumn>,
}

/// A field beside its column.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct SchemaField {
    /// The field's id.
    id: String,
    /// What people see.
    name: String,
    /// The column that it reads; null of a calculated field.
    column: Option<String>,
    /// The source's own type of the column.
    source_type: Option<String>,
    /// The field's type.
    #[serde(rename = "type")]
    ty: DataType,
    /// What is broken about it.
    problem: Option<FieldProblem>,
    /// The column that it may have become.
    suggestion: Option<Suggested>,
    /// What has changed and does no harm.
    note: Option<String>,
}

fn view(model: &Model, at: Option<Timestamp>, look: &Look) -> SchemaView {
    let broken = look.broken_now(model);
    let told = |id: &str| broken.get(id).cloned().map(FieldProblem::from);
    let field = |field: &sluice_catalog::model::Field| {
        let column = field.calculated.is_none().then(|| field.column().to_owned());
        let seen = column.as_ref().and_then(|name| look.columns.iter().find(|column| column.name == *name));
        let problem = told(&field.id);
        SchemaField {
            id: field.id.clone(),
            name: field.label().to_owned(),
            source_type: seen.map(|column| column.source_type.clone()),
            column,
            ty: field.ty,
            suggestion: problem.as_ref().and_then(|_| look.suggestions.get(&field.id).cloned()),
            note: look.notes.get(&field.id).cloned(),
            problem,
        }
    };
    SchemaView {
        looked_at: at,
        problem: told(""),
        fields: model.fields.iter().map(field).collect(),
        new_columns: look.unused(model).cloned().collect(),
    }
}

/// The schema by the last look at the source.
#[utoipa::path(get, path = "/v1/workspaces/{ws}/models/{mdl}/schema", operation_id = "getModelSchema", tag = "models",
    params(One), security(("api_key" = ["viewer"])),
    responses((status = 200, description = "Fields and columns.", body = SchemaView)))]
pub(crate) async fn get(State(api): State<Api>, Viewer(caller): Viewer, At(one): At<One>) -> Result<Reply, ApiError> {
    let model = api.store().get::<Model>(caller.ws, one.mdl).await?;
    let fact = api.host().last_look(caller.ws, one.mdl).await?;
    let (at, look) = fact.map_or((None, Look::default()), |fact| (Some(fact.at), fact.value));
    Ok(Reply::ok(&view(&model.value, at, &look)))
}

/// Looks at the source now: columns that are gone, of another type, new.
#[utoipa::path(post, path = "/v1/workspaces/{ws}/models/{mdl}/schema", operation_id = "checkModelSchema", tag = "models",
    params(One), security(("api_key" = ["operator"])),
    responses((status = 200, description = "Fields and columns.", body = SchemaView)))]
pub(crate) async fn check(State(api): State<Api>, Operator(caller): Operator, At(one): At<One>) -> Result<Reply, ApiError> {
    let _place = api.question().await?;
    let look = api.host().look(caller.ws, one.mdl).await?;
    let model = api.store().get::<Model>(caller.ws, one.mdl).await?;
    Ok(Reply::ok(&view(&model.value, Some(api.store().now()), &look)))
}

/// Repairs of a model.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Repairs {
    /// One per field; at most 500.
    repairs: Vec<Repair>,
    /// Goes ahead although other objects would be broken; they are named then by the health of the workspace.
    #[serde(default)]
    break_dependants: bool,
}

/// What repairs would make.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct RepairView {
    /// The model afterwards.
    model: Model,
    /// Its rows then.
    preview: PreviewView,
    /// What would be broken that is healthy now.
    breaks: Vec<ObjectHealth>,
}

/// Shows what repairs would make: the model, its rows, and what would break. Nothing is saved.
#[utoipa::path(post, path = "/v1/workspaces/{ws}/models/{mdl}/repairs/preview", operation_id = "previewModelRepair", tag = "models",
    params(One, PreviewParams), request_body = Repairs, security(("api_key" = ["operator"])),
    responses((status = 200, description = "What it would be.", body = RepairView)))]
pub(crate) async fn preview(
    State(api): State<Api>,
    Operator(caller): Operator,
    At(one): At<One>,
    Params(params): Params<PreviewParams>,
    body: Strict<Repairs>,
) -> Result<Reply, ApiError> {
    let _place = api.question().await?;
    let plan = api.host().plan_repair(caller.ws, one.mdl, &body.value.repairs, params.rows()?).await?;
    Ok(Reply::ok(&RepairView { model: plan.model, preview: plan.preview.into(), breaks: plan.breaks }))
}

/// Repairs a model: links fields to other columns, or drops them. Refused where something else would break, unless that is meant.
#[utoipa::path(post, path = "/v1/workspaces/{ws}/models/{mdl}/repairs", operation_id = "repairModel", tag = "models",
    params(One, BasedOn), request_body = Repairs, security(("api_key" = ["operator"])),
    responses((status = 200, description = "Repaired.", body = Resource<Model>)))]
pub(crate) async fn repair(
    State(api): State<Api>,
    Operator(caller): Operator,
    At(one): At<One>,
    IfMatch(expected): IfMatch,
    body: Strict<Repairs>,
) -> Result<Reply, ApiError> {
    let _place = api.question().await?;
    let plan = api.host().plan_repair(caller.ws, one.mdl, &body.value.repairs, 0).await?;
    if !body.value.break_dependants {
        unbroken(&plan.breaks, "/break_dependants")?;
    }
    let reply = object::replace(&api, &caller, one.mdl, expected, &plan.model).await?;
    api.host().look(caller.ws, one.mdl).await?;
    Ok(reply)
}

/// Refuses a change that would break objects that are healthy; each is named, with why.
pub(crate) fn unbroken(breaks: &[ObjectHealth], pointer: &str) -> Result<(), ApiError> {
    if breaks.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = breaks.iter().map(|object| format!("{} `{}`", object.kind, object.name)).collect();
    let errors = breaks.iter().flat_map(|object| {
        object.findings.iter().map(|finding| FieldProblem {
            pointer: pointer.to_owned(),
            code: finding.code,
            detail: format!("The {} `{}` would be broken at {}: {}", object.kind, object.name, finding.pointer, finding.cause),
        })
    });
    let refusal = ApiError::new(Code::ApiInUse, format!("This would break {}.", names.join(", ")));
    Err(ApiError { errors: errors.collect(), ..refusal })
}

/// The health of a workspace's objects.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct WorkspaceHealthView {
    /// Every model, segment and activation.
    objects: Vec<ObjectHealth>,
}

/// The health of every model, segment and activation, through what each depends on, by the last looks at the sources.
#[utoipa::path(get, path = "/v1/workspaces/{ws}/health", operation_id = "getWorkspaceHealth", tag = "workspaces",
    params(InWorkspace), security(("api_key" = ["viewer"])),
    responses((status = 200, description = "How they are.", body = WorkspaceHealthView)))]
pub(crate) async fn health(State(api): State<Api>, Viewer(caller): Viewer) -> Result<Reply, ApiError> {
    Ok(Reply::ok(&WorkspaceHealthView { objects: api.host().health(caller.ws).await? }))
}

/// A field of a model.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct OneField {
    /// Whose.
    #[allow(dead_code)]
    ws: WorkspaceId,
    /// Which model.
    mdl: sluice_catalog::ids::ModelId,
    /// Id of the field.
    field: String,
}

/// The values of a categorical field.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ValuesView {
    /// When they were counted.
    #[schema(value_type = String, format = DateTime)]
    counted_at: Timestamp,
    /// Different values, nulls aside.
    distinct: u64,
    /// Rows without a value.
    without: u64,
    /// Those with the most rows first, at most 1,000; personal data is masked.
    values: Vec<ValueView>,
}

/// A value of a categorical field.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ValueView {
    /// As in a preview.
    value: serde_json::Value,
    /// Rows that have it.
    rows: u64,
}

async fn values_of(api: &Api, ws: WorkspaceId, one: &OneField, fresh: bool) -> Result<Reply, ApiError> {
    let _place = api.question().await?;
    let fact = api.host().field_values(ws, one.mdl, &one.field, fresh).await?;
    let sluice_query::Values { distinct, without, values } = fact.value;
    let values = values.into_iter().map(|value| ValueView { value: value.value, rows: value.rows }).collect();
    Ok(Reply::ok(&ValuesView { counted_at: fact.at, distinct, without, values }))
}

/// The values of a categorical field, as they were counted last.
#[utoipa::path(get, path = "/v1/workspaces/{ws}/models/{mdl}/fields/{field}/values", operation_id = "listFieldValues", tag = "models",
    params(OneField), security(("api_key" = ["operator"])),
    responses((status = 200, description = "The values.", body = ValuesView)))]
pub(crate) async fn values(State(api): State<Api>, Operator(caller): Operator, At(one): At<OneField>) -> Result<Reply, ApiError> {
    values_of(&api, caller.ws, &one, false).await
}

/// Counts the values of a categorical field anew.
#[utoipa::path(post, path = "/v1/workspaces/{ws}/models/{mdl}/fields/{field}/values", operation_id = "countFieldValues", tag = "models",
    params(OneField), security(("api_key" = ["operator"])),
    responses((status = 200, description = "The values.", body = ValuesView)))]
pub(crate) async fn count_values(
    State(api): State<Api>,
    Operator(caller): Operator,
    At(one): At<OneField>,
) -> Result<Reply, ApiError> {
    values_of(&api, caller.ws, &one, true).await
}

/// Checks the values of a field with a semantic type, in a sample of at most 2,000 rows: how many pass, and what is wrong with the others.
#[utoipa::path(post, path = "/v1/workspaces/{ws}/models/{mdl}/fields/{field}/semantic-check", operation_id = "checkFieldSemantic",
    tag = "models", params(OneField), security(("api_key" = ["operator"])),
    responses((status = 200, description = "How well they fit.", body = SemanticReport)))]
pub(crate) async fn check_semantic(
    State(api): State<Api>,
    Operator(caller): Operator,
    At(one): At<OneField>,
) -> Result<Reply, ApiError> {
    let _place = api.question().await?;
    Ok(Reply::ok(&api.host().check_semantic(caller.ws, one.mdl, &one.field).await?))
}
