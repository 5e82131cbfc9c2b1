//! Status and words -> outcome: what a refusal of the whole means, what it means for one contact, and what a success says of whom.
//!
//! "Global rate limits" and "Errors" of the vendor sheet of 2026-11 (mailchimp.com/developer/marketing/docs/fundamentals/ and
//! /docs/errors/, as quoted by api-evangelist/mailchimp at 649b1e6). What the tables do not name is the kit's ordinary case: 404
//! missing, 413 split, 429 throttled (no header says when to come back, so the host waits longer and longer), 5xx and silence unknown.

use std::collections::BTreeSet;

use sluice_sdk::status::RowEnd;
use sluice_sdk::{ByValue, Codes, Failure, Halt, Means, Outcome, Places, Reason, Response, Written, code};

use crate::people::{People, email, folded};
use crate::wire::{Batch, Contact, Problem, Removed};

/// A 400 to a batch is about some row; to a single request, about its row.
pub(crate) const MAILCHIMP: Codes = Codes {
    own: |answer| Some(answer.json::<Problem>().ok()?.title),
    lines: TITLES,
    of_rows: &[400],
    apart: misleading,
    ..Codes::of("Mailchimp")
};

/// Titles of refusals that say more than their status; nothing was written then.
const TITLES: &[(&str, Means)] = &[
    (
        "API Key Invalid",
        Means::Key("Mailchimp does not know the key: it was revoked, or belongs to another data center (setting `data_center`)"),
    ),
    (
        "Forbidden",
        Means::Permission(
            "Mailchimp does not allow it: the key belongs to another data center (setting `data_center`), or its user's role or the \
             account's plan does not reach so far, or the account is disabled",
        ),
    ),
];

/// What is in a 400 that is no fault of a row: the batch is larger than the manifest allows.
const TOO_MANY: &str = "Maximum allowed member items exceeded";

/// The code of a contact who is there, where none is to be changed.
const EXISTS: &str = "ERROR_CONTACT_EXISTS";

/// What becomes of a row whose contact the audience does not have (404 to the contact's path).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stranger {
    /// The request makes contacts, so it is the audience that is not there.
    CannotBe,
    /// Nothing was done.
    Skipped,
}

/// Refusals that their status alone would tell wrongly. Nothing was carried out.
fn misleading(answer: &Response) -> Option<Halt> {
    match answer.status() {
        // "At very high volume a 429 or 403 WITHOUT JSON body may be returned by the edge".
        403 if answer.json::<Problem>().is_err() => Some(Halt::Throttled(
            answer.reason(code::DEST_RATE_LIMITED, "Mailchimp's edge asks to slow down (403 without a reason)"),
        )),
        400 if String::from_utf8_lossy(answer.body()).contains(TOO_MANY) => Some(ours(answer)),
        405 | 414 | 422 | 426 => Some(ours(answer)),
        _ => None,
    }
}

/// A request that Mailchimp cannot mean well of, whoever asks.
fn ours(answer: &Response) -> Halt {
    Halt::Contract(answer.reason(code::CONNECTOR_PROTOCOL, "Mailchimp refuses how the connector asks"))
}

/// The answer to a request for one contact: only success is left to read.
fn of_row(stranger: Stranger, answer: Result<Response, Failure>) -> Result<Response, RowEnd> {
    let answer = MAILCHIMP.of_row(answer)?;
    let outcome = match (answer.status(), stranger) {
        (200..=299, _) => return Ok(answer),
        (400, _) => Outcome::Rejected(refused(&answer)),
        (_, Stranger::Skipped) => {
            Outcome::Skipped(answer.reason(code::NOT_FOUND_IN_DESTINATION, "the audience has no contact of this address"))
        }
        (_, Stranger::CannotBe) => {
            return Err(RowEnd::kept_from(Halt::Missing(answer.reason(code::DEST_OBJECT_MISSING, "the audience is not there"))));
        }
    };
    Err(RowEnd { outcome, stop: None })
}

/// Why a single request was refused.
fn refused(answer: &Response) -> Reason {
    let Problem { title, detail, errors } = answer.json().unwrap_or_default();
    let field = errors.iter().map(|error| error.field.as_str()).find(|field| !field.is_empty());
    let words = errors.iter().fold(format!("{title} {detail}"), |words, error| words + " " + &error.message);
    let reason = about_a_row(field, &words);
    if title.is_empty() { reason.vendor("400") } else { reason.vendor(&title) }.said(&detail)
}

