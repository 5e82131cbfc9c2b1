//! Associations: a mapped field that names another record, by HubSpot's id or by a property with unique values. The other records are
//! looked up before anything is written, the associations are made when the rows' own records have ids.
//!
//! `POST /crm/associations/{version}/{from}/{to}/batch/associate/default` and `/batch/create` of HubSpot's description of 2026-03, read
//! 2026-11-27. Both leave associations as they are that are there already (inferred).

use std::collections::{BTreeMap, BTreeSet};

use sluice_sdk::contract::Receipt;
use sluice_sdk::json::Writer;
use sluice_sdk::serde_json::json;
use sluice_sdk::status::Ended;
use sluice_sdk::{Call, ColumnView, Halt, Outcome, Reason, Receipts, Response, Rows, Value, Written, code};

use crate::known;
use crate::outcomes::HUBSPOT;
use crate::records::{folded, is_id};
use crate::settings::{self, Label, Settings};
use crate::wire::{ASSOCIATIONS, Batch, Pair};

/// The associations of a batch.
#[derive(Debug)]
pub(crate) struct Associations<'a> {
    kinds: Vec<Association<'a>>,
    rows: usize,
}

/// One kind of them.
#[derive(Debug)]
struct Association<'a> {
    option: &'a settings::Association,
    column: ColumnView<'a>,
    /// HubSpot's ids of the other records, by row.
    others: BTreeMap<u32, String>,
    /// Rows whose other record HubSpot does not have, and that are written without it.
    without: Vec<u32>,
}

impl<'a> Associations<'a> {
    /// What the options name, and the columns that are left for properties. A halt where a field of the options is not mapped.
    pub(crate) fn of(rows: &Rows<'a>, options: &'a [settings::Association]) -> Result<(Self, Vec<ColumnView<'a>>), Halt> {
        let columns = rows.attributes(|name| matches!(name, "hs_object_id" | "unique_value"))?;
        let (named, rest): (Vec<_>, Vec<_>) =
            columns.into_iter().partition(|column| options.iter().any(|option| option.field == column.name()));
        let of = |option: &'a settings::Association| {
            let column = named.iter().find(|column| column.name() == option.field);
            let missing =
                || Halt::setting("associations", &format!("the field `{}` of an association is not mapped", option.field));
            Ok(Association { option, column: *column.ok_or_else(missing)?, others: BTreeMap::new(), without: Vec::new() })
        };
        Ok((Self { kinds: options.iter().map(of).collect::<Result<_, Halt>>()?, rows: rows.len() }, rest))
    }

    /// Looks the other records up. Rows that cannot be written for the lack of one are added to `left_out`.
    pub(crate) fn look_up(
        &mut self,
        call: &Call<'_>,
        settings: &Settings,
        left_out: &mut BTreeMap<u32, Outcome>,
    ) -> Result<(), Ended> {
        let rows = self.rows;
        self.kinds.iter_mut().try_for_each(|association| association.look_up(call, settings, rows, left_out))
    }

    /// Makes those of the records that were written, and says at each row what became of it.
    ///
    /// A row whose association is in doubt, or kept from being made, is in doubt itself, so that it goes again; `inserts`: a row that is
    /// made already cannot, and says so.
    pub(crate) fn make(
        self,
        call: &Call<'_>,
        settings: &Settings,
        object: &str,
        (ids, inserts): (&BTreeMap<u32, String>, bool),
        mut receipts: Receipts,
    ) -> Receipts {
        for association in self.kinds {
            let Association { option, others, without, .. } = association;
            let without = without.into_iter().filter(|row| ids.contains_key(row));
            receipts = receipts.notes(without.map(|row| (row, option.missing())));
            let pairs: BTreeMap<u32, (&str, &str)> =
                others.iter().filter_map(|(row, other)| Some((*row, (ids.get(row)?.as_str(), other.as_str())))).collect();
            if pairs.is_empty() {
                continue;
            }
            let request = settings.write(call, "POST", ASSOCIATIONS, &option.path(object), option.body(pairs.values()));
            match HUBSPOT.of_write(request.send()).map_err(kept).and_then(|answer| read(&answer, &pairs)) {
                Ok(refused) => {
                    receipts = receipts.notes(refused.into_iter().map(|(row, reason)| (row, reason.field(&option.field))));
                }
                Err((reason, stop)) => {
                    for row in pairs.keys() {
                        let reason = reason.clone().field(&option.field);
                        receipts = if inserts { receipts.note(*row, reason) } else { receipts.row(*row, Outcome::Unknown(reason)) };
                    }
                    if let Some(halt) = stop {
                        return receipts.stop(halt);
                    }
                }
            }
        }
        receipts
    }
}

