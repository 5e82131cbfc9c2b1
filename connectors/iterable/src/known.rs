//! Which users Iterable knows: in a project by e-mail address nothing else keeps a write from making users. A user who is made between
//! the question and the write is taken for a stranger until the next run; one who is deleted in between comes back.
//!
//! `GET /api/users/getByEmail` and `/byUserId` of the vendor's description, read 2026-11.

use std::collections::BTreeMap;

use sluice_sdk::{Call, Halt, Outcome, text};

use crate::outcomes;
use crate::people::{Kind, People};
use crate::settings::Settings;
use crate::wire;

/// Questions under way at once: enough for 100 a second, which is what Iterable allows.
const IN_FLIGHT_MAX: u32 = 16;
/// Bytes of an answer that are looked at. A longer one is about somebody; 200 whole profiles would not fit the guest's memory.
const ANSWER_BYTES_MAX: u32 = 16 * 1024;

/// Rows that are not to be sent, because Iterable does not know the user or does not take the identifier. One question for each row;
/// a batch of more rows than one call may ask about is a split.
pub(crate) fn strangers(
    call: &Call<'_>,
    settings: Settings,
    people: &People<'_>,
    rows: usize,
) -> Result<BTreeMap<u32, Outcome>, Halt> {
    let mut asked = Vec::new();
    let mut questions = Vec::new();
    for row in 0..rows {
        // A row that cannot be named is refused when it is written.
        let Ok((identifier, value)) = people.identifiers().first(row) else { continue };
        let mut path = match identifier.kind {
            Kind::Email => wire::BY_EMAIL,
            Kind::UserId => wire::BY_USER_ID,
        }
        .to_owned();
        text::percent(&mut path, value);
        questions.push(settings.get(call, &path, "user").answer_bytes_max(ANSWER_BYTES_MAX));
        asked.push(row as u32);
    }
    let mut unknown = BTreeMap::new();
    for (row, answer) in asked.into_iter().zip(call.send_all(questions, IN_FLIGHT_MAX)?) {
        if let Some(outcome) = outcomes::of_question(answer)? {
            unknown.insert(row, outcome);
        }
    }
    Ok(unknown)
}
