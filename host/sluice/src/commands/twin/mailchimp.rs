//! `sluice twin mailchimp`.

use clap::Args;
use serde_json::json;
use sluice_twins::{
    StartError,
    mailchimp::{Options, Running, Twin},
};

use super::{Usual, serve};
use crate::{exit::Exit, failure::Failure};

/// Stand in for Mailchimp: members of audiences, segments and tags, members read back
///
/// Point a destination at it with a stand-in in its grant. Under /__twin it answers what it holds and takes faults:
/// GET /__twin/state, /__twin/requests, /__twin/warnings, /__twin/ledger; POST and DELETE /__twin/faults; POST /__twin/reset.
#[derive(Debug, Args)]
#[command(after_help = r#"Examples:
  sluice twin mailchimp --api-key 0123456789abcdef-us19
  sluice twin mailchimp --fault '{"pick": {"nth": 3}, "answer": {"kind": "throttle"}}'
  curl -s -X PUT http://127.0.0.1:4015/__twin/audiences -d '[{"id": "a1b2c3d4e5", "name": "Customers"}]'

The grant of a destination that leads to it:
  grant: { stand_ins: [{ host: us19.api.mailchimp.com, origin: "http://127.0.0.1:4015" }] }

Faults are those of every twin: see sluice twin braze --help."#)]
pub(super) struct Mailchimp {
    #[command(flatten)]
    usual: Usual,
    /// An access token that somebody gave to an app; may be given several times
    #[arg(long, value_name = "TOKEN")]
    access_token: Vec<String>,
    /// Answer 429 above the vendor's rates
    #[arg(long)]
    enforce_rates: bool,
}

impl Mailchimp {
    pub(super) async fn start(&self) -> Result<Running, StartError> {
        let with_key = Options::with_key(&self.usual.api_key);
        Twin::start(Options {
            listen: self.usual.listen(4015),
            access_tokens: self.access_token.clone(),
            enforce_rates: self.enforce_rates,
            ledger_file: self.usual.ledger.clone(),
            ..with_key
        })
        .await
    }

    pub(super) async fn run(self) -> Result<Exit, Failure> {
        let told = |twin: &Running| json!({ "url": twin.url(), "api_key": self.usual.api_key });
        serve("Mailchimp", &self.usual, self.start(), told).await
    }
}
