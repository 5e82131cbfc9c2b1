//! Data extensions themselves (*Setup objects*, *Connection check*): found, shown, made, given columns, emptied, and their rows read
//! back (*Remote segment*).

use serde_json::{Map, Value, json};

use super::{
    extension::DataExtension,
    field::Field,
    limits,
    oauth::Grant,
    options::NewDataExtension,
    page::Page,
    route::Named,
    service::Service,
    state::{State, sees},
    words::{Refusal, extension_id, request_id},
};
use crate::{
    ledger::Kind,
    log::Tally,
    vendor::{Call, Part, Portion, Reply},
};

const KNOWN: [&str; 8] =
    ["name", "key", "description", "categoryId", "isSendable", "sendableCustomObjectField", "sendableSubscriberField", "fields"];

fn found(state: &State, named: &Named, grant: &Grant) -> Result<usize, Refusal> {
    let none = || Refusal::api(404, 30_003, format!("Unable to find the data extension {}.", named.shown()));
    state.find(named, grant).ok_or_else(none)
}

/// `GET /data/v1/customobjects?$search=…`: those whose name or key holds the text, in any case (inferred).
pub(super) fn find(service: &Service, call: &Call, grant: &Grant) -> Result<Reply, Refusal> {
    let page = Page::of(call, usize::MAX)?;
    let pairs = call.pairs().unwrap_or_default();
    let text = pairs.into_iter().find(|(name, _)| name == "$search").map(|(_, text)| text.to_lowercase()).unwrap_or_default();
    let state = service.state(call.now);
    let holds = |it: &&DataExtension| it.name.to_lowercase().contains(&text) || it.key.to_lowercase().contains(&text);
    let found: Vec<&DataExtension> = state.extensions.iter().filter(|it| sees(grant, it)).filter(holds).collect();
    let items: Vec<Value> = found[page.cut(found.len())].iter().map(|it| it.shown()).collect();
    Ok(Reply::json(200, &json!({ "count": found.len(), "page": page.number, "pageSize": page.size, "items": items })))
}

/// `GET /data/v1/customobjects/{id}`.
pub(super) fn show(service: &Service, call: &Call, grant: &Grant, named: &Named) -> Result<Reply, Refusal> {
    let state = service.state(call.now);
    let at = found(&state, named, grant)?;
    Ok(Reply::json(200, &state.extensions[at].shown()))
}

/// `GET /data/v1/customobjects/{id}/fields`.
pub(super) fn fields(service: &Service, call: &Call, grant: &Grant, named: &Named) -> Result<Reply, Refusal> {
    let state = service.state(call.now);
    let at = found(&state, named, grant)?;
    Ok(Reply::json(200, &state.extensions[at].shown_fields()))
}

/// `POST /data/v1/customobjects`: 201 `{id,key,name}`. Names and keys are used once in a tenant (inferred).
pub(super) fn create(service: &Service, call: &Call, portion: Portion<'_>, grant: &Grant) -> Result<Reply, Refusal> {
    let body = call.object().ok_or_else(|| Refusal::invalid("The body is not a JSON object."))?;
    let mut unknown: Vec<String> = body.keys().filter(|name| !KNOWN.contains(&name.as_str())).cloned().collect();
    let mut state = service.state(call.now);
    let id = extension_id(state.extensions_made + 1);
    let text = |name: &str| match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if !text.trim().is_empty() => Ok(Some(text.clone())),
        Some(_) => Err(Refusal::invalid(format!("{name} must be a text."))),
    };
    let name = text("name")?.ok_or_else(|| Refusal::invalid("name is required."))?;
    let key = text("key")?.unwrap_or_else(|| id.clone());
    let new =
        NewDataExtension { id: id.clone(), key, name, account_id: grant.account_id.clone(), fields: Vec::new(), rows: Vec::new() };
    let mut made = DataExtension::new(id, new);
    if let Some(description) = body.get("description").filter(|it| !it.is_null()) {
        made.description = description.as_str().ok_or_else(|| Refusal::invalid("description must be a text."))?.to_owned();
    }
    if let Some(folder) = body.get("categoryId").filter(|it| !it.is_null()) {
        made.category_id = folder.as_i64().ok_or_else(|| Refusal::invalid("categoryId must be a number."))?;
    }
    made.is_sendable = match body.get("isSendable") {
        None | Some(Value::Null) => false,
        Some(flag) => flag.as_bool().ok_or_else(|| Refusal::invalid("isSendable must be true or false."))?,
    };
    made.sendable_custom_object_field = text("sendableCustomObjectField")?;
    made.sendable_subscriber_field = text("sendableSubscriberField")?;
    if made.is_sendable
        && (made.sendable_custom_object_field.is_none()
            || !made.sendable_subscriber_field.as_deref().is_some_and(|it| ["_SubscriberKey", "_SubscriberID"].contains(&it)))
    {
        let why = "A sendable data extension needs sendableCustomObjectField, and sendableSubscriberField of _SubscriberKey or \
                   _SubscriberID.";
        return Err(Refusal::invalid(why));
    }
    made.fields = fields_of(&body, &mut unknown)?;
    made.sound().map_err(Refusal::invalid)?;
    if let Some(other) = state.extensions.iter().find(|it| it.name.eq_ignore_ascii_case(&made.name) || it.key == made.key) {
        return Err(Refusal::invalid(format!("A data extension with this name or key exists: {}.", other.key)));
    }
    let mut reply = Reply::json(201, &json!({ "id": made.id, "key": made.key, "name": made.name }));
    warned(&mut reply, call, unknown);
    if made.key.chars().count() > limits::KEY_CHARS_GOOD {
        reply.warnings.push(call.warning("long-key", "key"));
    }
    for field in made.date_keys() {
        reply.warnings.push(call.warning("date-in-key", field.name.as_str()));
    }
    reply.tally.objects = 1;
    if portion.part == Part::All {
        let entry = json!({ "name": made.name, "key": made.key, "fields": made.fields }).to_string();
        service.ledger.append(call.number, [(Kind::List, made.id.clone(), entry.into())]);
        state.extensions_made += 1;
        state.extensions.push(made);
        reply.tally.applied = 1;
    }
    Ok(reply)
}

