//! Import jobs: taken now, ended later, in the order in which they were taken (the notes: "FIFO per account"). Who is not taken is
//! named by an import error with the object as it came (*Contacts*, "Polling"), whose pointer says nothing, so that clients look at
//! the object. Asking about jobs over HTTP is `import`'s.
//!
//! Inferred: `completed_count` counts profiles that were taken, without the failed ones; a cancelled job keeps what it had done.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    limits,
    object::Order,
    options::JobsEnd,
    state::{Manner, State},
    words::{Problem, uuid},
};
use crate::{
    ledger::{Kind, Ledger},
    vendor::{Part, Portion},
};

/// Where a job is (*OpenAPI*: `status`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Taken.
    Queued,
    /// Begun.
    Processing,
    /// Ended: every profile was taken, or has an error.
    Complete,
    /// Given up half-way.
    Cancelled,
}

/// Why a profile of a job was not taken.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ImportError {
    /// The error's own id.
    pub id: String,
    /// Stable word, for instance `invalid`.
    pub code: String,
    /// What kind of error.
    pub title: String,
    /// What is wrong.
    pub detail: String,
    /// The profile object, as it was sent.
    pub original_payload: Value,
}

/// An import job.
#[derive(Debug, Clone, Serialize)]
pub struct Job {
    /// Its id.
    pub id: String,
    /// Where it is.
    pub status: Status,
    /// When it was taken, begun and ended.
    pub created_at: Timestamp,
    /// See `created_at`.
    pub started_at: Option<Timestamp>,
    /// See `created_at`.
    pub completed_at: Option<Timestamp>,
    /// Profiles in it, taken of it, refused of it.
    pub total: usize,
    /// See `total`.
    pub completed: usize,
    /// See `total`.
    pub failed: usize,
    /// Ids of the profiles that it wrote.
    pub profiles: Vec<String>,
    /// Who was refused.
    pub errors: Vec<ImportError>,
    /// Lists that its profiles are put on.
    pub lists: Vec<String>,
    /// The request that brought it.
    pub request: u64,
    #[serde(skip)]
    pub(super) work: Vec<Order>,
    #[serde(skip)]
    part: Part,
    #[serde(skip)]
    rest: Option<String>,
    #[serde(skip)]
    polls_left: u32,
    #[serde(skip)]
    asked: bool,
    #[serde(skip)]
    ends_at: Option<Timestamp>,
    #[serde(skip)]
    cancel: bool,
}

impl Job {
    /// A job that has just been taken. Its id is made of its request, so that one that is applied late has the id that was told.
    pub(super) fn taken(state: &mut State, work: Vec<Order>, lists: Vec<String>, portion: Portion<'_>, manner: Manner) -> Self {
        let mut id = job_id(manner.request);
        if state.jobs.iter().any(|job| job.id == id) {
            id = format!("{id}b");
        }
        Self {
            id,
            status: Status::Queued,
            created_at: manner.now,
            started_at: None,
            completed_at: None,
            total: work.len(),
            completed: 0,
            failed: 0,
            profiles: Vec::new(),
            errors: Vec::new(),
            lists,
            request: manner.request,
            work,
            part: portion.part,
            rest: portion.rest.map(str::to_owned),
            polls_left: 0,
            asked: false,
            ends_at: None,
            cancel: false,
        }
    }

    /// Puts it into the queue.
    pub(super) fn enter(mut self, state: &mut State, end: JobsEnd) {
        match end {
            JobsEnd::AfterPolls(polls) => self.polls_left = polls,
            JobsEnd::AfterSeconds(seconds) => self.ends_at = Some(later(self.created_at, seconds)),
        }
        self.cancel = state.to_cancel > 0;
        state.to_cancel = state.to_cancel.saturating_sub(1);
        state.jobs.push(self);
    }

    pub(super) fn has_ended(&self) -> bool {
        match self.status {
            Status::Queued | Status::Processing => false,
            Status::Complete | Status::Cancelled => true,
        }
    }

    /// When its results are gone.
    pub(super) fn expires_at(&self) -> Timestamp {
        self.created_at.saturating_add(SignedDuration::from_secs(limits::JOB_KEPT_S)).unwrap_or(Timestamp::MAX)
    }

