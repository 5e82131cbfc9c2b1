//! Rehearsal: Braze exports a segment into a file that lies behind a signed address some minutes later.
//!
//! What it tries of the contract: membership, waiting as a ticket, a linked host without credentials, an answer into the spool that
//! the host unpacks (`unpack = zip`: a deflated stream cannot be entered in the middle by another instance), a cursor into the spool.

use sluice_sdk::json::Writer;
use sluice_sdk::serde_json::{self, Value};
use sluice_sdk::spool::Lines;
use sluice_sdk::status::{self, Reset, Vendor};
use sluice_sdk::{
    Call, Destination, Effect, Halt, Members, MembersPage, Membership, Packing, Rows, SegmentPlace, Written, connected,
};

const BRAZE: Vendor = Vendor { name: "Braze", reset: Reset::EpochSeconds("x-ratelimit-reset") };
const POLL_AFTER_MS: u32 = 60_000;
const GIVE_UP_AFTER_MS: u64 = 4 * 3_600_000;
const FILE_BYTES_MAX: u32 = u32::MAX;
const LINE_BYTES_MAX: usize = 64 * 1024;
const PAGE_ROWS: usize = 5_000;

/// The connector.
#[derive(Debug)]
pub struct Export;

impl Destination for Export {
    fn check(call: &Call<'_>) -> Result<String, Halt> {
        let url = format!("{}/segments/list?page=0", base(call));
        status::of_read(&BRAZE, call.get(url).credential("rest_api_key").send())?;
        Ok(connected("Connected.", &[]))
    }

    fn write(call: &Call<'_>, _rows: &Rows<'_>) -> Result<Written, Halt> {
        Err(call.unsupported())
    }
}

impl Membership for Export {
    fn members(call: &Call<'_>, place: SegmentPlace<'_>) -> Result<MembersPage, Halt> {
        if let Some(cursor) = place.cursor {
            let (id, offset) = read_cursor(cursor).ok_or_else(|| Halt::contract("the cursor is not one of this connector"))?;
            return page(call, id, offset);
        }
        let Some(link) = call.resume() else { return Err(start(call, place.segment)?) };
        let link = String::from_utf8_lossy(link).into_owned();
        let answer = call.get(link.clone()).answer_to_spool(FILE_BYTES_MAX).unpack(Packing::Zip).send();
        // The storage answers 403 or 404 until the file is there.
        match answer {
            Ok(answer) if matches!(answer.status(), 403 | 404) => Err(Halt::later(link.into(), POLL_AFTER_MS, GIVE_UP_AFTER_MS)),
            answer => match status::of_read(&BRAZE, answer)?.spool() {
                Some(id) => page(call, id, 0),
                None => Err(Halt::contract("the host did not spool the file")),
            },
        }
    }
}

/// Asks for the export; the halt to wait with.
fn start(call: &Call<'_>, segment: &str) -> Result<Halt, Halt> {
    let mut body = Writer::default();
    body.begin_object();
    body.name("segment_id");
    body.string(segment);
    body.name("fields_to_export");
    body.raw(r#"["external_id"]"#);
    body.end_object();
    let request = call.post(format!("{}/users/export/segment", base(call))).credential("rest_api_key");
    let said: Value =
        status::of_read(&BRAZE, request.effect(Effect::Repeatable).json(body).send())?.json().map_err(Halt::Unavailable)?;
    let link = said["url"].as_str().ok_or_else(|| Halt::config("Braze writes exports of this workspace to its own storage"))?;
    Ok(Halt::later(link.as_bytes().to_vec(), POLL_AFTER_MS, GIVE_UP_AFTER_MS))
}

fn page(call: &Call<'_>, id: u64, offset: u64) -> Result<MembersPage, Halt> {
    let mut lines = Lines::new(call, id, offset, LINE_BYTES_MAX);
    let mut members = Members::by(&["external_id"]);
    while let Some(line) = lines.next_line()? {
        let user: Value = serde_json::from_slice(&line).map_err(|_| Halt::contract("a line of the export is not JSON"))?;
        if let Some(external_id) = user["external_id"].as_str() {
            members.push(0, external_id);
        }
        if members.len() == PAGE_ROWS {
            return Ok(members.page(Some(format!("{id} {}", lines.offset()).into_bytes())));
        }
    }
    Ok(members.page(None))
}

fn read_cursor(cursor: &[u8]) -> Option<(u64, u64)> {
    let (id, offset) = std::str::from_utf8(cursor).ok()?.split_once(' ')?;
    Some((id.parse().ok()?, offset.parse().ok()?))
}

/// The operator's host arrives as an attribute of the task: it belongs to the grant, not to the settings.
fn base(call: &Call<'_>) -> String {
    format!("https://{}", call.attr("operator-host").unwrap_or_default())
}

sluice_sdk::export_destination_with_membership!(Export);
