//! Who is on a list: changed by record ids, emptied, read in pages by record id or in the order of joining (*Lists*, *Remote segment*).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{
    batch::count,
    body::{Node, Query, bare_texts},
    limits,
    lists::{ProcessingType, known},
    service::Service,
    words::{Refusal, VALIDATION, empty},
};
use crate::{
    ledger::Kind,
    vendor::{Call, Part, Portion, Reply},
};

/// What a change of members has for a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// A bare array of ids.
    Add,
    /// A bare array of ids.
    Remove,
    /// Two named arrays.
    Both,
}

/// "Only lists with `processingType` `MANUAL` or `SNAPSHOT` accept writes"; how the others refuse is (inferred).
fn writable(processing: ProcessingType) -> Result<(), Refusal> {
    match processing {
        ProcessingType::Manual | ProcessingType::Snapshot => Ok(()),
        ProcessingType::Dynamic => {
            let message = "Memberships of a list with the processing type DYNAMIC cannot be changed.";
            Err(Refusal::new(400, VALIDATION, message).with("subCategory", "ILS.INVALID_LIST_PROCESSING_TYPE".into()))
        }
    }
}

/// `PUT …/memberships/add`, `/remove`, `/add-and-remove`: who is on it already, or was not, is passed over; who is no record is named.
pub(super) fn change(service: &Service, call: &Call, portion: Portion<'_>, id: &str, change: Change) -> Result<Reply, Refusal> {
    let (add, remove) = match change {
        Change::Add => (bare_texts(call)?, Vec::new()),
        Change::Remove => (Vec::new(), bare_texts(call)?),
        Change::Both => {
            let mut body = Node::body(call)?;
            let (add, remove) = (body.texts("recordIdsToAdd")?, body.texts("recordIdsToRemove")?);
            body.finish()?;
            (add.unwrap_or_default(), remove.unwrap_or_default())
        }
    };
    let sent = add.len() + remove.len();
    if sent > limits::MEMBERS_CHANGE_MAX {
        return Err(Refusal::invalid(format!("At most {} record ids may be given.", limits::MEMBERS_CHANGE_MAX)));
    }
    let mut state = service.state();
    let list = known(&state.lists, id)?;
    writable(list.processing_type)?;
    let (list_id, type_id) = (list.list_id, list.object_type_id.clone());
    let (mut missing, mut unknown) = (Vec::new(), BTreeSet::new());
    let mut meant = Vec::with_capacity(sent);
    for (text, on) in add.iter().map(|text| (text, true)).chain(remove.iter().map(|text| (text, false))) {
        match state.end(&type_id, text) {
            Some((_, record)) => meant.push((record, on)),
            None if unknown.insert(text) => missing.push(text),
            None => {}
        }
    }
    // Additions first, then removals, so that who is in both ends off the list (inferred).
    let mut stands: BTreeMap<u64, bool> = BTreeMap::new();
    let was_on = |record: u64| list.has(record);
    let moves: Vec<(u64, bool)> = meant
        .iter()
        .copied()
        .filter(|(record, on)| stands.insert(*record, *on).unwrap_or_else(|| was_on(*record)) != *on)
        .collect();
    let told = |side: bool| moves.iter().filter(|(_, on)| *on == side).map(|(record, _)| record.to_string()).collect::<Vec<_>>();
    let (added, removed) = (told(true), told(false));
    let kept = portion.of(moves.len());
    let mut applied = Vec::with_capacity(kept);
    for (record, on) in moves.iter().take(kept) {
        let text = json!({ "listId": list_id.to_string(), "on": on }).to_string();
        applied.push((Kind::Membership, state.key(&(type_id.clone(), *record)), text.into()));
        if let Some(list) = state.lists.get_mut(&list_id) {
            if *on {
                list.join(*record, call.now)
            } else {
                list.leave(*record)
            };
        }
    }
    let mut reply =
        Reply::json(200, &json!({ "recordsIdsAdded": added, "recordIdsRemoved": removed, "recordIdsMissing": missing }));
    reply.tally.objects = count(sent);
    reply.tally.applied = count(applied.len());
    reply.tally.refused = count(sent - meant.len());
    reply.tally.ignored = count(meant.len() - moves.len());
    service.ledger.append(call.number, applied);
    if sent > limits::MEMBERS_CHANGE_ADVISED {
        reply.warnings.push(call.warning("many-ids", format!("{sent} ids")));
    }
    let both: BTreeSet<&String> = add.iter().collect();
    if remove.iter().any(|text| both.contains(text)) {
        reply.warnings.push(call.warning("added-and-removed", "recordIdsToRemove"));
    }
    Ok(reply)
}

