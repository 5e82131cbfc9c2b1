//! `usersreplace`: other people in the place of those who are in (*Guide*, "Replace users API"). Everything that is wrong with the
//! session's course is 2650.

use super::{
    options::FirstBatchAgain,
    payload::Payload,
    service::Cx,
    session::{Batch, Operation, Session},
    users::{count, report, values_fit, writable},
    words::Refusal,
};
use crate::vendor::{Part, Reply};

/// `POST /{audience}/usersreplace`.
pub(super) fn replace(cx: &mut Cx<'_>, id: &str) -> Result<Reply, Refusal> {
    writable(cx, id)?;
    let mut warnings = Vec::new();
    let payload = Payload::read(cx.call, cx.params)?;
    let batch = Batch::read(cx.call, cx.params, &mut warnings)?.ok_or_else(|| Refusal::required("session"))?;
    let audience = cx.state.audience(cx.call, cx.token, id)?;
    values_fit(&payload, audience.is_value_based)?;
    if audience.is_value_based && !payload.is_value_based() {
        // "You cannot replace a value-based … with a non-value-based …, or vice-versa."
        return Err(Refusal::parameter("The audience is value-based, and the schema has no LOOKALIKE_VALUE."));
    }
    let key = (audience.account_id.clone(), batch.session);
    let continued = continues(cx, id, &key, batch, &payload)?;
    let (mut report, valid) = report(cx, &payload, id, batch);
    let counts = (count(payload.rows.len()), report.invalid);
    let new = Session::new(batch, id, Operation::Replace, &payload.schema, cx.call.now);
    let known = cx.state.sessions.get(&key);
    if continued {
        let most = known.and_then(|session| session.batches.last_key_value()).map_or(0, |(seq, _)| *seq);
        if batch.seq > most + 1 {
            // "The rest of the batches can be … any number except 1", so it passes, and a batch may be lost.
            warnings.push(cx.call.warning("batch-skipped", "session.batch_seq"));
        }
    } else if known.is_some() {
        warnings.push(cx.call.warning("first-batch-twice", "session.batch_seq"));
    }
    (report.received, report.invalid) = known.filter(|_| continued).unwrap_or(&new).received_with(batch, counts);
    if cx.portion.part != Part::Nothing {
        let mut session = cx.state.sessions.remove(&key).filter(|_| continued).unwrap_or(new);
        for person in payload.people().take(cx.portion.of(valid)) {
            if session.staged.add(person.clone()) {
                report.tally.applied += 1;
            } else {
                report.tally.ignored += 1;
            }
        }
        session.count(batch, counts, cx.call.number, cx.call.now);
        let finished = session.finished;
        cx.state.sessions.insert(key.clone(), session);
        if let Some(audience) = cx.state.audiences.get_mut(id) {
            audience.replacing = Some(batch.session);
        }
        if finished {
            cx.state.replace(&key, &cx.service.ledger, cx.call.number, cx.call.now);
        }
    }
    let mut reply = report.reply();
    reply.warnings = payload.warnings;
    reply.warnings.extend(warnings);
    Ok(reply)
}

/// Whether a batch continues its session; else it begins one, perhaps again.
fn continues(cx: &Cx<'_>, id: &str, key: &(String, u64), batch: Batch, payload: &Payload) -> Result<bool, Refusal> {
    let Some(session) = cx.state.sessions.get(key) else {
        let other = cx.state.audience(cx.call, cx.token, id)?.replacing;
        return match (batch.seq, other) {
            (1, None) => Ok(false),
            (1, Some(_)) => Err(Refusal::update(1_870_145)),
            _ => Err(Refusal::update(1_870_147)),
        };
    };
    session.is_of(id, Operation::Replace)?;
    if session.finished {
        return Err(Refusal::update(1_870_159));
    }
    if session.is_over(cx.call.now) {
        return Err(Refusal::update(1_870_158));
    }
    if batch.seq == 1 {
        return match cx.service.options.first_batch_again {
            FirstBatchAgain::Restarts => Ok(false),
            FirstBatchAgain::Refused => Err(Refusal::update(1_870_145)),
        };
    }
    session.has_schema(&payload.schema)?;
    Ok(true)
}
