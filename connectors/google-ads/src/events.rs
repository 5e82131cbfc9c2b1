//! Conversion events: `events:ingest`. Google tells events of one conversion action apart by their transaction id, and merges those that
//! have the same: an event sent twice is one. What each service asks of an event beside that is [`Purpose`].
//!
//! `event.proto` of the Data Manager API (googleapis at f8291d2 of 2026-08-22, read 2026-11).

use sluice_sdk::json::Writer;
use sluice_sdk::serde_json::json;
use sluice_sdk::{Call, Cells, ColumnView, Halt, Null, Operation, Outcome, Reason, Rows, Value, Written};

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
    call.only(Operation::Append)?;
    let (settings, options): (_, ConversionOptions) = (Settings::of(call)?, call.options()?);
    if purpose == Purpose::Adjusts {
        PLAIN[..2].iter().try_for_each(|name| rows.needed(name).map(|_| ()))?;
    }
    let attributes = || rows.with_role("attribute").copied();
    let event = Event {
        purpose,
        now_ms: call.now_ms(),
        people: People::of(rows)?,
        consent: Consent::of(call, rows)?,
        transaction: rows.needed(TRANSACTION)?,
        time: rows.needed_role("event-time", "eventTimestamp")?,
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
    transaction: ColumnView<'a>,
    time: ColumnView<'a>,
    source: (Option<ColumnView<'a>>, Option<&'a str>),
    value: Option<ColumnView<'a>>,
    currency: Option<ColumnView<'a>>,
    plain: Cells<'a>,
    within: [Cells<'a>; 4],
    custom: Vec<ColumnView<'a>>,
}

impl Event<'_> {
    fn write(&self, body: &mut Writer, row: usize) -> Result<(), Outcome> {
        let transaction = transaction_id(self.transaction.text(row))?;
        let Some(Value::Timestamp(at)) = self.time.cell(row).value() else {
            return Err(Reason::bad("an event has a time").field("eventTimestamp").into());
        };
        if self.purpose == Purpose::Adjusts {
            timing::may_change(self.now_ms, at, self.time.name())?;
        }
        body.member(TRANSACTION, transaction);
        body.member("eventTimestamp", Value::Timestamp(at));
        if let Some(source) = self.source.0.and_then(|column| column.text(row)).or(self.source.1) {
            body.member(SOURCE, source);
        }
        self.values(body, row)?;
        let named = self.people.user_data(body, row)?;
        let [ad, landing, device, user] = &self.within;
        let mut clicked = false;
        body.object_if_any("adIdentifiers", |body| {
            clicked = self.people.clicks(body, row)?;
            ad.write(body, row, Null::LeftOut)?;
            body.object_if_any("landingPageDeviceInfo", |body| landing.write(body, row, Null::LeftOut)).map(|_| ())
        })?;
        if !named && (!clicked || self.purpose == Purpose::Enhances) {
            return Err(self.people.nobody().into());
        }
        body.object_if_any("eventDeviceInfo", |body| device.write(body, row, Null::LeftOut))?;
        body.object_if_any("userProperties", |body| user.write(body, row, Null::LeftOut))?;
        self.variables(body, row);
        self.consent.write(body, row);
        Ok(())
    }

    fn values(&self, body: &mut Writer, row: usize) -> Result<(), Outcome> {
        let currency = self.currency.and_then(|column| column.text(row));
        if currency.is_some_and(|word| word.len() != 3 || !word.bytes().all(|b| b.is_ascii_uppercase())) {
            return Err(Reason::bad("a currency is three capitals of ISO 4217, like EUR").field(PLAIN[1]).into());
        }
        let valued = self.value.is_some_and(|column| column.cell(row).value().is_some());
        if self.purpose == Purpose::Adjusts && !(valued && currency.is_some()) {
            return Err(Reason::bad("an adjustment has a value and its currency").field(PLAIN[0]).into());
        }
        Ok(self.plain.write(body, row, Null::LeftOut)?)
    }

    fn variables(&self, body: &mut Writer, row: usize) {
        let mut said = self.custom.iter().filter_map(|column| Some((column.name(), column.text(row)?))).peekable();
        if said.peek().is_none() {
            return;
        }
        let variable = |body: &mut Writer, (name, value): (&str, &str)| {
            body.member("variable", name);
            body.member("value", value);
        };
        body.array("customVariables", |body| said.for_each(|said| body.item(|body| variable(body, said))));
    }
}

/// "Purely numeric: a bare 400 on `events[n]`, and `validateOnly` does not catch it" (observed 2026-08-18 by an independent project).
fn transaction_id(text: Option<&str>) -> Result<&str, Outcome> {
    match text {
        None | Some("") => Err(Reason::bad("an event has a transaction id").field(TRANSACTION).into()),
        Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => {
            let message =
                "Google refuses transaction ids of digits alone: put letters in front of them, in the tag as well (ORD-1042)";
            Err(Reason::bad(message).field(TRANSACTION).into())
        }
        Some(id) => Ok(id),
    }
}

fn is_object(value: Value<'_>) -> Result<(), Reason> {
    match value {
        Value::Json(text) if !text.trim_start().starts_with('{') => {
            Err(Reason::bad("a cart is an object: `merchantId`, `items`, …"))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
