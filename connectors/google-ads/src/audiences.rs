//! Customer Match lists: members are added to and removed from the list that `setup` found or made. Google does both in its own time
//! and tells counts alone; a member who is added twice is there once, and one who is removed twice is gone.
//!
//! `audienceMembers:ingest` and `audienceMembers:remove` of the Data Manager API (`ingestion_service.proto`, googleapis at f8291d2 of
//! 2026-08-22, read 2026-11).

use sluice_sdk::serde_json::json;
use sluice_sdk::{Call, Halt, Operation, Rows, Written, form};

use crate::consent::Consent;
use crate::ingest::Ingest;
use crate::people::People;
use crate::settings::{AudiencesOptions, KeyType, Settings};

/// Adds members to the list, or removes them from it.
pub(crate) fn write(call: &Call<'_>, rows: &Rows<'_>) -> Result<Written, Halt> {
    let (settings, options): (_, AudiencesOptions) = (Settings::of(call)?, call.options()?);
    let people = People::on(rows, options.key_type)?;
    let mut head = vec![("destinations", settings.destinations(call.kept_id("a list", form::is_digits)?))];
    if options.key_type == KeyType::Contact {
        head.push(("encoding", json!("HEX")));
    }
    // Removals have neither consent nor terms.
    let (path, consent) = match call.operation()? {
        Operation::Add => ("/audienceMembers:ingest", Some(Consent::of(call, rows)?)),
        Operation::Remove => ("/audienceMembers:remove", None),
        _ => return Err(call.unsupported()),
    };
    if let Some(consent) = &consent {
        head.extend(consent.of_request().map(|consent| ("consent", consent)));
        // The operator accepts them by an option that is always true: `accept_customer_match_terms` of the manifest.
        if options.key_type != KeyType::UserId {
            head.push(("termsOfService", json!({ "customerMatchTermsOfServiceStatus": "ACCEPTED" })));
        }
    }
    Ingest { path, head, array: "audienceMembers", rows: rows.len() }.send(call, &settings, |body, row| {
        people.member(body, row, options.key_type)?;
        if let Some(consent) = &consent {
            consent.write(body, row);
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests;
