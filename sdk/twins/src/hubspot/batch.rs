//! Batches of records: upsert, update and create (*Synchronize objects*). Records are written one after another and taken back when
//! one of them refuses the whole call, or when a fault applies less than all.
//!
//! Which refusals are the record's and which the call's:
//! | a bad record in | does |
//! |---|---|
//! | a batch by `email` | refuse the call (*Identifiers*), unless [`Options::partial_by_email`](super::Options::partial_by_email) |
//! | a create whose inputs do not each have an `objectWriteTraceId` of their own | refuse the call (the vendor's page on errors) |
//! | any other | come back among `errors` of a 207 |
//!
//! except that a property that is not there, or read-only, refuses the call unless the traces ask for each record's own answer, and that
//! a record that is missing never does. Results come in another order than the inputs, since none is promised: the last one first.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{
    body::Node,
    limits,
    links::Spec,
    options::{Category, SameKey},
    route::Version,
    service::Service,
    state::State,
    value::Checks,
    words::{self, Flaw, Refusal, VALIDATION},
    write::{self, Done, Input, Manner, Mode},
};
use crate::{
    ledger::Kind,
    log::{Tally, Warning},
    vendor::{Call, Portion, Reply},
};

/// `POST …/batch/upsert`, `/update`, `/create`.
pub(super) fn write(
    service: &Service,
    call: &Call,
    portion: Portion<'_>,
    type_id: &str,
    mode: Mode,
    version: Version,
) -> Result<Reply, Refusal> {
    let mut body = Node::body(call)?;
    let nodes = body.inputs(limits::BATCH_INPUTS_MAX)?;
    body.finish()?;
    let mut warnings = Vec::new();
    let mut inputs = Vec::with_capacity(nodes.len());
    for (index, node) in nodes.into_iter().enumerate() {
        inputs.push(read(call, node, index, mode, &mut warnings)?);
    }
    let mut state = service.state();
    let by = key_property(service, &state, type_id, mode, &inputs)?;
    let checks = Checks { owners: &service.options.owners, rules: version.has_rules() };
    once(service, call, &state, type_id, by.as_deref(), checks, &inputs, &mut warnings)?;
    warnings.extend(habits(call, &inputs, by.as_deref()));

    let manner = Manner { mode, request: call.number, now: call.now, checks };
    let (mut done, mut flaws) = (Vec::new(), Vec::new());
    for (index, input) in inputs.iter().enumerate() {
        match write::write(&mut state, type_id, index, input, manner) {
            Ok(it) => done.push(it),
            Err(flaw) => flaws.push(write::located(flaw, input)),
        }
    }
    let traced = inputs.iter().filter_map(|input| input.trace.as_deref()).collect::<BTreeSet<_>>().len() == inputs.len();
    let by_email = by.as_deref() == Some("email") && !service.options.partial_by_email;
    let of_the_call: Vec<Flaw> = flaws
        .iter()
        .filter(|flaw| !flaw.is_missing())
        .filter(|flaw| {
            let mapping = flaw.defects.iter().any(words::Defect::is_of_the_mapping);
            by_email || (!traced && (mode == Mode::Create || mapping))
        })
        .cloned()
        .collect();
    if !of_the_call.is_empty() {
        done.iter().rev().for_each(|it| write::undo(&mut state, type_id, it));
        return Err(Refusal::flaws(&of_the_call));
    }
    let results: Vec<Value> = done.iter().map(|it| result(&state, type_id, it, &inputs, mode)).collect();
    let kept = portion.of(done.len());
    done.iter().skip(kept).rev().for_each(|it| write::undo(&mut state, type_id, it));
    let tally = Tally { objects: count(inputs.len()), applied: count(kept), refused: count(flaws.len()), ignored: 0 };
    let shelf = state.shelf(type_id);
    let applied = done.iter().take(kept).filter_map(|it| {
        let key = shelf.key(shelf.record(it.id)?);
        Some((Kind::Attributes, key, json!(inputs[it.input].properties).to_string().into()))
    });
    service.ledger.append(call.number, applied.collect::<Vec<_>>());

    let mut told = results;
    if let Some(text) = portion.rest {
        told.truncate(kept);
        flaws.extend(done.iter().skip(kept).map(|it| write::located(Flaw::new(VALIDATION, text), &inputs[it.input])));
    }
    told.reverse();
    let status = if mode == Mode::Create { 201 } else { 200 };
    let mut reply = answer(call, status, told, &flaws);
    reply.tally = tally;
    reply.warnings = warnings;
    Ok(reply)
}

pub(super) fn count(objects: usize) -> u32 {
    u32::try_from(objects).unwrap_or(u32::MAX)
}

/// A batch's answer: this status, or 207 when there are errors.
pub(super) fn answer(call: &Call, status: u16, results: Vec<Value>, flaws: &[Flaw]) -> Reply {
    let now = format!("{:.3}", call.now);
    let mut body = json!({ "status": "COMPLETE", "results": results, "startedAt": now, "completedAt": now });
    if flaws.is_empty() {
        return Reply::json(status, &body);
    }
    let errors = words::errors(flaws);
    body["numErrors"] = errors.len().into();
    body["errors"] = errors.into();
    Reply::json(207, &body)
}

