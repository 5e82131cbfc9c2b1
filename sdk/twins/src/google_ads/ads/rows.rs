//! Uploads of rows: what a request must say as a whole, which of its rows are applied, and the answer with `partialFailureError`,
//! `results` (an empty object for a row that is refused) and `jobId`. What a row says is the business of each kind of upload.

use serde_json::{Map, Value, json};

use super::super::{
    account::Customer,
    limits,
    service::Service,
    shape::{flag, list},
    state::State,
    words::{AdsError, Refusal, partial_failure},
};
use crate::{
    ledger::Kind,
    log::Tally,
    vendor::{Call, Portion, Reply},
};

/// What a kind of upload has for words.
#[derive(Debug, Clone, Copy)]
pub(super) struct Upload {
    /// The list's name in JSON, and in the protos.
    pub(super) list: (&'static str, &'static str),
    /// The category of its errors.
    pub(super) category: &'static str,
    /// More than 2,000 of them.
    pub(super) too_many: &'static str,
    /// Its answer names a job.
    pub(super) has_job: bool,
}

/// What was asked, and of whose account.
#[derive(Clone, Copy)]
pub(in super::super) struct Asked<'a> {
    pub(in super::super) call: &'a Call,
    pub(in super::super) body: &'a Map<String, Value>,
    pub(in super::super) portion: Portion<'a>,
    pub(in super::super) customer: &'a Customer,
}

impl Upload {
    /// Carries a request out. `read` reads a row, by its index, against the state as it is before all of them: what is applied of it, and
    /// its result. `apply` applies that, and says what the ledger has of it: a key, and JSON.
    pub(super) fn carry_out<T>(
        &self,
        service: &Service,
        asked: Asked<'_>,
        mut read: impl FnMut(&State, usize, &Map<String, Value>) -> Result<(T, Value), AdsError>,
        mut apply: impl FnMut(&mut State, T) -> (String, Value),
    ) -> Result<Reply, Refusal> {
        let rows = self.rows(asked.call, asked.body)?;
        let mut state = service.state();
        let read = rows.iter().enumerate().map(|(index, row)| match row.as_object() {
            Some(row) => read(&state, index, row),
            None => Err(self.of(required(), index, "")),
        });
        let (read, mut entries) = (read.collect(), Vec::new());
        let reply = self.answer(asked, read, |row| {
            let (key, applied) = apply(&mut state, row);
            entries.push((Kind::Event, key, applied.to_string().into()));
        });
        // While the state is locked, so that the ledger has the order of application.
        service.ledger.append(asked.call.number, entries);
        Ok(reply)
    }

