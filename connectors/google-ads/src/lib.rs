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

use sluice_sdk::{Call, Destination, Halt, Service};

/// The component's face.
#[derive(Debug)]
pub struct GoogleAds;

impl Destination for GoogleAds {
    const SERVICES: &'static [Service] = &[
        Service::new("audiences", audiences::write).setup(lists::setup).poll(processing::poll),
        Service::new("enhanced-conversions-web", enhanced_conversions_web::write).poll(processing::poll),
        Service::new("click-conversions", click_conversions::write).poll(processing::poll),
        Service::new("adjustments", adjustments::write).poll(processing::poll),
        Service::new("retractions", retractions::write),
    ];

    fn check(call: &Call<'_>) -> Result<String, Halt> {
        check::connection(call)
    }
}

sluice_sdk::export_destination!(GoogleAds);
