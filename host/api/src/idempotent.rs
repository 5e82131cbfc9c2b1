//! `Idempotency-Key`: the same key and body within a day give the first answer again. Without the header a request is simply done.

use axum::{
    extract::FromRequestParts,
    http::{HeaderName, request::Parts},
};
use sluice_store::Begun;

use crate::{auth::Caller, error::ApiError, limits::IDEMPOTENCY_KEY_CHARS_MAX, reply::Reply, state::Api};

static NAME: HeaderName = HeaderName::from_static("idempotency-key");

/// What makes a request the same: its key, if it has one, and where it goes.
pub(crate) struct Once {
    key: Option<String>,
    target: String,
}

impl<S: Send + Sync> FromRequestParts<S> for Once {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let target = format!("{} {}", parts.method, parts.uri);
        let Some(value) = parts.headers.get(&NAME) else { return Ok(Self { key: None, target }) };
        let key = value.to_str().unwrap_or_default();
        if key.is_empty() || key.len() > IDEMPOTENCY_KEY_CHARS_MAX {
            let detail = format!("An Idempotency-Key has 1 to {IDEMPOTENCY_KEY_CHARS_MAX} visible ASCII characters.");
            return Err(ApiError::invalid_at("Idempotency-Key", detail));
        }
        Ok(Self { key: Some(key.to_owned()), target })
    }
}

impl Once {
    /// Does `work` unless it was done before. A refused request frees the key, so that a corrected one may use it.
    pub(crate) async fn run(
        self,
        api: &Api,
        caller: &Caller,
        body_hash: &str,
        work: impl Future<Output = Result<Reply, ApiError>>,
    ) -> Result<Reply, ApiError> {
        let Some(key) = self.key else { return work.await };
        // What lies in the database for a day says nothing about a body with secrets to one who has the database alone.
        let body_hash = api.store().data_key(caller.ws).await?.keyed_hash("idempotency", body_hash.as_bytes());
        let scope = format!("{}/{}/{}", caller.ws, caller.identity.key, self.target);
        if let Begun::Replay(stored) = api.store().begin_request(&scope, &key, &body_hash).await? {
            return Ok(Reply::kept(stored));
        }
        let done = work.await;
        match &done {
            Ok(reply) => api.store().finish_request(&scope, &key, &reply.to_keep()).await?,
            Err(_) => api.store().forget_request(&scope, &key).await?,
        }
        done
    }
}
