//! Sessions: several batches of one upload, of one removal or of one replacement (*Guide*, "session").
//!
//! A replacement begins with batch 1, whatever number the others have; what it received takes the place of the audience's people when a
//! batch says that it is the last one, or 90 minutes after it began. Later batches are 2650 with a subcode. Uploads and removals are
//! applied batch by batch: their numbers "must be sequential and start from 1", and one that was taken may come again (the notes, for
//! repeats); how a wrong one is refused is (inferred). An id belongs to one operation on one audience (*Guide*: unique in the account).

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    limits,
    params::{Params, as_flag, as_whole, wrong},
    people::People,
    words::Refusal,
};
use crate::{log::Warning, vendor::Call};

/// What a session does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    /// Puts people in.
    Add,
    /// Takes people out.
    Remove,
    /// Puts people in the place of those who are in.
    Replace,
}

/// What one request says of its session.
#[derive(Debug, Clone, Copy)]
pub(super) struct Batch {
    pub(super) session: u64,
    pub(super) seq: u64,
    pub(super) last: bool,
    pub(super) estimated: Option<u64>,
}

/// A session.
#[derive(Debug, Clone)]
pub struct Session {
    /// Its id, which the client chose.
    pub id: u64,
    /// The audience, or `act_…` of a removal from all of them.
    pub audience: String,
    /// What it does.
    pub operation: Operation,
    /// When its first batch came.
    pub started: Timestamp,
    /// When it ended: at its last batch, or at the end of its time.
    pub ended: Option<Timestamp>,
    /// Its last batch has come.
    pub finished: bool,
    /// Entries received and invalid ones, by the batches' numbers.
    pub batches: BTreeMap<u64, (u64, u64)>,
    /// How many there will be, if the client said.
    pub estimated: Option<u64>,
    pub(super) schema: Vec<&'static str>,
    /// Of a replacement: who will be in.
    pub(super) staged: People,
    pub(super) last_request: u64,
}

impl Batch {
    /// `session` of a call, when there is one.
    pub(super) fn read(call: &Call, params: &mut Params, warnings: &mut Vec<Warning>) -> Result<Option<Self>, Refusal> {
        let Some(mut session) = params.object("session")? else { return Ok(None) };
        let mut whole = |name: &str| -> Result<Option<u64>, Refusal> {
            let value = session.remove(name).filter(|value| !value.is_null());
            let wrong = || wrong(&format!("session[{name}]"), "a positive integer");
            value.map(|value| as_whole(&value).filter(|number| *number > 0).ok_or_else(wrong)).transpose()
        };
        let id = whole("session_id")?.ok_or_else(|| Refusal::required("session[session_id]"))?;
        let seq = whole("batch_seq")?.ok_or_else(|| Refusal::required("session[batch_seq]"))?;
        let estimated = whole("estimated_num_total")?;
        let last = match session.remove("last_batch_flag") {
            None | Some(Value::Null) => false,
            Some(value) => as_flag(&value).ok_or_else(|| wrong("session[last_batch_flag]", "a boolean"))?,
        };
        warnings.extend(session.keys().map(|name| call.warning("unknown-parameter", format!("session.{name}"))));
        Ok(Some(Self { session: id, seq, last, estimated }))
    }
}

