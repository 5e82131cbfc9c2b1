//! The outermost layer: gives each request an id, writes refusals, sets the headers that every answer has, and logs one line without
//! bodies, query strings or keys.

use std::sync::Arc;

use axum::{
    Json,
    extract::{MatchedPath, Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use sluice_catalog::Code;
use ulid::Ulid;

use crate::{error::ApiError, limits::BUSY_RETRY_AFTER_SECONDS, state::Api};

/// The layer.
pub(crate) async fn layer(State(api): State<Api>, request: Request, next: Next) -> Response {
    let now = api.store().now();
    let id = format!("req_{}", Ulid::from_parts(now.as_millisecond().unsigned_abs(), api.store().entropy().bits()));
    let method = request.method().clone();
    // The pattern, not the path: the log never holds an id that is a secret or a name.
    let route = request.extensions().get::<MatchedPath>().map_or("(none)", MatchedPath::as_str).to_owned();
    let mut response = refused(next.run(request).await, &id);
    tracing::info!(request = id, %method, route, status = response.status().as_u16(), "request");
    let headers = response.headers_mut();
    headers.insert("x-request-id", HeaderValue::from_str(&id).expect("an id is ASCII"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Writes the body of a refusal; other answers pass.
fn refused(response: Response, id: &str) -> Response {
    let Some(error) = response.extensions().get::<Arc<ApiError>>().cloned() else {
        // What the framework itself refused (a panic caught below, a malformed request) gets our shape, too.
        return match response.status() {
            StatusCode::INTERNAL_SERVER_ERROR => refused(ApiError::new(Code::Internal, "A defect.").into_response(), id),
            _ => response,
        };
    };
    let mut written = (error.status, Json(error.body(id))).into_response();
    let headers = written.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    if error.status == StatusCode::TOO_MANY_REQUESTS {
        headers.insert(header::RETRY_AFTER, BUSY_RETRY_AFTER_SECONDS.into());
    }
    if error.status == StatusCode::UNAUTHORIZED {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_that_was_caught_is_answered_as_a_defect_without_its_text() {
        let caught = (StatusCode::INTERNAL_SERVER_ERROR, "panicked at row 7: hush").into_response();
        let answer = refused(caught, "req_1");
        assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/problem+json");
        let body = axum::body::to_bytes(answer.into_body(), 10_000).await.unwrap();
        let text = String::from_utf8(body.to_vec()).unwrap();
        assert!(text.contains("\"internal\"") && text.contains("req_1") && !text.contains("hush"), "{text}");
    }

    #[test]
    fn other_answers_pass_unchanged() {
        let plain = refused((StatusCode::OK, "fine").into_response(), "req_1");
        assert_eq!(plain.status(), StatusCode::OK);
    }
}
