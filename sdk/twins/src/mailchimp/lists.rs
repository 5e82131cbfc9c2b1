//! `GET /ping`, `GET /lists`, `GET /lists/{id}` and merge fields (*Connection check*, *Setup objects*).

use serde_json::{Value, json};

use super::{
    body::{Body, unknown},
    limits,
    merge::{MergeField, MergeType},
    options::NewMergeField,
    query::Query,
    run::{Run, of_one},
    service::Service,
    words::Refusal,
};
use crate::vendor::{Call, Portion, Reply};

pub(super) fn ping(call: &Call) -> Result<Reply, Refusal> {
    let query = Query::of(call)?;
    Ok(Reply::json(200, &query.reduce(json!({ "health_status": "Everything's Chimpy!" }))))
}

pub(super) fn all(service: &Service, call: &Call) -> Result<Reply, Refusal> {
    let query = Query::of(call)?;
    let (count, offset) = query.page()?;
    let state = service.state();
    let page: Vec<Value> = state.audiences.values().skip(offset).take(count).map(|audience| audience.to_json()).collect();
    Ok(Reply::json(200, &query.reduce(json!({ "lists": page, "total_items": state.audiences.len() }))))
}

pub(super) fn show(service: &Service, call: &Call, id: &str) -> Result<Reply, Refusal> {
    let query = Query::of(call)?;
    Ok(Reply::json(200, &query.reduce(service.state().audience(id)?.to_json())))
}

pub(super) fn fields(service: &Service, call: &Call, id: &str) -> Result<Reply, Refusal> {
    let query = Query::of(call)?;
    let (count, offset) = query.page()?;
    let state = service.state();
    let fields = &state.audience(id)?.merge_fields;
    let page: Vec<Value> = fields.iter().skip(offset).take(count).map(|field| field.shown(id)).collect();
    let answer = json!({ "merge_fields": page, "list_id": id, "total_items": fields.len() });
    Ok(Reply::json(200, &query.reduce(answer)))
}

/// Makes a merge field: `name`, `type`, and a tag that nobody has (both refusals inferred).
pub(super) fn create_field(service: &Service, call: &Call, portion: Portion<'_>, id: &str) -> Result<Reply, Refusal> {
    let query = Query::of(call)?;
    let mut body = Body::of(call)?;
    let name = body.text("name");
    let name = body.required(name, "name").unwrap_or_default();
    let r#type = body.word("type", MergeType::WORDS, MergeType::read);
    let r#type = body.required(r#type, "type").unwrap_or(MergeType::Text);
    let tag = body.text("tag");
    let required = body.flag("required").unwrap_or(false);
    let choices = body
        .map("options")
        .map_or_else(Vec::new, |options| body.inner("options", options, |options| options.texts("choices").unwrap_or_default()));
    if tag.as_ref().is_some_and(|tag| tag.is_empty() || tag.chars().count() > limits::TAG_CHARS_MAX) {
        body.blame("tag", format!("A merge tag has 1 to {} characters", limits::TAG_CHARS_MAX));
    }
    let names = body.end()?;
    let mut state = service.state();
    let run = of_one(state.audience_mut(id)?, portion, |audience| {
        let merge_id = audience.merge_fields.iter().map(|field| field.merge_id).max().unwrap_or(0) + 1;
        // The tag that the vendor makes up when none is sent (inferred).
        let tag = tag.clone().unwrap_or_else(|| format!("MMERGE{merge_id}"));
        let new = NewMergeField { tag, name: name.clone(), r#type, required, choices: choices.clone() };
        let field = MergeField::new(merge_id, new);
        // The address has a tag as well.
        if field.tag == "EMAIL" || audience.merge_fields.iter().any(|known| known.tag == field.tag) {
            return Err(Refusal::invalid(format!("A Merge Field with the tag \"{}\" already exists for this list.", field.tag)));
        }
        if audience.merge_fields.len() >= service.options.merge_fields_max {
            return Err(Refusal::invalid(format!("An audience has at most {} merge fields.", service.options.merge_fields_max)));
        }
        let run = Run::one(field.shown(&audience.id), Vec::new());
        audience.merge_fields.push(field);
        Ok(run)
    })?;
    let mut reply = service.said(call, &query, run);
    unknown(&mut reply, call, names);
    Ok(reply)
}
