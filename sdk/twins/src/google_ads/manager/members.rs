//! `audienceMembers:ingest`, `:remove` and `:removeAll` (the notes, *Export audiences*).

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde_json::{Map, Value, json};

use super::{
    super::{
        account::{KeyType, Lack},
        limits,
        service::Service,
        shape::{flag, list, object, text, time},
        state::State,
        user_list::{Member, name_of},
        words::{Refusal, Violation, request_id},
    },
    destination::{Target, addressed, targets},
    people::{self, Encoding, Named},
    requests::{Data, Destination, RequestKind},
};
use crate::{
    ledger::Kind,
    log::Tally,
    vendor::{Call, Part, Portion, Reply},
};

/// Everything of a request that was found right.
struct Order {
    targets: Vec<Target>,
    people: Vec<Somebody>,
    data: Option<Data>,
}

struct Somebody {
    named: Named,
    /// Positions of his targets.
    to: Vec<usize>,
    consent: Option<Value>,
    /// For each target, why he fails there.
    fails: Vec<Option<&'static str>>,
}

/// `POST /v1/audienceMembers:ingest`.
pub(in super::super) fn ingest(
    service: &Service,
    call: &Call,
    body: &Map<String, Value>,
    portion: Portion<'_>,
) -> Result<Reply, Refusal> {
    write(service, call, body, portion, RequestKind::IngestMembers)
}

/// `POST /v1/audienceMembers:remove`.
pub(in super::super) fn remove(
    service: &Service,
    call: &Call,
    body: &Map<String, Value>,
    portion: Portion<'_>,
) -> Result<Reply, Refusal> {
    write(service, call, body, portion, RequestKind::RemoveMembers)
}

fn write(
    service: &Service,
    call: &Call,
    body: &Map<String, Value>,
    portion: Portion<'_>,
    kind: RequestKind,
) -> Result<Reply, Refusal> {
    let adds = kind == RequestKind::IngestMembers;
    let mut state = service.state();
    let mut found = Vec::new();
    let targets = targets(&state, body, &mut found, call.number)?;
    let order = read(&state, body, targets, adds, &mut found);
    if !found.is_empty() {
        return Err(Refusal::violations(&found, call.number));
    }
    let mut reply = Reply::json(200, &json!({ "requestId": request_id(call.number) }));
    let names: Vec<String> = order.people.iter().map(|somebody| name_of(&set(&somebody.named))).collect();
    let mut seen = BTreeSet::new();
    if let Some(index) = names.iter().position(|name| !seen.insert(name)) {
        reply.warnings.push(call.warning("same-member-twice", format!("audience_members[{index}]")));
    }
    reply.tally.objects = order.people.iter().map(|somebody| somebody.to.len()).sum::<usize>() as u32;
    if flag(body, "validateOnly") {
        reply.tally.ignored = reply.tally.objects;
        return Ok(reply);
    }
    let outcome = if portion.part != Part::Nothing { state.outcome() } else { None };
    let (mut entries, mut destinations) = (Vec::new(), Vec::new());
    for (at, target) in order.targets.iter().enumerate() {
        let mine: Vec<&Somebody> = order.people.iter().filter(|somebody| somebody.to.contains(&at)).collect();
        let mut status = Destination {
            destination: target.sent.clone(),
            records: mine.len(),
            data: order.data,
            identifiers: Default::default(),
            failed: Default::default(),
        };
        let spared = outcome.as_ref().map_or(mine.len(), |it| mine.len().saturating_sub(it.records.unwrap_or(mine.len())));
        let good = mine.iter().take(spared).filter(|somebody| somebody.fails[at].is_none()).count();
        let mut left = portion.of(good);
        for (index, somebody) in mine.iter().enumerate() {
            for (kind, count) in &somebody.named.kinds {
                *status.identifiers.entry(kind).or_default() += count;
            }
            let fails = somebody.fails[at].map(str::to_owned);
            let fails = fails.or_else(|| outcome.as_ref().filter(|_| index >= spared).map(|it| it.reason.clone()));
            if let Some(reason) = fails.or_else(|| (left == 0 && portion.rest.is_some()).then(|| "INTERNAL_ERROR".to_owned())) {
                *status.failed.entry(reason).or_default() += 1;
                reply.tally.refused += 1;
                continue;
            }
            if left == 0 {
                continue;
            }
            left -= 1;
            reply.tally.applied += 1;
            let Some(list) = state.user_lists.get_mut(&target.id) else { continue };
            let place = |on: bool| -> Arc<str> { json!({ "user_list": target.id, "on": on }).to_string().into() };
            if adds {
                let member = Member {
                    identifiers: set(&somebody.named),
                    added_at: call.now,
                    consent: somebody.consent.clone(),
                    request: call.number,
                };
                entries.push((Kind::Membership, list.add(member), place(true)));
            } else {
                let removed = list.remove(&set(&somebody.named));
                if let Some((_, after)) = removed.left.first() {
                    let detail = format!("{} identifiers of a member stay on the list", after.split(' ').count());
                    reply.warnings.push(call.warning("removed-in-part", detail));
                }
                entries.extend(removed.gone.into_iter().map(|name| (Kind::Membership, name, place(false))));
                for (before, after) in removed.left {
                    entries.extend([(Kind::Membership, before, place(false)), (Kind::Membership, after, place(true))]);
                }
            }
        }
        destinations.push(status);
    }
    if portion.part != Part::Nothing {
        state.take(kind, call, destinations, service.options.processing);
    }
    // While the state is locked, so that the ledger has the order of application.
    service.ledger.append(call.number, entries);
    Ok(reply)
}

