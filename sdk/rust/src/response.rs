//! A platform's answer: status, headers by any spelling, the body in memory or in the spool.

use serde::de::DeserializeOwned;

use crate::code;
use crate::contract::{Halt, Reason, http};

mod member;

/// What came back.
#[derive(Debug, Clone, PartialEq)]
pub struct Response {
    inner: http::Response,
}

impl Response {
    pub(crate) fn new(inner: http::Response) -> Self {
        Self { inner }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.inner.status
    }

    /// 200 to 299.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.inner.status)
    }

    /// The first header of this name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.inner.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.trim())
    }

    /// The body in memory; empty when it was spooled or there is none.
    pub fn body(&self) -> &[u8] {
        match &self.inner.body {
            http::Body::Bytes(bytes) => bytes,
            http::Body::None | http::Body::Spooled(_) => &[],
        }
    }

    /// The spool that holds the body, when the request asked for it.
    pub fn spool(&self) -> Option<u64> {
        match self.inner.body {
            http::Body::Spooled(id) => Some(id),
            http::Body::None | http::Body::Bytes(_) => None,
        }
    }

    /// The body was longer than the request allowed; what is there is its start.
    pub fn truncated(&self) -> bool {
        self.inner.truncated
    }

    /// A fact from the host.
    pub fn attr(&self, key: &str) -> Option<&str> {
        self.inner.attrs.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str())
    }

    /// The body as a web page instead of data: what a captive portal, a proxy or a maintenance page answers with.
    pub fn looks_like_a_page(&self) -> bool {
        let html = self.header("content-type").is_some_and(|t| t.to_ascii_lowercase().starts_with("text/html"));
        html || self.body().trim_ascii_start().first() == Some(&b'<')
    }

    /// The body as JSON of this shape. Anything else is the platform breaking its promise: [`code::DEST_PROTOCOL`].
    ///
    /// After a write this is an error about the *answer*: the rows may be there. Use [`crate::status::of_write`] first, and turn
    /// what this returns into unknown outcomes, not into a halt.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Reason> {
        self.parsed(|body| serde_json::from_slice(body))
    }

    /// The same of a request that changed nothing: what does not read is an outage, and the question is asked again.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, Halt> {
        self.json().map_err(Halt::Unavailable)
    }

    fn parsed<T>(&self, parse: impl FnOnce(&[u8]) -> serde_json::Result<T>) -> Result<T, Reason> {
        if self.inner.truncated {
            return Err(self.reason(code::DEST_PROTOCOL, "the answer is longer than the connector expects"));
        }
        parse(self.body()).map_err(|error| self.unread(&error))
    }

    #[cold]
    #[inline(never)]
    fn unread(&self, error: &serde_json::Error) -> Reason {
        // The parser's message can quote the answer, so only the place is told.
        let (line, column) = (error.line(), error.column());
        let place = format!("the answer is not the JSON that the connector expects (line {line}, column {column})");
        self.reason(code::DEST_PROTOCOL, &place)
    }

    /// A reason with the status as the platform's code and the start of the body as its words (`said`).
    pub fn reason(&self, code: &str, message: &str) -> Reason {
        let said = String::from_utf8_lossy(self.body());
        Reason::new(code, message).vendor(&self.inner.status.to_string()).said(&said)
    }

    /// The same as a halt of the settings: the operator has to change something.
    pub fn config(&self, message: &str) -> Halt {
        Halt::Config(self.reason(code::DEST_CONFIG, message))
    }
}
