//! Profiles one by one (*Contacts*): made, updated, made or updated, looked up. Here null clears, and what is wrong with a profile is
//! the call's refusal.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    body::{Node, Problems},
    consent::{self, Channel, Consented, Suppression},
    filter::{AROUND, Condition, Held, ONE_OF, Op},
    limits,
    object::Order,
    page::{document, page, pick, resource},
    profile::{Profile, stamp},
    question::{CURSOR, Question},
    service::Service,
    state::Manner,
    words::{Problem, Refusal},
};
use crate::{
    ledger::Kind,
    vendor::{Call, Part, Portion, Reply, SeedError},
};

/// Parameters of reads that show profiles.
pub(super) const ADDITIONAL: &str = "additional-fields[profile]";
/// See [`ADDITIONAL`].
pub(super) const FIELDS_PROFILE: &str = "fields[profile]";

/// What may be picked of a profile (*OpenAPI*, without analytics and single parts of subscriptions).
const FIELDS: [&str; 26] = [
    "created",
    "email",
    "external_id",
    "first_name",
    "id",
    "image",
    "last_event_date",
    "last_name",
    "locale",
    "location",
    "location.address1",
    "location.address2",
    "location.city",
    "location.country",
    "location.ip",
    "location.latitude",
    "location.longitude",
    "location.region",
    "location.timezone",
    "location.zip",
    "organization",
    "phone_number",
    "properties",
    "subscriptions",
    "title",
    "updated",
];

/// What of a profile is shown.
pub(super) struct Fields {
    picked: Option<Vec<String>>,
    subscriptions: bool,
}

/// The same, borrowed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shown<'a> {
    picked: Option<&'a [String]>,
    subscriptions: bool,
}

impl Fields {
    pub(super) fn of(&self) -> Shown<'_> {
        Shown { picked: self.picked.as_deref(), subscriptions: self.subscriptions }
    }
}

/// * `member`: of a list or segment, which has a field more.
pub(super) fn fields(question: &Question<'_>, member: bool) -> Result<Fields, Refusal> {
    let more: &[&str] = if member { &["joined_group_at"] } else { &[] };
    let allowed: Vec<&str> = FIELDS.iter().chain(more).copied().collect();
    let subscriptions = question.fields(ADDITIONAL, &["subscriptions"])?.is_some();
    Ok(Fields { picked: question.fields(FIELDS_PROFILE, &allowed)?, subscriptions })
}

/// A profile as a resource. A member's own field is shown whatever was picked (*OpenAPI*: required).
pub(super) fn shown(call: &Call, profile: &Profile, fields: Shown<'_>, own: Option<(&str, String)>) -> Value {
    let mut shown = profile.shown();
    if fields.subscriptions {
        shown.insert("subscriptions".to_owned(), consent::shown(profile));
    }
    let mut always = Vec::new();
    if let Some((name, value)) = own {
        shown.insert(name.to_owned(), value.into());
        always.push(name);
    }
    if fields.subscriptions {
        always.push("subscriptions");
    }
    resource(call, "profile", "profiles", &profile.id, pick(shown, fields.picked, &always))
}

/// `GET /api/profiles`.
pub(super) fn all(service: &Service, call: &Call) -> Result<Reply, Refusal> {
    let question = Question::of(call, "profile", &[ADDITIONAL, FIELDS_PROFILE, "filter", CURSOR, "page[size]", "sort"])?;
    let fields = fields(&question, false)?;
    let filter = question.filter(&[
        ("id", ONE_OF),
        ("email", ONE_OF),
        ("phone_number", ONE_OF),
        ("external_id", ONE_OF),
        ("_kx", &[Op::Equals]),
        ("created", AROUND),
        ("updated", AROUND),
    ])?;
    let size = question.size(limits::PAGE_DEFAULT, limits::PAGE_MAX)?;
    let (by, backwards) = question.sort(&["created", "email", "id", "updated"])?.unwrap_or(("created", false));
    let state = service.state(call.now);
    let named: Vec<_> = filter.iter().filter_map(|condition| state.named(&condition.field, &condition.values)).collect();
    let holds = |profile: &Profile, condition: &Condition| match condition.field.as_str() {
        "created" => condition.holds(Held::Time(profile.created)),
        "updated" => condition.holds(Held::Time(profile.updated)),
        _ => true,
    };
    let key = |profile: &Profile| match by {
        "email" => profile.email.clone().unwrap_or_default(),
        "id" => profile.id.clone(),
        "updated" => stamp(profile.updated),
        _ => stamp(profile.created),
    };
    let rows = state.profiles().iter().enumerate().filter(|(at, profile)| {
        named.iter().all(|named| named.contains(at)) && filter.iter().all(|condition| holds(profile, condition))
    });
    let rows = rows.map(|(at, profile)| ((key(profile), at), profile)).collect();
    page(&question, rows, backwards, size, |profile| shown(call, profile, fields.of(), None))
}

