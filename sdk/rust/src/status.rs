//! The usual HTTP cases, decided once: what a status, or no answer at all, means for a write, for one row and for a read.
//!
//! | what came back | of a write | of one row | of a read |
//! |---|---|---|---|
//! | nothing left the host | halt `unavailable` (`contract` when the gate refused) | retry | the same halt |
//! | left, no complete answer | unknown | unknown | halt `unavailable` |
//! | 2xx with a web page in it | unknown, stop | unknown | halt `unavailable` (`dest-protocol`) |
//! | 2xx | yours | yours | yours |
//! | 3xx | halt `config` (redirects are not followed) | retry, stop | halt `config` |
//! | 401 | halt `auth` | retry, stop | halt `auth` |
//! | 402 | halt `quota` | retry, stop | halt `quota` |
//! | 403 | halt `config` (`dest-permission`) | retry, stop | halt `config` |
//! | 404, 410 | halt `missing` | yours | halt `missing` |
//! | 413 | halt `split-batch` | rejected (`too-large`) | halt `config` |
//! | 429 | halt `throttled` | retry, stop | halt `throttled` |
//! | 408, 5xx | unknown, stop `unavailable` | unknown, stop | halt `unavailable` |
//! | other 4xx | yours | yours | halt `config` |
//!
//! "Yours" is an `Ok`: the connector reads the answer. A connector whose vendor promises more (a 503 that surely wrote nothing)
//! looks at the answer before it asks here.

use crate::code;
use crate::contract::{Halt, Outcome, Reason, Written};
use crate::receipt::Receipts;
use crate::request::Failure;
use crate::response::Response;

mod when;

/// What differs from vendor to vendor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Vendor {
    /// The vendor's name, for sentences.
    pub name: &'static str,
    /// The header of a 429 that says when to come back, beside `Retry-After`, which is always read.
    pub reset: Reset,
}

