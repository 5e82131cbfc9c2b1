//! People put into an audience or taken out of it, batch by batch (the notes, "Export audiences"): `users`, and `usersofanyaudience` for
//! all audiences of an account. What the vendor cannot use is counted and shown, the others are applied.

use serde_json::{Value, json};

use super::{
    limits,
    payload::Payload,
    schema::VALUE,
    service::Cx,
    session::{Batch, Operation, Session, in_its_place},
    state::{State, place},
    words::{Refusal, answer},
};
use crate::{
    log::Tally,
    vendor::{Part, Reply},
};

/// What an answer says of one request.
pub(super) struct Report {
    /// The audience, or the account.
    pub(super) id: String,
    pub(super) session: u64,
    pub(super) received: u64,
    pub(super) invalid: u64,
    pub(super) samples: Vec<String>,
    pub(super) tally: Tally,
}

impl Report {
    pub(super) fn reply(self) -> Reply {
        let samples = self.samples.into_iter().take(limits::SAMPLES_MAX).enumerate();
        let samples: serde_json::Map<String, Value> = samples.map(|(at, sample)| (at.to_string(), sample.into())).collect();
        let mut reply = answer(&json!({
            "audience_id": self.id, "session_id": self.session.to_string(), "num_received": self.received,
            "num_invalid_entries": self.invalid, "invalid_entry_samples": samples,
        }));
        reply.tally = self.tally;
        reply
    }
}

pub(super) fn count(items: usize) -> u64 {
    u64::try_from(items).unwrap_or(u64::MAX)
}

fn tally(items: usize) -> u32 {
    u32::try_from(items).unwrap_or(u32::MAX)
}

/// `POST` and `DELETE /{audience}/users`.
pub(super) fn change(cx: &mut Cx<'_>, id: &str, operation: Operation) -> Result<Reply, Refusal> {
    writable(cx, id)?;
    let payload = Payload::read(cx.call, cx.params)?;
    let audience = cx.state.audience(cx.call, cx.token, id)?;
    if audience.replacing.is_some() {
        return Err(Refusal::update(1_870_145));
    }
    if operation == Operation::Add {
        values_fit(&payload, audience.is_value_based)?;
    }
    let account = audience.account_id.clone();
    moved(cx, payload, operation, (&account, id), &[id.to_owned()])
}

/// `DELETE /act_{id}/usersofanyaudience`.
pub(super) fn remove_everywhere(cx: &mut Cx<'_>, account: &str) -> Result<Reply, Refusal> {
    cx.state.account(cx.call, cx.token, account)?;
    let payload = Payload::read(cx.call, cx.params)?;
    let audiences: Vec<String> = cx.state.audiences_of(account).map(|audience| audience.id.clone()).collect();
    moved(cx, payload, Operation::Remove, (account, &format!("act_{account}")), &audiences)
}

/// An audience whose people can be changed: it is there, it is a customer file, it is not blocked, and the terms are accepted.
pub(super) fn writable(cx: &Cx<'_>, id: &str) -> Result<(), Refusal> {
    if cx.state.audiences.get(id).is_some_and(|audience| audience.deleted) {
        return Err(Refusal::deleted());
    }
    let audience = cx.state.audience(cx.call, cx.token, id)?;
    if cx.state.accounts.get(&audience.account_id).is_some_and(|account| !account.terms_accepted) {
        return Err(Refusal::terms(cx.service.options.terms_subcode, &audience.account_id));
    }
    if audience.flagged {
        return Err(Refusal::blocked());
    }
    if audience.subtype != "CUSTOM" {
        return Err(Refusal::parameter("The audience is not of a customer file."));
    }
    Ok(())
}

/// `LOOKALIKE_VALUE` is "only for `is_value_based` audiences" (the notes).
pub(super) fn values_fit(payload: &Payload, value_based: bool) -> Result<(), Refusal> {
    if payload.is_value_based() && !value_based {
        return Err(Refusal::parameter(format_args!("The key {VALUE} is of value-based audiences alone.")));
    }
    Ok(())
}

/// Reads the session, applies the portion, and reports.
fn moved(
    cx: &mut Cx<'_>,
    payload: Payload,
    operation: Operation,
    (account, of): (&str, &str),
    audiences: &[String],
) -> Result<Reply, Refusal> {
    let mut warnings = Vec::new();
    let batch = Batch::read(cx.call, cx.params, &mut warnings)?;
    let now = cx.call.now;
    if let Some(batch) = batch {
        let session = cx.state.sessions.get(&(account.to_owned(), batch.session));
        in_its_place(session, batch, (of, operation), &payload.schema, now)?;
    }
    let batch = batch.unwrap_or_else(|| made(cx.state, account));
    let (mut report, valid) = report(cx, &payload, of, batch);
    let mut applied = Vec::new();
    for person in payload.people().take(cx.portion.of(valid)) {
        let mut did = false;
        for id in audiences {
            let Some(audience) = cx.state.audiences.get_mut(id) else { continue };
            let changed = match operation {
                Operation::Remove => audience.people.remove(person).iter().map(|gone| place(id, gone, false)).collect(),
                Operation::Add | Operation::Replace => {
                    if audience.people.add(person.clone()) {
                        vec![place(id, person, true)]
                    } else {
                        Vec::new()
                    }
                }
            };
            if !changed.is_empty() {
                audience.content_updated = Some(now);
                did = true;
            }
            applied.extend(changed);
        }
        if did { report.tally.applied += 1 } else { report.tally.ignored += 1 }
    }
    cx.service.ledger.append(cx.call.number, applied);
    let key = (account.to_owned(), batch.session);
    let counts = (count(payload.rows.len()), report.invalid);
    let new = || Session::new(batch, of, operation, &payload.schema, now);
    (report.received, report.invalid) = match cx.state.sessions.get(&key) {
        Some(session) => session.received_with(batch, counts),
        None => counts,
    };
    if cx.portion.part != Part::Nothing {
        cx.state.sessions.entry(key).or_insert_with(new).count(batch, counts, cx.call.number, now);
    }
    let mut reply = report.reply();
    reply.warnings = payload.warnings;
    reply.warnings.extend(warnings);
    Ok(reply)
}

/// A report before anything is applied, and how many people can be. The rest of a portion is called invalid when a fault asks for it.
pub(super) fn report(cx: &Cx<'_>, payload: &Payload, of: &str, batch: Batch) -> (Report, usize) {
    let valid = payload.people().count();
    let mut samples: Vec<String> = payload.rows.iter().filter_map(|row| row.as_ref().err().cloned()).collect();
    if cx.portion.rest.is_some() {
        samples.extend(payload.people().skip(cx.portion.of(valid)).map(|person| json!(person).to_string()));
    }
    let tally = Tally { objects: tally(payload.rows.len()), refused: tally(samples.len()), ..Tally::default() };
    let report = Report { id: of.to_owned(), session: batch.session, received: 0, invalid: count(samples.len()), samples, tally };
    (report, valid)
}

/// The session of a call without one, which the vendor makes.
fn made(state: &mut State, account: &str) -> Batch {
    loop {
        state.sessions_made += 1;
        let session = 1_700_000_000_000 + state.sessions_made;
        if !state.sessions.contains_key(&(account.to_owned(), session)) {
            return Batch { session, seq: 1, last: true, estimated: None };
        }
    }
}
