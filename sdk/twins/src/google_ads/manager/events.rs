//! `events:ingest` (the notes, *Enhanced Conversions for Web*, *Upload click or offline conversions*, *Adjust conversion events*).
//!
//! An event whose transaction its action knows already adds people where there were none and overwrites value and currency; all else of
//! it is passed over. Any other event is a new conversion.

use std::{collections::BTreeSet, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::{
    super::{
        account::ConversionAction,
        conversion::{Adjustment, Conversion, Source},
        limits,
        service::Service,
        shape::{flag, text},
        state::State,
        words::{Refusal, request_id},
    },
    destination::{Target, targets},
    event::{Event, field_warnings, read},
    people,
    requests::{Destination, RequestKind},
};
use crate::{
    ledger::Kind,
    vendor::{Call, Part, Portion, Reply},
};

/// `POST /v1/events:ingest`.
pub(in super::super) fn ingest(
    service: &Service,
    call: &Call,
    body: &Map<String, Value>,
    portion: Portion<'_>,
) -> Result<Reply, Refusal> {
    let mut state = service.state();
    let mut found = Vec::new();
    let targets = targets(&state, body, &mut found, call.number)?;
    let validates = flag(body, "validateOnly");
    let events = read(&state, call.now, body, &targets, validates, &mut found);
    if !found.is_empty() {
        return Err(Refusal::violations(&found, call.number));
    }
    let mut answer = json!({ "requestId": request_id(call.number) });
    let warnings = field_warnings(&events, &targets);
    if !warnings.is_empty() {
        answer["fieldWarnings"] = warnings.into();
    }
    let mut reply = Reply::json(200, &answer);
    let mut seen = BTreeSet::new();
    let mut transactions = events.iter().filter_map(|event| Some((event, text(event.sent, "transactionId")?)));
    if let Some((event, _)) = transactions.find(|(_, id)| !seen.insert(*id)) {
        reply.warnings.push(call.warning("same-transaction-twice", event.place.clone()));
    }
    if events.iter().any(|event| text(event.sent, "transactionId").is_none()) {
        reply.warnings.push(call.warning("no-transaction-id", "an event that is sent again counts again"));
    }
    reply.tally.objects = events.iter().map(|event| event.to.len()).sum::<usize>() as u32;
    if validates {
        reply.tally.ignored = reply.tally.objects;
        return Ok(reply);
    }
    let outcome = if portion.part == Part::Nothing { None } else { state.outcome() };
    let (mut entries, mut destinations) = (Vec::new(), Vec::new());
    for (at, target) in targets.iter().enumerate() {
        let Some(action) = state.actions.get(&target.id).cloned() else { continue };
        let mine: Vec<&Event<'_>> = events.iter().filter(|event| event.to.contains(&at)).collect();
        let spared = outcome.as_ref().map_or(mine.len(), |it| mine.len().saturating_sub(it.records.unwrap_or(mine.len())));
        let mut status = Destination {
            destination: target.sent.clone(),
            records: mine.len(),
            data: None,
            identifiers: Default::default(),
            failed: Default::default(),
        };
        let fails: Vec<Option<String>> = mine
            .iter()
            .enumerate()
            .map(|(index, event)| match &outcome {
                Some(outcome) if index >= spared => Some(outcome.reason.clone()),
                _ => fails(&state, &action, target, body, event, call.now).map(str::to_owned),
            })
            .collect();
        let mut left = portion.of(fails.iter().filter(|why| why.is_none()).count());
        for (event, why) in mine.iter().zip(fails) {
            if let Some(reason) = why.or_else(|| (left == 0 && portion.rest.is_some()).then(|| "INTERNAL_ERROR".to_owned())) {
                *status.failed.entry(reason).or_default() += 1;
                reply.tally.refused += 1;
            } else if left > 0 {
                left -= 1;
                match apply(&mut state, &action, event, call.number) {
                    Some(key) => {
                        reply.tally.applied += 1;
                        let applied: Arc<str> = json!({ "conversion_action": action.id, "event": event.told() }).to_string().into();
                        entries.push((Kind::Event, key, applied));
                    }
                    None => reply.tally.ignored += 1,
                }
            }
        }
        destinations.push(status);
    }
    if portion.part != Part::Nothing {
        state.take(RequestKind::IngestEvents, call, destinations, service.options.processing);
    }
    // While the state is locked, so that the ledger has the order of application.
    service.ledger.append(call.number, entries);
    Ok(reply)
}

/// Why an event fails while it is processed.
fn fails(
    state: &State,
    action: &ConversionAction,
    target: &Target,
    body: &Map<String, Value>,
    event: &Event<'_>,
    now: Timestamp,
) -> Option<&'static str> {
    if let (Some(why), _) = people::refused_by(&target.customer, body, event.sent) {
        return Some(why);
    }
    if action.one_per_click && event.is_braid() {
        return Some("ONE_PER_CLICK_CONVERSION_ACTION_NOT_PERMITTED_WITH_BRAID");
    }
    let days = |days: i64| SignedDuration::from_hours(24 * days);
    if now.duration_since(event.at) > days(limits::EVENT_DAYS_MAX) {
        return Some("EVENT_TOO_OLD");
    }
    let id = event.click()?;
    match state.clicks.get(id) {
        None if state.clicks_must_be_known => Some("INVALID_CLICK"),
        None => None,
        Some(click) if event.at < click.at => Some("CONVERSION_PRECEDES_CLICK"),
        Some(click) if now.duration_since(click.at) < SignedDuration::from_secs(limits::SETTLED_AFTER_S) => {
            Some("TOO_RECENT_CLICK")
        }
        Some(click) if event.at.duration_since(click.at) > days(action.click_window_days.into()) => Some("EVENT_TOO_OLD"),
        Some(_) => None,
    }
}

/// Makes a conversion of an event, or changes the one that it is; gives its name, none when nothing changed.
fn apply(state: &mut State, action: &ConversionAction, event: &Event<'_>, request: u64) -> Option<String> {
    let value = event.sent.get("conversionValue").and_then(Value::as_f64);
    let currency = text(event.sent, "currency").map(str::to_owned);
    let transaction = text(event.sent, "transactionId");
    let Some(at) = transaction.and_then(|id| state.conversions.transaction(&action.id, id)) else {
        let conversion = Conversion {
            conversion_action: action.id.clone(),
            transaction_id: transaction.map(str::to_owned),
            click: event.click().map(str::to_owned),
            at: event.at,
            value,
            currency,
            count: 1,
            identifiers: event.people.clone(),
            source: Source::Event,
            sent: event.told(),
            request,
            ..Conversion::default()
        };
        let key = conversion.key();
        state.conversions.add(conversion);
        return Some(key);
    };
    let conversion = state.conversions.at_mut(at);
    let supplements = conversion.identifiers.is_empty() && !event.people.is_empty();
    let restates =
        value.is_some_and(|value| Some(value) != conversion.value || (currency.is_some() && currency != conversion.currency));
    if conversion.retracted || !(supplements || restates) {
        return None;
    }
    if supplements {
        conversion.identifiers.clone_from(&event.people);
        conversion.enhanced = true;
    }
    if restates {
        conversion.value = value;
        conversion.currency = currency.or(conversion.currency.take());
    }
    let value = restates.then_some(value).flatten();
    conversion.adjustments.push(Adjustment { r#type: "EVENT", at: Some(event.at), value, request });
    Some(conversion.key())
}
