//! Runs through the API: started, read, decided, followed to their end.

use serde::Deserialize;
use serde_json::{Value, json};
use sluice_catalog::Code;
use sluice_runs::{Counters, reasons::Reasons};

use super::Workspace;
use crate::{exit::Exit, failure::Failure};

/// A run, as far as people are told of it. `raw` is the whole answer, for programs.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Run {
    pub(crate) id: String,
    pub(crate) activation: String,
    pub(crate) trigger: String,
    pub(crate) state: String,
    pub(crate) finished: bool,
    pub(crate) created_at: String,
    pub(crate) started_at: Option<String>,
    pub(crate) finished_at: Option<String>,
    pub(crate) counters: Counters,
    pub(crate) failure: Option<Explained>,
    pub(crate) hold: Option<Hold>,
    pub(crate) decision: Option<Decision>,
    pub(crate) cancel_requested: bool,
    details: Value,
    #[serde(skip)]
    pub(crate) raw: Value,
}

/// A code with its cause and next step.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Explained {
    pub(crate) code: String,
    pub(crate) title: String,
    pub(crate) cause: String,
    pub(crate) next: String,
}

/// Why a run waits for a person.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Hold {
    #[serde(flatten)]
    pub(crate) why: Explained,
    pub(crate) diff: String,
    pub(crate) expires_at: String,
}

/// What a person decided about a held run.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Decision {
    pub(crate) kind: String,
    pub(crate) by: String,
}

impl Run {
    /// Of an answer.
    pub(crate) fn read(raw: Value) -> Result<Self, Failure> {
        let run: Self = serde_json::from_value(raw.clone()).map_err(|error| {
            Failure::new(Code::ApiUnreachable, format!("The answer is not a run as this version knows it: {error}."))
        })?;
        Ok(Self { raw, ..run })
    }

    /// Why rows did not simply arrive, the most frequent reason first; empty before the run's end.
    pub(crate) fn reasons(&self) -> Reasons {
        serde_json::from_value(self.details.clone()).unwrap_or_default()
    }

    /// Whether it waits for a person.
    pub(crate) fn is_held(&self) -> bool {
        self.state == "held"
    }

    /// What the process says of it.
    pub(crate) fn exit(&self) -> Exit {
        match self.state.as_str() {
            "held" => Exit::Held,
            "succeeded-with-errors" => Exit::RowsOpen,
            "failed" | "cancelled" | "discarded" | "expired" => Exit::Failed,
            // Succeeded, or still on its way when nobody waits.
            _ => Exit::Done,
        }
    }

    /// Rows that the run has to move.
    pub(crate) fn changes(&self) -> u64 {
        let c = &self.counters;
        (c.added + c.changed + c.removed).max(self.judged())
    }

    /// Rows whose outcome is known.
    pub(crate) fn judged(&self) -> u64 {
        let t = &self.counters.tally;
        t.accepted + t.rejected + t.invalid + t.skipped + t.unknown + t.pending + t.carried + t.expired
    }
}

/// What is special about a run that is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Only what changed.
    Usual,
    /// Every present row again.
    FullResync {
        /// Whatever the ledger holds is forgotten first.
        new_ledger: bool,
    },
    /// Nothing is sent; the present rows count as delivered.
    Baseline {
        /// Whatever the ledger holds is forgotten first.
        new_ledger: bool,
    },
    /// Also rows that were refused and have not changed.
    RetryRejected,
}

impl Workspace {
    /// Starts a run of an activation, by its id.
    pub(crate) async fn start_run(&self, activation: &str, manner: Manner) -> Result<Run, Failure> {
        let (what, body) = match manner {
            Manner::Usual => ("runs", json!({})),
            Manner::FullResync { new_ledger } => ("resync", json!({ "kind": "full", "new_ledger": new_ledger })),
            Manner::Baseline { new_ledger } => ("resync", json!({ "kind": "baseline", "new_ledger": new_ledger })),
            Manner::RetryRejected => ("retry-rejected", json!({})),
        };
        Run::read(self.post(&["activations", activation, what], &[], &body).await?)
    }

    /// Looks whether a paused activation can go on.
    pub(crate) async fn check_activation(&self, activation: &str) -> Result<Value, Failure> {
        self.post(&["activations", activation, "state", "check"], &[], &json!({})).await
    }

    /// What a run would do now.
    pub(crate) async fn dry_run(&self, activation: &str) -> Result<Value, Failure> {
        self.post(&["activations", activation, "dry-run"], &[], &json!({})).await
    }

    /// One run.
    pub(crate) async fn run(&self, id: &str) -> Result<Run, Failure> {
        Run::read(self.get(&["runs", id], &[]).await?)
    }

    /// Approves (`confirm`) or throws away (`discard`) the held diff that `diff` names.
    pub(crate) async fn decide(&self, id: &str, decision: &str, diff: &str) -> Result<Run, Failure> {
        Run::read(self.post(&["runs", id, decision], &[], &json!({ "diff": diff })).await?)
    }

    /// Asks a run to stop.
    pub(crate) async fn cancel(&self, id: &str) -> Result<Run, Failure> {
        Run::read(self.post(&["runs", id, "cancel"], &[], &json!({})).await?)
    }
}
