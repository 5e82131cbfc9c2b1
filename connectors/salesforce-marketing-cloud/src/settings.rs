//! Settings and options as types, and requests to the tenant that the token is for.

use serde::Deserialize;
use sluice_sdk::{Call, Halt, Request, Response};

use crate::outcomes::MARKETING_CLOUD;

/// The destination's settings, as far as requests need them: the rest is for the token, which is the host's.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Settings {
    rest_tenant: Label,
}

/// One label of a host: with anything else in it, a request would go elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
struct Label(String);

impl TryFrom<String> for Label {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        let plain = (1..=63).contains(&text.len()) && text.bytes().all(inner) && !text.starts_with('-') && !text.ends_with('-');
        if plain { Ok(Self(text)) } else { Err("lower-case letters, digits and hyphens") }
    }
}

impl Settings {
    /// Reads the settings of a call.
    pub(crate) fn of(call: &Call<'_>) -> Result<Self, Halt> {
        call.settings()
    }

    /// The tenant's name, for sentences.
    pub(crate) fn tenant(&self) -> &str {
        &self.rest_tenant.0
    }

    /// A request; `path` goes on behind `/data/v1`. What a repeat does is what its method says: a PUT writes the same, a POST may not.
    pub(crate) fn request<'a>(&self, call: &Call<'a>, method: &str, path: &str) -> Request<'a> {
        let url = format!("https://{}.rest.marketingcloudapis.com/data/v1{path}", self.rest_tenant.0);
        call.request(method, url).credential("client").pace("rest")
    }
}

/// The answer to a question.
pub(crate) fn asked(call: &Call<'_>, path: &str) -> Result<Response, Halt> {
    MARKETING_CLOUD.of_read(Settings::of(call)?.request(call, "GET", path).send())
}

/// Options of `data-extensions`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Options {
    /// External key, or id.
    pub(crate) data_extension: String,
    /// The column that says who is in; of the mode boolean-attribute.
    pub(crate) attribute: Option<String>,
}

#[cfg(test)]
mod tests;
