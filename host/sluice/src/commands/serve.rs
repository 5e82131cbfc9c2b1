//! `sluice serve`: the server as a process.

use std::{net::SocketAddr, path::PathBuf};

use clap::Args;
use serde_json::json;

use crate::{
    cli::ADDRESS,
    exit::Exit,
    failure::Failure,
    output,
    server::{self, Options, Server},
};

/// Run the server: the API, the schedule, the runs
///
/// Everything is kept in one state folder, which one process uses at a time. The first start makes the folder, a workspace named
/// `main` and the first admin key, which is printed this once. Ctrl-C or SIGTERM ends it in order: a run under way stops at the next
/// batch and goes on with the next start.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sluice serve
  sluice serve --state /var/lib/sluice --listen 0.0.0.0:7700
  SLUICE_MASTER_KEY=$(cat key) SLUICE_LOG=debug sluice serve --json 2>sluice.log

Environment:
  SLUICE_MASTER_KEY  64 hexadecimal digits that seal every secret; else the file master.key of
                     the state folder, made at the first start. Without the key the state folder
                     is of no use: keep a copy of it elsewhere.
  SLUICE_LOG         What is logged to standard error: `info` unless said, or for example
                     `warn,sluice_runs=debug`. Lines of connectors may hold values of rows and are
                     left out unless they are named: `info,connector=info`")]
pub(crate) struct Serve {
    /// Folder of everything that this installation remembers
    #[arg(long, env = "SLUICE_STATE", hide_env_values = true, value_name = "FOLDER", default_value = "sluice-state")]
    state: PathBuf,
    /// Address to listen on; port 0 takes a free one
    #[arg(long, env = "SLUICE_LISTEN", hide_env_values = true, value_name = "ADDRESS", default_value = ADDRESS)]
    listen: SocketAddr,
    /// Address at which browsers reach the server, when it is behind a proxy: https://sluice.example
    #[arg(long, env = "SLUICE_PUBLIC_URL", hide_env_values = true, value_name = "URL")]
    public_url: Option<String>,
    /// Make another admin key and print it, when the first one is lost
    #[arg(long)]
    new_key: bool,
}

impl Serve {
    /// Serves until asked to stop.
    pub(crate) async fn run(self) -> Result<Exit, Failure> {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        server::log(&variable("SLUICE_LOG").unwrap_or_else(|| "info".into()), output::is_json())?;
        let options = Options {
            state: self.state.clone(),
            listen: self.listen,
            master_key: variable("SLUICE_MASTER_KEY"),
            public_url: self.public_url,
            new_key: self.new_key,
        };
        // Listened for before the address is said, so that whoever reads it may end the process at once.
        let stop = server::asked_to_stop();
        let server = Server::start(&options).await?;
        output::json_line(&json!({ "url": server.url(), "state": self.state, "api_key": server.new_key() }));
        output::line(format!("Sluice {} listens on {}", env!("CARGO_PKG_VERSION"), server.url()));
        output::line(format!("state    {}", self.state.display()));
        if let Some(key) = server.new_key() {
            output::line(format!("\nThe admin key, shown this once:\n\n  export SLUICE_API_KEY={key}\n"));
        }
        output::line("Ctrl-C ends it; runs under way go on with the next start.");
        server.until(stop).await?;
        output::line("Ended in order.");
        Ok(Exit::Done)
    }
}
