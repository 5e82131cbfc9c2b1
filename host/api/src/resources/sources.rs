//! Sources: where the data lies, and the secrets of those behind a connector, which are written and never read.
//!
//! Which folder is read and where a connector connects to is a grant: making a source, or changing its folder, its connector or its
//! grant, needs the role admin; the rest is an operator's.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use sluice_catalog::{
    Code,
    ids::{SourceId, WorkspaceId},
    manifest::Manifest,
    source::{Kind, Source},
    types::DataType,
};
use sluice_runs::{RunError, Step};
use sluice_store::{Role, Stored};

use super::{
    BasedOn, InWorkspace, Repeatable,
    destinations::{CredentialView, SecretInput, credential_views, manifest_of},
    runs::{Explained, explained},
};
use crate::{
    at::{At, Params},
    auth::{Admin, Operator, Viewer, needs},
    error::ApiError,
    etag::IfMatch,
    idempotent::Once,
    json::Strict,
    object::{self, Resource, location},
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

/// A source in an answer.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct SourceView {
    #[serde(flatten)]
    object: Resource<Source>,
    /// The secrets that its connector knows, and whether they are set. Values are never answered.
    credentials: Vec<CredentialView>,
}

/// Whether a source can be read.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct SourceTestView {
    /// Whether it can be opened and has a table.
    ok: bool,
    /// In a sentence; empty where there is nothing to say.
    message: String,
    /// What was tried, in its order; empty for files.
    steps: Vec<Step>,
    /// What a database administrator runs so that the source can be read; null for files.
    grants: Option<String>,
    /// How many tables it has.
    tables: usize,
    findings: Vec<FindingView>,
    /// Why it could not be tested to the end, with the next step; null when it was.
    problem: Option<Explained>,
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

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct OneCredential {
    /// Whose.
    #[allow(dead_code)]
    ws: WorkspaceId,
    /// Of which source.
    src: SourceId,
    /// As the manifest names it.
    name: String,
}

/// Whether `after` may read or connect to what nobody granted to `before`; a new source always does. The account that runs Sluice
/// reads the folders of every workspace, so which of them is whose is nobody's to say but an admin's.
pub(crate) fn changes_grant(before: Option<&Source>, after: &Source) -> bool {
    before.is_none_or(|before| match (&before.kind, &after.kind) {
        (Kind::Files(before), Kind::Files(after)) => before.path != after.path,
        (Kind::Connector(before), Kind::Connector(after)) => (&before.id, &before.grant) != (&after.id, &after.grant),
        (Kind::Files(_), Kind::Connector(_)) | (Kind::Connector(_), Kind::Files(_)) => true,
    })
}

/// The manifest of the source's connector; none for files, and for a connector that is not there any more.
pub(crate) async fn manifest_of_source(api: &Api, ws: WorkspaceId, source: &Source) -> Option<Manifest> {
    manifest_of(api, ws, &source.connector()?.id).await.ok()
}

async fn view(api: &Api, ws: WorkspaceId, stored: Stored<Source>) -> Result<SourceView, ApiError> {
    let set = api.store().credential_names(ws, stored.id).await?;
    let declared = manifest_of_source(api, ws, &stored.value).await.map(|m| m.credentials).unwrap_or_default();
    let credentials = credential_views(set, declared, &[], api.store().now());
    Ok(SourceView { object: stored.into(), credentials })
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
    params(InWorkspace, Repeatable), request_body = Source, security(("api_key" = ["admin"])),
    responses((status = 201, description = "Made.", body = SourceView)))]
pub(crate) async fn create(
    State(api): State<Api>,
    Admin(caller): Admin,
    once: Once,
    body: Strict<Source>,
) -> Result<Reply, ApiError> {
    let work = async {
        ApiError::unless_sound(api.host().source_problems(caller.ws, &body.value).await?)?;
        let stored = api.store().insert(caller.ws, &caller.actor(), &body.value).await?;
        let at = location(caller.ws, "sources", stored.id);
        Ok(Reply::created(at, &view(&api, caller.ws, stored).await?).revision(1))
    };
    once.run(&api, &caller, &body.hash, work).await
}

/// One source, and which of its secrets are set.
#[utoipa::path(get, path = "/v1/workspaces/{ws}/sources/{src}", operation_id = "getSource", tag = "sources",
    params(One), security(("api_key" = ["viewer"])),
    responses((status = 200, description = "The source.", body = SourceView)))]
pub(crate) async fn get(State(api): State<Api>, Viewer(caller): Viewer, At(one): At<One>) -> Result<Reply, ApiError> {
    let stored = api.store().get::<Source>(caller.ws, one.src).await?;
    let revision = stored.revision;
    Ok(Reply::ok(&view(&api, caller.ws, stored).await?).revision(revision))
}

/// Replaces a source; its secrets stay. What changes the folder that it reads, or where it may connect to, needs the role admin.
#[utoipa::path(put, path = "/v1/workspaces/{ws}/sources/{src}", operation_id = "replaceSource", tag = "sources",
    params(One, BasedOn), request_body = Source, security(("api_key" = ["operator"])),
    responses((status = 200, description = "Replaced.", body = SourceView)))]
