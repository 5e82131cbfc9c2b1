//! `sluice run`: an activation, now.

use clap::Args;
use indicatif::ProgressBar;
use serde_json::Value;

use super::report;
use crate::{
    cli,
    client::{Kind, Manner, Run, Workspace},
    exit::Exit,
    failure::Failure,
    limits::SAMPLE_CHARS_MAX,
    output,
};

/// Run an activation now and wait for its end
///
/// Only what changed since the last run is sent. The run lives on the server: this command shows its progress, and may be ended
/// with Ctrl-C without ending the run.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("resync").args(["full_resync", "baseline"]))]
#[command(after_help = "\
Examples:
  sluice run \"customers to braze\"
  sluice run \"customers to braze\" --dry-run       counts, guards, sample requests; sends nothing
  sluice run \"customers to braze\" --no-wait --json | jq -r .id
  sluice run \"customers to braze\" --full-resync   send every row again, delivered or not

Exit codes:
  0  every row arrived
  1  the run failed, or was cancelled
  4  it ended, and some rows did not arrive
  5  it is held and waits for a person")]
pub(crate) struct Start {
    /// Name or id of the activation
    activation: String,
    /// Say what a run would do; nothing is sent and nothing is remembered
    #[arg(long, conflicts_with_all = ["full_resync", "baseline", "retry_rejected", "no_wait"])]
    dry_run: bool,
    /// Send every present row again; rows that left are still removed
    #[arg(long, conflicts_with_all = ["baseline", "retry_rejected"])]
    full_resync: bool,
    /// Take the present rows as delivered, without sending them
    #[arg(long, conflicts_with = "retry_rejected")]
    baseline: bool,
    /// With --full-resync or --baseline: begin with an empty ledger, for one that is damaged. What has left the source since the
    /// last run is forgotten, not removed
    #[arg(long, requires = "resync")]
    new_ledger: bool,
    /// Offer rows again that the platform refused and that have not changed
    #[arg(long)]
    retry_rejected: bool,
    /// Start the run and return at once
    #[arg(long)]
    no_wait: bool,
    #[command(flatten)]
    place: cli::Place,
}

impl Start {
    /// Starts and follows.
    pub(crate) async fn run(self) -> Result<Exit, Failure> {
        let workspace = self.place.open().await?;
        let (_, activation) = workspace.find(&[Kind::Activation], &self.activation).await?;
        let (id, name) = (activation["id"].as_str().unwrap_or_default(), activation["name"].as_str().unwrap_or_default());
        if self.dry_run {
            return self.rehearse(&workspace, id, name).await;
        }
        let new_ledger = self.new_ledger;
        let manner = match (self.full_resync, self.baseline, self.retry_rejected) {
            (true, ..) => Manner::FullResync { new_ledger },
            (_, true, _) => Manner::Baseline { new_ledger },
            (.., true) => Manner::RetryRejected,
            _ => Manner::Usual,
        };
        let run = workspace.start_run(id, manner).await?;
        if self.no_wait {
            output::json(&run.raw);
            output::line(format!("{name}: {}\n{}\n\n  sluice runs show {}", run.state, run.id, run.id));
            return Ok(Exit::Done);
        }
        let run = follow(&workspace, name, &run).await?;
        output::json(&run.raw);
        output::line(report::report(name, &run));
        Ok(run.exit())
    }

    async fn rehearse(&self, workspace: &Workspace, id: &str, name: &str) -> Result<Exit, Failure> {
        let waiting = output::spinner(format!("{name}: reading and comparing"));
        let dry = workspace.dry_run(id).await;
        waiting.finish_and_clear();
        let dry = dry?;
        output::json(&dry);
        output::line(rehearsal(name, &dry));
        Ok(Exit::Done)
    }
}

/// Shows a run's progress until it ends or waits for a person.
pub(crate) async fn follow(workspace: &Workspace, name: &str, run: &Run) -> Result<Run, Failure> {
    let bar = output::spinner(format!("{name}: {}", run.state));
    let last = workspace.follow(&run.id, |seen| show(&bar, name, seen)).await;
    bar.finish_and_clear();
    last
}

fn show(bar: &ProgressBar, name: &str, run: &Run) {
    bar.set_message(format!("{name}: {}", run.state));
    if run.state == "sending" && run.changes() > 0 {
        bar.set_style(output::bar_style());
        bar.set_length(run.changes());
        bar.set_position(run.judged());
    }
}

/// A dry run as people read it.
fn rehearsal(name: &str, dry: &Value) -> String {
    let counters = sluice_runs::Counters::read(&dry["counters"]);
    let mut text = format!("{name}: what a run would do now\n\n{}", report::numbers(&counters));
    let guards = dry["guards"].as_str().unwrap_or_default();
    match dry["cause"].as_str() {
        None => text.push_str("\nguards  would let it go\n"),
        Some(cause) => text.push_str(&format!("\nguards  {guards}: {cause}\n")),
    }
    for pair in dry["operations"].as_array().into_iter().flatten() {
        let (operation, rows) = (pair[0].as_str().unwrap_or_default(), pair[1].as_u64().unwrap_or_default());
        text.push_str(&format!("  {operation:<24}{:>12}\n", output::count(rows)));
    }
    for (at, sample) in dry["samples"].as_array().into_iter().flatten().enumerate() {
        let part = |part: &str| sample[part].as_str().unwrap_or_default();
        text.push_str(&format!(
            "\nrequest {}: {} {} {}\n{}\n",
            at + 1,
            part("operation"),
            part("method"),
            part("url"),
            short(part("body"))
        ));
    }
    text.trim_end().to_owned()
}

/// The beginning of a request's body; all of it is in the JSON form.
fn short(body: &str) -> String {
    match body.char_indices().nth(SAMPLE_CHARS_MAX) {
        Some((end, _)) => format!("{} … and {} bytes more, with --json", &body[..end], output::count((body.len() - end) as u64)),
        None => body.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_request_is_shown_by_its_beginning() {
        let whole = "é".repeat(SAMPLE_CHARS_MAX);
        assert_eq!(short(&whole), whole);
        assert_eq!(short(&format!("{whole}é!")), format!("{whole} … and 3 bytes more, with --json"));
    }
}
