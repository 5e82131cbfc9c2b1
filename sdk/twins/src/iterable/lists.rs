//! Lists: `GET` and `POST /api/lists`, `DELETE /api/lists/{id}`, and who is on them: `POST /api/lists/subscribe` and
//! `/unsubscribe` (*Export contact lists*).

use serde_json::{Value, json};

use super::{
    batch::{Batch, Done},
    body::{Body, required, unknown},
    failure::{Because, Failure},
    options::{List, ListType, Project},
    report::Unknown,
    service::Service,
    state::{Manner, State},
    user::Way,
    users::{done, manner},
    words::{Refusal, success},
};
use crate::{
    ledger::Kind,
    vendor::{Call, Part, Portion, Reply},
};

/// Every list, by id (the order is inferred).
pub(super) fn all(service: &Service) -> Reply {
    let state = service.state();
    let lists: Vec<Value> = state.lists.values().map(shown).collect();
    Reply::json(200, &json!({ "lists": lists }))
}

/// A list as the vendor shows it: what only the twin knows is left out.
fn shown(list: &List) -> Value {
    let mut shown = json!(list);
    if let Some(shown) = shown.as_object_mut() {
        shown.remove("inUse");
    }
    shown
}

/// Makes a list; another one may have its name ("Names are not unique").
pub(super) fn create(service: &Service, call: &Call, portion: Portion<'_>) -> Result<Reply, Refusal> {
    let mut body = Body::of(call)?;
    let name = required(body.text("name")?, "name")?;
    let description = body.text("description")?;
    if name.trim().is_empty() {
        // (inferred)
        return Err(Refusal::bad_params("'name' must not be empty"));
    }
    let mut state = service.state();
    let id = state.lists.keys().next_back().copied().unwrap_or(FIRST_LIST - 1).max(state.lists_made) + 1;
    if portion.part == Part::All {
        let list =
            List { id, name, description, list_type: ListType::Standard, created_at: call.now.as_millisecond(), in_use: false };
        state.lists_made = id;
        service.ledger.append(call.number, [(Kind::List, id.to_string(), shown(&list).to_string().into())]);
        state.lists.insert(id, list);
    }
    let mut reply = Reply::json(200, &json!({ "listId": id }));
    unknown(&mut reply, call, body.rest());
    Ok(reply)
}

/// The id of the first list that a twin makes; ids are long, as the vendor's are.
const FIRST_LIST: i64 = 1_068_683;

/// Deletes a list: 409 when it is in use (its code and everything about unknown lists are inferred).
pub(super) fn delete(service: &Service, call: &Call, portion: Portion<'_>, id: i64) -> Result<Reply, Refusal> {
    let mut state = service.state();
    let Some(list) = state.lists.get(&id) else { return Err(no_list(id)) };
    if list.in_use {
        return Err(Refusal::new(409, "GenericError", "List is in use"));
    }
    if portion.part == Part::All {
        state.forget_list(id);
        service.ledger.append(call.number, [(Kind::List, id.to_string(), "null".into())]);
    }
    Ok(success())
}

pub(super) fn no_list(id: i64) -> Refusal {
    Refusal::bad_params(format!("List {id} does not exist"))
}

/// "Only listType Standard lists are writable (inferred)."
fn writable(state: &State, id: i64) -> Result<(), Refusal> {
    match state.lists.get(&id).map(|list| list.list_type) {
        None => Err(no_list(id)),
        Some(ListType::Standard) => Ok(()),
        Some(other) => Err(Refusal::bad_params(format!("List {id} is of type {other:?} and cannot be changed"))),
    }
}

pub(super) fn subscribe(service: &Service, call: &Call, portion: Portion<'_>) -> Result<Reply, Refusal> {
    let mut body = Body::of(call)?;
    let list = required(body.integer("listId")?, "listId")?;
    let existing_only = body.flag("updateExistingUsersOnly")?.unwrap_or(false);
    let batch = Batch::take(service, call, &mut body, "subscribers", true)?;
    let new_fields = service.options.create_new_fields;
    let manner = Manner { existing_only, ..manner(call, new_fields, Way::Bulk) };
    let mut state = service.state();
    writable(&state, list)?;
    batch.foresee(&state, new_fields)?;
    let mut reply = batch.run(&mut state, portion, Unknown::NotFound, |state, order| {
        let landed = state.apply(order, manner)?;
        let at = landed.at;
        let mut done = done(state, order, landed);
        if order.data.is_empty() {
            done.applied.clear();
        }
        done.applied.push((Kind::Membership, place(list, true)));
        state.user_mut(at).lists.insert(list);
        Ok(done)
    });
    if existing_only && service.options.project == Project::Email {
        // "only respected in userId-based and hybrid projects"
        reply.warnings.push(call.warning("existing-only-ignored", "updateExistingUsersOnly"));
    }
    unknown(&mut reply, call, body.rest());
    Ok(reply)
}

pub(super) fn unsubscribe(service: &Service, call: &Call, portion: Portion<'_>) -> Result<Reply, Refusal> {
    let mut body = Body::of(call)?;
    let list = required(body.integer("listId")?, "listId")?;
    let channel = body.flag("channelUnsubscribe")?;
    body.integer("campaignId")?;
    let batch = Batch::take(service, call, &mut body, "subscribers", false)?;
    let mut state = service.state();
    writable(&state, list)?;
    let mut reply = batch.run(&mut state, portion, Unknown::NotFound, |state, order| {
        let at = state.find(&order.who)?.ok_or_else(|| Failure::of(Because::Unknown, &order.who, ""))?;
        let user = state.user_mut(at);
        // Somebody who is not on the list is taken as well (inferred: idempotent).
        user.lists.remove(&list);
        user.channel_unsubscribed |= channel == Some(true);
        user.updated_by = call.number;
        let applied = vec![(Kind::Membership, place(list, false))];
        Ok(Done { key: user.key(), applied, created: Vec::new(), filtered: Vec::new(), warnings: Vec::new() })
    });
    // "Always send channelUnsubscribe:false: true unsubscribes the person from the whole channel."
    match channel {
        Some(false) => {}
        Some(true) => reply.warnings.push(call.warning("channel-unsubscribe", "channelUnsubscribe")),
        None => reply.warnings.push(call.warning("channel-unsubscribe-not-said", "channelUnsubscribe")),
    }
    unknown(&mut reply, call, body.rest());
    Ok(reply)
}

fn place(list: i64, on: bool) -> std::sync::Arc<str> {
    json!({ "listId": list, "subscribed": on }).to_string().into()
}
