//! Connectors: components that were checked and installed. What one may reach is read from its manifest without running it.

use axum::extract::State;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sluice_catalog::{
    ids::WorkspaceId,
    manifest::{Kind, Manifest},
};
use sluice_store::Connector;

use super::{InWorkspace, Repeatable};
use crate::{
    at::{At, Params},
    auth::{Admin, Viewer},
    error::ApiError,
    idempotent::Once,
    json::Binary,
    object::location,
    page::{PageOf, PageParams, page_of},
    reply::Reply,
    state::Api,
};

/// An installed connector.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ConnectorView {
    /// Its manifest's id, for example `braze`.
    id: String,
    version: String,
    /// `sha256:` and 64 hexadecimal digits.
    digest: String,
    /// Whether destinations of this id use it; one version per id is active.
    active: bool,
    /// Size of the component, in bytes.
    size_bytes: u64,
    #[schema(value_type = String, format = DateTime)]
    installed_at: Timestamp,
    /// Name for people.
    title: String,
    publisher: String,
    kind: Kind,
    /// Hosts that it may reach, as its manifest writes them.
    hosts: Vec<String>,
    /// Secrets that it uses.
    credentials: Vec<String>,
    /// Services that it offers.
    services: Vec<String>,
}

/// An installed connector with its whole manifest.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct ConnectorDetails {
    #[serde(flatten)]
    view: ConnectorView,
    /// The manifest as JSON; `connector.toml` says what each part means.
    manifest: serde_json::Value,
}

fn manifest(connector: &Connector) -> Result<Manifest, ApiError> {
    Manifest::parse(&connector.manifest).map_err(|errors| {
        let cause = errors.first().map(ToString::to_string).unwrap_or_default();
        ApiError::new(sluice_catalog::Code::ConnectorManifestInvalid, cause)
    })
}

fn view(connector: Connector, manifest: &Manifest) -> ConnectorView {
    let mut hosts: Vec<_> = manifest.egress.iter().map(|e| e.host.to_string()).collect();
    hosts.dedup();
    ConnectorView {
        id: connector.id,
        version: connector.version,
        digest: connector.digest,
        active: connector.active,
        size_bytes: connector.size_bytes,
        installed_at: connector.installed_at,
        title: manifest.title.clone(),
        publisher: manifest.publisher.clone(),
        kind: manifest.kind,
        hosts,
        credentials: manifest.credentials.iter().map(|c| c.name.clone()).collect(),
        services: manifest.services.keys().cloned().collect(),
    }
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct One {
    /// Whose.
    #[allow(dead_code)]
    ws: WorkspaceId,
    /// `sha256:` and 64 hexadecimal digits, or the id for its active version.
    connector: String,
}

/// Installed connectors, every version, by digest.
#[utoipa::path(get, path = "/v1/workspaces/{ws}/connectors", operation_id = "listConnectors", tag = "connectors",
    params(InWorkspace, PageParams), security(("api_key" = ["viewer"])),
    responses((status = 200, description = "A page.", body = PageOf<ConnectorView>)))]
pub(crate) async fn list(
    State(api): State<Api>,
    Viewer(caller): Viewer,
    Params(params): Params<PageParams>,
) -> Result<Reply, ApiError> {
    let name = format!("{}/connectors", caller.ws);
    let page = api.store().connectors(caller.ws, &params.request(&name)?).await?;
    let mut views = Vec::new();
    for connector in page.items {
        let manifest = manifest(&connector)?;
        views.push(view(connector, &manifest));
    }
    Ok(Reply::ok(&page_of(sluice_store::Page { items: views, next: page.next }, &name, |view| view)))
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct InstallParams {
    /// Install although it asks for more than the build in use: the digest of this very component.
    accept: Option<String>,
}

/// Installs a component: its imports and manifest are checked, it is compiled, and becomes the active version of its id. The same
/// bytes again change nothing. Nothing of it runs. One that asks for more than the active version (hosts, methods, paths, places of
/// secrets) is refused with 409 until what it asks for is accepted.
#[utoipa::path(post, path = "/v1/workspaces/{ws}/connectors", operation_id = "installConnector", tag = "connectors",
    params(InWorkspace, InstallParams, Repeatable), request_body(content = Vec<u8>, content_type = "application/wasm"),
    security(("api_key" = ["admin"])),
    responses((status = 201, description = "Installed.", body = ConnectorDetails)))]
pub(crate) async fn install(
    State(api): State<Api>,
    Admin(caller): Admin,
    Params(params): Params<InstallParams>,
    once: Once,
    body: Binary,
) -> Result<Reply, ApiError> {
    let work = async {
        let _place = api.question().await?;
        let accept = params.accept.as_deref();
        let installed = api.host().install(caller.ws, body.bytes.to_vec(), caller.actor().as_str(), accept).await?;
        let at = location(caller.ws, "connectors", &installed.digest);
        Ok(Reply::created(at, &details(installed)?))
    };
    once.run(&api, &caller, &body.hash, work).await
}

fn details(connector: Connector) -> Result<ConnectorDetails, ApiError> {
    let manifest = manifest(&connector)?;
    let json = serde_json::to_value(&manifest).expect("a manifest has text keys only");
    Ok(ConnectorDetails { view: view(connector, &manifest), manifest: json })
}

/// One installed connector with its whole manifest: what it may reach, which secrets it uses, what it can do.
#[utoipa::path(get, path = "/v1/workspaces/{ws}/connectors/{connector}", operation_id = "getConnector", tag = "connectors",
    params(One), security(("api_key" = ["viewer"])),
    responses((status = 200, description = "The connector.", body = ConnectorDetails)))]
pub(crate) async fn get(State(api): State<Api>, Viewer(caller): Viewer, At(one): At<One>) -> Result<Reply, ApiError> {
    let found = if one.connector.starts_with("sha256:") {
        api.store().connector(caller.ws, &one.connector).await?
    } else {
        api.store().active_connector(caller.ws, &one.connector).await?.ok_or_else(ApiError::not_found)?
    };
    Ok(Reply::ok(&details(found)?))
}
