//! Custom objects, and any other type of HubSpot's that has no service of its own: the option `object_type` says which.

use sluice_sdk::{Call, Halt, Rows, Written};

use crate::objects;
use crate::settings::ObjectType;

/// Sends a batch.
pub(crate) fn write(call: &Call<'_>, rows: &Rows<'_>) -> Result<Written, Halt> {
    let ObjectType { object_type } = call.options()?;
    objects::write(call, rows, &object_type)
}
