//! The service `contacts`: a record is made once, and from then on spoken of by the platform's own id alone.

use sluice_sdk::json::Writer;
use sluice_sdk::serde_json::Value;
use sluice_sdk::{
    Call, ColumnBuilder, Effect, Halt, Operation, Outcome, PhysicalType, Reason, Receipts, Rows, Value as Cell, Written, code,
    status,
};

use crate::{BASE, BULK};

pub(crate) fn write(call: &Call<'_>, rows: &Rows<'_>) -> Result<Written, Halt> {
    let removes = call.operation()? == Operation::Remove;
    let ids = rows.role("remote-id").ok_or_else(|| Halt::contract("no column of the platform's ids"))?;
    let keys = rows.keys();
    let mut body = Writer::default();
    call.objects(&mut body, rows.len(), |body, row| {
        if let Some(id) = ids.text(row) {
            body.name("contact_id");
            body.string(id);
        }
        for (key, column) in keys.iter().zip(rows.columns()).filter(|(_, column)| !removes && column.role() != "remote-id") {
            body.cell(key, column.cell(row));
        }
        Ok::<(), Reason>(())
    })?;
    let path = if removes { "contacts/remove" } else { "contacts" };
    let request = call.post(format!("{BASE}/{path}")).effect(Effect::Repeatable).json(body);
    let said: Vec<Value> = match status::of_write(&BULK, request.send()) {
        Ok(answer) if answer.is_success() => answer.json().map_err(Halt::Unavailable)?,
        Ok(answer) => return Ok(Receipts::rejected(answer.reason(code::ROW_REFUSED, "Bulk takes none of the rows")).written()),
        Err(ended) => return ended.into(),
    };
    let mut receipts = Receipts::accepted();
    let mut told = ColumnBuilder::new(PhysicalType::Utf8);
    for (row, id) in said.iter().enumerate() {
        told.push(id.as_str().map(Cell::Text));
        if id.is_null() {
            receipts.set(row as u32, Outcome::Rejected(Reason::new(code::NOT_FOUND_IN_DESTINATION, "Bulk has no such contact")));
        }
    }
    Ok(receipts.remote_ids(told.finish()).written())
}
