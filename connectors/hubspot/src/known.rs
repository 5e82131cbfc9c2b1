//! Which records HubSpot has, and their ids: asked with `batch/read`, 100 in a question, by id or by a property with unique values.
//! Search is no way to ask: it lags behind writes by seconds to minutes.
//!
//! `POST /crm/objects/{version}/{type}/batch/read` of HubSpot's description of 2026-03, read 2026-11-27.

use std::collections::{BTreeMap, BTreeSet};

use sluice_sdk::json::Writer;
use sluice_sdk::serde_json::Value;
use sluice_sdk::status::Ended;
use sluice_sdk::{Call, Effect, Failure, Halt, Reason, Response, code};

use crate::outcomes::{HUBSPOT, NOT_FOUND};
use crate::records::folded;
use crate::settings::Settings;
use crate::wire::{Batch, OBJECTS, Record};

/// Inputs of one question.
const INPUTS_MAX: usize = 100;
/// Questions under way at once: few enough that their answers fit the guest's memory.
const IN_FLIGHT_MAX: u32 = 4;
/// A contact's further addresses, joined by `;`: it is found by them, too.
const FURTHER_ADDRESSES: &str = "hs_additional_emails";

/// HubSpot's ids of the records of these values, by the value [`folded`]. `key`: the property that they are of; none: they are ids.
///
/// It is a part of a write and declared as one, so what keeps it from an answer ends the write: in doubt, where nobody knows whether it
/// arrived. That is more careful than it needs to be, and the same for a call that ends in the middle of it. A dry run shows it in the
/// place of what would follow.
pub(crate) fn ids(
    call: &Call<'_>,
    settings: &Settings,
    object: &str,
    key: Option<&str>,
    values: &BTreeSet<String>,
) -> Result<BTreeMap<String, String>, Ended> {
    let mut ids = BTreeMap::new();
    for answer in asked(call, settings, object, key, key, values, Effect::Repeatable).map_err(Ended::Halt)? {
        for record in found(&HUBSPOT.of_write(answer)?).map_err(Ended::Halt)? {
            let text = |name: &str| record.properties.get(name).and_then(Value::as_str).unwrap_or_default();
            let further = if key == Some("email") { text(FURTHER_ADDRESSES) } else { "" };
            let own = key.map_or(record.id.as_str(), text);
            for name in further.split(';').chain([own]).map(|name| folded(key, name)).filter(|name| values.contains(name)) {
                ids.insert(name, record.id.clone());
            }
        }
    }
    Ok(ids)
}

/// A property of the records with these ids, by id; a record without a value has none.
pub(crate) fn texts(
    call: &Call<'_>,
    settings: &Settings,
    object: &str,
    property: &str,
    ids: &BTreeSet<String>,
) -> Result<BTreeMap<String, String>, Halt> {
    let mut texts = BTreeMap::new();
    for answer in asked(call, settings, object, None, Some(property), ids, Effect::Read)? {
        let with_text = |record: Record| Some((record.id, record.properties.get(property)?.as_str()?.to_owned()));
        texts.extend(found(&HUBSPOT.of_read(answer)?)?.into_iter().filter_map(with_text));
    }
    Ok(texts)
}

fn asked(
    call: &Call<'_>,
    settings: &Settings,
    object: &str,
    key: Option<&str>,
    property: Option<&str>,
    values: &BTreeSet<String>,
    effect: Effect,
) -> Result<Vec<Result<Response, Failure>>, Halt> {
    let values: Vec<&String> = values.iter().collect();
    let question = |values: &[&String]| {
        let mut body = Writer::with_capacity(96 + values.len() * 48);
        let further = (key == Some("email")).then_some(FURTHER_ADDRESSES);
        body.item(|body| {
            key.into_iter().for_each(|key| body.member("idProperty", key));
            body.array("properties", |body| property.into_iter().chain(further).for_each(|property| body.string(property)));
            body.array("inputs", |body| values.iter().for_each(|value| body.item(|body| body.member("id", *value))));
        });
        settings.write(call, "POST", OBJECTS, &format!("/{object}/batch/read"), body).effect(effect)
    };
    call.send_all(values.chunks(INPUTS_MAX).map(question).collect(), IN_FLIGHT_MAX)
}

/// The records of an answer. Those that are missing are told as errors; another error means that nothing is known of its record.
fn found(answer: &Response) -> Result<Vec<Record>, Halt> {
    let Batch { results, errors, .. } = answer.read::<Batch<Record>>()?;
    match errors.iter().find(|fault| fault.code() != NOT_FOUND) {
        None => Ok(results),
        Some(fault) => {
            let reason = Reason::new(code::DEST_CONFIG, "HubSpot does not say which records it has");
            Err(Halt::Config(reason.vendor(fault.code()).said(&fault.message)))
        }
    }
}

#[cfg(test)]
mod tests;
