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

use sluice_sdk::{Call, Destination, Halt, Rows, Written};

/// The component's face.
#[derive(Debug)]
pub struct MarketingCloud;

/// The only service.
fn known(call: &Call<'_>) -> Result<(), Halt> {
    if call.service() == "data-extensions" { Ok(()) } else { Err(call.unknown_service()) }
}

impl Destination for MarketingCloud {
    fn check(call: &Call<'_>) -> Result<String, Halt> {
        data_extensions::check(call)
    }

    fn discover(call: &Call<'_>, kind: &str, _cursor: Option<&str>) -> Result<String, Halt> {
        known(call)?;
        data_extensions::discover(call, kind)
    }

    fn setup(call: &Call<'_>) -> Result<Vec<u8>, Halt> {
        known(call)?;
        data_extensions::setup(call)
    }

    fn prepare(call: &Call<'_>) -> Result<Vec<u8>, Halt> {
        known(call)?;
        data_extensions::prepare(call)
    }

    fn write(call: &Call<'_>, rows: &Rows<'_>) -> Result<Written, Halt> {
        known(call)?;
        data_extensions::write(call, rows)
    }

    fn poll(call: &Call<'_>, rows: &Rows<'_>, token: &[u8]) -> Result<Written, Halt> {
        jobs::poll(call, rows, token)
    }
}

sluice_sdk::export_destination!(MarketingCloud);
