//! Jobs of Customer Match (`offlineUserDataJobs`; the notes, *Export audiences*, GA variant): made, filled with operations that all add or
//! all remove, run, and asked about by a search. What a job does is done when it is run; its state is told later.

use std::{collections::BTreeSet, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{
    super::{
        account::{Customer, KeyType, Lack},
        limits,
        options::Processing,
        service::Service,
        shape::{flag, list, object, text},
        user_list::Member,
        words::{AdsError, Refusal, partial_failure},
    },
    identifiers::{self, Takes, Wrong},
    rows::{id_of, required},
};
use crate::{
    ledger::Kind,
    log::Tally,
    vendor::{Call, Part, Portion, Reply},
};

/// Where a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum JobStatus {
    /// Made, and not run.
    Pending,
    /// Run.
    Running,
    /// Ended well.
    Success,
    /// Ended badly.
    Failed,
}

#[derive(Debug, Clone, PartialEq)]
enum Operation {
    Add(BTreeSet<String>),
    Remove(BTreeSet<String>),
    RemoveAll,
}

/// A job.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Job {
    /// Its name, `customers/…/offlineUserDataJobs/…`.
    pub resource_name: String,
    /// The list that it is about.
    pub user_list: String,
    /// Where it is.
    pub status: JobStatus,
    /// The request that made it.
    pub request: u64,
    /// Its consent.
    pub consent: Option<Value>,
    #[serde(skip)]
    operations: Vec<Operation>,
    #[serde(skip)]
    fails: bool,
    #[serde(skip)]
    polls_left: u32,
    #[serde(skip)]
    ends_at: Option<Timestamp>,
}

impl Job {
    /// Somebody asks: the job gets on, or has ended.
    pub(super) fn asked(&mut self, now: Timestamp) {
        let ended = self.polls_left == 0 && self.ends_at.is_none_or(|at| at <= now);
        if self.status == JobStatus::Running && ended {
            self.status = if self.fails { JobStatus::Failed } else { JobStatus::Success };
        }
        self.polls_left = self.polls_left.saturating_sub(1);
    }
}

fn refused<T>(call: &Call, error: AdsError) -> Result<T, Refusal> {
    Err(Refusal::ads(400, &[error], call.number))
}

fn of_job(code: &'static str, message: &str) -> AdsError {
    AdsError::new("offlineUserDataJobError", code, message)
}

/// `POST …/offlineUserDataJobs:create`.
pub(in super::super) fn create(
    service: &Service,
    call: &Call,
    body: &Map<String, Value>,
    portion: Portion<'_>,
    customer: &Customer,
) -> Result<Reply, Refusal> {
    let Some(job) = object(body, "job") else { return refused(call, required().at(&[("job", None)])) };
    if text(job, "type") != Some("CUSTOMER_MATCH_USER_LIST") {
        // Store sales and attributes are other features, which the twin's accounts do not have.
        return refused(
            call,
            of_job("NOT_ON_ALLOWLIST_FOR_STORE_SALES_DIRECT", "Customer is not on the allow-list for this type of job."),
        );
    }
    let metadata = object(job, "customerMatchUserListMetadata");
    let Some(resource) = metadata.and_then(|metadata| text(metadata, "userList")) else {
        return refused(call, required().at(&[("job", None), ("customer_match_user_list_metadata", None), ("user_list", None)]));
    };
    let mut state = service.state();
    let held = id_of(resource, "userLists").and_then(|id| state.user_lists.get(id)).filter(|list| list.customer_id == customer.id);
    let Some(user_list) = held.map(|list| list.id.clone()) else {
        return refused(call, of_job("INVALID_USER_LIST_ID", "The user list ID provided for the job is invalid."));
    };
    if customer.lacks(Lack::CustomerMatchTerms) {
        let message = "The customer has not accepted the customer data terms in the conversion settings page.";
        return refused(call, of_job("CUSTOMER_NOT_ACCEPTED_CUSTOMER_DATA_TERMS", message));
    }
    let id = (40_000_000_000 + call.number).to_string();
    let resource_name = format!("customers/{}/offlineUserDataJobs/{id}", customer.id);
    let mut reply = Reply::json(200, &json!({ "resourceName": resource_name }));
    if flag(body, "validateOnly") {
        reply = Reply::json(200, &json!({}));
    } else if portion.part != Part::Nothing {
        let job = Job {
            resource_name,
            user_list,
            status: JobStatus::Pending,
            request: call.number,
            consent: metadata.and_then(|metadata| object(metadata, "consent")).cloned().map(Value::Object),
            operations: Vec::new(),
            fails: false,
            polls_left: 0,
            ends_at: None,
        };
        state.jobs.insert(id, job);
        while state.jobs.len() > limits::REQUESTS_MAX {
            state.jobs.pop_first();
        }
    }
    Ok(reply)
}