    /// The rows of a request that is right as a whole.
    fn rows<'a>(&self, call: &Call, body: &'a Map<String, Value>) -> Result<&'a [Value], Refusal> {
        let refused = |error: AdsError| Err(Refusal::ads(400, &[error], call.number));
        // "This should always be set to true" (*Google Ads protos*): anything else is refused (inferred).
        if !flag(body, "partialFailure") {
            let code = "PARTIAL_FAILURE_MODE_REQUIRED";
            let message = "The partial failure field was false in the request. This method requires this field be set to true.";
            return refused(AdsError::new("partialFailureError", code, message).at(&[("partial_failure", None)]));
        }
        let rows = list(body, self.list.0);
        if rows.is_empty() {
            return refused(required().at(&[(self.list.1, None)]));
        }
        if rows.len() > limits::UPLOAD_MAX {
            return refused(AdsError::new(self.category, self.too_many, "Too many rows in a single request."));
        }
        if body.get("jobId").and_then(Value::as_i64).is_some_and(|id| id < 1) {
            let message = "A job ID must be a positive integer in the range [1, 2^31).";
            return refused(AdsError::new(self.category, "INVALID_JOB_ID", message).at(&[("job_id", None)]));
        }
        Ok(rows)
    }

    /// A row's error.
    pub(super) fn error(&self, code: &'static str, message: &str, index: usize, field: &'static str) -> AdsError {
        self.of(AdsError::new(self.category, code, message), index, field)
    }

    /// Puts an error of any category at its row, and at its field where that has a name.
    pub(super) fn of(&self, error: AdsError, index: usize, field: &'static str) -> AdsError {
        let row = (self.list.1, Some(index));
        if field.is_empty() { error.at(&[row]) } else { error.at(&[row, (field, None)]) }
    }

    /// Applies the rows that are right, as many as the portion says, and answers.
    fn answer<T>(&self, asked: Asked<'_>, read: Vec<Result<(T, Value), AdsError>>, mut apply: impl FnMut(T)) -> Reply {
        let Asked { call, body, portion, .. } = asked;
        let validates = flag(body, "validateOnly");
        let mut tally = Tally { objects: read.len() as u32, ..Tally::default() };
        let mut left = if validates { 0 } else { portion.of(read.iter().filter(|row| row.is_ok()).count()) };
        let (mut errors, mut results) = (Vec::new(), Vec::new());
        for (index, row) in read.into_iter().enumerate() {
            match row {
                Err(error) => {
                    errors.push(error);
                    results.push(json!({}));
                    tally.refused += 1;
                }
                Ok((row, result)) if left > 0 => {
                    left -= 1;
                    apply(row);
                    results.push(result);
                    tally.applied += 1;
                }
                Ok((_, result)) => match portion.rest.filter(|_| !validates) {
                    Some(text) => {
                        errors.push(self.of(AdsError::new("internalError", "INTERNAL_ERROR", text), index, ""));
                        results.push(json!({}));
                        tally.refused += 1;
                    }
                    None => {
                        results.push(result);
                        tally.ignored += 1;
                    }
                },
            }
        }
        let mut answer = json!({});
        if let Some(failure) = partial_failure(&errors, call.number) {
            answer["partialFailureError"] = failure;
        }
        if !validates {
            answer["results"] = results.into();
        }
        if self.has_job {
            let made = (1_u64 << 31) + call.number;
            let job = body.get("jobId").and_then(Value::as_u64).unwrap_or(made);
            answer["jobId"] = job.to_string().into();
        }
        Reply { tally, ..Reply::json(200, &answer) }
    }
}

/// A field that must be there.
pub(super) fn required() -> AdsError {
    AdsError::new("fieldError", "REQUIRED", "The required field was not present.")
}

/// A field that must not be there.
pub(super) fn must_be_unset() -> AdsError {
    AdsError::new("fieldError", "VALUE_MUST_BE_UNSET", "The field's value must be unset.")
}

/// `yyyy-mm-dd hh:mm:ss+hh:mm`: a blank, and an offset that is written out.
pub(super) fn date_time(text: &str) -> Result<jiff::Timestamp, AdsError> {
    let bytes = text.as_bytes();
    let is_of_shape = bytes.len() == 25 && bytes[10] == b' ' && matches!(bytes[19], b'+' | b'-') && bytes[22] == b':';
    let read = if is_of_shape { crate::time::instant(text) } else { None };
    read.ok_or_else(|| {
        let message = "The string date time's format should be yyyy-mm-dd hh:mm:ss+|-hh:mm.";
        AdsError::new("dateError", "INVALID_STRING_DATE_TIME_SECONDS_WITH_OFFSET", message)
    })
}

/// The last part of `customers/{digits}/{kind}/{digits}`.
pub(super) fn id_of<'a>(resource: &'a str, kind: &str) -> Option<&'a str> {
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    match resource.split('/').collect::<Vec<_>>().as_slice() {
        ["customers", customer, of, id] if *of == kind && is_digits(customer) && is_digits(id) => Some(id),
        _ => None,
    }
}

/// An order id that is somebody's address or phone number (`ORDER_ID_CONTAINS_PII`).
pub(super) fn is_personal(order_id: &str) -> bool {
    crate::contact::is_email(order_id) || crate::contact::is_phone(order_id)
}
