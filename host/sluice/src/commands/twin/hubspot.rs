//! `sluice twin hubspot`.

use clap::Args;
use serde_json::json;
use sluice_twins::{
    StartError,
    hubspot::{App, Consent, Options, RefreshToken, Running, Token, Twin},
};

use super::{Usual, serve};
use crate::{exit::Exit, failure::Failure};

/// Stand in for HubSpot: contacts and other objects in batches, lists, OAuth tokens
///
/// Point a destination at it with a stand-in in its grant. Under /__twin it answers what it holds and takes faults:
/// GET /__twin/state, /__twin/requests, /__twin/warnings, /__twin/ledger; POST and DELETE /__twin/faults; POST /__twin/reset.
#[derive(Debug, Args)]
#[command(after_help = r#"Examples:
  sluice twin hubspot --token pat-eu1-test
  sluice twin hubspot --token pat-eu1-test --scope crm.objects.contacts.write
  sluice twin hubspot --client-id app --client-secret secret --consent
  sluice twin hubspot --fault '{"pick": {"nth": 3}, "answer": {"kind": "throttle"}}'
  curl -s -X PUT http://127.0.0.1:4017/__twin/lists -d '[{"listId": 42, "name": "VIP", "processingType": "MANUAL"}]'
  curl -s -X PUT http://127.0.0.1:4017/__twin/expired -d '["*"]'

The grant of a destination that leads to it:
  grant: { stand_ins: [{ host: api.hubapi.com, origin: "http://127.0.0.1:4017" }] }

Faults are those of every twin: see sluice twin braze --help."#)]
pub(super) struct Hubspot {
    #[command(flatten)]
    usual: Usual,
    /// The static token that it accepts, of a private app or a service key; the API key unless said
    #[arg(long, value_name = "TOKEN")]
    token: Option<String>,
    /// A scope that the static token has; may be given several times. All of them unless said
    #[arg(long, value_name = "SCOPE")]
    scope: Vec<String>,
    /// The OAuth app's name
    #[arg(long, value_name = "ID", default_value = "client")]
    client_id: String,
    /// The OAuth app's secret
    #[arg(long, value_name = "SECRET", default_value = "secret")]
    client_secret: String,
    /// A refresh token that the OAuth app has already
    #[arg(long, value_name = "TOKEN")]
    refresh_token: Option<String>,
    /// Consent at once, without a form on the authorize page
    #[arg(long)]
    consent: bool,
    /// Answer 429 above the vendor's rates
    #[arg(long)]
    enforce_rates: bool,
}

impl Hubspot {
    fn token(&self) -> &str {
        self.token.as_deref().unwrap_or(&self.usual.api_key)
    }

    pub(super) async fn start(&self) -> Result<Running, StartError> {
        let with_token = Options::with_token(self.token());
        let all = Token::with_all(self.token());
        let token = if self.scope.is_empty() { all } else { Token { scopes: self.scope.clone(), ..all } };
        Twin::start(Options {
            listen: self.usual.listen(4017),
            tokens: vec![token],
            app: App { client_id: self.client_id.clone(), client_secret: self.client_secret.clone(), ..with_token.app },
            refresh_tokens: self.refresh_token.iter().map(RefreshToken::with_all).collect(),
            consent: if self.consent { Consent::Allow } else { Consent::Ask },
            enforce_rates: self.enforce_rates,
            ledger_file: self.usual.ledger.clone(),
            ..with_token
        })
        .await
    }

    pub(super) async fn run(self) -> Result<Exit, Failure> {
        let told = |twin: &Running| json!({ "url": twin.url(), "api_key": self.token() });
        serve("HubSpot", &self.usual, self.start(), told).await
    }
}
