//! Conversion events of a dataset (pixel): `POST /{dataset}/events`. One bad event spoils its request, so what can be known beforehand is
//! checked here: the time, and what an event of its source and name must have. Of events with one id and name Meta keeps the first for 48
//! hours, from servers and from browsers.
//!
//! conversions-api/parameters/server-event, using-the-api, offline-events (2026-01-05) and deduplicate-pixel-and-server-events of
//! developers.facebook.com, read 2026-11-27.

use sluice_sdk::json::{Key as Name, Writer};
use sluice_sdk::{Call, Cell, Cells, ColumnView, Effect, Halt, Null, Operation, Reason, Rows, Value, Written, code};

use crate::keys::Key;
use crate::outcomes;
use crate::settings::{ConversionsOptions, Settings};

const DAY_S: i64 = 86_400;
/// "Max 7 days old, else the entire request fails."
const AGE_S_MAX: i64 = 7 * DAY_S;
/// In shops (inferred).
const AGE_IN_SHOP_S_MAX: i64 = 62 * DAY_S;
/// "Not in the future." The only clock here stands at the beginning of the run, so what happened while the run read its rows is later than
/// it. What is later than this has a wrong clock or a wrong time zone.
const AHEAD_S_MAX: i64 = 3600;

/// `action_source`, all there are.
const SOURCES: &[&str] =
    &["email", "website", "app", "phone_call", "chat", "physical_store", "system_generated", "business_messaging", "other"];
/// Members of the event itself that are sent as they are; the others that are mapped are about the person, or in `custom_data`.
const OF_EVENT: &[&str] = &["event_source_url", "opt_out", "app_data", "attribution_data", "original_event_data"];
/// Members of `user_data` that Meta takes hashed.
const HASHED: &[&str] = &["em", "ph", "ge", "db", "ln", "fn", "ct", "st", "zp", "country", "external_id"];
/// Members of `user_data` that Meta takes as they are.
const PLAIN: &[&str] = &[
    "client_ip_address",
    "client_user_agent",
    "fbc",
    "fbp",
    "subscription_id",
    "lead_id",
    "madid",
    "anon_id",
    "page_id",
    "page_scoped_user_id",
    "ctwa_clid",
];
/// Members of the event that this file writes itself.
const WRITTEN: &[&str] = &["event_name", "action_source"];

/// Sends a batch of events.
pub(crate) fn write(call: &Call<'_>, rows: &Rows<'_>) -> Result<Written, Halt> {
    let (settings, options) = (Settings::of(call)?, call.options::<ConversionsOptions>()?);
    if call.operation()? != Operation::Append {
        return Err(call.unsupported());
    }
    let events = Events::of(call, rows, options.limited_data_use)?;
    let mut body = Writer::with_capacity(256 + rows.len() * 1024);
    body.begin_object();
    if let Some(code) = &options.test_event_code {
        body.name("test_event_code");
        body.string(code);
    }
    body.name("data");
    let places = call.objects(&mut body, rows.len(), |body, row| events.write(body, row))?;
    body.end_object();
    // Recognised by its ids, as long as `repeat` of the manifest says.
    let request = settings.request(call, "POST", &format!("{}/events", settings.dataset()?)).effect(Effect::Repeatable).json(body);
    places.send(request, |answer| outcomes::of_events(&places, answer))
}

struct Events<'a> {
    now_s: i64,
    name: ColumnView<'a>,
    source: ColumnView<'a>,
    time: ColumnView<'a>,
    id: Option<ColumnView<'a>>,
    url: Option<ColumnView<'a>>,
    agent: Option<ColumnView<'a>>,
    value: Option<ColumnView<'a>>,
    currency: Option<ColumnView<'a>>,
    limited: bool,
    of_event: Cells<'a>,
    person: Vec<(Name, Key<'a>)>,
    custom: Cells<'a>,
}

impl<'a> Events<'a> {
    fn of(call: &Call<'_>, rows: &Rows<'a>, limited: bool) -> Result<Self, Halt> {
        let named = |name: &str| rows.with_role("attribute").find(|column| column.name() == name).copied();
        let mapped =
            |column: Option<ColumnView<'a>>, name: &str| column.ok_or_else(|| Halt::config(&format!("`{name}` must be mapped")));
        let is_person = |column: &ColumnView<'a>| HASHED.contains(&column.name()) || PLAIN.contains(&column.name());
        let person = rows.with_role("identifier").chain(rows.with_role("attribute").filter(|column| is_person(column)));
        let others =
            || rows.with_role("attribute").filter(|column| !is_person(column) && !WRITTEN.contains(&column.name())).copied();
        let is_of_event = |column: &ColumnView<'a>| OF_EVENT.contains(&column.name());
        Ok(Self {
            now_s: i64::try_from(call.now_ms() / 1000).unwrap_or(i64::MAX),
            name: mapped(named("event_name"), "event_name")?,
            source: mapped(named("action_source"), "action_source")?,
            time: mapped(rows.role("event-time").copied(), "event_time")?,
            id: rows.role("event-id").copied(),
            url: named("event_source_url"),
            agent: named("client_user_agent"),
            value: named("value"),
            currency: named("currency"),
            limited,
            of_event: Cells::new(others().filter(is_of_event)),
            person: person
                .map(|column| (Name::new(column.identifier().unwrap_or(column.name())), Key::of(*column, PLAIN)))
                .collect(),
            custom: Cells::new(others().filter(|column| !is_of_event(column))),
        })
    }

