//! Lists of contacts: found by name or made once, as manual ones, to which contacts are added and from which they are removed.
//!
//! `GET /crm/lists/{version}/object-type-id/0-1/name/{name}`, `POST /crm/lists/{version}` and `PUT …/{id}/memberships/add-and-remove` of
//! HubSpot's description of 2026-03, read 2026-11-27.

use std::collections::{BTreeMap, BTreeSet};

use sluice_sdk::json::Writer;
use sluice_sdk::serde_json::json;
use sluice_sdk::status::Ended;
use sluice_sdk::{Call, Effect, Halt, Operation, Outcome, Places, Receipts, Rows, Written, text};

use crate::outcomes::HUBSPOT;
use crate::records::{Kind, Records, folded, is_id};
use crate::settings::{ListsOptions, Settings};
use crate::wire::{CONTACTS, LISTED, LISTS, List};
use crate::{known, outcomes};

/// The type of record that these lists have, as it stands in the paths of records.
pub(crate) const OBJECT: &str = "contacts";

/// The id of the list of the activation. A name is of one list alone; one whose making got no answer is found by the next try.
pub(crate) fn setup(call: &Call<'_>) -> Result<Vec<u8>, Halt> {
    let (settings, options): (_, ListsOptions) = (Settings::of(call)?, call.options()?);
    let mut path = format!("/object-type-id/{CONTACTS}/name/");
    text::percent(&mut path, &options.list);
    let list: List = match HUBSPOT.of_read(settings.get(call, LISTS, &path).send()) {
        Ok(answer) => answer.read_member(LISTED)?,
        Err(Halt::Missing(_)) => made(call, &settings, &options.list)?,
        Err(halt) => return Err(halt),
    };
    if !matches!(list.processing_type.as_str(), "MANUAL" | "SNAPSHOT") {
        let message = "the list of this name is kept by its filters, so nobody can be added to it: choose another name";
        return Err(Halt::setting("list", message));
    }
    Ok(list.list_id.into_bytes())
}

fn made(call: &Call<'_>, settings: &Settings, name: &str) -> Result<List, Halt> {
    let body = Writer::of_tree(&json!({ "name": name, "objectTypeId": CONTACTS, "processingType": "MANUAL" }));
    let answer = settings.write(call, "POST", LISTS, "", body).effect(Effect::Once).send();
    HUBSPOT.of_read(answer)?.read_member(LISTED)
}

/// Adds members to the list, or removes them from it.
pub(crate) fn write(call: &Call<'_>, rows: &Rows<'_>) -> Result<Written, Halt> {
    let (settings, options): (_, ListsOptions) = (Settings::of(call)?, call.options()?);
    let records = Records::of(rows, options.unique_property.as_deref())?;
    // Who is not there cannot be added, and is not on the list.
    let (adds, stranger) = match call.operation()? {
        Operation::Add => (true, outcomes::stranger()),
        Operation::Remove => (false, Outcome::Accepted),
        _ => return Err(call.unsupported()),
    };
    let ids = match ids(call, &settings, &records, rows.len()) {
        Ok(ids) => ids,
        Err(ended) => return ended.into(),
    };
    let left_out = |row: usize| match records.named(row) {
        Err(reason) => Some((row as u32, Outcome::Rejected(reason))),
        Ok(_) if !ids.contains_key(&(row as u32)) => Some((row as u32, stranger.clone())),
        Ok(_) => None,
    };
    let places = Places::new(rows.len(), (0..rows.len()).filter_map(left_out).collect());
    let members: BTreeSet<&str> = ids.values().map(String::as_str).collect();
    let (to_add, to_remove) = if adds { (members, BTreeSet::new()) } else { (BTreeSet::new(), members) };
    let body = Writer::of_tree(&json!({ "recordIdsToAdd": to_add, "recordIdsToRemove": to_remove }));
    let path = format!("/{}/memberships/add-and-remove", call.kept_id("a list", is_id)?);
    places.send(settings.write(call, "PUT", LISTS, &path, body), |answer| {
        places.answered(HUBSPOT.of_write(answer), |answer| {
            // Who was a member already, or was none, is in no list of the answer; who is not there is in this one, which is always there.
            let missing: BTreeSet<String> = answer.json_member("recordIdsMissing")?;
            let gone = ids.iter().filter(|(_, id)| missing.contains(*id));
            Ok(Receipts::accepted().rows(gone.map(|(row, _)| (*row, stranger.clone()))))
        })
    })
}

/// HubSpot's ids of the members, by row: as they are, or looked up by what is mapped in their place.
fn ids(call: &Call<'_>, settings: &Settings, records: &Records<'_>, rows: usize) -> Result<BTreeMap<u32, String>, Ended> {
    let mut named: BTreeMap<Kind, BTreeMap<u32, String>> = BTreeMap::new();
    for row in 0..rows {
        if let Ok((kind, value)) = records.named(row) {
            named.entry(kind).or_default().insert(row as u32, folded(records.property(kind), value));
        }
    }
    let mut ids = named.remove(&Kind::Id).unwrap_or_default();
    for (kind, named) in named {
        let values: BTreeSet<String> = named.values().cloned().collect();
        let found = known::ids(call, settings, OBJECT, records.property(kind), &values)?;
        ids.extend(named.into_iter().filter_map(|(row, value)| Some((row, found.get(&value)?.clone()))));
    }
    Ok(ids)
}

#[cfg(test)]
mod tests;
