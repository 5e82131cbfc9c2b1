//! One attempt: a write and everything that belongs to it, and what the host was told in the end.

use std::time::Duration;

use sluice_catalog::contract::{Halt, Operation, Outcome, Reason, Ticket, Written};
use sluice_sandbox::{Fault, check_receipt};

use super::scene::Act;
use crate::{
    error::Unfit,
    stage::{Stage, Told, Work},
    table::Table,
    words,
};

/// How often a job is asked after.
pub(super) const POLLS_MAX: u32 = 200;
/// Between two questions at most: a stand-in's jobs are quick.
const POLL_PAUSE_MAX: Duration = Duration::from_millis(25);

/// An activation that is set up.
pub(super) struct Prepared<'a> {
    act: &'a Act<'a>,
    stage: Stage,
    keep: Vec<u8>,
    state: Vec<u8>,
}

/// What the host was told.
#[derive(Debug, Default)]
pub(super) struct Attempt {
    /// Of each row; empty where the whole call halted or ended without a reply.
    pub(super) rows: Vec<Outcome>,
    /// Nothing was written.
    pub(super) halt: Option<Halt>,
    /// Something was, and no more should be.
    pub(super) stop: Option<Halt>,
    pub(super) fault: Option<Fault>,
    /// The receipt has not each row exactly once.
    pub(super) incomplete: Option<String>,
    /// The rows are refused together: the host asks again with halves.
    pub(super) whole: bool,
    /// Rows that were bad without being named.
    pub(super) unnamed: u32,
    /// Requests that harm was done to.
    pub(super) harmed: u64,
    /// Requests of the write, all in all.
    pub(super) requests: u64,
}

impl<'a> Prepared<'a> {
    pub(super) async fn new(act: &'a Act<'a>, stage: Stage, operation: Operation) -> Result<Self, Unfit> {
        let wrong =
            |what: &str, told: String| Unfit::SetUp(format!("`{what}` does not end well although nothing is wrong: {told}"));
        let mut prepared = Self { act, stage, keep: Vec::new(), state: Vec::new() };
        prepared.keep = match prepared.stage.setup(prepared.work()).await {
            Ok(Ok(keep)) => keep,
            Ok(Err(halt)) => return Err(wrong("setup", told_halt(&halt))),
            Err(fault) => return Err(wrong("setup", fault.to_string())),
        };
        prepared.state = match prepared.stage.prepare(prepared.work(), operation, act.columns.clone()).await {
            Ok(Ok(state)) => state,
            Ok(Err(halt)) => return Err(wrong("prepare", told_halt(&halt))),
            Err(fault) => return Err(wrong("prepare", fault.to_string())),
        };
        Ok(prepared)
    }

    /// The same activation on another stage.
    pub(super) fn on(self, stage: Stage) -> Self {
        Self { stage, ..self }
    }

    /// What `setup` keeps.
    pub(super) fn kept(&self) -> &[u8] {
        &self.keep
    }

    fn work(&self) -> Work<'_> {
        let case = self.act.case;
        Work { service: &case.service, mode: case.mode.as_str(), options: &self.act.options, keep: &self.keep }
    }

    /// A write, without the end of its job.
    pub(super) async fn write(&self, operation: Operation, table: &Table) -> Attempt {
        Attempt::of(self.first(operation, table).await, rows_of(table)).0
    }

    pub(super) async fn first(&self, operation: Operation, table: &Table) -> Told {
        self.stage.write(self.work(), &self.state, operation, table.clone()).await
    }

    /// A write, the end of its operation, and what became of its job.
    pub(super) async fn done(&self, operation: Operation, table: &Table) -> Attempt {
        let (attempt, ticket) = Attempt::of(self.first(operation, table).await, rows_of(table));
        self.end(operation, table, attempt, ticket).await
    }

    pub(super) async fn end(&self, operation: Operation, table: &Table, attempt: Attempt, ticket: Option<Ticket>) -> Attempt {
        if attempt.halt.is_some() || attempt.fault.is_some() {
            return attempt;
        }
        let mut resume = None;
        for _ in 0..POLLS_MAX {
            match self.stage.finish(self.work(), &self.state, operation, resume).await {
                Ok(Ok(_)) => return self.polled(operation, table, attempt, ticket).await,
                Ok(Err(Halt::Later(asked))) => {
                    pause(&asked).await;
                    resume = Some(asked.token);
                }
                Ok(Err(halt)) => return Attempt { halt: Some(halt), ..attempt },
                Err(fault) => return Attempt { fault: Some(fault), ..attempt },
            }
        }
        attempt
    }

    /// Asks after a job until it has ended.
    async fn polled(&self, operation: Operation, table: &Table, mut attempt: Attempt, mut ticket: Option<Ticket>) -> Attempt {
        for _ in 0..POLLS_MAX {
            let Some(asked) = ticket.take() else { return attempt };
            pause(&asked).await;
            let told = self.stage.poll(self.work(), &self.state, operation, table.clone(), &asked.token).await;
            let (next, later) = Attempt::of(told, rows_of(table));
            if next.halt.is_some() || next.fault.is_some() {
                return next;
            }
            // A row that the write had an outcome for keeps it, whatever the poll says of it.
            let settled = |(before, now): (Outcome, Outcome)| if before == Outcome::Pending { now } else { before };
            let rows = if next.rows.len() == attempt.rows.len() {
                attempt.rows.into_iter().zip(next.rows).map(settled).collect()
            } else {
                next.rows
            };
            (attempt, ticket) = (Attempt { rows, ..next }, later);
        }
        attempt
    }
}

