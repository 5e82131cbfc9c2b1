//! One request, built in a line and sent through the call's door. Credentials are named; the host writes them.

use std::fmt;

use crate::contract::http;
use crate::door::Door;
use crate::json;
use crate::limits::ANSWER_BYTES_MAX;
use crate::response::Response;

pub use crate::contract::http::{Effect, Failure};

/// A request on its way. Nothing leaves before [`Request::send`] or [`crate::Call::send_all`].
#[must_use = "nothing is sent before `send`"]
pub struct Request<'a> {
    door: &'a dyn Door,
    inner: http::Request,
}

/// How a file is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    /// One gzip stream, of one or several members.
    Gzip,
    /// An archive: its entries follow one another in the order of its list, each on lines of its own.
    Zip,
}

impl Packing {
    fn as_str(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zip => "zip",
        }
    }
}

impl fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.inner.method, self.inner.url)
    }
}

impl<'a> Request<'a> {
    pub(crate) fn new(door: &'a dyn Door, method: &str, url: String) -> Self {
        let effect = match method {
            "GET" | "HEAD" => Effect::Read,
            "PUT" | "DELETE" => Effect::Repeatable,
            _ => Effect::Once,
        };
        Self {
            door,
            inner: http::Request {
                method: method.into(),
                url,
                headers: Vec::new(),
                body: http::Body::None,
                credentials: Vec::new(),
                effect,
                pace: Vec::new(),
                answer: http::Answer::Bytes,
                answer_bytes_max: ANSWER_BYTES_MAX,
                attrs: Vec::new(),
            },
        }
    }

    /// A credential of the manifest that the host writes into this request.
    pub fn credential(mut self, name: &str) -> Self {
        self.inner.credentials.push(name.into());
        self
    }

    /// A pacing bucket of the manifest that the host waits for.
    pub fn pace(mut self, name: &str) -> Self {
        self.inner.pace.push(name.into());
        self
    }

    /// A pacing bucket that counts rows: waits for so many tokens. All such buckets of a request take the same number.
    pub fn pace_by(self, name: &str, rows: u32) -> Self {
        self.pace(name).attr("rows", &rows.to_string())
    }

    /// A header. `host`, framing and credential headers are the host's; it refuses them.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.inner.headers.push((name.into(), value.into()));
        self
    }

    /// What a repeat would do. Unless said: nothing for GET and HEAD, the same state for PUT and DELETE, a second effect for the rest.
    pub fn effect(mut self, effect: Effect) -> Self {
        self.inner.effect = effect;
        self
    }

    /// A JSON body, as written by the kit's writer.
    pub fn json(self, body: json::Writer) -> Self {
        self.bytes("application/json", body.into_bytes())
    }

    /// A body of any type.
    pub fn bytes(mut self, content_type: &str, body: Vec<u8>) -> Self {
        self.inner.headers.push(("content-type".into(), content_type.into()));
        self.inner.body = http::Body::Bytes(body);
        self
    }

    /// A body that was spooled.
    pub fn spooled(mut self, content_type: &str, id: u64) -> Self {
        self.inner.headers.push(("content-type".into(), content_type.into()));
        self.inner.body = http::Body::Spooled(id);
        self
    }

    /// The answer's body goes to the spool; it may be so many bytes.
    pub fn answer_to_spool(mut self, bytes_max: u32) -> Self {
        self.inner.answer = http::Answer::Spool;
        self.inner.answer_bytes_max = bytes_max;
        self
    }

    /// The answer's body is a packed file, which the host unpacks before anybody reads it. What the answer may be is counted in plain
    /// bytes. An answer that was unpacked has the attribute `unpack`; one that says why there is no file is left as it is.
    pub fn unpack(self, packing: Packing) -> Self {
        self.attr("unpack", packing.as_str())
    }

    /// The answer's body may be so many bytes; a longer one is cut and marked.
    pub fn answer_bytes_max(mut self, bytes: u32) -> Self {
        self.inner.answer_bytes_max = bytes;
        self
    }

    /// A fact for the host that the contract has no field for.
    pub fn attr(mut self, key: &str, value: &str) -> Self {
        self.inner.attrs.push((key.into(), value.into()));
        self
    }

    /// Sends it and waits for the answer. Pacing, deadlines and credential refresh are the host's.
    pub fn send(self) -> Result<Response, Failure> {
        self.door.send(&self.inner).map(Response::new)
    }

    pub(crate) fn into_inner(self) -> http::Request {
        self.inner
    }
}
