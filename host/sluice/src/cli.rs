//! The command line as people type it. Each command's own options, help and examples are in its file under `commands`; here are the
//! list of commands and what several of them share.

use clap::{Args, CommandFactory, Parser, Subcommand};

use crate::{
    client::{Client, Workspace},
    commands::{
        activations, apply, connector, destinations, models, preview, records, run, runs, segment, serve, sources, twin, workspaces,
    },
    demo,
    failure::Failure,
};

/// Where a server listens unless said otherwise.
pub(crate) const ADDRESS: &str = "127.0.0.1:7700";

/// Customers out of your data, into the platforms that use them: only what changed, through connectors that can do nothing else.
#[derive(Debug, Parser)]
#[command(name = "sluice", version, propagate_version = true, max_term_width = 110, after_help = EXAMPLES)]
pub(crate) struct Cli {
    /// Speak to programs: JSON on standard output, refusals as JSON on standard error
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXAMPLES: &str = "\
Examples:
  sluice demo                          see all of it at work on made-up data, in a minute
  sluice serve                         start a server; its first start prints the key
  export SLUICE_API_KEY=slk_…          what the commands below send
  sluice apply shop/                   declare sources, models, segments, destinations, activations
  sluice preview \"good customers\"      who is in it now
  sluice run \"customers to braze\"      send what changed since the last run

Exit codes:
  0  done
  1  refused or failed; standard error has the code, the cause and the next step
  2  the command line cannot be read
  3  the server cannot be reached
  4  the run ended, and some of its rows did not arrive
  5  the run waits for a person";

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Serve(serve::Serve),
    Apply(apply::Apply),
    Preview(preview::Preview),
    Sources(sources::Sources),
    Models(models::Models),
    Segment(segment::Segment),
    Destinations(destinations::Destinations),
    Activations(activations::Activations),
    Run(run::Start),
    Runs(runs::Runs),
    Records(records::Records),
    Workspaces(workspaces::Workspaces),
    Connector(connector::Connector),
    Twin(twin::Twin),
    Demo(demo::Demo),
}

/// The server that a command works on.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Server")]
pub(crate) struct Server {
    /// Address of the server
    #[arg(long, env = "SLUICE_URL", hide_env_values = true, value_name = "URL", default_value_t = format!("http://{ADDRESS}"))]
    pub(crate) url: String,
    /// API key; better in the environment than on a command line that others can see
    #[arg(long, env = "SLUICE_API_KEY", hide_env_values = true, value_name = "KEY", default_value = "", hide_default_value = true)]
    pub(crate) api_key: String,
}

/// The workspace that a command works in.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Server")]
pub(crate) struct Place {
    #[command(flatten)]
    server: Server,
    /// Name or id of the workspace; needed when the key reaches several
    #[arg(long, env = "SLUICE_WORKSPACE", hide_env_values = true, value_name = "NAME")]
    workspace: Option<String>,
}

impl Server {
    /// The way to it.
    pub(crate) fn client(&self) -> Result<Client, Failure> {
        Client::new(&self.url, &self.api_key)
    }
}

impl Place {
    /// The way into it.
    pub(crate) async fn open(&self) -> Result<Workspace, Failure> {
        self.server.client()?.workspace(self.workspace.as_deref()).await
    }
}

/// Reads the process's command line; ends the process where it cannot be read, and for `--help` and `--version`.
pub(crate) fn read() -> Cli {
    Cli::parse()
}

/// The whole command line with its help, for tests and documentation.
pub fn command() -> clap::Command {
    Cli::command()
}
