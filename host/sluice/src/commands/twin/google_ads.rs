//! `sluice twin google-ads`.

use clap::Args;
use serde_json::json;
use sluice_twins::{
    StartError,
    google_ads::{DeveloperToken, Options, Running, Twin},
};

use super::{Usual, serve};
use crate::{exit::Exit, failure::Failure};

/// Stand in for Google Ads: audience members and events by the Data Manager API, conversion adjustments, OAuth tokens
///
/// Point a destination at it with a stand-in in its grant for each of the vendor's hosts. The key is an access token, the secret and the
/// refresh token of the client twin.apps.googleusercontent.com, and the developer token. Under /__twin it answers what it holds and
/// takes faults: GET /__twin/state, /__twin/requests, /__twin/warnings, /__twin/ledger; POST and DELETE /__twin/faults; POST /__twin/reset.
#[derive(Debug, Args)]
#[command(after_help = r#"Examples:
  sluice twin google-ads
  sluice twin google-ads --fault '{"pick": {"nth": 3}, "answer": {"kind": "throttle"}}'
  curl -s -X PUT http://127.0.0.1:4016/__twin/outcomes -d '[{"reason": "INTERNAL_ERROR", "records": 2}]'

The grant of a destination that leads to it:
  grant: { stand_ins: [
    { host: datamanager.googleapis.com, origin: "http://127.0.0.1:4016" },
    { host: googleads.googleapis.com, origin: "http://127.0.0.1:4016" },
    { host: oauth2.googleapis.com, origin: "http://127.0.0.1:4016" }] }

Faults are those of every twin: see sluice twin braze --help."#)]
pub(super) struct GoogleAds {
    #[command(flatten)]
    usual: Usual,
    /// The developer token uploaded before the vendor closed the door, so that click conversions and Customer Match jobs are taken
    #[arg(long)]
    admitted: bool,
    /// Answer 429 above the vendor's quotas
    #[arg(long)]
    enforce_rates: bool,
}

impl GoogleAds {
    pub(super) async fn start(&self) -> Result<Running, StartError> {
        let with_key = Options::with_key(&self.usual.api_key);
        let developer_tokens = match self.admitted {
            true => vec![DeveloperToken::admitted(&self.usual.api_key)],
            false => with_key.developer_tokens.clone(),
        };
        Twin::start(Options {
            listen: self.usual.listen(4016),
            developer_tokens,
            enforce_rates: self.enforce_rates,
            ledger_file: self.usual.ledger.clone(),
            ..with_key
        })
        .await
    }

    pub(super) async fn run(self) -> Result<Exit, Failure> {
        let told = |twin: &Running| json!({ "url": twin.url(), "api_key": self.usual.api_key });
        serve("Google Ads", &self.usual, self.start(), told).await
    }
}
