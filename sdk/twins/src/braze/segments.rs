//! `GET /segments/list`: 100 a page from page 0, oldest first unless `sort_direction=desc`; an empty page ends the list
//! (*Segment list*, read 2026-11).

use serde_json::{Value, json};

use super::{
    limits,
    options::Segment,
    service::{Service, message},
    subscription::query,
};
use crate::vendor::{Call, Reply};

pub(super) fn list(service: &Service, call: &Call) -> Reply {
    let query = match query(call) {
        Ok(query) => query,
        Err(reply) => return reply,
    };
    let get = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let Ok(page) = get("page").unwrap_or("0").parse::<usize>() else {
        return message(400, "'page' must be an integer of 0 or more");
    };
    let backwards = match get("sort_direction") {
        None | Some("asc") => false,
        Some("desc") => true,
        Some(_) => return message(400, "'sort_direction' must be 'asc' or 'desc'"),
    };
    let state = service.state();
    let ordered: Box<dyn Iterator<Item = &Segment>> =
        if backwards { Box::new(state.segments().iter().rev()) } else { Box::new(state.segments().iter()) };
    let segments: Vec<Value> = ordered
        .skip(page.saturating_mul(limits::SEGMENTS_PER_PAGE))
        .take(limits::SEGMENTS_PER_PAGE)
        .map(|s| json!({ "id": s.id, "name": s.name, "analytics_tracking_enabled": false, "tags": s.tags }))
        .collect();
    Reply::json(200, &json!({ "message": "success", "segments": segments }))
}
