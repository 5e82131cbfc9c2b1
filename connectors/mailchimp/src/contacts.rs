//! Contacts of the audience. Three ways, because only these keep their hands off the consent of people who are there:
//!
//! | operation | request | somebody new | somebody who is there |
//! |---|---|---|---|
//! | upsert | `PUT /members/{hash}` with `status_if_new`, for each row | is made | keeps their status |
//! | update | `PATCH /members/{hash}`, for each row | 404, skipped | keeps their status |
//! | insert | `POST /lists/{list_id}` with `update_existing: false`, 500 rows | is made | is not touched, noted |
//!
//! An upsert by the batch request would have to send one status for both, and so re-subscribe or silence people.

use std::collections::BTreeMap;

use sluice_sdk::json::Writer;
use sluice_sdk::{Call, Cells, Halt, Operation, Outcome, Rows, Written, not_among};

use crate::merge_fields;
use crate::outcomes::{self, MAILCHIMP, Stranger};
use crate::people::{self, People};
use crate::settings::{ContactsOptions, Settings};
use crate::wire::Audience;

/// Requests under way at once: "10 simultaneous connections per user across all apps", of which the sheet leaves two to the others.
pub(crate) const IN_FLIGHT_MAX: u32 = 8;
/// Bytes of the answer to a batch, which repeats whole contacts: 500 of some 16 kB.
const BATCH_ANSWER_BYTES_MAX: u32 = 8 * 1024 * 1024;
/// Merge fields that the audience requires and nobody mapped are not asked for.
const SKIP_VALIDATION: &str = "skip_merge_validation=true";

/// The audience that is set.
pub(crate) fn audience(call: &Call<'_>) -> Result<Audience, Halt> {
    let settings = Settings::of(call)?;
    let audience: Audience = MAILCHIMP.of_read(settings.get(call, "?fields=id,name").send())?.read()?;
    if settings.is_about(&audience.id) { Ok(audience) } else { Err(Halt::protocol("the answer is about another audience")) }
}

/// Whether the audience is there, since a 404 to a contact's path says no more than that something is not; and whether it has the mapped
/// merge fields.
pub(crate) fn prepare(call: &Call<'_>) -> Result<Vec<u8>, Halt> {
    audience(call)?;
    merge_fields::check(call).map(|()| Vec::new())
}

/// Sends a batch of contacts.
pub(crate) fn write(call: &Call<'_>, rows: &Rows<'_>) -> Result<Written, Halt> {
    let ContactsOptions { new_contacts } = call.options()?;
    let (settings, people, fields) = (Settings::of(call)?, people::of(rows)?, merge_fields::of(rows));
    // Which of two requests side by side comes last is not said, and of two of one address in a batch only the first counts.
    let again = people.again(rows.len());
    let batch = Contacts { call, rows: rows.len(), settings, people, fields, again, status: new_contacts.as_str() };
    match call.operation()? {
        Operation::Insert => batch.insert(),
        Operation::Upsert => batch.each("PUT", Stranger::CannotBe, |body, email| {
            body.member("email_address", email);
            body.member("status_if_new", batch.status);
        }),
        Operation::Update => batch.each("PATCH", Stranger::Skipped, |_, _| ()),
        _ => Err(call.unsupported()),
    }
}

/// A batch, and what becomes of it.
struct Contacts<'c, 'a> {
    call: &'c Call<'a>,
    rows: usize,
    settings: Settings,
    people: People<'a>,
    fields: Cells<'a>,
    /// Rows for another request.
    again: BTreeMap<u32, Outcome>,
    /// Of who is new.
    status: &'static str,
}

impl Contacts<'_, '_> {
    /// A request for each contact; `head` writes what stands before the merge fields.
    fn each(&self, method: &str, stranger: Stranger, head: impl Fn(&mut Writer, &str)) -> Result<Written, Halt> {
        let request = |row: usize| {
            not_among(&self.again, row)?;
            let mut body = Writer::with_capacity(96 + self.fields.bytes_guess());
            let email = people::email(&self.people, row)?;
            body.item(|body| {
                head(body, email);
                merge_fields::write(&self.fields, body, row)
            })?;
            let path = format!("{}?{SKIP_VALIDATION}", people::path(&self.people, row)?);
            Ok::<_, Outcome>(self.settings.write(self.call, method, &path, body))
        };
        let read = |row, answer| outcomes::of_contact(&self.people, row, stranger, answer);
        self.call.each(self.rows, IN_FLIGHT_MAX, request, read)
    }

    /// One request for all.
    fn insert(&self) -> Result<Written, Halt> {
        let head = |body: &mut Writer| body.member("update_existing", false);
        let (body, places) = self.call.body(head, ("members", self.rows, 96 + self.fields.bytes_guess()), |body, row| {
            not_among(&self.again, row)?;
            body.member("email_address", people::email(&self.people, row)?);
            body.member("status", self.status);
            merge_fields::write(&self.fields, body, row).map_err(Outcome::from)
        })?;
        let path = format!("?{SKIP_VALIDATION}&skip_duplicate_check=true");
        let request = self.settings.write(self.call, "POST", &path, body).answer_bytes_max(BATCH_ANSWER_BYTES_MAX);
        places.send(request, |answer| outcomes::of_insert(&self.people, &places, answer))
    }
}

#[cfg(test)]
mod tests;
