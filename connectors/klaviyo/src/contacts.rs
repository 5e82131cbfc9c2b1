//! Contacts: profiles by import job. An import makes whom it does not know, so update-only asks for the profiles first and sends those
//! that are there, by Klaviyo's own ids: a profile that is deleted in between does not come back. It also changes whom it knows, so an
//! insert is no import.

use std::collections::BTreeMap;

use sluice_sdk::{Call, Halt, Operation, Rows, Written};

use crate::attributes::Attributes;
use crate::people::People;
use crate::wire::PROFILES;
use crate::{imports, inserts, known};

/// Sends a batch of profiles.
pub(crate) fn write(call: &Call<'_>, rows: &Rows<'_>) -> Result<Written, Halt> {
    let (people, attributes) = (People::of(rows)?, Attributes::of(rows)?);
    let (ids, strangers) = match call.operation()? {
        Operation::Upsert => (BTreeMap::new(), BTreeMap::new()),
        Operation::Update => {
            let ids = known::ids(call, &people, PROFILES, "profiles")?;
            let strangers = known::strangers(&people, &ids, known::skipped());
            (ids, strangers)
        }
        Operation::Insert => return inserts::send(call, &people, &attributes),
        _ => return Err(call.unsupported()),
    };
    imports::send(call, (&people, &attributes), &ids, strangers, None)
}

#[cfg(test)]
mod tests;
