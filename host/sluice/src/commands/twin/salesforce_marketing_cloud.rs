//! `sluice twin salesforce-marketing-cloud`.

use clap::Args;
use serde_json::json;
use sluice_twins::{
    StartError,
    salesforce_marketing_cloud::{Options, Running, Twin},
};

use super::{Usual, serve};
use crate::{exit::Exit, failure::Failure};

/// Stand in for Salesforce Marketing Cloud: tokens, data extensions and their rows, by jobs and at once
///
/// Point a destination at it with a stand-in in its grant for each of the tenant's hosts. The key is the client's secret. Under /__twin
/// it answers what it holds and takes faults: GET /__twin/state, /__twin/requests, /__twin/warnings, /__twin/ledger; POST and DELETE
/// /__twin/faults; POST /__twin/reset.
#[derive(Debug, Args)]
#[command(after_help = r#"Examples:
  sluice twin salesforce-marketing-cloud
  sluice twin salesforce-marketing-cloud --fault '{"pick": {"nth": 3}, "answer": {"kind": "throttle", "retry_after_s": 5}}'
  curl -s -X PUT http://127.0.0.1:4019/__twin/data-extensions -d '[{"key": "Members", "name": "Members", "fields": [
    {"name": "MemberId", "type": "Text", "length": 50, "isPrimaryKey": true}, {"name": "Points", "type": "Number"}]}]'
  curl -s -X PUT http://127.0.0.1:4019/__twin/revoked -d '["*"]'

The grant of a destination that leads to it:
  grant: { stand_ins: [
    { host: mctw1n0000000000000000000000.auth.marketingcloudapis.com, origin: "http://127.0.0.1:4019" },
    { host: mctw1n0000000000000000000000.rest.marketingcloudapis.com, origin: "http://127.0.0.1:4019" }] }

Faults are those of every twin: see sluice twin braze --help."#)]
pub(super) struct SalesforceMarketingCloud {
    #[command(flatten)]
    usual: Usual,
    /// The tenant's label of the vendor's hosts
    #[arg(long, value_name = "LABEL", default_value = Options::SUBDOMAIN)]
    subdomain: String,
    /// The client's id
    #[arg(long, value_name = "ID", default_value = "client")]
    client_id: String,
    /// An access token that is accepted without being asked for
    #[arg(long, value_name = "TOKEN")]
    token: Option<String>,
    /// Answer 429 above the vendor's rates
    #[arg(long)]
    enforce_rates: bool,
}

impl SalesforceMarketingCloud {
    pub(super) async fn start(&self) -> Result<Running, StartError> {
        let with_client = Options::with_client(&self.client_id, &self.usual.api_key);
        Twin::start(Options {
            listen: self.usual.listen(4019),
            subdomain: self.subdomain.clone(),
            fixed_token: self.token.clone(),
            enforce_rates: self.enforce_rates,
            ledger_file: self.usual.ledger.clone(),
            ..with_client
        })
        .await
    }

    pub(super) async fn run(self) -> Result<Exit, Failure> {
        let told = |twin: &Running| json!({ "url": twin.url(), "api_key": self.usual.api_key });
        serve("Salesforce Marketing Cloud", &self.usual, self.start(), told).await
    }
}
