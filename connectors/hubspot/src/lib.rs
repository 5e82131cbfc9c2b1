//! The HubSpot connector: contacts, companies, deals and custom objects with their associations, lists, and the members of a list for
//! remote segments.
//!
//! A translator and no more: what may be reached, the limits and the fields stand in `connector.toml`; waiting, retrying and
//! credentials are the host's. `README.md` is for the person who sets it up.

mod associations;
mod companies;
mod contacts;
mod custom_objects;
mod deals;
mod judged;
mod known;
mod lists;
mod members;
mod objects;
mod outcomes;
mod properties;
mod records;
mod settings;
mod wire;

use sluice_sdk::{Call, Destination, Halt, MembersPage, Membership, SegmentPlace, Service, connected};

use crate::outcomes::HUBSPOT;

/// The component's face.
#[derive(Debug)]
pub struct HubSpot;

impl Destination for HubSpot {
    const SERVICES: &'static [Service] = &[
        Service::new("contacts", contacts::write),
        Service::new("companies", companies::write),
        Service::new("deals", deals::write),
        Service::new("custom-objects", custom_objects::write),
        Service::new("lists", lists::write).setup(lists::setup),
    ];

    /// `GET /account-info/{version}/details`, which changes nothing and names the account; every token may ask it.
    fn check(call: &Call<'_>) -> Result<String, Halt> {
        let settings = settings::Settings::of(call)?;
        let answer = settings.get(call, "/account-info", "/details").send();
        let account: u64 = HUBSPOT.of_read(answer)?.read_member("portalId")?;
        Ok(connected(&format!("Connected to the HubSpot account {account}."), &[]))
    }
}

impl Membership for HubSpot {
    fn members(call: &Call<'_>, place: SegmentPlace<'_>) -> Result<MembersPage, Halt> {
        members::page(call, place)
    }
}

sluice_sdk::export_destination_with_membership!(HubSpot);
