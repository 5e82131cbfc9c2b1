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
use sluice_sdk::{Call, Halt, Operation, Outcome, Rows, Written};

use crate::merge_fields::MergeFields;
use crate::outcomes::{self, Stranger};
use crate::people::People;
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
    let audience: Audience = outcomes::of_read(settings.get(call, "?fields=id,name").send())?.json().map_err(Halt::Unavailable)?;
    if settings.is_about(&audience.id) {
        Ok(audience)
    } else {
        Err(outcomes::not_mailchimp("the answer is about another audience"))
    }
}

/// Whether the audience is there: a 404 to a contact's path says no more than that something is not.
pub(crate) fn prepare(call: &Call<'_>) -> Result<Vec<u8>, Halt> {
    audience(call).map(|_| Vec::new())
}

/// Sends a batch of contacts.
pub(crate) fn write(call: &Call<'_>, rows: &Rows<'_>) -> Result<Written, Halt> {
    let ContactsOptions { new_contacts } = call.options()?;
    let (settings, people, fields) = (Settings::of(call)?, People::of(rows)?, MergeFields::of(rows));
    let again = people.again(rows.len());
    let batch = Contacts { call, rows: rows.len(), settings, people, fields, again, status: new_contacts.as_str() };
    match call.operation()? {
        Operation::Insert => batch.insert(),
        Operation::Upsert => batch.each("PUT", &format!("?{SKIP_VALIDATION}"), Stranger::CannotBe, |body, email| {
            body.name("email_address");
            body.string(email);
            body.name("status_if_new");
            body.string(batch.status);
        }),
        Operation::Update => batch.each("PATCH", "", Stranger::Skipped, |_, _| ()),
        _ => Err(call.unsupported()),
    }
}

/// A batch, and what becomes of it.
struct Contacts<'c, 'a> {
    call: &'c Call<'a>,
    rows: usize,
    settings: Settings,
    people: People<'a>,
    fields: MergeFields<'a>,
    /// Rows for another request.
    again: BTreeMap<u32, Outcome>,
    /// Of who is new.
    status: &'static str,
}

impl Contacts<'_, '_> {
    /// A request for each contact; `head` writes what stands before the merge fields.
    fn each(&self, method: &str, query: &str, stranger: Stranger, head: impl Fn(&mut Writer, &str)) -> Result<Written, Halt> {
        let request = |row: usize| {
            self.alone(row)?;
            let mut body = Writer::with_capacity(96 + self.fields.bytes_guess());
            body.begin_object();
            head(&mut body, self.people.email(row)?);
            self.fields.write(&mut body, row)?;
            body.end_object();
            let path = self.people.path(row)? + query;
            Ok::<_, Outcome>(self.settings.write(self.call, method, &path, body))
        };
        let read = |row, answer| outcomes::of_contact(&self.people, row, stranger, answer);
        self.call.each(self.rows, IN_FLIGHT_MAX, request, read)
    }

    /// One request for all.
    fn insert(&self) -> Result<Written, Halt> {
        let mut body = Writer::with_capacity(64 + self.rows * (96 + self.fields.bytes_guess()));
        body.begin_object();
        body.name("update_existing");
        body.bool(false);
        body.name("members");
        let places = self.call.objects(&mut body, self.rows, |body, row| {
            self.alone(row)?;
            body.name("email_address");
            body.string(self.people.email(row)?);
            body.name("status");
            body.string(self.status);
            self.fields.write(body, row).map_err(Outcome::from)
        })?;
        body.end_object();
        let path = format!("?{SKIP_VALIDATION}&skip_duplicate_check=true");
        let request = self.settings.write(self.call, "POST", &path, body).answer_bytes_max(BATCH_ANSWER_BYTES_MAX);
        places.send(request, |answer| outcomes::of_insert(&self.people, &places, answer))
    }

    /// That no row before it has its address.
    fn alone(&self, row: usize) -> Result<(), Outcome> {
        self.again.get(&(row as u32)).map_or(Ok(()), |outcome| Err(outcome.clone()))
    }
}

#[cfg(test)]
mod tests;
