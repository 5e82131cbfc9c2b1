//! Contact lists: static lists of Iterable, found by name or made once, to which members are added and from which they are removed.
//!
//! `GET` and `POST /api/lists`, `POST /api/lists/subscribe` and `/unsubscribe` of the vendor's description, read 2026-11.

use sluice_sdk::json::Writer;
use sluice_sdk::{Call, Effect, Halt, Named, Operation, Rows, Written};

use crate::outcomes::{ITERABLE, Strangers};
use crate::settings::{ListsOptions, Settings};
use crate::users::{self, Request};
use crate::wire::{self, List, STANDARD};

/// Bytes of the answer with all lists of a project, which has no pages: some ten thousand of them.
const LISTS_BYTES_MAX: u32 = 16 * 1024 * 1024;
const NAMED: Named =
    Named { option: "list", several: "lists", place: "Iterable", unfit: "is not a static one, so nobody can be added to it" };

/// Every list of the project.
pub(crate) fn all(call: &Call<'_>) -> Result<Vec<List>, Halt> {
    let question = Settings::of(call)?.get(call, wire::LISTS, "lists").answer_bytes_max(LISTS_BYTES_MAX);
    ITERABLE.of_read(question.send())?.read_member("lists")
}

/// The list of the activation.
pub(crate) fn setup(call: &Call<'_>) -> Result<Vec<u8>, Halt> {
    let options: ListsOptions = call.options()?;
    found_or_made(call, &options.list)
}

/// The id of the static list of this name. Names are not unique at Iterable, so two of one name are a person's to tell apart; a list
/// whose making got no answer is found by the next try.
pub(crate) fn found_or_made(call: &Call<'_>, name: &str) -> Result<Vec<u8>, Halt> {
    let of_the_name = all(call)?.into_iter().filter(|list| list.name == name);
    let id = match NAMED.found(of_the_name, |list| list.list_type == STANDARD)? {
        Some(list) => list.id,
        None => made(call, name)?,
    };
    Ok(id.to_string().into_bytes())
}

fn made(call: &Call<'_>, name: &str) -> Result<i64, Halt> {
    let mut body = Writer::default();
    body.item(|body| {
        body.member("name", name);
        body.member("description", "Kept in step by Sluice");
    });
    // A second list of the name would be made by a repeat.
    let answer = Settings::of(call)?.post(call, wire::LISTS, "lists", body).effect(Effect::Once).send();
    ITERABLE.of_read(answer)?.read_member("listId")
}

/// Adds members to the list, or removes them from it.
pub(crate) fn write(call: &Call<'_>, rows: &Rows<'_>) -> Result<Written, Halt> {
    let options: ListsOptions = call.options()?;
    match call.operation()? {
        Operation::Add => add(call, rows, if options.create_users { Strangers::Made } else { Strangers::LeftAlone }, false),
        Operation::Remove => remove(call, rows),
        _ => Err(call.unsupported()),
    }
}

/// Adds users to the list that `setup` kept, and updates them along the way.
pub(crate) fn add(call: &Call<'_>, rows: &Rows<'_>, strangers: Strangers, merges: bool) -> Result<Written, Halt> {
    let list = call.kept_number::<i64>("a list")?;
    let request = Request { path: wire::SUBSCRIBE, pace: "list-write", array: "subscribers", strangers, merges };
    users::send(call, rows, request, |body| {
        body.member("listId", list);
        body.member("updateExistingUsersOnly", strangers == Strangers::LeftAlone);
    })
}

fn remove(call: &Call<'_>, rows: &Rows<'_>) -> Result<Written, Halt> {
    let list = call.kept_number::<i64>("a list")?;
    let request =
        Request { path: wire::UNSUBSCRIBE, pace: "list-write", array: "subscribers", strangers: Strangers::Gone, merges: false };
    users::send(call, rows, request, |body| {
        body.member("listId", list);
        // Leaving a list is not leaving the channel: true would unsubscribe the person from all of its messages.
        body.member("channelUnsubscribe", false);
    })
}

#[cfg(test)]
mod tests;
