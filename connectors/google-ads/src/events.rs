//! Conversion events: `events:ingest`. Google tells events of one conversion action apart by their transaction id, and merges those that
//! have the same: an event sent twice is one. What each service asks of an event beside that is [`Purpose`].
//!
//! `event.proto` of the Data Manager API (googleapis at f8291d2 of 2026-08-22, read 2026-11).

use sluice_sdk::json::Writer;
use sluice_sdk::serde_json::json;
use sluice_sdk::{Call, Cells, ColumnView, Halt, Null, Operation, Outcome, Reason, Rows, Value, Written, code};

use crate::consent::{self, Consent};
use crate::ingest::Ingest;
use crate::people::People;
use crate::settings::{ConversionOptions, Settings};
use crate::timing;

/// What an event is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To say whose a conversion is that a tag has recorded: it has contact data.
    Enhances,
    /// To record a conversion: it has contact data or a click.
    Records,
    /// To restate a conversion's value: it has a value, and a conversion of the right age.
    Adjusts,
}

/// Fields that are an event's members by their own name.
const PLAIN: [&str; 3] = ["conversionValue", "currency", "cartData"];
const SOURCE: &str = "eventSource";
/// Places in front of the names of fields that stand in objects of their own.
const WITHIN: [&str; 4] = ["adIdentifiers.", "landingPageDeviceInfo.", "eventDeviceInfo.", "userProperties."];
const TRANSACTION: &str = "transactionId";

/// Every other attribute is a custom variable of the account.
fn is_custom(name: &str) -> bool {
    let known = PLAIN.contains(&name) || consent::FIELDS.contains(&name) || [SOURCE, TRANSACTION].contains(&name);
    !known && !WITHIN.iter().any(|place| name.starts_with(place))
}

/// Sends a batch of events.
pub(crate) fn write(call: &Call<'_>, rows: &Rows<'_>, purpose: Purpose) -> Result<Written, Halt> {
    if call.operation()? != Operation::Append {
        return Err(call.unsupported());
    }
    let (settings, options): (_, ConversionOptions) = (Settings::of(call)?, call.options()?);
    let mapped = |column: Option<&ColumnView<'_>>, name: &str| match column {
        Some(_) => Ok(()),
        None => Err(Halt::config(&format!("`{name}` must be mapped"))),
    };
    mapped(rows.column(TRANSACTION), TRANSACTION)?;
    mapped(rows.role("event-time"), "eventTimestamp")?;
    if purpose == Purpose::Adjusts {
        PLAIN[..2].iter().try_for_each(|name| mapped(rows.column(name), name))?;
    }
    let attributes = || rows.with_role("attribute").copied();
    let event = Event {
        purpose,
        now_ms: call.now_ms(),
        people: People::of(rows)?,
        consent: Consent::of(call, rows)?,
        transaction: rows.column(TRANSACTION).copied(),
        time: rows.role("event-time").copied(),
        source: (rows.column(SOURCE).copied(), options.event_source.as_deref()),
        value: rows.column(PLAIN[0]).copied(),
        currency: rows.column(PLAIN[1]).copied(),
        plain: Cells::new(attributes().filter(|column| PLAIN.contains(&column.name()))).checked_by(is_object),
        within: WITHIN.map(|place| Cells::under(place, attributes())),
        custom: attributes().filter(|column| is_custom(column.name())).collect(),
    };
    let mut head = vec![("destinations", settings.destinations(options.action()?)), ("encoding", json!("HEX"))];
    head.extend(event.consent.of_request().map(|consent| ("consent", consent)));
    Ingest { path: "/events:ingest", head, array: "events", rows: rows.len() }
        .send(call, &settings, |body, row| event.write(body, row))
}

struct Event<'a> {
    purpose: Purpose,
    now_ms: u64,
    people: People<'a>,
    consent: Consent<'a>,
    transaction: Option<ColumnView<'a>>,
    time: Option<ColumnView<'a>>,
    source: (Option<ColumnView<'a>>, Option<&'a str>),
    value: Option<ColumnView<'a>>,
    currency: Option<ColumnView<'a>>,
    plain: Cells<'a>,
    within: [Cells<'a>; 4],
    custom: Vec<ColumnView<'a>>,
}

