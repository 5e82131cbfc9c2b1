//! Members of the platform's segments: page by page, or for `file-…` from a zipped file that the platform makes first.

use sluice_sdk::json::Writer;
use sluice_sdk::serde_json::Value;
use sluice_sdk::{Call, Effect, Halt, MemberLines, Members, MembersPage, Packing, SegmentPlace, status};

use crate::{BASE, BULK};

const IDENTIFIERS: &[&str] = &["id"];

pub(crate) fn members(call: &Call<'_>, place: SegmentPlace<'_>) -> Result<MembersPage, Halt> {
    if place.segment.starts_with("file-") { from_file(call, place) } else { from_pages(call, place) }
}

fn from_pages(call: &Call<'_>, place: SegmentPlace<'_>) -> Result<MembersPage, Halt> {
    let after = String::from_utf8_lossy(place.cursor.unwrap_or_default());
    let url = format!("{BASE}/segments/{}/members?after={after}", place.segment);
    let said: Value = status::of_read(&BULK, call.get(url).send())?.json().map_err(Halt::Unavailable)?;
    let mut members = Members::by(IDENTIFIERS);
    said["ids"].as_array().into_iter().flatten().filter_map(Value::as_str).for_each(|id| members.push(0, id));
    Ok(members.page(said["next"].as_str().map(|next| next.as_bytes().to_vec())))
}

fn from_file(call: &Call<'_>, place: SegmentPlace<'_>) -> Result<MembersPage, Halt> {
    let lines = match place.cursor {
        Some(cursor) => MemberLines::at(cursor)?,
        None => exported(call, place.segment)?,
    };
    lines.page(call, IDENTIFIERS, |_| 0)
}

/// Has the file made, and waits until it is there.
fn exported(call: &Call<'_>, segment: &str) -> Result<MemberLines, Halt> {
    let Some(export) = call.resume() else {
        let request = call.post(format!("{BASE}/segments/{segment}/export")).effect(Effect::Repeatable);
        let said: Value = status::of_read(&BULK, request.json(Writer::default()).send())?.json().map_err(Halt::Unavailable)?;
        let export = said["export"].as_str().ok_or_else(|| Halt::unavailable("Bulk names no export"))?;
        return Err(Halt::later(export.as_bytes().to_vec(), 100, 60_000));
    };
    let url = format!("{BASE}/exports/{}", String::from_utf8_lossy(export));
    match call.get(url).answer_to_spool(10_000_000).unpack(Packing::Zip).send() {
        Ok(answer) if answer.status() == 404 => Err(Halt::later(export.to_vec(), 100, 60_000)),
        answer => MemberLines::of(&status::of_read(&BULK, answer)?),
    }
}
