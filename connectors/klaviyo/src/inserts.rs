//! New profiles, a request for each: an import would change whom it knows, and this request refuses them. Nobody who is there is touched.
//!
//! `POST /api/profiles` of Klaviyo's description (klaviyo/openapi at f0a30ba of 2026-07-23, read 2026-11-27): 201, or 409 where the
//! profile is there. So is one whose request was repeated because its answer was lost: it reads the same.

use std::cell::RefCell;

use sluice_sdk::json::Writer;
use sluice_sdk::{Call, Effect, Halt, Outcome, Reason, Request, Written, code};

use crate::attributes::Attributes;
use crate::jobs::{PROFILE_BYTES_MAX, too_large};
use crate::people::{Kind, People};
use crate::wire::PROFILES;
use crate::{api, outcomes};

/// Requests under way at once: 12 a second are all that the account may send for long (700 a minute), and eight of half a second are more.
const IN_FLIGHT_MAX: u32 = 8;

/// Makes the profiles of a batch that Klaviyo does not have.
pub(crate) fn send(call: &Call<'_>, people: &People<'_>, attributes: &Attributes<'_>) -> Result<Written, Halt> {
    let (again, there) = (people.again(), RefCell::new(Vec::new()));
    let request = |row: usize| match again.get(&(row as u32)) {
        Some(outcome) => Err(outcome.clone()),
        None => made(call, people, attributes, row),
    };
    let read = |row: usize, answer| {
        let (outcome, note) = outcomes::of_new(answer)?;
        there.borrow_mut().extend(note.map(|note| (row as u32, note)));
        Ok(outcome)
    };
    let mut written = call.each(people.len(), IN_FLIGHT_MAX, request, read)?;
    written.receipt.notes.extend(there.into_inner());
    Ok(written)
}

/// The request of a row, or what becomes of a row that has none.
fn made<'a>(call: &Call<'a>, people: &People<'_>, attributes: &Attributes<'_>, row: usize) -> Result<Request<'a>, Outcome> {
    // Klaviyo gives ids itself, and takes none of a new profile.
    if people.named(row)?.any(|(identifier, _)| identifier.kind == Kind::Id) {
        let message = "whom Klaviyo has given an id is there already, and only new profiles are made";
        return Err(Outcome::Skipped(Reason::new(code::ROW_REFUSED, message).field(Kind::Id.name())));
    }
    let mut body = Writer::with_capacity(512);
    body.begin_object();
    body.name("data");
    body.begin_object();
    people.begin(&mut body, row, None)?;
    attributes.close(&mut body, row)?;
    body.end_object();
    body.end_object();
    if body.len() > PROFILE_BYTES_MAX {
        return Err(too_large().into());
    }
    // The second time it is answered otherwise, so who repeats it has to know.
    Ok(api::write(call, "POST", PROFILES, "profiles", body.into_bytes()).effect(Effect::Once))
}

#[cfg(test)]
mod tests;
