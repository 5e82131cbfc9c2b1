//! What Data Manager took, and how it went: counts for each destination, never which record (the notes, "Polling"). What a request did
//! is done when it is taken; its status is told later, as the twin's options say.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::{Value, json};

use super::super::{
    account::Outcome,
    limits,
    options::Processing,
    service::Service,
    state::State,
    words::{Refusal, request_id},
};
use crate::vendor::{Call, Reply};

/// What a request asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestKind {
    /// Members to add.
    IngestMembers,
    /// Members to remove.
    RemoveMembers,
    /// All members to remove.
    RemoveAllMembers,
    /// Events.
    IngestEvents,
}

/// What members were sent as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Data {
    /// `userData`.
    User,
    /// `mobileData`.
    Mobile,
    /// `userIdData`.
    UserId,
    /// `compositeData`.
    Composite,
}

/// How a request went with a destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RequestStatus {
    /// Not told yet.
    Processing,
    /// No record failed.
    Success,
    /// Some records failed.
    PartialSuccess,
    /// All records failed.
    Failed,
}

/// One destination of a request.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Destination {
    /// As it was sent.
    pub destination: Value,
    /// Records that were sent there.
    pub records: usize,
    /// What they were.
    pub data: Option<Data>,
    /// Identifiers of them, by kind (`EMAIL`, `PHONE_NUMBER`, …).
    pub identifiers: BTreeMap<&'static str, usize>,
    /// Records that failed, by the reason without its prefix.
    pub failed: BTreeMap<String, usize>,
}

impl Destination {
    /// How it went.
    pub fn status(&self) -> RequestStatus {
        let failed: usize = self.failed.values().sum();
        match failed {
            0 => RequestStatus::Success,
            failed if failed >= self.records => RequestStatus::Failed,
            _ => RequestStatus::PartialSuccess,
        }
    }
}

/// A request that was taken.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Request {
    /// The id that was answered.
    pub id: String,
    /// What it asked for.
    pub kind: RequestKind,
    /// Its number in the log.
    pub number: u64,
    /// When it was taken.
    pub at: Timestamp,
    /// Its destinations, in its order.
    pub destinations: Vec<Destination>,
    #[serde(skip)]
    polls_left: u32,
    #[serde(skip)]
    ends_at: Option<Timestamp>,
}

impl State {
    /// Keeps what was taken; gives its id, which is made of the number of its request.
    pub(super) fn take(&mut self, kind: RequestKind, call: &Call, destinations: Vec<Destination>, processing: Processing) {
        let (polls_left, ends_at) = match processing {
            Processing::AfterPolls(polls) => (polls, None),
            Processing::AfterSeconds(seconds) => {
                let ends_at = call.now.saturating_add(SignedDuration::from_secs(seconds.into())).unwrap_or(Timestamp::MAX);
                (0, Some(ends_at))
            }
        };
        let id = request_id(call.number);
        let request = Request { id: id.clone(), kind, number: call.number, at: call.now, destinations, polls_left, ends_at };
        self.requests.insert(id, request);
        // Ids sort as their numbers do.
        while self.requests.len() > limits::REQUESTS_MAX {
            self.requests.pop_first();
        }
    }

    /// What a seed says of the next request.
    pub(super) fn outcome(&mut self) -> Option<Outcome> {
        self.outcomes.pop_front()
    }
}

/// `GET /v1/requestStatus:retrieve`.
pub(in super::super) fn poll(service: &Service, call: &Call) -> Result<Reply, Refusal> {
    let pairs = call.pairs().unwrap_or_default();
    let asked = pairs.iter().find(|(name, value)| name == "requestId" && !value.is_empty()).map(|(_, value)| value);
    let id = asked.ok_or_else(|| Refusal::field("REQUIRED_FIELD_MISSING", "request_id", call.number))?;
    let mut state = service.state();
    let unknown = || Refusal::field("INVALID_REQUEST_ID", "request_id", call.number);
    let request = state.requests.get_mut(id).ok_or_else(unknown)?;
    let waits = request.polls_left > 0 || request.ends_at.is_some_and(|at| at > call.now);
    request.polls_left = request.polls_left.saturating_sub(1);
    let shown: Vec<Value> = request.destinations.iter().map(|it| shown(request.kind, it, waits)).collect();
    Ok(Reply::json(200, &json!({ "requestStatusPerDestination": shown })))
}

/// A status that the vendor does not describe.
pub(in super::super) fn strange(message: &str) -> Reply {
    Reply::json(200, &json!({ "requestStatusPerDestination": [{ "requestStatus": message }] }))
}

fn shown(kind: RequestKind, it: &Destination, waits: bool) -> Value {
    let status = if waits { RequestStatus::Processing } else { it.status() };
    let records = it.records.to_string();
    let sum: usize = it.identifiers.values().sum();
    let counts = |name: &str| json!({ "recordCount": records, name: sum.to_string() });
    let composite = || {
        let counts: Vec<Value> =
            it.identifiers.iter().map(|(kind, count)| json!({ "type": kind, "count": count.to_string() })).collect();
        json!({ "recordCount": records, "dataTypeCounts": counts })
    };
    let members = |word: &str| match it.data {
        None => json!({}),
        Some(Data::User) => json!({ format!("userData{word}Status"): counts("userIdentifierCount") }),
        Some(Data::Mobile) => json!({ format!("mobileData{word}Status"): counts("mobileIdCount") }),
        Some(Data::UserId) => json!({ format!("userIdData{word}Status"): counts("userIdCount") }),
        Some(Data::Composite) => json!({ format!("compositeData{word}Status"): composite() }),
    };
    let (name, of_kind) = match kind {
        RequestKind::IngestMembers => ("audienceMembersIngestionStatus", members("Ingestion")),
        RequestKind::RemoveMembers => ("audienceMembersRemovalStatus", members("Removal")),
        RequestKind::RemoveAllMembers => ("removeAllAudienceMembersStatus", json!({})),
        RequestKind::IngestEvents => ("eventsIngestionStatus", json!({ "recordCount": records })),
    };
    let mut shown = json!({ "destination": it.destination, "requestStatus": status, name: of_kind });
    if !waits && !it.failed.is_empty() {
        let counts: Vec<Value> = it
            .failed
            .iter()
            .map(|(reason, count)| {
                json!({ "recordCount": count.to_string(), "reason": format!("PROCESSING_ERROR_REASON_{reason}") })
            })
            .collect();
        shown["errorInfo"] = json!({ "errorCounts": counts });
    }
    shown
}
