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
  sluice preview \"good customers\" --sql
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
    /// Show the statements that were put to databases
    #[arg(long)]
    sql: bool,
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
        if self.sql {
            output::line(statements(&preview));
        }
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
    let by = place(&preview["evaluation"]);
    let read = preview["evaluation"]["bytes_read"].as_u64().filter(|bytes| *bytes > 0);
    let read = read.map_or(String::new(), |bytes| format!(", {} read", indicatif::DecimalBytes(bytes)));
    text.push_str(&format!("\n{} rows{of}, counted in {} ms{by}{read}", output::count(number("count")), number("took_ms")));
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

/// Who counted; nothing where there was no database to ask.
fn place(evaluation: &Value) -> String {
    let why = evaluation["why"].as_str().unwrap_or_default();
    match evaluation["place"].as_str() {
        Some("source") => " by the source's database".into(),
        Some("both") => format!(" by databases and the host: {why}"),
        _ => String::new(),
    }
}

fn statements(preview: &Value) -> String {
    let evaluation = &preview["evaluation"];
    let each = |statement: &Value| {
        let part = |name: &str| statement[name].as_str().unwrap_or_default().to_owned();
        format!("\n-- {}\n{};", part("source"), part("sql"))
    };
    let texts: Vec<String> = evaluation["statements"].as_array().into_iter().flatten().map(each).collect();
    if texts.is_empty() {
        return format!("\nno statement says this: {}", evaluation["why"].as_str().unwrap_or_default());
    }
    texts.join("\n")
}

fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Kind, statements, text};

    fn told(evaluation: &Value) -> (String, String) {
        let preview = json!({ "count": 2, "total": 8, "share": 0.25, "took_ms": 5, "sample": [], "evaluation": evaluation });
        (text(Kind::Segment, "french", None, &[], &preview), statements(&preview))
    }

    #[test]
    fn who_counted_is_said_and_by_which_statements() {
        let statement = json!([{ "source": "shop", "sql": "SELECT 1" }]);
        for (evaluation, line, sql) in [
            (
                json!({ "place": "source", "statements": statement, "why": null }),
                "2 rows of 8 (25.0 %), counted in 5 ms by the source's database",
                "\n-- shop\nSELECT 1;",
            ),
            (
                json!({ "place": "host", "statements": [], "why": "its rows lie in files", "bytes_read": 1_520_000 }),
                "2 rows of 8 (25.0 %), counted in 5 ms, 1.52 MB read",
                "\nno statement says this: its rows lie in files",
            ),
            (
                json!({ "place": "both", "statements": statement, "why": "its rows lie in files" }),
                "2 rows of 8 (25.0 %), counted in 5 ms by databases and the host: its rows lie in files",
                "\n-- shop\nSELECT 1;",
            ),
            (
                json!({ "place": "host", "statements": [], "why": "it reads no database" }),
                "2 rows of 8 (25.0 %), counted in 5 ms",
                "\nno statement says this: it reads no database",
            ),
        ] {
            assert_eq!(told(&evaluation), (format!("segment `french`\n{line}"), sql.to_owned()));
        }
    }
}
