//! Contact lists: static lists of Iterable, found by name or made once, to which members are added and from which they are removed.
//!
//! `GET` and `POST /api/lists`, `POST /api/lists/subscribe` and `/unsubscribe` of the vendor's description, read 2026-11.

use sluice_sdk::json::Writer;
use sluice_sdk::{Call, Effect, Halt, Operation, Rows, Written};

use crate::outcomes::{ITERABLE, Strangers};
use crate::settings::{ListsOptions, Settings};
use crate::users::{self, Request};
use crate::wire::{self, Created, List, Lists, STANDARD};

/// Bytes of the answer with all lists of a project, which has no pages: some ten thousand of them.
const LISTS_BYTES_MAX: u32 = 16 * 1024 * 1024;

/// Every list of the project.
pub(crate) fn all(call: &Call<'_>) -> Result<Vec<List>, Halt> {
    let question = Settings::of(call)?.get(call, wire::LISTS, "lists").answer_bytes_max(LISTS_BYTES_MAX);
    Ok(ITERABLE.of_read(question.send())?.json::<Lists>().map_err(Halt::Unavailable)?.lists)
}

/// The list of the activation.
pub(crate) fn setup(call: &Call<'_>) -> Result<Vec<u8>, Halt> {
    let options: ListsOptions = call.options()?;
    found_or_made(call, &options.list)
}

/// The id of the static list of this name. Names are not unique at Iterable, so two of one name are a person's to tell apart; a list
/// whose making got no answer is found by the next try.
pub(crate) fn found_or_made(call: &Call<'_>, name: &str) -> Result<Vec<u8>, Halt> {
    let lists = all(call)?;
    let (fitting, others): (Vec<&List>, Vec<&List>) =
        lists.iter().filter(|l| l.name == name).partition(|l| l.list_type == STANDARD);
    let id = match fitting[..] {
        [list] => list.id,
        [] if others.is_empty() => made(call, name)?,
        [] => {
            return Err(Halt::setting(
                "list",
                "the list of this name is not a static one, so nobody can be added to it: choose another name",
            ));
        }
        _ => {
            return Err(Halt::setting(
                "list",
                "several lists have this name: rename all but one in Iterable, or choose another name",
            ));
        }
    };
    Ok(id.to_string().into_bytes())
}

fn made(call: &Call<'_>, name: &str) -> Result<i64, Halt> {
    let mut body = Writer::default();
    body.begin_object();
    body.name("name");
    body.string(name);
    body.name("description");
    body.string("Kept in step by Sluice");
    body.end_object();
    // A second list of the name would be made by a repeat.
    let answer = Settings::of(call)?.post(call, wire::LISTS, "lists", body).effect(Effect::Once).send();
    Ok(ITERABLE.of_read(answer)?.json::<Created>().map_err(Halt::Unavailable)?.list_id)
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
    let list = kept(call)?;
    let request = Request { path: wire::SUBSCRIBE, pace: "list-write", array: "subscribers", strangers, merges };
    users::send(call, rows, request, |body| {
        body.name("listId");
        body.int(list);
        body.name("updateExistingUsersOnly");
        body.bool(strangers == Strangers::LeftAlone);
    })
}

fn remove(call: &Call<'_>, rows: &Rows<'_>) -> Result<Written, Halt> {
    let list = kept(call)?;
    let request =
        Request { path: wire::UNSUBSCRIBE, pace: "list-write", array: "subscribers", strangers: Strangers::Gone, merges: false };
    users::send(call, rows, request, |body| {
        body.name("listId");
        body.int(list);
        // Leaving a list is not leaving the channel: true would unsubscribe the person from all of its messages.
        body.name("channelUnsubscribe");
        body.bool(false);
    })
}

/// The id that `setup` kept. Before the first run there is none, and a dry run shows the list as 0.
fn kept(call: &Call<'_>) -> Result<i64, Halt> {
    match call.keep() {
        [] => Ok(0),
        kept => {
            let id = std::str::from_utf8(kept).ok().and_then(|text| text.parse().ok());
            id.ok_or_else(|| Halt::contract("what `setup` kept is not the id of a list"))
        }
    }
}

#[cfg(test)]
mod tests;
