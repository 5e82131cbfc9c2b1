//! `sluice models`: whether models fit their sources and each other, and what is in them.

use clap::{Args, Subcommand};
use serde_json::Value;

use crate::{
    cli,
    client::{Kind, Workspace},
    exit::Exit,
    failure::Failure,
    output,
};

/// Look after models: health, columns of the source, keys, values, relationships
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sluice models health
  sluice models check customers
  sluice models relink customers email=e_mail
  sluice models keys customers
  sluice models values customers country
  sluice models semantic customers email
  sluice models matches customers orders")]
pub(crate) struct Models {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// What is broken among models, segments and activations, and because of what
    #[command(after_help = "Examples:\n  sluice models health\n  sluice models health --json | jq '.objects[].health'")]
    Health(Everything),
    /// Compare a model with its source: columns that are gone, of another type, new
    #[command(after_help = "Examples:\n  sluice models check customers")]
    Check(One),
    /// Let fields read other columns; what else would break is said, and then nothing is changed
    #[command(
        after_help = "Examples:\n  sluice models check customers              names the likely column\n  sluice models relink customers email=e_mail"
    )]
    Relink(Relink),
    /// Count duplicate and null primary keys
    #[command(after_help = "Examples:\n  sluice models keys customers")]
    Keys(One),
    /// The values of a categorical field, each with its rows
    #[command(after_help = "Examples:\n  sluice models values customers country\n  sluice models values customers country --fresh")]
    Values(Values),
    /// How many rows of a sample have values that fit the semantic type of a field
    #[command(after_help = "Examples:\n  sluice models semantic customers email")]
    Semantic(OneField),
    /// How many rows find none, one or several over a relationship
    #[command(after_help = "Examples:\n  sluice models matches customers orders")]
    Matches(Matches),
}

#[derive(Debug, Args)]
struct Everything {
    #[command(flatten)]
    place: cli::Place,
}

#[derive(Debug, Args)]
struct One {
    /// Name or id of the model
    model: String,
    #[command(flatten)]
    place: cli::Place,
}

#[derive(Debug, Args)]
struct Relink {
    /// Name or id of the model
    model: String,
    /// Field and column, joined by an equals sign
    #[arg(required = true, value_name = "FIELD=COLUMN")]
    fields: Vec<String>,
    #[command(flatten)]
    place: cli::Place,
}

#[derive(Debug, Args)]
struct Values {
    /// Name or id of the model
    model: String,
    /// Id of the field
    field: String,
    /// Count anew instead of taking the last list
    #[arg(long)]
    fresh: bool,
    #[command(flatten)]
    place: cli::Place,
}

#[derive(Debug, Args)]
struct OneField {
    /// Name or id of the model
    model: String,
    /// Id of the field
    field: String,
    #[command(flatten)]
    place: cli::Place,
}

#[derive(Debug, Args)]
struct Matches {
    /// Name or id of the model
    model: String,
    /// Name of the relationship
    relationship: String,
    #[command(flatten)]
    place: cli::Place,
}

impl Models {
    /// Asks and shows.
    pub(crate) async fn run(self) -> Result<Exit, Failure> {
        let answer = match self.what {
            What::Health(all) => {
                let answer = all.place.open().await?.health().await?;
                output::line(health(&answer));
                answer
            }
            What::Check(one) => {
                let (workspace, id) = open(&one.place, &one.model).await?;
                let answer = workspace.ask_model(&id, &["schema"], &Value::Null).await?;
                output::line(schema(&answer));
                answer
            }
            What::Relink(relink) => {
                let (workspace, id) = open(&relink.place, &relink.model).await?;
                let repairs: Vec<Value> = relink.fields.iter().map(|pair| repair(pair)).collect();
                let answer = workspace.repair(&id, &serde_json::json!({ "repairs": repairs })).await?;
                output::line(format!("`{}` reads other columns now", answer["name"].as_str().unwrap_or_default()));
                answer
            }
            What::Keys(one) => {
                let (workspace, id) = open(&one.place, &one.model).await?;
                let answer = workspace.ask_model(&id, &["duplicate-check"], &Value::Null).await?;
                output::line(keys(&answer));
                answer
            }
            What::Values(values) => {
                let (workspace, id) = open(&values.place, &values.model).await?;
                let answer = workspace.values(&id, &values.field, values.fresh).await?;
                output::line(list(&answer));
                answer
            }
            What::Semantic(one) => {
                let (workspace, id) = open(&one.place, &one.model).await?;
                let answer = workspace.ask_model(&id, &["fields", &one.field, "semantic-check"], &Value::Null).await?;
                output::line(fitting(&answer));
                answer
            }
            What::Matches(matches) => {
                let (workspace, id) = open(&matches.place, &matches.model).await?;
                let answer = workspace.ask_model(&id, &["relationships", &matches.relationship, "check"], &Value::Null).await?;
                output::line(found(&answer));
                answer
            }
        };
        output::json(&answer);
        Ok(Exit::Done)
    }
}

