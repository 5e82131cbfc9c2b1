//! Which profiles Klaviyo knows, and by which of its own ids: asked by the first identifier of each row, many in a question.
//!
//! `GET /api/profiles` and `GET /api/lists/{id}/profiles` with `filter=any(…)`, 100 profiles a page, of Klaviyo's description
//! (klaviyo/openapi at f0a30ba of 2026-07-23, read 2026-11).

use std::collections::BTreeMap;

use sluice_sdk::{Call, Halt, Outcome, Reason, code, json, text};

use crate::api;
use crate::outcomes::KLAVIYO;
use crate::people::{KNOWN, Kind, People};
use crate::wire::{Page, Resource};

/// Values of one question: a page's worth.
const VALUES_MAX: usize = 100;
/// Bytes of one question's values, encoded: half of what the host sends of an address.
const VALUES_BYTES_MAX: usize = 8_000;
/// Questions under way at once: few enough that answers of 100 profiles each fit the guest's memory.
const IN_FLIGHT_MAX: u32 = 8;

/// Klaviyo's ids of the profiles under `path` that the rows are about, by row. Rows that cannot be sent are not asked for.
pub(crate) fn ids(call: &Call<'_>, people: &People<'_>, path: &str, pace: &str) -> Result<BTreeMap<u32, String>, Halt> {
    let mut rows: BTreeMap<(Kind, String), Vec<u32>> = BTreeMap::new();
    for row in 0..people.len() {
        if let Some((identifier, value)) = people.identifiers().all(row).ok().and_then(|mut named| named.next()) {
            rows.entry((identifier.kind, identifier.folded(value))).or_default().push(row as u32);
        }
    }
    let questions = questions(rows.keys()).into_iter().map(|filter| {
        let query = "fields[profile]=email,phone_number,external_id&page[size]=100";
        api::get(call, &format!("{path}?{query}&filter={filter}"), pace)
    });
    let mut ids = BTreeMap::new();
    for answer in call.send_all(questions.collect(), IN_FLIGHT_MAX)? {
        let first: Page = KLAVIYO.of_read(answer)?.read()?;
        for profile in api::all(call, first, pace)? {
            for name in names(&profile) {
                for row in rows.get(&name).into_iter().flatten() {
                    ids.insert(*row, profile.id.clone());
                }
            }
        }
    }
    Ok(ids)
}

/// Filters, encoded, of one kind each and short enough.
fn questions<'v>(values: impl Iterator<Item = &'v (Kind, String)>) -> Vec<String> {
    let mut questions: Vec<(Kind, usize, String)> = Vec::new();
    for (kind, value) in values {
        let mut encoded = String::new();
        text::percent(&mut encoded, &json::quoted(value));
        match questions.last_mut() {
            Some((of, count, list)) if of == kind && *count < VALUES_MAX && list.len() + encoded.len() < VALUES_BYTES_MAX => {
                *count += 1;
                list.push_str("%2C");
                list.push_str(&encoded);
            }
            _ => questions.push((*kind, 1, encoded)),
        }
    }
    questions.into_iter().map(|(kind, _, list)| format!("any%28{}%2C%5B{list}%5D%29", kind.name())).collect()
}

/// What a profile goes by.
fn names(profile: &Resource) -> impl Iterator<Item = (Kind, String)> + '_ {
    KNOWN.into_iter().filter_map(|known| Some((known.kind, known.folded(known.kind.of(profile)?))))
}

/// The rows without an id, each with this outcome; one that cannot be sent keeps its own reason for later.
pub(crate) fn strangers(people: &People<'_>, ids: &BTreeMap<u32, String>, outcome: Outcome) -> BTreeMap<u32, Outcome> {
    let mut strangers = BTreeMap::new();
    for row in (0..people.len()).filter(|row| !ids.contains_key(&(*row as u32))) {
        strangers.insert(row as u32, people.named(row).map_or_else(Outcome::from, |_| outcome.clone()));
    }
    strangers
}

/// The outcome of somebody who was to be changed and is not there.
pub(crate) fn skipped() -> Outcome {
    Outcome::Skipped(Reason::new(code::NOT_FOUND_IN_DESTINATION, "Klaviyo has no such profile"))
}

#[cfg(test)]
mod tests;
