//! The Iterable connector: user attributes, contact lists, and the members of a list for remote segments.
//!
//! A translator and no more: what may be reached, the limits and the fields stand in `connector.toml`; waiting, retrying and the key
//! are the host's. `README.md` is for the person who sets it up.

mod attributes;
mod known;
mod lists;
mod members;
mod outcomes;
mod people;
mod settings;
mod users;
mod wire;

use sluice_sdk::{Call, Destination, Halt, MembersPage, Membership, SegmentPlace, Service, connected};

/// The component's face.
#[derive(Debug)]
pub struct Iterable;

impl Destination for Iterable {
    const SERVICES: &'static [Service] = &[
        Service::new("attributes", attributes::write).setup(attributes::setup),
        Service::new("lists", lists::write).setup(lists::setup),
    ];

    /// `GET /api/lists`, which changes nothing; every server-side key may ask it.
    fn check(call: &Call<'_>) -> Result<String, Halt> {
        lists::all(call)?;
        Ok(connected("Connected.", &[]))
    }
}

impl Membership for Iterable {
    fn members(call: &Call<'_>, place: SegmentPlace<'_>) -> Result<MembersPage, Halt> {
        members::page(call, place)
    }
}

sluice_sdk::export_destination_with_membership!(Iterable);
