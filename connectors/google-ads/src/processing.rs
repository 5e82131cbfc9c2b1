//! What becomes of records that Google has taken: it works on them in its own time, and tells then how many it did not use and why, but
//! never which.
//!
//! `requestStatus:retrieve`, `request_status_per_destination.proto` and `processing_errors.proto` of the Data Manager API (googleapis at
//! f8291d2 of 2026-08-22, read 2026-11).

use serde::Deserialize;
use sluice_sdk::serde_json::json;
use sluice_sdk::{Call, Halt, Level, Places, Reason, Receipts, Response, Rows, Waits, Written, code, text};

use crate::outcomes::GOOGLE;
use crate::settings::Settings;
use crate::wire::{Count, Processing, Taken};

/// "First poll after about 30 minutes"; later ones as often: a question for each request is a tenth of what the project may ask.
/// "Processing can take hours (inferred)": two days at most.
const WAITS: Waits = Waits { poll_after_ms: 30 * 60 * 1000, give_up_after_ms: 48 * 3600 * 1000 };
/// Warnings that a ticket remembers: beyond them nobody reads.
const WARNINGS_MAX: usize = 50;

/// What a ticket remembers: the request, and what was ignored of which row.
#[derive(Debug, Deserialize)]
struct Token {
    request: String,
    warned: Vec<(u32, String, String)>,
}

