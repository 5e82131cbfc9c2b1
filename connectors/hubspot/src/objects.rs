//! The one shape of all writes of records: look up what the mode has to know, send the batch, make the associations.
//!
//! `POST /crm/objects/{version}/{type}/batch/upsert`, `/update` and `/create` of HubSpot's description of 2026-03, read 2026-11-27. An
//! update goes by HubSpot's ids: with an address in their place it is refused ("non-unique property", HubSpot/hubspot-api-nodejs#548). An
//! insert looks before it makes anything, so a second time it makes nothing.

use std::collections::{BTreeMap, BTreeSet};

use sluice_sdk::json::Writer;
use sluice_sdk::status::Ended;
use sluice_sdk::{Call, Cells, Halt, Operation, Outcome, Places, Reason, Receipts, Response, Rows, Written, code, not_among};

use crate::associations::Associations;
use crate::judged::{Judged, Sent, trace};
use crate::outcomes::HUBSPOT;
use crate::properties;
use crate::records::{Kind, Records, folded};
use crate::settings::{ObjectsOptions, Settings};
use crate::wire::OBJECTS;
use crate::{known, outcomes};

/// Sends a batch of records of a type.
pub(crate) fn write(call: &Call<'_>, rows: &Rows<'_>, object: &str) -> Result<Written, Halt> {
    let (settings, options, operation): (_, ObjectsOptions, _) = (Settings::of(call)?, call.options()?, call.operation()?);
    let records = Records::of(rows, options.unique_property.as_deref())?;
    let kind = records.only()?;
    if kind == Kind::Id && operation != Operation::Update {
        return Err(Halt::config("`hs_object_id` names records that are there, so it serves the mode update-only alone"));
    }
    let (associations, columns) = Associations::of(rows, &options.associations)?;
    // An update by an address leaves it as it is: it may be one of several.
    let properties = properties::of(columns, records.property(kind))?;
    let batch = Objects { call, settings: &settings, object, operation, records, kind, properties, rows: rows.len() };
    batch.write(associations)
}

/// A batch, and what becomes of it.
struct Objects<'c, 'a> {
    call: &'c Call<'c>,
    settings: &'c Settings,
    object: &'c str,
    operation: Operation,
    records: Records<'a>,
    kind: Kind,
    properties: Cells<'a>,
    rows: usize,
}

/// What the mode has to know before anything is sent.
#[derive(Default)]
struct Before {
    /// Rows that are not sent.
    left_out: BTreeMap<u32, Outcome>,
    /// HubSpot's ids, for an update.
    ids: BTreeMap<u32, String>,
    /// Rows whose record is there already, for an insert.
    there: Vec<u32>,
}

impl Objects<'_, '_> {
    fn write(&self, mut associations: Associations<'_>) -> Result<Written, Halt> {
        let mut before = match self.before() {
            Ok(before) => before,
            Err(ended) => return ended.into(),
        };
        if let Err(ended) = associations.look_up(self.call, self.settings, &mut before.left_out) {
            return ended.into();
        }
        let Before { left_out, ids, there } = before;
        let path = format!("/{}/batch/{}", self.object, self.verb()?);
        let request = |left_out: &BTreeMap<u32, Outcome>| {
            let (body, places) = self.body(left_out, &ids)?;
            Ok((self.settings.write(self.call, "POST", OBJECTS, &path, body), places))
        };
        let named = |places: &Places, answer: &Response| self.sent(places, &ids).named(answer);
        self.call.without_named(left_out, request, named, |places, answer| {
            let noted = |receipts: Receipts| receipts.notes(there.iter().map(|row| (*row, was_there())));
            let Some(answer) = answer else { return Ok(places.finish(noted(Receipts::accepted()))) };
            places.answered(HUBSPOT.of_write(answer), |answer| {
                let Judged { receipts, ids } = self.sent(places, &ids).judge(answer)?;
                let inserts = self.operation == Operation::Insert;
                Ok(associations.make(self.call, self.settings, self.object, (&ids, inserts), noted(receipts)))
            })
        })
    }

