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

use sluice_sdk::{Call, Destination, Halt, MembersPage, Membership, Rows, SegmentPlace, Written, connected};

/// The component's face.
#[derive(Debug)]
pub struct Mailchimp;

impl Destination for Mailchimp {
    /// `GET /3.0/lists/{list_id}`, which changes nothing and proves the key, the data center and the audience.
    fn check(call: &Call<'_>) -> Result<String, Halt> {
        let audience = contacts::audience(call)?;
        Ok(connected(&format!("Connected to the audience {}.", audience.name), &[]))
    }

    fn setup(call: &Call<'_>) -> Result<Vec<u8>, Halt> {
        match call.service() {
            "contacts" => Ok(Vec::new()),
            "segments" => segments::setup(call),
            _ => Err(call.unknown_service()),
        }
    }

    fn prepare(call: &Call<'_>) -> Result<Vec<u8>, Halt> {
        match call.service() {
            "contacts" => contacts::prepare(call),
            "segments" => segments::prepare(call),
            _ => Err(call.unknown_service()),
        }
    }

    fn write(call: &Call<'_>, rows: &Rows<'_>) -> Result<Written, Halt> {
        match call.service() {
            "contacts" => contacts::write(call, rows),
            "segments" => segments::write(call, rows),
            _ => Err(call.unknown_service()),
        }
    }
}

impl Membership for Mailchimp {
    fn members(call: &Call<'_>, place: SegmentPlace<'_>) -> Result<MembersPage, Halt> {
        members::page(call, place)
    }
}

sluice_sdk::export_destination_with_membership!(Mailchimp);
