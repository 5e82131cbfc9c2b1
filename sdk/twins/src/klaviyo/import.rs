//! Import jobs over HTTP (*Contacts*): `POST /api/profile-bulk-import-jobs`, and what is asked of one: where it is, which profiles it
//! wrote, whom it refused. When and how it ends is `jobs`'.
//!
//! A body with anything wrong in it is refused whole, and each error points at a place (*Contacts*: `…/profiles/data/<index>/…`).

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::{
    body::{Node, Problems, list_id},
    jobs::Job,
    limits,
    lists::known_list,
    object::{Order, Who},
    page::{document, page, pick, resource},
    profile::stamp,
    profiles::{ADDITIONAL, FIELDS_PROFILE, fields, shown as profile_shown},
    question::{CURSOR, Question},
    service::Service,
    state::{Manner, State},
    words::{Problem, Refusal},
};
use crate::{
    log::Warning,
    vendor::{Call, Part, Portion, Reply},
};

const KIND: &str = "profile-bulk-import-job";
const FIELDS_JOB: &str = "fields[profile-bulk-import-job]";
const FIELDS: &[&str] =
    &["completed_at", "completed_count", "created_at", "expires_at", "failed_count", "id", "started_at", "status", "total_count"];

/// Takes a job: 202.
pub(super) fn create(service: &Service, call: &Call, portion: Portion<'_>) -> Result<Reply, Refusal> {
    let question = Question::of(call, KIND, &[FIELDS_JOB])?;
    let fields = question.fields(FIELDS_JOB, FIELDS)?;
    let problems = Problems::default();
    let mut data = Node::resource(call, &problems, KIND)?;
    let lists = relationships(&mut data);
    let work = data.need("attributes").map(|attributes| orders(attributes, service.options.job_profiles_max));
    data.finish();
    problems.none()?;
    let work = work.unwrap_or_default();
    let mut state = service.state(call.now);
    for list in &lists {
        known_list(&state, list)?;
    }
    let warnings = warnings(call, &work);
    let objects = work.len();
    let manner = Manner { bulk: true, request: call.number, now: call.now };
    let job = Job::taken(&mut state, work, lists, portion, manner);
    let mut reply = document(202, &shown(call, &job, fields.as_deref()));
    reply.tally.objects = u32::try_from(objects).unwrap_or(u32::MAX);
    reply.warnings = warnings;
    // Of a job that was lost on its way nothing is there to ask about.
    if portion.part != Part::Nothing {
        reply.tally.applied = u32::try_from(portion.of(objects)).unwrap_or(u32::MAX);
        job.enter(&mut state, service.options.jobs_end);
    }
    Ok(reply)
}

fn relationships(data: &mut Node<'_>) -> Vec<String> {
    let Some(mut relationships) = data.node("relationships") else { return Vec::new() };
    let mut lists = Vec::new();
    if let Some(mut node) = relationships.node("lists") {
        let at = format!("{}/data", node.at);
        let items = node.array("data").unwrap_or_default();
        let read = |(index, item)| list_id(item, format!("{at}/{index}"), node.problems());
        lists = items.into_iter().enumerate().filter_map(read).collect();
        node.finish();
    }
    relationships.finish();
    lists
}

fn orders(mut attributes: Node<'_>, most: usize) -> Vec<Order> {
    let mut orders = Vec::new();
    if let Some(mut profiles) = attributes.need("profiles") {
        let (at, problems) = (format!("{}/data", profiles.at), profiles.problems());
        let items = if profiles.must("data") { profiles.array("data").unwrap_or_default() } else { Vec::new() };
        profiles.finish();
        if items.is_empty() || items.len() > most {
            problems.invalid(at, format!("1 to {most} profiles may be given."));
        } else {
            for (index, item) in items.into_iter().enumerate() {
                let at = format!("{at}/{index}");
                if let Some(order) = Order::read(item, at.clone(), problems) {
                    order.must_name_somebody(&at, problems);
                    orders.push(order);
                }
            }
        }
    }
    attributes.finish();
    orders
}

