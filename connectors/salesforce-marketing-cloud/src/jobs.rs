//! Asynchronous jobs: a batch waits in Marketing Cloud's queue, and what became of its rows is asked for when it is done, page by page.
//!
//! `GET /data/v1/async/{requestId}/status` and `/results` (developer.salesforce.com, read 2026-11-27).

use serde::Deserialize;
use sluice_sdk::serde_json::json;
use sluice_sdk::{Call, Halt, Reason, Receipts, Response, Rows, Waits, Written, code};

use crate::columns::Columns;
use crate::data_extensions::{body, is_id};
use crate::outcomes::of_row;
use crate::settings::asked;
use crate::wire::{Asked, Results, Status};

/// "Async jobs can wait minutes in the queue" (the sheet of 2026-11, no figure). Given up after a day: as long as results are kept
/// (inferred). A job that nobody knows looks like one that was not picked up, so this ends it, too.
const WAITS: Waits = Waits { poll_after_ms: 10_000, give_up_after_ms: 24 * 3600 * 1000 };
/// Pages of results that one poll reads, of 50 rows each: some seconds. The next poll goes on.
const PAGES_MAX: usize = 40;

/// What a ticket remembers: the job, and how far its results were read.
#[derive(Debug, Deserialize)]
struct Token {
    job: String,
    /// The page to be read next; 0 before the job is done.
    page: u64,
    /// Rows on the pages before.
    read: u32,
}

/// The job has the rows.
pub(crate) fn queued(answer: &Response) -> Result<Receipts, Reason> {
    let job: String = answer.json_member("requestId")?;
    if !is_id(&job) {
        return Err(answer.reason(code::DEST_PROTOCOL, "the answer names no job"));
    }
    Ok(waiting(&Token { job, page: 0, read: 0 }))
}

fn waiting(token: &Token) -> Receipts {
    WAITS.pending(&json!({ "job": token.job, "page": token.page, "read": token.read }))
}

/// What became of a batch's rows.
pub(crate) fn poll(call: &Call<'_>, rows: &Rows<'_>, token: &[u8]) -> Result<Written, Halt> {
    let mut token: Token = sluice_sdk::token(token)?;
    if !is_id(&token.job) {
        return Err(Halt::contract("the token names no job"));
    }
    if token.page == 0 {
        match state(call, &token.job)? {
            State::Works => return Ok(waiting(&token).written()),
            State::Lost(reason) => return Ok(Receipts::unknown(reason).written()),
            State::Done => return Ok(Receipts::accepted().written()),
            State::HasErrors => token.page = 1,
        }
    }
    results(call, rows, token)
}

enum State {
    Works,
    Done,
    HasErrors,
    Lost(Reason),
}

fn state(call: &Call<'_>, job: &str) -> Result<State, Halt> {
    let asked: Asked = match asked(call, &format!("/async/{job}/status")) {
        Ok(answer) => answer.read()?,
        Err(Halt::Missing(_)) => return Ok(State::Works),
        Err(halt) => return Err(halt),
    };
    // Not picked up yet, or not known any more: the two look the same, and jobs that looked so were done later.
    let Some(Status { request_status, result_status, has_errors }) = asked.status else { return Ok(State::Works) };
    Ok(match request_status.as_str() {
        "Pending" | "Executing" => State::Works,
        "Complete" if result_status.as_deref() == Some("OK") && has_errors != Some(true) => State::Done,
        "Complete" => State::HasErrors,
        // Whether a part of it was written, nobody says.
        "Error" => {
            let said = asked.result_messages.first().map_or("", |said| said.message.as_str());
            State::Lost(Reason::new(code::DEST_UNAVAILABLE, "Marketing Cloud says that the whole job failed").said(said))
        }
        _ => return Err(Halt::protocol("the answer does not say how far the job is")),
    })
}

/// Reads on where the poll before ended. Rows that it told keep their word, so only those of this poll are told.
fn results(call: &Call<'_>, rows: &Rows<'_>, mut token: Token) -> Result<Written, Halt> {
    let (_, places) = body(call, &Columns::kept(call)?, rows)?;
    let (mut told, mut notes) = (Vec::new(), Vec::new());
    for _ in 0..PAGES_MAX {
        // Which of the two names counts, no page says; the answer says which page it is.
        let path = format!("/async/{}/results?$page={page}&page={page}", token.job, page = token.page);
        let answer = match asked(call, &path) {
            Ok(answer) => answer,
            Err(Halt::Missing(reason)) => return Ok(Receipts::unknown(reason).written()),
            Err(halt) => return Err(halt),
        };
        let Results { page, count, items } = answer.read()?;
        if count != places.sent() || items.len() > count.saturating_sub(token.read as usize) {
            let reason = Reason::new(code::DEST_PROTOCOL, "the results are not of as many rows as were sent");
            return Ok(places.finish(Receipts::unknown(reason)));
        }
        if items.is_empty() || page.is_some_and(|page| page != token.page) {
            return Err(Halt::protocol("the answer is not the page of results that was asked for"));
        }
        for item in &items {
            let row = places.row(token.read).unwrap_or(u32::MAX);
            let (outcome, note) = of_row(item, call.operation()?);
            told.push((row, outcome));
            notes.extend(note.map(|note| (row, note)));
            token.read += 1;
        }
        token.page += 1;
        if token.read as usize == count {
            return Ok(places.finish(Receipts::accepted().rows(told).notes(notes)));
        }
    }
    Ok(places.finish(waiting(&token).rows(told).notes(notes)))
}

#[cfg(test)]
mod tests;
