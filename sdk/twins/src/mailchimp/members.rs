//! One member at a time: `POST /lists/{id}/members`, and `GET`, `PUT`, `PATCH`, `DELETE` of `/lists/{id}/members/{hash}`, deletion for
//! ever, tags (*Step 1*, *Step 2*, *Removal*). Answers of a kept or changed member show it; those that end something are 204.

use serde_json::{Value, json};

use super::{
    audience::Audience,
    body::{Body, unknown},
    member::{Status, subscriber_hash},
    order::{Form, Manner, Meets, Order},
    query::Query,
    run::{Run, of_one},
    service::{Service, emptied},
    words::Refusal,
};
use crate::{
    ledger::Kind,
    vendor::{Call, Portion, Reply},
};

pub(super) fn show(service: &Service, call: &Call, id: &str, name: &str) -> Result<Reply, Refusal> {
    let query = Query::of(call)?;
    let state = service.state();
    let audience = state.audience(id)?;
    let email = audience.named(name).ok_or_else(Refusal::not_found)?;
    Ok(Reply::json(200, &query.reduce(audience.shown(email))))
}

/// "insert-only: 400 title `Member Exists` when present"
pub(super) fn add(service: &Service, call: &Call, portion: Portion<'_>, id: &str) -> Result<Reply, Refusal> {
    one(service, call, portion, id, Form::Post, |_, order| Ok((order.lower(), Meets::NewOnly)))
}

/// "upsert of one, `status_if_new` required"
pub(super) fn put(service: &Service, call: &Call, portion: Portion<'_>, id: &str, name: &str) -> Result<Reply, Refusal> {
    one(service, call, portion, id, Form::Put, |audience, order| Ok((meant(audience, name, order)?, Meets::Any)))
}

/// "update-only: 404 when absent"
pub(super) fn patch(service: &Service, call: &Call, portion: Portion<'_>, id: &str, name: &str) -> Result<Reply, Refusal> {
    one(service, call, portion, id, Form::Patch, |audience, order| {
        let email = audience.named(name).ok_or_else(Refusal::not_found)?.to_owned();
        if order.email.is_some() { Ok((meant(audience, name, order)?, Meets::KnownOnly)) } else { Ok((email, Meets::KnownOnly)) }
    })
}

/// The address of a path and a body that name the same member. Another address would rename the member, which is not here.
fn meant(audience: &Audience, name: &str, order: &Order) -> Result<String, Refusal> {
    let email = order.lower();
    let named = audience.named(name).map_or_else(|| name.trim().to_lowercase(), str::to_owned);
    if named == email || named == subscriber_hash(&email) {
        Ok(email)
    } else {
        Err(Refusal::field("email_address", "The address is not the one that the path names."))
    }
}

fn one(
    service: &Service,
    call: &Call,
    portion: Portion<'_>,
    id: &str,
    form: Form,
    find: impl Fn(&Audience, &Order) -> Result<(String, Meets), Refusal>,
) -> Result<Reply, Refusal> {
    let query = Query::of(call)?;
    let skip_merge_validation = query.flag("skip_merge_validation")?;
    let mut body = Body::of(call)?;
    let order = Order::take(&mut body, form);
    if form != Form::Patch {
        body.required(order.email.as_ref(), "email_address");
    }
    match form {
        Form::Post => _ = body.required(order.status, "status"),
        Form::Put => _ = body.required(order.status_if_new, "status_if_new"),
        Form::Patch | Form::Batch => {}
    }
    let names = body.end()?;
    let mut state = service.state();
    let fakes = state.fakes.clone();
    let run = of_one(state.audience_mut(id)?, portion, |audience| {
        let (email, meets) = find(audience, &order)?;
        let manner = Manner { meets, skip_merge_validation, ..service.manner(call, &fakes) };
        let sent = order.email.as_deref().unwrap_or(&email);
        let landed = audience.write(&email, &order, manner).map_err(|failure| failure.refusal(sent))?;
        let entries = vec![(Kind::Attributes, format!("email:{email}"), order.text.clone())];
        let mut run = Run::one(audience.shown(&email), entries);
        for segment in landed.joined {
            run.moved(&audience.id, &email, segment, true);
        }
        if landed.status_changed && form == Form::Put {
            run.warnings.push(("status-changed", "status".to_owned()));
        }
        run.warnings.extend(landed.ignored.into_iter().map(|tag| ("unknown-merge-tag", tag)));
        Ok(run)
    })?;
    let mut reply = service.said(call, &query, run);
    unknown(&mut reply, call, names);
    Ok(reply)
}

