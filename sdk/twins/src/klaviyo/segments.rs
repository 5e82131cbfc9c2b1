//! Segments, which are made in the vendor's dashboard: `GET /api/segments`, ten on a page at most, and one of them
//! (*Remote segment*). Who is in them is `members`'.

use serde_json::{Map, Value, json};

use super::{
    filter::{AFTER, Condition, Held, ONE_OF, Op},
    limits,
    options::Segment,
    page::{document, page, pick, resource},
    profile::stamp,
    question::{CURSOR, Question},
    service::Service,
    state::State,
    words::{Problem, Refusal},
};
use crate::vendor::{Call, Reply};

const FIELDS: &[&str] = &["created", "definition", "id", "is_active", "is_processing", "is_starred", "name", "updated"];
const FIELDS_SEGMENT: &str = "fields[segment]";

pub(super) fn all(service: &Service, call: &Call) -> Result<Reply, Refusal> {
    let question = Question::of(call, "segment", &[FIELDS_SEGMENT, "filter", CURSOR, "page[size]", "sort"])?;
    let fields = question.fields(FIELDS_SEGMENT, FIELDS)?;
    let filter = question.filter(&[
        ("name", ONE_OF),
        ("id", ONE_OF),
        ("created", AFTER),
        ("updated", AFTER),
        ("is_active", ONE_OF),
        ("is_starred", &[Op::Equals]),
    ])?;
    let size = question.size(limits::GROUPS_PAGE_MAX, limits::GROUPS_PAGE_MAX)?;
    let (by, backwards) = question.sort(&["created", "id", "name", "updated"])?.unwrap_or(("created", false));
    let state = service.state(call.now);
    let holds = |segment: &Segment, condition: &Condition| {
        condition.holds(match condition.field.as_str() {
            "name" => Held::Text(Some(&segment.name)),
            "id" => Held::Text(Some(&segment.id)),
            "is_active" => Held::Flag(segment.is_active),
            "is_starred" => Held::Flag(false),
            _ => Held::Time(segment.created),
        })
    };
    let key = |segment: &Segment| match by {
        "id" => segment.id.clone(),
        "name" => segment.name.clone(),
        _ => stamp(segment.created),
    };
    let segments = state.segments.values().enumerate();
    let segments = segments.filter(|(_, segment)| filter.iter().all(|condition| holds(segment, condition)));
    let rows = segments.map(|(age, segment)| ((key(segment), age), segment)).collect();
    page(&question, rows, backwards, size, |segment| shown(call, segment, fields.as_deref()))
}

pub(super) fn one(service: &Service, call: &Call, id: &str) -> Result<Reply, Refusal> {
    let question = Question::of(call, "segment", &[FIELDS_SEGMENT])?;
    let fields = question.fields(FIELDS_SEGMENT, FIELDS)?;
    let state = service.state(call.now);
    Ok(document(200, &shown(call, known_segment(&state, id)?, fields.as_deref())))
}

pub(super) fn known_segment<'a>(state: &'a State, id: &str) -> Result<&'a Segment, Refusal> {
    state.segments.get(id).ok_or_else(|| Problem::not_found("segment", id).into())
}

fn shown(call: &Call, segment: &Segment, fields: Option<&[String]>) -> Value {
    let shown: Map<String, Value> = [
        ("name", json!(segment.name)),
        ("definition", Value::Null),
        ("created", stamp(segment.created).into()),
        ("updated", stamp(segment.created).into()),
        ("is_active", segment.is_active.into()),
        ("is_processing", false.into()),
        ("is_starred", false.into()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into_iter()
    .collect();
    resource(call, "segment", "segments", &segment.id, pick(shown, fields, &[]))
}
