//! A host that answers from a script and remembers what it was asked.

use std::cell::RefCell;
use std::collections::VecDeque;

use super::build;
use crate::call::Call;
use crate::contract::{Batch, Operation, Part, Task, http, sql};
use crate::door::{Door, Level};
use crate::request::Failure;
use crate::response::Response;
use crate::rows::Rows;

/// An answer of the script.
#[derive(Debug, Clone)]
pub struct Answer(http::Response);

/// An answer with a status and a body; JSON unless a content type is added.
pub fn answer(status: u16, body: &str) -> Answer {
    Answer(http::Response {
        status,
        headers: Vec::new(),
        body: http::Body::Bytes(body.as_bytes().to_vec()),
        truncated: false,
        attrs: Vec::new(),
    })
}

/// No answer; `sent`: whether anything left the host.
pub fn failure(code: &str, sent: bool) -> Failure {
    Failure { code: code.into(), message: "scripted".into(), sent }
}

impl Answer {
    /// Adds a header.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.0.headers.push((name.into(), value.into()));
        self
    }

    /// As a connector sees it.
    pub fn response(self) -> Response {
        Response::new(self.0)
    }
}

/// A scripted host. Answers are given in order; a request without one fails as unsent.
#[derive(Debug)]
pub struct Script {
    task: Task,
    state: Vec<u8>,
    part: Part,
    resume: Option<Vec<u8>>,
    answers: RefCell<VecDeque<Result<http::Response, Failure>>>,
    requests: RefCell<Vec<http::Request>>,
    spools: RefCell<Vec<Vec<u8>>>,
    lines: RefCell<Vec<String>>,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            task: Task {
                service: "service".into(),
                mode: "upsert".into(),
                settings: "{}".into(),
                options: "{}".into(),
                now_ms: 1_760_000_000_000,
                keep: Vec::new(),
                attrs: Vec::new(),
            },
            state: Vec::new(),
            part: Part { key: "part-1".into(), number: 0, last: true, rows_total: None, attempt: 1 },
            resume: None,
            answers: RefCell::default(),
            requests: RefCell::default(),
            spools: RefCell::default(),
            lines: RefCell::default(),
        }
    }
}

impl Script {
    /// No answers yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The service that calls are about.
    #[must_use]
    pub fn service(mut self, name: &str) -> Self {
        self.task.service = name.into();
        self
    }

    /// The mode that calls are in.
    #[must_use]
    pub fn mode(mut self, name: &str) -> Self {
        self.task.mode = name.into();
        self
    }

    /// The destination's settings, JSON text.
    #[must_use]
    pub fn settings(mut self, json: &str) -> Self {
        self.task.settings = json.into();
        self
    }

    /// The activation's options, JSON text.
    #[must_use]
    pub fn options(mut self, json: &str) -> Self {
        self.task.options = json.into();
        self
    }

    /// What `setup` returned.
    #[must_use]
    pub fn keep(mut self, keep: &[u8]) -> Self {
        self.task.keep = keep.into();
        self
    }

    /// What `prepare` returned.
    #[must_use]
    pub fn state(mut self, state: &[u8]) -> Self {
        self.state = state.into();
        self
    }

    /// The token that a call resumes.
    #[must_use]
    pub fn resume(mut self, token: &[u8]) -> Self {
        self.resume = Some(token.into());
        self
    }

    /// Which batch this is.
    #[must_use]
    pub fn part(mut self, part: Part) -> Self {
        self.part = part;
        self
    }

    /// A fact from the host, for example `unit-bytes`.
    #[must_use]
    pub fn attr(mut self, key: &str, value: &str) -> Self {
        self.task.attrs.push((key.into(), value.into()));
        self
    }

    /// The next answer.
    #[must_use]
    pub fn answers(self, answer: Answer) -> Self {
        self.answers.borrow_mut().push_back(Ok(answer.0));
        self
    }

    /// The next request gets no answer.
    #[must_use]
    pub fn fails(self, failure: Failure) -> Self {
        self.answers.borrow_mut().push_back(Err(failure));
        self
    }

