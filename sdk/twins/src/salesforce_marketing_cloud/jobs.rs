//! Jobs of asynchronous requests: how far they are, what they do when they run, and the results of their rows (*Endpoint A*, "Poll" and
//! "Results").

use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    extension::Fit,
    limits,
    options::{Harm, JobsGo, Stages},
    page::Page,
    service::Service,
    state::State,
    words::{self, Refusal},
};
use crate::{
    ledger::{Kind, Ledger},
    vendor::{Call, Reply},
};

/// How far a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Status {
    /// Picked up.
    Pending,
    /// At work.
    Executing,
    /// At its end, whatever became of its rows.
    Complete,
    /// At its end, without a row.
    Error,
}

/// What is to become of a row.
#[derive(Debug, Clone)]
pub(super) enum Plan {
    Save(Fit),
    Refuse(String),
    /// It is said to have been saved.
    Pretend,
}

/// An asynchronous request that was taken.
#[derive(Debug, Clone, Serialize)]
pub struct Job {
    /// `requestId`.
    pub id: String,
    /// The id of the data extension.
    pub data_extension: String,
    /// Rows that are there already are errors.
    pub insert: bool,
    /// Number of the request, as in the log.
    pub request: u64,
    /// How far it is; absent until it is picked up.
    pub status: Option<Status>,
    /// When it was taken.
    pub call_at: Timestamp,
    /// When it was picked up.
    pub pickup_at: Option<Timestamp>,
    /// When it ended.
    pub completion_at: Option<Timestamp>,
    /// Of its rows, in their order, what each was told; nothing when it was saved. Empty until the job has ended.
    pub errors: Vec<Option<Arc<str>>>,
    /// What the whole job was told.
    pub message: Option<String>,
    #[serde(skip)]
    pub(super) lost: bool,
    #[serde(skip)]
    pub(super) polls: u32,
    #[serde(skip)]
    pub(super) plans: Vec<Plan>,
}

impl Job {
    /// Whether it has ended.
    pub fn has_ended(&self) -> bool {
        self.completion_at.is_some()
    }

    /// Whether it, or a row of it, was refused.
    pub fn has_errors(&self) -> bool {
        self.message.is_some() || self.errors.iter().any(Option::is_some)
    }

    fn has_expired(&self, now: Timestamp) -> bool {
        self.completion_at.is_some_and(|end| now.as_second() - end.as_second() > limits::RESULTS_KEPT_S)
    }

    fn shown(&self) -> Value {
        let mut shown = json!({ "requestId": self.id, "resultMessages": [] });
        if let Some(message) = &self.message {
            shown["resultMessages"] =
                json!([{ "resultType": "Error", "resultClass": "Request", "resultCode": "JobFailed", "message": message }]);
        }
        if let Some(status) = self.status {
            shown["status"] = json!({
                "requestStatus": status, "hasErrors": self.has_errors(),
                "resultStatus": if self.has_errors() { "Has Errors" } else { "OK" },
                "callDateTime": self.call_at.to_string(), "pickupDateTime": self.pickup_at.map(|at| at.to_string()),
                "completionDateTime": self.completion_at.map(|at| at.to_string()),
            });
        }
        shown
    }
}

/// The state of so many polls or seconds; none of the end.
fn stage(stages: Stages, age: u64) -> Option<Option<Status>> {
    let missing = u64::from(stages.missing);
    let pending = missing + u64::from(stages.pending);
    let executing = pending + u64::from(stages.executing);
    match age {
        _ if age < missing => Some(None),
        _ if age < pending => Some(Some(Status::Pending)),
        _ if age < executing => Some(Some(Status::Executing)),
        _ => None,
    }
}

impl State {
    /// Moves every job on to where it is by the clock.
    pub(super) fn go_on(&mut self, go: JobsGo, ledger: &Ledger, now: Timestamp) {
        let JobsGo::BySeconds(stages) = go else { return };
        for at in 0..self.jobs.len() {
            let age = now.as_second() - self.jobs[at].call_at.as_second();
            self.reach(at, stage(stages, u64::try_from(age).unwrap_or_default()), ledger, now);
        }
    }

