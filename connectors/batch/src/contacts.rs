//! Custom data of the users of apps: `POST /1.0/{app}/data/users`, the same for each app that is set, because Batch keeps iOS, Android
//! and Web apart. Only users whom the app knows get it; nobody is made. Only what changed is sent (`overwrite` is false).
//!
//! "Set or update" of the Custom Data API (doc.batch.com/api/custom-data-api/set-update), read 2026-11.

use sluice_sdk::json::Writer;
use sluice_sdk::{Call, Halt, Operation, Receipts, Rows, Written};

use crate::attributes::Place;
use crate::outcomes;
use crate::people::People;
use crate::settings::{App, Settings};

/// Sends a batch of users to one app after the other; the first that does not take it is the last that is asked.
pub(crate) fn write(call: &Call<'_>, rows: &Rows<'_>) -> Result<Written, Halt> {
    // An upsert is of users who stay (clear-fields-on-exit): Batch has no other way than to leave strangers alone.
    if !matches!(call.operation()?, Operation::Update | Operation::Upsert) {
        return Err(call.unsupported());
    }
    let settings = Settings::of(call)?;
    let apps = settings.apps()?;
    let contacts = People::of(rows, Place::App, &[], open)?;
    let mut body = Writer::with_capacity(64 + rows.len() * (96 + rows.columns().len() * 40));
    let groups = call.grouped(&mut body, rows.len(), &contacts)?;
    if groups.places().sent() == 0 {
        return Ok(groups.places().finish(Receipts::accepted()));
    }
    for (at, app) in apps.iter().enumerate() {
        if let Err(ended) = outcomes::of_custom_data(at, app.post(call, body.clone()).send()) {
            return groups.places().ended(if at == 0 { ended } else { outcomes::after_another_app(ended) });
        }
    }
    Ok(groups.places().finish(Receipts::accepted()))
}

/// Sends nothing about nobody.
pub(crate) fn check(call: &Call<'_>, app: &App, at: usize) -> Result<(), Halt> {
    let mut body = Writer::default();
    body.raw(r#"[{"id":"sluice-connection-check","update":{"overwrite":false,"values":{}}}]"#);
    outcomes::of_app_check(at, app.post(call, body).send())
}

fn open(body: &mut Writer, id: &str) -> usize {
    body.member("id", id);
    body.name("update");
    body.begin_object();
    body.member("overwrite", false);
    body.name("values");
    body.begin_object();
    2
}

#[cfg(test)]
mod tests;
