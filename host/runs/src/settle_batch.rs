//! What a batch's answer means for its rows and for the run: one pure function from (batch, answer) to a journal event and a
//! consequence. Every rule about retries, doubt, halves and stops is here and nowhere else.

use std::collections::BTreeMap;

use sluice_catalog::{
    Code,
    contract::{Halt, Outcome, Reason, Receipt, Written},
    manifest::AnswerKind,
    outcome::Word,
};
use sluice_sandbox::{Fault, check_receipt};

use crate::{
    limits::{BACKOFF_FIRST, BACKOFF_MAX, BROKEN_POLLS_MAX, TOKEN_BYTES_MAX},
    progress::{Again, Cut, Event, Next},
    verdict::{Fate, Verdict, Why},
};

/// Longest wait that a platform's wish may cause at once: an hour.
const WISH_MS_MAX: u64 = 3_600_000;

/// How a call for a batch came back.
pub(crate) type Landed = Result<Result<Written, Halt>, Fault>;

/// What is known beforehand.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    /// A repeat of the batch is harmless (`keyed` within its window, `overwrites`).
    pub(crate) repeat_is_harmless: bool,
    /// Whether the platform names bad rows.
    pub(crate) answers: AnswerKind,
    /// Now, in milliseconds since 1970-01-01T00:00:00Z.
    pub(crate) now_ms: i64,
    /// A number from 0 to 1 that spreads retries.
    pub(crate) jitter: f64,
}

/// What a batch's end means for the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Consequence {
    /// Some rows were accepted, or the platform at least answered for each row.
    Fine,
    /// The platform works, but wants us to slow down: nothing more before this time.
    PauseUntil(i64),
    /// The platform did not work for this batch; too many in a row stop the run.
    Failed,
    /// The component failed on this batch without sending, for this reason; too many in a row stop the run.
    Trapped(Why),
    /// The platform takes smaller batches.
    Smaller(u32),
    /// Nothing more can be sent in this run.
    Stop(Why),
}

/// The event to write down for a batch that was written, and what follows for the run.
pub(crate) fn settle(cut: &Cut, landed: Landed, rules: &Rules) -> (Event, Consequence) {
    let judge = Judge { cut, rules };
    let (all, except, consequence) = match landed {
        Ok(Ok(written)) => return judge.written(written),
        Ok(Err(halt)) => judge.halted(halt),
        Err(fault) => judge.faulted(&fault),
    };
    (Event::Settled { batch: cut.batch, all, except }, consequence)
}

/// What a question after a batch that waits has brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Asked {
    /// An answer: the event to write down, and what follows for the run.
    Answered(Box<Event>, Consequence),
    /// None, which says nothing about the rows: they may be there. Again after so many milliseconds.
    Again {
        /// Milliseconds from now.
        wait_ms: u64,
        /// The component failed, and not its platform.
        broken: bool,
    },
    /// None, and nobody can ask before a person has changed something.
    Stop(Why),
}

/// What a question after a batch has brought; `broken` such questions in a row have failed in the component before.
pub(crate) fn asked(cut: &Cut, landed: Landed, rules: &Rules, broken: u32) -> Asked {
    let judge = Judge { cut, rules };
    let again = |reason: &Reason| Asked::Again { wait_ms: judge.wait(reason, 1), broken: false };
    let why = match landed {
        Ok(Ok(written)) => {
            let (event, consequence) = judge.written(written);
            return Asked::Answered(Box::new(event), consequence);
        }
        Ok(Err(Halt::Auth(reason) | Halt::Config(reason) | Halt::Missing(reason) | Halt::Quota(reason))) => {
            return Asked::Stop(reason.into());
        }
        Ok(Err(Halt::Throttled(reason) | Halt::Unavailable(reason))) => return again(&reason),
        Ok(Err(halt)) => crate::call::why(halt),
        Err(fault) => match fault.code {
            Code::DiskFull | Code::StateIo => return Asked::Stop(Why::ours(fault.code, fault.cause)),
            Code::RunCancelled | Code::ConnectorNoRoom => return Asked::Again { wait_ms: judge.backoff(1), broken: false },
            code => Why::ours(code, fault.cause),
        },
    };
    if broken + 1 < BROKEN_POLLS_MAX {
        return Asked::Again { wait_ms: judge.backoff(broken + 1), broken: true };
    }
    Asked::Answered(Box::new(in_doubt(cut, why)), Consequence::Failed)
}

/// The end of a batch of which nobody will learn more in this run. It is not sent again: that is for the next run, where a repeat does
/// no harm.
pub(crate) fn in_doubt(cut: &Cut, why: Why) -> Event {
    Event::Settled { batch: cut.batch, all: Next::End(Verdict::new(Word::Unknown, why)), except: Vec::new() }
}