/// `GET /api/profiles/{id}`.
pub(super) fn one(service: &Service, call: &Call, id: &str) -> Result<Reply, Refusal> {
    let question = Question::of(call, "profile", &[ADDITIONAL, FIELDS_PROFILE])?;
    let fields = fields(&question, false)?;
    let state = service.state(call.now);
    let at = state.by_id(id).ok_or_else(|| Problem::not_found("profile", id))?;
    Ok(document(200, &shown(call, state.at(at), fields.of(), None)))
}

/// What a call does with somebody who is there, or is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Create,
    Update,
    Upsert,
}

/// `POST /api/profiles`: 409 for somebody who is there.
pub(super) fn create(service: &Service, call: &Call, portion: Portion<'_>) -> Result<Reply, Refusal> {
    let order = order(call, |node, problems| {
        if node.raw("id").is_some() {
            // Only a profile that is there has one (*OpenAPI*: no such field).
            problems.add(Problem::no_field("/data/id".to_owned(), "id", "profile"));
        }
        None
    })?;
    write(service, call, portion, &order, Mode::Create)
}

/// `PATCH /api/profiles/{id}`; the body repeats the id (*OpenAPI*).
pub(super) fn update(service: &Service, call: &Call, portion: Portion<'_>, id: &str) -> Result<Reply, Refusal> {
    let order = order(call, |node, problems| {
        let said = if node.must("id") { node.text("id") } else { None };
        if said.as_ref().is_some_and(|said| said != id) {
            problems.invalid("/data/id", "The id must be that of the path.");
        }
        said
    })?;
    write(service, call, portion, &order, Mode::Update)
}

/// `POST /api/profile-import`: "201 created, 200 updated".
pub(super) fn upsert(service: &Service, call: &Call, portion: Portion<'_>) -> Result<Reply, Refusal> {
    let order = order(call, |node, _| node.text("id"))?;
    write(service, call, portion, &order, Mode::Upsert)
}

fn order(call: &Call, id: impl FnOnce(&mut Node<'_>, &Problems) -> Option<String>) -> Result<Order, Refusal> {
    Question::of(call, "profile", &[])?;
    let problems = Problems::default();
    let payload = call.object().and_then(|mut body| body.remove("data")).unwrap_or_default();
    let mut node = Node::resource(call, &problems, "profile")?;
    let id = id(&mut node, &problems);
    let order = Order::take(&mut node, id, payload);
    node.finish();
    if let Some(order) = &order {
        order.must_name_somebody("/data", &problems);
    }
    problems.none()?;
    order.ok_or_else(|| Refusal::of_status(400))
}

fn write(service: &Service, call: &Call, portion: Portion<'_>, order: &Order, mode: Mode) -> Result<Reply, Refusal> {
    let mut state = service.state(call.now);
    let found = state.check(order)?;
    if let Some(at) = found.filter(|_| mode == Mode::Create) {
        return Err(Problem::duplicate(&state.at(at).id).into());
    }
    let status = if found.is_none() { 201 } else { 200 };
    let manner = Manner { bulk: false, request: call.number, now: call.now };
    let (_, told) = state.written(order, manner)?;
    let fields = Fields { picked: None, subscriptions: false };
    let mut reply = document(status, &shown(call, &told, fields.of(), None));
    reply.tally.objects = 1;
    reply.warnings = order.warnings(call, "profile", false);
    if portion.part == Part::All {
        let landed = state.apply(order, manner)?;
        if landed.renamed {
            reply.warnings.push(call.warning("external-id-replaced", "profile"));
        }
        service.ledger.append(call.number, [(Kind::Attributes, told.key(), order.text.clone())]);
        reply.tally.applied = 1;
    }
    Ok(reply)
}

/// Puts profiles in place as request 0, neither in the ledger nor in the log. What bulk imports refuse is refused; null is absent.
pub(super) fn seed(service: &Service, seeds: Vec<Seed>, now: Timestamp) -> Result<usize, SeedError> {
    let count = seeds.len();
    let mut state = service.state(now);
    for (index, seed) in seeds.into_iter().enumerate() {
        let refused = |problem: &Problem| SeedError::Item { index, refusal: problem.detail.clone() };
        let problems = Problems::default();
        let object = json!({ "type": "profile", "id": seed.id, "attributes": seed.attributes });
        let order = Order::read(object, "/data".to_owned(), &problems);
        if let Some(order) = &order {
            order.must_name_somebody("/data", &problems);
        }
        let order = match (order, problems.none()) {
            (Some(order), Ok(())) => order,
            (_, wrong) => {
                let wrong = wrong.err().and_then(|refusal| refusal.problems.into_iter().next());
                return Err(refused(&wrong.unwrap_or_else(|| Problem::new("invalid", "not a profile"))));
            }
        };
        let at = state.seed(&order, now).map_err(|problem| refused(&problem))?;
        let profile = state.at_mut(at);
        seed.lists.iter().for_each(|list| profile.join(list, now));
        profile.consents.extend(seed.consents);
        profile.suppressions.extend(seed.suppressions);
    }
    Ok(count)
}

/// A profile to put in place.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Seed {
    #[serde(default)]
    id: Option<String>,
    attributes: Value,
    #[serde(default)]
    lists: Vec<String>,
    #[serde(default)]
    consents: BTreeMap<Channel, Consented>,
    #[serde(default)]
    suppressions: Vec<Suppression>,
}
