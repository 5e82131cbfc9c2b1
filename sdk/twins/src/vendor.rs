//! The seam between what all twins share and the rules of one vendor: a whole request in, how much of it to apply, an answer
//! out. A [`Vendor`] is synchronous and locks its own state; it never waits, cuts or counts, which is the server's.

use axum::{
    body::Body,
    extract::Query,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, header};
use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::log::{Tally, Warning};

/// Which of a twin's listeners a request came in by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Door {
    /// The API.
    Api,
    /// The vendor's file storage: another host in the real world.
    Files,
}

/// A request, whole.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) number: u64,
    pub(crate) door: Door,
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: Option<String>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) now: Timestamp,
    /// Requests under way when it came, itself among them: a vendor that allows so many connections at once counts them.
    pub(crate) under_way: usize,
}

impl Call {
    /// The body as a JSON object; none when it is anything else.
    pub(crate) fn object(&self) -> Option<Map<String, Value>> {
        // `str::parse` runs inside serde_json, which is optimised even where this crate is not.
        match std::str::from_utf8(&self.body).ok()?.parse().ok()? {
            Value::Object(object) => Some(object),
            _ => None,
        }
    }

    /// Whether the content type says JSON.
    pub(crate) fn is_json(&self) -> bool {
        let content_type = self.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        content_type.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json")
    }

    /// The query as pairs, decoded; none when it is none.
    pub(crate) fn pairs(&self) -> Option<Vec<(String, String)>> {
        let uri = http::Uri::builder().path_and_query(format!("/?{}", self.query.as_deref().unwrap_or_default())).build();
        let Query(pairs) = Query::try_from_uri(&uri.ok()?).ok()?;
        Some(pairs)
    }

    /// A defect of the client in this call.
    pub(crate) fn warning(&self, code: &'static str, detail: impl Into<String>) -> Warning {
        Warning { request: self.number, code, detail: detail.into() }
    }
}

/// How much of a call to apply, and what to say of the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Portion<'a> {
    pub(crate) part: Part,
    /// Name the objects not applied as refused with this text.
    pub(crate) rest: Option<&'a str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Nothing,
    Half,
    All,
}

impl Portion<'_> {
    pub(crate) const ALL: Portion<'static> = Portion { part: Part::All, rest: None };

    /// Of `objects` that could be applied, how many are.
    pub(crate) fn of(self, objects: usize) -> usize {
        match self.part {
            Part::Nothing => 0,
            Part::Half => objects / 2,
            Part::All => objects,
        }
    }
}

/// An answer, and what the log should know.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) content_type: &'static str,
    pub(crate) body: Bytes,
    pub(crate) tally: Tally,
    pub(crate) warnings: Vec<Warning>,
    /// A key was where it does not belong: the log keeps neither body nor query.
    pub(crate) withhold: bool,
}

impl Reply {
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::bytes(status, "application/json; charset=utf-8", body.to_string().into())
    }

    pub(crate) fn bytes(status: u16, content_type: &'static str, body: Bytes) -> Self {
        Self { status, headers: Vec::new(), content_type, body, tally: Tally::default(), warnings: Vec::new(), withhold: false }
    }

    #[must_use]
    pub(crate) fn header(mut self, name: &'static str, value: impl ToString) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }

    pub(crate) fn into_response(self) -> Response {
        let mut response = Response::builder()
            .status(StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR))
            .header(header::CONTENT_TYPE, self.content_type);
        for (name, value) in self.headers {
            response = response.header(name, value);
        }
        response.body(Body::from(self.body)).unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
    }
}

/// Why state was not put in place. What came before the wrong item stays.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SeedError {
    /// The vendor's module lists its kinds.
    #[error("this twin has no state named {kind}")]
    UnknownKind {
        /// The kind asked for.
        kind: String,
    },
    /// The body is not a list of that kind.
    #[error("not a list of {kind}: {problem}")]
    Shape {
        /// The kind asked for.
        kind: String,
        /// What the reader of JSON said.
        problem: String,
    },
    /// The vendor would not take one of the items.
    #[error("item {index}: {refusal}")]
    Item {
        /// Its position, from 0.
        index: usize,
        /// Why.
        refusal: String,
    },
}

/// A seed's body as a list of its kind.
pub(crate) fn list_of<T: serde::de::DeserializeOwned>(kind: &str, body: Value) -> Result<Vec<T>, SeedError> {
    serde_json::from_value(body).map_err(|error| SeedError::Shape { kind: kind.to_owned(), problem: error.to_string() })
}

/// The rules and the state of one vendor.
pub(crate) trait Vendor: Send + Sync + 'static {
    /// Checks a call, applies the portion, answers. The answer speaks as if all had been applied, except of `rest`.
    fn answer(&self, call: &Call, portion: Portion<'_>) -> Reply;
    /// The vendor's words for a status that a fault asks for.
    fn words(&self, status: u16, now: Timestamp) -> Reply;
    /// 429 with the vendor's own reset header when there is one.
    fn throttled(&self, reset: Option<Timestamp>, now: Timestamp) -> Reply;
    /// [`Vendor::words`] to a call, for a vendor whose APIs speak in different shapes.
    fn words_to(&self, _call: &Call, status: u16, now: Timestamp) -> Reply {
        self.words(status, now)
    }
    /// [`Vendor::throttled`] of a call, with `Retry-After` where it is asked for; for a vendor whose words depend on either.
    fn throttled_to(&self, _call: &Call, back: ComeBack, now: Timestamp) -> Reply {
        back.told(self.throttled(back.reset, now))
    }
    /// Its success answer with another message.
    fn not_success(&self, message: &str) -> Reply;
    /// The whole state for `GET /__twin/state`, or one thing of it for `GET /__twin/state/{kind}/{key}`.
    fn state(&self, one: Option<(&str, &str)>) -> Option<Value>;
    /// Puts state in place for `PUT /__twin/{kind}`; gives how many things.
    fn seed(&self, kind: &str, body: Value) -> Result<usize, SeedError>;
    /// Back to the state of the start.
    fn reset(&self);
}

/// When a throttled client may come back, as a fault has it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ComeBack {
    /// In the vendor's own header, when there is one.
    pub(crate) reset: Option<Timestamp>,
    /// In `Retry-After`.
    pub(crate) retry_after_s: Option<u64>,
}

impl ComeBack {
    /// The reply with `Retry-After`.
    pub(crate) fn told(self, reply: Reply) -> Reply {
        self.retry_after_s.iter().fold(reply, |reply, seconds| reply.header("retry-after", seconds))
    }
}
