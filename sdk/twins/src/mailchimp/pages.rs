//! Members read back, page by page: of a segment (*Remote segment*) and of an audience (*Step 1*: "read existing members first").
//! Ordered by address (inferred), so that a page does not depend on what was written in between elsewhere.

use serde_json::{Value, json};

use super::{
    audience::Audience,
    member::{Member, Status},
    query::Query,
    segments::found,
    service::Service,
    words::Refusal,
};
use crate::vendor::{Call, Reply};

/// "Without the include flags only subscribed members come back." No flag brings the pending or the archived (inferred).
pub(super) fn of_segment(service: &Service, call: &Call, id: &str, segment: &str) -> Result<Reply, Refusal> {
    let query = Query::of(call)?;
    let (cleaned, unsubscribed) = (query.flag("include_cleaned")?, query.flag("include_unsubscribed")?);
    let transactional = query.flag("include_transactional")?;
    let state = service.state();
    let audience = state.audience(id)?;
    let segment = found(audience, segment)?;
    let asked = |member: &Member| match member.status {
        Status::Subscribed => true,
        Status::Unsubscribed => unsubscribed,
        Status::Cleaned => cleaned,
        Status::Transactional => transactional,
        Status::Pending | Status::Archived => false,
    };
    let members = segment.members.iter().filter(|email| audience.members.get(*email).is_some_and(asked));
    page(call, &query, audience, members.collect())
}

/// Everybody of the audience but the archived, or those of one status (the vendor's description; which ones come when nothing is said
/// is inferred).
pub(super) fn of_audience(service: &Service, call: &Call, id: &str) -> Result<Reply, Refusal> {
    let query = Query::of(call)?;
    let wanted = match query.get("status") {
        None => None,
        Some("archived") => Some(Status::Archived),
        Some(word) => Some(
            Status::read(word)
                .ok_or_else(|| Refusal::field("status", format!("Value must be one of: {}, archived", Status::WORDS)))?,
        ),
    };
    let state = service.state();
    let audience = state.audience(id)?;
    let asked = |member: &Member| wanted.map_or(member.status != Status::Archived, |wanted| member.status == wanted);
    let members = audience.members.iter().filter(|(_, member)| asked(member)).map(|(email, _)| email);
    page(call, &query, audience, members.collect())
}

fn page(call: &Call, query: &Query, audience: &Audience, members: Vec<&String>) -> Result<Reply, Refusal> {
    let (count, offset) = query.page()?;
    let page: Vec<Value> = members.iter().skip(offset).take(count).map(|email| audience.shown(email)).collect();
    let answer = json!({ "members": page, "list_id": audience.id, "total_items": members.len() });
    let mut reply = Reply::json(200, &query.reduce(answer));
    // "keep page size 500-1,000": ten at a time is what comes when nobody thought of it.
    if query.get("count").is_none() {
        reply.warnings.push(call.warning("default-count", "count"));
    }
    Ok(reply)
}
