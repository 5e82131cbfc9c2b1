//! Custom events: `POST /users/track` with `events`. Braze gives events no id and removes no repeats: an event sent twice is two.
//!
//! "Event object" of braze.com/docs/api/objects_filters/event_object, read 2026-11.

use sluice_sdk::json::Writer;
use sluice_sdk::{Call, Cell, Cells, ColumnView, Effect, Halt, Null, Operation, Reason, Rows, Written, code};

use crate::cells;
use crate::identity::Identity;
use crate::settings::EventsOptions;
use crate::track::{self, Request};
use crate::wire::Array;

/// Bytes of `properties` in one event: "50 KB" ("Event object"), read as decimal, the stricter way. A larger event is refused by name
/// before it is sent.
const PROPERTIES_BYTES_MAX: usize = 50_000;

/// Sends a batch of events.
pub(crate) fn write(call: &Call<'_>, rows: &Rows<'_>) -> Result<Written, Halt> {
    let options: EventsOptions = call.options()?;
    call.only(Operation::Append)?;
    let event = Event {
        identity: Identity::of(rows, options.user_alias_label.as_deref())?,
        name: rows.needed("name")?,
        time: rows.needed_role("event-time", "time")?,
        app_id: rows.attribute("app_id"),
        existing_only: options.update_existing_only,
        properties: cells::properties(rows.with_role("attribute").filter(|c| !matches!(c.name(), "name" | "app_id")).copied()),
    };
    let object_bytes_guess = 160 + event.properties.bytes_guess();
    let request = Request { array: Array::Events, effect: Effect::Once, object_bytes_guess };
    track::send(call, rows, request, |body, row| event.write(body, row))
}

struct Event<'a> {
    identity: Identity<'a>,
    name: ColumnView<'a>,
    time: ColumnView<'a>,
    app_id: Option<ColumnView<'a>>,
    existing_only: bool,
    properties: Cells<'a>,
}

impl Event<'_> {
    fn write(&self, body: &mut Writer, row: usize) -> Result<(), Reason> {
        self.identity.write(body, row)?;
        let name = self.name.text(row).filter(|name| !name.is_empty() && !name.starts_with('$'));
        body.member("name", name.ok_or_else(|| Reason::bad("an event has a name that does not begin with `$`").field("name"))?);
        let Cell::Value(time) = self.time.cell(row) else { return Err(Reason::bad("an event has a time").field("time")) };
        body.member("time", time);
        if let Some(app_id) = self.app_id.and_then(|c| c.text(row)) {
            body.member("app_id", app_id);
        }
        body.member("_update_existing_only", self.existing_only);
        if self.properties.is_empty() {
            return Ok(());
        }
        body.name("properties");
        let start = body.mark();
        body.begin_object();
        self.properties.write(body, row, Null::LeftOut)?;
        body.end_object();
        if body.len_since(start) > PROPERTIES_BYTES_MAX {
            return Err(
                Reason::new(code::TOO_LARGE, "the properties are larger than the 50 KB that Braze takes").field("properties")
            );
        }
        Ok(())
    }
}
