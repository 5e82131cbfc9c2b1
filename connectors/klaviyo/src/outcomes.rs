//! Status, code and pointer -> outcome.
//!
//! "Rate limits, status codes, and errors" (developers.klaviyo.com/en/docs/rate_limits_and_error_handling, read 2026-11). What the table
//! does not name is the kit's ordinary case: 401 auth, 403 permission, 404 missing, 413 split, 429 throttled until `Retry-After`,
//! 5xx and silence unknown. A job refuses a bad profile by its position, and takes none of the others.

use std::collections::BTreeMap;

use sluice_sdk::status::{Ended, RowEnd};
use sluice_sdk::{ByPlace, Codes, Failure, Halt, Means, Outcome, Places, Reason, Receipts, Response, Written, code};

use crate::people::KNOWN;
use crate::wire::{DATA, Fault, PROFILE, Refusal, Resource};

/// A 429 has `Retry-After`, and none of the headers that a success has.
pub(crate) const KLAVIYO: Codes = Codes { own, lines: CODES, of_rows: &[400, 409], ..Codes::of("Klaviyo") };

/// Codes of refusals and their meaning; nothing was written then.
const CODES: &[(&str, Means)] = &[
    // 400
    ("invalid", Means::BadRows(code::ROW_REFUSED)),
    // 401
    ("not_authenticated", Means::Key("Klaviyo does not know the key: it is a private one (`pk_…`), of this account")),
    // 409
    (DUPLICATE, Means::BadRows(code::IDENTIFIER_INVALID)),
    // 410, whatever its code
    (RETIRED, Means::Setup("Klaviyo has retired the revision 2026-07-15 of its API: a newer version of the connector is needed")),
];

const RETIRED: &str = "410";
const DUPLICATE: &str = "duplicate_profile";

fn own(answer: &Response) -> Option<String> {
    match answer.status() {
        410 => Some(RETIRED.to_owned()),
        _ => Some(answer.json::<Refusal>().ok()?.faults().next()?.code().to_owned()),
    }
}

/// Where a profile stands in the body of a job.
const PROFILES: &str = "/data/attributes/profiles/data/";

/// Rows that a refusal names by their position in the job; empty where it names none.
pub(crate) fn named(places: &Places, answer: &Response) -> BTreeMap<u32, Outcome> {
    let refusal = (answer.status() == 400).then(|| answer.json::<Refusal>().ok()).flatten();
    let mut said = ByPlace::new(places);
    for fault in refusal.iter().flat_map(Refusal::faults) {
        let (index, rest) = split(fault.pointer().and_then(|pointer| pointer.strip_prefix(PROFILES)).unwrap_or_default());
        said.say(index.parse().ok(), refused(fault, rest));
    }
    said.rows()
}

fn split(pointer: &str) -> (&str, &str) {
    pointer.split_once('/').unwrap_or((pointer, ""))
}

/// A profile that is refused, by where in it the fault is: `attributes/email`, `attributes/properties/ltv`.
fn refused(fault: Fault<'_>, pointer: &str) -> Reason {
    let field = pointer.strip_prefix("attributes/").unwrap_or_default().trim_end_matches('/');
    let reason = match field {
        "" => Reason::new(code::ROW_REFUSED, "Klaviyo refuses the profile"),
        _ if KNOWN.iter().any(|known| known.name == field) => {
            Reason::new(code::IDENTIFIER_INVALID, "Klaviyo does not take the identifier").field(field)
        }
        _ => {
            let name = field.strip_prefix("properties/").map_or_else(|| field.replace('/', "."), str::to_owned);
            Reason::new(code::DEST_FIELD_INVALID, "Klaviyo does not take the value of the field").field(&name)
        }
    };
    reason.vendor(fault.code()).said(fault.detail())
}

/// A profile that an import, or a request of its own, did not take.
pub(crate) fn not_taken(fault: Fault<'_>) -> Outcome {
    let pointer = fault.pointer().unwrap_or_default();
    let within = pointer.strip_prefix(PROFILES).map(|rest| split(rest).1).or(pointer.strip_prefix("/data/"));
    Outcome::Rejected(refused(fault, within.unwrap_or_default()))
}

