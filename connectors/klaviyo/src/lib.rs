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

use sluice_sdk::{Call, Destination, Halt, MembersPage, Membership, Rows, SegmentPlace, Written};

/// The component's face.
#[derive(Debug)]
pub struct Klaviyo;

impl Destination for Klaviyo {
    fn check(call: &Call<'_>) -> Result<String, Halt> {
        check::connection(call)
    }

    fn setup(call: &Call<'_>) -> Result<Vec<u8>, Halt> {
        match call.service() {
            "contacts" => Ok(Vec::new()),
            "lists" | "subscriptions" => lists::setup(call),
            _ => Err(call.unknown_service()),
        }
    }

    fn write(call: &Call<'_>, rows: &Rows<'_>) -> Result<Written, Halt> {
        match call.service() {
            "contacts" => contacts::write(call, rows),
            "lists" => lists::write(call, rows),
            "subscriptions" => subscriptions::write(call, rows),
            _ => Err(call.unknown_service()),
        }
    }

    fn poll(call: &Call<'_>, rows: &Rows<'_>, token: &[u8]) -> Result<Written, Halt> {
        imports::poll(call, rows, token)
    }
}

impl Membership for Klaviyo {
    fn members(call: &Call<'_>, place: SegmentPlace<'_>) -> Result<MembersPage, Halt> {
        members::page(call, place)
    }
}

sluice_sdk::export_destination_with_membership!(Klaviyo);