fn set(named: &Named) -> BTreeSet<String> {
    named.identifiers.iter().cloned().collect()
}

fn read(state: &State, body: &Map<String, Value>, targets: Vec<Target>, adds: bool, found: &mut Vec<Violation>) -> Order {
    let sent = list(body, "audienceMembers");
    if sent.is_empty() {
        found.push(Violation::new("REQUIRED_FIELD_MISSING", "audience_members"));
    }
    let mut order = Order { targets, people: Vec::new(), data: None };
    if sent.len() > limits::MEMBERS_MAX {
        found.push(Violation::new("TOO_MANY_AUDIENCE_MEMBERS", "audience_members"));
        return order;
    }
    if object(body, "encryptionInfo").is_some() {
        // The twin has no keys to read it with.
        found.push(Violation::new("INVALID_ARGUMENT", "encryption_info"));
    }
    let encoding = Encoding::of(body);
    for (index, record) in sent.iter().filter_map(Value::as_object).enumerate() {
        let at = format!("audience_members[{index}]");
        let to = addressed(&order.targets, record, &at, found);
        let mut named = Named::default();
        let Some(data) = somebody(record, &at, encoding, &mut named, found) else { continue };
        match order.data {
            None => order.data = Some(data),
            Some(first) if first == data => {}
            // Once, and of the request: nothing is wrong with any one of them.
            Some(_) => {
                let reason = "MULTIPLE_DATA_TYPES_NOT_ALLOWED";
                if found.iter().all(|violation| violation.reason != Some(reason)) {
                    found.push(Violation::new(reason, "audience_members"));
                }
            }
        }
        let fails =
            order.targets.iter().map(|target| if adds { people::refused_by(&target.customer, body, record).0 } else { None });
        let fails = fails.collect();
        let consent = object(record, "consent").or_else(|| object(body, "consent")).cloned().map(Value::Object);
        order.people.push(Somebody { named, to, consent, fails });
    }
    if let Some(data) = order.data {
        of_the_request(state, body, &order.targets, data, encoding, adds, found);
    }
    order
}

/// Who a member is; none when it cannot be told, which `found` then says.
fn somebody(
    record: &Map<String, Value>,
    at: &str,
    encoding: Option<Encoding>,
    named: &mut Named,
    found: &mut Vec<Violation>,
) -> Option<Data> {
    if let Some(data) = object(record, "userData") {
        people::user_data(data, &format!("{at}.user_data"), encoding, named, found);
        return Some(Data::User);
    }
    if let Some(data) = object(record, "mobileData") {
        people::mobile_data(data, &format!("{at}.mobile_data"), named, found);
        return Some(Data::Mobile);
    }
    if let Some(data) = object(record, "userIdData") {
        people::user_id_data(data, &format!("{at}.user_id_data"), named, found);
        return Some(Data::UserId);
    }
    if let Some(data) = object(record, "compositeData") {
        let at = format!("{at}.composite_data");
        let (user, ips) = (object(data, "userData"), list(data, "ipData"));
        if user.is_none() && ips.is_empty() {
            found.push(Violation::new("REQUIRED_FIELD_MISSING", at.clone()));
        }
        if let Some(user) = user {
            people::user_data(user, &format!("{at}.user_data"), encoding, named, found);
        }
        people::ip_data(ips, &at, named, found);
        return Some(Data::Composite);
    }
    // What is left is for data partners (*Data Manager protos*), or nothing.
    let partners = ["pairData", "ppidData", "googleUserIdData", "partnerProvidedIdData"];
    let reason =
        if partners.iter().any(|name| object(record, name).is_some()) { "NOT_ALLOWLISTED" } else { "INVALID_AUDIENCE_MEMBER" };
    found.push(Violation::new(reason, at));
    None
}