    /// Brings a job to a state, or to its end. What has ended stays so.
    fn reach(&mut self, at: usize, stage: Option<Option<Status>>, ledger: &Ledger, now: Timestamp) {
        let job = &mut self.jobs[at];
        if job.lost || job.has_ended() {
            return;
        }
        match stage {
            Some(None) => {}
            Some(status) => {
                job.pickup_at.get_or_insert(now);
                job.status = status;
            }
            None => self.end(at, ledger, now),
        }
    }

    /// Runs a job.
    fn end(&mut self, at: usize, ledger: &Ledger, now: Timestamp) {
        let Self { jobs, extensions, harms, .. } = self;
        let job = &mut jobs[at];
        job.pickup_at.get_or_insert(now);
        job.completion_at = Some(now);
        let plans = std::mem::take(&mut job.plans);
        if job.message.is_some() {
            job.status = Some(Status::Error);
            return;
        }
        job.status = Some(Status::Complete);
        let Some(extension) = extensions.iter_mut().find(|it| it.id == job.data_extension) else { return };
        let mut entries = Vec::new();
        let mut save = |fit: Fit| {
            let meant = |harm: &Harm| matches!((harm, &fit.key), (Harm::Deadlock { key }, Some(own)) if key == own);
            if let Some(at) = harms.iter().position(meant) {
                harms.remove(at);
                return Some(words::DEADLOCK.to_owned());
            }
            if job.insert
                && let Err(duplicate) = extension.collides(&fit)
            {
                return Some(duplicate);
            }
            let text = extension.entry(&fit.row);
            entries.push((Kind::Attributes, extension.put(fit), text));
            None
        };
        let told = plans.into_iter().map(|plan| match plan {
            Plan::Save(fit) => save(fit),
            Plan::Refuse(why) => Some(why),
            Plan::Pretend => None,
        });
        job.errors = told.map(|told| told.map(Arc::from)).collect();
        ledger.append(job.request, entries);
    }

    /// Where a job is. Of a request id used twice (a fault's doing), the last one.
    fn job(&self, id: &str, now: Timestamp) -> Option<usize> {
        self.jobs.iter().rposition(|job| job.id == id && !job.has_expired(now))
    }
}

/// `GET /data/v1/async/{requestId}/status`.
pub(super) fn status(service: &Service, call: &Call, id: &str) -> Reply {
    let mut state = service.state(call.now);
    let Some(at) = state.job(id, call.now) else {
        // "status object missing: not picked up yet or unknown/expired" (*Endpoint A*).
        return Reply::json(200, &json!({ "requestId": id, "resultMessages": [] }));
    };
    if let JobsGo::ByPolls(stages) = service.options.jobs_go {
        let age = u64::from(state.jobs[at].polls);
        state.jobs[at].polls += 1;
        let stage = stage(stages, age);
        // They end in the order in which they were taken; one that is lost holds nobody up.
        let from = if stage.is_none() && !state.jobs[at].lost { 0 } else { at };
        for at in from..=at {
            state.reach(at, stage, &service.ledger, call.now);
        }
    }
    Reply::json(200, &state.jobs[at].shown())
}

/// `GET /data/v1/async/{requestId}/results`: one item of each row, in the order of submission.
pub(super) fn results(service: &Service, call: &Call, id: &str) -> Result<Reply, Refusal> {
    let page = Page::of(call, usize::MAX)?;
    let state = service.state(call.now);
    let at = state.job(id, call.now).ok_or_else(|| Refusal::api(404, 0, format!("There is no request {id}.")))?;
    let job = &state.jobs[at];
    let items = page.cut(job.errors.len()).map(|index| match &job.errors[index] {
        None => json!({ "status": "OK", "errorCode": 0, "message": "" }),
        // "errorCode is not discriminating (numeric 2 or the string UnexpectedError for both)".
        Some(why) if index.is_multiple_of(2) => json!({ "status": "Error", "errorCode": 2, "message": &**why }),
        Some(why) => json!({ "status": "Error", "errorCode": "UnexpectedError", "message": &**why }),
    });
    let items: Vec<Value> = items.collect();
    let mut shown = json!({ "page": page.number, "pageSize": page.size, "count": job.errors.len(), "requestId": id });
    shown["items"] = items.into();
    Ok(Reply::json(200, &shown))
}
