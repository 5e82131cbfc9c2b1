//! Offline conversions and enhanced conversions for leads: sales that no tag saw, tied to a click or to contact data.
//!
//! The destination is a conversion action of the type `UPLOAD_CLICKS`.

use sluice_sdk::{Call, Halt, Rows, Written};

use crate::events::{self, Purpose};

/// Sends a batch of events.
pub(crate) fn write(call: &Call<'_>, rows: &Rows<'_>) -> Result<Written, Halt> {
    events::write(call, rows, Purpose::Records)
}
