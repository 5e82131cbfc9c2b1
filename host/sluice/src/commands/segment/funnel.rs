//! `sluice segment funnel`: what each condition leaves.

use clap::Args;
use serde_json::{Value, json};

use super::{ask, find, rows, saved};
use crate::{cli, exit::Exit, failure::Failure, output};

/// Count the rows that remain after each condition
///
/// Negative conditions on a field also tell how many rows are in because they have no value there.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sluice segment funnel \"good customers\"
  sluice segment funnel \"good customers\" --json | jq '.stages[].remaining'")]
pub(crate) struct Funnel {
    /// Name or id of the segment
    name: String,
    #[command(flatten)]
    place: cli::Place,
}

impl Funnel {
    pub(super) async fn run(self) -> Result<Exit, Failure> {
        let workspace = self.place.open().await?;
        let segment = find(&workspace, &self.name).await?;
        let answer = ask(&workspace, "funnel", &self.name, &json!({ "of": saved(&segment) })).await?;
        output::line(text(&answer));
        output::json(&answer);
        Ok(Exit::Done)
    }
}

fn text(answer: &Value) -> String {
    let all = vec![rows(&answer["total"]), String::new(), "every row of the model".into()];
    let stages = answer["stages"].as_array().into_iter().flatten().map(|stage| {
        let words = stage["words"].as_str().unwrap_or_default().to_owned();
        let without = stage["without_value"].as_u64().map(output::count).unwrap_or_default();
        vec![rows(&stage["remaining"]), without, words]
    });
    output::table(&["rows", "without a value", "after"], &[0, 1], std::iter::once(all).chain(stages))
}
