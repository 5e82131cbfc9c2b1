//! `sluice twin braze`.

use clap::{Args, ValueEnum};
use serde_json::json;
use sluice_twins::{
    StartError,
    braze::{ObjectsPerRequest, Options, Running, Twin},
};

use super::{Usual, serve};
use crate::{exit::Exit, failure::Failure};

/// Stand in for Braze: /users/track, subscription groups, segments and their export
///
/// Point a destination at it with a stand-in in its grant. Under /__twin it answers what it holds and takes faults:
/// GET /__twin/state, /__twin/requests, /__twin/warnings, /__twin/ledger; POST and DELETE /__twin/faults; POST /__twin/reset.
#[derive(Debug, Args)]
#[command(after_help = r#"Examples:
  sluice twin braze
  sluice twin braze --listen 127.0.0.1:4010 --api-key test-key --contract seventy-five
  sluice twin braze --fault '{"pick": {"nth": 3}, "answer": {"kind": "throttle"}}'
  sluice twin braze --fault '{"path": "/users/track", "apply": "all", "answer": {"kind": "drop"}}'
  curl -s http://127.0.0.1:4010/__twin/state/profiles/C0000001

A destination that leads to it:
  destinations:
    - name: braze
      connector: braze
      settings: { rest_host: rest.iad-01 }
      grant: { stand_ins: [{ host: rest.iad-01.braze.com, origin: "http://127.0.0.1:4010" }] }
      credentials: { rest_api_key: "${BRAZE_KEY}" }

Faults:
  pick    {"next": n} | {"nth": n} | {"every": n}; `path`, `method` and `holding` (a text of the
          body) narrow it, `count` ends it
  apply   "nothing" | "half" | "all" | "twice" | {"late": {"after_requests": n}}
  answer  {"kind": "normal" | "errors-for-rest" | "throttle" | "status" | "not-success" |
          "captive-portal" | "truncated" | "drop" | "hang", …}; `delay_ms` makes it late"#)]
pub(super) struct Braze {
    #[command(flatten)]
    usual: Usual,
    /// Objects per request that the customer's contract allows
    #[arg(long, value_enum, default_value_t = Contract::Fifty)]
    contract: Contract,
    /// Answer 429 above the vendor's rates
    #[arg(long)]
    enforce_rates: bool,
    /// What the storage of exports is called in answers, for example https://exports.s3.amazonaws.com; lead that host to the twin,
    /// too. Its own address unless said
    #[arg(long, value_name = "URL", value_parser = storage)]
    files_named: Option<String>,
}

/// A storage's name as it stands in answers.
fn storage(url: &str) -> Result<String, String> {
    let host = url.strip_prefix("https://").filter(|host| !host.is_empty() && !host.contains('/'));
    host.map(|_| url.to_owned()).ok_or_else(|| "it must be https:// and a host, like https://exports.s3.amazonaws.com".to_owned())
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Contract {
    /// 50 together: contracts by monthly active users
    Fifty,
    /// 75 together
    SeventyFive,
    /// 75 attributes, 75 events and 75 purchases: old contracts
    SeventyFiveOfEach,
}

impl Braze {
    fn options(&self) -> Options {
        Options {
            listen: self.usual.listen(4010),
            contract: match self.contract {
                Contract::Fifty => ObjectsPerRequest::Fifty,
                Contract::SeventyFive => ObjectsPerRequest::SeventyFive,
                Contract::SeventyFiveOfEach => ObjectsPerRequest::SeventyFiveOfEach,
            },
            enforce_rates: self.enforce_rates,
            ledger_file: self.usual.ledger.clone(),
            files_named: self.files_named.clone(),
            ..Options::with_key(&self.usual.api_key)
        }
    }

    pub(super) async fn start(&self) -> Result<Running, StartError> {
        Twin::start(self.options()).await
    }

    pub(super) async fn run(self) -> Result<Exit, Failure> {
        serve(
            "Braze",
            &self.usual,
            self.start(),
            |twin| json!({ "url": twin.url(), "api_key": self.usual.api_key, "files_url": twin.files_url() }),
        )
        .await
    }
}
