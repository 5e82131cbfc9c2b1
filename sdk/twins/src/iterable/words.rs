//! The vendor's words: one shape for every refusal, `{"msg", "code", "params"}` (*Errors*, recorded), and which status goes
//! with which code. Messages are (inferred) unless said otherwise; clients read the code.

use serde_json::{Value, json};

use crate::vendor::Reply;

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) code: &'static str,
    pub(super) msg: String,
}

impl Refusal {
    pub(super) fn new(status: u16, code: &'static str, msg: impl Into<String>) -> Self {
        Self { status, code, msg: msg.into() }
    }

    /// A request that is not of the shape asked for (*Errors*).
    pub(super) fn bad_params(msg: impl Into<String>) -> Self {
        Self::new(400, "BadParams", msg)
    }

    /// A body that is no JSON object (*Errors*).
    pub(super) fn bad_json() -> Self {
        Self::new(400, "BadJsonBody", "Unable to parse JSON body")
    }

    /// Too many users (*Errors*: 400 `BatchTooLarge`).
    pub(super) fn too_many() -> Self {
        Self::new(400, "BatchTooLarge", "Batch too large")
    }

    /// Too many bytes (*Errors*: 413; its code is inferred).
    pub(super) fn too_large() -> Self {
        Self::new(413, "BatchTooLarge", "Request entity too large")
    }

    /// Throttled; no header says how long (*Global rate limits*).
    pub(super) fn throttled() -> Self {
        Self::new(429, "RateLimitExceeded", "Rate limit exceeded")
    }

    /// A path that the vendor does not know (the code is in its description, the rest inferred).
    pub(super) fn not_found() -> Self {
        Self::new(404, "NotFound", "Not found")
    }

    /// A list that takes too long to read (*Errors*, recorded).
    pub(super) fn timeout() -> Self {
        Self::new(503, "GenericError", "Request timeout. Try again later.")
    }

    /// What the vendor says with this status, when nothing more is known.
    pub(super) fn of_status(status: u16) -> Self {
        match status {
            401 => Self::new(401, "BadApiKey", "Invalid API key"),
            403 => Self::new(403, "Forbidden", "This type of API key may not do this"),
            404 => Self::not_found(),
            409 => Self::new(409, "ForgottenUserError", "User is forgotten"),
            413 => Self::too_large(),
            429 => Self::throttled(),
            503 => Self::timeout(),
            500..=599 => Self::new(status, "GenericError", "Internal server error"),
            _ => Self::new(status, "BadParams", "Invalid parameters"),
        }
    }

    pub(super) fn reply(&self) -> Reply {
        Reply::json(self.status, &said(self.code, &self.msg))
    }
}

/// What a call that gives nothing back answers (the vendor's description: `code` `Success`).
pub(super) fn success() -> Reply {
    Reply::json(200, &said("Success", ""))
}

/// The shape of every answer that is a message alone.
pub(super) fn said(code: &str, msg: &str) -> Value {
    json!({ "msg": msg, "code": code, "params": null })
}
