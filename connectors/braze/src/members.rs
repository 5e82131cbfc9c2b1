//! Members of a segment, for remote segments: Braze writes them into a file of its storage, minutes later, and names the file at once.
//! "Export: users by segment" of braze.com/docs/api, read 2026-11.
//!
//! A ZIP of text files, one user a line; the host unpacks it on its way into the spool, and the pages are read from there.

use sluice_sdk::json::Writer;
use sluice_sdk::{Call, Effect, Halt, MemberLines, MembersPage, Packing, SegmentPlace, code, serde_json, status};

use crate::outcomes::{self, BRAZE};
use crate::settings::Settings;
use crate::wire::{EXPORT_SEGMENT, Exported, Member};

/// What Braze is asked for, and the identifiers that a member goes by.
const IDENTIFIERS: [&str; 4] = ["external_id", "email", "phone", "braze_id"];
/// Between two looks for the file: "may take minutes".
const LOOK_AFTER_MS: u32 = 30_000;
/// "Over an hour for tens of millions of users".
const GIVE_UP_AFTER_MS: u64 = 4 * 3_600_000;
/// Bytes of the unpacked file: 20 million users (the host's limit) of some 200 bytes.
const FILE_BYTES_MAX: u32 = u32::MAX;
/// Bytes of a user with four identifiers.
const LINE_BYTES_MAX: usize = 16 * 1024;

/// One page. The first call asks for the file and waits for it.
pub(crate) fn page(call: &Call<'_>, place: SegmentPlace<'_>) -> Result<MembersPage, Halt> {
    match (place.cursor, call.resume()) {
        (Some(cursor), _) => of_file(call, MemberLines::at(cursor)?),
        (None, None) => Err(asked(call, place.segment)?),
        (None, Some(link)) => {
            let link = String::from_utf8_lossy(link).into_owned();
            let request = call.get(link.clone()).effect(Effect::Read).answer_to_spool(FILE_BYTES_MAX);
            match request.unpack(Packing::Zip).send() {
                // 403 or 404 until the file is there (inferred).
                Ok(answer) if matches!(answer.status(), 403 | 404) => Err(later(link)),
                answer => of_file(call, MemberLines::of(&status::of_read(&BRAZE, answer)?)?),
            }
        }
    }
}

fn later(link: String) -> Halt {
    Halt::later(link.into_bytes(), LOOK_AFTER_MS, GIVE_UP_AFTER_MS)
}

/// Asks for the export; the halt to wait with.
fn asked(call: &Call<'_>, segment: &str) -> Result<Halt, Halt> {
    let mut body = Writer::default();
    body.item(|body| {
        body.member("segment_id", segment);
        body.array("fields_to_export", |body| IDENTIFIERS.iter().for_each(|name| body.string(name)));
        body.member("output_format", "zip");
    });
    let url = Settings::of(call)?.url(EXPORT_SEGMENT)?;
    let request = call.post(url).credential("rest_api_key").pace("general").effect(Effect::Repeatable);
    let answer = match request.json(body).send() {
        // "Second call for the same segment is a 400/429 (inferred)": of a 400, only one that names the member is about the id.
        Ok(answer) if answer.status() == 400 && !answer.looks_like_a_page() => {
            return Err(if outcomes::says(&answer, "segment_id") {
                Halt::Missing(answer.reason(code::DEST_OBJECT_MISSING, "Braze does not know the segment: is its id right?"))
            } else {
                let message = "Braze does not export the segment now: one export of a segment runs at a time";
                Halt::Unavailable(answer.reason(code::DEST_UNAVAILABLE, message))
            });
        }
        answer => status::of_read(&BRAZE, answer)?,
    };
    let exported: Exported = answer.read()?;
    let link = exported.url.ok_or_else(|| {
        let bucket = "Braze writes exports of this workspace to a bucket of your own, where Sluice cannot read them: take the storage credentials away in Braze (Partner integrations)";
        Halt::config(bucket)
    })?;
    Ok(later(link))
}

fn of_file(call: &Call<'_>, from: MemberLines) -> Result<MembersPage, Halt> {
    from.page_of(call, &IDENTIFIERS, LINE_BYTES_MAX, |members, line| {
        let member = serde_json::from_slice(line.as_bytes()).map_err(|_| Halt::protocol("a line of the export is not a user"))?;
        let Member { external_id, email, phone, braze_id } = member;
        members.push_known(&[external_id.as_deref(), email.as_deref(), phone.as_deref(), braze_id.as_deref()]);
        Ok(())
    })
}