/// What a reason means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// The record must change.
    Row(&'static str),
    /// The same record may be used another time.
    Later,
    /// The operator must change something.
    Setup(&'static str),
    /// It is there already.
    There,
}

/// Reasons; any other is [`Fate::Row`].
const REASONS: &[(&str, Fate)] = &[
    ("EVENT_TOO_OLD", Fate::Row(code::TOO_OLD)),
    ("CONVERSION_PRECEDES_CLICK", Fate::Row(code::DEST_FIELD_INVALID)),
    ("INVALID_CUSTOM_VARIABLE", Fate::Row(code::DEST_FIELD_INVALID)),
    ("CUSTOM_VARIABLE_NOT_ENABLED", Fate::Row(code::DEST_FIELD_INVALID)),
    ("INVALID_CLICK", Fate::Row(code::IDENTIFIER_INVALID)),
    ("CLICK_NOT_FOUND", Fate::Row(code::IDENTIFIER_INVALID)),
    ("INVALID_GCLID", Fate::Row(code::IDENTIFIER_INVALID)),
    ("INVALID_GBRAID", Fate::Row(code::IDENTIFIER_INVALID)),
    ("INVALID_WBRAID", Fate::Row(code::IDENTIFIER_INVALID)),
    ("INVALID_MOBILE_ID_FORMAT", Fate::Row(code::IDENTIFIER_INVALID)),
    ("DENIED_CONSENT", Fate::Row(code::ROW_REFUSED)),
    ("NO_CONSENT", Fate::Row(code::ROW_REFUSED)),
    ("UNKNOWN_CONSENT", Fate::Row(code::ROW_REFUSED)),
    ("TOO_RECENT_CLICK", Fate::Later),
    ("INTERNAL_ERROR", Fate::Later),
    ("DUPLICATE_TRANSACTION_ID", Fate::There),
    ("DUPLICATE_GCLID", Fate::There),
    (
        "DESTINATION_ACCOUNT_ENHANCED_CONVERSIONS_TERMS_NOT_SIGNED",
        Fate::Setup("the account has not accepted the terms for enhanced conversions"),
    ),
    (
        "ONE_PER_CLICK_CONVERSION_ACTION_NOT_PERMITTED_WITH_BRAID",
        Fate::Setup("a conversion action that counts one per click takes no gbraid or wbraid"),
    ),
    (
        "EXTERNAL_ATTRIBUTION_DATA_MISSING",
        Fate::Setup("the conversion action is attributed elsewhere, which this API does not serve"),
    ),
];

fn fate(count: &Count) -> Fate {
    REASONS.iter().find(|(reason, _)| *reason == count.reason()).map_or(Fate::Row(code::ROW_REFUSED), |(_, fate)| *fate)
}

/// Google has the records.
pub(crate) fn begun(places: &Places, answer: &Response) -> Result<Receipts, Reason> {
    let Taken { request_id, field_warnings } = answer.json()?;
    if request_id.is_empty() {
        return Err(answer.reason(code::DEST_PROTOCOL, "the answer names no request"));
    }
    let warned =
        field_warnings.iter().filter_map(|w| Some((places.row(w.index()?)?, w.reason.clone(), w.name().unwrap_or_default())));
    Ok(waiting(&Token { request: request_id, warned: warned.take(WARNINGS_MAX).collect() }))
}

fn waiting(token: &Token) -> Receipts {
    WAITS.pending(&json!({ "request": token.request, "warned": token.warned }))
}

/// What became of a batch's rows.
pub(crate) fn poll(call: &Call<'_>, rows: &Rows<'_>, token: &[u8]) -> Result<Written, Halt> {
    let (rows, token): (_, Token) = (rows.len(), sluice_sdk::token(token)?);
    let mut path = "/requestStatus:retrieve?requestId=".to_owned();
    text::percent(&mut path, &token.request);
    let answer = match GOOGLE.of_read(Settings::of(call)?.get(call, &path, "status").send()) {
        Ok(answer) => answer,
        Err(Halt::Missing(reason)) => return Ok(Receipts::unknown(reason).written()),
        Err(halt) => return Err(halt),
    };
    let destinations: Vec<Processing> = answer.read_member("requestStatusPerDestination")?;
    let other = || Halt::Unavailable(answer.reason(code::DEST_PROTOCOL, "the answer has no status of the request"));
    let done = destinations.first().ok_or_else(other)?;
    let receipts = match done.request_status.as_str() {
        "SUCCESS" => Receipts::accepted(),
        "PARTIAL_SUCCESS" => too_early(done).unwrap_or_else(|| Receipts::accepted().unnamed(bad(done, rows))),
        "FAILED" => failed(done, rows),
        "PROCESSING" | "REQUEST_STATUS_UNKNOWN" => return Ok(waiting(&token).written()),
        _ => return Err(other()),
    };
    Ok(kept(call, done, noted(token, rows, receipts)).written())
}

/// Rows that were not used, as far as counts can tell: records are counted under each of their reasons.
fn bad(done: &Processing, rows: usize) -> u32 {
    let errors = &done.error_info.error_counts;
    let count =
        errors.iter().filter(|count| fate(count) != Fate::There).fold(0_u32, |all, count| all.saturating_add(count.records()));
    // A failure without reasons is one nevertheless.
    let count = if errors.is_empty() { 1 } else { count };
    count.min(u32::try_from(rows).unwrap_or(u32::MAX))
}

/// Some may be used another time, and nobody says which: all of the request come again. That does no harm: Google merges events of one
/// transaction id, and a member is added or removed once.
fn too_early(done: &Processing) -> Option<Receipts> {
    let count = most(done, |fate| fate == Fate::Later)?;
    let message = "Google could not use some of the request's rows yet: all of them come again";
    Some(Receipts::retry(why(done, count, code::DEST_UNAVAILABLE, message).after_ms(3_600_000)))
}

/// The reason of most records among those that mean this.
fn most(done: &Processing, is: impl Fn(Fate) -> bool) -> Option<&Count> {
    done.error_info.error_counts.iter().filter(|count| is(fate(count))).max_by_key(|count| count.records())
}

fn why(done: &Processing, count: &Count, code: &str, message: &str) -> Reason {
    Reason::new(code, message).vendor(count.reason()).said(&words(&done.error_info.error_counts))
}

/// None was used.
fn failed(done: &Processing, rows: usize) -> Receipts {
    if let Some((count, Fate::Setup(message))) = most(done, |fate| matches!(fate, Fate::Setup(_))).map(|count| (count, fate(count)))
    {
        let reason = why(done, count, code::DEST_CONFIG, message);
        return Receipts::retry(reason.clone()).stop(Halt::Config(reason));
    }
    if let Some(receipts) = too_early(done) {
        return receipts;
    }
    let there = most(done, |fate| fate == Fate::There).is_some();
    match most(done, |fate| matches!(fate, Fate::Row(_))).map(|count| (count, fate(count))) {
        None if there => Receipts::accepted(),
        Some(_) if there => Receipts::accepted().unnamed(bad(done, rows)),
        Some((count, Fate::Row(code))) => Receipts::rejected(why(done, count, code, "Google used none of the request's rows")),
        _ => Receipts::rejected(
            Reason::new(code::ROW_REFUSED, "Google used none of the request's rows, and does not say why").vendor("FAILED"),
        ),
    }
}

/// Rows of which something was ignored.
fn noted(token: Token, rows: usize, receipts: Receipts) -> Receipts {
    let fitting = token.warned.into_iter().filter(|(row, ..)| (*row as usize) < rows);
    receipts.notes(fitting.map(|(row, own, field)| {
        let reason = Reason::new(code::DEST_FIELD_INVALID, "Google took the row and ignored the field");
        (row, reason.vendor(&own).field(&field))
    }))
}

/// Reasons and their counts are kept: no row can carry them.
fn kept(call: &Call<'_>, done: &Processing, receipts: Receipts) -> Receipts {
    let told = [("errors", &done.error_info.error_counts), ("warnings", &done.warning_info.warning_counts)];
    told.into_iter().filter(|(_, counts)| !counts.is_empty()).fold(receipts, |receipts, (what, counts)| {
        call.log(Level::Warn, &format!("Google tells of {what} in a request: {}", words(counts)));
        receipts.attr(what, &words(counts))
    })
}

/// `3 × INVALID_CLICK, …`
fn words(counts: &[Count]) -> String {
    counts.iter().map(|count| format!("{} × {}", count.records(), count.reason())).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
