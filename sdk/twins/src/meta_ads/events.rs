//! `POST /{dataset}/events` (*Conversions API*): one bad event refuses the whole request, and nothing of it is kept; the answer names the
//! field and not the event. What one event must be is `event`'s.

use serde_json::{Value, json};

use super::{
    access::sees,
    event, limits,
    service::Cx,
    words::{Refusal, answer, trace},
};
use crate::{ledger::Kind, log::Tally, vendor::Reply};

/// Parameters beside `data` (`AdsPixel`, edge `events`), which change nothing here.
const OTHERS: [&str; 9] = [
    "namespace_id",
    "partner_agent",
    "platforms",
    "progress",
    "trace",
    "upload_id",
    "upload_source",
    "upload_tag",
    "test_event_code",
];

pub(super) fn send(cx: &mut Cx<'_>, id: &str) -> Result<Reply, Refusal> {
    if !cx.state.datasets.contains_key(id) || !sees(cx.token, id) {
        return Err(Refusal::missing(cx.call.method.as_str(), id));
    }
    let data = cx.params.list("data")?.ok_or_else(|| Refusal::required("data"))?;
    let testing = cx.params.text("test_event_code")?.is_some();
    for name in OTHERS {
        cx.params.take(name);
    }
    if data.is_empty() || data.len() > limits::EVENTS_MAX {
        return Err(Refusal::parameter(format_args!("Param data must have 1 to {} events.", limits::EVENTS_MAX)));
    }
    let mut warnings = Vec::new();
    let mut events = Vec::with_capacity(data.len());
    for (at, item) in data.into_iter().enumerate() {
        // The vendor's description has a list of texts.
        let item = match item {
            Value::String(text) => text.parse().unwrap_or(Value::String(text)),
            item => item,
        };
        let (event, found) = event::read(item, cx.call.number, cx.call.now)?;
        warnings.extend(found.into_iter().map(|(code, place)| cx.call.warning(code, format!("data[{at}].{place}"))));
        events.push(event);
    }
    let size = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let received = events.len();
    let mut tally = Tally { objects: size(received), ..Tally::default() };
    let portion = cx.portion.of(received);
    let mut applied = Vec::new();
    let dataset = cx.state.datasets.get_mut(id).ok_or_else(|| Refusal::missing(cx.call.method.as_str(), id))?;
    for event in events.into_iter().take(portion) {
        if testing {
            dataset.test(event);
            tally.applied += 1;
            continue;
        }
        let kind = if event.name == "Purchase" { Kind::Purchase } else { Kind::Event };
        let entry = (kind, event.key.clone(), written(&event.data).into());
        if dataset.keep(event) {
            tally.applied += 1;
            applied.push(entry);
        } else {
            tally.ignored += 1;
        }
    }
    cx.service.ledger.append(cx.call.number, applied);
    let mut reply = answer(&json!({ "events_received": received, "messages": [], "fbtrace_id": trace(cx.call.number) }));
    reply.tally = tally;
    reply.warnings = warnings;
    Ok(reply)
}

/// The event without the person.
fn written(data: &Value) -> String {
    let mut data = data.clone();
    if let Some(event) = data.as_object_mut() {
        event.remove("user_data");
    }
    data.to_string()
}
