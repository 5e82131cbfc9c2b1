//! The vendor's words: one shape for every refusal, a problem document with `type`, `title`, `status`, `detail`, `instance` and,
//! for wrong fields, `errors[]` (*Global rate limits*: error envelope). Details are (inferred) unless said otherwise; "recorded"
//! ones are answers that others kept (rudder-transformer @ c98d160, grouparoo @ a453a40, the hitobito issue 1487). The sentences of 401, 405
//! and of refused members are those that public clients have in their own tests (read 2026-11); no page of the vendor's was seen.

use serde_json::{Value, json};

use super::limits;
use crate::vendor::Reply;

/// A field that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FieldError {
    /// Its path with dots, `members.item:3.status`; empty for the whole body.
    pub(super) field: String,
    pub(super) message: String,
}

impl FieldError {
    pub(super) fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }

    pub(super) fn to_json(&self) -> Value {
        json!({ "field": self.field, "message": self.message })
    }
}

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) title: &'static str,
    pub(super) detail: String,
    pub(super) errors: Vec<FieldError>,
    /// The methods that the path has, when it has not this one.
    pub(super) allow: Option<&'static str>,
}

impl Refusal {
    pub(super) fn new(status: u16, title: &'static str, detail: impl Into<String>) -> Self {
        Self { status, title, detail: detail.into(), errors: Vec::new(), allow: None }
    }

    /// Something that is not right with the whole of it (*Errors*: 400 `Invalid Resource`).
    pub(super) fn invalid(detail: impl Into<String>) -> Self {
        Self::new(400, "Invalid Resource", detail)
    }

    /// Wrong fields, each named (*Errors*: `errors[]`).
    pub(super) fn fields(errors: Vec<FieldError>) -> Self {
        let detail = "The resource submitted could not be validated. For field-specific details, see the 'errors' array.";
        Self { errors, ..Self::invalid(detail) }
    }

    /// One wrong field.
    pub(super) fn field(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::fields(vec![FieldError::new(field, message)])
    }

    /// A path, a list, a segment or a member that is not there (*Errors*: 404).
    pub(super) fn not_found() -> Self {
        Self::new(404, "Resource Not Found", "The requested resource could not be found.")
    }

    /// A path that has other methods (*Errors*: 405).
    pub(super) fn method(allow: &'static str) -> Self {
        Self { allow: Some(allow), ..Self::of_status(405) }
    }

    /// A body that is no JSON object.
    pub(super) fn bad_json() -> Self {
        Self::new(400, "JSON Parse Error", "We encountered an unspecified JSON parsing error.")
    }

    /// A key that is not known (*Connection check*: "API Key Invalid").
    pub(super) fn key_invalid() -> Self {
        Self::new(401, "API Key Invalid", "Your API key may be invalid, or you've attempted to access the wrong datacenter.")
    }

    /// A key of another data centre (*Connection check*, recorded).
    pub(super) fn wrong_centre(centre: &str) -> Self {
        Self::new(403, "Forbidden", format!("The API key provided is linked to datacenter '{centre}'"))
    }

    /// Too many addresses for a segment (*Step 2*, recorded).
    pub(super) fn too_many_for_segment() -> Self {
        Self::invalid(format!(
            "Maximum allowed member items exceeded, please provide at most {max} items in members_to_add field or \
             members_to_remove field",
            max = limits::ROWS_MAX
        ))
    }

    /// Too many connections at once (*Global rate limits*: 429).
    pub(super) fn throttled() -> Self {
        Self::new(
            429,
            "Too Many Requests",
            format!("You have exceeded the limit of {} simultaneous connections.", limits::CONNECTIONS_MAX),
        )
    }

    /// What the vendor says with this status, when nothing more is known.
    pub(super) fn of_status(status: u16) -> Self {
        match status {
            401 => Self::key_invalid(),
            403 => Self::new(403, "Forbidden", "You are not permitted to access this resource."),
            404 => Self::not_found(),
            405 => Self::new(
                405,
                "Method Not Allowed",
                "The requested method and resource are not compatible. See the Allow header for this resource's available methods.",
            ),
            414 => Self::new(414, "Resource Nesting Too Deep", "The sub-resource requested is nested too deeply."),
            422 => Self::new(422, "Invalid Method Override", "You can only use the X-HTTP-Method-Override header with POST."),
            426 => Self::new(426, "Upgrade Required", "Your request was made over HTTP. Please use HTTPS."),
            429 => Self::throttled(),
            500..=599 => Self::new(
                status,
                "Internal Server Error",
                "An unexpected internal error has occurred. Please contact Support for more information.",
            ),
            _ => Self::new(status, "Bad Request", "Your request could not be processed."),
        }
    }

    /// The problem document; `request` makes its `instance`, 0 when there is none.
    pub(super) fn reply(&self, request: u64) -> Reply {
        let mut problem = json!({
            "type": "https://mailchimp.com/developer/marketing/docs/errors/", "title": self.title, "status": self.status,
            "detail": self.detail, "instance": format!("00000000-0000-4000-8000-{request:012x}"),
        });
        if !self.errors.is_empty() {
            problem["errors"] = self.errors.iter().map(FieldError::to_json).collect();
        }
        let reply = Reply::bytes(self.status, "application/problem+json; charset=utf-8", problem.to_string().into());
        self.allow.iter().fold(reply, |reply, allow| reply.header("allow", allow))
    }
}
