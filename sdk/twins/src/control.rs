//! The reserved paths under `/__twin`: faults, state, ledger, log, seeding and reset over HTTP, for tests that run a twin as
//! a process of its own. They need no key, are not counted as requests and meet no fault. The library API says the same
//! things to tests in the same process.
//!
//! | call | does |
//! |---|---|
//! | `POST /__twin/faults` | arms a fault or a list of them; answers their ids |
//! | `GET /__twin/faults`, `DELETE /__twin/faults` | what is armed and what it did; forget all |
//! | `GET /__twin/state`, `GET /__twin/state/{kind}/{key}` | the whole state; one thing of it |
//! | `GET /__twin/ledger?from=1&most=1000` | entries as lines of JSON, oldest first |
//! | `GET /__twin/requests`, `GET /__twin/warnings` | the request log; defects of the client |
//! | `PUT /__twin/{kind}` | puts state in place, see the vendor's module |
//! | `POST /__twin/reset` | all as at the start |

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, Query, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post, put},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{faults::Fault, server::House, vendor::SeedError};

type Shared = State<Arc<House>>;

pub(crate) fn routes() -> Router<Arc<House>> {
    Router::new()
        .route("/faults", post(arm).get(armed).delete(disarm))
        .route("/state", get(state))
        .route("/state/{kind}/{key}", get(one))
        .route("/ledger", get(ledger))
        .route("/requests", get(requests))
        .route("/warnings", get(warnings))
        .route("/reset", post(reset))
        .route("/{kind}", put(seed))
        .fallback(|| async { refuse(StatusCode::NOT_FOUND, "no such reserved path") })
}

fn refuse(status: StatusCode, why: impl std::fmt::Display) -> Response {
    (status, Json(json!({ "message": why.to_string() }))).into_response()
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    Many(Vec<Fault>),
    One(Box<Fault>),
}

async fn arm(State(house): Shared, body: Bytes) -> Response {
    let faults = match serde_json::from_slice(&body) {
        Ok(OneOrMany::One(fault)) => vec![*fault],
        Ok(OneOrMany::Many(faults)) => faults,
        // The untagged form hides where the fault is; read it once more as one fault for a useful message.
        Err(error) => {
            let error = serde_json::from_slice::<Fault>(&body).err().unwrap_or(error);
            return refuse(StatusCode::BAD_REQUEST, format_args!("not a fault: {error}"));
        }
    };
    let ids: Result<Vec<_>, _> = faults.into_iter().map(|fault| house.faults.arm(fault)).collect();
    match ids {
        Ok(ids) => Json(json!({ "armed": ids })).into_response(),
        Err(error) => refuse(StatusCode::BAD_REQUEST, error),
    }
}

async fn armed(State(house): Shared) -> Response {
    Json(json!({ "faults": house.faults.armed() })).into_response()
}

async fn disarm(State(house): Shared) -> StatusCode {
    house.faults.clear();
    StatusCode::NO_CONTENT
}

async fn state(State(house): Shared) -> Response {
    Json(house.vendor.state(None)).into_response()
}

async fn one(State(house): Shared, Path((kind, key)): Path<(String, String)>) -> Response {
    match house.vendor.state(Some((&kind, &key))) {
        Some(value) => Json(value).into_response(),
        None => refuse(StatusCode::NOT_FOUND, "the twin does not hold that"),
    }
}

#[derive(Deserialize)]
struct Range {
    #[serde(default = "first")]
    from: u64,
    #[serde(default = "all")]
    most: usize,
}

fn first() -> u64 {
    1
}

fn all() -> usize {
    usize::MAX
}

async fn ledger(State(house): Shared, Query(range): Query<Range>) -> Response {
    let lines = house.ledger.lines_since(range.from, range.most);
    ([(header::CONTENT_TYPE, "application/x-ndjson")], lines).into_response()
}

async fn requests(State(house): Shared) -> Response {
    let requests: Vec<Value> = house.log.entries().iter().map(crate::RequestEntry::to_json).collect();
    Json(json!({ "total": house.log.total(), "requests": requests })).into_response()
}

async fn warnings(State(house): Shared) -> Response {
    let warnings: Vec<Value> =
        house.log.warnings().into_iter().map(|w| json!({ "request": w.request, "code": w.code, "detail": w.detail })).collect();
    Json(json!({ "total": house.log.warnings_total(), "warnings": warnings })).into_response()
}

async fn reset(State(house): Shared) -> StatusCode {
    house.reset();
    StatusCode::NO_CONTENT
}

async fn seed(State(house): Shared, Path(kind): Path<String>, body: Bytes) -> Response {
    let Ok(value) = serde_json::from_slice(&body) else {
        return refuse(StatusCode::BAD_REQUEST, "the body is not JSON");
    };
    match house.vendor.seed(&kind, value) {
        Ok(count) => Json(json!({ "seeded": count })).into_response(),
        Err(error @ SeedError::UnknownKind { .. }) => refuse(StatusCode::NOT_FOUND, error),
        Err(error @ (SeedError::Shape { .. } | SeedError::Item { .. })) => refuse(StatusCode::BAD_REQUEST, error),
    }
}
