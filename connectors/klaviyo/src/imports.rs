//! Import jobs: profiles are made or updated, and added to a list where one is given. Klaviyo works on them one after the other, in
//! its own time; what a job did not take is asked for when it is done, page by page.
//!
//! `POST /api/profile-bulk-import-jobs`, `GET /api/profile-bulk-import-jobs/{id}` and `/import-errors` of Klaviyo's description
//! (klaviyo/openapi at f0a30ba of 2026-07-23, read 2026-11).

use std::collections::BTreeMap;

use serde::Deserialize;
use sluice_sdk::serde_json::{Value, json};
use sluice_sdk::{ByValue, Call, Halt, Outcome, Places, Reason, Receipts, Response, Rows, Waits, Written, code};

use crate::api;
use crate::attributes::Attributes;
use crate::jobs::Job;
use crate::outcomes::{self, KLAVIYO};
use crate::people::{Kind, People};
use crate::wire::{DATA, Fault, IMPORT_JOBS, Page, Resource};

/// "Jobs may take minutes" (the sheet of 2026-11, no figure); one question for each is a tenth of what the account may ask.
/// A day at most: a first load of millions of profiles waits for its own jobs.
const WAITS: Waits = Waits { poll_after_ms: 5_000, give_up_after_ms: 24 * 3600 * 1000 };
/// The type of a job, in its body and in answers.
const KIND: &str = "profile-bulk-import-job";
/// The bucket of errors.
const ERRORS: &str = "import-errors";
/// Pages of errors that one poll reads: four seconds' worth of what the account may ask in a minute. The next poll goes on.
const PAGES_MAX: usize = 10;

/// Sends the rows of a batch that are not left out already. `ids`: Klaviyo's own ids, where they are known. `list`: where to.
pub(crate) fn send(
    call: &Call<'_>,
    (people, attributes): (&People<'_>, &Attributes<'_>),
    ids: &BTreeMap<u32, String>,
    mut left_out: BTreeMap<u32, Outcome>,
    list: Option<&str>,
) -> Result<Written, Halt> {
    for (row, outcome) in people.again() {
        left_out.entry(row).or_insert(outcome);
    }
    let relationships = match list {
        Some(id) => json!({ "lists": { "data": [{ "type": "list", "id": id }] } }),
        None => Value::Null,
    };
    let (path, pace, kind, rows) = (IMPORT_JOBS, "import", KIND, people.len());
    let job = Job { path, pace, kind, relationships, attributes: Vec::new(), rows, left_out };
    let profile = |body: &mut _, row: usize| {
        people.begin(body, row, ids.get(&(row as u32)).map(String::as_str))?;
        attributes.end(body, row)
    };
    let noted = attributes.has_notes(rows);
    job.send(call, profile, |answer| accepted(answer, noted))
}

/// The job has the rows.
fn accepted(answer: &Response, noted: bool) -> Result<Receipts, Reason> {
    let job: Resource = answer.json_member(DATA)?;
    if job.kind != KIND || job.id.is_empty() {
        return Err(answer.reason(code::DEST_PROTOCOL, "the answer names no import job"));
    }
    Ok(waiting(&Token { job: job.id, noted, errors: None }))
}

fn waiting(token: &Token) -> Receipts {
    WAITS.pending(&json!({ "errors": token.errors, "job": token.job, "noted": token.noted }))
}

/// What a ticket remembers: the job, and how far its errors were read.
#[derive(Debug, Deserialize)]
struct Token {
    job: String,
    /// Rows that were taken have something to be told all the same.
    #[serde(default)]
    noted: bool,
    /// Rows that failed and were not named yet, and the page where further ones are. None before the job is done.
    errors: Option<(u64, String)>,
}

