//! Deals: known by a property with unique values, or by HubSpot's id.

use sluice_sdk::{Call, Halt, Rows, Written};

use crate::objects;

/// Sends a batch.
pub(crate) fn write(call: &Call<'_>, rows: &Rows<'_>) -> Result<Written, Halt> {
    objects::write(call, rows, "deals")
}
