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
    #[serde(flatten)]
    pub(crate) refusal: Refusal,
}

/// Why one was not taken.
#[derive(Debug, Deserialize)]
pub(crate) struct Refusal {
    #[serde(default)]
    pub(crate) code: String,
    #[serde(default)]
    pub(crate) message: String,
}

/// Of `GET /v1/lists`.
#[derive(Debug, Deserialize)]
pub(crate) struct Lists {
    pub(crate) lists: Vec<List>,
}

/// Of `POST /v1/lists` as well.
#[derive(Debug, Deserialize)]
pub(crate) struct List {
    pub(crate) id: String,
    pub(crate) name: String,
}

/// Of `POST /v1/members`.
#[derive(Debug, Deserialize)]
pub(crate) struct Members {
    pub(crate) taken: usize,
    pub(crate) refused: Vec<Refused>,
}

/// An address that was not taken, by its position in the request.
#[derive(Debug, Deserialize)]
pub(crate) struct Refused {
    pub(crate) at: u32,
    #[serde(flatten)]
    pub(crate) refusal: Refusal,
}
