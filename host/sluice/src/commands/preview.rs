//! `sluice preview`: what a model or a segment means now.

use clap::Args;
use serde_json::{Value, json};

use crate::{cli, client::Kind, exit::Exit, failure::Failure, output};

/// Count the rows of a model or a segment, exactly, and show some of them
///
/// Fields that are marked as personal data are masked, hidden ones are left out. Nothing is sent anywhere.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sluice preview customers
  sluice preview \"good customers\" --sample 3
  sluice preview \"good customers\" --json | jq .count")]
pub(crate) struct Preview {
    /// Name or id of the model or segment
    name: String,
    /// Take it for a model, where a segment has the same name
    #[arg(long, conflicts_with = "segment")]
    model: bool,
    /// Take it for a segment, where a model has the same name
    #[arg(long)]
    segment: bool,
    /// Rows to show, 0 to 100
    #[arg(long, value_name = "ROWS", default_value_t = 10)]
    sample: u32,
    #[command(flatten)]
    place: cli::Place,
}

impl Preview {
    /// Asks and shows.
    pub(crate) async fn run(self) -> Result<Exit, Failure> {
        let workspace = self.place.open().await?;
        let kinds: &[Kind] = match (self.model, self.segment) {
            (true, _) => &[Kind::Model],
            (_, true) => &[Kind::Segment],
            _ => &[Kind::Model, Kind::Segment],
        };
        let (kind, object) = workspace.find(kinds, &self.name).await?;
        let (id, name) = (object["id"].as_str().unwrap_or_default(), object["name"].as_str().unwrap_or_default());
        let sentence = if kind == Kind::Segment { Some(workspace.sentence(id).await?) } else { None };
        let waiting = output::spinner(format!("counting {name}"));
        let preview = workspace.preview(kind, id, self.sample).await;
        waiting.finish_and_clear();
        let mut preview = preview?;
        output::line(text(kind, name, sentence.as_deref(), &workspace.field_ids(&object).await?, &preview));
        preview["name"] = json!(name);
        preview["kind"] = json!(kind.word());
        preview["sentence"] = json!(sentence);
        output::json(&preview);
        Ok(Exit::Done)
    }
}

/// The preview as people read it; `fields` is the order of the columns.
pub(crate) fn text(kind: Kind, name: &str, sentence: Option<&str>, fields: &[String], preview: &Value) -> String {
    let number = |part: &str| preview[part].as_u64().unwrap_or_default();
    let mut text = format!("{} `{name}`", kind.word());
    if let Some(sentence) = sentence.filter(|sentence| !sentence.is_empty()) {
        text.push_str(&format!(": {sentence}"));
    }
    let share = preview["share"].as_f64().unwrap_or_default() * 100.0;
    let of = if kind == Kind::Segment { format!(" of {} ({share:.1} %)", output::count(number("total"))) } else { String::new() };
    text.push_str(&format!("\n{} rows{of}, counted in {} ms", output::count(number("count")), number("took_ms")));
    let rows: Vec<_> = preview["sample"].as_array().into_iter().flatten().filter_map(Value::as_object).collect();
    if let Some(first) = rows.first() {
        let headings: Vec<_> = fields.iter().map(String::as_str).filter(|id| first.contains_key(*id)).collect();
        let number = |id: &str| rows.iter().any(|row| row[id].is_number());
        let numbers: Vec<_> = headings.iter().enumerate().filter(|(_, id)| number(id)).map(|(at, _)| at).collect();
        let cells = rows.iter().map(|row| headings.iter().map(|h| cell(row.get(*h))).collect());
        text.push_str(&format!("\n\n{}", output::table(&headings, &numbers, cells)));
    }
    text
}

fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}
