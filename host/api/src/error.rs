//! The one shape of every refusal: `application/problem+json` (RFC 9457) with our code, cause and next step.
//!
//! A handler returns an [`ApiError`]; the outermost layer (`request`) writes it, since only that knows the request's id.

use std::sync::Arc;

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use sluice_catalog::Code;
use sluice_runs::RunError;
use sluice_store::StoreError;

/// The body of a refusal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Problem {
    /// Where the code is explained.
    #[serde(rename = "type")]
    pub kind: String,
    /// The stable code.
    #[schema(value_type = String)]
    pub code: Code,
    /// What happened, the same for every occurrence of the code.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// The cause of this occurrence.
    pub detail: String,
    /// What to do now.
    pub next: String,
    /// Names this request in the logs.
    pub request_id: String,
    /// Every place of the request that must change; empty when the refusal is not about places.
    #[serde(default)]
    pub errors: Vec<FieldProblem>,
}

/// One place of the request that must change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct FieldProblem {
    /// JSON pointer (RFC 6901) into the body, or `?name` for a query parameter.
    pub pointer: String,
    /// The stable code.
    #[schema(value_type = String)]
    pub code: Code,
    /// The cause.
    pub detail: String,
}

impl From<sluice_catalog::Problem> for FieldProblem {
    fn from(problem: sluice_catalog::Problem) -> Self {
        Self { pointer: problem.pointer, code: problem.code, detail: problem.cause }
    }
}

/// A refusal on its way out.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{code}: {detail}")]
pub struct ApiError {
    pub(crate) status: StatusCode,
    pub(crate) code: Code,
    pub(crate) detail: String,
    pub(crate) errors: Vec<FieldProblem>,
}

impl ApiError {
    /// With the status that belongs to the code.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { status: status(code), code, detail: detail.into(), errors: Vec::new() }
    }

    /// Not there, or not yours.
    pub(crate) fn not_found() -> Self {
        Self::new(Code::ApiNotFound, "There is nothing at this address, or the key does not reach it.")
    }

    /// Parts of the request are not valid: every one of them.
    pub(crate) fn invalid(errors: Vec<FieldProblem>) -> Self {
        let detail = match errors.as_slice() {
            [one] => format!("{}: {}", if one.pointer.is_empty() { "/" } else { &one.pointer }, one.detail),
            many => format!("{} places of the request are not valid.", many.len()),
        };
        Self { errors, ..Self::new(Code::ApiInvalid, detail) }
    }

    /// One place is not valid.
    pub(crate) fn invalid_at(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::invalid(vec![FieldProblem { pointer: pointer.into(), code: Code::ApiInvalid, detail: detail.into() }])
    }

    /// Refuses when there is a problem.
    pub(crate) fn unless_sound(problems: Vec<sluice_catalog::Problem>) -> Result<(), Self> {
        if problems.is_empty() { Ok(()) } else { Err(Self::invalid(problems.into_iter().map(Into::into).collect())) }
    }

    /// The body, for one request.
    pub(crate) fn body(&self, request_id: &str) -> Problem {
        Problem {
            kind: format!("https://github.com/sluice-cdp/sluice/blob/main/docs/errors/{}.md", self.code),
            code: self.code,
            title: self.code.title().into(),
            status: self.status.as_u16(),
            detail: self.detail.clone(),
            next: self.code.next_step().into(),
            request_id: request_id.into(),
            errors: self.errors.clone(),
        }
    }
}

/// The status of a code: 401 is for who, 403 for seen but not allowed, 409 for state, 412 for a stale revision, 422 for meaning.
fn status(code: Code) -> StatusCode {
    use sluice_catalog::code::Class;
    match code {
        Code::ApiUnauthenticated => StatusCode::UNAUTHORIZED,
        Code::ApiForbidden => StatusCode::FORBIDDEN,
        Code::ApiNotFound => StatusCode::NOT_FOUND,
        Code::ApiMethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        Code::ApiConflict
        | Code::ApiInUse
        | Code::ApiIdempotencyMismatch
        | Code::ApiNameTaken
        | Code::ConfirmationMismatch
        | Code::ConnectorWiderReach
        | Code::RunOverlap => StatusCode::CONFLICT,
        Code::ApiStale => StatusCode::PRECONDITION_FAILED,
        Code::ApiPreconditionRequired => StatusCode::PRECONDITION_REQUIRED,
        Code::ApiBodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Code::ApiUnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Code::ApiBusy => StatusCode::TOO_MANY_REQUESTS,
        Code::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        Code::DiskFull => StatusCode::INSUFFICIENT_STORAGE,
        other => match other.class() {
            Class::State => StatusCode::SERVICE_UNAVAILABLE,
            Class::Source
            | Class::Catalog
            | Class::Destination
            | Class::RowInvalid
            | Class::RowRejected
            | Class::Connector
            | Class::Egress
            | Class::Run
            | Class::Api => StatusCode::UNPROCESSABLE_ENTITY,
        },
    }
}

impl From<RunError> for ApiError {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Store(error) => error.into(),
            RunError::Problems(problems) => Self::invalid(problems.into_iter().map(Into::into).collect()),
            other => {
                let code = other.code();
                if code == Code::Internal {
                    tracing::error!(cause = %other, "a defect");
                    return Self::new(code, "The cause is in the log of the server, under the request's id.");
                }
                Self::new(code, sentence(&other.to_string()))
            }
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        let code = error.code();
        match &error {
            StoreError::NotFound { .. } => Self::not_found(),
            StoreError::NameTaken { name, .. } => {
                let detail = format!("`{name}` is taken.");
                let errors = vec![FieldProblem { pointer: "/name".into(), code, detail: detail.clone() }];
                Self { errors, ..Self::new(code, detail) }
            }
            StoreError::InUse(dependants) => {
                let list: Vec<_> = dependants.iter().map(|d| format!("{} `{}`", d.kind.as_str(), d.name)).collect();
                Self::new(code, format!("It is used by {}.", list.join(", ")))
            }
            StoreError::ReferenceMissing { kind, id } => Self::invalid(vec![FieldProblem {
                pointer: format!("/{}", if *kind == sluice_store::ObjectKind::Source { "source" } else { kind.as_str() }),
                code,
                detail: format!("There is no {} {id} in this workspace.", kind.as_str()),
            }]),
            StoreError::Stale { expected, actual } => Self::new(code, format!("It was revision {expected}, it is {actual} now.")),
            // What the database or the file system said is for the log; it may name paths.
            StoreError::Database(_) | StoreError::Migrate(_) | StoreError::Io { .. } | StoreError::Unreadable { .. } => {
                tracing::error!(code = code.as_str(), cause = %error, "the store failed");
                Self::new(code, "The cause is in the log of the server, under the request's id.")
            }
            other => Self::new(code, sentence(&other.to_string())),
        }
    }
}

/// An error's text as a sentence for people.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", chars.as_str().trim_end_matches('.'))
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}
