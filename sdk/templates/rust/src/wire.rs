//! The shapes of the platform's answers, nothing else.

use serde::Deserialize;

/// What became of one contact: an item of `results`, of `POST /v1/contacts`.
#[derive(Debug, Deserialize)]
pub(crate) struct Contact {
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

/// An item of `lists`, of `GET /v1/lists`; of `POST /v1/lists` the whole answer.
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
