//! `sluice segment trend`: how a segment grew and shrank.

use clap::Args;
use serde_json::Value;

use super::{find, percent, rows};
use crate::{cli, exit::Exit, failure::Failure, output};

/// Show how large a segment was, night after night, and how many members came and went
///
/// Turnover is the share of members that came or went since the computation before. A new revision means that the condition changed.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sluice segment trend \"good customers\"
  sluice segment trend \"good customers\" --now
  sluice segment trend \"good customers\" --json | jq '.items[0].size'")]
pub(crate) struct Trend {
    /// Name or id of the segment
    name: String,
    /// Compute it now, first
    #[arg(long)]
    now: bool,
    /// How many to show, the newest first
    #[arg(long, value_name = "ROWS", default_value_t = 30)]
    limit: usize,
    #[command(flatten)]
    place: cli::Place,
}

impl Trend {
    pub(super) async fn run(self) -> Result<Exit, Failure> {
        let workspace = self.place.open().await?;
        let segment = find(&workspace, &self.name).await?;
        let id = segment["id"].as_str().unwrap_or_default();
        if self.now {
            let waiting = output::spinner(format!("counting {}", self.name));
            let computed = workspace.compute_statistics(id).await;
            waiting.finish_and_clear();
            computed?;
        }
        let trend = workspace.statistics(id).await?;
        let items: Vec<&Value> = trend["items"].as_array().into_iter().flatten().take(self.limit).collect();
        if items.is_empty() {
            output::line("Nothing was computed yet: every night, or now with --now.");
        } else {
            let headings = ["when", "rows", "share", "came", "went", "turnover", "revision"];
            output::line(output::table(&headings, &[1, 2, 3, 4, 5, 6], items.into_iter().map(line)));
        }
        output::json(&trend);
        Ok(Exit::Done)
    }
}

fn line(found: &Value) -> Vec<String> {
    let known = |part: &str, say: fn(&Value) -> String| if found[part].is_null() { String::new() } else { say(&found[part]) };
    vec![
        output::instant(found["at"].as_str().unwrap_or_default()),
        rows(&found["size"]),
        percent(&found["share"]),
        known("entered", rows),
        known("left", rows),
        known("turnover", percent),
        rows(&found["revision"]),
    ]
}
