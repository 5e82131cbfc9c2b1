//! Subscription states: `POST /v2/subscription/status/set` (*Update user's subscription group status V2*, read 2026-11) and
//! `GET /subscription/status/get`. A request is taken whole or refused whole; people not known are ignored (inferred).
//! The older `POST /subscription/status/set` is not served: no client of ours uses it, and 404 says so early.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{
    limits,
    options::Channel,
    profile::SubscriptionState,
    service::{Service, message, object},
    state::State,
    target::Identifier,
};
use crate::{
    contact::{is_email, is_phone},
    ledger::Kind,
    vendor::{Call, Portion, Reply},
};

/// The vendor's words for both kinds of address in one object.
const NOT_BOTH: &str = "Either an email address or a phone number should be provided, but not both.";

struct Order {
    group: String,
    state: SubscriptionState,
    people: Vec<Identifier>,
}

pub(super) fn set(service: &Service, call: &Call, portion: Portion<'_>) -> Reply {
    let mut body = match object(call) {
        Ok(body) => body,
        Err(reply) => return reply,
    };
    let mut warnings = Vec::new();
    let mut state = service.state();
    let orders = match body.remove("subscription_groups") {
        Some(Value::Array(items)) if !items.is_empty() => {
            items.into_iter().map(|item| order(&state, item, &mut warnings)).collect::<Result<Vec<_>, _>>()
        }
        _ => Err("'subscription_groups' is required".to_owned()),
    };
    let orders = match orders {
        Ok(orders) => orders,
        Err(why) => return message(400, &why),
    };
    warnings.extend(body.into_iter().map(|(name, _)| name));

    let objects: usize = orders.iter().map(|order| order.people.len()).sum();
    let mut reply = message(201, "success");
    reply.tally.objects = u32::try_from(objects).unwrap_or(u32::MAX);
    let mut applied = Vec::new();
    let everybody = orders.iter().flat_map(|order| order.people.iter().map(move |who| (order, who)));
    for (order, who) in everybody.take(portion.of(objects)) {
        let found = state.subscribe(who, &order.group, order.state, call.number);
        match found.is_empty() {
            true => reply.tally.ignored += 1,
            false => reply.tally.applied += 1,
        }
        let text = json!({ "subscription_group_id": order.group, "subscription_state": order.state });
        let text: Arc<str> = text.to_string().into();
        applied.extend(found.into_iter().map(|key| (Kind::Subscription, key, text.clone())));
    }
    service.ledger.append(call.number, applied);
    reply.warnings = warnings.into_iter().map(|name| call.warning("unknown-key", name)).collect();
    reply
}

fn order(state: &State, item: Value, unknown: &mut Vec<String>) -> Result<Order, String> {
    let Value::Object(mut item) = item else { return Err("'subscription_groups' must hold objects".to_owned()) };
    let Some(Value::String(group)) = item.remove("subscription_group_id") else {
        return Err("'subscription_group_id' is required".to_owned());
    };
    let Some(&channel) = state.groups.get(&group) else {
        return Err("'subscription_group_id' is not valid".to_owned());
    };
    let Some(to) = item.remove("subscription_state").as_ref().and_then(Value::as_str).and_then(SubscriptionState::read) else {
        return Err("'subscription_state' must be 'subscribed' or 'unsubscribed'".to_owned());
    };
    let ids = strings(&mut item, "external_ids")?;
    let emails = strings(&mut item, "emails")?;
    let phones = strings(&mut item, "phones")?;
    if item.remove("use_double_opt_in_logic").is_some_and(|flag| !flag.is_boolean()) {
        return Err("'use_double_opt_in_logic' must be a boolean".to_owned());
    }
    match (channel, emails.is_empty(), phones.is_empty()) {
        (_, false, false) => return Err(NOT_BOTH.to_owned()),
        (Channel::Email, _, false) => return Err("'phones' are for SMS and WhatsApp groups".to_owned()),
        (Channel::Sms | Channel::WhatsApp, false, _) => return Err("'emails' are for email groups".to_owned()),
        (Channel::Email, _, true) | (Channel::Sms | Channel::WhatsApp, true, _) => {}
    }
    if let Some(bad) = emails.iter().find(|text| !is_email(text)).or_else(|| phones.iter().find(|text| !is_phone(text))) {
        // The vendor would echo it; a length is enough to find it, and no address gets into a log.
        return Err(format!("an address of {} characters is not valid", bad.chars().count()));
    }
    let people: Vec<Identifier> = ids
        .into_iter()
        .map(Identifier::ExternalId)
        .chain(emails.into_iter().map(|email| Identifier::Email(email.to_lowercase())))
        .chain(phones.into_iter().map(Identifier::Phone))
        .collect();
    match people.len() {
        0 => return Err("one of 'external_ids', 'emails' or 'phones' is required".to_owned()),
        1..=limits::SUBSCRIBERS_MAX => {}
        _ => return Err("at most 50 users may be given for one subscription group".to_owned()),
    }
    unknown.extend(item.into_iter().map(|(name, _)| name));
    Ok(Order { group, state: to, people })
}

fn strings(item: &mut Map<String, Value>, name: &str) -> Result<Vec<String>, String> {
    let Some(value) = item.remove(name) else { return Ok(Vec::new()) };
    let texts = match value {
        Value::Array(items) => items
            .into_iter()
            .map(|item| match item {
                Value::String(text) if !text.is_empty() => Some(text),
                _ => None,
            })
            .collect(),
        _ => None,
    };
    texts.ok_or_else(|| format!("'{name}' must be an array of strings"))
}

/// Reads states back: `subscription_group_id` and up to 50 of `external_id`, `email` or `phone`, repeated or with `[]`.
pub(super) fn get(service: &Service, call: &Call) -> Reply {
    let query = match query(call) {
        Ok(query) => query,
        Err(reply) => return reply,
    };
    let all = |name: &str| -> Vec<String> {
        let named = |key: &str| key == name || key.strip_suffix("[]") == Some(name);
        query.iter().filter(|(key, _)| named(key)).map(|(_, value)| value.clone()).collect()
    };
    let state = service.state();
    let Some(group) = all("subscription_group_id").into_iter().next().filter(|group| state.groups.contains_key(group)) else {
        return message(400, "'subscription_group_id' is not valid");
    };
    // When both are given, only the external ids count.
    let mut people: Vec<(String, Identifier)> =
        all("external_id").into_iter().map(|id| (id.clone(), Identifier::ExternalId(id))).collect();
    if people.is_empty() {
        people.extend(all("email").into_iter().map(|email| (email.clone(), Identifier::Email(email.to_lowercase()))));
        people.extend(all("phone").into_iter().map(|phone| (phone.clone(), Identifier::Phone(phone))));
    }
    if !(1..=limits::SUBSCRIBERS_MAX).contains(&people.len()) {
        return message(400, "1 to 50 values of 'external_id', 'email' or 'phone' are required");
    }
    let status: Map<String, Value> = people
        .into_iter()
        .map(|(name, who)| {
            let word = match state.get(&who).and_then(|profile| profile.subscriptions.get(&group)) {
                Some(SubscriptionState::Subscribed) => "Subscribed",
                Some(SubscriptionState::Unsubscribed) => "Unsubscribed",
                None => "Unknown",
            };
            (name, word.into())
        })
        .collect();
    Reply::json(200, &json!({ "status": status, "message": "success" }))
}

/// The query as pairs, decoded.
pub(super) fn query(call: &Call) -> Result<Vec<(String, String)>, Reply> {
    call.pairs().ok_or_else(|| message(400, "the query is not valid"))
}
