//! Destinations: a connector, its settings, the operator's grant, and secrets that are written and never read.
//!
//! Which hosts a destination reaches is a grant: making one, or changing its connector, its grant or a setting that stands in a host
//! name, needs the role admin; the rest is an operator's.

use axum::extract::State;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sluice_catalog::{
    Code,
    destination::Destination,
    ids::{DestinationId, WorkspaceId},
    manifest::{Credential, CredentialKind, HostPattern, Manifest, endpoint},
    problem::Problem,
    seal::Secret,
};
use sluice_runs::RunError;
use sluice_store::{Role, Stored, TokenStanding};

use super::{
    BasedOn, InWorkspace, Repeatable,
    connect::ConnectionView,
    runs::{Explained, explained},
};
use crate::{
    at::{At, Params},
    auth::{Admin, Caller, Operator, Viewer, needs},
    error::ApiError,
    etag::IfMatch,
    idempotent::Once,
    json::Strict,
    object::{self, Resource, location},
    page::{PageOf, PageParams},
    reply::Reply,
    state::Api,
};

/// A destination in an answer.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct DestinationView {
    #[serde(flatten)]
    object: Resource<Destination>,
    /// The secrets that the connector knows, and whether they are set. Values are never answered.
    credentials: Vec<CredentialView>,
}

/// A secret, without its value.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct CredentialView {
    /// As the manifest names it.
    name: String,
    /// Whether it has a value.
    set: bool,
    /// When it was set last.
    #[schema(value_type = Option<String>, format = DateTime)]
    updated_at: Option<Timestamp>,
    /// How the account stands, for a credential that is exchanged for tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    connection: Option<ConnectionView>,
}

/// The value of a secret.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SecretInput {
    /// Written once, sealed, never answered. 1 to 65,536 bytes.
    #[schema(write_only)]
    secret: String,
}

impl SecretInput {
    /// Refuses an empty one.
    pub(crate) fn into_secret(self) -> Result<Secret, ApiError> {
        if self.secret.is_empty() {
            return Err(ApiError::invalid_at("/secret", "It must not be empty."));
        }
        Ok(Secret::new(self.secret.into_bytes()))
    }
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct One {
    /// Whose.
    #[allow(dead_code)]
    ws: WorkspaceId,
    /// Which destination.
    dst: DestinationId,
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct OneCredential {
    /// Whose.
    #[allow(dead_code)]
    ws: WorkspaceId,
    /// Of which destination.
    pub(crate) dst: DestinationId,
    /// As the manifest names it.
    pub(crate) name: String,
}

/// The manifest of the connector that a destination names.
pub(crate) async fn manifest_of(api: &Api, ws: WorkspaceId, connector: &str) -> Result<Manifest, Problem> {
    let cause = match api.store().active_connector(ws, connector).await {
        Ok(Some(found)) => match Manifest::parse(&found.manifest) {
            Ok(manifest) => return Ok(manifest),
            Err(_) => format!("The manifest of the installed connector `{connector}` is not valid any more; install it again."),
        },
        Ok(None) => format!("No connector `{connector}` is installed in this workspace."),
        Err(_) => "The installed connectors cannot be read now.".into(),
    };
    Err(Problem::new("/connector", Code::FieldInvalid, cause))
}

/// The manifest, or the refusal that says why there is none.
async fn manifest(api: &Api, caller: &Caller, value: &Destination) -> Result<Manifest, ApiError> {
    manifest_of(api, caller.ws, &value.connector).await.map_err(|p| ApiError::invalid(vec![p.into()]))
}

/// Whether `after` reaches hosts that nobody granted to `before`.
pub(crate) fn changes_grant(before: &Destination, after: &Destination, manifest: &Manifest) -> bool {
    let host_setting = |entry: &sluice_catalog::manifest::Egress| match &entry.host {
        HostPattern::Setting { setting, .. } => before.settings.get(setting) != after.settings.get(setting),
        HostPattern::Literal(_) | HostPattern::Operator | HostPattern::Link => false,
    };
    // Where the client's secret goes is a grant, too, and where a browser is led.
    let endpoint_setting = |credential: &Credential| {
        let consent = match &credential.write {
            CredentialKind::Oauth2AuthorizationCode { consent, .. } => Some(consent.url.as_str()),
            _ => None,
        };
        let urls = credential.write.token_endpoint().map(|token| token.url.as_str()).into_iter().chain(consent);
        urls.filter_map(|url| endpoint(url).ok()).any(|(form, _)| match form {
            HostPattern::Setting { setting, .. } => before.settings.get(&setting) != after.settings.get(&setting),
            HostPattern::Literal(_) | HostPattern::Operator | HostPattern::Link => false,
        })
    };
    before.connector != after.connector
        || before.grant != after.grant
        || manifest.egress.iter().any(host_setting)
        || manifest.credentials.iter().any(endpoint_setting)
}

async fn view(api: &Api, ws: WorkspaceId, stored: Stored<Destination>) -> Result<DestinationView, ApiError> {
    let set = api.store().credential_names(ws, stored.id).await?;
    let declared = manifest_of(api, ws, &stored.value.connector).await.map(|m| m.credentials).unwrap_or_default();
    let standings = api.store().token_standings(ws, stored.id).await?;
    let credentials = credential_views(set, declared, &standings, api.store().now());
    Ok(DestinationView { object: stored.into(), credentials })
}

/// Those that are set, and those that the manifest knows beside them, by name.
pub(crate) fn credential_views(
    set: Vec<(String, Timestamp)>,
    declared: Vec<Credential>,
    standings: &[TokenStanding],
    now: Timestamp,
) -> Vec<CredentialView> {
    let plain = |(name, at)| CredentialView { name, set: true, updated_at: Some(at), connection: None };
    let mut views: Vec<CredentialView> = set.into_iter().map(plain).collect();
    for known in declared {
        let standing = standings.iter().find(|standing| standing.name == known.name);
        let connection = ConnectionView::of(&known, standing, now);
        match views.iter_mut().find(|c| c.name == known.name) {
            Some(view) => view.connection = connection,
            None => views.push(CredentialView { name: known.name, set: false, updated_at: None, connection }),
        }
    }
    views.sort_by(|a, b| a.name.cmp(&b.name));
    views
}

/// Destinations, oldest first.
#[utoipa::path(get, path = "/v1/workspaces/{ws}/destinations", operation_id = "listDestinations", tag = "destinations",
    params(InWorkspace, PageParams), security(("api_key" = ["viewer"])),
    responses((status = 200, description = "A page.", body = PageOf<Resource<Destination>>)))]
