//! `POST /users/track`: attributes, events and purchases (*Track users*, read 2026-11). Each object is taken or refused by
//! itself; when none is good, the request is refused whole (400) and nothing is applied.
//!
//! `…_processed` counts objects that were not refused, those of people who do not exist included (inferred).

use std::{collections::HashSet, sync::Arc};

use serde_json::{Map, Value, json};

use super::{
    attributes::{self, AttributeChange},
    events::{self, Happening},
    options::ObjectsPerRequest,
    service::{Service, message, object},
    state::{Landed, State},
    target::{Identifier, Refusal},
};
use crate::{
    ledger::Kind,
    log::Warning,
    vendor::{Call, Portion, Reply, SeedError},
};

/// The vendor's words for more objects than the contract allows.
const TOO_MANY: &str = "Max input length exceeded";
/// Words (inferred).
const NOTHING_VALID: &str = "Valid data must be provided in the 'attributes', 'events', or 'purchases' fields.";

const ARRAYS: [(&str, Kind); 3] = [("attributes", Kind::Attributes), ("events", Kind::Event), ("purchases", Kind::Purchase)];

/// One object: where it stood, and what it asks for or why it is refused.
struct Slot {
    array: usize,
    index: usize,
    checked: Result<Checked, Refusal>,
}

enum Checked {
    Attributes(AttributeChange),
    Happening(Happening),
}

impl Checked {
    fn whom(&self) -> &Identifier {
        match self {
            Self::Attributes(change) => &change.target.by,
            Self::Happening(happening) => &happening.target.by,
        }
    }
}

pub(super) fn track(service: &Service, call: &Call, portion: Portion<'_>) -> Reply {
    let mut body = match object(call) {
        Ok(body) => body,
        Err(reply) => return reply,
    };
    let arrays = match arrays(&mut body) {
        Ok(arrays) => arrays,
        Err(reply) => return reply,
    };
    let objects: usize = arrays.iter().map(Vec::len).sum();
    let mut reply =
        if too_many(service.options.contract, &arrays) { message(400, TOO_MANY) } else { take(service, call, portion, arrays) };
    reply.tally.objects = u32::try_from(objects).unwrap_or(u32::MAX);
    for name in body.keys() {
        let code = if name == "api_key" { "key-outside-header" } else { "unknown-key" };
        reply.withhold |= name == "api_key";
        reply.warnings.push(call.warning(code, name.as_str()));
    }
    reply
}

/// Takes the three arrays out of the body.
fn arrays(body: &mut Map<String, Value>) -> Result<[Vec<Value>; 3], Reply> {
    let mut arrays = [const { Vec::new() }; 3];
    for ((name, _), array) in ARRAYS.iter().zip(&mut arrays) {
        *array = match body.remove(*name) {
            None => Vec::new(),
            Some(Value::Array(items)) => items,
            Some(_) => return Err(message(400, &format!("'{name}' must be an array"))),
        };
    }
    Ok(arrays)
}

fn too_many(contract: ObjectsPerRequest, arrays: &[Vec<Value>; 3]) -> bool {
    let total: usize = arrays.iter().map(Vec::len).sum();
    match contract {
        ObjectsPerRequest::Fifty => total > 50,
        ObjectsPerRequest::SeventyFive => total > 75,
        ObjectsPerRequest::SeventyFiveOfEach => arrays.iter().any(|array| array.len() > 75),
    }
}

fn take(service: &Service, call: &Call, portion: Portion<'_>, arrays: [Vec<Value>; 3]) -> Reply {
    let sent: [bool; 3] = std::array::from_fn(|array| !arrays[array].is_empty());
    let slots = check(&service.options.blacklisted_external_ids, arrays);
    let good = slots.iter().filter(|slot| slot.checked.is_ok()).count();
    let mut run = Run {
        call,
        max: portion.of(good),
        portion,
        taken: 0,
        processed: [0; 3],
        errors: Vec::new(),
        warnings: Vec::new(),
        applied: Vec::new(),
        applied_count: 0,
        ignored: 0,
        people: HashSet::new(),
    };
    {
        let mut state = service.state();
        for slot in slots {
            run.slot(&mut state, slot);
        }
        // While the state is locked, so that the ledger has the order of application.
        run.applied_count = run.applied.len();
        service.ledger.append(call.number, std::mem::take(&mut run.applied));
    }
    run.answer(sent)
}

fn check(blacklist: &[String], arrays: [Vec<Value>; 3]) -> Vec<Slot> {
    let mut slots = Vec::with_capacity(arrays.iter().map(Vec::len).sum());
    for (array, items) in arrays.into_iter().enumerate() {
        for (index, item) in items.into_iter().enumerate() {
            let checked = match array {
                0 => attributes::check(item, blacklist).map(Checked::Attributes),
                1 => events::event(item, blacklist).map(Checked::Happening),
                _ => events::purchase(item, blacklist).map(Checked::Happening),
            };
            slots.push(Slot { array, index, checked });
        }
    }
    slots
}

