//! Members of the platform's segments: page by page, or for `file-…` from a zipped file that the platform makes first.

use sluice_sdk::contract::{Batch, Field};
use sluice_sdk::json::Writer;
use sluice_sdk::serde_json::Value;
use sluice_sdk::spool::Lines;
use sluice_sdk::{Call, ColumnBuilder, Effect, Halt, MembersPage, Packing, PhysicalType, SegmentPlace, Value as Cell, status};

use crate::{BASE, BULK};

const LINE_BYTES_MAX: usize = 1_024;
const PAGE_ROWS: usize = 1_000;

pub(crate) fn members(call: &Call<'_>, place: SegmentPlace<'_>) -> Result<MembersPage, Halt> {
    if place.segment.starts_with("file-") { from_file(call, place) } else { from_pages(call, place) }
}

fn from_pages(call: &Call<'_>, place: SegmentPlace<'_>) -> Result<MembersPage, Halt> {
    let after = String::from_utf8_lossy(place.cursor.unwrap_or_default());
    let url = format!("{BASE}/segments/{}/members?after={after}", place.segment);
    let said: Value = status::of_read(&BULK, call.get(url).send())?.json().map_err(Halt::Unavailable)?;
    let ids = said["ids"].as_array().into_iter().flatten().filter_map(Value::as_str);
    Ok(page(ids, said["next"].as_str().map(|next| next.as_bytes().to_vec())))
}

fn page<'a>(all: impl Iterator<Item = &'a str>, next: Option<Vec<u8>>) -> MembersPage {
    let mut ids = ColumnBuilder::new(PhysicalType::Utf8);
    for id in all {
        ids.push(Some(Cell::Text(id)));
    }
    let schema = vec![Field::new("id", PhysicalType::Utf8).with("role", "identifier").with("identifier", "id")];
    MembersPage { schema, members: Batch { rows: ids.len() as u32, columns: vec![ids.finish()] }, next }
}

/// The cursor is the spool and the place in it.
fn from_file(call: &Call<'_>, place: SegmentPlace<'_>) -> Result<MembersPage, Halt> {
    if let Some(cursor) = place.cursor {
        let text = String::from_utf8_lossy(cursor);
        let found = text.split_once(' ').and_then(|(id, offset)| Some((id.parse().ok()?, offset.parse().ok()?)));
        let (id, offset) = found.ok_or_else(|| Halt::contract("the cursor is not one of this connector"))?;
        return lines(call, id, offset);
    }
    let Some(export) = call.resume() else {
        let request = call.post(format!("{BASE}/segments/{}/export", place.segment)).effect(Effect::Repeatable);
        let said: Value = status::of_read(&BULK, request.json(Writer::default()).send())?.json().map_err(Halt::Unavailable)?;
        let export = said["export"].as_str().ok_or_else(|| Halt::unavailable("Bulk names no export"))?;
        return Err(Halt::later(export.as_bytes().to_vec(), 100, 60_000));
    };
    let url = format!("{BASE}/exports/{}", String::from_utf8_lossy(export));
    let answer = call.get(url).answer_to_spool(10_000_000).unpack(Packing::Zip).send();
    match answer {
        Ok(answer) if answer.status() == 404 => Err(Halt::later(export.to_vec(), 100, 60_000)),
        answer => match status::of_read(&BULK, answer)?.spool() {
            Some(id) => lines(call, id, 0),
            None => Err(Halt::contract("the host did not spool the file")),
        },
    }
}

fn lines(call: &Call<'_>, id: u64, offset: u64) -> Result<MembersPage, Halt> {
    let mut lines = Lines::new(call, id, offset, LINE_BYTES_MAX);
    let mut ids: Vec<String> = Vec::new();
    let mut next = None;
    while let Some(line) = lines.next_line()? {
        ids.push(String::from_utf8_lossy(&line).into_owned());
        if ids.len() == PAGE_ROWS {
            next = Some(format!("{id} {}", lines.offset()).into_bytes());
            break;
        }
    }
    Ok(page(ids.iter().map(String::as_str), next))
}