pub(crate) async fn replace(
    State(api): State<Api>,
    Operator(caller): Operator,
    At(one): At<One>,
    IfMatch(expected): IfMatch,
    body: Strict<Source>,
) -> Result<Reply, ApiError> {
    let before = object::based_on::<Source>(&api, &caller, one.src, expected).await?;
    if changes_grant(Some(&before), &body.value) {
        needs(&caller.identity, Role::Admin)?;
    }
    ApiError::unless_sound(api.host().source_problems(caller.ws, &body.value).await?)?;
    let stored = api.store().update(caller.ws, &caller.actor(), one.src, expected, &body.value).await?;
    let revision = stored.revision;
    Ok(Reply::ok(&view(&api, caller.ws, stored).await?).revision(revision))
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

/// Sets a secret of a source behind a connector. The next statement uses it.
#[utoipa::path(put, path = "/v1/workspaces/{ws}/sources/{src}/credentials/{name}", operation_id = "putSourceCredential",
    tag = "sources", params(OneCredential), request_body = SecretInput, security(("api_key" = ["admin"])),
    responses((status = 204, description = "Set.")))]
pub(crate) async fn put_credential(
    State(api): State<Api>,
    Admin(caller): Admin,
    At(one): At<OneCredential>,
    body: Strict<SecretInput>,
) -> Result<Reply, ApiError> {
    let source = api.store().get::<Source>(caller.ws, one.src).await?.value;
    let manifest = manifest_of_source(&api, caller.ws, &source).await.ok_or_else(ApiError::not_found)?;
    if !manifest.credentials.iter().any(|c| c.name == one.name) {
        return Err(ApiError::not_found());
    }
    let secret = body.value.into_secret()?;
    api.store().put_credential(caller.ws, &caller.actor(), one.src, &one.name, secret).await?;
    Ok(Reply::gone())
}

/// Takes a secret of a source away.
#[utoipa::path(delete, path = "/v1/workspaces/{ws}/sources/{src}/credentials/{name}", operation_id = "deleteSourceCredential",
    tag = "sources", params(OneCredential), security(("api_key" = ["admin"])),
    responses((status = 204, description = "Gone.")))]
pub(crate) async fn delete_credential(
    State(api): State<Api>,
    Admin(caller): Admin,
    At(one): At<OneCredential>,
) -> Result<Reply, ApiError> {
    api.store().get::<Source>(caller.ws, one.src).await?;
    api.store().delete_credential(caller.ws, &caller.actor(), one.src, &one.name).await?;
    Ok(Reply::gone())
}

fn finding_views(findings: Vec<sluice_query::Finding>) -> Vec<FindingView> {
    let finding =
        |f: sluice_query::Finding| FindingView { name: f.name, code: f.code, cause: f.cause, next: f.code.next_step().into() };
    findings.into_iter().map(finding).collect()
}

/// Tables and columns of a source, as they are now.
#[utoipa::path(get, path = "/v1/workspaces/{ws}/sources/{src}/tables", operation_id = "listSourceTables", tag = "sources",
    params(One), security(("api_key" = ["viewer"])),
    responses((status = 200, description = "What is there now.", body = TablesView)))]
pub(crate) async fn tables(State(api): State<Api>, Viewer(caller): Viewer, At(one): At<One>) -> Result<Reply, ApiError> {
    let _place = api.question().await?;
    let (tables, findings) = api.host().discover(caller.ws, one.src).await?;
    let column = |c: sluice_query::Column| ColumnView { name: c.name, ty: c.ty, source_type: c.source_type, warning: c.warning };
    let table = |t: sluice_query::Table| TableView { name: t.name, columns: t.columns.into_iter().map(column).collect() };
    Ok(Reply::ok(&TablesView { tables: tables.into_iter().map(table).collect(), findings: finding_views(findings) }))
}

/// Opens a source and says, step by step where a connector reads it, whether it can be read.
#[utoipa::path(post, path = "/v1/workspaces/{ws}/sources/{src}/test", operation_id = "testSource", tag = "sources",
    params(One), security(("api_key" = ["operator"])),
    responses((status = 200, description = "What was found.", body = SourceTestView)))]
pub(crate) async fn test(State(api): State<Api>, Operator(caller): Operator, At(one): At<One>) -> Result<Reply, ApiError> {
    let _place = api.question().await?;
    let answer = match api.host().test_source(caller.ws, one.src).await {
        Ok(found) => SourceTestView {
            ok: found.ok,
            message: found.message,
            steps: found.steps,
            grants: found.grants,
            tables: found.tables,
            findings: finding_views(found.findings),
            problem: None,
        },
        Err(error @ (RunError::Store(_) | RunError::Problems(_) | RunError::Cancelled | RunError::Query(_))) => {
            return Err(error.into());
        }
        Err(error) => {
            // The source's no is the answer to this question, not a failure to answer it.
            let why = ApiError::from(error);
            let message = why.detail.clone();
            let problem = Some(explained(why.code, why.detail));
            SourceTestView { ok: false, message, steps: Vec::new(), grants: None, tables: 0, findings: Vec::new(), problem }
        }
    };
    Ok(Reply::ok(&answer))
}