struct Judge<'a> {
    cut: &'a Cut,
    rules: &'a Rules,
}

type Judged = (Next, Vec<(u32, Next)>, Consequence);

impl Judge<'_> {
    fn written(&self, written: Written) -> (Event, Consequence) {
        let rows = self.cut.rows();
        let batch = self.cut.batch;
        let broken = |fault: &Fault| {
            let (all, except, consequence) = self.faulted(fault);
            (Event::Settled { batch, all, except }, consequence)
        };
        if let Err(fault) = check_receipt(&written.receipt, rows) {
            return broken(&fault);
        }
        let pending = |outcome: &Outcome| *outcome == Outcome::Pending;
        let waits = pending(&written.receipt.all) || written.receipt.except.iter().any(|(_, outcome)| pending(outcome));
        // A ticket without a row that waits for it has nothing to ask after.
        let ticket = written.later.filter(|_| waits);
        let fit = ticket.as_ref().is_none_or(|ticket| ticket.token.len() <= TOKEN_BYTES_MAX);
        if (waits && ticket.is_none()) || !fit {
            // Nobody could ever ask what became of them.
            let cause = match fit {
                true => "rows are pending, and there is no ticket to ask with".to_owned(),
                false => format!("the ticket of a batch has more than {TOKEN_BYTES_MAX} bytes"),
            };
            return broken(&Fault { code: Code::ConnectorProtocol, cause, requests_left: true });
        }
        let receipt = written.receipt;
        let stop = written.stop.map(|halt| self.halted(halt).2).unwrap_or(Consequence::Fine);
        let of_the_batch =
            self.rules.answers == AnswerKind::Whole || receipt.attrs.iter().any(|(key, value)| key == "scope" && value == "batch");
        if let Outcome::Rejected(reason) = &receipt.all
            && receipt.except.is_empty()
            && of_the_batch
            && rows > 1
        {
            // One bad row spoils the batch and the platform does not say which: halves find it in 2 × log2(rows) requests.
            let all = self.again(self.cut.attempt, rows.div_ceil(2), 0, false, reason.clone().into());
            return (Event::Settled { batch, all, except: Vec::new() }, stop);
        }
        let accepted_any = receipt.all == Outcome::Accepted || receipt.except.iter().any(|(_, o)| *o == Outcome::Accepted);
        let unanswered = |o: &Outcome| matches!(o, Outcome::Retry(_) | Outcome::Unknown(_));
        let consequence = match stop {
            Consequence::Fine if unanswered(&receipt.all) && !accepted_any => Consequence::Failed,
            other => other,
        };
        let (all, except) = self.rows(receipt);
        let event = match ticket {
            Some(ticket) => Event::Waiting { batch, all, except, ticket, at_ms: self.rules.now_ms },
            None => Event::Settled { batch, all, except },
        };
        (event, consequence)
    }

    /// Where each row goes. What was accepted in part says so: a row whose field was dropped by its note, and every row that may be
    /// one of those that the platform refused without saying which (accepted and warned about, design section 7).
    fn rows(&self, receipt: Receipt) -> (Next, Vec<(u32, Next)>) {
        let unnamed = (receipt.unnamed > 0 && receipt.all == Outcome::Accepted).then(|| {
            let rows = self.cut.rows();
            Why::ours(Code::RefusedUnnamed, format!("{} of {rows} rows of the request were refused", receipt.unnamed))
        });
        let all = match unnamed {
            Some(why) => Next::End(Verdict::new(Word::Accepted, why)),
            None => self.next(receipt.all.clone().into()),
        };
        let mut except: BTreeMap<u32, Next> =
            receipt.except.into_iter().map(|(row, outcome)| (row, self.next(outcome.into()))).collect();
        for (row, reason) in receipt.notes {
            let plain = except.get(&row).unwrap_or(&all);
            if matches!(plain, Next::End(verdict) if verdict.word == Word::Accepted) {
                except.insert(row, Next::End(Verdict::new(Word::Accepted, reason.into())));
            }
        }
        (all, except.into_iter().collect())
    }

    /// A write that came back with a halt wrote nothing: every row is still to be sent.
    fn halted(&self, halt: Halt) -> Judged {
        let (attempt, rows) = (self.cut.attempt, self.cut.rows());
        let same = |due_ms: u64, why: Why| self.again(attempt, rows, due_ms, false, why);
        match halt {
            Halt::Auth(reason) | Halt::Config(reason) | Halt::Missing(reason) | Halt::Quota(reason) => {
                let why = Why::from(reason);
                (same(0, why.clone()), Vec::new(), Consequence::Stop(why))
            }
            // Waiting for a limit is no failure and uses up no attempt.
            Halt::Throttled(reason) => {
                let wait = self.wait(&reason, attempt);
                (same(wait, reason.into()), Vec::new(), Consequence::PauseUntil(self.rules.now_ms + wait as i64))
            }
            Halt::Unavailable(reason) => {
                let wait = self.wait(&reason, attempt);
                let next = self.again(attempt + 1, rows, wait, false, reason.into());
                (next, Vec::new(), Consequence::Failed)
            }
            Halt::SplitBatch { reason, rows_fit } => {
                if rows == 1 {
                    let why = Why { code: Code::TooLarge.as_str().into(), ..reason.into() };
                    return (Next::End(Verdict::new(Word::Invalid, why)), Vec::new(), Consequence::Fine);
                }
                if rows_fit == Some(0) {
                    // The first row alone is too large; its neighbours are not to blame.
                    let why = Why { code: Code::TooLarge.as_str().into(), ..Why::from(reason.clone()) };
                    let first = Next::End(Verdict::new(Word::Invalid, why));
                    return (self.again(attempt, rows, 0, false, reason.into()), vec![(0, first)], Consequence::Fine);
                }
                let fit = rows_fit.unwrap_or(rows / 2).clamp(1, rows - 1);
                (self.again(attempt, fit, 0, false, reason.into()), Vec::new(), Consequence::Smaller(fit))
            }
            Halt::Later(_) => {
                let why = Why::ours(Code::ConnectorProtocol, "a write answers with a receipt, not with `later`");
                (self.poisoned(why.clone()), Vec::new(), Consequence::Trapped(why))
            }
            Halt::Contract(reason) => {
                let why = Why::from(reason);
                (self.poisoned(why.clone()), Vec::new(), Consequence::Trapped(why))
            }
        }
    }

    fn faulted(&self, fault: &Fault) -> Judged {
        let why = Why::ours(fault.code, fault.cause.clone());
        let (attempt, rows) = (self.cut.attempt, self.cut.rows());
        if fault.requests_left {
            return (self.next(Fate::Doubt(why)), Vec::new(), Consequence::Failed);
        }
        match fault.code {
            Code::RunCancelled | Code::ConnectorNoRoom => (self.again(attempt, rows, 0, false, why), Vec::new(), Consequence::Fine),
            Code::DiskFull | Code::StateIo => {
                (self.again(attempt, rows, 0, false, why.clone()), Vec::new(), Consequence::Stop(why))
            }
            _ => (self.poisoned(why.clone()), Vec::new(), Consequence::Trapped(why)),
        }
    }

    /// The component failed before it sent anything: some row may be its poison, and halves isolate it.
    fn poisoned(&self, why: Why) -> Next {
        match self.cut.rows() {
            1 => Next::End(Verdict::new(Word::Rejected, why)),
            rows => self.again(self.cut.attempt, rows.div_ceil(2), 0, false, why),
        }
    }

    fn next(&self, fate: Fate) -> Next {
        let (attempt, rows) = (self.cut.attempt + 1, self.cut.rows());
        match fate {
            Fate::End(verdict) => Next::End(verdict),
            Fate::Again { why, after_ms } => {
                let wait = after_ms.unwrap_or_else(|| self.backoff(self.cut.attempt));
                self.again(attempt, rows, wait.min(WISH_MS_MAX), false, why)
            }
            Fate::Doubt(why) if self.rules.repeat_is_harmless => {
                self.again(attempt, rows, self.backoff(self.cut.attempt), true, why)
            }
            Fate::Doubt(why) => Next::End(Verdict::new(Word::Unknown, why)),
            Fate::Pending => Next::Pending,
        }
    }

    fn again(&self, attempt: u32, rows_max: u32, wait_ms: u64, in_doubt: bool, why: Why) -> Next {
        Again { attempt, rows_max, due_ms: self.rules.now_ms.saturating_add(wait_ms as i64), in_doubt, why }.or_end()
    }

    /// What the platform wishes, or else a wait of our own; never longer than an hour at once, whatever a header says.
    fn wait(&self, reason: &Reason, attempt: u32) -> u64 {
        let until = reason.at_ms.map(|at| (at as i64).saturating_sub(self.rules.now_ms).max(0) as u64);
        reason.after_ms.or(until).unwrap_or_else(|| self.backoff(attempt)).min(WISH_MS_MAX)
    }

    /// Doubles from the first wait to the longest, less up to half of it by chance.
    fn backoff(&self, attempt: u32) -> u64 {
        let full = (BACKOFF_FIRST.as_millis() as u64) << attempt.saturating_sub(1).min(16);
        let full = full.min(BACKOFF_MAX.as_millis() as u64);
        (full as f64 * (1.0 - self.rules.jitter / 2.0)) as u64
    }
}

#[cfg(test)]
mod tests;
