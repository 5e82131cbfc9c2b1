//! Sources: where the data lies.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use sluice_catalog::{
    Code,
    ids::{SourceId, WorkspaceId},
    source::Source,
    types::DataType,
};

use super::{BasedOn, InWorkspace, Repeatable};
use crate::{
    at::{At, Params},
    auth::{Operator, Viewer},
    error::ApiError,
    etag::IfMatch,
    idempotent::Once,
    json::Strict,
    object::{self, Resource},
    page::{PageOf, PageParams},
    reply::Reply,
    state::Api,
};

/// What a source holds.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct TablesView {
    /// Tables, by name.
    tables: Vec<TableView>,
    /// What is in the source and is not a table, or cannot be read.
    findings: Vec<FindingView>,
}

/// A table.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct TableView {
    name: String,
    columns: Vec<ColumnView>,
}

/// A column.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ColumnView {
    name: String,
    /// The type that a field of it has; null when no field can hold it.
    #[serde(rename = "type")]
    #[schema(value_type = Option<String>)]
    ty: Option<DataType>,
    /// The source's own type.
    source_type: String,
    /// Where `type` is not the whole truth.
    warning: Option<String>,
}

/// Something that is not a table.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct FindingView {
    /// File, folder or table.
    name: String,
    #[schema(value_type = String)]
    code: Code,
    cause: String,
    next: String,
}

/// Whether a source can be read.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct SourceTestView {
    /// Whether it can be opened and has a table.
    ok: bool,
    /// How many tables it has.
    tables: usize,
    findings: Vec<FindingView>,
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct One {
    /// Whose.
    #[allow(dead_code)]
    ws: WorkspaceId,
    /// Which source.
    src: SourceId,
}

/// Sources, oldest first.
#[utoipa::path(get, path = "/v1/workspaces/{ws}/sources", operation_id = "listSources", tag = "sources",
    params(InWorkspace, PageParams), security(("api_key" = ["viewer"])),
    responses((status = 200, description = "A page.", body = PageOf<Resource<Source>>)))]
pub(crate) async fn list(
    State(api): State<Api>,
    Viewer(caller): Viewer,
    Params(params): Params<PageParams>,
) -> Result<Reply, ApiError> {
    object::list::<Source>(&api, &caller, &params).await
}

/// Makes a source.
#[utoipa::path(post, path = "/v1/workspaces/{ws}/sources", operation_id = "createSource", tag = "sources",
    params(InWorkspace, Repeatable), request_body = Source, security(("api_key" = ["operator"])),
    responses((status = 201, description = "Made.", body = Resource<Source>)))]
pub(crate) async fn create(
    State(api): State<Api>,
    Operator(caller): Operator,
    once: Once,
    body: Strict<Source>,
) -> Result<Reply, ApiError> {
    let work = async {
        let value = body.value;
        ApiError::unless_sound(value.validate())?;
        object::create(&api, &caller, "sources", &value).await
    };
    once.run(&api, &caller, &body.hash, work).await
}

/// One source.
#[utoipa::path(get, path = "/v1/workspaces/{ws}/sources/{src}", operation_id = "getSource", tag = "sources",
    params(One), security(("api_key" = ["viewer"])),
    responses((status = 200, description = "The source.", body = Resource<Source>)))]
pub(crate) async fn get(State(api): State<Api>, Viewer(caller): Viewer, At(one): At<One>) -> Result<Reply, ApiError> {
    object::get::<Source>(&api, &caller, one.src).await
}

/// Replaces a source.
#[utoipa::path(put, path = "/v1/workspaces/{ws}/sources/{src}", operation_id = "replaceSource", tag = "sources",
    params(One, BasedOn), request_body = Source, security(("api_key" = ["operator"])),
    responses((status = 200, description = "Replaced.", body = Resource<Source>)))]
pub(crate) async fn replace(
    State(api): State<Api>,
    Operator(caller): Operator,
    At(one): At<One>,
    IfMatch(expected): IfMatch,
    body: Strict<Source>,
) -> Result<Reply, ApiError> {
    let value = body.value;
    ApiError::unless_sound(value.validate())?;
    object::replace(&api, &caller, one.src, expected, &value).await
}

/// Deletes a source that nothing depends on.
#[utoipa::path(delete, path = "/v1/workspaces/{ws}/sources/{src}", operation_id = "deleteSource", tag = "sources",
    params(One, BasedOn), security(("api_key" = ["operator"])),
    responses((status = 204, description = "Deleted.")))]
pub(crate) async fn delete(
    State(api): State<Api>,
    Operator(caller): Operator,
    At(one): At<One>,
    IfMatch(expected): IfMatch,
) -> Result<Reply, ApiError> {
    object::delete::<Source>(&api, &caller, one.src, expected).await
}

async fn discovered(api: &Api, ws: WorkspaceId, src: SourceId) -> Result<TablesView, ApiError> {
    let _place = api.question().await?;
    let (tables, findings) = api.host().discover(ws, src).await?;
    let column = |c: sluice_query::Column| ColumnView { name: c.name, ty: c.ty, source_type: c.source_type, warning: c.warning };
    let table = |t: sluice_query::Table| TableView { name: t.name, columns: t.columns.into_iter().map(column).collect() };
    let finding =
        |f: sluice_query::Finding| FindingView { name: f.name, code: f.code, cause: f.cause, next: f.code.next_step().into() };
    Ok(TablesView { tables: tables.into_iter().map(table).collect(), findings: findings.into_iter().map(finding).collect() })
}

/// Tables and columns of a source, as they are now.
#[utoipa::path(get, path = "/v1/workspaces/{ws}/sources/{src}/tables", operation_id = "listSourceTables", tag = "sources",
    params(One), security(("api_key" = ["viewer"])),
    responses((status = 200, description = "What is there now.", body = TablesView)))]
pub(crate) async fn tables(State(api): State<Api>, Viewer(caller): Viewer, At(one): At<One>) -> Result<Reply, ApiError> {
    Ok(Reply::ok(&discovered(&api, caller.ws, one.src).await?))
}

/// Opens a source and says whether it can be read.
#[utoipa::path(post, path = "/v1/workspaces/{ws}/sources/{src}/test", operation_id = "testSource", tag = "sources",
    params(One), security(("api_key" = ["operator"])),
    responses((status = 200, description = "What was found.", body = SourceTestView)))]
pub(crate) async fn test(State(api): State<Api>, Operator(caller): Operator, At(one): At<One>) -> Result<Reply, ApiError> {
    let TablesView { tables, findings } = discovered(&api, caller.ws, one.src).await?;
    Ok(Reply::ok(&SourceTestView { ok: !tables.is_empty(), tables: tables.len(), findings }))
}
