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

use sluice_sdk::{Call, Destination, Halt, MembersPage, Membership, SegmentPlace, Service};

/// The component's face.
#[derive(Debug)]
pub struct Braze;

impl Destination for Braze {
    const SERVICES: &'static [Service] = &[
        Service::new("attributes", attributes::write),
        Service::new("events", events::write),
        Service::new("lists", lists::write),
        Service::new("subscriptions", subscriptions::write),
    ];

    fn check(call: &Call<'_>) -> Result<String, Halt> {
        check::connection(call)
    }
}

impl Membership for Braze {
    fn members(call: &Call<'_>, place: SegmentPlace<'_>) -> Result<MembersPage, Halt> {
        members::page(call, place)
    }
}

sluice_sdk::export_destination_with_membership!(Braze);
