//! State put in place without a request: as request 0, neither in the ledger nor in the log. A member is checked as one of a batch
//! whose merge validation is skipped, except that a merge field that is not there is a mistake of the test.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    audience::Audience,
    body::Body,
    member::Status,
    merge::{MergeField, MergeType},
    options::{NewAudience, NewMergeField, NewSegment, SegmentType},
    order::{Form, Manner, Order},
    service::Service,
    state::State,
    words::Refusal,
};
use crate::vendor::{SeedError, list_of};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SegmentSeed {
    list_id: String,
    id: i64,
    name: String,
    #[serde(default)]
    r#type: SegmentType,
    /// Addresses of members of the audience.
    #[serde(default)]
    members: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FieldSeed {
    list_id: String,
    tag: String,
    name: String,
    r#type: MergeType,
    #[serde(default)]
    required: bool,
    #[serde(default)]
    choices: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ForgottenSeed {
    list_id: String,
    email_address: String,
}

pub(super) fn seed(service: &Service, kind: &str, body: Value) -> Result<usize, SeedError> {
    let manner = service.seeding();
    let mut state = service.state();
    match kind {
        "audiences" => each(list_of(kind, body)?, |new: NewAudience| {
            state.audiences.insert(new.id.clone(), Audience::new(new, manner.now));
            Ok(())
        }),
        "members" => each(list_of(kind, body)?, |item| member(&mut state, item, manner)),
        "segments" => each(list_of(kind, body)?, |seed: SegmentSeed| {
            let audience = audience(&mut state, &seed.list_id)?;
            if let Some(email) = seed.members.iter().find(|email| audience.named(email).is_none()) {
                return Err(format!("{email} is no member of {}", seed.list_id));
            }
            let emails = seed.members.iter().map(|email| email.to_lowercase()).collect();
            let new = NewSegment { id: seed.id, name: seed.name, r#type: seed.r#type };
            audience.put(new, manner.now).members = emails;
            Ok(())
        }),
        "merge-fields" => each(list_of(kind, body)?, |seed: FieldSeed| {
            let fields = &mut audience(&mut state, &seed.list_id)?.merge_fields;
            let FieldSeed { tag, name, r#type, required, choices, .. } = seed;
            let merge_id = fields.iter().map(|field| field.merge_id).max().unwrap_or(0) + 1;
            fields.push(MergeField::new(merge_id, NewMergeField { tag, name, r#type, required, choices }));
            Ok(())
        }),
        "forgotten" => each(list_of(kind, body)?, |seed: ForgottenSeed| {
            audience(&mut state, &seed.list_id)?.forget(&seed.email_address.to_lowercase());
            Ok(())
        }),
        "fakes" => each(list_of(kind, body)?, |fake: String| {
            std::sync::Arc::make_mut(&mut state.fakes).insert(fake.to_lowercase());
            Ok(())
        }),
        _ => Err(SeedError::UnknownKind { kind: kind.to_owned() }),
    }
}

fn each<T>(items: Vec<T>, mut put: impl FnMut(T) -> Result<(), String>) -> Result<usize, SeedError> {
    let count = items.len();
    for (index, item) in items.into_iter().enumerate() {
        put(item).map_err(|refusal| SeedError::Item { index, refusal })?;
    }
    Ok(count)
}

fn audience<'a>(state: &'a mut State, id: &str) -> Result<&'a mut Audience, String> {
    state.audiences.get_mut(id).ok_or_else(|| format!("there is no audience {id}"))
}

/// A member object as in `members[]`, with its `list_id`; its status may be `archived` too.
fn member(state: &mut State, mut item: Map<String, Value>, manner: Manner<'_>) -> Result<(), String> {
    let list = item.remove("list_id");
    let list = list.as_ref().and_then(Value::as_str).ok_or("a member needs a list_id")?;
    let archived = item.get("status").is_some_and(|status| status == "archived");
    if archived {
        item.insert("status".to_owned(), "unsubscribed".into());
    }
    let said = |refusal: Refusal| match refusal.errors.first() {
        Some(error) => format!("{}: {}", error.field, error.message),
        None => refusal.detail,
    };
    let mut body = Body::whole(item);
    let order = Order::take(&mut body, Form::Batch);
    if let Some(name) = body.end().map_err(said)?.first() {
        return Err(format!("{name} is nothing of a member"));
    }
    let email = order.lower();
    let audience = audience(state, list)?;
    let landed = audience.write(&email, &order, manner).map_err(|failure| said(failure.refusal(&email)))?;
    if let Some(tag) = landed.ignored.first() {
        return Err(format!("{list} has no merge field {tag}"));
    }
    if let Some(member) = audience.members.get_mut(&email).filter(|_| archived) {
        member.status = Status::Archived;
    }
    Ok(())
}