/// `POST /data/v1/customobjectsasync/{id}/fields`, with `fields` as of a new one; 202, and done at once (inferred).
pub(super) fn add_fields(
    service: &Service,
    call: &Call,
    portion: Portion<'_>,
    grant: &Grant,
    named: &Named,
) -> Result<Reply, Refusal> {
    let mut state = service.state(call.now);
    let at = found(&state, named, grant)?;
    let body = call.object().ok_or_else(|| Refusal::invalid("The body is not a JSON object."))?;
    let mut unknown: Vec<String> = body.keys().filter(|name| *name != "fields").cloned().collect();
    let new = fields_of(&body, &mut unknown)?;
    if new.is_empty() {
        return Err(Refusal::invalid("fields must be a list of at least one field."));
    }
    if let Some(field) = new.iter().find(|field| field.is_primary_key || !field.is_nullable) {
        return Err(Refusal::invalid(format!("Field {}: a new field must be nullable and not part of the key.", field.name)));
    }
    let mut changed = state.extensions[at].clone();
    changed.fields.extend(new.clone());
    changed.sound().map_err(Refusal::invalid)?;
    let mut reply = taken(call);
    warned(&mut reply, call, unknown);
    let kept = portion.of(new.len());
    let count = |many: usize| u32::try_from(many).unwrap_or(u32::MAX);
    reply.tally = Tally { objects: count(new.len()), applied: count(kept), refused: 0, ignored: 0 };
    if kept > 0 {
        let new: Vec<Field> = new.into_iter().take(kept).collect();
        let entry = json!({ "fields": new }).to_string();
        service.ledger.append(call.number, [(Kind::List, changed.id.clone(), entry.into())]);
        state.extensions[at].fields.extend(new);
    }
    Ok(reply)
}

/// `POST /data/v1/customobjects/{id}/cleardata`: 202, and done at once (inferred). Jobs that have not run yet still do.
pub(super) fn clear(service: &Service, call: &Call, portion: Portion<'_>, grant: &Grant, named: &Named) -> Result<Reply, Refusal> {
    let mut state = service.state(call.now);
    let at = found(&state, named, grant)?;
    let mut reply = taken(call);
    reply.tally.objects = 1;
    if portion.part == Part::All {
        let extension = &mut state.extensions[at];
        let entry = json!({ "cleared": extension.rows.len() }).to_string();
        extension.rows.clear();
        service.ledger.append(call.number, [(Kind::List, extension.id.clone(), entry.into())]);
        reply.tally.applied = 1;
    }
    Ok(reply)
}

/// `GET /data/v1/customobjectdata/key/{externalKey}/rowset`. Columns come back in small letters (another client's notes, read
/// 2026-11-27), values as they are kept (inferred).
pub(super) fn read(service: &Service, call: &Call, grant: &Grant, named: &Named) -> Result<Reply, Refusal> {
    let page = Page::of(call, limits::READ_PAGE_ROWS_MAX)?;
    let state = service.state(call.now);
    let extension = &state.extensions[found(&state, named, grant)?];
    let range = page.cut(extension.rows.len());
    let items = extension.rows.values().skip(range.start).take(range.len()).map(|row| {
        let part = |of_key: bool| {
            let own = |name: &String| extension.field(name).is_some_and(|field| field.is_primary_key) == of_key;
            let columns = row.iter().filter(|(name, _)| own(name)).map(|(name, value)| (name.to_lowercase(), value.clone()));
            columns.collect::<Map<_, _>>()
        };
        json!({ "keys": part(true), "values": part(false) })
    });
    let items: Vec<Value> = items.collect();
    let mut shown = json!({
        "customObjectId": extension.id, "customObjectKey": extension.key, "page": page.number, "pageSize": page.size,
        "count": extension.rows.len(),
    });
    shown["items"] = items.into();
    Ok(Reply::json(200, &shown))
}

fn taken(call: &Call) -> Reply {
    Reply::json(202, &json!({ "requestId": request_id(call.number), "resultMessages": [] }))
}

fn fields_of(body: &Map<String, Value>, unknown: &mut Vec<String>) -> Result<Vec<Field>, Refusal> {
    let Some(Value::Array(fields)) = body.get("fields") else { return Err(Refusal::invalid("fields must be a list of fields.")) };
    fields.iter().map(|field| Field::of(field, unknown).map_err(Refusal::invalid)).collect()
}

fn warned(reply: &mut Reply, call: &Call, unknown: Vec<String>) {
    reply.warnings.extend(unknown.into_iter().map(|name| call.warning("unknown-key", name)));
}
