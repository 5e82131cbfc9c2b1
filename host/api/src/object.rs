//! What the resources of declared objects have in common: their shape in answers, and the five plain operations.

use jiff::Timestamp;
use serde::Serialize;
use sluice_catalog::ids::WorkspaceId;
use sluice_store::{Declared, StoreError, Stored};

use crate::{
    auth::Caller,
    error::ApiError,
    page::{PageParams, page_of},
    reply::Reply,
    state::Api,
};

/// A declared object in an answer: its fields, and beside them what the store knows.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Resource<T> {
    /// Stable for ever.
    pub(crate) id: String,
    /// 1 at first, one more with each change; the ETag.
    pub(crate) revision: u64,
    /// RFC 3339, UTC.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) created_at: Timestamp,
    /// RFC 3339, UTC.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) updated_at: Timestamp,
    /// The object's own fields.
    #[serde(flatten)]
    pub(crate) value: T,
}

impl<T: Declared> From<Stored<T>> for Resource<T> {
    fn from(stored: Stored<T>) -> Self {
        let Stored { id, revision, value, created_at, updated_at } = stored;
        Self { id: id.to_string(), revision, created_at, updated_at, value }
    }
}

/// The path of one object; `collection` like `sources`.
pub(crate) fn location(ws: WorkspaceId, collection: &str, id: impl std::fmt::Display) -> String {
    format!("/v1/workspaces/{ws}/{collection}/{id}")
}

pub(crate) async fn list<T: Declared>(api: &Api, caller: &Caller, params: &PageParams) -> Result<Reply, ApiError> {
    let name = format!("{}/{}", caller.ws, T::KIND.as_str());
    let page = api.store().list::<T>(caller.ws, &params.request(&name)?).await?;
    Ok(Reply::ok(&page_of(page, &name, Resource::from)))
}

pub(crate) async fn get<T: Declared>(api: &Api, caller: &Caller, id: T::Id) -> Result<Reply, ApiError> {
    let stored = api.store().get::<T>(caller.ws, id).await?;
    let revision = stored.revision;
    Ok(Reply::ok(&Resource::from(stored)).revision(revision))
}

/// An object as the change that is based on `expected` found it. Refused when it has moved on: what is allowed because of what stood
/// there holds for that revision alone.
pub(crate) async fn based_on<T: Declared>(api: &Api, caller: &Caller, id: T::Id, expected: u64) -> Result<T, ApiError> {
    let Stored { revision: actual, value, .. } = api.store().get::<T>(caller.ws, id).await?;
    if actual == expected { Ok(value) } else { Err(StoreError::Stale { expected, actual }.into()) }
}

/// Stores a checked object.
pub(crate) async fn create<T: Declared>(api: &Api, caller: &Caller, collection: &str, value: &T) -> Result<Reply, ApiError> {
    let stored = api.store().insert(caller.ws, &caller.actor(), value).await?;
    let at = location(caller.ws, collection, stored.id);
    Ok(Reply::created(at, &Resource::from(stored)).revision(1))
}

/// Replaces an object with a checked one.
pub(crate) async fn replace<T: Declared>(
    api: &Api,
    caller: &Caller,
    id: T::Id,
    expected: u64,
    value: &T,
) -> Result<Reply, ApiError> {
    let stored = api.store().update(caller.ws, &caller.actor(), id, expected, value).await?;
    let revision = stored.revision;
    Ok(Reply::ok(&Resource::from(stored)).revision(revision))
}

pub(crate) async fn delete<T: Declared>(api: &Api, caller: &Caller, id: T::Id, expected: u64) -> Result<Reply, ApiError> {
    api.store().delete::<T>(caller.ws, &caller.actor(), id, expected).await?;
    Ok(Reply::gone())
}
