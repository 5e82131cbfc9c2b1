//! `sluice twin`: a vendor's faithful stand-in as a process of its own, for authors of connectors and for trying things out. What
//! a vendor's has for options stands in its own file.

mod acme;
mod batch;
mod braze;
mod google_ads;
mod hubspot;
mod iterable;
mod klaviyo;
mod mailchimp;
mod meta_ads;
mod salesforce_marketing_cloud;

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use clap::{Args, Parser, Subcommand};
use serde_json::Value;
use sluice_catalog::Code;
use sluice_twins::{Fault, Running, StartError};

use crate::{exit::Exit, failure::Failure, output, server};

/// Run a stand-in of a vendor's API on this machine
///
/// A twin checks what the vendor checks, keeps what the vendor keeps, and does harm on demand.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  sluice twin acme             a made-up platform, for a first connector\n  sluice twin braze --help     how a destination leads to it, and what harm it does\n  sluice twin braze --api-key test-key"
)]
pub(crate) struct Twin {
    #[command(subcommand)]
    which: Which,
}

#[derive(Debug, Subcommand)]
enum Which {
    Acme(acme::Acme),
    Batch(batch::Batch),
    Braze(braze::Braze),
    GoogleAds(google_ads::GoogleAds),
    Hubspot(hubspot::Hubspot),
    Iterable(iterable::Iterable),
    Klaviyo(klaviyo::Klaviyo),
    Mailchimp(mailchimp::Mailchimp),
    SalesforceMarketingCloud(salesforce_marketing_cloud::SalesforceMarketingCloud),
    MetaAds(meta_ads::MetaAds),
}

/// What every twin is told.
#[derive(Debug, Args)]
struct Usual {
    /// Address to listen on, of this machine alone; port 0 takes a free one. A port of its own for each twin unless said
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
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

impl Usual {
    /// The address; this port of loopback unless said.
    fn listen(&self, port: u16) -> SocketAddr {
        self.listen.unwrap_or_else(|| SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
    }
}

impl Twin {
    /// Runs until asked to stop.
    pub(crate) async fn run(self) -> Result<Exit, Failure> {
        match self.which {
            Which::Acme(twin) => twin.run().await,
            Which::Batch(twin) => twin.run().await,
            Which::Braze(twin) => twin.run().await,
            Which::GoogleAds(twin) => twin.run().await,
            Which::Hubspot(twin) => twin.run().await,
            Which::Iterable(twin) => twin.run().await,
            Which::Klaviyo(twin) => twin.run().await,
            Which::Mailchimp(twin) => twin.run().await,
            Which::SalesforceMarketingCloud(twin) => twin.run().await,
            Which::MetaAds(twin) => twin.run().await,
        }
    }
}

/// A twin that runs until it is dropped.
pub(crate) trait StandIn: Send + Sync {
    /// Where it listens.
    fn url(&self) -> &str;
}

impl<S: Send + Sync + 'static> StandIn for Running<S> {
    fn url(&self) -> &str {
        Running::url(self)
    }
}

/// The words after `sluice twin`, read as that command reads them.
#[derive(Debug, Parser)]
#[command(name = "sluice twin", no_binary_name = true, disable_help_flag = true)]
struct Words {
    #[command(flatten)]
    twin: Twin,
}

/// Starts the twin that these words (`braze --api-key key`) ask for, on a free port.
pub(crate) async fn stand_in(words: &str) -> Result<Box<dyn StandIn>, Failure> {
    let words = words.split_whitespace().chain(["--listen", "127.0.0.1:0"]);
    let read = Words::try_parse_from(words).map_err(|error| {
        let cause = error.to_string();
        Failure::new(Code::ConnectorTestInvalid, server::sentence(&format!("twin: {}", cause.lines().next().unwrap_or_default())))
    })?;
    match read.twin.which {
        Which::Acme(twin) => boxed(twin.start()).await,
        Which::Batch(twin) => boxed(twin.start()).await,
        Which::Braze(twin) => boxed(twin.start()).await,
        Which::GoogleAds(twin) => boxed(twin.start()).await,
        Which::Hubspot(twin) => boxed(twin.start()).await,
        Which::Iterable(twin) => boxed(twin.start()).await,
        Which::Klaviyo(twin) => boxed(twin.start()).await,
        Which::Mailchimp(twin) => boxed(twin.start()).await,
        Which::SalesforceMarketingCloud(twin) => boxed(twin.start()).await,
        Which::MetaAds(twin) => boxed(twin.start()).await,
    }
}

async fn boxed<S: Send + Sync + 'static>(
    start: impl Future<Output = Result<Running<S>, StartError>>,
) -> Result<Box<dyn StandIn>, Failure> {
    Ok(Box::new(start.await.map_err(|error| started(&error))?))
}

/// Starts a twin, arms its faults, says where it is, and runs it until asked to stop. `told` is what programs learn of it besides
/// its address.
async fn serve<S: 'static>(
    name: &str,
    usual: &Usual,
    start: impl Future<Output = Result<Running<S>, StartError>>,
    told: impl FnOnce(&Running<S>) -> Value,
) -> Result<Exit, Failure> {
    let faults = usual.fault.iter().map(|text| fault(text)).collect::<Result<Vec<_>, _>>()?;
    // Listened for before the address is said, so that whoever reads it may end the process at once.
    let stop = server::asked_to_stop();
    let twin = start.await.map_err(|error| started(&error))?;
    for fault in faults {
        let armed = twin.faults().arm(fault);
        armed.map_err(|error| Failure::new(Code::ApiInvalid, server::sentence(&format!("--fault: {error}"))))?;
    }
    output::json_line(&told(&twin));
    output::line(format!("The {name} twin listens on {}\nkey      {}", twin.url(), usual.api_key));
    output::line(format!("state    {}/__twin/state\nCtrl-C ends it.", twin.url()));
    stop.await;
    output::line(format!("Ended after {} requests.", output::count(twin.log().total())));
    twin.stop().await;
    Ok(Exit::Done)
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
