//! Contacts: `POST /v1/contacts`, an object for each row, known by its address. Fields that are not mentioned stay as they are.

use sluice_sdk::json::Writer;
use sluice_sdk::{Call, Effect, Halt, Operation, Reason, Rows, Written};

use crate::outcomes;
use crate::settings::{self, BASE};

/// Sends a batch.
pub(crate) fn write(call: &Call<'_>, rows: &Rows<'_>) -> Result<Written, Halt> {
    if call.operation()? != Operation::Upsert {
        return Err(call.unsupported());
    }
    let (email, keys) = (settings::email(rows)?, rows.keys());
    let mut body = Writer::with_capacity(32 + rows.len() * 96);
    body.begin_object();
    body.name("contacts");
    // A row that the platform would refuse is not sent: it is told by name, and its neighbours go.
    let places = call.objects(&mut body, rows.len(), |body, row| {
        let (_, address) = email.first(row)?;
        body.name("email");
        body.string(address);
        body.name("fields");
        body.begin_object();
        for (key, column) in keys.iter().zip(rows.columns()).filter(|(_, column)| column.role() == "attribute") {
            body.cell(key, column.cell(row));
        }
        body.end_object();
        Ok::<_, Reason>(())
    })?;
    body.end_object();
    let request = call.post(format!("{BASE}/v1/contacts")).credential("api_key").pace("writes");
    places.send(request.effect(Effect::Repeatable).json(body), |answer| outcomes::of_contacts(&places, answer))
}
