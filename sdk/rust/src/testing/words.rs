//! What became of rows in words, short enough for a table of what is expected.

use crate::contract::{Halt, Outcome, Written};

/// The word and the code of each of `rows` rows, in row order; no code for one that is accepted or pending.
pub fn outcomes(written: &Written, rows: u32) -> Vec<String> {
    let named = |row| written.receipt.except.iter().find(|(at, _)| *at == row).map(|(_, outcome)| outcome);
    (0..rows).map(|row| outcome(named(row).unwrap_or(&written.receipt.all))).collect()
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

/// The word of a halt.
pub fn kind(halt: &Halt) -> &'static str {
    match halt {
        Halt::Auth(_) => "auth",
        Halt::Config(_) => "config",
        Halt::Missing(_) => "missing",
        Halt::Throttled(_) => "throttled",
        Halt::Quota(_) => "quota",
        Halt::Unavailable(_) => "unavailable",
        Halt::SplitBatch(_) => "split",
        Halt::Later(_) => "later",
        Halt::Contract(_) => "contract",
    }
}

/// The word and the code of a halt; no code for one that is a ticket.
pub fn halted(halt: &Halt) -> String {
    halt.reason().map_or_else(|| kind(halt).to_owned(), |reason| format!("{} {}", kind(halt), reason.code))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code;
    use crate::contract::Reason;
    use crate::receipt::Receipts;

    #[test]
    fn each_row_has_its_word_and_its_code() {
        let reason = || Reason::new(code::BAD_FORMAT, "");
        let written = Receipts::accepted()
            .row(1, Outcome::Rejected(reason()))
            .row(2, Outcome::Retry(reason()))
            .row(3, Outcome::Unknown(reason()))
            .row(4, Outcome::Skipped(reason()))
            .row(5, Outcome::Pending)
            .written();
        let wanted = ["accepted", "rejected bad-format", "retry bad-format", "unknown bad-format", "skipped bad-format", "pending"];
        assert_eq!(outcomes(&written, 6), wanted);
    }

    #[test]
    fn a_halt_has_its_word_and_its_code() {
        assert_eq!(halted(&Halt::auth("no")), "auth dest-auth");
        assert_eq!(halted(&Halt::later(vec![], 1, 1)), "later");
    }
}
