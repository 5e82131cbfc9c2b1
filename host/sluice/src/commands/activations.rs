//! `sluice activations`: how they stand, why the system lets some rest, and whether those can go on.

use clap::{Args, Subcommand};
use serde_json::Value;

use crate::{cli, client::Kind, exit::Exit, failure::Failure, limits::NAMES_LOOKED_AT_MAX, output};

/// List activations with when they run next, and look whether a paused one can go on
///
/// An activation is paused by the system while its source cannot be used, something that it depends on is broken, or the platform refuses
/// its credential. It goes on by itself when that is mended. A switch that you have set (`enabled`) is never touched.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sluice activations list
  sluice activations check \"customers to braze\"     look now, not in a quarter of an hour")]
pub(crate) struct Activations {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Activations, oldest first: when each runs next, or why it does not
    #[command(after_help = "Examples:\n  sluice activations list\n  sluice activations list --json | jq '.[] | select(.paused)'")]
    List(Everything),
    /// Look now whether a paused activation can go on; exit code 5 where it still cannot
    #[command(after_help = "Examples:\n  sluice activations check \"customers to braze\"")]
    Check(One),
}

#[derive(Debug, Args)]
struct Everything {
    #[command(flatten)]
    place: cli::Place,
}

#[derive(Debug, Args)]
struct One {
    /// Name or id of the activation
    activation: String,
    #[command(flatten)]
    place: cli::Place,
}

impl Activations {
    /// Lists or looks.
    pub(crate) async fn run(self) -> Result<Exit, Failure> {
        match self.what {
            What::List(all) => {
                let workspace = all.place.open().await?;
                let all = workspace.list(&["activation-states"], &[], NAMES_LOOKED_AT_MAX).await?;
                output::json(&all);
                if all.is_empty() {
                    output::line("No activations.");
                } else {
                    let row = |one: &Value| {
                        let (last, next) = (one["last_end"].as_str(), one["next_due"].as_str());
                        let instant = |at: Option<&str>| at.map(output::instant).unwrap_or_default();
                        vec![text(&one["name"]).to_owned(), state(one), instant(last), instant(next)]
                    };
                    output::line(output::table(&["activation", "state", "last run ended", "next run"], &[], all.iter().map(row)));
                    for paused in all.iter().filter(|one| one["paused"].is_object()) {
                        output::line(format!("\n{}", why(paused)));
                    }
                }
                Ok(Exit::Done)
            }
            What::Check(one) => {
                let workspace = one.place.open().await?;
                let found = workspace.find(&[Kind::Activation], &one.activation).await?.1;
                let waiting = output::spinner(format!("looking at {}", text(&found["name"])));
                let standing = workspace.check_activation(text(&found["id"])).await;
                waiting.finish_and_clear();
                let standing = standing?;
                output::json(&standing);
                let paused = standing["paused"].is_object();
                let said = if paused { why(&standing) } else { format!("`{}`: {}", text(&standing["name"]), state(&standing)) };
                output::line(said);
                Ok(if paused { Exit::Held } else { Exit::Done })
            }
        }
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn state(one: &Value) -> String {
    match (one["paused"].is_object(), one["enabled"] == true, one["next_due"].is_string()) {
        (true, _, _) => "paused by the system".to_owned(),
        (_, false, _) => "switched off".to_owned(),
        (_, _, true) => "scheduled".to_owned(),
        _ => "by hand".to_owned(),
    }
}

fn why(one: &Value) -> String {
    let pause = &one["paused"];
    format!(
        "`{}` is paused since {}: {}\ncode   {}\ncause  {}\nnext   {}\nIt is looked at again at {}, and as soon as something is declared anew.",
        text(&one["name"]),
        output::instant(text(&pause["at"])),
        text(&pause["culprit"]),
        text(&pause["code"]),
        text(&pause["cause"]),
        text(&pause["next"]),
        output::instant(text(&pause["check_at"])),
    )
}
