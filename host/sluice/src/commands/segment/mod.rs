//! `sluice segment`: what a segment's conditions do, one by one; why a record is in it; how it falls apart, and what it shares with
//! others; how it grew. Each question is a file of its own; the answers are the server's.

mod breakdown;
mod funnel;
mod overlap;
mod refresh;
mod trend;
mod why;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::{
    client::{Kind, Workspace},
    exit::Exit,
    failure::Failure,
    output,
};

/// Look into a segment: funnel, why, breakdown, overlap, trend; read a remote one
///
/// Personal data is masked, hidden fields are left out. Nothing is sent anywhere.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sluice segment funnel \"good customers\"
  sluice segment why \"good customers\" C0001234
  sluice segment breakdown \"good customers\" country
  sluice segment overlap \"good customers\" \"french customers\"")]
pub(crate) struct Segment {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Funnel(funnel::Funnel),
    Why(why::Why),
    Breakdown(breakdown::Breakdown),
    Overlap(overlap::Overlap),
    Trend(trend::Trend),
    Refresh(refresh::Refresh),
}

impl Segment {
    /// Asks and shows.
    pub(crate) async fn run(self) -> Result<Exit, Failure> {
        match self.what {
            What::Funnel(funnel) => funnel.run().await,
            What::Why(why) => why.run().await,
            What::Breakdown(breakdown) => breakdown.run().await,
            What::Overlap(overlap) => overlap.run().await,
            What::Trend(trend) => trend.run().await,
            What::Refresh(refresh) => refresh.run().await,
        }
    }
}

/// The id of a segment, as a question takes it.
fn saved(segment: &Value) -> Value {
    json!({ "saved": segment["id"] })
}

async fn find(workspace: &Workspace, name: &str) -> Result<Value, Failure> {
    Ok(workspace.find(&[Kind::Segment], name).await?.1)
}

/// A question that may take a while.
async fn ask(workspace: &Workspace, question: &str, about: &str, body: &Value) -> Result<Value, Failure> {
    let waiting = output::spinner(format!("counting {about}"));
    let answer = workspace.ask_segments(question, body).await;
    waiting.finish_and_clear();
    answer
}

fn rows(answer: &Value) -> String {
    output::count(answer.as_u64().unwrap_or_default())
}

/// A share from 0 to 1 as people say it.
fn percent(share: &Value) -> String {
    format!("{:.1} %", share.as_f64().unwrap_or_default() * 100.0)
}

/// A value of a cell as people read it.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
