//! `sluice twin iterable`.

use clap::{Args, ValueEnum};
use serde_json::json;
use sluice_twins::{
    StartError,
    iterable::{Options, Project, Running, Twin},
};

use super::{Usual, serve};
use crate::{exit::Exit, failure::Failure};

/// Stand in for Iterable: users in bulk and one by one, lists and their members
///
/// Point a destination at it with a stand-in in its grant. Under /__twin it answers what it holds and takes faults:
/// GET /__twin/state, /__twin/requests, /__twin/warnings, /__twin/ledger; POST and DELETE /__twin/faults; POST /__twin/reset.
#[derive(Debug, Args)]
#[command(after_help = r#"Examples:
  sluice twin iterable
  sluice twin iterable --listen 127.0.0.1:4011 --api-key test-key --project hybrid
  sluice twin iterable --fault '{"pick": {"nth": 3}, "answer": {"kind": "throttle"}}'
  curl -s http://127.0.0.1:4011/__twin/state/users/lea@example.org
  curl -s -X PUT http://127.0.0.1:4011/__twin/lists -d '[{"id": 1, "name": "VIP"}]'

The grant of a destination that leads to it:
  grant: { stand_ins: [{ host: api.iterable.com, origin: "http://127.0.0.1:4011" }] }

Faults are those of every twin: see sluice twin braze --help."#)]
pub(super) struct Iterable {
    #[command(flatten)]
    usual: Usual,
    /// What identifies people in the project
    #[arg(long, value_enum, default_value_t = Identified::Email)]
    project: Identified,
    /// Drop fields that the project does not know, where a request does not say
    #[arg(long)]
    drop_new_fields: bool,
    /// Answer 429 above the vendor's rates
    #[arg(long)]
    enforce_rates: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Identified {
    /// An e-mail address
    Email,
    /// A userId
    UserId,
    /// Either, or both
    Hybrid,
}

impl Iterable {
    fn options(&self) -> Options {
        Options {
            listen: self.usual.listen(4011),
            project: match self.project {
                Identified::Email => Project::Email,
                Identified::UserId => Project::UserId,
                Identified::Hybrid => Project::Hybrid,
            },
            create_new_fields: !self.drop_new_fields,
            enforce_rates: self.enforce_rates,
            ledger_file: self.usual.ledger.clone(),
            ..Options::with_key(&self.usual.api_key)
        }
    }

    pub(super) async fn start(&self) -> Result<Running, StartError> {
        Twin::start(self.options()).await
    }

    pub(super) async fn run(self) -> Result<Exit, Failure> {
        serve("Iterable", &self.usual, self.start(), |twin| json!({ "url": twin.url(), "api_key": self.usual.api_key })).await
    }
}
