//! Profiles of a project: `POST /profiles/update`, or `/profiles/mass-update` for large loads. An unknown custom id makes a profile,
//! which cannot be prevented. Only what changed is sent: an attribute that is not mentioned stays, null erases it.
//!
//! "Update profile" and "Mass update profile" of doc.batch.com/developer/api/cep/profiles, read 2026-11.

use sluice_sdk::contract::Part;
use sluice_sdk::json::Writer;
use sluice_sdk::{Call, Effect, Halt, Operation, Rows, Written};

use crate::attributes::Place;
use crate::operations::{self, Endpoint};
use crate::people::People;
use crate::settings::ProjectOptions;

/// "At most 200 operations or the API call will be rejected" ("Update profile").
const UPDATE_ROWS_MAX: usize = 200;
/// A run with more rows than this is a large load (inferred: Batch wants those once or twice a day, and names no number).
const DELTA_ROWS_MAX: u64 = 5_000;

/// Sends a batch of profiles.
pub(crate) fn write(call: &Call<'_>, rows: &Rows<'_>) -> Result<Written, Halt> {
    let options: ProjectOptions = call.options()?;
    // An update is of profiles that leave (clear-fields-on-exit): Batch took them before.
    if !matches!(call.operation()?, Operation::Upsert | Operation::Update) {
        return Err(call.unsupported());
    }
    let endpoint = endpoint(call.part()?, rows.len())?;
    let profiles = People::of(rows, Place::Profile, &options.url_attributes, open)?;
    operations::send(call, rows, endpoint, Effect::Repeatable, &profiles)
}

/// A run stays with one endpoint: Batch does not say that what one has taken is applied before what the other takes later.
fn endpoint(part: &Part, rows: usize) -> Result<Endpoint, Halt> {
    if part.rows_total.unwrap_or(rows as u64) > DELTA_ROWS_MAX {
        return Ok(Endpoint::MassUpdate);
    }
    if rows > UPDATE_ROWS_MAX {
        return Err(Halt::split("an update has at most 200 operations", u32::try_from(UPDATE_ROWS_MAX).ok()));
    }
    Ok(Endpoint::Update)
}

fn open(body: &mut Writer, id: &str) -> usize {
    operations::identifiers(body, id);
    body.name("attributes");
    body.begin_object();
    1
}

#[cfg(test)]
mod tests;