impl Event<'_> {
    fn write(&self, body: &mut Writer, row: usize) -> Result<(), Outcome> {
        let transaction = transaction_id(self.transaction.and_then(|column| column.text(row)))?;
        let Some((time, Value::Timestamp(at))) = self.time.and_then(|column| Some((column, column.cell(row).value()?))) else {
            return Err(bad("an event has a time", "eventTimestamp"));
        };
        if self.purpose == Purpose::Adjusts {
            timing::may_change(self.now_ms, at, time.name())?;
        }
        body.name(TRANSACTION);
        body.string(transaction);
        body.name("eventTimestamp");
        body.value(Value::Timestamp(at));
        if let Some(source) = self.source.0.and_then(|column| column.text(row)).or(self.source.1) {
            body.name(SOURCE);
            body.string(source);
        }
        self.values(body, row)?;
        let named = self.people.user_data(body, row)?;
        let [ad, landing, device, user] = &self.within;
        let mut clicked = false;
        object(body, "adIdentifiers", |body| {
            clicked = self.people.clicks(body, row)?;
            ad.write(body, row, Null::LeftOut)?;
            object(body, "landingPageDeviceInfo", |body| landing.write(body, row, Null::LeftOut))
        })?;
        if !named && (!clicked || self.purpose == Purpose::Enhances) {
            return Err(self.people.nobody().into());
        }
        object(body, "eventDeviceInfo", |body| device.write(body, row, Null::LeftOut))?;
        object(body, "userProperties", |body| user.write(body, row, Null::LeftOut))?;
        self.variables(body, row);
        self.consent.write(body, row);
        Ok(())
    }

    fn values(&self, body: &mut Writer, row: usize) -> Result<(), Outcome> {
        let currency = self.currency.and_then(|column| column.text(row));
        if currency.is_some_and(|word| word.len() != 3 || !word.bytes().all(|b| b.is_ascii_uppercase())) {
            return Err(bad("a currency is three capitals of ISO 4217, like EUR", PLAIN[1]));
        }
        let valued = self.value.is_some_and(|column| column.cell(row).value().is_some());
        if self.purpose == Purpose::Adjusts && !(valued && currency.is_some()) {
            return Err(bad("an adjustment has a value and its currency", PLAIN[0]));
        }
        Ok(self.plain.write(body, row, Null::LeftOut)?)
    }

    fn variables(&self, body: &mut Writer, row: usize) {
        let mut said = self.custom.iter().filter_map(|column| Some((column.name(), column.text(row)?))).peekable();
        if said.peek().is_none() {
            return;
        }
        body.name("customVariables");
        body.begin_array();
        for (name, value) in said {
            body.begin_object();
            body.name("variable");
            body.string(name);
            body.name("value");
            body.string(value);
            body.end_object();
        }
        body.end_array();
    }
}

/// "Purely numeric: a bare 400 on `events[n]`, and `validateOnly` does not catch it" (observed 2026-08-18 by an independent project).
fn transaction_id(text: Option<&str>) -> Result<&str, Outcome> {
    match text {
        None | Some("") => Err(bad("an event has a transaction id", TRANSACTION)),
        Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => {
            let message =
                "Google refuses transaction ids of digits alone: put letters in front of them, in the tag as well (ORD-1042)";
            Err(bad(message, TRANSACTION))
        }
        Some(id) => Ok(id),
    }
}

#[cold]
fn bad(message: &str, field: &str) -> Outcome {
    Outcome::Rejected(Reason::new(code::BAD_FORMAT, message).field(field))
}

fn is_object(value: Value<'_>) -> Result<(), Reason> {
    match value {
        Value::Json(text) if !text.trim_start().starts_with('{') => {
            Err(Reason::new(code::BAD_FORMAT, "a cart is an object: `merchantId`, `items`, …"))
        }
        _ => Ok(()),
    }
}

/// A member that is an object, where `write` has something to write into it.
fn object(body: &mut Writer, name: &'static str, write: impl FnOnce(&mut Writer) -> Result<(), Reason>) -> Result<(), Reason> {
    let start = body.mark();
    body.name(name);
    body.begin_object();
    let empty = body.mark();
    write(body)?;
    if body.len_since(empty) == 0 {
        body.rewind(start);
    } else {
        body.end_object();
    }
    Ok(())
}

#[cfg(test)]
mod tests;
