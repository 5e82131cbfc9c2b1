//! The Google Ads connector: Customer Match lists, enhanced and offline conversions, adjustments, retractions.
//!
//! A translator and no more: what may be reached, the limits and the fields stand in `connector.toml`; normalising, hashing, waiting,
//! retrying and tokens are the host's. `README.md` is for the person who sets it up.

mod adjustments;
mod audiences;
mod check;
mod click_conversions;
mod consent;
mod enhanced_conversions_web;
mod events;
mod ingest;
mod lists;
mod outcomes;
mod people;
mod processing;
mod retractions;
mod settings;
mod timing;
mod wire;

use sluice_sdk::{Call, Destination, Halt, Rows, Written};

/// The component's face.
#[derive(Debug)]
pub struct GoogleAds;

impl Destination for GoogleAds {
    fn check(call: &Call<'_>) -> Result<String, Halt> {
        check::connection(call)
    }

    fn setup(call: &Call<'_>) -> Result<Vec<u8>, Halt> {
        match call.service() {
            "audiences" => lists::setup(call),
            _ => Ok(Vec::new()),
        }
    }

    fn write(call: &Call<'_>, rows: &Rows<'_>) -> Result<Written, Halt> {
        match call.service() {
            "audiences" => audiences::write(call, rows),
            "enhanced-conversions-web" => enhanced_conversions_web::write(call, rows),
            "click-conversions" => click_conversions::write(call, rows),
            "adjustments" => adjustments::write(call, rows),
            "retractions" => retractions::write(call, rows),
            _ => Err(call.unknown_service()),
        }
    }

    fn poll(call: &Call<'_>, rows: &Rows<'_>, token: &[u8]) -> Result<Written, Halt> {
        processing::poll(call, rows.len(), token)
    }
}

sluice_sdk::export_destination!(GoogleAds);
