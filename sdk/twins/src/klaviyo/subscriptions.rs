//! Subscribing and unsubscribing (*Subscription list*): `POST /api/profile-subscription-bulk-create-jobs` and `-delete-jobs`. Both are
//! answered with 202 and nothing else, and what became of anybody is seen on the profiles alone.
//!
//! Inferred: what is wrong with a request refuses it whole, with pointers. WhatsApp and push are refused. Carrying a job out is
//! `granting`'s.

use jiff::Timestamp;
use serde_json::Value;

use super::{
    body::{Node, Problems, list_id},
    consent::Channel,
    granting::{LOST, Person, Waiting},
    jobs::later,
    limits,
    lists::known_list,
    object::Who,
    options::JobsEnd,
    question::Question,
    service::Service,
    state::State,
    words::{Problem, Refusal, empty},
};
use crate::{
    contact::{is_email, is_phone},
    time::{day, instant},
    vendor::{Call, Portion, Reply},
};

pub(super) fn subscribe(service: &Service, call: &Call, portion: Portion<'_>) -> Result<Reply, Refusal> {
    take(service, call, portion, true)
}

pub(super) fn unsubscribe(service: &Service, call: &Call, portion: Portion<'_>) -> Result<Reply, Refusal> {
    take(service, call, portion, false)
}

fn take(service: &Service, call: &Call, portion: Portion<'_>, subscribe: bool) -> Result<Reply, Refusal> {
    let problems = Problems::default();
    let (kind, most) = match subscribe {
        true => ("profile-subscription-bulk-create-job", limits::SUBSCRIBE_PROFILES_MAX),
        false => ("profile-subscription-bulk-delete-job", limits::UNSUBSCRIBE_PROFILES_MAX),
    };
    Question::of(call, kind, &[])?;
    let mut data = Node::resource(call, &problems, kind)?;
    let mut waiting = Waiting {
        request: call.number,
        ends_at: call.now,
        subscribe,
        list: relationship(&mut data),
        historical: false,
        custom_source: None,
        people: Vec::new(),
    };
    if let Some(mut attributes) = data.need("attributes") {
        if subscribe {
            waiting.custom_source = attributes.text("custom_source");
            waiting.historical = attributes.flag("historical_import").unwrap_or(false);
        }
        waiting.people = people(&mut attributes, subscribe, waiting.historical, most, call.now);
        attributes.finish();
    }
    data.finish();
    problems.none()?;

    let mut state = service.state(call.now);
    if let Some(list) = &waiting.list {
        known_list(&state, list)?;
    }
    for (index, person) in waiting.people.iter().enumerate() {
        check(&state, person, index)?;
    }
    let objects = waiting.people.len();
    let mut warnings = Vec::new();
    for (index, _) in waiting.people.iter().enumerate().filter(|(_, person)| person.capitals) {
        warnings.push(call.warning("email-not-lower-case", format!("profiles[{index}]")));
    }
    waiting.people.truncate(portion.of(objects));
    let mut reply = empty(202);
    reply.tally.objects = u32::try_from(objects).unwrap_or(u32::MAX);
    reply.tally.applied = u32::try_from(waiting.people.len()).unwrap_or(u32::MAX);
    match service.options.jobs_end {
        JobsEnd::AfterSeconds(seconds) => {
            waiting.ends_at = later(call.now, seconds);
            state.waiting.push(waiting);
        }
        JobsEnd::AfterPolls(_) => {
            let outcome = state.consent(waiting, &service.ledger, call.now);
            reply.tally.ignored = u32::try_from(outcome.iter().filter(|(_, code)| *code == LOST).count()).unwrap_or(u32::MAX);
            reply.tally.applied -= reply.tally.ignored;
            warnings.extend(outcome.into_iter().map(|(index, code)| call.warning(code, format!("profiles[{index}]"))));
        }
    }
    reply.warnings = warnings;
    Ok(reply)
}

fn relationship(data: &mut Node<'_>) -> Option<String> {
    let mut relationships = data.node("relationships")?;
    let mut list = relationships.node("list");
    let id = list.as_mut().and_then(|list| {
        let at = format!("{}/data", list.at);
        let value = list.raw("data")?;
        list_id(value, at, list.problems())
    });
    if let Some(list) = list {
        list.finish();
    }
    relationships.finish();
    id
}

fn people(attributes: &mut Node<'_>, subscribe: bool, historical: bool, most: usize, now: Timestamp) -> Vec<Person> {
    let Some(mut profiles) = attributes.need("profiles") else { return Vec::new() };
    let at = format!("{}/data", profiles.at);
    let items = if profiles.must("data") { profiles.array("data").unwrap_or_default() } else { Vec::new() };
    let problems = profiles.problems();
    profiles.finish();
    if items.is_empty() || items.len() > most {
        problems.invalid(at, format!("1 to {most} profiles may be given."));
        return Vec::new();
    }
    let read = |(index, item)| person(item, format!("{at}/{index}"), problems, subscribe, historical, now);
    items.into_iter().enumerate().filter_map(read).collect()
}

