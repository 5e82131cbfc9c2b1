//! The {{title}} connector. A translator and no more: what may be reached, limits and fields stand in `connector.toml`; waiting, retrying
//! and the key are the host's.

mod contacts;
mod lists;
mod outcomes;
mod settings;
mod wire;

use sluice_sdk::{Call, Destination, Halt, Rows, Written, connected};

/// The component's face.
#[derive(Debug)]
pub struct Connector;

impl Destination for Connector {
    /// A question that changes nothing and that every key may ask.
    fn check(call: &Call<'_>) -> Result<String, Halt> {
        settings::check(call)?;
        Ok(connected("Connected.", &[]))
    }

    /// What an activation needs once.
    fn setup(call: &Call<'_>) -> Result<Vec<u8>, Halt> {
        match call.service() {
            "lists" => lists::setup(call),
            _ => Ok(Vec::new()),
        }
    }

    fn write(call: &Call<'_>, rows: &Rows<'_>) -> Result<Written, Halt> {
        match call.service() {
            "contacts" => contacts::write(call, rows),
            "lists" => lists::write(call, rows),
            _ => Err(call.unknown_service()),
        }
    }
}

sluice_sdk::export_destination!(Connector);
