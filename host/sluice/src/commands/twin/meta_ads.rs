//! `sluice twin meta-ads`.

use clap::Args;
use serde_json::json;
use sluice_twins::{
    StartError,
    meta_ads::{ACCOUNT, DATASET, Options, Running, Twin},
};

use super::{Usual, serve};
use crate::{exit::Exit, failure::Failure};

/// Stand in for Meta Ads: customer-file audiences, replacement sessions, conversion events
///
/// Point a destination at it with a stand-in in its grant. Under /__twin it answers what it holds and takes faults:
/// GET /__twin/state, /__twin/requests, /__twin/warnings, /__twin/ledger; POST and DELETE /__twin/faults; POST /__twin/reset.
/// The API key is an access token; its ad account is 1234567890 and its dataset 987654321012345.
#[derive(Debug, Args)]
#[command(after_help = r#"Examples:
  sluice twin meta-ads
  sluice twin meta-ads --fault '{"pick": {"nth": 3}, "answer": {"kind": "throttle"}}'
  curl -s -X PUT http://127.0.0.1:4018/__twin/refusals -d '[{"code": 368}]'

The grant of a destination that leads to it:
  grant: { stand_ins: [{ host: graph.facebook.com, origin: "http://127.0.0.1:4018" }] }

Faults are those of every twin: see sluice twin braze --help."#)]
pub(super) struct MetaAds {
    #[command(flatten)]
    usual: Usual,
    /// Refuse calls above the vendor's quota of an hour
    #[arg(long)]
    enforce_rates: bool,
}

impl MetaAds {
    pub(super) async fn start(&self) -> Result<Running, StartError> {
        let with_token = Options::with_token(&self.usual.api_key);
        Twin::start(Options {
            listen: self.usual.listen(4018),
            enforce_rates: self.enforce_rates,
            ledger_file: self.usual.ledger.clone(),
            ..with_token
        })
        .await
    }

    pub(super) async fn run(self) -> Result<Exit, Failure> {
        let told = |twin: &Running| json!({ "url": twin.url(), "api_key": self.usual.api_key, "ad_account_id": ACCOUNT, "dataset_id": DATASET });
        serve("Meta Ads", &self.usual, self.start(), told).await
    }
}