impl Session {
    pub(super) fn new(batch: Batch, audience: &str, operation: Operation, schema: &[&'static str], now: Timestamp) -> Self {
        Self {
            id: batch.session,
            audience: audience.to_owned(),
            operation,
            started: now,
            ended: None,
            finished: false,
            batches: BTreeMap::new(),
            estimated: batch.estimated,
            schema: schema.to_vec(),
            staged: People::default(),
            last_request: 0,
        }
    }

    /// Entries received so far, and invalid ones.
    pub fn received(&self) -> (u64, u64) {
        self.batches.values().fold((0, 0), |(all, bad), (received, invalid)| (all + received, bad + invalid))
    }

    /// The same after a batch of so many entries and invalid ones; one that comes again counts once.
    pub(super) fn received_with(&self, batch: Batch, counts: (u64, u64)) -> (u64, u64) {
        let (received, invalid) = self.received();
        let (before, bad) = self.batches.get(&batch.seq).copied().unwrap_or_default();
        (received - before + counts.0, invalid - bad + counts.1)
    }

    pub(super) fn is_over(&self, now: Timestamp) -> bool {
        self.ended.is_some() || self.ends() <= now.as_second()
    }

    /// Second in which its time is over.
    pub(super) fn ends(&self) -> i64 {
        self.started.as_second().saturating_add(limits::SESSION_S)
    }

    /// The session is another's: of another audience, or of another operation.
    pub(super) fn is_of(&self, audience: &str, operation: Operation) -> Result<(), Refusal> {
        if self.audience == audience && self.operation == operation {
            return Ok(());
        }
        Err(Refusal::parameter(format_args!("Param session[session_id] {} is in use in this ad account.", self.id)))
    }

    /// A batch has the schema of the first one (*Guide*: "changing the schema mid-session will result in errors").
    pub(super) fn has_schema(&self, schema: &[&'static str]) -> Result<(), Refusal> {
        if self.schema == schema {
            return Ok(());
        }
        Err(Refusal::parameter("Param payload[schema] must be the same in all batches of a session."))
    }

    /// Takes a batch in.
    pub(super) fn count(&mut self, batch: Batch, counts: (u64, u64), request: u64, now: Timestamp) {
        self.batches.insert(batch.seq, counts);
        self.last_request = request;
        self.estimated = batch.estimated.or(self.estimated);
        if batch.last {
            self.finished = true;
            self.ended.get_or_insert(now);
        }
    }

    /// As `GET …/sessions` shows it: texts (`CustomAudienceSession`). Stages and how progress is written are (inferred).
    pub(super) fn shown(&self) -> Value {
        let (received, invalid) = self.received();
        let total = self.estimated.unwrap_or(received).max(received).max(1);
        let progress = if self.ended.is_some() { 100 } else { received * 100 / total };
        let mut shown = json!({
            "session_id": self.id.to_string(), "num_received": received.to_string(), "num_invalid_entries": invalid.to_string(),
            "num_matched": (received - invalid).to_string(), "start_time": self.started.as_second().to_string(),
            "progress": progress.to_string(), "stage": if self.ended.is_some() { "finished" } else { "uploading" },
        });
        if let Some(ended) = self.ended {
            shown["end_time"] = ended.as_second().to_string().into();
        }
        shown
    }

    /// As the reserved paths show it.
    pub(super) fn told(&self, account: &str) -> Value {
        json!({
            "id": self.id, "account_id": account, "audience": self.audience, "operation": self.operation, "started": self.started,
            "ended": self.ended, "finished": self.finished, "batches": self.batches, "staged": self.staged.len(),
        })
    }
}

/// Whether a batch of an upload or of a removal comes in its place.
pub(super) fn in_its_place(
    session: Option<&Session>,
    batch: Batch,
    (audience, operation): (&str, Operation),
    schema: &[&'static str],
    now: Timestamp,
) -> Result<(), Refusal> {
    const SEQUENTIAL: &str = "Param session[batch_seq] must be sequential and start from 1.";
    let Some(session) = session else {
        return if batch.seq == 1 { Ok(()) } else { Err(Refusal::parameter(SEQUENTIAL)) };
    };
    session.is_of(audience, operation)?;
    session.has_schema(schema)?;
    if session.batches.contains_key(&batch.seq) {
        return Ok(());
    }
    if session.finished {
        return Err(Refusal::parameter(format_args!("The session {} is finished.", session.id)));
    }
    if session.is_over(now) {
        return Err(Refusal::parameter(format_args!("The session {} began more than 90 minutes ago.", session.id)));
    }
    let most = session.batches.last_key_value().map_or(0, |(seq, _)| *seq);
    if batch.seq > most + 1 { Err(Refusal::parameter(SEQUENTIAL)) } else { Ok(()) }
}