fn no_job(call: &Call) -> Refusal {
    let error = AdsError::new("mutateError", "RESOURCE_NOT_FOUND", "Resource was not found.");
    Refusal::ads(404, &[error], call.number)
}

/// `POST …/offlineUserDataJobs/{job}:addOperations`.
pub(in super::super) fn add_operations(
    service: &Service,
    call: &Call,
    body: &Map<String, Value>,
    portion: Portion<'_>,
    customer: &Customer,
    id: &str,
) -> Result<Reply, Refusal> {
    let mut state = service.state();
    let job = state.jobs.get(id).filter(|job| job.resource_name.starts_with(&format!("customers/{}/", customer.id)));
    let job = job.ok_or_else(|| no_job(call))?;
    if job.status != JobStatus::Pending {
        return refused(call, of_job("JOB_ALREADY_STARTED", "Once the upload job is started, new operations cannot be added."));
    }
    let sent = list(body, "operations");
    if sent.is_empty() {
        return refused(call, required().at(&[("operations", None)]));
    }
    let identifiers: usize = sent.iter().map(count).sum();
    let many = "Maximum number of user identifiers allowed per request is 100,000 and per operation is 20.";
    if identifiers > limits::JOB_REQUEST_IDENTIFIERS_MAX {
        return refused(call, of_job("TOO_MANY_USER_IDENTIFIERS", many));
    }
    let key = state.user_lists.get(&job.user_list).map(|list| list.key_type);
    let mut before = job.operations.clone();
    let (mut errors, mut good) = (Vec::new(), Vec::new());
    for (index, operation) in sent.iter().filter_map(Value::as_object).enumerate() {
        match read(operation, key, &before) {
            Ok(operation) => {
                before.push(operation.clone());
                good.push(operation);
            }
            Err(error) => errors.push(error.at(&[("operations", Some(index))])),
        }
    }
    if !errors.is_empty() && !flag(body, "enablePartialFailure") {
        return Err(Refusal::ads(400, &errors, call.number));
    }
    let mut tally = Tally { objects: sent.len() as u32, refused: errors.len() as u32, ..Tally::default() };
    if flag(body, "validateOnly") {
        tally.ignored = good.len() as u32;
    } else {
        let most = portion.of(good.len());
        tally.applied = most as u32;
        good.truncate(most);
        if let Some(job) = state.jobs.get_mut(id) {
            job.operations.extend(good);
        }
    }
    let failure = partial_failure(&errors, call.number);
    let answer = failure.map_or_else(|| json!({}), |failure| json!({ "partialFailureError": failure }));
    Ok(Reply { tally, ..Reply::json(200, &answer) })
}

fn count(operation: &Value) -> usize {
    let of = |name: &str| operation.get(name).and_then(Value::as_object).map_or(0, |data| list(data, "userIdentifiers").len());
    of("create") + of("remove")
}

