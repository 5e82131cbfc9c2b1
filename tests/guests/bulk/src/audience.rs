//! The service `audience`: everybody in one session of numbered parts.

use sluice_sdk::json::Writer;
use sluice_sdk::{Call, Effect, Halt, Operation, Receipts, Rows, Written, code, status};

use crate::{BASE, BULK};

/// The run's frozen instant names its session: the same run goes on with it, the next one opens another.
pub(crate) fn session(call: &Call<'_>) -> Vec<u8> {
    call.now_ms().to_string().into_bytes()
}

pub(crate) fn upload(call: &Call<'_>, rows: &Rows<'_>) -> Result<Written, Halt> {
    if call.operation()? != Operation::Replace {
        return Err(call.unsupported());
    }
    let (part, ids) = (call.part()?, rows.column("id").ok_or_else(|| Halt::contract("no column `id`"))?);
    let mut body = Writer::default();
    body.begin_object();
    body.name("part");
    body.int(i64::from(part.number));
    body.name("last");
    body.bool(part.last);
    body.name("total");
    body.int(part.rows_total.and_then(|total| i64::try_from(total).ok()).unwrap_or(-1));
    body.name("ids");
    body.begin_array();
    (0..rows.len()).for_each(|row| body.string(ids.text(row).unwrap_or_default()));
    body.end_array();
    body.end_object();
    let url = format!("{BASE}/audience/{}", String::from_utf8_lossy(call.state()));
    match status::of_write(&BULK, call.post(url).effect(Effect::Repeatable).json(body).send()) {
        Ok(answer) if answer.is_success() => Ok(Receipts::accepted().written()),
        Ok(answer) => Ok(Receipts::rejected(answer.reason(code::ROW_REFUSED, "Bulk refuses the part")).written()),
        Err(ended) => ended.into(),
    }
}
