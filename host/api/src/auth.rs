//! Who asks, and whether he may. A handler takes [`Viewer`], [`Operator`] or [`Admin`]: without one it has no workspace to work in,
//! so the check cannot be forgotten. Order: 401 for who, 404 for a workspace the key does not reach, 403 for a role too low.

use axum::{
    extract::{FromRequestParts, RawPathParams},
    http::{header, request::Parts},
};
use sluice_catalog::{Code, ids::WorkspaceId};
use sluice_store::{Actor, Identity, Role};

use crate::{error::ApiError, state::Api};

/// A caller in one workspace, whose role was checked.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) identity: Identity,
    pub(crate) ws: WorkspaceId,
}

impl Caller {
    /// The name in the audit log.
    pub(crate) fn actor(&self) -> Actor {
        self.identity.actor()
    }

    /// Whether he may see what comes out of rows: keys, values, and what a platform said about one of them.
    pub(crate) fn sees_rows(&self) -> bool {
        self.identity.role >= Role::Operator
    }
}

/// Any valid key, for operations outside of a workspace.
pub(crate) struct Anyone(pub(crate) Identity);
/// May read.
pub(crate) struct Viewer(pub(crate) Caller);
/// May declare and run.
pub(crate) struct Operator(pub(crate) Caller);
/// May install, grant, set credentials, make keys.
pub(crate) struct Admin(pub(crate) Caller);

impl FromRequestParts<Api> for Anyone {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, ApiError> {
        identity(parts, api).await.map(Self)
    }
}

macro_rules! roles {
    ($($name:ident),*) => {$(
        impl FromRequestParts<Api> for $name {
            type Rejection = ApiError;
            async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, ApiError> {
                caller(parts, api, Role::$name).await.map(Self)
            }
        }
    )*};
}

roles!(Viewer, Operator, Admin);

async fn identity(parts: &Parts, api: &Api) -> Result<Identity, ApiError> {
    let who = || ApiError::new(Code::ApiUnauthenticated, "The key is missing, malformed, unknown, expired or revoked.");
    let mut given = parts.headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (given.next(), given.next()) else { return Err(who()) };
    let text = value.to_str().map_err(|_| who())?;
    let (scheme, key) = text.split_once(' ').ok_or_else(who)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(who());
    }
    api.store().authenticate(key.trim()).await?.ok_or_else(who)
}

async fn caller(parts: &mut Parts, api: &Api, needed: Role) -> Result<Caller, ApiError> {
    let identity = identity(parts, api).await?;
    let params = RawPathParams::from_request_parts(parts, api).await.map_err(|_| ApiError::not_found())?;
    let ws = params.iter().find(|(name, _)| *name == "ws").and_then(|(_, text)| text.parse().ok());
    let ws = ws.filter(|ws| identity.reaches(*ws)).ok_or_else(ApiError::not_found)?;
    // A key of the whole installation reaches every workspace there is, and no other.
    if identity.workspace.is_none() {
        api.store().workspace(ws).await?;
    }
    needs(&identity, needed)?;
    Ok(Caller { identity, ws })
}

/// Refuses a role below the one needed.
pub(crate) fn needs(identity: &Identity, needed: Role) -> Result<(), ApiError> {
    if identity.role >= needed {
        return Ok(());
    }
    let detail = format!("This needs the role {}; the key has {}.", needed.as_str(), identity.role.as_str());
    Err(ApiError::new(Code::ApiForbidden, detail))
}
