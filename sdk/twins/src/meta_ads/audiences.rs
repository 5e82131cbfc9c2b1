//! Audiences made, listed, looked at and deleted (the notes, "Setup objects"), and the sessions of one. What the twin makes is a customer
//! file; other subtypes are refused. Datasets are looked at by the same path.

use serde_json::{Value, json};

use super::{
    access::sees,
    audience::{Audience, FIELDS},
    enums::{FILE_SOURCES, SUBTYPES},
    fields::{fields, page, pick},
    limits,
    service::Cx,
    words::{Refusal, answer},
};
use crate::{
    ledger::Kind,
    vendor::{Part, Reply},
};

const NODE: &str = "CustomAudience";
const DATASET_FIELDS: [&str; 3] = ["id", "name", "is_consolidated_container"];

/// `GET /act_{id}/customaudiences`.
pub(super) fn all(cx: &mut Cx<'_>, account: &str) -> Result<Reply, Refusal> {
    let asked = fields(cx.params, NODE, &FIELDS, &["id"])?;
    cx.state.account(cx.call, cx.token, account)?;
    let rows = cx.state.audiences_of(account).map(|audience| (audience.id.clone(), pick(audience.shown(), &asked))).collect();
    Ok(answer(&page(cx.call, cx.params, rows)?))
}

/// `GET /{id}` of an audience or of a dataset.
pub(super) fn show(cx: &mut Cx<'_>, id: &str) -> Result<Reply, Refusal> {
    if let Some(dataset) = cx.state.datasets.get(id).filter(|_| sees(cx.token, id)) {
        let asked = fields(cx.params, "AdsPixel", &DATASET_FIELDS, &["id"])?;
        let shown =
            json!({ "id": id, "name": dataset.info.name, "is_consolidated_container": dataset.info.is_consolidated_container });
        return Ok(answer(&pick(shown.as_object().cloned().unwrap_or_default(), &asked)));
    }
    let audience = cx.state.audience(cx.call, cx.token, id)?;
    let asked = fields(cx.params, NODE, &FIELDS, &["id"])?;
    Ok(answer(&pick(audience.shown(), &asked)))
}

/// `POST /act_{id}/customaudiences`.
pub(super) fn create(cx: &mut Cx<'_>, account: &str) -> Result<Reply, Refusal> {
    let name = cx.params.need("name")?;
    let subtype = one_of(cx, "subtype", &SUBTYPES)?.ok_or_else(|| Refusal::required("subtype"))?;
    let source = one_of(cx, "customer_file_source", &FILE_SOURCES)?;
    let description = cx.params.text("description")?.unwrap_or_default();
    let retention_days = cx.params.whole("retention_days")?;
    let is_value_based = cx.params.flag("is_value_based")?.unwrap_or(false);
    if subtype != "CUSTOM" {
        return Err(Refusal::parameter(format_args!("Param subtype {subtype} is none of a customer file.")));
    }
    let Some(source) = source else { return Err(Refusal::required("customer_file_source")) };
    if retention_days.is_some_and(|days| days == 0 || days > limits::RETENTION_DAYS_MAX) {
        return Err(Refusal::parameter(format_args!("Param retention_days must be 1 to {}.", limits::RETENTION_DAYS_MAX)));
    }
    let terms_accepted = cx.state.account(cx.call, cx.token, account)?.terms_accepted;
    if !terms_accepted {
        return Err(Refusal::terms(cx.service.options.terms_subcode, account));
    }
    if cx.state.audiences_of(account).count() >= limits::AUDIENCES_MAX {
        let most = limits::AUDIENCES_MAX;
        return Err(Refusal::parameter(format_args!("An ad account has at most {most} custom audiences of customer files.")));
    }
    let taken = cx.state.audiences_of(account).any(|audience| audience.name == name);
    let id = format!("2385{:013}", cx.state.audiences_made + 1);
    let mut reply = answer(&json!({ "id": id }));
    if taken {
        reply.warnings.push(cx.call.warning("audience-name-twice", "name"));
    }
    if cx.portion.part == Part::All {
        cx.state.audiences_made += 1;
        let made = Audience::new(id.clone(), account.to_owned(), name, cx.call.now);
        let audience = Audience { description, customer_file_source: Some(source), retention_days, is_value_based, ..made };
        let text = json!({ "name": audience.name, "account": account }).to_string();
        cx.service.ledger.append(cx.call.number, [(Kind::List, id.clone(), text.into())]);
        cx.state.audiences.insert(id, audience);
    }
    Ok(reply)
}

fn one_of(cx: &mut Cx<'_>, name: &str, words: &[&str]) -> Result<Option<String>, Refusal> {
    let said = cx.params.text(name)?;
    match said {
        Some(said) if !words.contains(&said.as_str()) => {
            Err(Refusal::parameter(format_args!("Param {name} must be one of {{{}}}", words.join(", "))))
        }
        said => Ok(said),
    }
}

/// `DELETE /{id}`.
pub(super) fn delete(cx: &mut Cx<'_>, id: &str) -> Result<Reply, Refusal> {
    cx.state.audience(cx.call, cx.token, id)?;
    if cx.portion.part == Part::All
        && let Some(audience) = cx.state.audiences.get_mut(id)
    {
        audience.deleted = true;
        audience.replacing = None;
        let text = json!({ "deleted": true }).to_string();
        cx.service.ledger.append(cx.call.number, [(Kind::List, id.to_owned(), text.into())]);
    }
    Ok(answer(&json!({ "success": true })))
}

/// `GET /{id}/sessions`.
pub(super) fn sessions(cx: &mut Cx<'_>, id: &str) -> Result<Reply, Refusal> {
    let wanted = cx.params.whole("session_id")?;
    cx.state.audience(cx.call, cx.token, id)?;
    let of = cx.state.sessions.values().filter(|session| session.audience == id);
    let shown: Vec<Value> = of.filter(|session| wanted.is_none_or(|id| session.id == id)).map(|session| session.shown()).collect();
    Ok(answer(&json!({ "data": shown })))
}