fn person(item: Value, at: String, problems: &Problems, subscribe: bool, historical: bool, now: Timestamp) -> Option<Person> {
    let mut node = Node::of(item, at.clone(), "profile", problems)?;
    node.is("profile");
    let id = if subscribe { node.text("id") } else { None };
    let mut attributes = node.need("attributes")?;
    node.finish();
    let (email, phone) = (attributes.text("email"), attributes.text("phone_number"));
    if email.as_deref().is_some_and(|email| !is_email(email)) {
        problems.invalid(format!("{at}/attributes/email"), "Invalid email address");
    }
    if phone.as_deref().is_some_and(|phone| !is_phone(phone)) {
        let detail = "Invalid phone number format (Example of a valid format: +12345678901)";
        problems.invalid(format!("{at}/attributes/phone_number"), detail);
    }
    if subscribe && attributes.text("age_gated_date_of_birth").is_some_and(|text| day(&text).is_none()) {
        problems.invalid(format!("{at}/attributes/age_gated_date_of_birth"), "A date (YYYY-MM-DD) is required.");
    }
    let channels = channels(&mut attributes, subscribe, historical, now);
    attributes.finish();
    let lower = email.as_deref().map(str::to_lowercase);
    let capitals = lower != email;
    let who = Who { id, email: lower, phone_number: phone, ..Who::default() };
    if who.is_nobody() {
        problems.invalid(format!("{at}/attributes"), "One or more identifiers is required.");
    }
    // "email: relating to the email subscription", "phone_number: relating to the SMS subscription" (*OpenAPI*).
    for (channel, _) in &channels {
        let (name, missing) = match channel.is_email() {
            true => ("email", who.email.is_none()),
            false => ("phone_number", who.phone_number.is_none()),
        };
        if missing && who.id.is_none() {
            problems.invalid(format!("{at}/attributes/{name}"), format!("The field '{name}' is required for this channel."));
        }
    }
    Some(Person { who, channels, capitals })
}

fn channels(attributes: &mut Node<'_>, subscribe: bool, historical: bool, now: Timestamp) -> Vec<(Channel, Option<Timestamp>)> {
    let mut channels = Vec::new();
    let Some(mut subscriptions) = attributes.need("subscriptions") else { return channels };
    for name in ["email", "sms"] {
        let Some(mut channel) = subscriptions.node(name) else { continue };
        for (_, kind, which) in Channel::ALL.into_iter().filter(|(of, _, _)| *of == name) {
            let Some(mut parameters) = channel.node(kind) else { continue };
            let since = parameter(&mut parameters, which, subscribe, historical, now);
            parameters.finish();
            channels.push((which, since));
        }
        channel.finish();
    }
    if channels.is_empty() {
        subscriptions.problems().invalid(subscriptions.at.clone(), "One or more channels is required.");
    }
    subscriptions.finish();
    channels
}

/// `consent`, and `consented_at` where it may stand: "if the historical_import flag is not included, providing any value for this
/// field will raise an error"; "required and must be in the past" with it (*OpenAPI*).
fn parameter(parameters: &mut Node<'_>, channel: Channel, subscribe: bool, historical: bool, now: Timestamp) -> Option<Timestamp> {
    let word = if subscribe { "SUBSCRIBED" } else { "UNSUBSCRIBED" };
    let (problems, at) = (parameters.problems(), parameters.at.clone());
    if parameters.must("consent") && parameters.text("consent").is_some_and(|said| said != word) {
        problems.invalid(format!("{at}/consent"), format!("The consent must be '{word}'."));
    }
    if !subscribe || channel == Channel::EmailOpenTracking {
        return None;
    }
    let text = parameters.text("consented_at");
    let since = text.as_deref().and_then(instant);
    let at = format!("{at}/consented_at");
    match (historical, &text, since) {
        (false, Some(_), _) => problems.invalid(at, "'consented_at' needs 'historical_import'."),
        (true, None, _) => problems.invalid(at, "'consented_at' is required with 'historical_import'."),
        (true, Some(_), None) => problems.invalid(at, "'consented_at' must be a time."),
        (true, Some(_), Some(since)) if since >= now => problems.invalid(at, "'consented_at' must be in the past."),
        (false, None, _) | (true, Some(_), Some(_)) => {}
    }
    since
}

/// What needs the account.
fn check(state: &State, person: &Person, index: usize) -> Result<(), Refusal> {
    let at = |name: &str| format!("/data/attributes/profiles/data/{index}/attributes/{name}");
    let known = match &person.who.id {
        Some(id) => Some(state.by_id(id).ok_or_else(|| Problem::not_found("profile", id))?),
        None => None,
    };
    for (channel, _) in &person.channels {
        if !channel.is_email() && !state.sms_set_up() {
            return Err(Problem::invalid(at("subscriptions/sms"), "SMS is not set up for this account.").into());
        }
        let profile = known.map(|known| state.at(known));
        let (name, sent, kept) = match channel.is_email() {
            true => ("email", &person.who.email, profile.and_then(|profile| profile.email.as_ref())),
            false => ("phone_number", &person.who.phone_number, profile.and_then(|profile| profile.phone_number.as_ref())),
        };
        if sent.is_none() && kept.is_none() {
            return Err(Problem::invalid(at(name), format!("The field '{name}' is required for this channel.")).into());
        }
    }
    Ok(())
}
