//! The Mailchimp connector: contacts of an audience, its static segments (which are its tags), and their members for remote segments.
//!
//! A translator and no more: what may be reached, the limits and the fields stand in `connector.toml`; waiting, retrying and the key
//! are the host's. `README.md` is for the person who sets it up.

mod contacts;
mod members;
mod merge_fields;
mod outcomes;
mod people;
mod segments;
mod settings;
mod wire;

use sluice_sdk::{Call, Destination, Halt, MembersPage, Membership, SegmentPlace, Service, connected};

/// The component's face.
#[derive(Debug)]
pub struct Mailchimp;

impl Destination for Mailchimp {
    const SERVICES: &'static [Service] = &[
        Service::new("contacts", contacts::write).prepare(contacts::prepare),
        Service::new("segments", segments::write).setup(segments::setup).prepare(segments::prepare),
    ];

    /// `GET /3.0/lists/{list_id}`, which changes nothing and proves the key, the data center and the audience.
    fn check(call: &Call<'_>) -> Result<String, Halt> {
        let audience = contacts::audience(call)?;
        Ok(connected(&format!("Connected to the audience {}.", audience.name), &[]))
    }
}

impl Membership for Mailchimp {
    fn members(call: &Call<'_>, place: SegmentPlace<'_>) -> Result<MembersPage, Halt> {
        members::page(call, place)
    }
}

sluice_sdk::export_destination_with_membership!(Mailchimp);
