//! Batch jobs: `POST /batches` takes operations, `GET /batches/{id}` says how far they are (*Large volumes*). Each poll moves a job on by
//! one state; its operations are carried out when it leaves `started`. The results' archive lies on another host, which is not here.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{
    body::{Body, unknown},
    limits,
    member::md5_hex,
    query::Query,
    service::Service,
    words::Refusal,
};
use crate::vendor::{Call, Portion, Reply};

/// How far a job is (*Large volumes*; the list is inferred there).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum JobStatus {
    /// Taken.
    Pending,
    /// Being read.
    Preprocessing,
    /// At work.
    Started,
    /// Done; the results are being packed.
    Finalizing,
    /// Over.
    Finished,
}

/// A batch job.
#[derive(Debug, Clone, Serialize)]
pub struct Job {
    /// The vendor's name of it.
    pub id: String,
    /// How far it is.
    pub status: JobStatus,
    /// Operations it was given, those carried out, and those of them that were refused.
    pub total_operations: usize,
    /// See `total_operations`.
    pub finished_operations: usize,
    /// See `total_operations`.
    pub errored_operations: usize,
    /// When it was taken.
    pub submitted_at: Timestamp,
    /// When it was over.
    pub completed_at: Option<Timestamp>,
    /// The request that brought it; the ledger has its operations under this number.
    pub request: u64,
    #[serde(skip)]
    operations: Vec<Operation>,
}

#[derive(Debug, Clone)]
struct Operation {
    method: Method,
    /// As it is sent: `/lists/…`, without the base path.
    path: String,
    query: Option<String>,
    body: String,
}

impl Job {
    fn shown(&self) -> Value {
        let url = match self.status {
            JobStatus::Finished => format!("https://mailchimp-api-batch.s3.amazonaws.com/{}-response.tar.gz", self.id),
            JobStatus::Pending | JobStatus::Preprocessing | JobStatus::Started | JobStatus::Finalizing => String::new(),
        };
        json!({
            "id": self.id, "status": self.status, "total_operations": self.total_operations,
            "finished_operations": self.finished_operations, "errored_operations": self.errored_operations,
            "submitted_at": self.submitted_at.to_string(),
            "completed_at": self.completed_at.map(|at| at.to_string()).unwrap_or_default(), "response_body_url": url,
        })
    }
}

/// Takes a job. More operations than allowed are refused whole (inferred), and so is one job more than may be open: 429 (inferred from
/// its place in *Global rate limits*).
pub(super) fn create(service: &Service, call: &Call, portion: Portion<'_>) -> Result<Reply, Refusal> {
    let query = Query::of(call)?;
    let mut body = Body::of(call)?;
    let operations = body.objects("operations", operation);
    let operations = body.required(operations, "operations").unwrap_or_default();
    if operations.len() > limits::OPERATIONS_MAX {
        body.blame("operations", format!("Array must have at most {} items", limits::OPERATIONS_MAX));
    }
    let names = body.end()?;
    let total = operations.len();
    let mut operations: Vec<Operation> = operations.into_iter().flatten().collect();
    let mut state = service.state();
    let open = state.jobs.values().filter(|job| job.status != JobStatus::Finished).count();
    if open >= limits::JOBS_OPEN_MAX {
        let detail = format!("You have more than {} pending batches.", limits::JOBS_OPEN_MAX);
        return Err(Refusal::new(429, "Too Many Requests", detail));
    }
    operations.truncate(portion.of(total));
    let kept = operations.len();
    let id = md5_hex(&format!("job {}", state.jobs_made + 1))[..10].to_owned();
    let job = Job {
        id: id.clone(),
        status: JobStatus::Pending,
        total_operations: total,
        finished_operations: 0,
        errored_operations: 0,
        submitted_at: call.now,
        completed_at: None,
        request: call.number,
        operations,
    };
    let mut reply = Reply::json(200, &query.reduce(job.shown()));
    reply.tally.objects = u32::try_from(total).unwrap_or(u32::MAX);
    reply.tally.applied = u32::try_from(kept).unwrap_or(u32::MAX);
    // A fault that lets nothing through leaves no job: its id is not known afterwards.
    if kept > 0 || total == 0 {
        state.jobs_made += 1;
        state.jobs.insert(id, job);
    }
    unknown(&mut reply, call, names);
    Ok(reply)
}

/// `{"method","path","operation_id","body":"<json string>","params"}`; none when it is wrong, which the body says.
fn operation(item: &mut Body) -> Option<Operation> {
    let method = item.word("method", "GET, POST, PUT, PATCH, DELETE", |word| {
        ["GET", "POST", "PUT", "PATCH", "DELETE"].contains(&word).then(|| Method::from_bytes(word.as_bytes()).ok())?
    });
    let method = item.required(method, "method");
    let path = item.text("path");
    let path = item.required(path, "path");
    let body = item.text("body").unwrap_or_default();
    let params = item.map("params").unwrap_or_default();
    item.text("operation_id");
    Some(Operation { method: method?, path: path?, query: query_of(&params), body })
}

fn query_of(params: &Map<String, Value>) -> Option<String> {
    let pairs = params.iter().map(|(name, value)| match value {
        Value::String(text) => {
            format!("{name}={}", percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC))
        }
        other => format!("{name}={other}"),
    });
    let pairs: Vec<String> = pairs.collect();
    (!pairs.is_empty()).then(|| pairs.join("&"))
}

/// Says how far a job is, and moves it on first.
pub(super) fn poll(service: &Service, call: &Call, id: &str) -> Result<Reply, Refusal> {
    let query = Query::of(call)?;
    // Two polls at once do not carry a job's operations out at once.
    let _turn = service.turn();
    let (status, operations, request) = {
        let mut state = service.state();
        let job = state.jobs.get_mut(id).ok_or_else(Refusal::not_found)?;
        let operations = if job.status == JobStatus::Started { std::mem::take(&mut job.operations) } else { Vec::new() };
        (job.status, operations, job.request)
    };
    let (next, completed) = match status {
        JobStatus::Pending => (JobStatus::Preprocessing, None),
        JobStatus::Preprocessing => (JobStatus::Started, None),
        JobStatus::Started => (JobStatus::Finalizing, None),
        JobStatus::Finalizing | JobStatus::Finished => (JobStatus::Finished, Some(call.now)),
    };
    let mut warnings = Vec::new();
    let mut errored = 0;
    for operation in operations {
        let reply = service.inner(&carried(operation, request, call));
        errored += usize::from(reply.status >= 400);
        warnings.extend(reply.warnings);
    }
    let mut state = service.state();
    let job = state.jobs.get_mut(id).ok_or_else(Refusal::not_found)?;
    job.status = next;
    job.completed_at = job.completed_at.or(completed);
    if next == JobStatus::Finalizing {
        job.finished_operations = job.total_operations;
        job.errored_operations = errored;
    }
    let mut reply = Reply::json(200, &query.reduce(job.shown()));
    reply.warnings = warnings;
    Ok(reply)
}

/// The call that an operation stands for.
fn carried(operation: Operation, request: u64, poll: &Call) -> Call {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Call {
        number: request,
        door: poll.door,
        method: operation.method,
        path: format!("/3.0{}", operation.path),
        query: operation.query,
        headers,
        body: Bytes::from(operation.body),
        now: poll.now,
        under_way: poll.under_way,
    }
}
