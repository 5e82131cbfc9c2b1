//! Events of profiles: `POST /profiles/update` with `events`, up to 15 for each custom id. Batch gives events no id and removes no
//! repeats: an event sent twice is two. It takes those of the last 24 hours.
//!
//! "Update profile" of doc.batch.com/developer/api/cep/profiles, read 2026-11.

use sluice_sdk::json::Writer;
use sluice_sdk::{Call, ColumnView, Effect, Halt, Object, Operation, Reason, Rows, Value, Window, Written};

use crate::attributes::{self, Attributes, Place};
use crate::custom_id::CustomIds;
use crate::operations::{self, Endpoint};
use crate::settings::ProjectOptions;

/// "15 events per profile operation"; a user's further ones are for another call.
const EVENTS_MAX: usize = 15;
/// "Only events of the last 24 hours", less five minutes that a call and its wait may take (the margin of a client of 2026). "None in the
/// future".
const WINDOW: Window = Window {
    age_ms_max: (24 * 60 - 5) * 60_000,
    older: "Batch takes events of the last 24 hours, and this one is older",
    later: "Batch takes no events of the future",
};

/// Sends a batch of events.
pub(crate) fn write(call: &Call<'_>, rows: &Rows<'_>) -> Result<Written, Halt> {
    let options: ProjectOptions = call.options()?;
    call.only(Operation::Append)?;
    let properties = rows.with_role("attribute").filter(|column| column.name() != "name").copied();
    let events = Events {
        ids: CustomIds::of(rows)?,
        name: rows.needed("name")?,
        time: rows.role("event-time").copied(),
        now_ms: call.now_ms(),
        attributes: Attributes::of(Place::Event, properties, &options.url_attributes)?,
    };
    operations::send(call, rows, Endpoint::Update, Effect::Once, &events)
}

struct Events<'a> {
    ids: CustomIds<'a>,
    name: ColumnView<'a>,
    time: Option<ColumnView<'a>>,
    now_ms: u64,
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
            WINDOW.check(self.now_ms, micros).map_err(|reason| reason.field(time.name()))?;
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

#[cfg(test)]
mod tests;
