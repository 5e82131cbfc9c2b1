//! `sluice twin klaviyo`.

use clap::Args;
use serde_json::json;
use sluice_twins::{
    StartError,
    klaviyo::{Options, Running, Twin},
};

use super::{Usual, serve};
use crate::{exit::Exit, failure::Failure};

/// Stand in for Klaviyo: profiles by import jobs, lists, subscriptions, members read back
///
/// Point a destination at it with a stand-in in its grant. Under /__twin it answers what it holds and takes faults:
/// GET /__twin/state, /__twin/requests, /__twin/warnings, /__twin/ledger; POST and DELETE /__twin/faults; POST /__twin/reset.
#[derive(Debug, Args)]
#[command(after_help = r#"Examples:
  sluice twin klaviyo
  sluice twin klaviyo --fault '{"pick": {"nth": 3}, "answer": {"kind": "throttle"}}'
  curl -s -X PUT http://127.0.0.1:4014/__twin/lists -d '[{"id": "Y6nRLr", "name": "VIP"}]'

The grant of a destination that leads to it:
  grant: { stand_ins: [{ host: a.klaviyo.com, origin: "http://127.0.0.1:4014" }] }

Faults are those of every twin: see sluice twin braze --help."#)]
pub(super) struct Klaviyo {
    #[command(flatten)]
    usual: Usual,
    /// Answer 429 above the vendor's rates
    #[arg(long)]
    enforce_rates: bool,
}

impl Klaviyo {
    pub(super) async fn start(&self) -> Result<Running, StartError> {
        let with_key = Options::with_key(&self.usual.api_key);
        Twin::start(Options {
            listen: self.usual.listen(4014),
            enforce_rates: self.enforce_rates,
            ledger_file: self.usual.ledger.clone(),
            ..with_key
        })
        .await
    }

    pub(super) async fn run(self) -> Result<Exit, Failure> {
        let told = |twin: &Running| json!({ "url": twin.url(), "api_key": self.usual.api_key });
        serve("Klaviyo", &self.usual, self.start(), told).await
    }
}
