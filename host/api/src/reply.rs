//! An answer that is not a refusal: JSON with a status, perhaps an ETag and a Location. Kept whole for a repeated request.

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use sluice_store::StoredResponse;

use crate::etag::etag;

/// A JSON answer.
#[derive(Debug)]
pub(crate) struct Reply {
    status: StatusCode,
    headers: Vec<(HeaderName, String)>,
    body: String,
    /// What is kept for a repeat, when that is less than what is answered once (a key's secret).
    kept: Option<String>,
}

fn text(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("answers have text keys only, so they always serialise")
}

impl Reply {
    /// 200.
    pub(crate) fn ok(value: &impl Serialize) -> Self {
        Self { status: StatusCode::OK, headers: Vec::new(), body: text(value), kept: None }
    }

    /// 201 at `location`.
    pub(crate) fn created(location: String, value: &impl Serialize) -> Self {
        Self { status: StatusCode::CREATED, headers: vec![(header::LOCATION, location)], ..Self::ok(value) }
    }

    /// 202: it goes on at `location`.
    pub(crate) fn accepted(location: String, value: &impl Serialize) -> Self {
        Self { status: StatusCode::ACCEPTED, ..Self::created(location, value) }
    }

    /// 204.
    pub(crate) fn gone() -> Self {
        Self { status: StatusCode::NO_CONTENT, headers: Vec::new(), body: String::new(), kept: None }
    }

    /// With the ETag of a revision.
    pub(crate) fn revision(mut self, revision: u64) -> Self {
        self.headers.push((header::ETAG, etag(revision)));
        self
    }

    /// Keeps this for a repeat instead of the body.
    pub(crate) fn keep(mut self, value: &impl Serialize) -> Self {
        self.kept = Some(text(value));
        self
    }

    /// What a repeat is answered.
    pub(crate) fn to_keep(&self) -> StoredResponse {
        StoredResponse {
            status: self.status.as_u16(),
            headers: self.headers.iter().map(|(n, v)| (n.as_str().to_owned(), v.clone())).collect(),
            body: self.kept.clone().unwrap_or_else(|| self.body.clone()),
        }
    }

    /// From what was kept.
    pub(crate) fn kept(stored: StoredResponse) -> Self {
        let headers = stored.headers.into_iter().filter_map(|(name, value)| Some((name.parse().ok()?, value))).collect();
        Self { status: StatusCode::from_u16(stored.status).unwrap_or(StatusCode::OK), headers, body: stored.body, kept: None }
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        if self.status != StatusCode::NO_CONTENT {
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}