fn read(operation: &Map<String, Value>, key: Option<KeyType>, before: &[Operation]) -> Result<Operation, AdsError> {
    let conflict =
        || of_job("CONFLICTING_OPERATION", "Mixing creation and removal of offline data in the same job is not allowed.");
    if flag(operation, "removeAll") {
        return match before.is_empty() {
            true => Ok(Operation::RemoveAll),
            false => Err(of_job(
                "INVALID_OPERATION_ORDER",
                "A remove-all operation has to be the first operation of the operation list.",
            )),
        };
    }
    let (data, adds) = match (object(operation, "create"), object(operation, "remove")) {
        (Some(data), _) => (data, true),
        (None, Some(data)) => (data, false),
        (None, None) => return Err(required()),
    };
    let mixes = before.iter().any(|before| match before {
        Operation::Add(_) => !adds,
        Operation::Remove(_) => adds,
        Operation::RemoveAll => false,
    });
    if mixes {
        return Err(conflict());
    }
    let sent = list(data, "userIdentifiers").len();
    if sent == 0 {
        return Err(of_job("MISSING_USER_IDENTIFIER", "The user identifier is missing valid data."));
    }
    if sent > limits::JOB_OPERATION_IDENTIFIERS_MAX {
        return Err(of_job("TOO_MANY_USER_IDENTIFIERS", "Maximum number of user identifiers allowed per operation is 20."));
    }
    if object(data, "userAttribute").is_some() || object(data, "transactionAttribute").is_some() {
        let code = "ATTRIBUTES_NOT_APPLICABLE_FOR_CUSTOMER_MATCH_USER_LIST";
        return Err(of_job(code, "User attributes cannot be uploaded into a user list."));
    }
    let people = identifiers::read(data, Takes { address: true, street: false, ids: true }).map_err(|(_, wrong)| match wrong {
        Wrong::Missing => of_job("MISSING_USER_IDENTIFIER", "The user identifier is missing valid data."),
        Wrong::Malformed => of_job("INVALID_SHA256_FORMAT", "The SHA256 encoded value is malformed."),
        Wrong::Unsupported => of_job("INCOMPATIBLE_USER_IDENTIFIER", "Incompatible user identifier."),
    })?;
    let of_key = |identifier: &String| match key {
        Some(KeyType::ContactId) => ["email:", "phone:", "address:"].iter().any(|start| identifier.starts_with(start)),
        Some(KeyType::MobileId) => identifier.starts_with("mobile:"),
        Some(KeyType::UserId) => identifier.starts_with("user:"),
        None => false,
    };
    if !people.iter().all(of_key) {
        let message = "Upload data is not compatible with the upload key type of the associated user list.";
        return Err(of_job("INCOMPATIBLE_UPLOAD_KEY_TYPE", message));
    }
    Ok(if adds { Operation::Add(people) } else { Operation::Remove(people) })
}

/// `POST …/offlineUserDataJobs/{job}:run`.
pub(in super::super) fn run(
    service: &Service,
    call: &Call,
    body: &Map<String, Value>,
    portion: Portion<'_>,
    customer: &Customer,
    id: &str,
) -> Result<Reply, Refusal> {
    let mut state = service.state();
    let job = state.jobs.get(id).filter(|job| job.resource_name.starts_with(&format!("customers/{}/", customer.id)));
    let mut job = job.cloned().ok_or_else(|| no_job(call))?;
    if job.status != JobStatus::Pending {
        return refused(call, of_job("JOB_ALREADY_STARTED", "Once the upload job is started, it cannot be started again."));
    }
    let operation = json!({ "name": format!("customers/{}/operations/{id}", customer.id) });
    let mut reply = Reply::json(200, &operation);
    if flag(body, "validateOnly") || portion.part == Part::Nothing {
        return Ok(reply);
    }
    let outcome = state.outcomes.pop_front();
    let operations = std::mem::take(&mut job.operations);
    let denied = job.consent.as_ref().is_some_and(|consent| consent["adUserData"] == "DENIED");
    let most = if outcome.is_some() || denied { 0 } else { portion.of(operations.len()) };
    let mut entries = Vec::new();
    if let Some(list) = state.user_lists.get_mut(&job.user_list) {
        let place = |on: bool| -> Arc<str> { json!({ "user_list": job.user_list, "on": on }).to_string().into() };
        for operation in operations.iter().take(most) {
            match operation {
                Operation::Add(people) => {
                    let member = Member {
                        identifiers: people.clone(),
                        added_at: call.now,
                        consent: job.consent.clone(),
                        request: call.number,
                    };
                    entries.push((Kind::Membership, list.add(member), place(true)));
                }
                Operation::Remove(people) => {
                    let removed = list.remove(people);
                    entries.extend(removed.gone.into_iter().map(|name| (Kind::Membership, name, place(false))));
                    for (before, after) in removed.left {
                        entries.extend([(Kind::Membership, before, place(false)), (Kind::Membership, after, place(true))]);
                    }
                }
                Operation::RemoveAll => {
                    entries.extend(list.remove_all(None).into_iter().map(|name| (Kind::Membership, name, place(false))));
                }
            }
        }
    }
    reply.tally = Tally { objects: operations.len() as u32, applied: most as u32, ..Tally::default() };
    service.ledger.append(call.number, entries);
    job.status = JobStatus::Running;
    job.fails = outcome.is_some();
    (job.polls_left, job.ends_at) = match service.options.processing {
        Processing::AfterPolls(polls) => (polls, None),
        Processing::AfterSeconds(seconds) => {
            (0, Some(call.now.saturating_add(SignedDuration::from_secs(seconds.into())).unwrap_or(Timestamp::MAX)))
        }
    };
    state.jobs.insert(id.to_owned(), job);
    Ok(reply)
}
