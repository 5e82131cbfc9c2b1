//! Revisions as ETags: `"7"`. A change must say which revision it is based on.

use axum::{
    extract::FromRequestParts,
    http::{header, request::Parts},
};
use sluice_catalog::Code;

use crate::error::ApiError;

/// The revision that a change is based on, from `If-Match`.
pub(crate) struct IfMatch(pub(crate) u64);

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let Some(value) = parts.headers.get(header::IF_MATCH) else {
            return Err(ApiError::new(Code::ApiPreconditionRequired, "The header If-Match is missing."));
        };
        let text = value.to_str().unwrap_or_default();
        let revision = text.strip_prefix('"').and_then(|t| t.strip_suffix('"')).and_then(|t| t.parse().ok());
        // `*`, lists and weak tags are legal HTTP, and never the ETag of a revision that someone has read.
        revision.map(Self).ok_or_else(|| ApiError::new(Code::ApiStale, "If-Match is not an ETag of this API, like \"7\"."))
    }
}

/// The ETag of a revision.
pub(crate) fn etag(revision: u64) -> String {
    format!("\"{revision}\"")
}