fn read(call: &Call, mut node: Node, index: usize, mode: Mode, warnings: &mut Vec<Warning>) -> Result<Input, Refusal> {
    let (mut id, mut id_property, mut associations) = (None, None, Vec::new());
    if mode == Mode::Create {
        match node.array("associations")? {
            None => warnings.push(call.warning("associations-not-said", format!("inputs[{index}]"))),
            Some(items) => {
                for (place, item) in items.into_iter().enumerate() {
                    associations.push(association(Node::of(item, format!("inputs[{index}].associations[{place}]"))?)?);
                }
            }
        }
    } else {
        id = Some(node.must_text("id")?);
        id_property = node.text("idProperty")?;
    }
    let sent = node.map("properties")?;
    let sent = node.need("properties", sent)?;
    let mut properties = BTreeMap::new();
    for (name, value) in sent {
        match value {
            Value::String(text) => properties.insert(name, text),
            _ => return Err(Refusal::shape(format_args!("inputs[{index}].properties.{name} must be a string"))),
        };
    }
    let trace = node.text("objectWriteTraceId")?;
    node.finish()?;
    Ok(Input { id, id_property, properties, trace, associations })
}

fn association(mut node: Node) -> Result<(String, Vec<Spec>), Refusal> {
    let to = node.node("to")?;
    let mut to = node.need("to", to)?;
    let id = to.must_text("id")?;
    to.finish()?;
    let types = specs(&mut node)?;
    node.finish()?;
    Ok((id, types))
}

/// `types` of an association.
pub(super) fn specs(node: &mut Node) -> Result<Vec<Spec>, Refusal> {
    let types = node.array("types")?;
    let types = node.need("types", types)?;
    if types.is_empty() {
        return Err(Refusal::invalid("At least one association type is required."));
    }
    let mut specs = Vec::new();
    for (index, item) in types.into_iter().enumerate() {
        let mut node = Node::of(item, format!("types[{index}]"))?;
        let category = node.must_text("associationCategory")?;
        let category: Category = serde_json::from_value(category.clone().into())
            .map_err(|_| Refusal::shape(format_args!("\"{category}\" is not an association category")))?;
        let number = node.number("associationTypeId")?;
        let number = node.need("associationTypeId", number)?;
        node.finish()?;
        specs.push(Spec::of(category, u32::try_from(number).unwrap_or(u32::MAX)));
    }
    Ok(specs)
}

/// The property that the inputs are looked for by; the same in each of them, and one whose values are unique.
fn key_property(service: &Service, state: &State, type_id: &str, mode: Mode, inputs: &[Input]) -> Result<Option<String>, Refusal> {
    let by = inputs.first().and_then(|input| input.id_property.clone());
    if inputs.iter().any(|input| input.id_property != by) {
        return Err(Refusal::invalid("The idProperty must be the same in every input."));
    }
    if mode == Mode::Upsert && by.is_none() {
        return Err(Refusal::invalid("An upsert needs an idProperty."));
    }
    let Some(by) = by else { return Ok(None) };
    let email = mode == Mode::Update && !service.options.update_by_email && by == "email";
    if email || !state.shelf(type_id).is_key(&by) {
        let portal = service.options.portal_id;
        let message = format!("Unable to perform update/upsert by non-unique {type_id} property {by} in portal ID {portal}");
        return Err(Refusal::invalid(message));
    }
    Ok(Some(by))
}

/// No record is named twice (recorded), or the last one wins.
#[allow(clippy::too_many_arguments, reason = "what a batch has at this point, once")]
fn once(
    service: &Service,
    call: &Call,
    state: &State,
    type_id: &str,
    by: Option<&str>,
    checks: Checks<'_>,
    inputs: &[Input],
    warnings: &mut Vec<Warning>,
) -> Result<(), Refusal> {
    let shelf = state.shelf(type_id);
    let mut seen = BTreeSet::new();
    let mut twice = Vec::new();
    for (index, input) in inputs.iter().enumerate() {
        let Some(id) = &input.id else { continue };
        let name = by.and_then(|by| write::name(shelf, by, id, checks).ok()).unwrap_or_else(|| id.clone());
        if !seen.insert(name) {
            twice.push((index, id.clone()));
        }
    }
    if twice.is_empty() {
        return Ok(());
    }
    match service.options.same_key {
        SameKey::LastWins => {
            warnings.extend(twice.iter().map(|(index, _)| call.warning("same-record-twice", format!("inputs[{index}]"))));
            Ok(())
        }
        SameKey::Refused => {
            let ids: Vec<&str> = twice.iter().map(|(_, id)| id.as_str()).collect();
            let message = format!("Duplicate IDs found in batch input: [{}]. IDs must be unique", ids.join(", "));
            Err(Refusal::invalid(message).with("context", json!({ "ids": ids })))
        }
    }
}

/// What a good client would not send.
fn habits(call: &Call, inputs: &[Input], by: Option<&str>) -> Vec<Warning> {
    let is_normal = |email: &str| email == email.trim().to_lowercase();
    let mut warnings = Vec::new();
    for (index, input) in inputs.iter().enumerate() {
        let id = input.id.as_deref().filter(|_| by == Some("email"));
        let email = input.properties.get("email").map(String::as_str);
        if id.into_iter().chain(email).any(|email| !is_normal(email)) {
            warnings.push(call.warning("email-not-normal", format!("inputs[{index}]")));
        }
        let key = by.and_then(|by| input.properties.get(by));
        if let (Some(key), Some(id)) = (key, &input.id)
            && key.trim().to_lowercase() != id.trim().to_lowercase()
        {
            warnings.push(call.warning("key-changed", format!("inputs[{index}]")));
        }
    }
    warnings
}

fn result(state: &State, type_id: &str, done: &Done, inputs: &[Input], mode: Mode) -> Value {
    let shelf = state.shelf(type_id);
    let Some(record) = shelf.record(done.id) else { return Value::Null };
    let input = &inputs[done.input];
    let names = input.properties.keys().chain(&input.id_property).map(String::as_str);
    let mut shown = shelf.shown(record, names);
    if mode == Mode::Upsert {
        shown["new"] = done.before.is_none().into();
    }
    if let Some(trace) = &input.trace {
        shown["objectWriteTraceId"] = trace.as_str().into();
    }
    shown
}
