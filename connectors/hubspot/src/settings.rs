//! Settings and options as types, and requests with the version and the credential that are set.

use serde::Deserialize;
use sluice_sdk::json::Writer;
use sluice_sdk::{Call, Effect, Halt, Request};

/// Every account is here, wherever its data lies.
const BASE: &str = "https://api.hubapi.com";
/// Bytes of an answer: 100 whole records of some 40 kB.
const ANSWER_BYTES_MAX: u32 = 4 * 1024 * 1024;

/// The destination's settings.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Settings {
    #[serde(default)]
    sign_in: SignIn,
    /// The host's, for tokens.
    #[serde(default)]
    client_id: String,
    #[serde(default)]
    api_version: Version,
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

/// The date in paths, for example `2026-03`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
struct Version(String);

impl Default for Version {
    fn default() -> Self {
        Self("2026-03".to_owned())
    }
}

impl TryFrom<String> for Version {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let digits = |part: &str, count: usize| part.len() == count && part.bytes().all(|b| b.is_ascii_digit());
        match text.split_once('-') {
            Some((year, month)) if year.starts_with("20") && digits(year, 4) && digits(month, 2) => Ok(Self(text)),
            _ => Err("a year and a month, like 2026-03"),
        }
    }
}

impl Settings {
    /// Reads the settings of a call.
    pub(crate) fn of(call: &Call<'_>) -> Result<Self, Halt> {
        let settings: Self = call.settings()?;
        if settings.sign_in == SignIn::Oauth && settings.client_id.is_empty() {
            return Err(Halt::setting("client_id", "to sign in with oauth, the setting `client_id` has to name your app"));
        }
        Ok(settings)
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
        let url = format!("{BASE}{area}/{}{rest}", self.api_version.0);
        call.request(method, url).credential(credential).pace("calls").answer_bytes_max(ANSWER_BYTES_MAX)
    }
}

/// A name of HubSpot's that can stand in a path as it is: letters, digits, `_` and `-`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Name(String);

impl Name {
    /// The name.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Name {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
        if plain { Ok(Self(text)) } else { Err("letters, digits, _ and -") }
    }
}

/// Options of every service of records.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct ObjectsOptions {
    /// The property that `unique_value` is of.
    pub(crate) unique_property: Option<Name>,
    /// Fields that name other records.
    #[serde(default)]
    pub(crate) associations: Vec<Association>,
}

/// The option that `custom-objects` has besides.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct ObjectType {
    /// The type, as it stands in paths.
    pub(crate) object_type: Name,
}

/// A field that names another record instead of being a property.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Association {
    /// The mapped target.
    pub(crate) field: String,
    /// The other record's type.
    pub(crate) object: Name,
    /// The property that the values are of; none: they are record ids.
    pub(crate) key: Option<Name>,
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
    pub(crate) category: Name,
    /// Its number.
    pub(crate) type_id: u32,
}

/// Options of `lists`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct ListsOptions {
    /// The list's name.
    pub(crate) list: String,
    /// The property that `unique_value` is of.
    pub(crate) unique_property: Option<Name>,
}

#[cfg(test)]
mod tests;