    fn fail(&mut self, problem: &Problem, order: &Order) {
        self.failed += 1;
        self.errors.push(ImportError {
            id: uuid(self.request, self.errors.len()),
            code: problem.code.to_owned(),
            title: problem.title().to_owned(),
            detail: problem.detail.clone(),
            original_payload: order.payload.clone(),
        });
    }
}

fn job_id(request: u64) -> String {
    format!("01J0B{request:021}")
}

pub(super) fn later(at: Timestamp, seconds: u32) -> Timestamp {
    at.saturating_add(SignedDuration::from_secs(seconds.into())).unwrap_or(Timestamp::MAX)
}

impl State {
    /// Somebody asks about a job: it gets on, or ends with every job before it.
    pub(super) fn asked(&mut self, at: usize, ledger: &Ledger, now: Timestamp) {
        let job = &mut self.jobs[at];
        if job.has_ended() {
            return;
        }
        if job.ends_at.is_none() && job.polls_left == 0 {
            (0..=at).for_each(|at| self.end(at, ledger, now));
            return;
        }
        job.polls_left = job.polls_left.saturating_sub(1);
        // The first question finds it where it was put.
        if job.asked {
            job.status = Status::Processing;
            job.started_at = job.started_at.or(Some(now));
        }
        job.asked = true;
    }

    /// Ends what the clock says has ended.
    pub(super) fn end_due(&mut self, ledger: &Ledger, now: Timestamp) {
        loop {
            let due = |ends_at: Option<Timestamp>| ends_at.is_some_and(|at| at <= now);
            let job = self.jobs.iter().position(|job| !job.has_ended() && due(job.ends_at));
            let waiting = self.waiting.iter().position(|waiting| due(Some(waiting.ends_at)));
            match (job, waiting) {
                (Some(job), Some(waiting)) if self.waiting[waiting].request < self.jobs[job].request => {
                    self.end_waiting(waiting, ledger, now);
                }
                (Some(job), _) => self.end(job, ledger, now),
                (None, Some(waiting)) => self.end_waiting(waiting, ledger, now),
                (None, None) => return,
            }
        }
    }

    fn end(&mut self, at: usize, ledger: &Ledger, now: Timestamp) {
        if self.jobs[at].has_ended() {
            return;
        }
        let work = std::mem::take(&mut self.jobs[at].work);
        let mut job = self.jobs[at].clone();
        let portion = Portion { part: job.part, rest: None };
        let most = portion.of(work.iter().filter(|order| self.check(order).is_ok()).count());
        let reached = if job.cancel { work.len() / 2 } else { work.len() };
        let manner = Manner { bulk: true, request: job.request, now };
        let (mut tried, mut applied) = (0, Vec::new());
        for order in work.iter().take(reached) {
            match self.check(order) {
                Err(problem) => job.fail(&problem, order),
                Ok(_) if tried == most => match job.rest.clone() {
                    Some(text) => job.fail(&Problem::new("invalid", text), order),
                    // What a fault kept back is told as taken.
                    None => job.completed += 1,
                },
                Ok(_) => {
                    tried += 1;
                    match self.apply(order, manner) {
                        Err(problem) => job.fail(&problem, order),
                        Ok(landed) => {
                            job.completed += 1;
                            let lists = job.lists.iter();
                            let profile = self.at_mut(landed.at);
                            lists.for_each(|list| profile.join(list, now));
                            let key = profile.key();
                            job.profiles.push(profile.id.clone());
                            applied.push((Kind::Attributes, key.clone(), order.text.clone()));
                            applied.extend(job.lists.iter().map(|list| (Kind::Membership, key.clone(), place(list, true))));
                        }
                    }
                }
            }
        }
        // While the state is locked, so that the ledger has the order of application.
        ledger.append(job.request, applied);
        job.status = if job.cancel { Status::Cancelled } else { Status::Complete };
        job.started_at = job.started_at.or(Some(now));
        job.completed_at = Some(now);
        self.jobs[at] = job;
    }
}

/// Somebody's place on a list, for the ledger.
pub(super) fn place(list: &str, on: bool) -> std::sync::Arc<str> {
    json!({ "list_id": list, "on": on }).to_string().into()
}
