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

use sluice_sdk::{Call, Destination, Halt, Rows, Written, connected};

use settings::Settings;

/// The component's face.
#[derive(Debug)]
pub struct MetaAds;

impl Destination for MetaAds {
    /// Asks for the name of what is set, the ad account, the dataset or both, which changes nothing.
    fn check(call: &Call<'_>) -> Result<String, Halt> {
        let settings = Settings::of(call)?;
        for question in settings.questions()? {
            outcomes::of_read(settings.request(call, "GET", &question).send())?;
        }
        Ok(connected("Connected.", &[]))
    }

    fn setup(call: &Call<'_>) -> Result<Vec<u8>, Halt> {
        match call.service() {
            "audiences" => audiences::setup(call),
            "conversions" => Ok(Vec::new()),
            _ => Err(call.unknown_service()),
        }
    }

    fn prepare(call: &Call<'_>) -> Result<Vec<u8>, Halt> {
        match call.service() {
            "audiences" => audiences::prepare(call),
            "conversions" => Ok(Vec::new()),
            _ => Err(call.unknown_service()),
        }
    }

    fn write(call: &Call<'_>, rows: &Rows<'_>) -> Result<Written, Halt> {
        match call.service() {
            "audiences" => audiences::write(call, rows),
            "conversions" => conversions::write(call, rows),
            _ => Err(call.unknown_service()),
        }
    }
}

sluice_sdk::export_destination!(MetaAds);