    /// Asked for once or twice, and in the component once.
    #[inline(never)]
    fn sent<'s>(&'s self, places: &'s Places, ids: &BTreeMap<u32, String>) -> Sent<'s> {
        Sent::new((&self.records, self.kind), places, ids, self.operation)
    }

    fn verb(&self) -> Result<&'static str, Halt> {
        match self.operation {
            Operation::Upsert => Ok("upsert"),
            Operation::Update => Ok("update"),
            Operation::Insert => Ok("create"),
            _ => Err(self.call.unsupported()),
        }
    }

    fn before(&self) -> Result<Before, Ended> {
        self.verb().map_err(Ended::Halt)?;
        let mut before = Before { left_out: self.records.again(self.rows), ..Before::default() };
        if self.operation == Operation::Upsert {
            return Ok(before);
        }
        let property = self.records.property(self.kind);
        let named = |row: usize| Some((row as u32, folded(property, self.records.named(row).ok()?.1)));
        let named: Vec<(u32, String)> =
            (0..self.rows).filter_map(named).filter(|(row, _)| !before.left_out.contains_key(row)).collect();
        let ids: BTreeMap<String, String> = match self.kind {
            Kind::Id => named.iter().map(|(_, id)| (id.clone(), id.clone())).collect(),
            Kind::Email | Kind::Unique => {
                let values: BTreeSet<String> = named.iter().map(|(_, value)| value.clone()).collect();
                known::ids(self.call, self.settings, self.object, property, &values)?
            }
        };
        let mut taken = BTreeSet::new();
        for (row, value) in named {
            match (ids.get(&value), self.operation) {
                (Some(_), Operation::Insert) => {
                    before.there.push(row);
                    before.left_out.insert(row, Outcome::Accepted);
                }
                (None, Operation::Insert) => {}
                // Two addresses of one contact.
                (Some(id), _) if !taken.insert(id.clone()) => {
                    let message = "another row of the batch is about the same record; this one follows";
                    let reason = Reason::new(code::DEST_BATCH_TOO_LARGE, message).after_ms(0);
                    before.left_out.insert(row, Outcome::Retry(reason));
                }
                (Some(id), _) => {
                    before.ids.insert(row, id.clone());
                }
                (None, _) => {
                    before.left_out.insert(row, outcomes::stranger());
                }
            }
        }
        Ok(before)
    }

    fn body(&self, left_out: &BTreeMap<u32, Outcome>, ids: &BTreeMap<u32, String>) -> Result<(Writer, Places), Halt> {
        self.call.body(
            |_| (),
            ("inputs", self.rows, 160 + self.properties.bytes_guess()),
            |body, row| {
                not_among(left_out, row)?;
                let (kind, value) = self.records.named(row)?;
                let key = self.records.property(kind).filter(|_| self.operation != Operation::Update);
                if let Some(id) = ids.get(&(row as u32)) {
                    body.member("id", id);
                }
                if let Some(key) = key.filter(|_| self.operation == Operation::Upsert) {
                    body.member("idProperty", key);
                    body.member("id", value);
                }
                body.member("objectWriteTraceId", &trace(row));
                body.object("properties", |body| {
                    if let Some(key) = key {
                        body.key(&sluice_sdk::json::Key::new(key));
                        body.string(value);
                    }
                    properties::write(&self.properties, body, row)
                })?;
                if self.operation == Operation::Insert {
                    body.array("associations", |_| ());
                }
                Ok::<_, Outcome>(())
            },
        )
    }
}

/// What is said of a row that nothing was done for, as an insert has it.
fn was_there() -> Reason {
    Reason::new(code::ROW_REFUSED, "HubSpot had the record already, and nothing of it was changed")
}

#[cfg(test)]
mod tests;
