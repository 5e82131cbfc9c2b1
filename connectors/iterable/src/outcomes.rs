//! Status and code -> outcome, as two readable tables: what a refusal of the whole means, and what it means that a user is named in a
//! success.
//!
//! `IterableApiResponse` and `FailedUserUpdates` of the vendor's description, read 2026-11. What the tables do not name is the kit's
//! ordinary case: 413 split, 429 throttled (without a time to come back, so the host waits longer and longer), 5xx and silence unknown.

use sluice_sdk::{ByValue, Cells, Codes, Failure, Halt, Means, Outcome, Places, Reason, Receipts, Response, Written, code};

use crate::people::{Kind, People};
use crate::wire::{Found, Reply};

/// No header of a 429 is documented. A 400 or 409 with a code that is not in the table is about some row.
pub(crate) const ITERABLE: Codes =
    Codes { own: |answer| answer.json_member("code").ok(), lines: CODES, of_rows: &[400, 409], ..Codes::of("Iterable") };

const UNKNOWN_KEY: Means =
    Means::Key("Iterable does not know the key: a key belongs to one project of one data center (setting `data_center`)");

/// Codes of refusals and their meaning; nothing was written then.
const CODES: &[(&str, Means)] = &[
    // 400
    ("BadParams", Means::BadRows(code::ROW_REFUSED)),
    ("BadJsonBody", Means::BadRows(code::ROW_REFUSED)),
    ("RequestFieldsTypesMismatched", Means::BadRows(code::DEST_FIELD_INVALID)),
    ("InvalidEmailAddressError", Means::BadRows(code::IDENTIFIER_INVALID)),
    ("InvalidUserIdError", Means::BadRows(code::IDENTIFIER_INVALID)),
    ("UnknownEmailError", Means::BadRows(code::NOT_FOUND_IN_DESTINATION)),
    ("UnknownUserIdError", Means::BadRows(code::NOT_FOUND_IN_DESTINATION)),
    ("BatchTooLarge", Means::FewerRows),
    (
        "UniqueFieldsLimitExceeded",
        Means::Setup(
            "the project has as many user fields as Iterable allows, about 1,000: map existing fields, or delete some there",
        ),
    ),
    // 401
    ("BadApiKey", UNKNOWN_KEY),
    ("BadAuthorizationHeader", UNKNOWN_KEY),
    ("Unauthorized", UNKNOWN_KEY),
    // 403
    ("Forbidden", Means::Permission("the key is not of the type server-side (standard), which bulk work needs")),
    // 409
    ("ForgottenUserError", Means::BadRows(code::ROW_REFUSED)),
    ("EmailAlreadyExists", Means::BadRows(code::IDENTIFIER_INVALID)),
    ("UserIdAlreadyExists", Means::BadRows(code::IDENTIFIER_INVALID)),
    ("ExternalKeyConflict", Means::BadRows(code::IDENTIFIER_INVALID)),
];

/// What stands before `Emails` or `UserIds` in `failedUpdates`, its code and a sentence.
const FAILED: &[(&str, &str, &str)] = &[
    ("invalid", code::IDENTIFIER_INVALID, "Iterable does not take the identifier's form"),
    ("conflict", code::IDENTIFIER_INVALID, "another user at Iterable has one of the identifiers"),
    ("forgotten", code::ROW_REFUSED, "the user was forgotten on demand (GDPR), and Iterable takes nothing about them any more"),
    ("invalidData", code::DEST_FIELD_INVALID, "a value does not have the type that the field has in the project"),
    ("notFound", code::NOT_FOUND_IN_DESTINATION, "Iterable does not know the user"),
];

/// What becomes of users whom Iterable does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strangers {
    /// They are made; one who is not is refused.
    Made,
    /// Nothing: they are skipped.
    LeftAlone,
    /// They are to leave, and are not there: that is what was wanted.
    Gone,
}

impl Strangers {
    fn outcome(self, reason: Reason) -> Outcome {
        match self {
            Self::Made => Outcome::Rejected(reason),
            Self::LeftAlone => Outcome::Skipped(reason),
            Self::Gone => Outcome::Accepted,
        }
    }
}

