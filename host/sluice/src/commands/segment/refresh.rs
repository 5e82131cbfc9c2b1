//! `sluice segment refresh`: the members of a remote segment, read from the platform.

use std::time::Duration;

use clap::Args;
use serde_json::Value;
use sluice_catalog::Code;

use super::{find, rows};
use crate::{cli, exit::Exit, failure::Failure, output};

/// How often it is asked whether the reading has ended.
const LOOK_EVERY: Duration = Duration::from_millis(300);

/// Read the members of a remote segment from its platform, and say how many rows they are
///
/// A platform that gives less than half of what was there before is not believed: the membership before is kept, until you have looked
/// and say `--confirmed`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sluice segment refresh \"opened the spring mail\"
  sluice segment refresh \"opened the spring mail\" --confirmed
  sluice segment refresh \"opened the spring mail\" --look        what the last readings gave; reads nothing")]
pub(crate) struct Refresh {
    /// Name or id of the segment
    name: String,
    /// Take what the platform gives also where it is less than half of what was there
    #[arg(long, conflicts_with = "look")]
    confirmed: bool,
    /// Show the last readings, and read nothing
    #[arg(long)]
    look: bool,
    #[command(flatten)]
    place: cli::Place,
}

impl Refresh {
    pub(super) async fn run(self) -> Result<Exit, Failure> {
        let workspace = self.place.open().await?;
        let segment = find(&workspace, &self.name).await?;
        let id = segment["id"].as_str().unwrap_or_default();
        let mut state = if self.look { workspace.remote(id).await? } else { workspace.refresh(id, self.confirmed).await? };
        if !self.look {
            let waiting = output::spinner(format!("reading {}", self.name));
            while state["refreshing"] == true {
                tokio::time::sleep(LOOK_EVERY).await;
                state = match workspace.remote(id).await {
                    Ok(state) => state,
                    Err(failure) => {
                        waiting.finish_and_clear();
                        return Err(failure);
                    }
                };
            }
            waiting.finish_and_clear();
        }
        output::line(text(&state));
        output::json(&state);
        let last = &state["refreshes"][0];
        if self.look || last["outcome"] == "taken" {
            return Ok(Exit::Done);
        }
        let code = last["code"].as_str().and_then(|code| code.parse().ok()).unwrap_or(Code::RemotePartial);
        Err(Failure::new(code, last["cause"].as_str().unwrap_or_default()))
    }
}

fn text(state: &Value) -> String {
    let readings: Vec<&Value> = state["refreshes"].as_array().into_iter().flatten().collect();
    if readings.is_empty() {
        return "It was never read.".into();
    }
    let line = |reading: &&Value| {
        let number = |part: &str| rows(&reading[part]);
        let outcome = reading["outcome"].as_str().unwrap_or_default().to_owned();
        let at = output::instant(reading["at"].as_str().unwrap_or_default());
        let mut line = vec![at, outcome];
        line.extend(["members", "matched", "ambiguous", "unmatched", "rows"].map(number));
        line
    };
    let headings = ["when", "outcome", "members", "one row", "several", "none", "rows"];
    let mut text = output::table(&headings, &[2, 3, 4, 5, 6], readings.iter().map(line));
    let sample = |part: &str| {
        let of = readings[0][part].as_array().into_iter().flatten().filter_map(Value::as_str);
        of.collect::<Vec<_>>().join(", ")
    };
    for (part, what) in [("unmatched_sample", "No row is"), ("ambiguous_sample", "Several rows are")] {
        let sample = sample(part);
        if !sample.is_empty() {
            text.push_str(&format!("\n{what}: {sample}"));
        }
    }
    match &state["membership"] {
        Value::Null => text.push_str("\nNo membership is in force."),
        membership => text.push_str(&format!(
            "\nIn force: {} rows, read at {}.",
            rows(&membership["rows"]),
            output::instant(membership["at"].as_str().unwrap_or_default())
        )),
    }
    if state["waits_for_a_person"] == true {
        text.push_str("\nThe platform gave less than half twice in a row. If that is right: --confirmed.");
    }
    text
}
