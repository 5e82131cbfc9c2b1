//! What the answers of one call hold in memory together, counted while they are read.
//!
//! Nothing is given back: an answer that is asked for again counts again, and a budget that is spent stays spent.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use sluice_catalog::Code;

use crate::{failure::Failed, limits::ANSWERS_BYTES_MAX};

/// Bytes counted so far, towards [`ANSWERS_BYTES_MAX`]: headers, and bodies that do not go to the spool.
#[derive(Debug, Default)]
pub(super) struct Held(AtomicU64);

impl Held {
    /// Counts bytes before they are kept; false when they must not be.
    pub(super) fn take(&self, bytes: usize) -> bool {
        let bytes = bytes as u64;
        self.0.fetch_add(bytes, Relaxed).saturating_add(bytes) <= ANSWERS_BYTES_MAX
    }

    /// Refuses a request of whose answer nothing could be kept.
    pub(super) fn room(&self) -> Result<(), Failed> {
        if self.0.load(Relaxed) >= ANSWERS_BYTES_MAX { Err(Failed { sent: false, ..spent() }) } else { Ok(()) }
    }
}

/// What becomes of the answer that was one too many.
pub(super) fn spent() -> Failed {
    let message = format!("the answers of one call have more than {ANSWERS_BYTES_MAX} bytes together");
    Failed::sent(Code::EgressAnswerTooLarge, message)
}
