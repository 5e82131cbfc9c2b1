//! Situations in which the platform says no to a request, and the host must know what to do next.

use sluice_catalog::contract::{Halt, Outcome};

use super::{rows::broken, scene::Act};
use crate::{error::Unfit, line::Harm, report::Verdict};

fn status(status: u16) -> Harm {
    Harm::Status { status, retry_after_s: None }
}

/// No row accepted, handed to a job, or in doubt: a plain no.
fn plain(row: &Outcome) -> bool {
    matches!(row, Outcome::Rejected(_) | Outcome::Retry(_) | Outcome::Skipped(_))
}

pub(super) async fn refused(act: &Act<'_>) -> Result<Verdict, Unfit> {
    let attempt = act.harmed(status(400)).await?;
    let halted = matches!(&attempt.halt, Some(Halt::Config(_) | Halt::Contract(_) | Halt::SplitBatch { .. }));
    Ok(if halted || attempt.all(plain) {
        Verdict::Held
    } else {
        broken("after 400: rows refused, or a halt with `config`, `contract` or `split-batch`", &attempt)
    })
}

pub(super) async fn revoked(act: &Act<'_>) -> Result<Verdict, Unfit> {
    let attempt = act.harmed(status(401)).await?;
    let stopped = attempt.all(plain) && matches!(attempt.stop, Some(Halt::Auth(_)));
    Ok(if matches!(attempt.halt, Some(Halt::Auth(_))) || stopped { Verdict::Held } else { broken("a halt with `auth`", &attempt) })
}

pub(super) async fn forbidden(act: &Act<'_>) -> Result<Verdict, Unfit> {
    let attempt = act.harmed(status(403)).await?;
    let said = |halt: &Option<Halt>| matches!(halt, Some(Halt::Auth(_) | Halt::Config(_)));
    let fine = said(&attempt.halt) || attempt.all(plain) && said(&attempt.stop);
    Ok(if fine { Verdict::Held } else { broken("a halt with `auth` or `config`", &attempt) })
}

pub(super) async fn gone(act: &Act<'_>) -> Result<Verdict, Unfit> {
    let attempt = act.harmed(status(404)).await?;
    let halted = matches!(&attempt.halt, Some(Halt::Missing(_) | Halt::Config(_)));
    let fine = halted || attempt.all(plain);
    Ok(if fine { Verdict::Held } else { broken("a halt with `missing` or `config`, or rows refused", &attempt) })
}

pub(super) async fn oversize(act: &Act<'_>) -> Result<Verdict, Unfit> {
    let attempt = act.harmed(status(413)).await?;
    let split = matches!(&attempt.halt, Some(Halt::SplitBatch { rows_fit, .. }) if rows_fit.is_none_or(|rows| rows < 3));
    let too_large = |row: &Outcome| matches!(row, Outcome::Rejected(reason) if reason.code.contains("large"));
    let fine = split || attempt.all(too_large);
    Ok(if fine {
        Verdict::Held
    } else {
        broken("`split-batch`, for fewer rows than there were, or rows that are too large", &attempt)
    })
}

pub(super) async fn throttled(act: &Act<'_>, wait_s: Option<u64>) -> Result<Verdict, Unfit> {
    let attempt = act.harmed(Harm::Status { status: 429, retry_after_s: wait_s }).await?;
    let said = match (&attempt.halt, &attempt.stop) {
        (Some(Halt::Throttled(reason)), _) => Some(reason),
        (None, Some(Halt::Throttled(reason))) if attempt.all(|row| matches!(row, Outcome::Retry(_))) => Some(reason),
        _ => None,
    };
    let fine = said.is_some_and(|reason| wait_s.is_none() || reason.after_ms == wait_s.map(|seconds| seconds * 1_000));
    let wait = wait_s.map_or(String::new(), |seconds| format!(" after {seconds} s"));
    Ok(if fine { Verdict::Held } else { broken(&format!("a halt with `throttled`{wait}"), &attempt) })
}
