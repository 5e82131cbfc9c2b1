//! Settings and options as types, and requests with the version and the credential that are set.

use serde::Deserialize;
use sluice_sdk::json::Writer;
use sluice_sdk::{Call, Effect, Halt, Request, Word};

/// Every account is here, wherever its data lies.
const BASE: &str = "https://api.hubapi.com";
/// Bytes of an answer: 100 whole records of some 40 kB.
const ANSWER_BYTES_MAX: u32 = 4 * 1024 * 1024;

/// The destination's settings. The app that a person consents to, `client_id`, is the host's.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Settings {
    #[serde(default)]
    sign_in: SignIn,
    /// The date in paths.
    api_version: Option<Word>,
}

/// Which of the credentials is used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum SignIn {
    /// The token of a service key or a private app.
    #[default]
    Token,
    /// A person's consent to an app.
    Oauth,
}

impl Settings {
    /// Reads the settings of a call.
    pub(crate) fn of(call: &Call<'_>) -> Result<Self, Halt> {
        call.settings()
    }

    /// A question. `area`: what stands before the version in the path, `rest`: what stands behind it.
    pub(crate) fn get<'a>(&self, call: &Call<'a>, area: &str, rest: &str) -> Request<'a> {
        self.request(call, "GET", area, rest)
    }

    /// A write that does no harm when it is repeated.
    pub(crate) fn write<'a>(&self, call: &Call<'a>, method: &str, area: &str, rest: &str, body: Writer) -> Request<'a> {
        self.request(call, method, area, rest).effect(Effect::Repeatable).json(body)
    }

    fn request<'a>(&self, call: &Call<'a>, method: &str, area: &str, rest: &str) -> Request<'a> {
        let credential = match self.sign_in {
            SignIn::Token => "token",
            SignIn::Oauth => "oauth",
        };
        let version = self.api_version.as_deref().unwrap_or("2026-03");
        let url = format!("{BASE}{area}/{version}{rest}");
        call.request(method, url).credential(credential).pace("calls").answer_bytes_max(ANSWER_BYTES_MAX)
    }
}

/// Options of every service of records.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct ObjectsOptions {
    /// The property that `unique_value` is of.
    pub(crate) unique_property: Option<Word>,
    /// Fields that name other records.
    #[serde(default)]
    pub(crate) associations: Vec<Association>,
}

/// The option that `custom-objects` has besides.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct ObjectType {
    /// The type, as it stands in paths.
    pub(crate) object_type: Word,
}

/// A field that names another record instead of being a property.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Association {
    /// The mapped target.
    pub(crate) field: String,
    /// The other record's type.
    pub(crate) object: Word,
    /// The property that the values are of; none: they are record ids.
    pub(crate) key: Option<Word>,
    /// None: the default association.
    pub(crate) label: Option<Label>,
    /// False: the record is written without it where HubSpot does not have the other one.
    #[serde(default = "sluice_sdk::yes")]
    pub(crate) required: bool,
}

/// A labelled association.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Label {
    /// `HUBSPOT_DEFINED`, `USER_DEFINED` or `INTEGRATOR_DEFINED`.
    pub(crate) category: Word,
    /// Its number.
    pub(crate) type_id: u32,
}

/// Options of `lists`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct ListsOptions {
    /// The list's name.
    pub(crate) list: String,
    /// The property that `unique_value` is of.
    pub(crate) unique_property: Option<Word>,
}

#[cfg(test)]
mod tests;
