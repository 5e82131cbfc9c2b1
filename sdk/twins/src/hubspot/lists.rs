//! Lists: made, found by name, searched, read (*Lists*). Who is on them is `members`'.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{
    body::{Node, Query},
    limits,
    service::Service,
    words::{Refusal, VALIDATION},
};
use crate::{
    ledger::Kind,
    vendor::{Call, Part, Portion, Reply},
};

/// Who decides who is on a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ProcessingType {
    /// People and clients.
    Manual,
    /// A filter at first, then people and clients.
    Snapshot,
    /// A filter; the twin's are of its seeds.
    Dynamic,
}

impl ProcessingType {
    fn of(word: &str) -> Result<Self, Refusal> {
        let known = serde_json::from_value(word.into());
        known.map_err(|_| Refusal::shape(format_args!("\"{word}\" is not a processing type")))
    }
}

/// A list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct List {
    /// The vendor's id of it.
    pub list_id: u64,
    /// Its name, which no other list has.
    pub name: String,
    /// Of what it is a list.
    pub object_type_id: String,
    /// Who decides who is on it.
    pub processing_type: ProcessingType,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it changed.
    pub updated_at: Timestamp,
    /// Since when, and as which, by record id.
    #[serde(skip)]
    members: BTreeMap<u64, (Timestamp, u64)>,
    #[serde(skip)]
    joined: u64,
}

impl List {
    pub(super) fn new(list_id: u64, name: String, object_type_id: String, processing_type: ProcessingType, now: Timestamp) -> Self {
        let (created_at, updated_at) = (now, now);
        Self { list_id, name, object_type_id, processing_type, created_at, updated_at, members: BTreeMap::new(), joined: 0 }
    }

    /// Who is on it, by record id, with the time and the place in the order of joining.
    pub fn members(&self) -> impl ExactSizeIterator<Item = (u64, (Timestamp, u64))> {
        self.members.iter().map(|(id, joined)| (*id, *joined))
    }

    /// Whether a record is on it.
    pub fn has(&self, record: u64) -> bool {
        self.members.contains_key(&record)
    }

    /// False when the record was on it.
    pub(super) fn join(&mut self, record: u64, now: Timestamp) -> bool {
        if self.has(record) {
            return false;
        }
        self.joined += 1;
        self.members.insert(record, (now, self.joined));
        self.updated_at = now;
        true
    }

    /// False when the record was not on it.
    pub(super) fn leave(&mut self, record: u64) -> bool {
        self.members.remove(&record).is_some()
    }

    fn shown(&self) -> Map<String, Value> {
        let shown = json!({
            "listId": self.list_id.to_string(), "listVersion": 1, "name": self.name, "objectTypeId": self.object_type_id,
            "processingType": self.processing_type, "processingStatus": "COMPLETE", "createdAt": format!("{:.3}", self.created_at),
            "updatedAt": format!("{:.3}", self.updated_at),
        });
        shown.as_object().cloned().unwrap_or_default()
    }
}

/// `POST /crm/lists/{version}`. A name that is taken is refused with the `subCategory` that other clients look for
/// (segmentio/action-destinations); its status is (inferred).
pub(super) fn create(service: &Service, call: &Call, portion: Portion<'_>) -> Result<Reply, Refusal> {
    let mut body = Node::body(call)?;
    let name = body.must_text("name")?;
    let object = body.must_text("objectTypeId")?;
    let processing = ProcessingType::of(&body.must_text("processingType")?)?;
    let filter = body.map("filterBranch")?;
    body.ignore(&["listFolderId", "customProperties", "listPermissions", "membershipSettings"]);
    body.finish()?;
    if name.trim().is_empty() {
        return Err(Refusal::invalid("The name may not be blank."));
    }
    let mut state = service.state();
    if !state.shelves.contains_key(&object) {
        return Err(Refusal::invalid(format!("{object} is not the id of an object type.")));
    }
    if (processing == ProcessingType::Manual) == filter.is_some() {
        // (inferred)
        return Err(Refusal::invalid("A list that is not MANUAL needs a filterBranch, and a MANUAL one has none."));
    }
    if state.lists.values().any(|list| list.name == name) {
        let message = format!("The following list names are already in use: [{name}]. List names must be unique.");
        return Err(Refusal::new(400, VALIDATION, message).with("subCategory", "ILS.DUPLICATE_LIST_NAMES".into()));
    }
    let list = List::new(state.next_list, name, object, processing, call.now);
    let mut reply = Reply::json(200, &json!({ "list": list.shown() }));
    reply.tally.objects = 1;
    if portion.part == Part::All {
        reply.tally.applied = 1;
        state.next_list += 1;
        let text = json!({ "name": list.name, "processingType": processing, "objectTypeId": list.object_type_id }).to_string();
        service.ledger.append(call.number, [(Kind::List, list.list_id.to_string(), text.into())]);
        state.lists.insert(list.list_id, list);
    }
    Ok(reply)
}