async fn open(place: &cli::Place, model: &str) -> Result<(Workspace, String), Failure> {
    let workspace = place.open().await?;
    let (_, model) = workspace.find(&[Kind::Model], model).await?;
    Ok((workspace, model["id"].as_str().unwrap_or_default().to_owned()))
}

fn repair(pair: &str) -> Value {
    let (field, column) = pair.split_once('=').unwrap_or((pair, ""));
    serde_json::json!({ "field": field, "relink": column })
}

fn text<'v>(value: &'v Value, part: &str) -> &'v str {
    value[part].as_str().unwrap_or_default()
}

fn number(value: &Value, part: &str) -> String {
    output::count(value[part].as_u64().unwrap_or_default())
}

fn rows(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn health(answer: &Value) -> String {
    let objects: Vec<_> = rows(&answer["objects"]).filter(|object| object["health"] != "ok").collect();
    if objects.is_empty() {
        return "every model, segment and activation is well".into();
    }
    let lines = objects.iter().map(|object| {
        let findings =
            rows(&object["findings"]).map(|finding| format!("\n    {}: {}", text(finding, "code"), text(finding, "cause")));
        format!("{} `{}` is {}{}", text(object, "kind"), text(object, "name"), text(object, "health"), findings.collect::<String>())
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn schema(answer: &Value) -> String {
    let mut lines: Vec<String> = Vec::new();
    lines.extend(answer["problem"].as_object().map(|_| text(&answer["problem"], "detail").to_owned()));
    for field in rows(&answer["fields"]) {
        if field["problem"].is_object() {
            lines.push(text(&field["problem"], "detail").to_owned());
            if field["suggestion"].is_object() {
                let (id, column) = (text(field, "id"), text(&field["suggestion"], "column"));
                lines.push(format!("    it may be {column} now: relink {id}={column}"));
            }
        }
        lines.extend(field["note"].as_str().map(str::to_owned));
    }
    let new: Vec<_> = rows(&answer["new_columns"]).map(|column| text(column, "name")).collect();
    if !new.is_empty() {
        lines.push(format!("columns that no field reads: {}", new.join(", ")));
    }
    if lines.is_empty() { "the model fits its source".into() } else { lines.join("\n") }
}

fn keys(answer: &Value) -> String {
    let percent = answer["unique_percent"].as_f64().unwrap_or_default();
    let head = format!(
        "{}: {} of {} keys are different ({percent:.2} %), {} of {} rows have none",
        text(answer, "verdict"),
        number(answer, "distinct"),
        number(answer, "keyed"),
        number(answer, "null_keys"),
        number(answer, "rows"),
    );
    let samples = rows(&answer["samples"]).map(|sample| {
        let key: Vec<String> = rows(&sample["key"]).map(shown).collect();
        vec![key.join(", "), number(sample, "rows")]
    });
    let samples: Vec<_> = samples.collect();
    if samples.is_empty() { head } else { format!("{head}\n\n{}", output::table(&["key", "rows"], &[1], samples)) }
}

fn list(answer: &Value) -> String {
    let values = rows(&answer["values"]).map(|value| vec![shown(&value["value"]), number(value, "rows")]);
    let table = output::table(&["value", "rows"], &[1], values);
    format!("{} values, {} rows without one\n\n{table}", number(answer, "distinct"), number(answer, "without"))
}

fn fitting(answer: &Value) -> String {
    let (rows_seen, without, passed) = (number(answer, "rows"), number(answer, "without"), number(answer, "passed"));
    let mut parts =
        vec![format!("{passed} of {rows_seen} sampled rows pass as {}, {without} have no value", semantic(&answer["semantic"]))];
    let flaws: Vec<_> = rows(&answer["flaws"])
        .map(|flaw| {
            let masks =
                rows(&answer["samples"]).filter(|sample| sample["flaw"] == flaw["flaw"]).map(|sample| shown(&sample["value"]));
            vec![text(flaw, "flaw").to_owned(), number(flaw, "rows"), masks.collect::<Vec<_>>().join(", ")]
        })
        .collect();
    if !flaws.is_empty() {
        parts.push(output::table(&["a value", "rows", "for example"], &[1], flaws));
    }
    parts.extend(answer["suggestion"].as_str().map(str::to_owned));
    parts.join("\n\n")
}

/// `email`, or `consent(marketing)`.
fn semantic(value: &Value) -> String {
    serde_json::from_value::<sluice_catalog::semantic::Semantic>(value.clone())
        .map_or_else(|_| value.to_string(), |it| it.to_string())
}

fn found(answer: &Value) -> String {
    let side = |name: &str, view: &Value| {
        let mut row = vec![name.to_owned()];
        row.extend(["rows", "once", "several", "unmatched", "without_key"].map(|part| number(view, part)));
        row
    };
    let name = text(&answer["relationship"], "name");
    let sides = [side(name, &answer["rows"]), side("the way back", &answer["back"])];
    let table = output::table(&["over", "rows", "find one", "several", "none", "no key"], &[1, 2, 3, 4, 5], sides);
    let warnings = rows(&answer["warnings"]).map(|warning| format!("\n{}", text(warning, "detail")));
    format!("{table}{}", warnings.collect::<String>())
}

fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
