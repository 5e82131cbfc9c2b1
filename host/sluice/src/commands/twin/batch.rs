//! `sluice twin batch`.

use clap::Args;
use serde_json::json;
use sluice_twins::{
    StartError,
    batch::{Options, Running, Twin},
};

use super::{Usual, serve};
use crate::{exit::Exit, failure::Failure};

/// Stand in for Batch: profiles and events of a project, custom data of apps
///
/// Point a destination at it with a stand-in in its grant. Under /__twin it answers what it holds and takes faults:
/// GET /__twin/state, /__twin/requests, /__twin/warnings, /__twin/ledger; POST and DELETE /__twin/faults; POST /__twin/reset.
#[derive(Debug, Args)]
#[command(after_help = r#"Examples:
  sluice twin batch --project-key project_1 --app-api-key IOS
  sluice twin batch --fault '{"pick": {"nth": 3}, "answer": {"kind": "throttle"}}'
  curl -s http://127.0.0.1:4013/__twin/state/profiles/C-1

The grant of a destination that leads to it:
  grant: { stand_ins: [{ host: api.batch.com, origin: "http://127.0.0.1:4013" }] }

Faults are those of every twin: see sluice twin braze --help."#)]
pub(super) struct Batch {
    #[command(flatten)]
    usual: Usual,
    /// The project that it has
    #[arg(long, value_name = "KEY", default_value = sluice_twins::batch::PROJECT_KEY)]
    project_key: String,
    /// An app that it has; may be given several times
    #[arg(long, value_name = "KEY", default_value = sluice_twins::batch::APP_API_KEY)]
    app_api_key: Vec<String>,
    /// Answer 429 above the vendor's rates
    #[arg(long)]
    enforce_rates: bool,
}

impl Batch {
    pub(super) async fn start(&self) -> Result<Running, StartError> {
        let with_key = Options::with_key(&self.usual.api_key);
        Twin::start(Options {
            listen: self.usual.listen(4013),
            enforce_rates: self.enforce_rates,
            ledger_file: self.usual.ledger.clone(),
            project_key: self.project_key.clone(),
            app_api_keys: self.app_api_key.clone(),
            ..with_key
        })
        .await
    }

    pub(super) async fn run(self) -> Result<Exit, Failure> {
        let told = |twin: &Running| json!({ "url": twin.url(), "api_key": self.usual.api_key });
        serve("Batch", &self.usual, self.start(), told).await
    }
}
