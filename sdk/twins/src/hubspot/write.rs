//! One record of a batch: what it means, whether it is allowed, and its writing, which can be taken back. Whether a refused record
//! takes its whole batch with it is `batch`'s.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{
    links::{End, Spec},
    shelf::{MORE_EMAILS, Record, Shelf},
    state::State,
    value::{self, Checks},
    words::{CONFLICT, Defect, Flaw, VALIDATION},
};

/// What a record may meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// Nobody.
    Create,
    /// Somebody.
    Update,
    /// Either.
    Upsert,
}

/// A record as it was sent.
#[derive(Debug, Clone)]
pub(super) struct Input {
    /// Of updates and upserts.
    pub(super) id: Option<String>,
    pub(super) id_property: Option<String>,
    pub(super) properties: BTreeMap<String, String>,
    pub(super) trace: Option<String>,
    pub(super) associations: Vec<(String, Vec<Spec>)>,
}

/// How it is to be written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Manner<'a> {
    pub(super) mode: Mode,
    /// Number of the request; 0 of a seed.
    pub(super) request: u64,
    pub(super) now: Timestamp,
    pub(super) checks: Checks<'a>,
}

/// A record that was written.
#[derive(Debug, Clone)]
pub(super) struct Done {
    pub(super) id: u64,
    /// What it was before; none of a new one.
    pub(super) before: Option<Record>,
    /// Its place among the inputs.
    pub(super) input: usize,
}

/// Where a flaw's record is named: by the id that was sent, and by the trace.
pub(super) fn located(flaw: Flaw, input: &Input) -> Flaw {
    let named = match &input.id {
        Some(id) if !flaw.context.contains_key("ids") => flaw.with("ids", id),
        _ => flaw,
    };
    match &input.trace {
        Some(trace) => named.with("objectWriteTraceId", trace),
        None => named,
    }
}

/// Writes one record, or says why not.
pub(super) fn write(state: &mut State, type_id: &str, index: usize, input: &Input, manner: Manner<'_>) -> Result<Done, Flaw> {
    let shelf = state.shelf(type_id);
    let (found, key) = target(shelf, input, manner)?;
    let before = found.and_then(|id| shelf.record(id)).cloned();
    let mut record = before.clone().unwrap_or_else(|| Record {
        id: state.next_record,
        properties: BTreeMap::new(),
        created_at: manner.now,
        updated_at: manner.now,
        created_by: manner.request,
        updated_by: manner.request,
        writes: 0,
    });
    if let Some((property, value)) = key.filter(|_| before.is_none()) {
        record.properties.insert(property, value);
    }
    let mut defects = Vec::new();
    for (name, text) in &input.properties {
        match kept(shelf, &record, name, text, manner) {
            Ok(value) => set(shelf, &mut record, name, value),
            Err(defect) => defects.push(defect),
        }
    }
    let lacking = shelf.required.iter().filter(|name| !record.properties.contains_key(*name));
    defects.extend(lacking.map(|name| Defect::new("REQUIRED_PROPERTY_MISSING", name, format!("Property \"{name}\" is required"))));
    if !defects.is_empty() {
        return Err(Flaw::defects(defects));
    }
    if let Some(((property, value), holder)) = shelf.taken(&record) {
        return Err(conflict(shelf, &property, &value, holder));
    }
    let links = associated(state, type_id, input)?;
    record.updated_at = manner.now;
    record.updated_by = manner.request;
    record.writes += 1;
    let id = record.id;
    if before.is_none() {
        state.next_record += 1;
    }
    state.shelf_mut(type_id).put(record);
    for (to, specs) in links {
        for spec in specs {
            state.links.link(&(type_id.to_owned(), id), &to, spec);
        }
    }
    Ok(Done { id, before, input: index })
}

/// Takes a writing back. Several are taken back from the last to the first.
pub(super) fn undo(state: &mut State, type_id: &str, done: &Done) {
    match &done.before {
        Some(before) => {
            state.shelf_mut(type_id).put(before.clone());
        }
        None => {
            state.shelf_mut(type_id).take(done.id);
            state.links.forget(&(type_id.to_owned(), done.id));
            state.next_record = done.id;
        }
    }
}

