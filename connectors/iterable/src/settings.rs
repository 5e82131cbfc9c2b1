//! Settings and options as types, and requests to the data center that is set.

use serde::Deserialize;
use sluice_sdk::json::Writer;
use sluice_sdk::{Call, Effect, Halt, Request};

/// The destination's settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) struct Settings {
    data_center: DataCenter,
    /// How the project tells its users apart.
    pub(crate) project_type: ProjectType,
}

/// Where the project lives. A key of one is unknown in the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
enum DataCenter {
    #[serde(rename = "US")]
    UnitedStates,
    #[serde(rename = "EU")]
    Europe,
}

/// Which identifiers are legal ("Identifying users by userId and email", named by the description of 2026-07-09).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum ProjectType {
    /// Users are e-mail addresses; a `userId` may name one.
    Email,
    /// Users are `userId`s.
    UserId,
    /// Either, and both when both are known.
    Hybrid,
}

impl Settings {
    /// Reads the settings of a call.
    pub(crate) fn of(call: &Call<'_>) -> Result<Self, Halt> {
        call.settings()
    }

    /// A question; `path` with its leading slash and its query.
    pub(crate) fn get<'a>(self, call: &Call<'a>, path: &str, pace: &str) -> Request<'a> {
        call.get(self.url(path)).credential("api_key").pace(pace)
    }

    /// A write that does no harm when it is repeated.
    pub(crate) fn post<'a>(self, call: &Call<'a>, path: &str, pace: &str, body: Writer) -> Request<'a> {
        call.post(self.url(path)).credential("api_key").pace(pace).effect(Effect::Repeatable).json(body)
    }

    fn url(self, path: &str) -> String {
        let host = match self.data_center {
            DataCenter::UnitedStates => "api.iterable.com",
            DataCenter::Europe => "api.eu.iterable.com",
        };
        format!("https://{host}{path}")
    }
}

/// Options of `attributes`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) struct AttributesOptions {
    /// False: fields that the project does not have are dropped, and the rows say so.
    #[serde(default = "sluice_sdk::yes")]
    pub(crate) create_new_fields: bool,
    /// True: an object joins the one that is there; else it takes its place.
    #[serde(default)]
    pub(crate) merge_nested_objects: bool,
}

/// Options of `lists`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct ListsOptions {
    /// The list's name.
    pub(crate) list: String,
    /// True: a member whom Iterable does not know becomes a user.
    #[serde(default)]
    pub(crate) create_users: bool,
}

#[cfg(test)]
mod tests;
