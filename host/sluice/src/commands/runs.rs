//! `sluice runs`: what ran, how it ended, and what a person decides about it.

use std::collections::BTreeMap;

use clap::{Args, Subcommand};
use serde_json::Value;

use super::report;
use crate::{
    cli,
    client::{Kind, Run, Workspace},
    exit::Exit,
    failure::Failure,
    limits::NAMES_LOOKED_AT_MAX,
    output,
};

/// List runs, look at one, decide about a held one, stop one
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sluice runs list
  sluice runs list --activation \"customers to braze\" --state failed,held
  sluice runs show run_01…
  sluice runs confirm run_01… --diff 5f2a…     the diff that `show` names; the run goes on
  sluice runs discard run_01… --diff 5f2a…     nothing more is sent; what was accepted stays
  sluice runs cancel run_01…")]
pub(crate) struct Runs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    List(List),
    /// One run: its numbers, why rows did not arrive, and what to do
    #[command(after_help = "Examples:\n  sluice runs show run_01J9ZK4M8QW3V5T7R2N6P0XYCD")]
    Show(One),
    /// Approve what a held run would do; it goes on
    ///
    /// The decision names the diff, so that nobody approves what he has not seen.
    #[command(after_help = "\
Examples:
  sluice runs show run_01J9ZK4M8QW3V5T7R2N6P0XYCD          says why it is held, and names the diff
  sluice runs confirm run_01J9ZK4M8QW3V5T7R2N6P0XYCD --diff 5f2a…")]
    Confirm(Decide),
    /// Throw away what a held run would do; the platform and what is remembered stay as they are
    #[command(after_help = "Examples:\n  sluice runs discard run_01J9ZK4M8QW3V5T7R2N6P0XYCD --diff 5f2a…")]
    Discard(Decide),
    /// Ask a run to stop; what is under way is finished, the rest is offered again by the next run
    #[command(after_help = "Examples:\n  sluice runs cancel run_01J9ZK4M8QW3V5T7R2N6P0XYCD")]
    Cancel(One),
}

/// Runs, newest first
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sluice runs list --limit 5
  sluice runs list --activation \"customers to braze\" --state failed,held")]
struct List {
    /// Only runs of this activation, by name or id
    #[arg(long, value_name = "NAME")]
    activation: Option<String>,
    /// Only runs in these states, joined by commas
    #[arg(long, value_name = "STATES")]
    state: Option<String>,
    /// How many at most
    #[arg(long, value_name = "ROWS", default_value_t = 20)]
    limit: usize,
    #[command(flatten)]
    place: cli::Place,
}

#[derive(Debug, Args)]
struct One {
    /// Id of the run
    run: String,
    #[command(flatten)]
    place: cli::Place,
}

#[derive(Debug, Args)]
struct Decide {
    /// Id of the run
    run: String,
    /// The diff that is decided about, as `sluice runs show` names it
    #[arg(long, value_name = "HASH")]
    diff: String,
    #[command(flatten)]
    place: cli::Place,
}

impl Runs {
    /// Lists, shows or decides.
    pub(crate) async fn run(self) -> Result<Exit, Failure> {
        match self.what {
            What::List(list) => return list.run().await,
            What::Show(one) => {
                let workspace = one.place.open().await?;
                told(&workspace, workspace.run(&one.run).await?).await?;
            }
            What::Cancel(one) => {
                let workspace = one.place.open().await?;
                told(&workspace, workspace.cancel(&one.run).await?).await?;
            }
            What::Confirm(decide) => decide.run("confirm").await?,
            What::Discard(decide) => decide.run("discard").await?,
        }
        Ok(Exit::Done)
    }
}

impl Decide {
    async fn run(self, decision: &str) -> Result<(), Failure> {
        let workspace = self.place.open().await?;
        let run = workspace.decide(&self.run, decision, &self.diff).await?;
        told(&workspace, run).await
    }
}

async fn told(workspace: &Workspace, run: Run) -> Result<(), Failure> {
    output::json(&run.raw);
    if !output::is_json() {
        let names = names(workspace).await?;
        output::line(report::report(named(&names, &run.activation), &run));
    }
    Ok(())
}

/// Names of activations by id.
async fn names(workspace: &Workspace) -> Result<BTreeMap<String, String>, Failure> {
    let all = workspace.list(&[Kind::Activation.collection()], &[], NAMES_LOOKED_AT_MAX).await?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Ok(all.iter().map(|a| (text(&a["id"]), text(&a["name"]))).collect())
}

fn named<'a>(names: &'a BTreeMap<String, String>, id: &'a str) -> &'a str {
    names.get(id).map_or(id, String::as_str)
}

impl List {
    async fn run(self) -> Result<Exit, Failure> {
        let workspace = self.place.open().await?;
        let mut filter = Vec::new();
        let activation = match &self.activation {
            Some(wanted) => workspace.find(&[Kind::Activation], wanted).await?.1["id"].as_str().map(str::to_owned),
            None => None,
        };
        filter.extend(activation.as_deref().map(|id| ("activation", id)));
        filter.extend(self.state.as_deref().map(|states| ("state", states)));
        let runs = workspace.list(&["runs"], &filter, self.limit).await?;
        output::json(&runs);
        if output::is_json() {
            return Ok(Exit::Done);
        }
        let names = names(&workspace).await?;
        let runs = runs.into_iter().map(Run::read).collect::<Result<Vec<_>, _>>()?;
        if runs.is_empty() {
            output::line("No runs.");
        } else {
            output::line(table(&names, &runs));
        }
        Ok(Exit::Done)
    }
}

fn table(names: &BTreeMap<String, String>, runs: &[Run]) -> String {
    let row = |run: &Run| {
        let t = &run.counters.tally;
        vec![
            run.id.clone(),
            named(names, &run.activation).to_owned(),
            run.state.clone(),
            run.trigger.clone(),
            output::instant(run.started_at.as_ref().unwrap_or(&run.created_at)),
            run.finished_at.as_deref().map(output::instant).unwrap_or_default(),
            output::count(t.accepted),
            output::count(run.judged() - t.accepted),
        ]
    };
    let headings = ["run", "activation", "state", "trigger", "started", "ended", "accepted", "other"];
    output::table(&headings, &[6, 7], runs.iter().map(row))
}
