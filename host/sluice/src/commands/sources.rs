//! `sluice sources`: whether sources can be read, step by step, and what a database administrator does when they cannot.

use clap::{Args, Subcommand};
use serde_json::Value;
use sluice_catalog::Code;

use crate::{cli, client::Kind, exit::Exit, failure::Failure, limits::NAMES_LOOKED_AT_MAX, output};

/// List sources, and test whether they can be read
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sluice sources list
  sluice sources test shop
  sluice sources test shop --json | jq -r .grants > grants.sql")]
pub(crate) struct Sources {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Sources, oldest first
    #[command(after_help = "Examples:\n  sluice sources list")]
    List(Everything),
    /// Try a source step by step, each green or red with its own message
    ///
    /// Where it lacks rights, the statements that grant them are printed, for a database administrator to read and run.
    #[command(after_help = "Examples:\n  sluice sources test shop\n  sluice sources test shop && echo fine")]
    Test(One),
}

#[derive(Debug, Args)]
struct Everything {
    #[command(flatten)]
    place: cli::Place,
}

#[derive(Debug, Args)]
struct One {
    /// Name or id of the source
    source: String,
    #[command(flatten)]
    place: cli::Place,
}

impl Sources {
    /// Lists or tests.
    pub(crate) async fn run(self) -> Result<Exit, Failure> {
        match self.what {
            What::List(all) => {
                let workspace = all.place.open().await?;
                let sources = workspace.list(&[Kind::Source.collection()], &[], NAMES_LOOKED_AT_MAX).await?;
                output::json(&sources);
                if sources.is_empty() {
                    output::line("No sources.");
                } else {
                    let row = |source: &Value| {
                        vec![text(&source["name"]).to_owned(), kind(&source["kind"]), text(&source["id"]).to_owned()]
                    };
                    output::line(output::table(&["source", "kind", "id"], &[], sources.iter().map(row)));
                }
                Ok(Exit::Done)
            }
            What::Test(one) => {
                let workspace = one.place.open().await?;
                let source = workspace.find(&[Kind::Source], &one.source).await?.1;
                let waiting = output::spinner(format!("testing {}", text(&source["name"])));
                let tested = workspace.test_source(text(&source["id"])).await;
                waiting.finish_and_clear();
                let tested = tested?;
                output::json(&tested);
                output::line(told(&tested));
                if tested["ok"] == true { Ok(Exit::Done) } else { Err(refused(&tested)) }
            }
        }
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// `files`, or the connector that reads it.
fn kind(kind: &Value) -> String {
    let word = kind.as_object().and_then(|object| object.keys().next().cloned());
    let connector = kind["connector"]["id"].as_str().map(str::to_owned);
    connector.or(word).unwrap_or_else(|| text(kind).to_owned())
}

fn told(tested: &Value) -> String {
    let steps = tested["steps"].as_array().into_iter().flatten();
    let mut lines: Vec<String> = steps
        .map(|step| {
            let mark = if step["ok"] == true { "ok    " } else { "FAILED" };
            let code = step["code"].as_str().map(|code| format!(" [{code}]")).unwrap_or_default();
            format!("  {mark}  {}: {}{code}", text(&step["name"]), text(&step["message"]))
        })
        .collect();
    lines.extend(tested["message"].as_str().filter(|message| !message.is_empty()).map(str::to_owned));
    let tables = tested["tables"].as_u64().unwrap_or_default();
    if tables > 0 {
        lines.push(format!("{} {}", output::count(tables), if tables == 1 { "table" } else { "tables" }));
    }
    let findings = tested["findings"].as_array().into_iter().flatten();
    lines.extend(findings.map(|finding| format!("  {}: {}", text(&finding["name"]), text(&finding["cause"]))));
    if let Some(grants) = tested["grants"].as_str().filter(|_| tested["ok"] != true) {
        lines.push(format!("\nThe rights that Sluice needs, for a database administrator:\n\n{grants}"));
    }
    lines.join("\n")
}

/// The first red step, in the words of a refusal.
fn refused(tested: &Value) -> Failure {
    let red = tested["steps"].as_array().into_iter().flatten().find(|step| step["ok"] != true);
    let (code, cause) = match (red, &tested["problem"]) {
        (Some(step), _) => (&step["code"], text(&step["message"])),
        (None, problem) if problem.is_object() => (&problem["code"], text(&problem["cause"])),
        (None, _) => (&Value::Null, "There is nothing in the source that a model could be made of."),
    };
    Failure::new(text(code).parse().unwrap_or(Code::SourceObjectMissing), crate::server::sentence(cause))
}
