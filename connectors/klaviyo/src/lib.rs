//! The Klaviyo connector: profiles, lists, subscriptions, and the members of a segment or a list for remote segments.
//!
//! A translator and no more: what may be reached, the limits and the fields stand in `connector.toml`; waiting, retrying and the key
//! are the host's. `README.md` is for the person who sets it up.

mod api;
mod attributes;
mod check;
mod contacts;
mod imports;
mod inserts;
mod jobs;
mod known;
mod lists;
mod members;
mod outcomes;
mod people;
mod settings;
mod subscriptions;
mod wire;

use sluice_sdk::{Call, Destination, Halt, MembersPage, Membership, SegmentPlace, Service};

/// The component's face.
#[derive(Debug)]
pub struct Klaviyo;

impl Destination for Klaviyo {
    const SERVICES: &'static [Service] = &[
        Service::new("contacts", contacts::write).poll(imports::poll),
        Service::new("lists", lists::write).setup(lists::setup).poll(imports::poll),
        Service::new("subscriptions", subscriptions::write).setup(lists::setup),
    ];

    fn check(call: &Call<'_>) -> Result<String, Halt> {
        check::connection(call)
    }
}

impl Membership for Klaviyo {
    fn members(call: &Call<'_>, place: SegmentPlace<'_>) -> Result<MembersPage, Halt> {
        members::page(call, place)
    }
}

sluice_sdk::export_destination_with_membership!(Klaviyo);
