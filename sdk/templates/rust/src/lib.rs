//! The {{title}} connector. A translator and no more: what may be reached, limits and fields stand in `connector.toml`; waiting, retrying
//! and the key are the host's.

mod contacts;
mod lists;
mod outcomes;
mod settings;
mod wire;

use sluice_sdk::{Call, Destination, Halt, Service, connected};

/// The component's face.
#[derive(Debug)]
pub struct Connector;

impl Destination for Connector {
    const SERVICES: &'static [Service] =
        &[Service::new("contacts", contacts::write), Service::new("lists", lists::write).setup(lists::setup)];

    /// A question that changes nothing and that every key may ask.
    fn check(call: &Call<'_>) -> Result<String, Halt> {
        settings::check(call)?;
        Ok(connected("Connected.", &[]))
    }
}

sluice_sdk::export_destination!(Connector);
