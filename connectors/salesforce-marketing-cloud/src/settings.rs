//! Settings and options as types, and requests to the tenant that the token is for.

use serde::Deserialize;
use sluice_sdk::{Call, Halt, Request, Response, Word};

use crate::outcomes::MARKETING_CLOUD;

/// The destination's settings, as far as requests need them: the rest is for the token, which is the host's.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Settings {
    pub(crate) rest_tenant: Word,
}

impl Settings {
    /// Reads the settings of a call.
    pub(crate) fn of(call: &Call<'_>) -> Result<Self, Halt> {
        call.settings()
    }

    /// A request; `path` goes on behind `/data/v1`. What a repeat does is what its method says: a PUT writes the same, a POST may not.
    pub(crate) fn request<'a>(&self, call: &Call<'a>, method: &str, path: &str) -> Request<'a> {
        let url = format!("https://{}.rest.marketingcloudapis.com/data/v1{path}", self.rest_tenant);
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
