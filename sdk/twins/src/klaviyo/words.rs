//! The vendor's words: every refusal is a list of errors of one shape (*Errors*: `id`, `status`, `code`, `title`, `detail`,
//! `source.pointer`, `meta`).
//!
//! Recorded: "Invalid input." and "'…' is not a valid field for the resource '…'." with `invalid`; the whole of `throttled`
//! (github.com/klaviyo/klaviyo-api-node, issue 66, 2024-05). In the notes: `duplicate_profile` with `meta.duplicate_profile_id`.
//! Other codes and texts are (inferred); clients read the status, the code and the pointer.

use serde_json::{Value, json};

use crate::vendor::Reply;

/// What is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) code: &'static str,
    pub(super) detail: String,
    pub(super) source: Source,
    /// Of `duplicate_profile`: who has the identifier.
    pub(super) duplicate_of: Option<String>,
}

/// Where in the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Source {
    /// A place in the body.
    Pointer(String),
    /// A parameter of the query.
    Parameter(String),
}

impl Problem {
    pub(super) fn new(code: &'static str, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), source: Source::Pointer("/data".to_owned()), duplicate_of: None }
    }

    /// A value of the body that is not as it must be.
    pub(super) fn invalid(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { source: Source::Pointer(pointer.into()), ..Self::new("invalid", detail) }
    }

    /// A name that the resource does not have (recorded).
    pub(super) fn no_field(pointer: String, name: &str, resource: &str) -> Self {
        Self::invalid(pointer, format!("'{name}' is not a valid field for the resource '{resource}'."))
    }

    /// The identifier of another profile.
    pub(super) fn duplicate(of: &str) -> Self {
        let detail = "A profile already exists with one of these identifiers.";
        Self { duplicate_of: Some(of.to_owned()), ..Self::new("duplicate_profile", detail) }
    }

    /// Something that is not there.
    pub(super) fn not_found(what: &str, id: &str) -> Self {
        Self::new("not_found", format!("A {what} with id {id} does not exist."))
    }

    pub(super) fn title(&self) -> &'static str {
        match self.code {
            "invalid" => "Invalid input.",
            "not_authenticated" => "Authentication credentials were not provided.",
            "authentication_failed" => "Incorrect authentication credentials.",
            "permission_denied" => "You do not have permission to perform this action.",
            "not_found" => "Not found.",
            "duplicate_profile" => "Conflict.",
            "gone" => "Revision is no longer supported.",
            "payload_too_large" => "Payload too large.",
            "unsupported_media_type" => "Unsupported media type.",
            "throttled" => "Request was throttled.",
            "service_unavailable" => "Service unavailable.",
            _ => "A server error occurred.",
        }
    }

    fn to_json(&self, status: u16, request: u64, index: usize) -> Value {
        let source = match &self.source {
            Source::Pointer(pointer) => json!({ "pointer": pointer }),
            Source::Parameter(parameter) => json!({ "parameter": parameter }),
        };
        let meta = self.duplicate_of.as_ref().map_or(json!({}), |id| json!({ "duplicate_profile_id": id }));
        json!({
            "id": uuid(request, index), "status": status, "code": self.code, "title": self.title(), "detail": self.detail,
            "source": source, "meta": meta,
        })
    }
}

/// A UUID of a request's n-th thing: the same in each run of a test.
pub(super) fn uuid(request: u64, index: usize) -> String {
    format!("{:08x}-0000-4000-8000-{:012x}", index & 0xffff_ffff, request & 0xffff_ffff_ffff)
}

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) problems: Vec<Problem>,
    /// Seconds, of 429 alone.
    retry_after: Option<i64>,
}

impl From<Problem> for Refusal {
    /// A status that the code has everywhere.
    fn from(problem: Problem) -> Self {
        let status = match problem.code {
            "not_found" => 404,
            "duplicate_profile" => 409,
            _ => 400,
        };
        Self { status, problems: vec![problem], retry_after: None }
    }
}

impl Refusal {
    pub(super) fn new(status: u16, code: &'static str, detail: impl Into<String>) -> Self {
        Self { status, problems: vec![Problem::new(code, detail)], retry_after: None }
    }

    /// All that is wrong with a body.
    pub(super) fn invalid(problems: Vec<Problem>) -> Self {
        Self { status: 400, problems, retry_after: None }
    }

    /// A parameter of the query.
    pub(super) fn parameter(name: &str, detail: impl Into<String>) -> Self {
        Problem { source: Source::Parameter(name.to_owned()), ..Problem::new("invalid", detail) }.into()
    }

    /// A path that the vendor does not know.
    pub(super) fn no_path() -> Self {
        Self::new(404, "not_found", "The path does not exist.")
    }

    pub(super) fn throttled(wait_s: i64) -> Self {
        let plural = if wait_s == 1 { "" } else { "s" };
        let detail = format!("Request was throttled. Expected available in {wait_s} second{plural}.");
        Self { retry_after: Some(wait_s), ..Self::new(429, "throttled", detail) }
    }

    /// What the vendor says with this status, when nothing more is known.
    pub(super) fn of_status(status: u16) -> Self {
        match status {
            401 => Self::new(401, "authentication_failed", "Incorrect authentication credentials."),
            403 => Self::new(403, "permission_denied", "You do not have permission to perform this action."),
            404 => Self::no_path(),
            409 => Self { status, ..Problem::duplicate("01TW1N00000000000000000000").into() },
            410 => Self::new(410, "gone", "This revision is no longer supported."),
            413 => Self::new(413, "payload_too_large", "The payload is larger than this endpoint takes."),
            415 => Self::new(415, "unsupported_media_type", "Unsupported media type in request."),
            429 => Self { retry_after: None, ..Self::throttled(1) },
            503 => Self::new(503, "service_unavailable", "The service is temporarily unavailable."),
            500..=599 => Self::new(status, "error", "A server error occurred."),
            _ => Self::new(status, "invalid", "The payload provided in the request is invalid."),
        }
    }

    pub(super) fn reply(&self, request: u64) -> Reply {
        let errors = self.problems.iter().enumerate().map(|(index, problem)| problem.to_json(self.status, request, index));
        let errors: Vec<Value> = errors.collect();
        let reply = answer(self.status, &json!({ "errors": errors }));
        match self.retry_after {
            Some(seconds) => reply.header("retry-after", seconds),
            None => reply,
        }
    }
}

/// The content type of every body, sent and answered.
pub(super) const JSON_API: &str = "application/vnd.api+json";

pub(super) fn answer(status: u16, body: &Value) -> Reply {
    Reply::bytes(status, JSON_API, body.to_string().into())
}

/// An answer without a body.
pub(super) fn empty(status: u16) -> Reply {
    Reply::bytes(status, JSON_API, bytes::Bytes::new())
}