/// What Mailchimp has against a contact, by the field that it names and its words.
fn about_a_row(field: Option<&str>, words: &str) -> Reason {
    let field = field.map(|field| field.strip_prefix("merge_fields.").unwrap_or(field)).filter(|field| !field.is_empty());
    if words.contains("looks fake or invalid") || field == Some("email_address") {
        return Reason::new(code::IDENTIFIER_INVALID, "Mailchimp does not take the address").field("email");
    }
    // The title is inferred.
    if words.to_lowercase().contains("compliance state") {
        let message = "the contact unsubscribed, was archived or bounced, and only they themselves can come back";
        return Reason::new(code::ROW_REFUSED, message);
    }
    match field {
        Some(field) => Reason::new(code::DEST_FIELD_INVALID, "Mailchimp does not take the field's value").field(field),
        None => Reason::new(code::ROW_REFUSED, "Mailchimp does not take the contact"),
    }
}

/// The answer to `PUT` or `PATCH` of a contact: the contact.
pub(crate) fn of_contact(
    people: &People<'_>,
    row: usize,
    stranger: Stranger,
    answer: Result<Response, Failure>,
) -> Result<Outcome, RowEnd> {
    let answer = of_row(stranger, answer)?;
    match (answer.json::<Contact>(), email(people, row)) {
        (Ok(contact), Ok(email)) if folded(&contact.email_address) == folded(email) => Ok(Outcome::Accepted),
        (Err(reason), _) => Err(RowEnd::in_doubt(reason)),
        (Ok(_), _) => Err(RowEnd::in_doubt(answer.reason(code::DEST_PROTOCOL, "the answer is about somebody else"))),
    }
}

/// The answer to a tag for a contact: 204 and nothing else.
pub(crate) fn of_tag(answer: Result<Response, Failure>) -> Result<Outcome, RowEnd> {
    let answer = of_row(Stranger::Skipped, answer)?;
    if answer.status() == 204 {
        return Ok(Outcome::Accepted);
    }
    Err(RowEnd::in_doubt(answer.reason(code::DEST_PROTOCOL, "the answer is not the one that Mailchimp gives to a tag")))
}

/// The answer to a batch of new contacts: who was made, who was there (which is as good, and noted) and who was refused, by address. Who
/// is not named is in doubt.
pub(crate) fn of_insert(people: &People<'_>, places: &Places, answer: Result<Response, Failure>) -> Result<Written, Halt> {
    places.answered(MAILCHIMP.of_write(answer), |answer| {
        let batch: Batch = answer.json()?;
        let mut said = ByValue::new(people, places);
        let mut named = BTreeSet::new();
        let mut there = BTreeSet::new();
        for error in &batch.errors {
            if error.error_code == EXISTS {
                there.insert(folded(&error.email_address));
                continue;
            }
            let reason = about_a_row(error.field.as_deref(), &error.error).vendor(&error.error_code).said(&error.error);
            said.say((), &error.email_address, &Outcome::Rejected(reason));
        }
        named.extend(batch.new_members.iter().chain(&batch.updated_members).map(|contact| folded(&contact.email_address)));
        let doubt = Outcome::Unknown(Reason::new(code::DEST_PROTOCOL, "Mailchimp does not say what became of the contact"));
        let mut noted = Vec::new();
        for row in places.rows() {
            let email = email(people, row as usize).map(folded).unwrap_or_default();
            if there.contains(&email) {
                let message = "the audience had the contact already, and nothing of it was changed";
                noted.push((row, Reason::new(code::ROW_REFUSED, message).vendor(EXISTS)));
            } else if !named.contains(&email) {
                said.say((), &email, &doubt);
            }
        }
        Ok(said.receipts(0).notes(noted))
    })
}

/// The answer to a removal from a segment. Whom it does not name has left, was not in it, or is nobody's contact: all is well.
pub(crate) fn of_removal(people: &People<'_>, places: &Places, answer: Result<Response, Failure>) -> Result<Written, Halt> {
    places.answered(MAILCHIMP.of_write(answer), |answer| {
        let removed: Removed = answer.json()?;
        let mut said = ByValue::new(people, places);
        for error in &removed.errors {
            let outcome = Outcome::Rejected(about_a_row(None, &error.error).said(&error.error));
            error.email_addresses.iter().for_each(|email| said.say((), email, &outcome));
        }
        Ok(said.receipts(removed.error_count))
    })
}

#[cfg(test)]
mod tests;