/// "do not send the same identifier twice in one job", and what single profiles are warned of.
fn warnings(call: &Call, work: &[Order]) -> Vec<Warning> {
    let mut seen = HashSet::new();
    let mut warnings = Vec::new();
    for (index, order) in work.iter().enumerate() {
        let at = format!("profiles[{index}]");
        let Who { id, email, phone_number, external_id, kx } = &order.who;
        let names = [("id", id), ("email", email), ("phone_number", phone_number), ("external_id", external_id), ("_kx", kx)];
        let fresh = names.map(|(kind, name)| name.as_ref().is_none_or(|name| seen.insert((kind, name))));
        if fresh.contains(&false) {
            warnings.push(call.warning("same-profile-twice", at.as_str()));
        }
        warnings.extend(order.warnings(call, &at, true));
    }
    warnings
}

/// `GET /api/profile-bulk-import-jobs/{id}`.
pub(super) fn job(service: &Service, call: &Call, id: &str) -> Result<Reply, Refusal> {
    let question = Question::of(call, KIND, &[FIELDS_JOB])?;
    let fields = question.fields(FIELDS_JOB, FIELDS)?;
    let mut state = service.state(call.now);
    let at = place(&state, id)?;
    state.asked(at, &service.ledger, call.now);
    Ok(document(200, &shown(call, &state.jobs[at], fields.as_deref())))
}

fn place(state: &State, id: &str) -> Result<usize, Refusal> {
    state.jobs.iter().position(|job| job.id == id).ok_or_else(|| Problem::not_found(KIND, id).into())
}

/// `GET …/{id}/profiles`: whom it wrote, in the order of the job (inferred).
pub(super) fn profiles(service: &Service, call: &Call, id: &str) -> Result<Reply, Refusal> {
    let question = Question::of(call, "profile", &[ADDITIONAL, FIELDS_PROFILE, CURSOR, "page[size]"])?;
    let fields = fields(&question, false)?;
    let size = question.size(limits::PAGE_DEFAULT, limits::PAGE_MAX)?;
    let state = service.state(call.now);
    let job = &state.jobs[place(&state, id)?];
    let written = job.profiles.iter().filter_map(|id| state.by_id(id)).enumerate();
    let rows = written.map(|(index, at)| ((0_i64, index), at)).collect();
    page(&question, rows, false, size, |&at| profile_shown(call, state.at(at), fields.of(), None))
}

/// `GET …/{id}/import-errors`: whom it refused, in the order of the job (inferred). The pointer is the vendor's default, `/data`.
pub(super) fn errors(service: &Service, call: &Call, id: &str) -> Result<Reply, Refusal> {
    let name = "fields[import-error]";
    let question = Question::of(call, "import-error", &[name, CURSOR, "page[size]"])?;
    let fields = question.fields(name, &["code", "detail", "id", "original_payload", "source", "source.pointer", "title"])?;
    let size = question.size(limits::PAGE_DEFAULT, limits::PAGE_MAX)?;
    let state = service.state(call.now);
    let job = &state.jobs[place(&state, id)?];
    let rows = job.errors.iter().enumerate().map(|(index, error)| ((0_i64, index), error)).collect();
    page(&question, rows, false, size, |error| {
        let shown = json!({
            "code": error.code, "title": error.title, "detail": error.detail, "source": { "pointer": "/data" },
            "original_payload": error.original_payload,
        });
        let shown = shown.as_object().cloned().unwrap_or_default();
        json!({ "type": "import-error", "id": error.id, "attributes": pick(shown, fields.as_deref(), &[]) })
    })
}

fn shown(call: &Call, job: &Job, fields: Option<&[String]>) -> Value {
    let shown: Map<String, Value> = [
        ("status", json!(job.status)),
        ("created_at", stamp(job.created_at).into()),
        ("total_count", job.total.into()),
        ("completed_count", job.completed.into()),
        ("failed_count", job.failed.into()),
        ("started_at", json!(job.started_at.map(stamp))),
        ("completed_at", json!(job.completed_at.map(stamp))),
        ("expires_at", stamp(job.expires_at()).into()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into_iter()
    .collect();
    resource(call, KIND, "profile-bulk-import-jobs", &job.id, pick(shown, fields, &[]))
}

/// A job that is where no job is: the answer of success with another word.
pub(super) fn strange(word: &str) -> Reply {
    let attributes = json!({ "status": word, "created_at": "2026-01-01T00:00:00.000000+00:00", "total_count": 0 });
    document(200, &json!({ "type": KIND, "id": "01J0B000000000000000000000", "attributes": attributes, "links": {} }))
}
