//! Iterable's paths and response shapes, nothing else.
//!
//! `UserBulkUpdateListResponse`, `IterableApiResponse`, `GetListsResponse`, `CreateListResponse` and `UserResponse` of the vendor's
//! description (Iterable/api-client, `api-docs.json` of 2026-07-09, read 2026-11).

use std::collections::BTreeMap;

use serde::Deserialize;
use sluice_sdk::serde_json::{Map, Value};

/// Path of attributes.
pub(crate) const BULK_UPDATE: &str = "/api/users/bulkUpdate";
/// Path of lists: all of them, and a new one.
pub(crate) const LISTS: &str = "/api/lists";
/// Path of additions to a list.
pub(crate) const SUBSCRIBE: &str = "/api/lists/subscribe";
/// Path of removals from a list.
pub(crate) const UNSUBSCRIBE: &str = "/api/lists/unsubscribe";
/// Path of the members of a list, with the start of its query.
pub(crate) const GET_USERS: &str = "/api/lists/getUsers?listId=";
/// Path of a user by address, with the start of its query: an address with a slash in it cannot stand in a path.
pub(crate) const BY_EMAIL: &str = "/api/users/getByEmail?email=";
/// Path of a user by id, with the start of its query.
pub(crate) const BY_USER_ID: &str = "/api/users/byUserId?userId=";

/// The answer to an update, an addition or a removal.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Reply {
    /// Users that were taken; always there, which tells the answer from anything else.
    #[serde(rename = "successCount")]
    _success_count: u64,
    /// Users that were not.
    pub(crate) fail_count: u64,
    /// Fields that the project does not have and was not to make.
    #[serde(default)]
    pub(crate) filtered_out_fields: Vec<String>,
    /// Identifiers of users that were not taken, by the name of what is wrong: `invalidEmails`, `notFoundUserIds`, ...
    pub(crate) failed_updates: Option<BTreeMap<String, Vec<String>>>,
}

/// One of the project's lists.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct List {
    /// Its id.
    pub(crate) id: i64,
    /// Its name, which others may have as well.
    pub(crate) name: String,
    /// [`STANDARD`], `Dynamic`, `Suppression` or `Internal`.
    pub(crate) list_type: String,
}

/// The type of a static list, the only one that can be written (inferred).
pub(crate) const STANDARD: &str = "Standard";

/// The answer to the question after a user.
#[derive(Debug, Deserialize)]
pub(crate) struct Found {
    /// Not there, or empty, for a user who is not known (inferred).
    pub(crate) user: Option<Map<String, Value>>,
}