/// One request being applied.
struct Run<'a> {
    call: &'a Call,
    portion: Portion<'a>,
    /// Good objects that are applied; the others are not, by a fault.
    max: usize,
    taken: usize,
    processed: [u32; 3],
    errors: Vec<Value>,
    warnings: Vec<Warning>,
    applied: Vec<(Kind, String, Arc<str>)>,
    applied_count: usize,
    ignored: u32,
    /// People of the attributes array, by their profile or, without one, by the name used.
    people: HashSet<String>,
}

impl Run<'_> {
    fn slot(&mut self, state: &mut State, slot: Slot) {
        let Slot { array, index, checked } = slot;
        let checked = match checked {
            Ok(checked) => checked,
            Err(refusal) => return self.refuse(array, index, &refusal),
        };
        if self.taken == self.max {
            match self.portion.rest {
                Some(text) => self.refuse(array, index, text),
                None => self.processed[array] += 1,
            }
            return;
        }
        self.taken += 1;
        if let Identifier::ExternalId(id) = checked.whom()
            && id.trim() != id
        {
            self.warn("blanks-around-id", array, index, "external_id");
        }
        let (landed, text) = match checked {
            Checked::Attributes(mut change) => {
                let text = change.text.clone();
                for name in std::mem::take(&mut change.dropped) {
                    self.warn("nested-update-dropped", array, index, &name);
                }
                let by = change.target.by.clone();
                let landed = state.apply(change, self.call.number);
                self.once_each(state, index, &by);
                (landed, text)
            }
            Checked::Happening(mut happening) => {
                let text = happening.text.clone();
                for name in std::mem::take(&mut happening.unknown) {
                    self.warn("unknown-key", array, index, &name);
                }
                if happening.at > self.call.now {
                    self.warn("future-time", array, index, "time");
                }
                (state.happen(happening, array == 2, self.call.number), text)
            }
        };
        match landed {
            Landed::Applied { key, overflow } => {
                self.processed[array] += 1;
                for name in overflow {
                    self.warn("array-overflow", array, index, &name);
                }
                self.applied.push((ARRAYS[array].1, key, text));
            }
            Landed::Ignored => {
                self.processed[array] += 1;
                self.ignored += 1;
            }
            Landed::Refused(refusal) => self.refuse(array, index, &refusal),
        }
    }

    /// Several attributes objects for one person may be applied in any order, so a client merges them (*Track users*,
    /// read 2026-11). Two identifiers of one profile are one person.
    fn once_each(&mut self, state: &State, index: usize, by: &Identifier) {
        let name = state.get(by).map_or_else(|| by.key(), |profile| profile.braze_id.clone());
        if !self.people.insert(name) {
            self.warn("same-user-twice", 0, index, "");
        }
    }

    fn refuse(&mut self, array: usize, index: usize, why: &str) {
        self.errors.push(json!({ "type": why, "input_array": ARRAYS[array].0, "index": index }));
    }

    fn warn(&mut self, code: &'static str, array: usize, index: usize, field: &str) {
        let dot = if field.is_empty() { "" } else { "." };
        self.warnings.push(self.call.warning(code, format!("{}[{index}]{dot}{field}", ARRAYS[array].0)));
    }

    fn answer(self, sent: [bool; 3]) -> Reply {
        // A fault that names the rest keeps the answer of a partial success, even when the half of one object is none.
        let all_refused = self.processed == [0; 3] && self.portion.rest.is_none();
        let mut body = Map::new();
        if all_refused {
            body.insert("message".to_owned(), NOTHING_VALID.into());
        } else {
            body.insert("message".to_owned(), "success".into());
            for (((name, _), sent), count) in ARRAYS.iter().zip(sent).zip(self.processed) {
                if sent {
                    body.insert(format!("{name}_processed"), count.into());
                }
            }
        }
        let refused = u32::try_from(self.errors.len()).unwrap_or(u32::MAX);
        if !self.errors.is_empty() {
            body.insert("errors".to_owned(), self.errors.into());
        }
        let mut reply = Reply::json(if all_refused { 400 } else { 201 }, &Value::Object(body));
        reply.warnings = self.warnings;
        reply.tally.refused = refused;
        reply.tally.ignored = self.ignored;
        reply.tally.applied = u32::try_from(self.applied_count).unwrap_or(u32::MAX);
        reply
    }
}

/// Puts profiles in place, given as attributes objects: as request 0, neither in the ledger nor in the log.
pub(super) fn seed(service: &Service, items: Vec<Value>) -> Result<usize, SeedError> {
    let count = items.len();
    let mut state = service.state();
    for (index, item) in items.into_iter().enumerate() {
        let landed = attributes::check(item, &[]).map(|change| state.apply(change, 0));
        let refusal = match landed {
            Ok(Landed::Applied { .. }) => continue,
            Ok(Landed::Ignored) => "this identifier makes no profile".to_owned(),
            Ok(Landed::Refused(refusal)) | Err(refusal) => refusal.into_owned(),
        };
        return Err(SeedError::Item { index, refusal });
    }
    Ok(count)
}