/// `DELETE …/memberships`: 204.
pub(super) fn clear(service: &Service, call: &Call, portion: Portion<'_>, id: &str) -> Result<Reply, Refusal> {
    let mut state = service.state();
    let list = known(&state.lists, id)?;
    writable(list.processing_type)?;
    let (list_id, type_id) = (list.list_id, list.object_type_id.clone());
    if list.members().len() >= limits::MEMBERS_CLEAR_BELOW {
        return Err(Refusal::invalid(format!("A list of {} or more members cannot be emptied.", limits::MEMBERS_CLEAR_BELOW)));
    }
    let members: Vec<u64> = list.members().map(|(record, _)| record).collect();
    let mut reply = empty(204);
    reply.tally.objects = count(members.len());
    // One order for all: half of it is nothing of it.
    if portion.part == Part::All {
        reply.tally.applied = count(members.len());
        let text = json!({ "listId": list_id.to_string(), "on": false }).to_string();
        let applied = members.iter().map(|id| (Kind::Membership, state.key(&(type_id.clone(), *id)), text.as_str().into()));
        service.ledger.append(call.number, applied.collect::<Vec<_>>());
        if let Some(list) = state.lists.get_mut(&list_id) {
            members.iter().for_each(|member| {
                list.leave(*member);
            });
        }
    }
    Ok(reply)
}

/// `GET …/memberships` and `…/memberships/join-order`. `after` is opaque to clients: it holds the place of the last one shown, so that
/// what comes and goes between two pages neither repeats nor hides anybody else.
pub(super) fn page(service: &Service, call: &Call, id: &str, by_joining: bool) -> Result<Reply, Refusal> {
    let query = Query::of(call, &["limit", "after"])?;
    let size = query.number("limit", limits::MEMBERS_PAGE_DEFAULT, limits::MEMBERS_PAGE_MAX)?;
    let after = match query.get("after") {
        None => None,
        Some(text) => Some(from_cursor(text).ok_or_else(|| Refusal::invalid("The value of after is not valid."))?),
    };
    let state = service.state();
    let list = known(&state.lists, id)?;
    let total = list.members().len();
    let mut rows: Vec<(u64, u64, jiff::Timestamp)> = list
        .members()
        .map(|(record, (at, place))| (if by_joining { place } else { record }, record, at))
        .filter(|(place, ..)| after.is_none_or(|after| *place > after))
        .collect();
    rows.sort_unstable_by_key(|(place, ..)| *place);
    let more = rows.len() > size;
    rows.truncate(size);
    let results: Vec<Value> = rows
        .iter()
        .map(|(_, record, at)| json!({ "recordId": record.to_string(), "membershipTimestamp": format!("{at:.3}") }))
        .collect();
    let mut body = json!({ "results": results, "total": total });
    if let Some((place, ..)) = rows.last().filter(|_| more) {
        body["paging"] = json!({ "next": { "after": to_cursor(*place) } });
    }
    Ok(query.onto(Reply::json(200, &body)))
}

fn to_cursor(place: u64) -> String {
    format!("Tw{place:x}")
}

fn from_cursor(text: &str) -> Option<u64> {
    let digits = text.strip_prefix("Tw")?;
    if digits.starts_with('+') { None } else { u64::from_str_radix(digits, 16).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written_and_nothing_else_is() {
        for place in [0, 101, u64::MAX] {
            assert_eq!(from_cursor(&to_cursor(place)), Some(place));
        }
        for text in ["", "Tw", "101", "Tw+1", "Twé", "Tw-1", "Tw10000000000000000"] {
            assert_eq!(from_cursor(text), None, "{text}");
        }
    }
}
