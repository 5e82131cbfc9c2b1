//! What became of the rows of a write, each said exactly once: one outcome for all, and the exceptions.

use std::collections::BTreeMap;

use crate::contract::{Attrs, Column, Halt, Outcome, Reason, Receipt, Ticket, Written};

/// Builds the answer of a write. The last word about a row counts; rows not named have the outcome of all.
#[derive(Debug, Clone, PartialEq)]
pub struct Receipts {
    all: Outcome,
    except: BTreeMap<u32, Outcome>,
    notes: Vec<(u32, Reason)>,
    unnamed: u32,
    remote_ids: Option<Column>,
    attrs: Attrs,
    later: Option<Ticket>,
    stop: Option<Halt>,
}

impl Receipts {
    /// One outcome for every row.
    pub fn all(outcome: Outcome) -> Self {
        Self {
            all: outcome,
            except: BTreeMap::new(),
            notes: Vec::new(),
            unnamed: 0,
            remote_ids: None,
            attrs: Vec::new(),
            later: None,
            stop: None,
        }
    }

    /// Every row was taken.
    pub fn accepted() -> Self {
        Self::all(Outcome::Accepted)
    }

    /// Every row was refused: each must change before it can be accepted (the host isolates by halves where the platform answers for
    /// the whole batch).
    pub fn rejected(reason: Reason) -> Self {
        Self::all(Outcome::Rejected(reason))
    }

    /// Nothing was applied; the same rows may be sent again.
    pub fn retry(reason: Reason) -> Self {
        Self::all(Outcome::Retry(reason))
    }

    /// The rows may or may not be there.
    pub fn unknown(reason: Reason) -> Self {
        Self::all(Outcome::Unknown(reason))
    }

    /// A job at the platform has the rows; `poll` is called with `token`.
    pub fn pending(token: Vec<u8>, poll_after_ms: u32, give_up_after_ms: u64) -> Self {
        let mut receipts = Self::all(Outcome::Pending);
        receipts.later = Some(Ticket { token, poll_after_ms, give_up_after_ms });
        receipts
    }

    /// The outcome of one row, by its position in the batch.
    #[must_use]
    pub fn row(mut self, row: u32, outcome: Outcome) -> Self {
        self.except.insert(row, outcome);
        self
    }

    /// The same of several rows.
    #[must_use]
    pub fn rows(mut self, outcomes: impl IntoIterator<Item = (u32, Outcome)>) -> Self {
        self.except.extend(outcomes);
        self
    }

    /// The same, in a loop.
    pub fn set(&mut self, row: u32, outcome: Outcome) {
        self.except.insert(row, outcome);
    }

    /// The row was accepted, but something of it was not (a field was dropped).
    #[must_use]
    pub fn note(mut self, row: u32, reason: Reason) -> Self {
        self.notes.push((row, reason));
        self
    }

    /// The same of several rows.
    #[must_use]
    pub fn notes(mut self, notes: impl IntoIterator<Item = (u32, Reason)>) -> Self {
        self.notes.extend(notes);
        self
    }

    /// So many of the rows were bad, and the platform does not say which.
    #[must_use]
    pub fn unnamed(mut self, rows: u32) -> Self {
        self.unnamed = rows;
        self
    }

    /// The platform's ids of the rows: a text column, null where there is none.
    #[must_use]
    pub fn remote_ids(mut self, ids: Column) -> Self {
        self.remote_ids = Some(ids);
        self
    }

    /// A further fact for the host.
    #[must_use]
    pub fn attr(mut self, key: &str, value: &str) -> Self {
        self.attrs.push((key.into(), value.into()));
        self
    }

    /// Some rows got through, and no further batch should be sent for this reason.
    #[must_use]
    pub fn stop(mut self, halt: Halt) -> Self {
        self.stop = Some(halt);
        self
    }

    /// Some rows are still in the platform's hands.
    #[must_use]
    pub fn later(mut self, token: Vec<u8>, poll_after_ms: u32, give_up_after_ms: u64) -> Self {
        self.later = Some(Ticket { token, poll_after_ms, give_up_after_ms });
        self
    }

    /// The answer of the write. Exceptions that say the same as `all` are left out.
    pub fn written(self) -> Written {
        let Self { all, except, notes, unnamed, remote_ids, attrs, later, stop } = self;
        let except = except.into_iter().filter(|(_, outcome)| *outcome != all).collect();
        Written { receipt: Receipt { all, except, notes, unnamed, remote_ids, attrs }, later, stop }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code;

    #[test]
    fn the_last_word_about_a_row_counts_and_what_says_the_same_as_all_is_left_out() {
        let no = |code: &str| Outcome::Rejected(Reason::new(code, ""));
        let (first, last) = (no(code::BAD_FORMAT), no(code::TOO_LONG));
        let note = Reason::new(code::DEST_FIELD_INVALID, "dropped");
        let told = Receipts::accepted()
            .row(2, first.clone())
            .rows([(0, first.clone()), (1, first), (2, last.clone())])
            .rows([(1, Outcome::Accepted), (0, last.clone())])
            .note(1, note.clone())
            .notes([(1, note.clone()), (3, note.clone())])
            .written()
            .receipt;
        assert_eq!(told.except, [(0, last.clone()), (2, last)]);
        assert_eq!(told.notes, [(1, note.clone()), (1, note.clone()), (3, note)], "a row may have several");
    }
}