    /// A spool with these bytes.
    pub fn spool(&self, bytes: &[u8]) -> u64 {
        let mut spools = self.spools.borrow_mut();
        spools.push(bytes.to_vec());
        spools.len() as u64 - 1
    }

    /// A call without rows: check, discover, setup, prepare, finish.
    pub fn call<R>(&self, f: impl FnOnce(&Call<'_>) -> R) -> R {
        let mut call = Call::new(self, &self.task);
        call.state = &self.state;
        call.resume = self.resume.as_deref();
        f(&call)
    }

    /// A call with rows: write, poll.
    pub fn rows<R>(&self, operation: Operation, rows: &build::Rows, f: impl FnOnce(&Call<'_>, &Rows<'_>) -> R) -> R {
        let mut call = Call::new(self, &self.task);
        call.state = &self.state;
        call.operation = Some(operation);
        call.part = Some(&self.part);
        call.schema = &rows.schema;
        call.resume = self.resume.as_deref();
        f(&call, &rows.view())
    }

    /// Every request so far, in order.
    pub fn requests(&self) -> Vec<http::Request> {
        self.requests.borrow().clone()
    }

    /// The JSON bodies of the requests so far. Panics on a body that is none: it is what the test is about.
    pub fn bodies(&self) -> Vec<serde_json::Value> {
        let body = |r: &http::Request| match &r.body {
            http::Body::Bytes(bytes) => serde_json::from_slice(bytes).expect("a JSON body"),
            http::Body::None | http::Body::Spooled(_) => serde_json::Value::Null,
        };
        self.requests.borrow().iter().map(body).collect()
    }

    /// Every line logged so far.
    pub fn lines(&self) -> Vec<String> {
        self.lines.borrow().clone()
    }
}

impl Door for Script {
    fn send(&self, request: &http::Request) -> Result<http::Response, http::Failure> {
        self.requests.borrow_mut().push(request.clone());
        let answer = self.answers.borrow_mut().pop_front().unwrap_or_else(|| Err(failure("egress-connect-failed", false)));
        answer.map(|mut answer| {
            if let (http::Answer::Spool, http::Body::Bytes(bytes)) = (request.answer, &answer.body) {
                let id = self.spool(bytes);
                answer.body = http::Body::Spooled(id);
            }
            answer
        })
    }

    fn send_all(&self, requests: &[http::Request], _in_flight_max: u32) -> Vec<Result<http::Response, http::Failure>> {
        requests.iter().map(|r| self.send(r)).collect()
    }

    fn spool_create(&self) -> u64 {
        self.spool(&[])
    }

    fn spool_append(&self, id: u64, chunk: &[u8]) -> Result<(), String> {
        let mut spools = self.spools.borrow_mut();
        spools.get_mut(id as usize).ok_or_else(|| "no such spool".to_owned())?.extend_from_slice(chunk);
        Ok(())
    }

    fn spool_size(&self, id: u64) -> u64 {
        self.spools.borrow().get(id as usize).map_or(0, |s| s.len() as u64)
    }

    fn spool_read(&self, id: u64, offset: u64, bytes_max: u32) -> Result<Vec<u8>, String> {
        let spools = self.spools.borrow();
        let spool = spools.get(id as usize).ok_or_else(|| "no such spool".to_owned())?;
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(spool.len());
        let end = start.saturating_add(bytes_max as usize).min(spool.len());
        Ok(spool[start..end].to_vec())
    }

    fn sql_query(&self, _connection: &str, _statement: &str) -> Result<sql::Rows, sql::Failure> {
        Err(sql::Failure { code: "source-unreachable".into(), message: "the script has no connections".into() })
    }

    fn sql_fetch(&self, _id: u64, _rows_max: u32) -> Result<Option<Batch>, sql::Failure> {
        Ok(None)
    }

    fn sql_close(&self, _id: u64) {}

    fn log(&self, _level: Level, message: &str) {
        self.lines.borrow_mut().push(message.into());
    }
}
