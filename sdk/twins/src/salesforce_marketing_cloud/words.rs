//! The vendor's words. Three shapes of refusals: the token host's `error`, the API's `message` and `errorcode`, and `resultMessages`
//! of asynchronous requests (*Auth*, *Global rate limits*, *Endpoint A*).
//!
//! In the notes: the codes 20002, 50100, 50200 and 10006, "Rate limit exceeded", "Your requests are temporarily blocked.", "Unable to
//! save rows for data extension ID …", `invalid_client`, "Rerun the transaction.". All other codes and texts are (inferred).

use serde_json::{Value, json};

use crate::vendor::Reply;

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Of the token host.
    Token { status: u16, error: &'static str, description: String },
    /// Of the API.
    Api { status: u16, code: i64, message: String, more: Vec<String> },
    /// Of an asynchronous request.
    Result { request_id: Option<String>, code: &'static str, message: String },
    /// 429 with 50100 and a wait, or 50200 without.
    Throttled { wait_s: Option<u64> },
}

impl Refusal {
    pub(super) fn api(status: u16, code: i64, message: impl Into<String>) -> Self {
        Self::Api { status, code, message: message.into(), more: Vec::new() }
    }

    /// A body or a parameter that is not as it must be.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::api(400, 10_000, message)
    }

    pub(super) fn token(error: &'static str, description: impl Into<String>) -> Self {
        Self::Token { status: 400, error, description: description.into() }
    }

    pub(super) fn result(code: &'static str, message: impl Into<String>) -> Self {
        Self::Result { request_id: None, code, message: message.into() }
    }

    pub(super) fn no_path() -> Self {
        Self::api(404, 0, "The requested resource could not be found.")
    }

    pub(super) fn not_authorized() -> Self {
        Self::api(401, 0, "Not Authorized")
    }

    /// A scope that the package does not have.
    pub(super) fn no_scope() -> Self {
        Self::api(403, 20_002, "Insufficient privileges")
    }

    /// A synchronous save that failed: for reasons when `more` has some, for none that is told when not.
    pub(super) fn not_saved(id: &str, more: Vec<String>) -> Self {
        Self::Api { status: 400, code: 10_006, message: format!("Unable to save rows for data extension ID {id}"), more }
    }

    /// What the vendor says with this status, when nothing more is known.
    pub(super) fn of_status(status: u16) -> Self {
        match status {
            400 => Self::result("BadRequest", "The request is invalid."),
            401 => Self::not_authorized(),
            403 => Self::no_scope(),
            404 => Self::no_path(),
            413 => Self::api(413, 10_000, "The request is too large."),
            415 => Self::api(415, 10_000, "The content type must be application/json."),
            429 => Self::Throttled { wait_s: None },
            500..=599 => Self::api(status, 0, "Internal Server Error"),
            _ => Self::api(status, 10_000, "The request is invalid."),
        }
    }

    pub(super) fn reply(&self) -> Reply {
        match self {
            Self::Token { status, error, description } => Reply::json(
                *status,
                &json!({ "error": error, "error_description": description, "error_uri": "https://developer.salesforce.com/docs" }),
            ),
            Self::Api { status, code, message, more } => {
                let mut body = json!({ "message": message, "errorcode": code, "documentation": "" });
                if !more.is_empty() {
                    let more: Vec<Value> = more.iter().map(|message| json!({ "message": message, "errorcode": code })).collect();
                    body["additionalErrors"] = more.into();
                }
                Reply::json(*status, &body)
            }
            Self::Result { request_id, code, message } => {
                let mut body = json!({ "resultMessages": [
                    { "resultType": "Error", "resultClass": "Request", "resultCode": code, "message": message },
                ] });
                if let Some(id) = request_id {
                    body["requestId"] = id.as_str().into();
                }
                Reply::json(400, &body)
            }
            Self::Throttled { wait_s: Some(wait_s) } => {
                let body = json!({
                    "message": "Rate limit exceeded", "errorcode": 50_100, "retryAfter": wait_s, "documentation": "",
                });
                Reply::json(429, &body).header("retry-after", wait_s)
            }
            Self::Throttled { wait_s: None } => Reply::json(
                429,
                &json!({ "errorcode": 50_200, "message": "Your requests are temporarily blocked.", "documentation": "" }),
            ),
        }
    }
}

/// A GUID of a request, the same in each run of a test.
pub(super) fn request_id(request: u64) -> String {
    guid(0xa5, request)
}

/// A GUID of the n-th data extension.
pub(super) fn extension_id(number: u64) -> String {
    guid(0xde, number)
}

fn guid(kind: u8, number: u64) -> String {
    format!("{kind:02x}000000-0000-4000-8000-{:012x}", number & 0xffff_ffff_ffff)
}

/// What a row that lost a deadlock is told; the notes have its end.
pub(super) const DEADLOCK: &str = "Transaction (Process ID 62) was deadlocked on lock resources with another process and has been \
                                   chosen as the deadlock victim. Rerun the transaction.";

/// What a row of an upsert is told when nothing names it (another client's notes, read 2026-11-27).
pub(super) const NO_KEYS: &str = "This Data Extension does not have any primary keys defined.";

pub(super) fn duplicate(key: &str) -> String {
    format!("Violation of PRIMARY KEY constraint. Cannot insert duplicate key in object. The duplicate key value is ({key}).")
}
