//! `sluice workspaces`: which there are, a new one, and the values that one keeps under names.

use clap::{Args, Subcommand};
use serde_json::Value;
use sluice_catalog::Code;

use crate::{cli, exit::Exit, failure::Failure, output};

/// List workspaces, make one, see and set its variables
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sluice workspaces list
  sluice workspaces create crm --time-zone Europe/Paris
  sluice workspaces variables good_total=250 lands='[\"FR\", \"DE\"]'")]
pub(crate) struct Workspaces {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    List(List),
    Create(Create),
    Variables(Variables),
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

/// Show the values that a workspace keeps under names, or set some; setting needs the role admin
///
/// A condition names one with `value_ref: { variable: good_total }` in the place of its value. What conditions make of a new value is
/// checked first: one that would break them changes nothing.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sluice workspaces variables
  sluice workspaces variables good_total=250 since=2026-01-01
  sluice workspaces variables lands='[\"FR\", \"DE\"]' --unset good_total")]
struct Variables {
    /// Name and value, joined by an equals sign; the value is JSON, or else a text
    #[arg(value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// Forget this variable; may be given several times
    #[arg(long, value_name = "NAME")]
    unset: Vec<String>,
    /// Set them although conditions would be broken by it
    #[arg(long)]
    break_dependants: bool,
    #[command(flatten)]
    place: cli::Place,
}

impl Variables {
    async fn run(self) -> Result<(), Failure> {
        let workspace = self.place.open().await?;
        let mut body = workspace.itself().await?;
        if !self.set.is_empty() || !self.unset.is_empty() {
            let Some(variables) = body["variables"].as_object_mut() else {
                return Err(Failure::new(Code::ApiInvalid, "The server is older than this command."));
            };
            for pair in &self.set {
                let Some((name, text)) = pair.split_once('=') else {
                    return Err(Failure::new(Code::ApiInvalid, format!("`{pair}` is not NAME=VALUE.")));
                };
                let value = serde_json::from_str(text).unwrap_or_else(|_| Value::from(text));
                variables.insert(name.to_owned(), value);
            }
            variables.retain(|name, _| !self.unset.contains(name));
            body = workspace.replace_itself(&body, self.break_dependants).await?;
        }
        output::json(&body["variables"]);
        let all = body["variables"].as_object().into_iter().flatten();
        let rows: Vec<Vec<String>> = all.map(|(name, value)| vec![name.clone(), value.to_string()]).collect();
        let told = if rows.is_empty() { "No variables.".to_owned() } else { output::table(&["variable", "value"], &[], rows) };
        output::line(told);
        Ok(())
    }
}

impl Workspaces {
    /// Lists, makes or sets.
    pub(crate) async fn run(self) -> Result<Exit, Failure> {
        match self.what {
            What::List(list) => {
                let all = list.server.client()?.workspaces().await?;
                output::json(&all);
                let text = |workspace: &Value, part: &str| workspace[part].as_str().unwrap_or_default().to_owned();
                let rows = all.iter().map(|w| vec![text(w, "name"), text(w, "id"), text(w, "time_zone")]);
                output::line(output::table(&["name", "id", "time zone"], &[], rows));
            }
            What::Variables(variables) => variables.run().await?,
            What::Create(create) => {
                let made = create.server.client()?.create_workspace(&create.name, &create.time_zone).await?;
                output::json(&made);
                output::line(format!("Made {} ({}).", create.name, made["id"].as_str().unwrap_or_default()));
            }
        }
        Ok(Exit::Done)
    }
}