/// A key property and the value that a record is to be found by.
type Key = (String, String);

/// The record that is meant, and by what it was looked for.
fn target(shelf: &Shelf, input: &Input, manner: Manner<'_>) -> Result<(Option<u64>, Option<Key>), Flaw> {
    let Some(id) = input.id.as_ref().filter(|_| manner.mode != Mode::Create) else { return Ok((None, None)) };
    let (found, key) = match &input.id_property {
        None => (id.parse().ok().filter(|id| shelf.record(*id).is_some()), None),
        Some(property) => {
            let value = name(shelf, property, id, manner.checks).map_err(|defect| Flaw::defects(vec![defect]))?;
            (shelf.named(property, &value), Some((property.clone(), value)))
        }
    };
    match (found, manner.mode) {
        (None, Mode::Update) => Err(Flaw::missing(&shelf.singular, id)),
        (None, Mode::Upsert) if key.as_ref().is_none_or(|(_, value)| value.is_empty()) => {
            Err(Flaw::new(VALIDATION, "The id of an upsert must be a value of its idProperty."))
        }
        _ => Ok((found, key)),
    }
}

/// The value of a key property, as it is kept.
pub(super) fn name(shelf: &Shelf, property: &str, text: &str, checks: Checks<'_>) -> Result<String, Defect> {
    match shelf.properties.get(property) {
        Some(property) => value::kept(property, text, None, checks),
        None => Err(Defect::no_property(property)),
    }
}

fn kept(shelf: &Shelf, record: &Record, name: &str, text: &str, manner: Manner<'_>) -> Result<String, Defect> {
    let property = shelf.properties.get(name).ok_or_else(|| Defect::no_property(name))?;
    // Seeds may say what only the vendor writes.
    if property.read_only && manner.request != 0 {
        return Err(Defect::read_only(name));
    }
    if property.read_only {
        return Ok(text.to_owned());
    }
    value::kept(property, text, record.properties.get(name).map(String::as_str), manner.checks)
}

/// An address that a contact had beside its own becomes its own, and the other way round (inferred).
fn set(shelf: &Shelf, record: &mut Record, name: &str, value: String) {
    if shelf.is_contacts()
        && name == "email"
        && let Some(more) = record.properties.get(MORE_EMAILS)
        && more.split(';').any(|email| email == value)
    {
        let own = record.properties.get("email").cloned();
        let others = more.split(';').filter(|email| *email != value).map(str::to_owned).chain(own);
        let others = others.collect::<Vec<_>>().join(";");
        record.properties.insert(MORE_EMAILS.to_owned(), others);
    }
    if value.is_empty() {
        record.properties.remove(name);
    } else {
        record.properties.insert(name.to_owned(), value);
    }
}

fn conflict(shelf: &Shelf, property: &str, value: &str, holder: u64) -> Flaw {
    let message = if property == "email" && shelf.is_contacts() {
        format!("Contact already exists. Existing ID: {holder}")
    } else {
        format!("A record with {property} {value} already exists. Existing ID: {holder}")
    };
    Flaw::new(CONFLICT, message).with("existingId", holder.to_string())
}

/// What a new record is to be associated with: all of it is there, in types that lead there.
fn associated(state: &State, type_id: &str, input: &Input) -> Result<Vec<(End, Vec<Spec>)>, Flaw> {
    let mut links = Vec::new();
    for (to, specs) in &input.associations {
        let refused = |why: String| Err(Flaw::new(VALIDATION, why));
        let kinds = state.shelves.keys().map(String::as_str);
        let Some(kind) = specs.first().and_then(|spec| state.links.leads(type_id, kinds, *spec)) else {
            return refused(format!("No association type of {to} leads from this object type."));
        };
        if specs.iter().any(|spec| state.links.inverse(type_id, &kind, *spec).is_none()) {
            return refused(format!("The association types of {to} do not all lead to one object type."));
        }
        match state.end(&kind, to) {
            Some(end) => links.push((end, specs.clone())),
            None => return refused(format!("The record {to} to associate with does not exist.")),
        }
    }
    Ok(links)
}