pub(crate) async fn list(
    State(api): State<Api>,
    Viewer(caller): Viewer,
    Params(params): Params<PageParams>,
) -> Result<Reply, ApiError> {
    object::list::<Destination>(&api, &caller, &params).await
}

/// Makes a destination.
#[utoipa::path(post, path = "/v1/workspaces/{ws}/destinations", operation_id = "createDestination", tag = "destinations",
    params(InWorkspace, Repeatable), request_body = Destination, security(("api_key" = ["admin"])),
    responses((status = 201, description = "Made.", body = DestinationView)))]
pub(crate) async fn create(
    State(api): State<Api>,
    Admin(caller): Admin,
    once: Once,
    body: Strict<Destination>,
) -> Result<Reply, ApiError> {
    let work = async {
        ApiError::unless_sound(api.host().destination_problems(caller.ws, &body.value).await?)?;
        let stored = api.store().insert(caller.ws, &caller.actor(), &body.value).await?;
        let at = location(caller.ws, "destinations", stored.id);
        Ok(Reply::created(at, &view(&api, caller.ws, stored).await?).revision(1))
    };
    once.run(&api, &caller, &body.hash, work).await
}

/// One destination, and which of its secrets are set.
#[utoipa::path(get, path = "/v1/workspaces/{ws}/destinations/{dst}", operation_id = "getDestination", tag = "destinations",
    params(One), security(("api_key" = ["viewer"])),
    responses((status = 200, description = "The destination.", body = DestinationView)))]
pub(crate) async fn get(State(api): State<Api>, Viewer(caller): Viewer, At(one): At<One>) -> Result<Reply, ApiError> {
    let stored = api.store().get::<Destination>(caller.ws, one.dst).await?;
    let revision = stored.revision;
    Ok(Reply::ok(&view(&api, caller.ws, stored).await?).revision(revision))
}

/// Replaces a destination; its secrets stay. What changes the hosts that it reaches needs the role admin.
#[utoipa::path(put, path = "/v1/workspaces/{ws}/destinations/{dst}", operation_id = "replaceDestination", tag = "destinations",
    params(One, BasedOn), request_body = Destination, security(("api_key" = ["operator"])),
    responses((status = 200, description = "Replaced.", body = DestinationView)))]
