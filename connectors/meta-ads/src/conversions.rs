//! Conversion events of a dataset (pixel): `POST /{dataset}/events`. One bad event spoils its request, so what can be known beforehand is
//! checked here: the time, and what an event of its source and name must have. Of events with one id and name Meta keeps the first for 48
//! hours, from servers and from browsers.
//!
//! conversions-api/parameters/server-event, using-the-api, offline-events (2026-01-05) and deduplicate-pixel-and-server-events of
//! developers.facebook.com, read 2026-11-27.

use sluice_sdk::json::{Key as Name, Writer};
use sluice_sdk::{Call, Cell, Cells, ColumnView, Effect, Halt, Null, Operation, Reason, Rows, Value, Window, Written, code};

use crate::keys::Key;
use crate::outcomes;
use crate::settings::{ConversionsOptions, Settings};

const DAY_MS: i64 = 86_400_000;
/// "Max 7 days old, else the entire request fails." "Not in the future."
const WINDOW: Window = Window {
    age_ms_max: 7 * DAY_MS,
    older: "Meta takes events of the last 7 days, in shops (`physical_store`) of the last 62, and this one is older",
    later: "Meta takes no events of the future",
};
/// In shops (inferred).
const IN_SHOPS: Window = Window { age_ms_max: 62 * DAY_MS, ..WINDOW };

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
    call.only(Operation::Append)?;
    let events = Events::of(call, rows, options.limited_data_use)?;
    let head = |body: &mut Writer| options.test_event_code.iter().for_each(|code| body.member("test_event_code", code));
    let (body, places) = call.body(head, ("data", rows.len(), 1024), |body, row| events.write(body, row))?;
    // Recognised by its ids, as long as `repeat` of the manifest says.
    let request = settings.request(call, "POST", &format!("{}/events", settings.dataset()?)).effect(Effect::Repeatable).json(body);
    places.send(request, |answer| outcomes::of_events(&places, answer))
}

struct Events<'a> {
    now_ms: u64,
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
        let is_person = |column: &ColumnView<'a>| HASHED.contains(&column.name()) || PLAIN.contains(&column.name());
        let person = rows.with_role("identifier").chain(rows.with_role("attribute").filter(|column| is_person(column)));
        let others =
            || rows.with_role("attribute").filter(|column| !is_person(column) && !WRITTEN.contains(&column.name())).copied();
        let is_of_event = |column: &ColumnView<'a>| OF_EVENT.contains(&column.name());
        Ok(Self {
            // Meta takes whole seconds.
            now_ms: call.now_ms() / 1000 * 1000,
            name: rows.needed("event_name")?,
            source: rows.needed("action_source")?,
            time: rows.needed_role("event-time", "event_time")?,
            id: rows.role("event-id").copied(),
            url: rows.attribute("event_source_url"),
            agent: rows.attribute("client_user_agent"),
            value: rows.attribute("value"),
            currency: rows.attribute("currency"),
            limited,
            of_event: Cells::new(others().filter(is_of_event)),
            person: person
                .map(|column| (Name::new(column.identifier().unwrap_or(column.name())), Key::of(*column, PLAIN)))
                .collect(),
            custom: Cells::new(others().filter(|column| !is_of_event(column))),
        })
    }

    fn write(&self, body: &mut Writer, row: usize) -> Result<(), Reason> {
        let name = self
            .name
            .text(row)
            .filter(|name| !name.is_empty())
            .ok_or_else(|| Reason::bad("an event has a name").field("event_name"))?;
        let source = self.source.text(row).filter(|source| SOURCES.contains(source));
        let source =
            source.ok_or_else(|| Reason::bad("the source is one of Meta's words, for example `website`").field("action_source"))?;
        body.member("event_name", name);
        body.member("event_time", self.seconds(row, source)?);
        body.name("action_source");
        body.plain(source);
        if let Some(id) = self.id.and_then(|column| column.text(row)) {
            body.member("event_id", id);
        }
        self.has_what_it_needs(row, name, source)?;
        self.of_event.write(body, row, Null::LeftOut)?;
        if self.limited {
            body.array("data_processing_options", |body| body.plain("LDU"));
            // Meta finds out by itself where the person is.
            body.member("data_processing_options_country", 0);
            body.member("data_processing_options_state", 0);
        }
        self.write_person(body, row)?;
        if !self.custom.is_empty() {
            body.object("custom_data", |body| self.custom.write(body, row, Null::LeftOut))?;
        }
        Ok(())
    }

    /// The event's time in whole seconds, which is not older than Meta takes.
    fn seconds(&self, row: usize, source: &str) -> Result<i64, Reason> {
        let Cell::Value(Value::Timestamp(micros)) = self.time.cell(row) else {
            return Err(Reason::bad("an event has a time").field("event_time"));
        };
        let window = if source == "physical_store" { IN_SHOPS } else { WINDOW };
        let seconds = micros.div_euclid(1_000_000);
        window.check(self.now_ms, seconds * 1_000_000).map_err(|reason| reason.field("event_time"))?;
        Ok(seconds)
    }

    fn has_what_it_needs(&self, row: usize, name: &str, source: &str) -> Result<(), Reason> {
        let text = |column: Option<ColumnView<'a>>| column.and_then(|column| column.text(row)).unwrap_or_default();
        if source == "website" {
            for (column, field) in [(self.url, "event_source_url"), (self.agent, "client_user_agent")] {
                if text(column).is_empty() {
                    return Err(
                        Reason::bad("an event of a website has the page's address and the browser's user agent").field(field)
                    );
                }
            }
        }
        let currency = text(self.currency);
        let is_code = currency.len() == 3 && currency.bytes().all(|byte| byte.is_ascii_uppercase());
        if !currency.is_empty() && !is_code {
            return Err(Reason::bad("a currency has three upper-case letters (ISO 4217)").field("currency"));
        }
        if name == "Purchase" {
            if self.value.and_then(|column| column.cell(row).value()).is_none() {
                return Err(Reason::bad("a purchase has a value").field("value"));
            }
            if currency.is_empty() {
                return Err(Reason::bad("a purchase has a currency").field("currency"));
            }
        }
        Ok(())
    }

    fn write_person(&self, body: &mut Writer, row: usize) -> Result<(), Reason> {
        let mut known = false;
        body.object("user_data", |body| {
            self.person.iter().try_for_each(|(name, key)| {
                let value = key.value(row)?;
                if !value.is_empty() {
                    known |= key.identifies;
                    body.key(name);
                    key.write(body, value);
                }
                Ok(())
            })
        })?;
        if known { Ok(()) } else { Err(Reason::new(code::NO_IDENTIFIER, "the event says of nobody whose it is")) }
    }
}

#[cfg(test)]
mod tests;
