//! Status, code and words -> outcome.
//!
//! "Rate Limiting Errors", "Data Extension Rows (Asynchronous)" (developer.salesforce.com, read 2026-11-27). What the table does not name
//! is the kit's ordinary case: 401 auth, 403 permission, 404 missing, 429 (50100, 50200) throttled until `Retry-After` where there is one,
//! other 4xx setup (an unknown column, another data extension), 5xx and silence unknown. 10006 is of synchronous writes, of which there
//! are none. Bad rows of a job are told when it is done:
//!
//! | `status` | `message` | outcome |
//! |---|---|---|
//! | `OK` | | accepted |
//! | `Error` | `… Rerun the transaction.` (a deadlock) | retry |
//! | `Error` | `Violation of PRIMARY KEY …`, of an insert | accepted, noted: the row was there |
//! | `Error` | anything else | rejected; `errorCode` says nothing (`2` or `UnexpectedError` for all) |

use sluice_sdk::{Codes, Means, Operation, Outcome, Reason, Response, code};

use crate::wire::{self, Item, Refusal};

/// A 429 has `Retry-After`, or nothing.
pub(crate) const MARKETING_CLOUD: Codes = Codes { own, lines: CODES, ..Codes::of("Marketing Cloud") };

/// Codes of refusals and their meaning; nothing was written then.
const CODES: &[(&str, Means)] = &[(
    "20002",
    Means::Permission("the installed package lacks a permission: give it Data Extensions, Read and Write, in this business unit"),
)];

fn own(answer: &Response) -> Option<String> {
    let refusal: Refusal = answer.json().ok()?;
    wire::code(&refusal.error_code).or_else(|| wire::code(&refusal.result_messages.first()?.result_code))
}

/// The end of a row of a job, and what is noted at one that was taken.
pub(crate) fn of_row(item: &Item, operation: Operation) -> (Outcome, Option<Reason>) {
    let words = item.message.as_deref().unwrap_or_default();
    let reason = |code: &str, message: &str| {
        let reason = Reason::new(code, message).said(words);
        wire::code(&item.error_code).map_or(reason.clone(), |own| reason.vendor(&own))
    };
    match item.status.as_str() {
        "OK" => (Outcome::Accepted, None),
        "Error" if words.contains("Rerun the transaction") => {
            (Outcome::Retry(reason(code::DEST_UNAVAILABLE, "the row was in the way of another write")), None)
        }
        "Error" if operation == Operation::Insert && words.contains("PRIMARY KEY") => {
            let message = "the data extension had a row of this key already, and nothing of it was changed";
            (Outcome::Accepted, Some(reason(code::ROW_REFUSED, message)))
        }
        "Error" => (Outcome::Rejected(reason(code::ROW_REFUSED, "Marketing Cloud does not take the row")), None),
        _ => (Outcome::Unknown(reason(code::DEST_PROTOCOL, "Marketing Cloud does not say what became of the row")), None),
    }
}

#[cfg(test)]
mod tests;
