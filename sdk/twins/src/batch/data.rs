//! Custom data of an app's users: `POST /1.0/{app}/data/users` in bulk, `POST` and `DELETE /1.0/{app}/data/users/{custom_id}`
//! for one (*Synchronize contacts*). The answer is a token and no more; what is refused is refused whole.

use std::collections::{HashSet, btree_map::Entry};

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    limits,
    service::{Service, body, items},
    user::Update,
    words::{Refusal, token},
};
use crate::{
    ledger::Kind,
    vendor::{Call, Portion, Reply, SeedError},
};

pub(super) fn bulk(service: &Service, call: &Call, portion: Portion<'_>, app: &str) -> Result<Reply, Refusal> {
    let items = items(call, limits::USERS_MAX)?;
    let updates = items.into_iter().enumerate().map(|(index, item)| Update::of_item(item, index));
    Ok(write(service, call, portion, app, updates.collect::<Result<_, _>>()?, true))
}

pub(super) fn single(service: &Service, call: &Call, portion: Portion<'_>, app: &str, id: String) -> Result<Reply, Refusal> {
    let update = Update::of(id, Some(body(call)?), "update")?;
    Ok(write(service, call, portion, app, vec![update], true))
}

/// Erases all custom data of a user: an update that overwrites with nothing. Nobody becomes known by it.
pub(super) fn erase(service: &Service, call: &Call, portion: Portion<'_>, app: &str, id: String) -> Result<Reply, Refusal> {
    let update = Update::of(id, Some(json!({ "overwrite": true, "values": {} })), "update")?;
    Ok(write(service, call, portion, app, vec![update], false))
}

/// Applies updates in order. `make` says whether they make entries for unknown custom ids, if the company keeps those.
fn write(service: &Service, call: &Call, portion: Portion<'_>, app: &str, updates: Vec<Update>, make: bool) -> Reply {
    let mut reply = token(call.number);
    reply.tally.objects = u32::try_from(updates.len()).unwrap_or(u32::MAX);
    let (mut applied, mut people) = (Vec::new(), HashSet::new());
    let mut state = service.state();
    let users = state.apps.entry(app.to_owned()).or_default();
    let most = portion.of(updates.len());
    for (index, update) in updates.iter().enumerate() {
        reply.warnings.extend(update.unknown.iter().map(|place| call.warning("unknown-key", place.as_str())));
        if !people.insert(update.id.as_str()) {
            reply.warnings.push(call.warning("same-custom-id-twice", format!("[{index}]")));
        }
        if index >= most {
            continue;
        }
        let user = match users.entry(update.id.clone()) {
            Entry::Vacant(_) if !make || !service.options.keeps_unknown_users => {
                reply.tally.ignored += 1;
                continue;
            }
            entry => entry.or_default(),
        };
        let dropped = user.write(update, call.number);
        let values: Map<_, _> =
            update.values.iter().filter(|(key, _)| !dropped.contains(key)).map(|(k, v)| (k.clone(), v.clone())).collect();
        let text = json!({ "app": app, "overwrite": update.overwrite, "values": values }).to_string();
        applied.push((Kind::Attributes, update.id.clone(), text.into()));
        reply.tally.applied += 1;
        let dropped = dropped.into_iter().map(|key| call.warning("attribute-dropped", format!("[{index}].update.values.{key}")));
        reply.warnings.extend(dropped);
    }
    // While the state is locked, so that the ledger has the order of application.
    service.ledger.append(call.number, applied);
    reply
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UserSeed {
    app: String,
    id: String,
    #[serde(default)]
    values: Value,
}

/// Lets an app know users, with what it has of them.
pub(super) fn seed(service: &Service, seeds: Vec<UserSeed>) -> Result<usize, SeedError> {
    let count = seeds.len();
    let mut state = service.state();
    for (index, seed) in seeds.into_iter().enumerate() {
        let refused = |refusal: String| SeedError::Item { index, refusal };
        let values = if seed.values.is_null() { json!({}) } else { seed.values };
        let update = Update::of(seed.id, Some(json!({ "values": values })), "user").map_err(|no| refused(no.message))?;
        let users = state.apps.get_mut(&seed.app).ok_or_else(|| refused("the app is not known".to_owned()))?;
        if let Some(key) = users.entry(update.id.clone()).or_default().write(&update, 0).first() {
            return Err(refused(format!("{key}: the user does not hold it")));
        }
    }
    Ok(count)
}
