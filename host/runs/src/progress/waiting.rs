//! A batch that has its answer, and whose rows the platform still works on.

use sluice_catalog::contract::Ticket;

use super::Cut;
use crate::limits;

/// A batch with rows that the platform works on by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// The batch as it was written.
    pub cut: Cut,
    /// How many batches of the round were answered by then, and whether nothing was left to send: its number and its end where batches
    /// go one after the other.
    pub seal: (u32, bool),
    /// What to ask with.
    pub ticket: Ticket,
    /// What the ticket's end counts from: the batch's first answer, or the `finish` after it.
    pub since_ms: i64,
    /// When to ask.
    pub due_ms: i64,
}

impl Waiting {
    pub(super) fn new(cut: Cut, seal: (u32, bool), since_ms: i64) -> Self {
        let ticket = Ticket { token: Vec::new(), poll_after_ms: 0, give_up_after_ms: 0 };
        Self { cut, seal, ticket, since_ms, due_ms: since_ms }
    }

    /// When nobody asks any more.
    pub fn until_ms(&self) -> i64 {
        let wait = self.ticket.give_up_after_ms.min(limits::VENDOR_WAIT_MAX.as_millis() as u64);
        self.since_ms.saturating_add(wait as i64)
    }

    /// The next time to ask, from `now_ms` on.
    pub(super) fn ask_after(&mut self, now_ms: i64) {
        let wait = u64::from(self.ticket.poll_after_ms).max(limits::POLL_WAIT_MIN.as_millis() as u64);
        self.due_ms = now_ms.saturating_add(wait as i64);
    }
}
