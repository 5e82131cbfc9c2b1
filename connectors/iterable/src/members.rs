//! The members of a list, static or dynamic (inferred), for remote segments: `GET /api/lists/getUsers`, one identifier a line, the whole
//! list in one answer, which goes to the spool and is read from there page by page.

use sluice_sdk::{Call, Form, Halt, MemberLines, MembersPage, SegmentPlace, form};

use crate::lists;
use crate::outcomes::ITERABLE;
use crate::settings::{ProjectType, Settings};
use crate::wire;

/// Bytes of a list: 20 million members (the host's limit) of 50 bytes. A longer answer is cut, and a cut one is refused.
const LIST_BYTES_MAX: u32 = 1_000_000_000;

const ID: Form = Form { is: form::is_number, what: "the id of a list is a number: Iterable shows it beside the list's name" };

/// One page. The first call asks for the list and spools it.
pub(crate) fn page(call: &Call<'_>, place: SegmentPlace<'_>) -> Result<MembersPage, Halt> {
    let settings = Settings::of(call)?;
    let lines = match place.cursor {
        Some(cursor) => MemberLines::at(cursor)?,
        None => asked(call, settings, place.id(ID)?)?,
    };
    match settings.project_type {
        ProjectType::Email => lines.page(call, &["email"], |_| 0),
        ProjectType::UserId => lines.page(call, &["userId"], |_| 0),
        // Users who have an id come by it, the others by their address.
        ProjectType::Hybrid => lines.page(call, &["userId", "email"], |line| usize::from(line.contains('@'))),
    }
}

fn asked(call: &Call<'_>, settings: Settings, id: &str) -> Result<MemberLines, Halt> {
    // What `getUsers` says of a list that is not there is not documented; the list of lists is.
    if !lists::all(call)?.iter().any(|list| list.id.to_string() == id) {
        return Err(Halt::missing("the project has no list of this id"));
    }
    let prefer = settings.project_type != ProjectType::Email;
    let path = format!("{}{id}&preferUserId={prefer}", wire::GET_USERS);
    let answer = settings.get(call, &path, "list-members").answer_to_spool(LIST_BYTES_MAX).send();
    MemberLines::of(&ITERABLE.of_read(answer)?)
}

#[cfg(test)]
mod tests;
