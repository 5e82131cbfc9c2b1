//! `sluice connector test`: the conformance suite, from the command line.

use std::path::{Path, PathBuf};

use clap::Args;
use sluice_catalog::Code;
use sluice_conformance::{Plan, ReportLine, Subject, Unfit, Verdict, conform};

use super::{absolute, build};
use crate::{commands::twin, failure::Failure, output, server::sentence};

/// Try a connector with everything that happens to connectors sooner or later
///
/// Builds the folder, runs the component in the sandbox and leads it to a stand-in of its platform: rows in order, a batch twice, a bad
/// row among good ones, refusals, throttling, answers that are lost, strangers' pages, jobs. What rows look like is said in
/// conformance.toml beside the manifest. Nothing is sent anywhere but to the stand-in, and no real credential is needed.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sluice connector test connectors/braze
  sluice connector test ~/acme-crm --stand-in http://127.0.0.1:9000    a stand-in of your own
  sluice connector test connectors/braze --json | jq '.lines[] | select(.verdict == \"broken\")'

What is broken is told at the end, once for each cause: what was expected and what came, the last
request with the first 300 bytes of its body and of the answer, and what else breaks in that way.

A stand-in of your own is any server on this machine that answers as the platform does. One that also
answers POST /__twin/reset, PUT /__twin/<kind> and GET /__twin/state is reset before each situation, and its
state is compared.")]
pub(super) struct Test {
    /// The folder with connector.toml and conformance.toml
    folder: PathBuf,
    /// The stand-in, http://<address>:<port>; the one that the plan names unless said
    #[arg(long, value_name = "URL")]
    stand_in: Option<String>,
    /// Do not use the network for the build
    #[arg(long)]
    offline: bool,
}

impl Test {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let folder = absolute(&self.folder);
        let mut options = sluice_build::Options::beside(&folder);
        options.offline = self.offline;
        let built = build(&self.folder, options).await?;
        let subject = Subject::of(&built.bytes).map_err(|error| unfit(&error))?;
        let (stand_in, _twin) = self.stand_in(&folder, &subject).await?;
        let mut case = String::new();
        let told = |line: &ReportLine| {
            if case != line.case {
                output::line(format!("\n{}", line.case));
                case.clone_from(&line.case);
            }
            match &line.verdict {
                Verdict::Held => output::line(format!("  held      {}", line.situation)),
                Verdict::NotHere(why) => output::line(format!("  not here  {}: {why}", line.situation)),
                // What came, and why, is told below: once for each cause.
                Verdict::Broken(_) => output::line(format!("  BROKEN    {}: {}", line.situation, line.promise)),
            }
        };
        let report = Box::pin(conform(&folder, &subject, &stand_in, told)).await.map_err(|error| unfit(&error))?;
        output::json(&report);
        let (held, not_here, broken) = report.counts();
        for broken in report.broken() {
            output::line(format!("\nBROKEN  {broken}"));
        }
        for untried in &report.untried {
            output::line(format!("\n{untried}\n  BROKEN    conformance.toml has no [[cases]] of this service and mode"));
        }
        let (id, version, bytes) = (&report.id, &report.version, output::count(report.bytes as u64));
        output::line(format!("\n{id} {version}, {bytes} bytes: {held} held, {not_here} not here, {broken} broken"));
        if report.conforms() {
            return Ok(());
        }
        let all = report.lines.len() + report.untried.len();
        let cause = format!("{broken} of {all} promises are broken.");
        Err(Failure::new(Code::ConnectorNotConforming, cause))
    }

    /// Where the stand-in is, and the twin that lives as long as it is kept.
    async fn stand_in(&self, folder: &Path, subject: &Subject) -> Result<(String, Option<Box<dyn twin::StandIn>>), Failure> {
        if let Some(url) = &self.stand_in {
            return Ok((url.clone(), None));
        }
        let plan = Plan::read(folder, subject).map_err(|error| unfit(&error))?;
        let Some(words) = plan.twin else {
            let cause = "The plan names no twin; say with --stand-in where a stand-in of the platform listens.";
            return Err(Failure::new(Code::ConnectorTestInvalid, cause));
        };
        let twin = twin::stand_in(&words).await?;
        Ok((twin.url().to_owned(), Some(twin)))
    }
}

fn unfit(error: &Unfit) -> Failure {
    Failure::new(Code::ConnectorTestInvalid, sentence(&error.to_string()))
}