pub(super) async fn pause(ticket: &Ticket) {
    tokio::time::sleep(Duration::from_millis(ticket.poll_after_ms.into()).min(POLL_PAUSE_MAX)).await;
}

fn rows_of(table: &Table) -> u32 {
    table.clone().into_parts().1.rows
}

impl Attempt {
    pub(super) fn of(told: Told, rows: u32) -> (Self, Option<Ticket>) {
        match told {
            Err(fault) => (Self { fault: Some(fault), ..Self::default() }, None),
            Ok(Err(halt)) => (Self { halt: Some(halt), ..Self::default() }, None),
            Ok(Ok(Written { receipt, later, stop })) => {
                let whole = receipt.attrs.iter().any(|(key, value)| key == "scope" && value == "batch");
                let (outcomes, incomplete) = match check_receipt(&receipt, rows) {
                    Ok(checked) => (checked.iter().cloned().collect(), None),
                    Err(fault) => (Vec::new(), Some(fault.to_string())),
                };
                (Self { rows: outcomes, incomplete, stop, whole, unnamed: receipt.unnamed, ..Self::default() }, later)
            }
        }
    }

    pub(super) fn all(&self, is: impl Fn(&Outcome) -> bool) -> bool {
        !self.rows.is_empty() && self.rows.iter().all(is)
    }

    pub(super) fn accepted(&self) -> bool {
        self.all(|outcome| *outcome == Outcome::Accepted) && self.unnamed == 0 && self.stop.is_none()
    }

    /// In one line, for a report.
    pub(super) fn told(&self) -> String {
        let mut told = Vec::new();
        if let Some(halt) = &self.halt {
            told.push(format!("halt {}", told_halt(halt)));
        }
        if let Some(fault) = &self.fault {
            let left = if fault.requests_left { ", after a request" } else { "" };
            told.push(format!("the call ended without a reply: {fault}{left}"));
        }
        if let Some(incomplete) = &self.incomplete {
            told.push(format!("the receipt is not sound: {incomplete}"));
        }
        let mut groups: Vec<(String, usize)> = Vec::new();
        for row in &self.rows {
            let word = match cause(row) {
                Some(reason) => format!("{} ({})", words::outcome(row), reason.message),
                None => words::outcome(row),
            };
            match groups.last_mut().filter(|(last, _)| *last == word) {
                Some((_, count)) => *count += 1,
                None => groups.push((word, 1)),
            }
        }
        told.extend(groups.into_iter().take(5).map(|(word, count)| format!("{count} × {word}")));
        if self.unnamed > 0 {
            told.push(format!("{} bad rows without a name", self.unnamed));
        }
        if let Some(stop) = &self.stop {
            told.push(format!("stop {}", told_halt(stop)));
        }
        told.join("; ")
    }
}

pub(super) fn cause(outcome: &Outcome) -> Option<&Reason> {
    match outcome {
        Outcome::Accepted | Outcome::Pending => None,
        Outcome::Rejected(reason) | Outcome::Retry(reason) | Outcome::Unknown(reason) | Outcome::Skipped(reason) => Some(reason),
    }
}

pub(super) fn told_halt(halt: &Halt) -> String {
    let message = halt.reason().map_or("", |reason| &reason.message);
    format!("{} ({message})", words::halt(halt))
}
