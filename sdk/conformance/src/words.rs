//! Outcomes and halts in words, short enough for a table of what is expected.

use sluice_catalog::contract::{Halt, Outcome, Written};
use sluice_sandbox::check_receipt;

/// The word and the code of each row, in row order; no code for an accepted one. Panics where a row has no outcome or two.
pub fn outcomes(written: &Written, rows: u32) -> Vec<String> {
    check_receipt(&written.receipt, rows).expect("each row exactly once").iter().map(outcome).collect()
}

/// Of a write: the outcomes, none where nothing was written, and the halt or the stop. Panics as [`outcomes`] does.
pub fn told(told: &Result<Written, Halt>, rows: u32) -> (Vec<String>, Option<String>) {
    match told {
        Ok(written) => (outcomes(written, rows), written.stop.as_ref().map(halt)),
        Err(halted) => (Vec::new(), Some(halt(halted))),
    }
}

/// The word and the code of an outcome.
pub fn outcome(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Accepted => "accepted".to_owned(),
        Outcome::Pending => "pending".to_owned(),
        Outcome::Rejected(reason) => format!("rejected {}", reason.code),
        Outcome::Retry(reason) => format!("retry {}", reason.code),
        Outcome::Unknown(reason) => format!("unknown {}", reason.code),
        Outcome::Skipped(reason) => format!("skipped {}", reason.code),
    }
}

/// The kind of a halt and its code.
pub fn halt(halt: &Halt) -> String {
    let kind = match halt {
        Halt::Auth(_) => "auth",
        Halt::Config(_) => "config",
        Halt::Missing(_) => "missing",
        Halt::Throttled(_) => "throttled",
        Halt::Quota(_) => "quota",
        Halt::Unavailable(_) => "unavailable",
        Halt::Contract(_) => "contract",
        Halt::SplitBatch { .. } => "split-batch",
        Halt::Later(_) => return "later".to_owned(),
    };
    format!("{kind} {}", halt.reason().map_or("", |reason| &reason.code))
}