/// What became of a batch's rows: mostly all of them were taken, which can be told without them.
pub(crate) fn poll(call: &Call<'_>, rows: &Rows<'_>, asked_with: &[u8]) -> Result<Written, Halt> {
    let token: Token = sluice_sdk::token(asked_with)?;
    let failed = match token.errors {
        Some((left, _)) => left,
        None => match asked(call, &token.job)? {
            Asked::Works => return Ok(waiting(&token).written()),
            Asked::Lost(reason) => return Ok(Receipts::unknown(reason).written()),
            Asked::Done(0) if !token.noted => return Ok(Receipts::accepted().written()),
            Asked::Done(failed) => failed,
        },
    };
    if rows.are_unread() { Err(Halt::with_rows(asked_with)) } else { done(call, rows, token, failed) }
}

/// The same when the job is done, and rows have to be named: `left` failed and were not named yet.
fn done(call: &Call<'_>, rows: &Rows<'_>, mut token: Token, mut left: u64) -> Result<Written, Halt> {
    let (people, attributes) = (People::of(rows)?, Attributes::of(rows)?);
    let places = Places::new(rows.len(), people.refused());
    let noted = |receipts| Ok(places.finish(attributes.noted(rows.len(), receipts)));
    let mut page = match token.errors.take() {
        Some((_, link)) => api::next(call, &link, ERRORS)?,
        None if left == 0 => return noted(Receipts::accepted()),
        None => api::page(api::get(call, &format!("{IMPORT_JOBS}/{}/import-errors?page[size]=100", token.job), ERRORS))?,
    };
    let mut said = ByValue::new(people.identifiers(), &places);
    for pages in 1.. {
        let Page { data, links } = page;
        for error in &data {
            let before = said.said();
            name(&mut said, &people, error.fault());
            left = left.saturating_sub(u64::from(said.said() > before));
        }
        match links.next {
            None => break,
            Some(link) if pages == PAGES_MAX => {
                token.errors = Some((left, link));
                return Ok(places.finish(said.over(waiting(&token))));
            }
            Some(link) => page = api::next(call, &link, ERRORS)?,
        }
    }
    let named = said.said() as u64;
    noted(said.receipts(left + named))
}

/// What a job says of itself.
enum Asked {
    /// It is not done.
    Works,
    /// It is done, without so many profiles.
    Done(u64),
    /// Nobody will learn what it did.
    Lost(Reason),
}

fn asked(call: &Call<'_>, id: &str) -> Result<Asked, Halt> {
    let job: Resource = match KLAVIYO.of_read(api::get(call, &format!("{IMPORT_JOBS}/{id}"), "import-job").send()) {
        Ok(answer) => answer.read_member(DATA)?,
        // Jobs expire.
        Err(Halt::Missing(reason)) => return Ok(Asked::Lost(reason)),
        Err(halt) => return Err(halt),
    };
    let other = || Halt::protocol("the answer is about something else than the import job");
    if job.kind != KIND || job.id != id {
        return Err(other());
    }
    Ok(match job.text("status") {
        Some("queued" | "processing") => Asked::Works,
        Some("complete") => Asked::Done(job.count("failed_count").unwrap_or(0)),
        Some("cancelled") => {
            Asked::Lost(Reason::new(code::DEST_UNAVAILABLE, "the import was cancelled in Klaviyo, perhaps half-way"))
        }
        _ => return Err(other()),
    })
}

/// Says of the rows of a profile that it was not taken. It is found by the first of the mapped identifiers that was sent of it.
fn name(said: &mut ByValue<'_, '_, Kind>, people: &People<'_>, fault: Fault<'_>) {
    let Some(payload) = fault.payload() else { return };
    let value = |kind: Kind| {
        let value = payload.get("attributes").and_then(|inner| inner.get(kind.name())).or_else(|| payload.get(kind.name()));
        Some((kind, value?.as_str()?))
    };
    if let Some((kind, value)) = people.identifiers().kinds().find_map(value) {
        said.say(kind, value, &outcomes::not_taken(fault));
    }
}

#[cfg(test)]
mod tests;