    fn write(&self, body: &mut Writer, row: usize) -> Result<(), Reason> {
        let name = self.name.text(row).filter(|name| !name.is_empty()).ok_or_else(|| bad("an event has a name", "event_name"))?;
        let source = self.source.text(row).filter(|source| SOURCES.contains(source));
        let source = source.ok_or_else(|| bad("the source is one of Meta's words, for example `website`", "action_source"))?;
        body.name("event_name");
        body.string(name);
        body.name("event_time");
        body.int(self.seconds(row, source)?);
        body.name("action_source");
        body.plain(source);
        if let Some(id) = self.id.and_then(|column| column.text(row)) {
            body.name("event_id");
            body.string(id);
        }
        self.has_what_it_needs(row, name, source)?;
        self.of_event.write(body, row, Null::LeftOut)?;
        if self.limited {
            body.name("data_processing_options");
            body.begin_array();
            body.plain("LDU");
            body.end_array();
            // Meta finds out by itself where the person is.
            body.name("data_processing_options_country");
            body.int(0);
            body.name("data_processing_options_state");
            body.int(0);
        }
        self.write_person(body, row)?;
        if !self.custom.is_empty() {
            body.name("custom_data");
            body.begin_object();
            self.custom.write(body, row, Null::LeftOut)?;
            body.end_object();
        }
        Ok(())
    }

    /// The event's time in whole seconds, which is not older than Meta takes.
    fn seconds(&self, row: usize, source: &str) -> Result<i64, Reason> {
        let Cell::Value(Value::Timestamp(micros)) = self.time.cell(row) else {
            return Err(bad("an event has a time", "event_time"));
        };
        let seconds = micros.div_euclid(1_000_000);
        let in_shop = source == "physical_store";
        if seconds < self.now_s.saturating_sub(if in_shop { AGE_IN_SHOP_S_MAX } else { AGE_S_MAX }) {
            let message = "Meta takes events of the last 7 days, in shops (`physical_store`) of the last 62, and this one is older";
            return Err(Reason::new(code::TOO_OLD, message).field("event_time"));
        }
        if seconds > self.now_s.saturating_add(AHEAD_S_MAX) {
            return Err(bad("Meta takes no events of the future", "event_time"));
        }
        Ok(seconds)
    }

    fn has_what_it_needs(&self, row: usize, name: &str, source: &str) -> Result<(), Reason> {
        let text = |column: Option<ColumnView<'a>>| column.and_then(|column| column.text(row)).unwrap_or_default();
        if source == "website" {
            for (column, field) in [(self.url, "event_source_url"), (self.agent, "client_user_agent")] {
                if text(column).is_empty() {
                    return Err(bad("an event of a website has the page's address and the browser's user agent", field));
                }
            }
        }
        let currency = text(self.currency);
        let is_code = currency.len() == 3 && currency.bytes().all(|byte| byte.is_ascii_uppercase());
        if !currency.is_empty() && !is_code {
            return Err(bad("a currency has three upper-case letters (ISO 4217)", "currency"));
        }
        if name == "Purchase" {
            if self.value.and_then(|column| column.cell(row).value()).is_none() {
                return Err(bad("a purchase has a value", "value"));
            }
            if currency.is_empty() {
                return Err(bad("a purchase has a currency", "currency"));
            }
        }
        Ok(())
    }

    fn write_person(&self, body: &mut Writer, row: usize) -> Result<(), Reason> {
        let mut known = false;
        body.name("user_data");
        body.begin_object();
        for (name, key) in &self.person {
            let value = key.value(row)?;
            if !value.is_empty() {
                known |= key.identifies;
                body.key(name);
                key.write(body, value);
            }
        }
        body.end_object();
        if known { Ok(()) } else { Err(Reason::new(code::NO_IDENTIFIER, "the event says of nobody whose it is")) }
    }
}

#[cold]
fn bad(message: &str, field: &str) -> Reason {
    Reason::new(code::BAD_FORMAT, message).field(field)
}

#[cfg(test)]
mod tests;
