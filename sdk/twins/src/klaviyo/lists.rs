//! Lists and who is put on them by id (*Export contact lists*). One answer for all: 204, or a refusal of the whole request. To be on
//! a list is no consent, and to be taken off changes none.
//!
//! Inferred: names are not unique; an id that no profile has refuses an addition with 404; on a removal it is ignored, as one that
//! is not on the list.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{
    body::{Node, Problems},
    filter::{AFTER, Condition, Held, ONE_OF},
    jobs::place,
    limits,
    options::{List, OptIn},
    page::{document, page, pick, resource},
    profile::stamp,
    question::{CURSOR, Question},
    service::Service,
    state::State,
    words::{Problem, Refusal, empty},
};
use crate::{
    ledger::Kind,
    vendor::{Call, Part, Portion, Reply},
};

const FIELDS: &[&str] = &["created", "id", "name", "opt_in_process", "updated"];
const FIELDS_LIST: &str = "fields[list]";

/// `GET /api/lists`: ten on a page at most.
pub(super) fn all(service: &Service, call: &Call) -> Result<Reply, Refusal> {
    let question = Question::of(call, "list", &[FIELDS_LIST, "filter", CURSOR, "page[size]", "sort"])?;
    let fields = question.fields(FIELDS_LIST, FIELDS)?;
    let filter = question.filter(&[("name", ONE_OF), ("id", ONE_OF), ("created", AFTER), ("updated", AFTER)])?;
    let size = question.size(limits::GROUPS_PAGE_MAX, limits::GROUPS_PAGE_MAX)?;
    let (by, backwards) = question.sort(&["created", "id", "name", "updated"])?.unwrap_or(("created", false));
    let state = service.state(call.now);
    let holds = |list: &List, condition: &Condition| {
        condition.holds(match condition.field.as_str() {
            "name" => Held::Text(Some(&list.name)),
            "id" => Held::Text(Some(&list.id)),
            _ => Held::Time(list.created),
        })
    };
    let key = |list: &List| match by {
        "id" => list.id.clone(),
        "name" => list.name.clone(),
        _ => stamp(list.created),
    };
    let lists = state.lists.values().enumerate().filter(|(_, list)| filter.iter().all(|condition| holds(list, condition)));
    let rows = lists.map(|(age, list)| ((key(list), age), list)).collect();
    page(&question, rows, backwards, size, |list| shown(&state, call, list, fields.as_deref()))
}

/// `GET /api/lists/{id}`.
pub(super) fn one(service: &Service, call: &Call, id: &str) -> Result<Reply, Refusal> {
    let question = Question::of(call, "list", &[FIELDS_LIST])?;
    let fields = question.fields(FIELDS_LIST, FIELDS)?;
    let state = service.state(call.now);
    let list = known_list(&state, id)?;
    Ok(document(200, &shown(&state, call, list, fields.as_deref())))
}

pub(super) fn known_list<'a>(state: &'a State, id: &str) -> Result<&'a List, Refusal> {
    state.lists.get(id).ok_or_else(|| Problem::not_found("list", id).into())
}

