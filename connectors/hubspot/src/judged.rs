//! What became of each row of a batch: HubSpot answers in no promised order and without positions, so a result is matched to its row by
//! the trace id that was sent, or else by the record's id or its key; an error by whichever of them its context has.

use std::collections::BTreeMap;

use sluice_sdk::serde_json::Value;
use sluice_sdk::{Operation, Outcome, Places, Reason, Receipts, Response, code};

use crate::outcomes;
use crate::records::{Kind, Records, folded};
use crate::wire::{Batch, Fault, Record};

/// The name of a row in a batch. It comes back in results, and in the context of errors (inferred).
pub(crate) fn trace(row: usize) -> String {
    format!("row-{row}")
}

/// The rows that were sent, by everything that HubSpot may call them.
#[derive(Debug)]
pub(crate) struct Sent<'s> {
    rows: BTreeMap<String, u32>,
    places: &'s Places,
    /// The property that finds records.
    key: Option<&'s str>,
    operation: Operation,
}

/// What is known after an answer.
#[derive(Debug)]
pub(crate) struct Judged {
    /// Of each row that was sent.
    pub(crate) receipts: Receipts,
    /// HubSpot's ids of the records that were written, by row.
    pub(crate) ids: BTreeMap<u32, String>,
}

impl<'s> Sent<'s> {
    /// `ids`: HubSpot's ids, of rows where they are known.
    pub(crate) fn new(
        (records, kind): (&Records<'s>, Kind),
        places: &'s Places,
        ids: &BTreeMap<u32, String>,
        operation: Operation,
    ) -> Self {
        let (mut rows, key) = (BTreeMap::new(), records.property(kind));
        for row in places.rows() {
            if let Ok((_, value)) = records.named(row as usize) {
                rows.insert(folded(key, value), row);
            }
        }
        // An id is compared with ids before it is with keys, and a trace id with nothing else.
        rows.extend(places.rows().filter_map(|row| Some((ids.get(&row)?.clone(), row))));
        rows.extend(places.rows().map(|row| (trace(row as usize), row)));
        Self { rows, places, key, operation }
    }

    /// The rows that a refusal of the whole is about, each with what is said of it; none where it names nobody.
    pub(crate) fn named(&self, answer: &Response) -> BTreeMap<u32, Outcome> {
        let Some(whole) = outcomes::about_rows(answer) else { return BTreeMap::new() };
        let mut named = BTreeMap::new();
        for fault in whole.each() {
            for row in self.about(fault) {
                named.entry(row).or_insert_with(|| self.outcome(fault));
            }
        }
        named
    }

    /// What a success says. Rows in no result and in no error are those of errors that name nobody, where there are enough of them, and
    /// in doubt where there are not.
    pub(crate) fn judge(&self, answer: &Response) -> Result<Judged, Reason> {
        let Batch::<Record> { results, num_errors, errors } = answer.json()?;
        let ids: BTreeMap<u32, String> = results.into_iter().filter_map(|record| Some((self.of(&record)?, record.id))).collect();
        let mut said: BTreeMap<u32, Outcome> = BTreeMap::new();
        let mut nobodys: Vec<&Fault> = Vec::new();
        for fault in &errors {
            let rows = self.about(fault);
            if rows.is_empty() {
                nobodys.push(fault);
            }
            rows.into_iter().for_each(|row| {
                said.entry(row).or_insert_with(|| self.outcome(fault));
            });
        }
        said.retain(|row, _| !ids.contains_key(row));
        let silent: Vec<u32> = self.places.rows().filter(|row| !ids.contains_key(row) && !said.contains_key(row)).collect();
        let named = errors.len() - nobodys.len();
        let unnamed = usize::try_from(num_errors).unwrap_or(usize::MAX).saturating_sub(named).max(nobodys.len());
        let outcome = match nobodys[..] {
            [fault] if silent.len() <= unnamed => self.outcome(fault),
            [fault, ..] if silent.len() <= unnamed => {
                let reason =
                    Reason::new(code::ROW_REFUSED, "HubSpot does not take the row, and gives several reasons for several rows");
                Outcome::Rejected(reason.vendor(fault.code()).said(&fault.message))
            }
            _ => Outcome::Unknown(Reason::new(code::DEST_PROTOCOL, "HubSpot does not say what became of the row")),
        };
        said.extend(silent.into_iter().map(|row| (row, outcome.clone())));
        Ok(Judged { receipts: Receipts::accepted().rows(said), ids })
    }

    /// The row of a result.
    fn of(&self, record: &Record) -> Option<u32> {
        let by = |name: &str| self.rows.get(name).copied();
        let trace = record.object_write_trace_id.as_deref().and_then(by);
        // Where keys find records, an id could be the key of another row.
        trace.or_else(|| match self.operation {
            Operation::Update => by(&record.id),
            _ => by(&folded(self.key, record.properties.get(self.key?).and_then(Value::as_str)?)),
        })
    }

    /// The rows that a fault's context has.
    fn about(&self, fault: &Fault) -> Vec<u32> {
        let row = |text: &str| self.rows.get(text).or_else(|| self.rows.get(&folded(self.key, text))).copied();
        fault.texts().into_iter().filter_map(row).collect()
    }

    fn outcome(&self, fault: &Fault) -> Outcome {
        let reason = outcomes::of_row(fault);
        match reason.code.as_str() {
            code::NOT_FOUND_IN_DESTINATION if self.operation == Operation::Update => outcomes::stranger(),
            _ => Outcome::Rejected(reason),
        }
    }
}

#[cfg(test)]
mod tests;
