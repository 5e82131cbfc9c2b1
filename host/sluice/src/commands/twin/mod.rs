//! `sluice twin`: a vendor's faithful stand-in as a process of its own, for authors of connectors and for trying things out. What
//! a vendor's has for options stands in its own file.

mod braze;
mod iterable;

use clap::{Args, Subcommand};
use serde_json::Value;
use sluice_catalog::Code;
use sluice_twins::{Fault, Running, StartError};

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
    Braze(braze::Braze),
    Iterable(iterable::Iterable),
}

impl Twin {
    /// Runs until asked to stop.
    pub(crate) async fn run(self) -> Result<Exit, Failure> {
        match self.which {
            Which::Braze(braze) => braze.run().await,
            Which::Iterable(iterable) => iterable.run().await,
        }
    }
}

/// Starts a twin, arms its faults, says where it is, and runs it until asked to stop. `told` is what programs learn of it besides
/// its address.
async fn serve<S: 'static>(
    name: &str,
    api_key: &str,
    faults: &[String],
    start: impl Future<Output = Result<Running<S>, StartError>>,
    told: impl FnOnce(&Running<S>) -> Value,
) -> Result<Exit, Failure> {
    let faults = faults.iter().map(|text| fault(text)).collect::<Result<Vec<_>, _>>()?;
    // Listened for before the address is said, so that whoever reads it may end the process at once.
    let stop = server::asked_to_stop();
    let twin = start.await.map_err(|error| started(&error))?;
    for fault in faults {
        let armed = twin.faults().arm(fault);
        armed.map_err(|error| Failure::new(Code::ApiInvalid, server::sentence(&format!("--fault: {error}"))))?;
    }
    output::json_line(&told(&twin));
    output::line(format!("The {name} twin listens on {}\nkey      {api_key}", twin.url()));
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
