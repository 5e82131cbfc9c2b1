//! Fields that are asked for, and pages of a list: `data`, `paging.cursors`, and `paging.next` while there is more (the notes, "List").
//! A cursor holds the place of the last one shown. The next page's address has the token when the question had it there (inferred).

use serde_json::{Map, Value, json};

use super::{limits, params::Params, words::Refusal};
use crate::vendor::Call;

/// `fields` of a question: those that the node shows when nothing is asked, or the ones asked for and `id`.
pub(super) fn fields(params: &mut Params, node: &str, known: &[&str], shown_always: &[&str]) -> Result<Vec<String>, Refusal> {
    let Some(asked) = params.text("fields")? else { return Ok(shown_always.iter().map(|name| (*name).to_owned()).collect()) };
    let mut names = vec!["id".to_owned()];
    for name in asked.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        if !known.contains(&name) {
            let what = format_args!("Tried accessing nonexisting field ({name}) on node type ({node})").to_string();
            return Err(Refusal::parameter(what));
        }
        names.push(name.to_owned());
    }
    Ok(names)
}

pub(super) fn pick(shown: Map<String, Value>, fields: &[String]) -> Value {
    shown.into_iter().filter(|(name, _)| fields.contains(name)).collect::<Map<_, _>>().into()
}

/// One page of objects, which are in the order of their ids.
pub(super) fn page(call: &Call, params: &mut Params, rows: Vec<(String, Value)>) -> Result<Value, Refusal> {
    let limit = match params.whole("limit")? {
        None => limits::PAGE_DEFAULT,
        Some(0) => return Err(Refusal::parameter("Param limit must be a positive integer.")),
        Some(limit) => usize::try_from(limit).unwrap_or(usize::MAX).min(limits::PAGE_MAX),
    };
    let after =
        params.text("after")?.map(|cursor| place(&cursor).ok_or_else(|| Refusal::parameter("Invalid cursor"))).transpose()?;
    let before =
        params.text("before")?.map(|cursor| place(&cursor).ok_or_else(|| Refusal::parameter("Invalid cursor"))).transpose()?;
    let mut rows: Vec<_> = rows
        .into_iter()
        .filter(|(id, _)| after.as_ref().is_none_or(|after| id > after) && before.as_ref().is_none_or(|before| id < before))
        .collect();
    // The page before a place is the last one of those before it.
    let from = if before.is_some() { rows.len().saturating_sub(limit) } else { 0 };
    let more_before = after.is_some() || from > 0;
    rows.drain(..from);
    let more = before.is_some() || rows.len() > limit;
    rows.truncate(limit);
    let mut answer = json!({ "data": rows.iter().map(|(_, row)| row.clone()).collect::<Vec<_>>() });
    if let (Some((first, _)), Some((last, _))) = (rows.first(), rows.last()) {
        let (first, last) = (cursor(first), cursor(last));
        answer["paging"] = json!({ "cursors": { "before": first, "after": last } });
        if more {
            answer["paging"]["next"] = link(call, "after", &last).into();
        }
        if more_before {
            answer["paging"]["previous"] = link(call, "before", &first).into();
        }
    }
    Ok(answer)
}

/// This question with another cursor.
fn link(call: &Call, name: &str, cursor: &str) -> String {
    let host = call.headers.get(http::header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("graph.facebook.com");
    // Only this machine is asked without TLS.
    let here = ["127.0.0.1", "[::1]", "localhost"].iter().any(|local| host.starts_with(local));
    let is_cursor = |piece: &&str| piece.starts_with("after=") || piece.starts_with("before=");
    let pieces = call.query.as_deref().unwrap_or_default().split('&').filter(|piece| !piece.is_empty() && !is_cursor(piece));
    let query: String = pieces.map(|piece| format!("{piece}&")).collect();
    format!("{}://{host}{}?{query}{name}={cursor}", if here { "http" } else { "https" }, call.path)
}

fn cursor(id: &str) -> String {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    URL_SAFE_NO_PAD.encode(id)
}

fn place(cursor: &str) -> Option<String> {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()
}
