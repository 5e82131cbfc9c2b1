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

use sluice_sdk::{Call, Destination, Halt, MembersPage, Membership, Rows, SegmentPlace, Written, connected};

/// The component's face.
#[derive(Debug)]
pub struct HubSpot;

impl Destination for HubSpot {
    /// `GET /account-info/{version}/details`, which changes nothing and names the account; every token may ask it.
    fn check(call: &Call<'_>) -> Result<String, Halt> {
        let settings = settings::Settings::of(call)?;
        let answer = settings.get(call, "/account-info", "/details").send();
        let account: wire::Account = outcomes::of_read(answer)?.json().map_err(Halt::Unavailable)?;
        Ok(connected(&format!("Connected to the HubSpot account {}.", account.portal_id), &[]))
    }

    fn setup(call: &Call<'_>) -> Result<Vec<u8>, Halt> {
        match call.service() {
            "contacts" | "companies" | "deals" | "custom-objects" => Ok(Vec::new()),
            "lists" => lists::setup(call),
            _ => Err(call.unknown_service()),
        }
    }

    fn write(call: &Call<'_>, rows: &Rows<'_>) -> Result<Written, Halt> {
        match call.service() {
            "contacts" => contacts::write(call, rows),
            "companies" => companies::write(call, rows),
            "deals" => deals::write(call, rows),
            "custom-objects" => custom_objects::write(call, rows),
            "lists" => lists::write(call, rows),
            _ => Err(call.unknown_service()),
        }
    }
}

impl Membership for HubSpot {
    fn members(call: &Call<'_>, place: SegmentPlace<'_>) -> Result<MembersPage, Halt> {
        members::page(call, place)
    }
}

sluice_sdk::export_destination_with_membership!(HubSpot);
