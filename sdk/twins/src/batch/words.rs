//! The vendor's words. A refused call is `{"error_code", "error_message"}`, a taken one `{"code"}` with the attributes and
//! events that were lost (*Synchronize profiles*, "Response" and "Errors"). Names of codes are the notes', which call them
//! inferred but for `AUTHENTICATION_INVALID`, `SUCCESS` and `SUCCESS_WITH_PARTIAL_ERRORS`; messages and reasons are (inferred).

use serde_json::{Value, json};

use crate::vendor::Reply;

/// Why a call is refused whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl Refusal {
    pub(super) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    /// A body that is no JSON, or does not say that it is.
    pub(super) fn bad_json() -> Self {
        Self::new(400, "MALFORMED_JSON_BODY", "The body is not valid JSON")
    }

    /// A value of a wrong shape, and too many of something.
    pub(super) fn malformed(message: impl Into<String>) -> Self {
        Self::new(400, "MALFORMED_PARAMETER", message)
    }

    /// A value that has to be there and is not.
    pub(super) fn missing(what: impl std::fmt::Display) -> Self {
        Self::new(400, "MISSING_PARAMETER", format!("'{what}' is required"))
    }

    pub(super) fn bad_key() -> Self {
        Self::new(401, "AUTHENTICATION_INVALID", "The REST API key is invalid")
    }

    /// A path or a method that the vendor does not know.
    pub(super) fn no_route() -> Self {
        Self::new(404, "ROUTE_NOT_FOUND", "Unable to find route")
    }

    pub(super) fn too_large() -> Self {
        Self::new(413, "REQUEST_TOO_LARGE", "The request body is too large")
    }

    /// Throttled; no header of the vendor's own says how long (*Global rate limits*).
    pub(super) fn throttled() -> Self {
        Self::new(429, "TOO_MANY_REQUESTS", "Too many requests")
    }

    /// What the vendor says with this status, when nothing more is known.
    pub(super) fn of_status(status: u16) -> Self {
        match status {
            401 => Self::bad_key(),
            403 => Self::new(403, "PROJECT_FORBIDDEN", "The project may not be used"),
            404 => Self::no_route(),
            413 => Self::too_large(),
            429 => Self::throttled(),
            503 => Self::new(503, "MAINTENANCE_MODE", "The service is in maintenance"),
            500..=599 => Self::new(status, "SERVER_ERROR", "Internal server error"),
            _ => Self::new(status, "MALFORMED_PARAMETER", "The request is malformed"),
        }
    }

    pub(super) fn reply(&self) -> Reply {
        Reply::json(self.status, &json!({ "error_code": self.code, "error_message": self.message }))
    }
}

/// What was lost of an operation; the rest of it is applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lost {
    /// `ATTRIBUTE`, or `EVENT` (the second is inferred).
    category: &'static str,
    /// The key of the object that names it: `attribute`, or `event` (inferred).
    what: &'static str,
    /// The attribute's key as sent, the event's name.
    name: String,
    reason: String,
}

impl Lost {
    pub(super) fn attribute(name: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { category: "ATTRIBUTE", what: "attribute", name: name.into(), reason: reason.into() }
    }

    pub(super) fn event(name: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { category: "EVENT", what: "event", name: name.into(), reason: reason.into() }
    }

    /// As the answer names it, by the position of its operation.
    pub(super) fn to_json(&self, bulk_index: usize) -> Value {
        json!({ "category": self.category, "bulk_index": bulk_index, self.what: self.name, "reason": self.reason })
    }
}

impl std::fmt::Display for Lost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} '{}': {}", self.what, self.name, self.reason)
    }
}

/// The answer to a call of profiles that was taken.
pub(super) fn taken(errors: Vec<Value>) -> Reply {
    let body = if errors.is_empty() {
        json!({ "code": "SUCCESS" })
    } else {
        json!({ "code": "SUCCESS_WITH_PARTIAL_ERRORS", "errors": errors })
    };
    Reply::json(202, &body)
}

/// The answer to a call of custom data that was taken: a token nothing can be asked with (*Synchronize contacts*, inferred).
pub(super) fn token(request: u64) -> Reply {
    Reply::json(202, &json!({ "token": format!("{request:032x}") }))
}
