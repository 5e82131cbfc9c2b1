//! `sluice segment overlap`: what segments share, and a segment of one part.

use clap::Args;
use serde_json::{Value, json};
use sluice_catalog::Code;

use super::{ask, find, percent, rows, saved};
use crate::{cli, exit::Exit, failure::Failure, output};

/// Count what two to five segments of one model have in common
///
/// A row is in a segment when its primary key is that of a member. Parts without rows are left out.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sluice segment overlap \"good customers\" \"french customers\"
  sluice segment overlap a b c --json | jq '.parts'
  sluice segment overlap a b --part 1 --save \"a and b\"")]
pub(crate) struct Overlap {
    /// Names or ids of the segments
    #[arg(required = true)]
    names: Vec<String>,
    /// Make a segment of this part, by its number in the table
    #[arg(long, value_name = "NUMBER", requires = "save")]
    part: Option<usize>,
    /// The name of the segment that is made
    #[arg(long, value_name = "NAME", requires = "part")]
    save: Option<String>,
    #[command(flatten)]
    place: cli::Place,
}

impl Overlap {
    pub(super) async fn run(self) -> Result<Exit, Failure> {
        let workspace = self.place.open().await?;
        let mut asked = Vec::with_capacity(self.names.len());
        for name in &self.names {
            asked.push(saved(&find(&workspace, name).await?));
        }
        let mut answer = ask(&workspace, "overlap", &self.names.join(", "), &json!({ "segments": asked })).await?;
        output::line(text(&answer));
        if let (Some(part), Some(name)) = (self.part, &self.save) {
            let found = part.checked_sub(1).and_then(|at| answer["parts"].get_mut(at));
            let found = found.map(|part| part["segment"].take()).filter(Value::is_object);
            let Some(mut segment) = found else {
                return Err(Failure::new(Code::ApiNotFound, format!("The overlap has no part {part}.")));
            };
            segment["name"] = json!(name);
            let made = workspace.create_segment(&segment).await?;
            output::line(format!("Made segment `{name}` of part {part} ({}).", made["id"].as_str().unwrap_or_default()));
            answer["made"] = made;
        }
        output::json(&answer);
        Ok(Exit::Done)
    }
}

fn text(answer: &Value) -> String {
    let segments: Vec<&str> =
        answer["segments"].as_array().into_iter().flatten().filter_map(|segment| segment["name"].as_str()).collect();
    let total = answer["total"].as_u64().unwrap_or_default();
    let part = |(at, part): (usize, &Value)| {
        let share = if total == 0 { 0.0 } else { part["rows"].as_f64().unwrap_or_default() / total as f64 };
        let inside = part["inside"].as_array().into_iter().flatten().map(|inside| if *inside == true { "in" } else { "–" });
        let mut row = vec![(at + 1).to_string()];
        row.extend(inside.map(str::to_owned));
        row.extend([rows(&part["rows"]), percent(&json!(share))]);
        row
    };
    let headings: Vec<&str> = std::iter::once("part").chain(segments.iter().copied()).chain(["rows", "of all"]).collect();
    let numbers = [0, segments.len() + 1, segments.len() + 2];
    let parts = answer["parts"].as_array().into_iter().flatten().enumerate().map(part);
    let mut text = output::table(&headings, &numbers, parts);
    let name = |pair: &Value, side: usize| {
        let at = pair["of"][side].as_u64().and_then(|at| usize::try_from(at).ok());
        at.and_then(|at| segments.get(at)).copied().unwrap_or_default().to_owned()
    };
    let pair = |pair: &Value| {
        let shares = [0, 1].map(|side| percent(&pair["shares"][side]));
        let [first, second] = shares;
        vec![name(pair, 0), name(pair, 1), rows(&pair["both"]), first, second, percent(&pair["jaccard"])]
    };
    let headings = ["one", "other", "both", "of one", "of other", "of either"];
    text.push_str("\n\n");
    text.push_str(&output::table(&headings, &[2, 3, 4, 5], answer["pairs"].as_array().into_iter().flatten().map(pair)));
    text
}
