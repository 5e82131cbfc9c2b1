//! Restatements: the event of a conversion that was sent before, with the same transaction id and another value. Google overwrites value and
//! currency, and makes a new conversion where it has none of the id.

use sluice_sdk::{Call, Halt, Rows, Written};

use crate::events::{self, Purpose};

/// Sends a batch of events.
pub(crate) fn write(call: &Call<'_>, rows: &Rows<'_>) -> Result<Written, Halt> {
    events::write(call, rows, Purpose::Adjusts)
}
