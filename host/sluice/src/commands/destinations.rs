//! `sluice destinations`: which there are and how their credentials stand, and connecting one to its platform's account.

use std::{
    io::Read,
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use sluice_catalog::Code;
use tokio::time::{Instant, sleep};

use crate::{
    cli,
    client::{Kind, Workspace},
    exit::Exit,
    failure::Failure,
    limits::{CONNECT_LOOK, CONNECT_WAIT, NAMES_LOOKED_AT_MAX},
    output,
};

/// List destinations, and connect them to an account of their platform
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sluice destinations list
  sluice destinations connect ads google
  sluice destinations disconnect ads google")]
pub(crate) struct Destinations {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Destinations, oldest first, with how their credentials stand
    #[command(after_help = "Examples:\n  sluice destinations list\n  sluice destinations list --json | jq -r '.[].name'")]
    List(Everything),
    /// Connect a credential: a person consents at the platform, or a refresh token is entered
    ///
    /// The client's secret is set before, in a workspace file or by the API. The link is for whoever may consent at the platform: it is
    /// good for ten minutes, once, in the browser that opens it first. The command waits until it is done.
    #[command(after_help = "\
Examples:
  sluice destinations connect ads google
  sluice destinations connect ads google --no-browser
  sluice destinations connect ads google --refresh-token-file token.txt
  pass show ads/refresh-token | sluice destinations connect ads google --refresh-token-file -")]
    Connect(Connect),
    /// Forget what a credential was exchanged for; at the platform the consent stands until it is withdrawn there
    #[command(after_help = "Examples:\n  sluice destinations disconnect ads google")]
    Disconnect(One),
}

#[derive(Debug, Args)]
struct Everything {
    #[command(flatten)]
    place: cli::Place,
}

#[derive(Debug, Args)]
struct One {
    /// Name or id of the destination
    destination: String,
    /// Name of the credential, as the connector has it
    credential: String,
    #[command(flatten)]
    place: cli::Place,
}

#[derive(Debug, Args)]
struct Connect {
    #[command(flatten)]
    one: One,
    /// Enter the refresh token in this file instead; `-` is standard input
    #[arg(long, value_name = "FILE")]
    refresh_token_file: Option<PathBuf>,
    /// Print the link and open no browser
    #[arg(long)]
    no_browser: bool,
}

impl Destinations {
    /// Lists, connects or disconnects.
    pub(crate) async fn run(self) -> Result<Exit, Failure> {
        match self.what {
            What::List(all) => list(&all.place.open().await?).await?,
            What::Connect(connect) => connect.run().await?,
            What::Disconnect(one) => {
                let (workspace, id) = one.open().await?;
                workspace.disconnect(&id, &one.credential).await?;
                output::json(&json!({ "destination": id, "credential": one.credential, "connected": false }));
                output::line(format!("Disconnected {} of {}.", one.credential, one.destination));
            }
        }
        Ok(Exit::Done)
    }
}

async fn list(workspace: &Workspace) -> Result<(), Failure> {
    let mut all = Vec::new();
    for destination in workspace.list(&[Kind::Destination.collection()], &[], NAMES_LOOKED_AT_MAX).await? {
        all.push(workspace.destination(text(&destination["id"])).await?);
    }
    output::json(&all);
    if all.is_empty() {
        output::line("No destinations.");
        return Ok(());
    }
    let row = |destination: &Value| {
        let credentials = destination["credentials"].as_array().into_iter().flatten().map(standing).collect::<Vec<_>>();
        let cell = |key: &str| text(&destination[key]).to_owned();
        vec![cell("name"), cell("connector"), credentials.join(", "), cell("id")]
    };
    output::line(output::table(&["destination", "connector", "credentials", "id"], &[], all.iter().map(row)));
    for (destination, credential) in all.iter().flat_map(|d| d["credentials"].as_array().into_iter().flatten().map(move |c| (d, c)))
    {
        let problem = &credential["connection"]["problem"];
        if problem.is_object() {
            let of = |part: &Value| output::plain(text(part)).into_owned();
            output::line(format!(
                "\n{} of {}: {}\ncause  {}\nnext   {}",
                of(&credential["name"]),
                of(&destination["name"]),
                of(&problem["title"]),
                of(&problem["cause"]),
                of(&problem["next"])
            ));
        }
    }
    Ok(())
}

/// `google: consent-soon (until 2026-12-01)`.
fn standing(credential: &Value) -> String {
    let connection = &credential["connection"];
    let state = match (connection["state"].as_str(), credential["set"] == true) {
        (_, false) => "not set",
        (Some(state), true) => state,
        (None, true) => "set",
    };
    let until = connection["consent_until"].as_str().map(|at| format!(" (until {})", at.get(..10).unwrap_or(at)));
    format!("{}: {state}{}", text(&credential["name"]), until.unwrap_or_default())
}

impl One {
    /// The workspace, and the destination's id.
    async fn open(&self) -> Result<(Workspace, String), Failure> {
        let workspace = self.place.open().await?;
        let destination = workspace.find(&[Kind::Destination], &self.destination).await?.1;
        Ok((workspace, text(&destination["id"]).to_owned()))
    }
}

impl Connect {
    async fn run(self) -> Result<(), Failure> {
        let credential = &self.one.credential;
        if let Some(file) = &self.refresh_token_file {
            let token = read_token(file)?;
            let (workspace, id) = self.one.open().await?;
            workspace.put_refresh_token(&id, credential, &token).await?;
            return told(&workspace, &id, credential).await;
        }
        let (workspace, id) = self.one.open().await?;
        let before = connected_at(&workspace, &id, credential).await?;
        let link = workspace.connect(&id, credential).await?;
        let url = text(&link["url"]);
        output::json_line(&link);
        output::line(format!("Open this link in the browser of whoever may consent at the platform:\n\n  {url}\n"));
        output::line("It is good for ten minutes, once.");
        if !self.no_browser {
            open_browser(url);
        }
        let waiting = output::spinner("waiting for the consent");
        let began = Instant::now();
        let done = loop {
            sleep(CONNECT_LOOK).await;
            let now = connected_at(&workspace, &id, credential).await;
            match now {
                Ok(now) if now.is_some() && now != before => break Ok(()),
                Ok(_) if began.elapsed() < CONNECT_WAIT => {}
                Ok(_) => break Err(Failure::new(Code::ConnectLinkSpent, "Nobody has consented within ten minutes.")),
                Err(failure) => break Err(failure),
            }
        };
        waiting.finish_and_clear();
        done?;
        told(&workspace, &id, credential).await
    }
}

/// When the credential was connected last, to the second in which it is seen.
async fn connected_at(workspace: &Workspace, id: &str, credential: &str) -> Result<Option<String>, Failure> {
    let found = find(workspace, id, credential).await?;
    Ok(found["connection"]["connected_at"].as_str().map(str::to_owned))
}

async fn find(workspace: &Workspace, id: &str, credential: &str) -> Result<Value, Failure> {
    let destination = workspace.destination(id).await?;
    let all = destination["credentials"].as_array().cloned().unwrap_or_default();
    let names: Vec<_> = all.iter().map(|c| text(&c["name"]).to_owned()).collect();
    let found = all.into_iter().find(|c| c["name"] == credential);
    found.ok_or_else(|| {
        let cause = format!("The connector has no credential `{credential}`; it has: {}.", names.join(", "));
        Failure::new(Code::ApiNotFound, cause)
    })
}

async fn told(workspace: &Workspace, id: &str, credential: &str) -> Result<(), Failure> {
    let found = find(workspace, id, credential).await?;
    output::json_line(&found);
    output::line(format!("Connected {credential}; {}.", standing(&found)));
    Ok(())
}

fn read_token(file: &Path) -> Result<String, Failure> {
    let refused = |error: std::io::Error| Failure::new(Code::ApiInvalid, format!("{}: {error}.", file.display()));
    let mut token = String::new();
    if file == Path::new("-") {
        std::io::stdin().read_to_string(&mut token).map_err(refused)?;
    } else {
        token = std::fs::read_to_string(file).map_err(refused)?;
    }
    Ok(token.trim().to_owned())
}

/// Asks the system to open the link; where it cannot, the person has read it.
fn open_browser(url: &str) {
    let program = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let mut command = std::process::Command::new(program);
    command.arg(url).stdin(std::process::Stdio::null()).stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
    if let Ok(mut child) = command.spawn() {
        // It ends at once on most systems; on others it is the browser itself, which goes on.
        std::thread::spawn(move || child.wait());
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
