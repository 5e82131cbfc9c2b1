//! Events of profiles: `POST /profiles/update` with `events`, up to 15 for each custom id. Batch gives events no id and removes no
//! repeats: an event sent twice is two. It takes those of the last 24 hours.
//!
//! "Update profile" of doc.batch.com/developer/api/cep/profiles, read 2026-11.

use sluice_sdk::json::Writer;
use sluice_sdk::{Call, ColumnView, Effect, Halt, Object, Operation, Reason, Rows, Value, Written, code};

use crate::attributes::{self, Attributes, Place};
use crate::custom_id::CustomIds;
use crate::operations::{self, Endpoint};
use crate::settings::ProjectOptions;

/// "15 events per profile operation"; a user's further ones are for another call.
const EVENTS_MAX: usize = 15;
const MINUTE_MS: i64 = 60_000;
/// "Only events of the last 24 hours", less five minutes that a call and its wait may take (the margin of a client of 2026).
const AGE_MS_MAX: i64 = (24 * 60 - 5) * MINUTE_MS;
/// "None in the future". The only clock here stands at the beginning of the run, so what happened while the run read its rows is
/// later than it. An hour later than that is a wrong clock or a wrong time zone.
const AHEAD_MS_MAX: i64 = 60 * MINUTE_MS;

/// Sends a batch of events.
pub(crate) fn write(call: &Call<'_>, rows: &Rows<'_>) -> Result<Written, Halt> {
    let options: ProjectOptions = call.options()?;
    call.only(Operation::Append)?;
    let properties = rows.with_role("attribute").filter(|column| column.name() != "name").copied();
    let events = Events {
        ids: CustomIds::of(rows)?,
        name: rows.needed("name")?,
        time: rows.role("event-time").copied(),
        now_ms: i64::try_from(call.now_ms()).unwrap_or(i64::MAX),
        attributes: Attributes::of(Place::Event, properties, &options.url_attributes)?,
    };
    operations::send(call, rows, Endpoint::Update, Effect::Once, &events)
}

struct Events<'a> {
    ids: CustomIds<'a>,
    name: ColumnView<'a>,
    time: Option<ColumnView<'a>>,
    now_ms: i64,
    attributes: Attributes<'a>,
}

impl Object for Events<'_> {
    fn id(&self, row: usize) -> Result<&str, Reason> {
        self.ids.get(row)
    }

    fn check(&self, row: usize) -> Result<(), Reason> {
        if !self.name.text(row).is_some_and(attributes::is_name) {
            return Err(Reason::bad("an event's name has 1 to 30 letters `a` to `z`, digits and `_`").field("name"));
        }
        if let Some((time, Value::Timestamp(micros))) = self.time.and_then(|time| Some((time, time.cell(row).value()?))) {
            self.in_time(micros.div_euclid(1000)).map_err(|reason| reason.field(time.name()))?;
        }
        self.attributes.check(row)
    }

    fn joins(&self, inside: &[u32], _row: usize) -> bool {
        inside.len() < EVENTS_MAX
    }

    fn write(&self, body: &mut Writer, id: &str, rows: &[u32]) {
        operations::identifiers(body, id);
        let event = |body: &mut Writer, row: u32| {
            body.member("name", self.name.text(row as usize).unwrap_or_default());
            if let Some(time) = self.time.and_then(|time| time.cell(row as usize).value()) {
                body.member("time", time);
            }
            if !self.attributes.is_empty() {
                body.object("attributes", |body| self.attributes.write(body, &[row]));
            }
        };
        body.array("events", |body| rows.iter().for_each(|row| body.item(|body| event(body, *row))));
    }
}

impl Events<'_> {
    fn in_time(&self, time_ms: i64) -> Result<(), Reason> {
        if time_ms < self.now_ms.saturating_sub(AGE_MS_MAX) {
            return Err(Reason::new(code::TOO_OLD, "Batch takes events of the last 24 hours, and this one is older"));
        }
        if time_ms > self.now_ms.saturating_add(AHEAD_MS_MAX) {
            return Err(Reason::bad("Batch takes no events of the future"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