/// What the request as a whole needs for members of this kind: an encoding, the terms, a list of their key.
fn of_the_request(
    state: &State,
    body: &Map<String, Value>,
    targets: &[Target],
    data: Data,
    encoding: Option<Encoding>,
    adds: bool,
    found: &mut Vec<Violation>,
) {
    let key = match data {
        Data::User | Data::Composite => KeyType::ContactId,
        Data::Mobile => KeyType::MobileId,
        Data::UserId => KeyType::UserId,
    };
    if key == KeyType::ContactId && encoding.is_none() {
        found.push(Violation::new("REQUIRED_FIELD_MISSING", "encoding"));
    }
    let said = object(body, "termsOfService").and_then(|terms| text(terms, "customerMatchTermsOfServiceStatus"));
    if adds && key != KeyType::UserId && said != Some("ACCEPTED") {
        let field = "terms_of_service.customer_match_terms_of_service_status";
        found.push(Violation::new("TERMS_AND_CONDITIONS_NOT_SIGNED", field));
    }
    for target in targets {
        let field = format!("{}.product_destination_id", target.at);
        match state.user_lists.get(&target.id).filter(|list| list.customer_id == target.customer.id) {
            None => found.push(Violation::new("INVALID_USER_LIST_ID", field)),
            Some(list) if list.key_type != key => found.push(Violation::new("INVALID_USER_LIST_TYPE", field)),
            Some(_) => {}
        }
        if target.customer.lacks(Lack::CustomerMatchTerms) {
            found.push(Violation::new("TERMS_AND_CONDITIONS_NOT_SIGNED", target.at.clone()));
        }
    }
}

/// `POST /v1/audienceMembers:removeAll`.
pub(in super::super) fn remove_all(
    service: &Service,
    call: &Call,
    body: &Map<String, Value>,
    portion: Portion<'_>,
) -> Result<Reply, Refusal> {
    let mut state = service.state();
    let mut found = Vec::new();
    let targets = targets(&state, body, &mut found, call.number)?;
    for target in &targets {
        if state.user_lists.get(&target.id).is_none_or(|list| list.customer_id != target.customer.id) {
            found.push(Violation::new("INVALID_USER_LIST_ID", format!("{}.product_destination_id", target.at)));
        }
    }
    let before = text(body, "removeAsOfTime").and_then(time);
    if before.is_some_and(|before| before > call.now) {
        found.push(Violation::new("INVALID_REMOVE_AS_OF_TIME", "remove_as_of_time"));
    }
    if !found.is_empty() {
        return Err(Refusal::violations(&found, call.number));
    }
    let mut reply = Reply::json(200, &json!({ "requestId": request_id(call.number) }));
    reply.tally = Tally { objects: targets.len() as u32, ..Tally::default() };
    if flag(body, "validateOnly") {
        reply.tally.ignored = reply.tally.objects;
        return Ok(reply);
    }
    let outcome = if portion.part != Part::Nothing { state.outcome() } else { None };
    let most = portion.of(targets.len());
    let (mut entries, mut destinations) = (Vec::new(), Vec::new());
    for (at, target) in targets.iter().enumerate() {
        let mut failed = BTreeMap::new();
        if let Some(outcome) = &outcome {
            failed.insert(outcome.reason.clone(), 1);
            reply.tally.refused += 1;
        } else if at < most
            && let Some(list) = state.user_lists.get_mut(&target.id)
        {
            let off: Arc<str> = json!({ "user_list": target.id, "on": false }).to_string().into();
            entries.extend(list.remove_all(before).into_iter().map(|name| (Kind::Membership, name, off.clone())));
            reply.tally.applied += 1;
        }
        destinations.push(Destination {
            destination: target.sent.clone(),
            records: 0,
            data: None,
            identifiers: Default::default(),
            failed,
        });
    }
    if portion.part != Part::Nothing {
        state.take(RequestKind::RemoveAllMembers, call, destinations, service.options.processing);
    }
    service.ledger.append(call.number, entries);
    Ok(reply)
}
