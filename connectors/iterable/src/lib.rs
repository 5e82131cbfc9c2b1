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

use sluice_sdk::{Call, Destination, Halt, MembersPage, Membership, Rows, SegmentPlace, Written, connected};

/// The component's face.
#[derive(Debug)]
pub struct Iterable;

impl Destination for Iterable {
    /// `GET /api/lists`, which changes nothing; every server-side key may ask it.
    fn check(call: &Call<'_>) -> Result<String, Halt> {
        lists::all(call)?;
        Ok(connected("Connected.", &[]))
    }

    fn setup(call: &Call<'_>) -> Result<Vec<u8>, Halt> {
        match call.service() {
            "attributes" => attributes::setup(call),
            "lists" => lists::setup(call),
            _ => Err(call.unknown_service()),
        }
    }

    fn write(call: &Call<'_>, rows: &Rows<'_>) -> Result<Written, Halt> {
        match call.service() {
            "attributes" => attributes::write(call, rows),
            "lists" => lists::write(call, rows),
            _ => Err(call.unknown_service()),
        }
    }
}

impl Membership for Iterable {
    fn members(call: &Call<'_>, place: SegmentPlace<'_>) -> Result<MembersPage, Halt> {
        members::page(call, place)
    }
}

sluice_sdk::export_destination_with_membership!(Iterable);
