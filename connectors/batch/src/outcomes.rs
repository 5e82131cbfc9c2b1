//! Status and code -> outcome: what a refusal of the whole means, as a table, and what it means that something of a success was refused.
//!
//! "Update profile" and "Mass update profile" of doc.batch.com/developer/api/cep/profiles, read 2026-11; names of codes are partly
//! inferred. What the table does not name is the kit's ordinary case: 413 split, 429 throttled (Batch says "a few seconds", so the host
//! waits longer and longer), silence and a 5xx in which not Batch speaks unknown.

use sluice_sdk::serde::de::IgnoredAny;
use sluice_sdk::status::{self, Ended};
use sluice_sdk::{Codes, Failure, Groups, Halt, Means, Outcome, Reason, Receipts, Response, Written, code};

use crate::wire::{ORCHESTRATED, PartialError, Reply, TOKEN, Taken};

/// No header of a 429 is documented. A 400 with a code that is not in the table is about some row.
const BATCH: Codes = Codes {
    own: |answer| answer.json_member("error_code").ok(),
    lines: CODES,
    of_rows: &[400],
    apart: not_now,
    ..Codes::of("Batch")
};

const UNKNOWN_KEY: &str = "AUTHENTICATION_INVALID";

/// Codes of refusals and their meaning; nothing was written then. Too many operations are a 400 as well, which halves heal.
const CODES: &[(&str, Means)] = &[
    ("MALFORMED_JSON_BODY", Means::BadRows(code::ROW_REFUSED)),
    ("MALFORMED_PARAMETER", Means::BadRows(code::ROW_REFUSED)),
    ("MISSING_PARAMETER", Means::BadRows(code::ROW_REFUSED)),
    (UNKNOWN_KEY, Means::Key("Batch does not know the REST API key: copy it again from Settings, General, of the company")),
];

/// "500 SERVER_ERROR, 503 MAINTENANCE_MODE: retryable", of events as well; "error body of a refused call". Without a code it is not known
/// who speaks, nor how far the request came.
fn not_now(answer: &Response) -> Option<Halt> {
    let own = (BATCH.own)(answer).filter(|own| matches!(answer.status(), 500 | 503) && !own.is_empty())?;
    let message = format!("Batch refuses the request for now ({})", answer.status());
    let reason = answer.reason(code::DEST_UNAVAILABLE, &message).vendor(&own);
    Some(Halt::Unavailable(status::come_back(&BATCH.vendor, answer, reason)))
}

/// Who was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    /// The project.
    Project,
    /// One of the apps, by its position in the settings.
    App(usize),
}

impl Asked {
    /// 403, 404 and codes of projects speak of a key that stands in the settings.
    fn misplaced(self, answer: &Response) -> Option<Halt> {
        let own = (BATCH.own)(answer).unwrap_or_default();
        let status = answer.status();
        let of_project = status / 100 == 4 && own.starts_with("PROJECT_");
        if own == UNKNOWN_KEY || !(matches!(status, 403 | 404) || of_project) {
            return None;
        }
        let (field, message) = match self {
            Self::Project => (
                "project_key",
                "Batch does not know the project, or the company's key may not use it: check the setting `project_key`".to_owned(),
            ),
            Self::App(at) => (
                "app_api_keys",
                format!("Batch does not know app {} of the setting `app_api_keys`, or the plan lacks custom data", at + 1),
            ),
        };
        let reason = answer.reason(code::DEST_CONFIG, &message).field(field);
        Some(Halt::Config(if own.is_empty() { reason } else { reason.vendor(&own) }))
    }

    fn of_write(self, answer: Result<Response, Failure>) -> Result<Response, Ended> {
        match answer.as_ref().ok().and_then(|answer| self.misplaced(answer)) {
            Some(halt) => Err(Ended::Halt(halt)),
            None => BATCH.of_write(answer),
        }
    }

    fn of_read(self, answer: Result<Response, Failure>) -> Result<Response, Halt> {
        match answer.as_ref().ok().and_then(|answer| self.misplaced(answer)) {
            Some(halt) => Err(halt),
            None => BATCH.of_read(answer),
        }
    }
}

/// The answer to the question after the project.
pub(crate) fn of_check(answer: Result<Response, Failure>) -> Result<(), Halt> {
    Asked::Project.of_read(answer)?.read_member::<Vec<IgnoredAny>>(ORCHESTRATED).map(|_| ())
}

/// The answer of an app to nothing about nobody.
pub(crate) fn of_app_check(at: usize, answer: Result<Response, Failure>) -> Result<(), Halt> {
    Asked::App(at).of_read(answer)?.read_member::<String>(TOKEN).map(|_| ())
}

/// The answer of an app to data of users: one for all of them.
pub(crate) fn of_custom_data(at: usize, answer: Result<Response, Failure>) -> Result<(), Ended> {
    let answer = Asked::App(at).of_write(answer)?;
    answer.json_member::<String>(TOKEN).map(|_| ()).map_err(|reason| Ended::Written(Receipts::in_doubt(reason).written()))
}

/// The same, where an app before has taken the data: what would say that nothing was written is doubt, and sending it again no harm.
pub(crate) fn after_another_app(ended: Ended) -> Ended {
    match ended {
        Ended::Halt(halt) => match halt.reason().cloned() {
            Some(reason) => Ended::Written(Receipts::unknown(reason).stop(halt).written()),
            None => Ended::Halt(halt),
        },
        written => written,
    }
}

/// The answer to profiles or events.
pub(crate) fn of_operations(groups: &Groups, answer: Result<Response, Failure>) -> Result<Written, Halt> {
    groups.places().answered(Asked::Project.of_write(answer), |answer| Ok(judged(groups, &answer.json()?)))
}

/// "`bulk_index` is the 0-based position; only that attribute or event is lost". Which of several events of an operation is meant is
/// not said.
fn judged(groups: &Groups, reply: &Reply) -> Receipts {
    let mut receipts = Receipts::accepted();
    let mut refused = std::collections::BTreeSet::new();
    let mut unnamed = usize::from(reply.code == Taken::InPart && reply.errors.is_empty());
    for error in &reply.errors {
        match (error.bulk_index.map_or(&[][..], |index| groups.rows(index)), of_an_attribute(error)) {
            ([], _) => unnamed += 1,
            (rows, true) => {
                for row in rows {
                    receipts = receipts.note(*row, reason(error, code::DEST_FIELD_INVALID, "Batch dropped an attribute"));
                }
            }
            ([row], false) => {
                refused.insert(*row);
                receipts.set(*row, Outcome::Rejected(reason(error, code::ROW_REFUSED, "Batch refuses the row")));
            }
            (_, false) => unnamed += 1,
        }
    }
    receipts.unnamed(unnamed.min(groups.places().sent() - refused.len()) as u32)
}

fn of_an_attribute(error: &PartialError) -> bool {
    error.attribute.is_some() || error.category.eq_ignore_ascii_case("attribute")
}

fn reason(error: &PartialError, code: &str, message: &str) -> Reason {
    let reason = Reason::new(code, message).vendor(&error.category).said(&error.reason);
    match &error.attribute {
        Some(name) => reason.field(name),
        None => reason,
    }
}

#[cfg(test)]
mod tests;
