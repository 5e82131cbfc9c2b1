//! `sluice twin`: a vendor's faithful stand-in as a process of its own, for authors of connectors and for trying things out.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;
use sluice_catalog::Code;
use sluice_twins::{
    Fault, StartError,
    braze::{Options, Twin as BrazeTwin},
};

use crate::{exit::Exit, failure::Failure, output, server};

/// Run a stand-in of a vendor's API on this machine
///
/// A twin checks what the vendor checks, keeps what the vendor keeps, and does harm on demand.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  sluice twin braze --help     how a destination leads to it, and what harm it does\n  sluice twin braze --api-key test-key"
)]
pub(crate) struct Twin {
    #[command(subcommand)]
    which: Which,
}

#[derive(Debug, Subcommand)]
enum Which {
    Braze(Braze),
}

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
struct Braze {
    /// Address to listen on, of this machine alone; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4010")]
    listen: SocketAddr,
    /// The API key that it accepts
    #[arg(long, value_name = "KEY", default_value = "test-key")]
    api_key: String,
    /// Objects per request that the customer's contract allows
    #[arg(long, value_enum, default_value_t = Contract::Fifty)]
    contract: Contract,
    /// Answer 429 above the vendor's rates
    #[arg(long)]
    enforce_rates: bool,
    /// Append everything that is applied to this file, as lines of JSON
    #[arg(long, value_name = "FILE")]
    ledger: Option<PathBuf>,
    /// Harm to do, as JSON; may be given several times
    #[arg(long, value_name = "JSON")]
    fault: Vec<String>,
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

impl Twin {
    /// Runs until asked to stop.
    pub(crate) async fn run(self) -> Result<Exit, Failure> {
        let Which::Braze(braze) = self.which;
        braze.run().await
    }
}

impl Braze {
    fn options(&self) -> Options {
        use sluice_twins::braze::ObjectsPerRequest;
        Options {
            listen: self.listen,
            contract: match self.contract {
                Contract::Fifty => ObjectsPerRequest::Fifty,
                Contract::SeventyFive => ObjectsPerRequest::SeventyFive,
                Contract::SeventyFiveOfEach => ObjectsPerRequest::SeventyFiveOfEach,
            },
            enforce_rates: self.enforce_rates,
            ledger_file: self.ledger.clone(),
            ..Options::with_key(&self.api_key)
        }
    }

    async fn run(self) -> Result<Exit, Failure> {
        let faults = self.fault.iter().map(|text| fault(text)).collect::<Result<Vec<_>, _>>()?;
        // Listened for before the address is said, so that whoever reads it may end the process at once.
        let stop = server::asked_to_stop();
        let twin = BrazeTwin::start(self.options()).await.map_err(|error| started(&error))?;
        for fault in faults {
            let armed = twin.faults().arm(fault);
            armed.map_err(|error| Failure::new(Code::ApiInvalid, server::sentence(&format!("--fault: {error}"))))?;
        }
        output::json_line(&json!({ "url": twin.url(), "api_key": self.api_key, "files_url": twin.files_url() }));
        output::line(format!("The Braze twin listens on {}\nkey      {}", twin.url(), self.api_key));
        output::line(format!("state    {}/__twin/state\nCtrl-C ends it.", twin.url()));
        stop.await;
        output::line(format!("Ended after {} requests.", output::count(twin.log().total())));
        twin.stop().await;
        Ok(Exit::Done)
    }
}

fn fault(text: &str) -> Result<Fault, Failure> {
    serde_json::from_str(text).map_err(|error| Failure::new(Code::ApiInvalid, format!("--fault is not one: {error}.")))
}

/// Why a twin did not start, in our words.
pub(crate) fn started(error: &StartError) -> Failure {
    let code = match error {
        StartError::NotLoopback { .. } | StartError::Bind { .. } => Code::ListenFailed,
        StartError::LedgerFile { .. } => Code::StateIo,
    };
    let mut cause = error.to_string();
    if let Some(source) = std::error::Error::source(error) {
        cause.push_str(&format!(": {source}"));
    }
    Failure::new(code, server::sentence(&cause))
}
