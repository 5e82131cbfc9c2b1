//! The members of a segment of any type, for remote segments: their addresses, a page of Mailchimp's at a time, whatever their status.
//!
//! "Remote segment" of the vendor sheet of 2026-11. Pages go by offset, so who joins or leaves while they are read may be seen twice or
//! not at all until the next reading.

use sluice_sdk::{Call, Form, Halt, Members, MembersPage, SegmentPlace, form};

use crate::outcomes::MAILCHIMP;
use crate::settings::Settings;
use crate::wire;

/// Members of a page: the most that Mailchimp gives.
const PAGE_ROWS: u64 = 1000;
/// "Without the include flags only subscribed members come back."
const QUERY: &str =
    "fields=members.email_address,total_items&include_cleaned=true&include_unsubscribed=true&include_transactional=true";

const ID: Form =
    Form { is: form::is_number, what: "the id of a segment is a number: it stands in the address of its page in Mailchimp" };

/// One page. The cursor is the offset of the next.
pub(crate) fn page(call: &Call<'_>, place: SegmentPlace<'_>) -> Result<MembersPage, Halt> {
    let (id, offset) = (place.id(ID)?, place.after()?.unwrap_or(0_u64));
    let path = format!("/segments/{id}/members?count={PAGE_ROWS}&offset={offset}&{QUERY}");
    let answer = MAILCHIMP.of_read(Settings::of(call)?.get(call, &path).send())?;
    let wire::Members { members, total_items } = answer.read()?;
    let seen = offset.saturating_add(members.len() as u64);
    if members.is_empty() && seen < total_items {
        return Err(Halt::protocol("a page of members is empty before the last one was seen"));
    }
    let mut page = Members::by(&["email"]);
    for member in &members {
        page.push_known(&[member.email_address.as_deref()]);
    }
    Ok(page.page((seen < total_items).then(|| seen.to_string().into_bytes())))
}

#[cfg(test)]
mod tests;