/// Leaves the audience, and can be found there still (*Removal*: "archive"). An archived one is not there to be archived (inferred).
pub(super) fn archive(service: &Service, call: &Call, portion: Portion<'_>, id: &str, name: &str) -> Result<Reply, Refusal> {
    end(service, call, portion, id, name, |audience, email| {
        if audience.present(email).is_none() {
            return Err(Refusal::not_found());
        }
        if let Some(member) = audience.members.get_mut(email) {
            member.status = Status::Archived;
            member.updated_by = call.number;
            member.last_changed = call.now;
        }
        Ok(json!({ "status": "archived" }))
    })
}

/// "permanent erase … blocks re-import" (*Removal*)
pub(super) fn forget(service: &Service, call: &Call, portion: Portion<'_>, id: &str, name: &str) -> Result<Reply, Refusal> {
    end(service, call, portion, id, name, |audience, email| {
        audience.forget(email);
        Ok(Value::Null)
    })
}

fn end(
    service: &Service,
    call: &Call,
    portion: Portion<'_>,
    id: &str,
    name: &str,
    change: impl Fn(&mut Audience, &str) -> Result<Value, Refusal>,
) -> Result<Reply, Refusal> {
    let mut state = service.state();
    let run = of_one(state.audience_mut(id)?, portion, |audience| {
        let email = audience.named(name).ok_or_else(Refusal::not_found)?.to_owned();
        let applied = change(audience, &email)?;
        Ok(Run::one(Value::Null, vec![(Kind::Attributes, format!("email:{email}"), applied.to_string().into())]))
    })?;
    Ok(service.done(call, run, emptied()))
}

/// `POST …/tags`: `{"tags":[{"name","status"}],"is_syncing"}` (*Step 2*).
pub(super) fn tag(service: &Service, call: &Call, portion: Portion<'_>, id: &str, name: &str) -> Result<Reply, Refusal> {
    let mut body = Body::of(call)?;
    let tags = body.objects("tags", |tag| {
        let name = tag.text("name");
        let name = tag.required(name, "name");
        let on = tag.word("status", "active, inactive", |word| match word {
            "active" => Some(true),
            "inactive" => Some(false),
            _ => None,
        });
        (name.unwrap_or_default(), tag.required(on, "status").unwrap_or_default())
    });
    let tags = body.required(tags, "tags").unwrap_or_default();
    if tags.iter().any(|(name, _)| name.trim().is_empty()) {
        body.blame("tags", "A tag needs a name");
    }
    let syncing = body.flag("is_syncing").unwrap_or(false);
    let names = body.end()?;
    let mut state = service.state();
    let run = of_one(state.audience_mut(id)?, portion, |audience| {
        let email = audience.named(name).filter(|email| audience.present(email).is_some()).map(str::to_owned);
        let email = email.ok_or_else(Refusal::not_found)?;
        let mut run = Run::one(Value::Null, Vec::new());
        for (tag, on) in &tags {
            let moved = match *on {
                true => {
                    let segment = audience.tag_or_new(tag, service.options.tags_lower_case, call.now);
                    audience.join(segment, &email).then_some(segment)
                }
                false => audience.tag(tag).filter(|segment| audience.leave(*segment, &email)),
            };
            if let Some(segment) = moved {
                run.moved(&audience.id, &email, segment, *on);
            }
        }
        if let Some(member) = audience.members.get_mut(&email) {
            member.updated_by = call.number;
        }
        Ok(run)
    })?;
    let mut reply = service.done(call, run, emptied());
    // "is_syncing:true keeps tag automations from firing"
    if !syncing {
        reply.warnings.push(call.warning("automations-fired", "is_syncing"));
    }
    unknown(&mut reply, call, names);
    Ok(reply)
}
