//! `sluice twin acme`.

use std::{net::SocketAddr, path::PathBuf};

use clap::Args;
use serde_json::json;
use sluice_twins::{
    StartError,
    acme::{Options, Running, Twin},
};

use super::serve;
use crate::{exit::Exit, failure::Failure};

/// Stand in for Acme, a made-up platform with contacts: for a first connector
///
/// GET /v1/me says who you are; POST /v1/contacts takes up to 100 contacts and says what became of each. Under /__twin it answers what it
/// holds and takes faults: GET /__twin/state, /__twin/requests, /__twin/warnings; POST and DELETE /__twin/faults; POST /__twin/reset.
#[derive(Debug, Args)]
#[command(after_help = r#"Examples:
  sluice twin acme
  curl -s http://127.0.0.1:4012/v1/contacts -H 'authorization: Bearer test-key' -H 'content-type: application/json' \
       -d '{"contacts": [{"email": "lea@example.org", "fields": {"plan": "gold"}}]}'
  curl -s http://127.0.0.1:4012/__twin/state/contacts/lea@example.org

Faults are those of every twin: see sluice twin braze --help."#)]
pub(super) struct Acme {
    /// Address to listen on, of this machine alone; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4012")]
    listen: SocketAddr,
    /// The API key that it accepts
    #[arg(long, value_name = "KEY", default_value = "test-key")]
    api_key: String,
    /// Append everything that is applied to this file, as lines of JSON
    #[arg(long, value_name = "FILE")]
    ledger: Option<PathBuf>,
    /// Harm to do, as JSON; may be given several times
    #[arg(long, value_name = "JSON")]
    fault: Vec<String>,
}

impl Acme {
    pub(super) async fn start(&self) -> Result<Running, StartError> {
        let options = Options { listen: self.listen, ledger_file: self.ledger.clone(), ..Options::with_key(&self.api_key) };
        Twin::start(options).await
    }

    pub(super) async fn run(self) -> Result<Exit, Failure> {
        let told = |twin: &Running| json!({ "url": twin.url(), "api_key": self.api_key });
        serve("Acme", &self.api_key, &self.fault, self.start(), told).await
    }
}
