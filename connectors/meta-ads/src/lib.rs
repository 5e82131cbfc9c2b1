//! The Meta Ads connector: members of custom audiences, and conversion events.
//!
//! A translator and no more: what may be reached, the limits and the fields stand in `connector.toml`; people are normalised and hashed
//! by the host; waiting, retrying, the token and its proof are the host's too. `README.md` is for the person who sets it up.

mod audiences;
mod conversions;
mod keys;
mod outcomes;
mod settings;
mod wire;

use sluice_sdk::{Call, Destination, Halt, Service, connected};

use settings::Settings;

/// The component's face.
#[derive(Debug)]
pub struct MetaAds;

impl Destination for MetaAds {
    const SERVICES: &'static [Service] = &[
        Service::new("audiences", audiences::write).setup(audiences::setup).prepare(audiences::prepare),
        Service::new("conversions", conversions::write),
    ];

    /// Asks for the name of what is set, the ad account, the dataset or both, which changes nothing.
    fn check(call: &Call<'_>) -> Result<String, Halt> {
        let settings = Settings::of(call)?;
        for question in settings.questions()? {
            outcomes::of_read(settings.request(call, "GET", &question).send())?;
        }
        Ok(connected("Connected.", &[]))
    }
}

sluice_sdk::export_destination!(MetaAds);
