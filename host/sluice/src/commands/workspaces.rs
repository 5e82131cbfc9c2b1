//! `sluice workspaces`: which there are, and a new one.

use clap::{Args, Subcommand};
use serde_json::Value;

use crate::{cli, exit::Exit, failure::Failure, output};

/// List workspaces, make one
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sluice workspaces list
  sluice workspaces create crm --time-zone Europe/Paris")]
pub(crate) struct Workspaces {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    List(List),
    Create(Create),
}

/// The workspaces that the key reaches
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  sluice workspaces list --json | jq -r '.[].name'")]
struct List {
    #[command(flatten)]
    server: cli::Server,
}

/// Make a workspace; needs an admin key of the whole installation
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  sluice workspaces create crm --time-zone Europe/Paris")]
struct Create {
    /// Its name, 1 to 120 characters
    name: String,
    /// The zone in which its calendar days are counted
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    time_zone: String,
    #[command(flatten)]
    server: cli::Server,
}

impl Workspaces {
    /// Lists or makes.
    pub(crate) async fn run(self) -> Result<Exit, Failure> {
        match self.what {
            What::List(list) => {
                let all = list.server.client()?.workspaces().await?;
                output::json(&all);
                let text = |workspace: &Value, part: &str| workspace[part].as_str().unwrap_or_default().to_owned();
                let rows = all.iter().map(|w| vec![text(w, "name"), text(w, "id"), text(w, "time_zone")]);
                output::line(output::table(&["name", "id", "time zone"], &[], rows));
            }
            What::Create(create) => {
                let made = create.server.client()?.create_workspace(&create.name, &create.time_zone).await?;
                output::json(&made);
                output::line(format!("Made {} ({}).", create.name, made["id"].as_str().unwrap_or_default()));
            }
        }
        Ok(Exit::Done)
    }
}