/// A header with the time of a new allowance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reset {
    /// The vendor has none.
    None,
    /// Seconds since 1970, for example Braze's `x-ratelimit-reset`.
    EpochSeconds(&'static str),
    /// Milliseconds since 1970.
    EpochMillis(&'static str),
    /// Seconds from now.
    Seconds(&'static str),
    /// Milliseconds from now.
    Millis(&'static str),
}

/// A write that ended before the connector had to read an answer.
#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::large_enum_variant)] // lives for one return
pub enum Ended {
    /// Something may have been written.
    Written(Written),
    /// Nothing was written.
    Halt(Halt),
}

impl From<Ended> for Result<Written, Halt> {
    fn from(ended: Ended) -> Self {
        match ended {
            Ended::Written(written) => Ok(written),
            Ended::Halt(halt) => Err(halt),
        }
    }
}

/// One row's end, and why no further request should be sent, where that is so.
#[derive(Debug, Clone, PartialEq)]
pub struct RowEnd {
    /// What became of the row.
    pub outcome: Outcome,
    /// For [`Receipts::stop`].
    pub stop: Option<Halt>,
}

/// A write of one request for the whole batch.
pub fn of_write(vendor: &Vendor, answer: Result<Response, Failure>) -> Result<Response, Ended> {
    match judge(vendor, answer) {
        Verdict::Read(answer) => Ok(answer),
        Verdict::NotWritten(halt, _) => Err(Ended::Halt(halt)),
        Verdict::Unknown(reason, stop) => {
            let receipts = Receipts::unknown(reason);
            Err(Ended::Written(match stop {
                Some(halt) => receipts.stop(halt).written(),
                None => receipts.written(),
            }))
        }
    }
}

/// One of several requests that carry a row each. 404 is the connector's to read: it usually speaks of the row.
pub fn of_row(vendor: &Vendor, answer: Result<Response, Failure>) -> Result<Response, RowEnd> {
    match judge(vendor, answer) {
        Verdict::Read(answer) => Ok(answer),
        Verdict::NotWritten(Halt::Missing(_), Some(answer)) => Ok(answer),
        Verdict::NotWritten(Halt::SplitBatch(split), _) => {
            let reason = Reason { code: code::TOO_LARGE.into(), ..split.reason };
            Err(RowEnd { outcome: Outcome::Rejected(reason), stop: None })
        }
        Verdict::NotWritten(halt, _) => {
            let reason = halt.reason().cloned().unwrap_or_else(|| Reason::new(code::DEST_UNAVAILABLE, "nothing was sent"));
            Err(RowEnd { outcome: Outcome::Retry(reason), stop: Some(halt) })
        }
        Verdict::Unknown(reason, stop) => Err(RowEnd { outcome: Outcome::Unknown(reason), stop }),
    }
}

/// A request that changes nothing at the platform (checks, lists, polls): only success is left to read.
pub fn of_read(vendor: &Vendor, answer: Result<Response, Failure>) -> Result<Response, Halt> {
    match judge(vendor, answer) {
        Verdict::Read(answer) if answer.is_success() => Ok(answer),
        Verdict::Read(answer) => Err(answer.config(&format!("{} refuses the request ({})", vendor.name, answer.status()))),
        Verdict::NotWritten(Halt::SplitBatch(split), _) => Err(Halt::Config(split.reason)),
        Verdict::NotWritten(halt, _) => Err(halt),
        Verdict::Unknown(reason, _) => Err(Halt::Unavailable(reason)),
    }
}

/// When a 429 (or a 503) says to come back: `after_ms` or `at_ms` of the reason.
pub fn come_back(vendor: &Vendor, answer: &Response, reason: Reason) -> Reason {
    when::come_back(vendor, answer, reason)
}

enum Verdict {
    Read(Response),
    NotWritten(Halt, Option<Response>),
    Unknown(Reason, Option<Halt>),
}

fn judge(vendor: &Vendor, answer: Result<Response, Failure>) -> Verdict {
    let name = vendor.name;
    let answer = match answer {
        Ok(answer) => answer,
        Err(failure) => return without_answer(name, failure),
    };
    let status = answer.status();
    let reason = |code: &str, what: &str| answer.reason(code, &format!("{name} {what} ({status})"));
    let halt = match status {
        200..=299 if answer.spool().is_none() && answer.looks_like_a_page() => {
            let reason = reason(code::DEST_PROTOCOL, "answers with a web page in place of data");
            return Verdict::Unknown(reason.clone(), Some(Halt::Unavailable(reason)));
        }
        300..=399 => Halt::Config(reason(code::DEST_CONFIG, "points to another address, which is not followed")),
        401 => Halt::Auth(reason(code::DEST_AUTH, "does not accept the credential")),
        402 => Halt::Quota(reason(code::DEST_QUOTA, "says the allowance is used up")),
        403 => Halt::Config(reason(code::DEST_PERMISSION, "says the credential lacks a permission")),
        404 | 410 => Halt::Missing(reason(code::DEST_OBJECT_MISSING, "does not know the object")),
        413 => Halt::SplitBatch(crate::contract::Split {
            reason: reason(code::DEST_BATCH_TOO_LARGE, "refuses the size of the body"),
            rows_fit: None,
        }),
        429 => Halt::Throttled(when::come_back(vendor, &answer, reason(code::DEST_RATE_LIMITED, "asks to slow down"))),
        408 | 500..=599 => {
            let code = if matches!(status, 408 | 504) { code::DEST_TIMEOUT } else { code::DEST_UNAVAILABLE };
            let reason = when::come_back(vendor, &answer, reason(code, "does not work properly"));
            return Verdict::Unknown(reason.clone(), Some(Halt::Unavailable(reason)));
        }
        _ => return Verdict::Read(answer),
    };
    Verdict::NotWritten(halt, Some(answer))
}

/// The gate's codes for a request that it refuses whatever the platform does: a mistake of the connector or a missing grant.
fn refused_by_the_gate(code: &str) -> bool {
    matches!(
        code,
        "egress-host-not-listed"
            | "egress-method-not-listed"
            | "egress-path-not-listed"
            | "egress-url-refused"
            | "egress-header-refused"
            | "egress-credential-refused"
            | "egress-pace-unknown"
    )
}

fn without_answer(name: &str, failure: Failure) -> Verdict {
    let Failure { code, message, sent } = failure;
    if sent {
        // The platform may have applied it. One silence says nothing about the next batch, so nothing is stopped.
        let code = if code == "egress-timeout" { code::DEST_TIMEOUT.to_owned() } else { code };
        return Verdict::Unknown(Reason::new(&code, &format!("{name} gave no complete answer: {message}")), None);
    }
    let halt = match code.as_str() {
        "egress-request-too-large" => Halt::split(&message, None),
        refused if refused_by_the_gate(refused) => Halt::Contract(Reason::new(&code, &message)),
        // The host got no token for the request.
        code::DEST_NOT_CONNECTED | code::DEST_CLIENT_REFUSED => Halt::Auth(Reason::new(&code, &message)),
        code::DEST_CONFIG => Halt::Config(Reason::new(&code, &message)),
        code::DEST_RATE_LIMITED => Halt::Throttled(Reason::new(&code, &message)),
        _ => Halt::Unavailable(Reason::new(&code, &format!("{name} cannot be reached: {message}"))),
    };
    Verdict::NotWritten(halt, None)
}

#[cfg(test)]
mod tests;
