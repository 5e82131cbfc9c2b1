//! Static segments, which are tags by another name: found by name or made once; contacts of the audience get in one at a time and leave
//! by the batch.
//!
//! The batch request could add too, but it names neither strangers nor members: "rows neither in added nor in errors were unknown to the
//! audience or already in that state". The request for one contact tells them apart, 204 or 404, so additions are made by it. It goes by
//! the segment's name, so a run asks for that first; the id is what lasts.

use sluice_sdk::json::Writer;
use sluice_sdk::serde_json::json;
use sluice_sdk::{Call, Effect, Halt, Operation, Reason, Rows, Written};

use crate::contacts::IN_FLIGHT_MAX;
use crate::outcomes::{self, MAILCHIMP};
use crate::people;
use crate::settings::{SegmentsOptions, Settings};
use crate::wire::Segment;

/// Segments of a page, the most that Mailchimp gives.
const PAGE_SEGMENTS: usize = 1000;
/// Pages that are looked through. No audience has ten thousand tags; one that has is the operator's to tidy.
const PAGES_MAX: usize = 10;

/// The id of the static segment of the option's name, made if there is none. Mailchimp may change the case of a name.
pub(crate) fn setup(call: &Call<'_>) -> Result<Vec<u8>, Halt> {
    let options: SegmentsOptions = call.options()?;
    let id = match found(call, |segment| segment.name.to_lowercase() == options.segment.to_lowercase())? {
        Some(segment) => segment.id,
        None => made(call, &options.segment)?,
    };
    Ok(id.to_string().into_bytes())
}

/// For additions, the segment's present name.
pub(crate) fn prepare(call: &Call<'_>) -> Result<Vec<u8>, Halt> {
    let id: i64 = call.kept_number("a segment")?;
    if call.operation()? != Operation::Add || id == 0 {
        return Ok(Vec::new());
    }
    let segment = found(call, |segment| segment.id == id)?;
    let gone = || Halt::missing("the segment of this activation was deleted in Mailchimp: make another activation for a new one");
    segment.map(|segment| segment.name.into_bytes()).ok_or_else(gone)
}

/// The first static segment that `fits`, looked for page by page.
fn found(call: &Call<'_>, fits: impl Fn(&Segment) -> bool) -> Result<Option<Segment>, Halt> {
    let settings = Settings::of(call)?;
    for page in 0..PAGES_MAX {
        let offset = page * PAGE_SEGMENTS;
        let path = format!("/segments?type=static&count={PAGE_SEGMENTS}&offset={offset}&fields=segments.id,segments.name");
        let segments: Vec<Segment> = MAILCHIMP.of_read(settings.get(call, &path).send())?.read_member("segments")?;
        let last = segments.len() < PAGE_SEGMENTS;
        let found = segments.into_iter().find(&fits);
        if found.is_some() || last {
            return Ok(found);
        }
    }
    Err(Halt::config("the audience has more than 10,000 static segments (tags): delete some in Mailchimp"))
}

fn made(call: &Call<'_>, name: &str) -> Result<i64, Halt> {
    let body = Writer::of_tree(&json!({ "name": name, "static_segment": [] }));
    // A repeat could make a second one.
    let answer = Settings::of(call)?.write(call, "POST", "/segments", body).effect(Effect::Once).send();
    Ok(MAILCHIMP.of_read(answer)?.read::<Segment>()?.id)
}

/// Adds contacts to the segment, or takes them out of it.
pub(crate) fn write(call: &Call<'_>, rows: &Rows<'_>) -> Result<Written, Halt> {
    match call.operation()? {
        Operation::Add => add(call, rows),
        Operation::Remove => remove(call, rows),
        _ => Err(call.unsupported()),
    }
}

fn add(call: &Call<'_>, rows: &Rows<'_>) -> Result<Written, Halt> {
    let options: SegmentsOptions = call.options()?;
    let (settings, people) = (Settings::of(call)?, people::of(rows)?);
    let name = match std::str::from_utf8(call.state()) {
        // Before the first run there is no segment: a dry run shows the option's name.
        Ok("") => options.segment.as_str(),
        Ok(name) => name,
        Err(_) => return Err(Halt::contract("what `prepare` returned is not the name of a segment")),
    };
    let tag = json!({ "tags": [{ "name": name, "status": "active" }], "is_syncing": !options.start_automations });
    let body = Writer::of_tree(&tag);
    let request =
        |row: usize| Ok::<_, Reason>(settings.write(call, "POST", &format!("{}/tags", people::path(&people, row)?), body.clone()));
    call.each(rows.len(), IN_FLIGHT_MAX, request, |_, answer| outcomes::of_tag(answer))
}

fn remove(call: &Call<'_>, rows: &Rows<'_>) -> Result<Written, Halt> {
    let (settings, people) = (Settings::of(call)?, people::of(rows)?);
    let path = format!("/segments/{}?fields=errors,total_added,total_removed,error_count", call.kept_number::<i64>("a segment")?);
    let mut body = Writer::with_capacity(32 + rows.len() * 32);
    let email = |body: &mut Writer, row: usize| people::email(&people, row).map(|email| body.string(email));
    let places = body.item(|body| {
        body.name("members_to_remove");
        call.values(body, rows.len(), email)
    })?;
    places.send(settings.write(call, "POST", &path, body), |answer| outcomes::of_removal(&people, &places, answer))
}

#[cfg(test)]
mod tests;
