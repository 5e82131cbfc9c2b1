//! `sluice twin acme`.

use clap::Args;
use serde_json::json;
use sluice_twins::{
    StartError,
    acme::{Options, Running, Twin},
};

use super::{Usual, serve};
use crate::{exit::Exit, failure::Failure};

/// Stand in for Acme, a made-up platform with contacts: for a first connector
///
/// GET /v1/me says who you are; POST /v1/contacts takes up to 100 contacts and says what became of each. GET and POST /v1/lists find and
/// make a list of contacts, POST /v1/members adds to it and removes from it, and names by position whom it does not take. Under /__twin it
/// answers what it holds and takes faults: GET /__twin/state, /__twin/requests, /__twin/warnings; POST and DELETE /__twin/faults; POST
/// /__twin/reset.
#[derive(Debug, Args)]
#[command(after_help = r#"Examples:
  sluice twin acme
  curl -s http://127.0.0.1:4012/v1/contacts -H 'authorization: Bearer test-key' -H 'content-type: application/json' \
       -d '{"contacts": [{"email": "lea@example.org", "fields": {"plan": "gold"}}]}'
  curl -s http://127.0.0.1:4012/__twin/state/contacts/lea@example.org

Faults are those of every twin: see sluice twin braze --help."#)]
pub(super) struct Acme {
    #[command(flatten)]
    usual: Usual,
}

impl Acme {
    pub(super) async fn start(&self) -> Result<Running, StartError> {
        let options = Options {
            listen: self.usual.listen(4012),
            ledger_file: self.usual.ledger.clone(),
            ..Options::with_key(&self.usual.api_key)
        };
        Twin::start(options).await
    }

    pub(super) async fn run(self) -> Result<Exit, Failure> {
        let told = |twin: &Running| json!({ "url": twin.url(), "api_key": self.usual.api_key });
        serve("Acme", &self.usual, self.start(), told).await
    }
}
