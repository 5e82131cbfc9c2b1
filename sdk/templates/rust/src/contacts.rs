//! Contacts: `POST /v1/contacts`, an object for each row, known by its address. Fields that are not mentioned stay as they are.

use sluice_sdk::json::Writer;
use sluice_sdk::{Call, Cells, Effect, Halt, Null, Operation, Rows, Written};

use crate::outcomes;
use crate::settings::{self, BASE};

/// Sends a batch.
pub(crate) fn write(call: &Call<'_>, rows: &Rows<'_>) -> Result<Written, Halt> {
    call.only(Operation::Upsert)?;
    let (email, fields) = (settings::email(rows)?, Cells::new(rows.with_role("attribute").copied()));
    // A row that the platform would refuse is not sent: it is told by name, and its neighbours go.
    let contact = |body: &mut Writer, row: usize| {
        let (_, address) = email.first(row)?;
        body.member("email", address);
        body.object("fields", |body| fields.write(body, row, Null::Written))
    };
    let (body, places) = call.body(|_| (), ("contacts", rows.len(), 64 + fields.bytes_guess()), contact)?;
    let request = call.post(format!("{BASE}/v1/contacts")).credential("api_key").pace("writes");
    places.send(request.effect(Effect::Repeatable).json(body), |answer| outcomes::of_contacts(&places, answer))
}
