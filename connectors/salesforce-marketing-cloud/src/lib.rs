//! The Salesforce Marketing Cloud connector: rows of data extensions, written by asynchronous jobs.
//!
//! A translator and no more: what may be reached, the limits and the settings stand in `connector.toml`; waiting, retrying, the client's
//! secret and its tokens are the host's. `README.md` is for the person who sets it up.

mod columns;
mod data_extensions;
mod jobs;
mod outcomes;
mod settings;
mod wire;

use sluice_sdk::{Call, Destination, Halt, Service};

/// The component's face.
#[derive(Debug)]
pub struct MarketingCloud;

impl Destination for MarketingCloud {
    const SERVICES: &'static [Service] = &[Service::new("data-extensions", data_extensions::write)
        .discover(data_extensions::discover)
        .setup(data_extensions::setup)
        .prepare(data_extensions::prepare)
        .poll(jobs::poll)];

    fn check(call: &Call<'_>) -> Result<String, Halt> {
        data_extensions::check(call)
    }
}

sluice_sdk::export_destination!(MarketingCloud);
