//! The Braze connector: user attributes, events, lists as boolean attributes, subscription statuses, and members of segments
//! for remote segments.
//!
//! A translation and no more: what may be reached, the limits and the fields stand in `connector.toml`; waiting, retrying and the key
//! are the host's. `README.md` is for the person who sets it up.

mod attributes;
mod cells;
mod check;
mod events;
mod identity;
mod lists;
mod members;
mod outcomes;
mod settings;
mod subscriptions;
mod track;
mod wire;

use sluice_sdk::{Call, Destination, Halt, MembersPage, Membership, Rows, SegmentPlace, Written};

/// The component's face.
#[derive(Debug)]
pub struct Braze;

impl Destination for Braze {
    fn check(call: &Call<'_>) -> Result<String, Halt> {
        check::connection(call)
    }

    fn write(call: &Call<'_>, rows: &Rows<'_>) -> Result<Written, Halt> {
        match call.service() {
            "attributes" => attributes::write(call, rows),
            "events" => events::write(call, rows),
            "lists" => lists::write(call, rows),
            "subscriptions" => subscriptions::write(call, rows),
            _ => Err(call.unknown_service()),
        }
    }
}

impl Membership for Braze {
    fn members(call: &Call<'_>, place: SegmentPlace<'_>) -> Result<MembersPage, Halt> {
        members::page(call, place)
    }
}

sluice_sdk::export_destination_with_membership!(Braze);