/// What was sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sent<'s, 'a> {
    /// Who the rows are about.
    pub(crate) people: &'s People<'a>,
    /// Their attributes.
    pub(crate) cells: &'s Cells<'a>,
    /// Which rows were sent.
    pub(crate) places: &'s Places,
    /// What is to become of users whom Iterable does not know.
    pub(crate) strangers: Strangers,
}

/// The answer to an update, an addition or a removal.
pub(crate) fn of_users(sent: &Sent<'_, '_>, answer: Result<Response, Failure>) -> Result<Written, Halt> {
    if let Ok(answer) = &answer
        && let Some((Means::BadRows(code::NOT_FOUND_IN_DESTINATION), own)) = ITERABLE.meaning(answer)
        && sent.places.sent() == 1
    {
        let reason = answer.reason(code::NOT_FOUND_IN_DESTINATION, "Iterable does not know the user").vendor(&own);
        return Ok(sent.places.finish(Receipts::all(sent.strangers.outcome(reason))));
    }
    sent.places.answered(ITERABLE.of_write(answer), |answer| Ok(sent.judged(&answer.json()?)))
}

impl Sent<'_, '_> {
    /// Iterable names users by their identifiers, and fields that it dropped by their names.
    fn judged(&self, reply: &Reply) -> Receipts {
        let mut said = ByValue::new(self.people.identifiers(), self.places);
        // Lists come by name, and the first word about a row counts: `notFound` is the last and the least of them.
        for (list, values) in reply.failed_updates.iter().flatten() {
            let Some((kind, code, message)) = failure(list) else { continue };
            let reason = Reason::new(code, message).vendor(list);
            let outcome = match code {
                code::NOT_FOUND_IN_DESTINATION => self.strangers.outcome(reason),
                _ => Outcome::Rejected(reason),
            };
            values.iter().for_each(|value| said.say(kind, value, &outcome));
        }
        let message = "the project does not have the field, and new ones are not made: the value was dropped";
        self.cells.dropped(&reply.filtered_out_fields, self.places, said.receipts(reply.fail_count), message)
    }
}

/// What a list of `failedUpdates` is about. One that is not documented is of users whom Iterable did not take, for whatever reason.
fn failure(list: &str) -> Option<(Kind, &'static str, &'static str)> {
    let ends = [("Emails", Kind::Email), ("UserIds", Kind::UserId)];
    let (what, kind) = ends.into_iter().find_map(|(end, kind)| Some((list.strip_suffix(end)?, kind)))?;
    let line = FAILED.iter().find(|(name, ..)| *name == what);
    Some(line.map_or((kind, code::ROW_REFUSED, "Iterable did not take the user"), |(_, code, message)| (kind, code, message)))
}

/// The answer to the question after a user: nothing for one who is known, else what becomes of the row.
pub(crate) fn of_question(answer: Result<Response, Failure>) -> Result<Option<Outcome>, Halt> {
    let stranger = || {
        let reason = Reason::new(code::NOT_FOUND_IN_DESTINATION, "Iterable does not know the user");
        Ok(Some(Outcome::Skipped(reason)))
    };
    if let Ok(answer) = &answer
        && let Some((Means::BadRows(code), own)) = ITERABLE.meaning(answer)
    {
        return match code {
            code::NOT_FOUND_IN_DESTINATION => stranger(),
            code::IDENTIFIER_INVALID => {
                Ok(Some(Outcome::Rejected(answer.reason(code, "Iterable does not take the identifier").vendor(&own))))
            }
            _ => Err(answer.config("Iterable refuses the question after a user")),
        };
    }
    let answer = ITERABLE.of_read(answer)?;
    // What was cut is about somebody: the answer about a stranger is two bytes.
    if answer.truncated() {
        return Ok(None);
    }
    match answer.read::<Found>()?.user {
        Some(user) if !user.is_empty() => Ok(None),
        _ => stranger(),
    }
}

#[cfg(test)]
mod tests;
