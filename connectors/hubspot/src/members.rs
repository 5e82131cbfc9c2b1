//! The members of a list of contacts, of any processing type, for remote segments: pages of record ids, with the addresses looked up.
//!
//! `GET /crm/lists/{version}/{id}` and `…/memberships` of HubSpot's description of 2026-03, read 2026-11-27.

use std::collections::BTreeSet;

use sluice_sdk::{Call, Form, Halt, Members, MembersPage, SegmentPlace, text};

use crate::known;
use crate::lists::OBJECT;
use crate::outcomes::HUBSPOT;
use crate::records::is_id;
use crate::settings::Settings;
use crate::wire::{CONTACTS, LISTED, LISTS, List, MemberPage};

/// Members of a page.
const PAGE_MEMBERS: usize = 250;

const ID: Form =
    Form { is: is_id, what: "the id of a list is digits: it stands in the address of its page, behind `/objectLists/`" };

/// One page; the cursor is where HubSpot says that the next one begins.
pub(crate) fn page(call: &Call<'_>, place: SegmentPlace<'_>) -> Result<MembersPage, Halt> {
    let (settings, list) = (Settings::of(call)?, place.id(ID)?);
    let mut path = format!("/{list}/memberships?limit={PAGE_MEMBERS}");
    match place.after::<String>()? {
        // The ids of another type would be taken for contacts'.
        None => of_contacts(call, &settings, list)?,
        Some(after) => {
            path.push_str("&after=");
            text::percent(&mut path, &after);
        }
    }
    let page: MemberPage = HUBSPOT.of_read(settings.get(call, LISTS, &path).send())?.read()?;
    let ids: BTreeSet<String> = page.results.into_iter().map(|member| member.record_id).collect();
    let addresses = known::texts(call, &settings, OBJECT, "email", &ids)?;
    let mut members = Members::by(&["hs_object_id", "email"]);
    for id in &ids {
        members.push_known(&[Some(id), addresses.get(id).map(String::as_str)]);
    }
    Ok(members.page(page.paging.next.map(|next| next.after.into_bytes())))
}

fn of_contacts(call: &Call<'_>, settings: &Settings, id: &str) -> Result<(), Halt> {
    let answer = HUBSPOT.of_read(settings.get(call, LISTS, &format!("/{id}")).send())?;
    let list: List = answer.read_member(LISTED)?;
    match (list.list_id == id, list.object_type_id == CONTACTS) {
        (true, true) => Ok(()),
        (true, false) => Err(Halt::config("the list is not one of contacts, and only those can be read back")),
        (false, _) => Err(Halt::protocol("HubSpot answers about another list")),
    }
}

#[cfg(test)]
mod tests;