/// A write of one request: an answer of the status that Klaviyo promises is left to read. Another success is not Klaviyo's.
pub(crate) fn of_write(promised: u16, answer: Result<Response, Failure>) -> Result<Response, Ended> {
    if let Ok(answer) = &answer
        && let Some((Means::BadRows(_), own)) = KLAVIYO.meaning(answer)
        && of_no_row(answer)
    {
        let message = "Klaviyo refuses the request, and no row of it: perhaps the list is gone";
        return Err(Ended::Halt(Halt::Config(answer.reason(code::DEST_CONFIG, message).vendor(&own))));
    }
    match KLAVIYO.of_write(answer)? {
        answer if answer.status() == promised => Ok(answer),
        answer => Err(Ended::Written(Receipts::in_doubt(stranger(&answer)).written())),
    }
}

/// A refusal that points at the request as a whole (`/data`) or at its list (`/data/relationships/…`), and at nothing in it. One that points
/// nowhere may be about any row.
fn of_no_row(answer: &Response) -> bool {
    let of_row = |pointer: &str| pointer.starts_with("/data/") && !pointer.starts_with("/data/relationships");
    let Ok(refusal) = answer.json::<Refusal>() else { return false };
    let mut pointers = refusal.faults().filter_map(Fault::pointer).peekable();
    pointers.peek().is_some() && !pointers.any(of_row)
}

fn stranger(answer: &Response) -> Reason {
    answer.reason(code::DEST_PROTOCOL, "a success that Klaviyo does not have for this request")
}

/// A write that Klaviyo answers for as a whole, without a word.
pub(crate) fn of_all(places: &Places, promised: u16, answer: Result<Response, Failure>) -> Result<Written, Halt> {
    places.answered(of_write(promised, answer), |_| Ok(Receipts::accepted()))
}

/// The making of one profile: what becomes of its row, and what is noted of one that was there. That is well, as the row has what an
/// insert is for.
pub(crate) fn of_new(answer: Result<Response, Failure>) -> Result<(Outcome, Option<Reason>), RowEnd> {
    let answer = KLAVIYO.of_row(answer)?;
    match answer.status() {
        201 => match answer.json_member::<Resource>(DATA) {
            Ok(made) if made.kind == PROFILE && !made.id.is_empty() => return Ok((Outcome::Accepted, None)),
            Ok(_) => return Err(RowEnd::in_doubt(answer.reason(code::DEST_PROTOCOL, "the answer is about no profile"))),
            Err(reason) => return Err(RowEnd::in_doubt(reason)),
        },
        200..=299 => return Err(RowEnd::in_doubt(stranger(&answer))),
        404 => {
            let message = "Klaviyo does not know the address where new profiles are made";
            return Err(RowEnd::kept_from(Halt::Missing(answer.reason(code::DEST_OBJECT_MISSING, message))));
        }
        _ => {}
    }
    let refusal = answer.json::<Refusal>();
    match (refusal.iter().flat_map(Refusal::faults).next(), answer.status()) {
        (Some(fault), 409) if fault.code() == DUPLICATE => {
            let note = answer.reason(code::ROW_REFUSED, "Klaviyo had the profile already, and nothing of it was changed");
            Ok((Outcome::Accepted, Some(note.vendor(DUPLICATE))))
        }
        (Some(fault), _) => Ok((not_taken(fault), None)),
        // Whether the profile is there is for Klaviyo alone to say.
        (None, 409) => {
            let reason = answer.reason(code::DEST_PROTOCOL, "a conflict that is not told in Klaviyo's words");
            Err(RowEnd::kept_from(Halt::Unavailable(reason)))
        }
        (None, _) => Ok((Outcome::Rejected(answer.reason(code::ROW_REFUSED, "Klaviyo refuses the profile")), None)),
    }
}

/// The making of something once; there are no rows.
pub(crate) fn of_making(answer: Result<Response, Failure>) -> Result<Response, Halt> {
    match KLAVIYO.of_read(answer)? {
        answer if answer.status() == 201 => Ok(answer),
        answer => Err(Halt::Unavailable(stranger(&answer))),
    }
}

#[cfg(test)]
mod tests;