impl Association<'_> {
    fn look_up(
        &mut self,
        call: &Call<'_>,
        settings: &Settings,
        rows: usize,
        left_out: &mut BTreeMap<u32, Outcome>,
    ) -> Result<(), Ended> {
        let (option, column) = (self.option, self.column);
        let mut named = BTreeMap::new();
        for row in 0..rows as u32 {
            if left_out.contains_key(&row) {
                continue;
            }
            match option.named(column.cell(row as usize).value()) {
                Ok(Some(value)) => {
                    named.insert(row, value);
                }
                Ok(None) => {}
                Err(reason) => {
                    left_out.insert(row, Outcome::Rejected(reason));
                }
            }
        }
        let values: BTreeSet<String> = named.values().cloned().collect();
        let ids = known::ids(call, settings, &option.object, option.key.as_deref(), &values)?;
        for (row, value) in named {
            match ids.get(&value) {
                Some(id) => {
                    self.others.insert(row, id.clone());
                }
                None if option.required => {
                    left_out.insert(row, Outcome::Rejected(option.missing()));
                }
                None => self.without.push(row),
            }
        }
        Ok(())
    }
}

impl settings::Association {
    /// The other record, as it is asked for; none where there is none.
    fn named(&self, value: Option<Value<'_>>) -> Result<Option<String>, Reason> {
        let text = match value {
            None => return Ok(None),
            Some(Value::Text(text)) => folded(self.key.as_deref(), text.trim()),
            Some(Value::Int(number)) => number.to_string(),
            Some(_) => return Err(self.malformed("a record is named by a text or a whole number")),
        };
        if self.key.is_none() && !text.is_empty() && !is_id(&text) {
            return Err(self.malformed("an id of HubSpot's is digits: name a unique property in `key`, or map the id"));
        }
        Ok(Some(text).filter(|text| !text.is_empty()))
    }

    #[cold]
    fn malformed(&self, what: &str) -> Reason {
        Reason::bad(what).field(&self.field)
    }

    fn missing(&self) -> Reason {
        Reason::new(code::NOT_FOUND_IN_DESTINATION, "HubSpot does not have the record to associate with").field(&self.field)
    }

    /// Behind the version.
    fn path(&self, object: &str) -> String {
        let kind = if self.label.is_some() { "create" } else { "associate/default" };
        format!("/{object}/{}/batch/{kind}", self.object)
    }

    fn body<'p>(&self, pairs: impl Iterator<Item = &'p (&'p str, &'p str)>) -> Writer {
        let mut body = Writer::with_capacity(4096);
        let pair = |body: &mut Writer, (from, to): (&str, &str)| {
            body.object("from", |body| body.member("id", from));
            body.object("to", |body| body.member("id", to));
            if let Some(Label { category, type_id }) = &self.label {
                body.member("types", &json!([{ "associationCategory": &**category, "associationTypeId": type_id }]));
            }
        };
        body.item(|body| body.array("inputs", |body| pairs.for_each(|ids| body.item(|body| pair(body, *ids)))));
        body
    }
}

/// Why associations were not made, or may not have been, and why no further batch should be sent.
type Kept = (Reason, Option<Halt>);

/// The same of a request that did not come to an answer about pairs. A refusal of the whole is one of how it is set up: every record in
/// it is there.
fn kept(ended: Ended) -> Kept {
    let nothing = || Reason::new(code::DEST_UNAVAILABLE, "the association was not made");
    match ended {
        Ended::Halt(halt) => (halt.reason().cloned().unwrap_or_else(nothing), Some(halt)),
        Ended::Written(Written { receipt: Receipt { all: Outcome::Unknown(reason), .. }, stop, .. }) => (reason, stop),
        Ended::Written(Written { receipt: Receipt { all: Outcome::Rejected(reason), .. }, .. }) => {
            let reason = Reason { code: code::DEST_CONFIG.into(), ..reason };
            (reason.clone(), Some(Halt::Config(reason)))
        }
        Ended::Written(_) => (nothing(), None),
    }
}

/// The rows whose association was refused. A success without errors is one of all; else those in no result are the refused ones.
fn read(answer: &Response, pairs: &BTreeMap<u32, (&str, &str)>) -> Result<Vec<(u32, Reason)>, Kept> {
    let doubt = |reason: Reason| (reason.clone(), Some(Halt::Unavailable(reason)));
    let Batch::<Pair> { results, num_errors, errors } = answer.json().map_err(doubt)?;
    if num_errors == 0 && errors.is_empty() {
        return Ok(Vec::new());
    }
    let made: BTreeSet<(String, String)> = results.iter().filter_map(Pair::ids).collect();
    let reason = Reason::new(code::DEST_FIELD_INVALID, "the record was written; HubSpot does not make the association");
    let reason = errors.first().map_or(reason.clone(), |fault| reason.vendor(fault.code()).said(&fault.message));
    let refused = |(_, (from, to)): &(&u32, &(&str, &str))| !made.contains(&((*from).to_owned(), (*to).to_owned()));
    Ok(pairs.iter().filter(refused).map(|(row, _)| (*row, reason.clone())).collect())
}

#[cfg(test)]
mod tests;
