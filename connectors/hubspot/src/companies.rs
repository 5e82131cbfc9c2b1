//! Companies: known by a property with unique values, or by HubSpot's id; `domain` is none, as HubSpot lets several companies have it.

use sluice_sdk::{Call, Halt, Rows, Written};

use crate::objects;

/// Sends a batch.
pub(crate) fn write(call: &Call<'_>, rows: &Rows<'_>) -> Result<Written, Halt> {
    objects::write(call, rows, "companies")
}
