//! Reading records in batches, archiving them, and seeds of them.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::{
    batch::{answer, count},
    body::Node,
    limits,
    service::Service,
    shelf::{MORE_EMAILS, Shelf},
    value::{self, Checks},
    words::{Flaw, Refusal, empty},
    write::{self, Input, Manner, Mode},
};
use crate::{
    ledger::Kind,
    vendor::{Call, Portion, Reply, SeedError},
};

/// Properties that are read when none are named (inferred).
fn usual(shelf: &Shelf) -> &'static [&'static str] {
    match shelf.name.as_str() {
        "contacts" => &["email", "firstname", "lastname"],
        "companies" => &["name", "domain"],
        "deals" => &["dealname", "amount", "closedate", "pipeline", "dealstage"],
        "tickets" => &["subject", "content", "hs_pipeline", "hs_pipeline_stage", "hs_ticket_priority"],
        _ => &[],
    }
}

/// `POST …/batch/read`: 207 with the ids that nobody has. A property that is not there is passed over (inferred), with a warning.
pub(super) fn read(service: &Service, call: &Call, type_id: &str) -> Result<Reply, Refusal> {
    let mut body = Node::body(call)?;
    let by = body.text("idProperty")?;
    let properties = body.texts("properties")?.unwrap_or_default();
    body.ignore(&["propertiesWithHistory"]);
    let inputs = body.inputs(limits::BATCH_INPUTS_MAX)?;
    body.finish()?;
    let mut ids = Vec::with_capacity(inputs.len());
    for mut input in inputs {
        ids.push(input.must_text("id")?);
        input.finish()?;
    }
    let state = service.state();
    let shelf = state.shelf(type_id);
    if let Some(by) = by.as_deref().filter(|by| !shelf.is_key(by)) {
        return Err(Refusal::invalid(format!("{by} is not a property by whose values {} are found.", shelf.name)));
    }
    let names: Vec<&str> = match properties.is_empty() {
        true => usual(shelf).to_vec(),
        false => properties.iter().map(String::as_str).filter(|name| shelf.properties.contains_key(*name)).collect(),
    };
    let checks = Checks { owners: &[], rules: false };
    let (mut found, mut flaws) = (BTreeSet::new(), Vec::new());
    for id in &ids {
        let record = match &by {
            None => id.parse().ok().filter(|id| shelf.record(*id).is_some()),
            Some(by) => write::name(shelf, by, id, checks).ok().and_then(|value| shelf.named(by, &value)),
        };
        match record {
            Some(record) => {
                found.insert(record);
            }
            None => flaws.push(Flaw::missing(&shelf.singular, id)),
        }
    }
    // By id, whatever the order of the question: none is promised.
    let results = found.iter().filter_map(|id| Some(shelf.shown(shelf.record(*id)?, names.iter().copied()))).collect();
    let mut reply = answer(call, 200, results, &flaws);
    let strange = properties.iter().filter(|name| !shelf.properties.contains_key(*name));
    reply.warnings = strange.map(|name| call.warning("unknown-property-asked", name.clone())).collect();
    Ok(reply)
}

/// `POST …/batch/archive`: 204, ids that nobody has among them (inferred).
pub(super) fn archive(service: &Service, call: &Call, portion: Portion<'_>, type_id: &str) -> Result<Reply, Refusal> {
    let mut body = Node::body(call)?;
    let inputs = body.inputs(limits::BATCH_INPUTS_MAX)?;
    body.finish()?;
    let objects = inputs.len();
    let mut state = service.state();
    let mut ends = Vec::new();
    for mut input in inputs {
        let id = input.must_text("id")?;
        input.finish()?;
        if let Some(end) = state.end(type_id, &id).filter(|end| !ends.contains(end)) {
            ends.push(end);
        }
    }
    let mut reply = empty(204);
    let kept = portion.of(ends.len());
    reply.tally.objects = count(objects);
    reply.tally.ignored = count(objects - ends.len());
    reply.tally.applied = count(kept);
    let mut applied = Vec::with_capacity(kept);
    for end in ends.iter().take(kept) {
        applied.push((Kind::Attributes, state.key(end), r#"{"archived":true}"#.into()));
        state.archive(end);
    }
    service.ledger.append(call.number, applied);
    Ok(reply)
}

/// A record of a seed.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Seed {
    /// The id that it gets; the next one when absent.
    id: Option<u64>,
    properties: std::collections::BTreeMap<String, String>,
}

/// Puts records in place; a seed of an id that is there is written over it.
pub(super) fn seed(service: &Service, type_id: &str, seeds: Vec<Seed>, now: Timestamp) -> Result<usize, SeedError> {
    let mut state = service.state();
    let count = seeds.len();
    let checks = Checks { owners: &service.options.owners, rules: false };
    for (index, seed) in seeds.into_iter().enumerate() {
        let refused = |refusal: String| SeedError::Item { index, refusal };
        let there = seed.id.is_some_and(|id| state.shelf(type_id).record(id).is_some());
        let next = state.next_record;
        if let Some(id) = seed.id.filter(|_| !there) {
            if state.shelves.values().any(|shelf| shelf.record(id).is_some()) {
                return Err(refused(format!("another object has the id {id}")));
            }
            state.next_record = id;
        }
        let mut properties = seed.properties;
        if let Some(more) = properties.get_mut(MORE_EMAILS) {
            let emails: Result<Vec<String>, _> = more.split(';').map(value::email).collect();
            *more = emails.map_err(|defect| refused(defect.message))?.join(";");
        }
        let mode = if there { Mode::Update } else { Mode::Create };
        let id = seed.id.filter(|_| there).map(|id| id.to_string());
        let input = Input { id, id_property: None, properties, trace: None, associations: Vec::new() };
        let manner = Manner { mode, request: 0, now, checks };
        let written = write::write(&mut state, type_id, index, &input, manner);
        state.next_record = state.next_record.max(next);
        // An id of a seed may lie before others.
        while state.shelves.values().any(|shelf| shelf.record(state.next_record).is_some()) {
            state.next_record += 1;
        }
        written.map_err(|flaw| refused(flaw.message))?;
    }
    Ok(count)
}

/// Records of a seed, as a list of them.
pub(super) fn seeds(kind: &str, body: Value) -> Result<Vec<Seed>, SeedError> {
    crate::vendor::list_of(kind, body)
}
