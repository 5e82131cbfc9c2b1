//! `sluice segment why`: every condition and its answer for one record.

use clap::Args;
use serde_json::{Map, Value, json};

use super::{ask, cell, find, rows, saved};
use crate::{cli, exit::Exit, failure::Failure, output};

/// Tell why a record is in a segment, or why not
///
/// Conditions on related rows show the rows that satisfy them; sequences show those of each step, whatever their order. Of a segment that
/// tracks its members, it is told when the record came and went.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sluice segment why \"good customers\" C0001234
  sluice segment why \"large lines\" 536365 7
  sluice segment why \"good customers\" C0001234 --json | jq '.reasons[] | select(.holds | not).words'

A composite key is given part by part, in the order of the model's primary key.")]
pub(crate) struct Why {
    /// Name or id of the segment
    name: String,
    /// The record's primary key, part by part
    #[arg(required = true)]
    key: Vec<String>,
    #[command(flatten)]
    place: cli::Place,
}

impl Why {
    pub(super) async fn run(self) -> Result<Exit, Failure> {
        let workspace = self.place.open().await?;
        let segment = find(&workspace, &self.name).await?;
        let model = workspace.model(segment["model"].as_str().unwrap_or_default()).await?;
        let key = key(&model, &self.key);
        let answer = ask(&workspace, "why", &self.name, &json!({ "of": saved(&segment), "key": key })).await?;
        output::line(text(&self.name, &answer));
        output::json(&answer);
        Ok(Exit::Done)
    }
}

/// The parts by the ids of their fields. What is no text field's is read as JSON where it can be. Too many or too few are for the
/// server to refuse.
fn key(model: &Value, parts: &[String]) -> Map<String, Value> {
    let ids: Vec<&str> = model["primary_key"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let ty = |id: &str| {
        let fields = model["fields"].as_array().into_iter().flatten();
        fields.into_iter().find(|field| field["id"] == id).map(|field| field["type"].clone()).unwrap_or_default()
    };
    let mut key = Map::new();
    for (at, part) in parts.iter().enumerate() {
        let id = ids.get(at).map_or_else(|| format!("part {}", at + 1), |id| (*id).to_owned());
        let number = matches!(ty(&id).as_str(), Some("integer" | "float" | "boolean"));
        let value = if number { serde_json::from_str(part).unwrap_or_else(|_| json!(part)) } else { json!(part) };
        key.insert(id, value);
    }
    key
}

/// When the record came and went, as a line of its own; nothing where that is not known.
fn stay(answer: &Value) -> String {
    let stay = &answer["stay"];
    let at = |part: &str| stay[part].as_str();
    let came = at("entered_at").map_or_else(|| "before this was noted".into(), output::instant);
    match (stay.is_object(), at("left_at")) {
        (false, _) => String::new(),
        (true, None) => format!("\n  came {came}"),
        (true, Some(left)) if at("entered_at").is_some_and(|entered| entered > left) => {
            format!("\n  went {}, came back {came}", output::instant(left))
        }
        (true, Some(left)) => format!("\n  came {came}, went {}", output::instant(left)),
    }
}

fn text(name: &str, answer: &Value) -> String {
    if answer["rows"] == 0 {
        return format!("The model has no row with this key.{}", stay(answer));
    }
    let mut text = format!("{} segment `{name}`{}", if answer["inside"] == true { "In" } else { "Not in" }, stay(answer));
    for reason in answer["reasons"].as_array().into_iter().flatten() {
        let mark = if reason["holds"] == true { "yes" } else { "no " };
        text.push_str(&format!("\n  {mark}  {}", reason["words"].as_str().unwrap_or_default()));
        for matched in reason["matched"].as_array().into_iter().flatten() {
            text.push_str(&format!("\n       related rows: {}", rows(&matched["rows"])));
            let sample: Vec<&Map<String, Value>> =
                matched["sample"].as_array().into_iter().flatten().filter_map(Value::as_object).collect();
            let Some(first) = sample.first() else { continue };
            let headings: Vec<&str> = first.keys().map(String::as_str).collect();
            let table = output::table(&headings, &[], sample.iter().map(|row| headings.iter().map(|id| cell(&row[*id])).collect()));
            text.extend(table.lines().map(|line| format!("\n         {line}")));
        }
    }
    text
}