fn shown(state: &State, call: &Call, list: &List, fields: Option<&[String]>) -> Value {
    let shown: Map<String, Value> = [
        ("name", json!(list.name)),
        ("created", stamp(list.created).into()),
        ("updated", stamp(list.created).into()),
        ("opt_in_process", json!(state.opt_in(Some(list)))),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into_iter()
    .collect();
    resource(call, "list", "lists", &list.id, pick(shown, fields, &[]))
}

/// `POST /api/lists`.
pub(super) fn create(service: &Service, call: &Call, portion: Portion<'_>) -> Result<Reply, Refusal> {
    Question::of(call, "list", &[])?;
    let problems = Problems::default();
    let mut data = Node::resource(call, &problems, "list")?;
    let (mut name, mut opt_in) = (String::new(), None);
    if let Some(mut attributes) = data.need("attributes") {
        if attributes.must("name") {
            name = attributes.text("name").unwrap_or_default();
            if name.trim().is_empty() {
                problems.invalid("/data/attributes/name", "The name may not be blank.");
            }
        }
        opt_in = attributes.text("opt_in_process").and_then(|word| match word.as_str() {
            "single_opt_in" => Some(OptIn::SingleOptIn),
            "double_opt_in" => Some(OptIn::DoubleOptIn),
            _ => {
                let detail = "'opt_in_process' must be 'single_opt_in' or 'double_opt_in'.";
                problems.invalid("/data/attributes/opt_in_process", detail);
                None
            }
        });
        attributes.finish();
    }
    data.finish();
    problems.none()?;
    let mut state = service.state(call.now);
    let taken = state.lists.values().any(|list| list.name == name);
    let list = List { id: format!("Tw{:04}", state.lists_made + 1), name, opt_in_process: opt_in, created: call.now };
    let mut reply = document(201, &shown(&state, call, &list, None));
    if portion.part == Part::All {
        state.lists_made += 1;
        let text = json!({ "name": list.name, "opt_in_process": opt_in }).to_string();
        service.ledger.append(call.number, [(Kind::List, list.id.clone(), text.into())]);
        state.lists.insert(list.id.clone(), list);
    }
    if taken {
        // "Find by name": a client that does has no reason to make a second one.
        reply.warnings.push(call.warning("list-name-twice", "name"));
    }
    Ok(reply)
}

/// `POST /api/lists/{id}/relationships/profiles`.
pub(super) fn add(service: &Service, call: &Call, portion: Portion<'_>, list: &str) -> Result<Reply, Refusal> {
    change(service, call, portion, list, true)
}

/// `DELETE /api/lists/{id}/relationships/profiles`.
pub(super) fn remove(service: &Service, call: &Call, portion: Portion<'_>, list: &str) -> Result<Reply, Refusal> {
    change(service, call, portion, list, false)
}

fn change(service: &Service, call: &Call, portion: Portion<'_>, list: &str, on: bool) -> Result<Reply, Refusal> {
    Question::of(call, "list", &[])?;
    let ids = ids(call)?;
    let mut state = service.state(call.now);
    known_list(&state, list)?;
    let mut reply = empty(204);
    reply.tally.objects = u32::try_from(ids.len()).unwrap_or(u32::MAX);
    if on && let Some(unknown) = ids.iter().find(|id| state.by_id(id).is_none()) {
        return Err(Problem::not_found("profile", unknown).into());
    }
    let mut seen = BTreeSet::new();
    let twice = ids.iter().enumerate().filter(|(_, id)| !seen.insert(id.as_str()));
    reply.warnings = twice.map(|(index, _)| call.warning("same-profile-twice", format!("data[{index}]"))).collect();
    let mut applied = Vec::new();
    for id in ids.iter().take(portion.of(ids.len())) {
        let moved = state.by_id(id).map(|at| state.at_mut(at)).and_then(|profile| {
            let moved = on || profile.leave(list);
            moved.then_some(profile)
        });
        let Some(profile) = moved else {
            reply.tally.ignored += 1;
            continue;
        };
        if on {
            profile.join(list, call.now);
        }
        profile.updated_by = call.number;
        reply.tally.applied += 1;
        applied.push((Kind::Membership, profile.key(), place(list, on)));
    }
    service.ledger.append(call.number, applied);
    Ok(reply)
}

/// `{"data": [{"type": "profile", "id": …}]}`.
fn ids(call: &Call) -> Result<Vec<String>, Refusal> {
    let problems = Problems::default();
    let Value::Array(items) = Node::data(call, &problems)? else {
        return Err(Problem::invalid("/data", "'data' must be an array.").into());
    };
    if items.is_empty() || items.len() > limits::LIST_PROFILES_MAX {
        return Err(Problem::invalid("/data", format!("1 to {} profiles may be given.", limits::LIST_PROFILES_MAX)).into());
    }
    let mut ids = Vec::with_capacity(items.len());
    for (index, item) in items.into_iter().enumerate() {
        let Some(mut node) = Node::of(item, format!("/data/{index}"), "profile", &problems) else { continue };
        node.is("profile");
        if node.must("id") {
            ids.extend(node.text("id"));
        }
        node.finish();
    }
    problems.none()?;
    Ok(ids)
}