pub(crate) async fn replace(
    State(api): State<Api>,
    Operator(caller): Operator,
    At(one): At<One>,
    IfMatch(expected): IfMatch,
    body: Strict<Destination>,
) -> Result<Reply, ApiError> {
    let before = object::based_on::<Destination>(&api, &caller, one.dst, expected).await?;
    ApiError::unless_sound(api.host().destination_problems(caller.ws, &body.value).await?)?;
    let manifest = manifest(&api, &caller, &body.value).await?;
    if changes_grant(&before, &body.value, &manifest) {
        needs(&caller.identity, Role::Admin)?;
    }
    let stored = api.store().update(caller.ws, &caller.actor(), one.dst, expected, &body.value).await?;
    let revision = stored.revision;
    Ok(Reply::ok(&view(&api, caller.ws, stored).await?).revision(revision))
}

/// Deletes a destination that nothing depends on; its secrets are gone at once.
#[utoipa::path(delete, path = "/v1/workspaces/{ws}/destinations/{dst}", operation_id = "deleteDestination", tag = "destinations",
    params(One, BasedOn), security(("api_key" = ["operator"])),
    responses((status = 204, description = "Deleted.")))]
pub(crate) async fn delete(
    State(api): State<Api>,
    Operator(caller): Operator,
    At(one): At<One>,
    IfMatch(expected): IfMatch,
) -> Result<Reply, ApiError> {
    object::delete::<Destination>(&api, &caller, one.dst, expected).await
}

/// Sets a secret. The next run uses it; a run that is sending goes on with the one before.
#[utoipa::path(put, path = "/v1/workspaces/{ws}/destinations/{dst}/credentials/{name}", operation_id = "putCredential",
    tag = "destinations", params(OneCredential), request_body = SecretInput, security(("api_key" = ["admin"])),
    responses((status = 204, description = "Set.")))]
pub(crate) async fn put_credential(
    State(api): State<Api>,
    Admin(caller): Admin,
    At(one): At<OneCredential>,
    body: Strict<SecretInput>,
) -> Result<Reply, ApiError> {
    let destination = api.store().get::<Destination>(caller.ws, one.dst).await?.value;
    let manifest = manifest(&api, &caller, &destination).await?;
    if !manifest.credentials.iter().any(|c| c.name == one.name) {
        return Err(ApiError::not_found());
    }
    let secret = body.value.into_secret()?;
    api.store().put_credential(caller.ws, &caller.actor(), one.dst, &one.name, secret).await?;
    Ok(Reply::gone())
}

/// Takes a secret away.
#[utoipa::path(delete, path = "/v1/workspaces/{ws}/destinations/{dst}/credentials/{name}", operation_id = "deleteCredential",
    tag = "destinations", params(OneCredential), security(("api_key" = ["admin"])),
    responses((status = 204, description = "Gone.")))]
pub(crate) async fn delete_credential(
    State(api): State<Api>,
    Admin(caller): Admin,
    At(one): At<OneCredential>,
) -> Result<Reply, ApiError> {
    api.store().get::<Destination>(caller.ws, one.dst).await?;
    api.store().delete_credential(caller.ws, &caller.actor(), one.dst, &one.name).await?;
    Ok(Reply::gone())
}

/// What the platform said.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct DestinationTestView {
    /// Whether the destination can be used.
    ok: bool,
    /// In a sentence.
    message: String,
    /// Why not, with the next step; null when it can be used.
    problem: Option<Explained>,
}

/// Asks the platform whether settings and secrets work.
#[utoipa::path(post, path = "/v1/workspaces/{ws}/destinations/{dst}/test", operation_id = "testDestination", tag = "destinations",
    params(One), security(("api_key" = ["operator"])),
    responses((status = 200, description = "What the platform said.", body = DestinationTestView)))]
pub(crate) async fn test(State(api): State<Api>, Operator(caller): Operator, At(one): At<One>) -> Result<Reply, ApiError> {
    let _place = api.question().await?;
    let answer = match api.host().test_destination(caller.ws, one.dst).await {
        Ok(checked) => DestinationTestView { ok: checked.ok, message: checked.message, problem: None },
        Err(error @ (RunError::Store(_) | RunError::Problems(_) | RunError::Cancelled)) => return Err(error.into()),
        Err(error) => {
            // The platform's no is the answer to this question, not a failure to answer it.
            let why = ApiError::from(error);
            DestinationTestView { ok: false, message: why.detail.clone(), problem: Some(explained(why.code, why.detail)) }
        }
    };
    Ok(Reply::ok(&answer))
}
