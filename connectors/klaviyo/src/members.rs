//! The members of a segment or of a list, for remote segments: page by page, by every identifier that Klaviyo has of them.
//!
//! `GET /api/segments/{id}/profiles` and `GET /api/lists/{id}/profiles` of Klaviyo's description (klaviyo/openapi at f0a30ba of
//! 2026-07-23, read 2026-11): pages of 100, followed by their link.

use sluice_sdk::{Call, Form, Halt, Members, MembersPage, SegmentPlace, form};

use crate::api;
use crate::people::KNOWN;
use crate::wire::{LISTS, Page, SEGMENTS};

/// The bucket of the manifest.
const PACE: &str = "members";
/// What a page says of a profile.
const QUERY: &str = "fields[profile]=email,phone_number,external_id&page[size]=100";

const ID: Form = Form {
    is: form::is_alphanumeric,
    what: "the id of a segment or a list is letters and digits: it stands in the address of its page",
};

/// One page; the cursor is the link to the next.
pub(crate) fn page(call: &Call<'_>, place: SegmentPlace<'_>) -> Result<MembersPage, Halt> {
    let Page { data, links } = match place.after::<String>()? {
        None => first(call, place.id(ID)?)?,
        Some(link) => api::next(call, &link, PACE)?,
    };
    let names = KNOWN.map(|known| known.name);
    let mut members = Members::by(&names);
    for profile in data {
        members.push_known(&KNOWN.map(|known| known.kind.of(&profile)));
    }
    Ok(members.page(links.next.map(String::into_bytes)))
}

/// The first page of the segment of this id; where there is none, of the list.
fn first(call: &Call<'_>, id: &str) -> Result<Page, Halt> {
    let of = |path: &str| api::page(api::get(call, &format!("{path}/{id}/profiles?{QUERY}"), PACE));
    match of(SEGMENTS) {
        Err(Halt::Missing(_)) => of(LISTS),
        told => told,
    }
}

#[cfg(test)]
mod tests;
