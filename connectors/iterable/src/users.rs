//! The one shape of all writes: an array of users, each an identifier or two and perhaps attributes, under some members that say what
//! to do with them.

use std::collections::BTreeMap;

use sluice_sdk::json::Writer;
use sluice_sdk::{Call, Cells, Halt, Null, Outcome, Rows, Written, not_among};

use crate::known;
use crate::outcomes::{self, Sent, Strangers};
use crate::people::People;
use crate::settings::{ProjectType, Settings};

/// Names that Iterable keeps for itself; the sheet of 2026-11 has them, partly inferred. Membership and identity have services.
const RESERVED: &[&str] = &["email", "userId", "signupDate", "signupSource", "profileUpdatedAt", "emailListIds", "itblInternal"];

fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name) || name.starts_with("unsubscribed")
}

/// What a write is made of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request {
    /// Where to.
    pub(crate) path: &'static str,
    /// The bucket of the manifest.
    pub(crate) pace: &'static str,
    /// The array's name.
    pub(crate) array: &'static str,
    /// What becomes of users whom Iterable does not know.
    pub(crate) strangers: Strangers,
    /// True: a sent object joins the stored one.
    pub(crate) merges: bool,
}

/// Sends the rows of a batch. `head` writes the members that stand before the array.
pub(crate) fn send(call: &Call<'_>, rows: &Rows<'_>, request: Request, head: impl Fn(&mut Writer)) -> Result<Written, Halt> {
    let settings = Settings::of(call)?;
    let leave = request.strangers == Strangers::Gone;
    let people = if leave { People::who_leave } else { People::of }(rows, settings.project_type)?;
    let cells = Cells::new(rows.attributes(is_reserved)?);
    // Projects of the other types leave strangers alone themselves, in the same step (`updateExistingUsersOnly`).
    let asks = request.strangers == Strangers::LeftAlone && settings.project_type == ProjectType::Email;
    let unknown: BTreeMap<u32, Outcome> =
        if asks { known::strangers(call, settings, &people, rows.len())? } else { BTreeMap::new() };

    let creates = request.strangers == Strangers::Made;
    let (body, places) = call.body(head, (request.array, rows.len(), 96 + cells.bytes_guess()), |body, row| {
        not_among(&unknown, row)?;
        people.write(body, row, creates)?;
        if !cells.is_empty() {
            body.member("mergeNestedObjects", request.merges);
            body.object("dataFields", |body| cells.write(body, row, Null::Written))?;
        }
        Ok::<_, Outcome>(())
    })?;
    let sent = Sent { people: &people, cells: &cells, places: &places, strangers: request.strangers };
    places.send(settings.post(call, request.path, request.pace, body), |answer| outcomes::of_users(&sent, answer))
}

#[cfg(test)]
mod tests;
