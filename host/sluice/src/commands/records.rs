//! `sluice records`: what became of each record of a run.

use clap::Args;
use serde_json::Value;

use crate::{cli, exit::Exit, failure::Failure, output};

/// Show what became of each record of a run
///
/// Records hold primary keys, so the key needs the role operator. Outcomes: accepted, rejected, invalid, skipped, unknown, pending,
/// carried, expired.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sluice records run_01J9ZK4M8QW3V5T7R2N6P0XYCD --outcome rejected
  sluice records run_01J9ZK4M8QW3V5T7R2N6P0XYCD --reason too-long --limit 1000
  sluice records run_01J9ZK4M8QW3V5T7R2N6P0XYCD --key C0001234
  sluice records run_01J9ZK4M8QW3V5T7R2N6P0XYCD --json | jq -r 'select(.outcome == \"unknown\").key'

With --json each record is one line.")]
pub(crate) struct Records {
    /// Id of the run
    run: String,
    /// Only this outcome
    #[arg(long, value_name = "WORD")]
    outcome: Option<String>,
    /// Only this reason, by its code
    #[arg(long, value_name = "CODE")]
    reason: Option<String>,
    /// Only this primary key; parts of a composite key are joined by ` / `
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    /// How many at most
    #[arg(long, value_name = "ROWS", default_value_t = 50, conflicts_with = "all")]
    limit: usize,
    /// All of them
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    place: cli::Place,
}

impl Records {
    /// Reads and shows.
    pub(crate) async fn run(self) -> Result<Exit, Failure> {
        let workspace = self.place.open().await?;
        let filter: Vec<(&str, &str)> = [("outcome", &self.outcome), ("reason", &self.reason), ("key", &self.key)]
            .into_iter()
            .filter_map(|(name, value)| Some((name, value.as_deref()?)))
            .collect();
        let most = if self.all { usize::MAX } else { self.limit };
        let mut told = 0;
        workspace
            .each_page(&["runs", &self.run, "records"], &filter, most, |records| {
                records.iter().for_each(output::json_line);
                if !output::is_json() && !records.is_empty() {
                    output::line(table(&records));
                }
                told += records.len();
            })
            .await?;
        match told {
            0 => output::line("No such records. Rows of old runs are gone; their counts stay in `sluice runs show`."),
            n if n == self.limit && !self.all => output::line(format!("The first {n}; --all or --limit shows more.")),
            _ => {}
        }
        Ok(Exit::Done)
    }
}

fn table(records: &[Value]) -> String {
    let text = |record: &Value, part: &str| record[part].as_str().unwrap_or_default().to_owned();
    let row = |record: &Value| {
        let reason = match record["field"].as_str() {
            Some(field) => format!("{} ({field})", text(record, "code")),
            None => text(record, "code"),
        };
        let outcome = record["outcome"].as_str().unwrap_or("waiting").to_owned();
        vec![text(record, "key"), text(record, "operation"), outcome, reason, text(record, "message")]
    };
    output::table(&["key", "operation", "outcome", "reason", "message"], &[], records.iter().map(row))
}
