//! Status and code -> outcome, as readable tables: what a refusal of the whole means, and what is said of a row that HubSpot names.
//!
//! "Errors" and "Global rate limits" of the sheet, `StandardError` and `Error` of HubSpot's descriptions, read 2026-11-27. What the tables
//! do not name is the kit's ordinary case: 413 split, 5xx and silence unknown.

use sluice_sdk::contract::Split;
use sluice_sdk::status::{self, Reset, Vendor};
use sluice_sdk::{Codes, Halt, Means, Outcome, Reason, Response, code};

use crate::wire::Fault;

/// A 429 says how long its window is (inferred); `Retry-After` goes before it. A 400 or 409 with a code that is not in the table is about
/// some row.
pub(crate) const HUBSPOT: Codes = Codes {
    vendor: Vendor { name: "HubSpot", reset: Reset::Millis("x-hubspot-ratelimit-interval-milliseconds") },
    own: |answer| Some(answer.json::<Fault>().ok()?.code().to_owned()),
    lines: CODES,
    of_rows: &[400, 409],
    apart,
};

/// Codes of refusals and their meaning; nothing was written then.
const CODES: &[(&str, Means)] = &[
    // 400; most codes inside of VALIDATION_ERROR are inferred.
    ("VALIDATION_ERROR", Means::BadRows(code::ROW_REFUSED)),
    ("INVALID_EMAIL", Means::BadRows(code::IDENTIFIER_INVALID)),
    (
        "PROPERTY_DOESNT_EXIST",
        Means::Setup("a mapped field is no property of the object type: make it in HubSpot, or map another one"),
    ),
    // 401
    ("INVALID_AUTHENTICATION", Means::Key("HubSpot does not know the token: it was revoked, rotated, or belongs elsewhere")),
    ("EXPIRED_AUTHENTICATION", Means::Key("the token has expired: sign in again, or make a new key")),
    // 403
    ("MISSING_SCOPES", Means::Permission("the token lacks a scope for this object type or for lists; the README names them")),
    // 404
    ("OBJECT_NOT_FOUND", Means::NotThere("HubSpot has no such object type or list")),
    // 409
    ("CONFLICT", Means::BadRows(code::IDENTIFIER_INVALID)),
];

/// Codes of a row's own error, their meaning and a sentence. Others are `row-refused`, or of the field that HubSpot names.
const OF_ROWS: &[(&str, &str, &str)] = &[
    (NOT_FOUND, code::NOT_FOUND_IN_DESTINATION, "HubSpot has no such record"),
    ("CONFLICT", code::IDENTIFIER_INVALID, "another record has a value that HubSpot holds as unique"),
    ("INVALID_EMAIL", code::IDENTIFIER_INVALID, "HubSpot does not take the address"),
    ("PROPERTY_DOESNT_EXIST", code::DEST_FIELD_INVALID, "a mapped field is no property of the object type"),
];

/// A record that is not there.
pub(crate) const NOT_FOUND: &str = "OBJECT_NOT_FOUND";
/// Milliseconds before a locked object is asked again: "retry after >= 2 s" (inferred).
const LOCKED_MS: u64 = 2_000;

/// What HubSpot's own statuses, and words that have no code, mean for everybody.
fn apart(answer: &Response) -> Option<Halt> {
    let reason = |code: &str, what: &str| answer.reason(code, what);
    let fault = || answer.json::<Fault>().unwrap_or_default();
    match answer.status() {
        _ if answer.looks_like_a_page() => None,
        // "Unable to perform update/upsert by non-unique 0-2 property …" (segmentio/action-destinations#3957 of 2026-08-18).
        400 if fault().message.contains("non-unique") => Some(Halt::Config(
            reason(code::DEST_CONFIG, "the property that should find records has no unique values in HubSpot")
                .field("unique_property"),
        )),
        414 => {
            let reason = reason(code::DEST_BATCH_TOO_LARGE, "HubSpot refuses the size of the request");
            Some(Halt::SplitBatch(Split { reason, rows_fit: None }))
        }
        // High-volume changes, and an account that moves to another region.
        423 | 477 => {
            let reason = reason(code::DEST_UNAVAILABLE, "the account is locked for a while").after_ms(LOCKED_MS);
            Some(Halt::Unavailable(status::come_back(&HUBSPOT.vendor, answer, reason)))
        }
        429 if fault().policy == "DAILY" => Some(Halt::Quota(
            reason(code::DEST_QUOTA, "the account's requests of the day are used up, until midnight of its time zone")
                .vendor("DAILY"),
        )),
        _ => None,
    }
}

/// The faults of a refusal that is about rows: itself, with those inside of it.
pub(crate) fn about_rows(answer: &Response) -> Option<Fault> {
    let rows = matches!(HUBSPOT.meaning(answer), Some((Means::BadRows(_), _)));
    rows.then(|| answer.json().ok()).flatten()
}

/// What is said of a row that a fault is about.
pub(crate) fn of_row(fault: &Fault) -> Reason {
    let own = fault.code();
    let line = OF_ROWS.iter().find(|(line, ..)| *line == own).map(|(_, code, message)| (*code, *message));
    let other = match fault.field() {
        Some(_) => (code::DEST_FIELD_INVALID, "HubSpot does not take the value of a property"),
        None => (code::ROW_REFUSED, "HubSpot does not take the row"),
    };
    let (code, message) = line.unwrap_or(other);
    let reason = Reason::new(code, message).vendor(own).said(&fault.message);
    fault.field().map_or(reason.clone(), |field| reason.field(field))
}

/// A record that was to be changed and is not there.
pub(crate) fn stranger() -> Outcome {
    Outcome::Skipped(Reason::new(code::NOT_FOUND_IN_DESTINATION, "HubSpot has no such record"))
}

#[cfg(test)]
mod tests;
