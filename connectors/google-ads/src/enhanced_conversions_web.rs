//! Enhanced conversions for web: contact data for conversions that a tag of the website has recorded. The transaction id is the tag's; data
//! joins a conversion that has none, and is otherwise ignored.
//!
//! The destination is a conversion action of the type `WEBPAGE`.

use sluice_sdk::{Call, Halt, Rows, Written};

use crate::events::{self, Purpose};

/// Sends a batch of events.
pub(crate) fn write(call: &Call<'_>, rows: &Rows<'_>) -> Result<Written, Halt> {
    events::write(call, rows, Purpose::Enhances)
}
