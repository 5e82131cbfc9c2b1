//! What a call is about, and the door to the world that goes with it.

use std::fmt;

use serde::de::DeserializeOwned;

use crate::code;
use crate::contract::{Attrs, Batch, Field, Halt, Operation, Part, Reason, Task, sql};
use crate::declared;
use crate::door::{Door, Level};
use crate::json;
use crate::limits::{BODY_BYTES_MAX, SEND_ALL_MAX};
use crate::request::{Failure, Request};
use crate::response::Response;

/// One call of the host into the connector. Everything the connector may know is here; the same call gives the same answers.
pub struct Call<'a> {
    pub(crate) door: &'a dyn Door,
    pub(crate) task: &'a Task,
    pub(crate) state: &'a [u8],
    pub(crate) operation: Option<Operation>,
    pub(crate) part: Option<&'a Part>,
    pub(crate) schema: &'a [Field],
    pub(crate) resume: Option<&'a [u8]>,
    body_bytes_max: usize,
}

#[cold]
fn too_large(row: usize) -> Halt {
    Halt::split("the body would be larger than one request may be", u32::try_from(row).ok())
}

impl fmt::Debug for Call<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "call of {} in mode {}", self.task.service, self.task.mode)
    }
}

impl<'a> Call<'a> {
    pub(crate) fn new(door: &'a dyn Door, task: &'a Task) -> Self {
        // Read once, since it is asked for with every row.
        let said = task.attrs.iter().find(|(key, _)| key == "unit-bytes").and_then(|(_, bytes)| bytes.parse().ok());
        let body_bytes_max = said.unwrap_or(BODY_BYTES_MAX);
        Self { door, task, state: &[], operation: None, part: None, schema: &[], resume: None, body_bytes_max }
    }

    /// The service's name in the manifest.
    pub fn service(&self) -> &'a str {
        &self.task.service
    }

    /// The activation's mode, as in the manifest.
    pub fn mode(&self) -> &'a str {
        &self.task.mode
    }

    /// The destination's settings, parsed. The host has checked them against the manifest's schema.
    pub fn settings<T: DeserializeOwned>(&self) -> Result<T, Halt> {
        declared::parse(&self.task.settings, "setting")
    }

    /// The activation's options for this service, parsed. The host has checked them against the service's schema.
    pub fn options<T: DeserializeOwned>(&self) -> Result<T, Halt> {
        declared::parse(&self.task.options, "option")
    }

    /// The instant of the run, frozen, in milliseconds since 1970.
    pub fn now_ms(&self) -> u64 {
        self.task.now_ms
    }

    /// What `setup` returned for this activation.
    pub fn keep(&self) -> &'a [u8] {
        &self.task.keep
    }

    /// What `prepare` returned for this run and operation; empty in other calls.
    pub fn state(&self) -> &'a [u8] {
        self.state
    }

    /// The token of the ticket that this call resumes.
    pub fn resume(&self) -> Option<&'a [u8]> {
        self.resume
    }

    /// What the rows are for; a contract halt in calls that have no rows.
    pub fn operation(&self) -> Result<Operation, Halt> {
        self.operation.ok_or_else(|| Halt::contract("this call has no operation"))
    }

    /// Which batch this is; a contract halt in calls that have no batch.
    pub fn part(&self) -> Result<&'a Part, Halt> {
        self.part.ok_or_else(|| Halt::contract("this call has no batch"))
    }

    /// The columns that the rows have or will have.
    pub fn schema(&self) -> &'a [Field] {
        self.schema
    }

    /// A further fact from the host.
    pub fn attr(&self, key: &str) -> Option<&'a str> {
        self.task.attrs.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str())
    }

    /// All further facts from the host.
    pub fn attrs(&self) -> &'a Attrs {
        &self.task.attrs
    }

    /// Most bytes of one request body: the manifest's `unit.bytes`, which the host hands in as `unit-bytes`.
    pub fn body_bytes_max(&self) -> usize {
        self.body_bytes_max
    }

    /// Whether the body is still small enough after row `row` was written into it; a split after the rows before it when not.
    ///
    /// To be called after each row, so a batch that the host estimated too large costs one halt and no request.
    #[inline]
    pub fn fits(&self, body: &json::Writer, row: usize) -> Result<(), Halt> {
        self.fits_bytes(body.len(), row)
    }

    /// The same for a body that is not JSON. Sixteen bytes are kept free for what closes the body.
    #[inline]
    pub fn fits_bytes(&self, bytes: usize, row: usize) -> Result<(), Halt> {
        if bytes + 16 <= self.body_bytes_max { Ok(()) } else { Err(too_large(row)) }
    }

    /// A GET request to a full URL.
    pub fn get(&self, url: impl Into<String>) -> Request<'a> {
        self.request("GET", url)
    }

    /// A POST request to a full URL.
    pub fn post(&self, url: impl Into<String>) -> Request<'a> {
        self.request("POST", url)
    }

    /// A request of any method of the manifest to a full URL.
    pub fn request(&self, method: &str, url: impl Into<String>) -> Request<'a> {
        Request::new(self.door, method, url.into())
    }

    /// Sends requests side by side, at most `in_flight_max` at once; answers in the order of the requests.
    pub fn send_all(&self, requests: Vec<Request<'_>>, in_flight_max: u32) -> Result<Vec<Result<Response, Failure>>, Halt> {
        if requests.len() > SEND_ALL_MAX {
            return Err(Halt::split("one write is at most 200 requests", u32::try_from(SEND_ALL_MAX).ok()));
        }
        if requests.is_empty() {
            return Ok(Vec::new());
        }
        let count = requests.len();
        let requests: Vec<_> = requests.into_iter().map(Request::into_inner).collect();
        let answers = self.door.send_all(&requests, in_flight_max);
        if answers.len() != count {
            return Err(Halt::contract("the host did not give one answer for each request"));
        }
        Ok(answers.into_iter().map(|a| a.map(Response::new)).collect())
    }

    /// Runs a statement on a granted connection; the rows stay in the host.
    pub fn sql(&self, connection: &str, statement: &str) -> Result<sql::Rows, sql::Failure> {
        self.door.sql_query(connection, statement)
    }

    /// At most `rows_max` rows of a handle, for discovery and checks; `None` after the last.
    pub fn sql_fetch(&self, id: u64, rows_max: u32) -> Result<Option<Batch>, sql::Failure> {
        self.door.sql_fetch(id, rows_max)
    }

    /// Lets go of a handle.
    pub fn sql_close(&self, id: u64) {
        self.door.sql_close(id);
    }

    /// A line for the author's eyes; never a value of a row. The host limits lines and drops the rest.
    pub fn log(&self, level: Level, message: &str) {
        self.door.log(level, message);
    }

    /// Whether the rows are for this operation, the only one that the service has.
    pub fn only(&self, operation: Operation) -> Result<(), Halt> {
        if self.operation()? == operation { Ok(()) } else { Err(self.unsupported()) }
    }

    /// The halt for an operation that the service does not have.
    pub fn unsupported(&self) -> Halt {
        Halt::Config(Reason::new(code::MODE_NOT_SUPPORTED, &format!("`{}` does not offer this operation", self.task.service)))
    }

    /// The halt for a service that the connector does not have.
    pub fn unknown_service(&self) -> Halt {
        Halt::Config(Reason::new(code::SERVICE_UNKNOWN, &format!("the connector has no service `{}`", self.task.service)))
    }
}
