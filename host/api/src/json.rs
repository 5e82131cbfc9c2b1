//! Bodies: strict JSON with a limit, or the bytes of a component. An unknown or repeated field is refused with its place.

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{HeaderMap, StatusCode, header},
};
use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;
use sha2::{Digest, Sha256};
use sluice_catalog::Code;

use crate::{
    error::ApiError,
    limits::{COMPONENT_BYTES_MAX, JSON_BYTES_MAX},
};

/// A JSON body, and the hash that tells two bodies apart.
pub(crate) struct Strict<T> {
    pub(crate) value: T,
    pub(crate) hash: String,
}

/// A binary body.
pub(crate) struct Binary {
    pub(crate) bytes: Bytes,
    pub(crate) hash: String,
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Strict<T> {
    type Rejection = ApiError;
    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        media_type(request.headers(), &["application/json"])?;
        let bytes = read(request, JSON_BYTES_MAX).await?;
        Ok(Self { value: parse(&bytes)?, hash: hash(&bytes) })
    }
}

impl<S: Send + Sync> FromRequest<S> for Binary {
    type Rejection = ApiError;
    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        media_type(request.headers(), &["application/wasm", "application/octet-stream"])?;
        let bytes = read(request, COMPONENT_BYTES_MAX).await?;
        let hash = hash(&bytes);
        Ok(Self { bytes, hash })
    }
}

fn hash(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

fn media_type(headers: &HeaderMap, accepted: &[&str]) -> Result<(), ApiError> {
    let given = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let essence = given.split(';').next().unwrap_or_default().trim();
    if accepted.iter().any(|one| essence.eq_ignore_ascii_case(one)) {
        return Ok(());
    }
    Err(ApiError::new(Code::ApiUnsupportedMediaType, format!("Send it as {}.", accepted.join(" or "))))
}

async fn read(request: Request, max: usize) -> Result<Bytes, ApiError> {
    axum::body::to_bytes(request.into_body(), max).await.map_err(|error| {
        let too_large = std::error::Error::source(&error).is_some_and(|e| e.to_string().contains("length limit"));
        if too_large {
            ApiError::new(Code::ApiBodyTooLarge, format!("At most {max} bytes are accepted here."))
        } else {
            let refusal = ApiError::new(Code::ApiInvalid, "The body did not arrive whole.");
            ApiError { status: StatusCode::BAD_REQUEST, ..refusal }
        }
    })
}

/// Parses JSON text; the error says where.
pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader)
        .map_err(|e| ApiError::invalid_at(pointer(e.path()), sentence(&e.inner().to_string())))?;
    reader.end().map_err(|_| ApiError::invalid_at("", "Something follows the JSON value."))?;
    Ok(value)
}

/// Reads a value that is already JSON; the error says where.
pub(crate) fn read_value<T: DeserializeOwned>(value: serde_json::Value) -> Result<T, (String, String)> {
    serde_path_to_error::deserialize(value).map_err(|e| (pointer(e.path()), sentence(&e.inner().to_string())))
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    let mut text = String::new();
    for segment in path.iter() {
        match segment {
            Segment::Seq { index } => text.push_str(&format!("/{index}")),
            Segment::Map { key } | Segment::Enum { variant: key } => {
                text.push('/');
                text.push_str(&key.replace('~', "~0").replace('/', "~1"));
            }
            Segment::Unknown => {}
        }
    }
    text
}

/// What the parser says, without the place inside the text (the pointer is better) and without the value it met.
fn sentence(text: &str) -> String {
    let text = text.split(" at line ").next().unwrap_or(text);
    let text = match text.split_once("invalid value: ").or_else(|| text.split_once("invalid type: ")) {
        Some((_, rest)) => match rest.split_once(", expected ") {
            Some((_, expected)) => format!("expected {expected}"),
            None => "the value has the wrong form".to_owned(),
        },
        None => text.to_owned(),
    };
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", chars.as_str())
}