/// `GET /crm/lists/{version}/{listId}`.
pub(super) fn one(service: &Service, call: &Call, id: &str) -> Result<Reply, Refusal> {
    let query = Query::of(call, &["includeFilters"])?;
    let state = service.state();
    let list = known(&state.lists, id)?;
    Ok(query.onto(Reply::json(200, &json!({ "list": list.shown() }))))
}

/// `GET /crm/lists/{version}/object-type-id/{type}/name/{name}`: of exactly this name (inferred).
pub(super) fn by_name(service: &Service, call: &Call, object: &str, name: &str) -> Result<Reply, Refusal> {
    let query = Query::of(call, &["includeFilters"])?;
    let state = service.state();
    match state.lists.values().find(|list| list.name == name && list.object_type_id == object) {
        Some(list) => Ok(query.onto(Reply::json(200, &json!({ "list": list.shown() })))),
        None => Err(Refusal::not_found(format!("List does not exist with name {name} and object type ID {object}."))),
    }
}

pub(super) fn known<'a>(lists: &'a BTreeMap<u64, List>, id: &str) -> Result<&'a List, Refusal> {
    let list = id.parse().ok().and_then(|id: u64| lists.get(&id));
    list.ok_or_else(|| Refusal::not_found(format!("List does not exist with ID {id}.")))
}

/// `POST /crm/lists/{version}/search`: names that hold the query in any case (inferred), oldest first.
pub(super) fn search(service: &Service, call: &Call) -> Result<Reply, Refusal> {
    let mut body = Node::body(call)?;
    let query = body.text("query")?.unwrap_or_default().to_lowercase();
    let ids = body.texts("listIds")?.unwrap_or_default();
    let types = body.texts("processingTypes")?.unwrap_or_default();
    let types = types.iter().map(|word| ProcessingType::of(word)).collect::<Result<Vec<_>, _>>()?;
    let extra = body.texts("additionalProperties")?.unwrap_or_default();
    let object = body.text("objectTypeId")?;
    let offset = body.number("offset")?.unwrap_or_default();
    let count = body.number("count")?;
    body.ignore(&["sort"]);
    body.finish()?;
    let offset = usize::try_from(offset).unwrap_or(usize::MAX);
    let count = match count.map(usize::try_from) {
        None => limits::LISTS_SEARCH_DEFAULT,
        Some(Ok(count)) if (1..=limits::LISTS_SEARCH_MAX).contains(&count) => count,
        Some(_) => return Err(Refusal::invalid(format!("count must be a number from 1 to {}.", limits::LISTS_SEARCH_MAX))),
    };
    let state = service.state();
    let found: Vec<&List> = state
        .lists
        .values()
        .filter(|list| list.name.to_lowercase().contains(&query))
        .filter(|list| ids.is_empty() || ids.contains(&list.list_id.to_string()))
        .filter(|list| types.is_empty() || types.contains(&list.processing_type))
        .filter(|list| object.as_ref().is_none_or(|object| list.object_type_id == *object))
        .collect();
    let shown = |list: &&List| {
        let size = extra.iter().filter(|name| *name == "hs_list_size");
        let extra: Map<String, Value> = size.map(|name| (name.clone(), list.members().len().to_string().into())).collect();
        let mut shown = list.shown();
        shown.insert("additionalProperties".to_owned(), extra.into());
        shown
    };
    let lists: Vec<_> = found.iter().skip(offset).take(count).map(shown).collect();
    let end = offset.saturating_add(lists.len());
    let more = end < found.len();
    Ok(Reply::json(200, &json!({ "lists": lists, "offset": end, "hasMore": more, "total": found.len() })))
}
