//! The shapes of the platform's answers, nothing else.

use serde::Deserialize;

/// Of `GET /v1/me`.
#[derive(Debug, Deserialize)]
pub(crate) struct Me {
    #[serde(rename = "account")]
    _account: String,
}

/// Of `POST /v1/contacts`.
#[derive(Debug, Deserialize)]
pub(crate) struct Results {
    pub(crate) results: Vec<Outcome>,
}

/// What became of one contact.
#[derive(Debug, Deserialize)]
pub(crate) struct Outcome {
    pub(crate) ok: bool,
    #[serde(default)]
    pub(crate) code: String,
    #[serde(default)]
    pub(crate) message: String,
}
