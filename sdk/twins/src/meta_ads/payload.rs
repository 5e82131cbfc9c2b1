//! `payload` of a call that moves people: its schema, and its rows as people or as entries that the vendor cannot use. Such entries are
//! counted and some of them shown, and the others are applied all the same (*Guide*: `num_invalid_entries`).
//!
//! Inferred: a row with one bad cell is one invalid entry, as is one without a name; a row that is longer or shorter than the schema, a
//! key that the vendor does not have and a key named twice refuse the call.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::{
    access::sha256_hex,
    enums::{SUB_TYPES, TYPES},
    limits,
    params::{Params, as_flag, wrong},
    people::Person,
    schema::{VALUE, cell, key},
    words::Refusal,
};
use crate::{log::Warning, vendor::Call};

pub(super) struct Payload {
    /// Columns, in their order.
    pub(super) schema: Vec<&'static str>,
    /// A person, or the entry as it came.
    pub(super) rows: Vec<Result<Person, String>>,
    pub(super) warnings: Vec<Warning>,
}

const KNOWN: [&str; 7] = ["schema", "data", "is_raw", "data_source", "app_ids", "page_ids", "ig_account_ids"];

impl Payload {
    pub(super) fn read(call: &Call, params: &mut Params) -> Result<Self, Refusal> {
        let mut payload = params.object("payload")?.ok_or_else(|| Refusal::required("payload"))?;
        let raw = match payload.remove("is_raw") {
            None => false,
            Some(value) => as_flag(&value).ok_or_else(|| wrong("payload[is_raw]", "a boolean"))?,
        };
        data_source(payload.remove("data_source"))?;
        let (schema, single) = schema(payload.remove("schema"))?;
        let Some(Value::Array(data)) = payload.remove("data") else { return Err(wrong("payload[data]", "an array")) };
        if data.is_empty() || data.len() > limits::PEOPLE_MAX {
            return Err(Refusal::parameter(format_args!("Param payload[data] must have 1 to {} entries.", limits::PEOPLE_MAX)));
        }
        let rows = data.iter().map(|row| read_row(&schema, single, row, raw)).collect::<Result<Vec<_>, _>>()?;
        let mut read = Self { schema, rows, warnings: Vec::new() };
        read.warn(call, &payload);
        Ok(read)
    }

    /// Whether people have a value.
    pub(super) fn is_value_based(&self) -> bool {
        self.schema.contains(&VALUE)
    }

    pub(super) fn people(&self) -> impl Iterator<Item = &Person> {
        self.rows.iter().filter_map(|row| row.as_ref().ok())
    }

    fn warn(&mut self, call: &Call, rest: &Map<String, Value>) {
        let unknown = rest.keys().filter(|name| !KNOWN.contains(&name.as_str()));
        let mut warnings: Vec<Warning> = unknown.map(|name| call.warning("unknown-parameter", format!("payload.{name}"))).collect();
        let nothing = sha256_hex("");
        let mut seen = BTreeSet::new();
        for (at, row) in self.rows.iter().enumerate() {
            let Ok(person) = row else { continue };
            // "A value that normalizes to nothing must be sent as "", never hashed."
            if let Some((key, _)) = person.names().find(|(_, value)| **value == nothing) {
                warnings.push(call.warning("hash-of-nothing", format!("data[{at}].{key}")));
            }
            if !seen.insert(person.key()) {
                warnings.push(call.warning("same-person-twice", format!("data[{at}]")));
            }
        }
        self.warnings = warnings;
    }
}

/// Columns, and whether rows may be single texts: a schema that is one name.
fn schema(value: Option<Value>) -> Result<(Vec<&'static str>, bool), Refusal> {
    let value = value.ok_or_else(|| Refusal::required("payload[schema]"))?;
    let names: Vec<String> = match &value {
        Value::String(name) => vec![name.clone()],
        value => serde_json::from_value(value.clone()).map_err(|_| wrong("payload[schema]", "a string or an array of strings"))?,
    };
    let mut keys = Vec::with_capacity(names.len());
    for name in &names {
        let key = key(name).ok_or_else(|| Refusal::parameter(format_args!("Param payload[schema] has an invalid key: {name}.")))?;
        if keys.contains(&key) {
            return Err(Refusal::parameter(format_args!("Param payload[schema] has the key {name} twice.")));
        }
        keys.push(key);
    }
    if keys.is_empty() {
        return Err(wrong("payload[schema]", "a string or an array of strings"));
    }
    Ok((keys, names.len() == 1))
}

fn read_row(schema: &[&'static str], single: bool, row: &Value, raw: bool) -> Result<Result<Person, String>, Refusal> {
    let cells = match row {
        Value::Array(cells) => cells.as_slice(),
        _ if single => std::slice::from_ref(row),
        _ => return Err(wrong("payload[data]", "an array of arrays")),
    };
    if cells.len() != schema.len() {
        let sizes = format_args!("An entry of payload[data] has {} values, but the schema has {} keys.", cells.len(), schema.len())
            .to_string();
        return Err(Refusal::parameter(sizes));
    }
    let kept: Option<BTreeMap<&'static str, String>> =
        schema.iter().zip(cells).map(|(key, value)| Some((*key, cell(key, value, raw)?))).collect();
    let person = kept.map(|mut cells| {
        cells.retain(|_, value| !value.is_empty());
        Person::new(cells)
    });
    let entry = || match row {
        Value::String(text) => text.clone(),
        row => row.to_string(),
    };
    Ok(person.filter(|person| !person.is_nobody()).ok_or_else(entry))
}

/// How the people were found: words of the vendor's description.
fn data_source(value: Option<Value>) -> Result<(), Refusal> {
    let Some(value) = value.filter(|value| !value.is_null()) else { return Ok(()) };
    let Value::Object(source) = value else { return Err(wrong("payload[data_source]", "an object")) };
    for (name, words) in [("type", TYPES.as_slice()), ("sub_type", SUB_TYPES.as_slice())] {
        if source.get(name).is_some_and(|said| !words.iter().any(|word| said == word)) {
            return Err(Refusal::parameter(format_args!(
                "Param payload[data_source][{name}] must be one of {{{}}}",
                words.join(", ")
            )));
        }
    }
    Ok(())
}
