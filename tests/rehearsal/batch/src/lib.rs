//! Rehearsal: Batch answers one call for all profiles, and names single attributes that it dropped.
//!
//! What it tries of the contract: notes (the row was accepted, a field was not), pace counted in rows, a key that depends on the
//! column's type (`date(name)`).

use sluice_sdk::json::{Key, Writer};
use sluice_sdk::status::{self, Reset, Vendor};
use sluice_sdk::{Call, Destination, Effect, Halt, PhysicalType, Reason, Receipts, Rows, Written, code, connected};

const BATCH: Vendor = Vendor { name: "Batch", reset: Reset::None };

/// The connector.
#[derive(Debug)]
pub struct Batch;

impl Destination for Batch {
    fn check(call: &Call<'_>) -> Result<String, Halt> {
        let mut body = Writer::default();
        body.raw(r#"[{"identifiers":{"custom_id":"sluice-connection-check"}}]"#);
        status::of_read(&BATCH, send(call, 1, body)?)?;
        Ok(connected("Connected.", &[]))
    }

    fn write(call: &Call<'_>, rows: &Rows<'_>) -> Result<Written, Halt> {
        let key =
            |name: &str, ty| Key::new(&if ty == PhysicalType::TimestampMicros { format!("date({name})") } else { name.into() });
        let keys: Vec<Key> = rows.columns().iter().map(|c| key(c.name(), c.field().ty)).collect();
        let mut body = Writer::with_capacity(rows.len() * 256);
        let places = call.objects(&mut body, rows.len(), |body, row| {
            body.name("identifiers");
            body.begin_object();
            for (key, column) in keys.iter().zip(rows.columns()).filter(|(_, c)| c.role() == "identifier") {
                body.cell(key, column.cell(row));
            }
            body.end_object();
            body.name("attributes");
            body.begin_object();
            for (key, column) in keys.iter().zip(rows.columns()).filter(|(_, c)| c.role() == "attribute") {
                body.cell(key, column.cell(row));
            }
            body.end_object();
            Ok::<(), Reason>(())
        })?;
        let answer = match status::of_write(&BATCH, send(call, rows.len() as u32, body)?) {
            Ok(answer) if answer.is_success() => answer,
            Ok(answer) => return Ok(Receipts::rejected(answer.reason(code::ROW_REFUSED, "Batch refuses the call")).written()),
            Err(ended) => return ended.into(),
        };
        let said: sluice_sdk::serde_json::Value = match answer.json() {
            Ok(said) => said,
            Err(reason) => return Ok(Receipts::unknown(reason).written()),
        };
        let errors = said["errors"].as_array().map_or(&[][..], Vec::as_slice);
        let mut receipts = Receipts::accepted();
        for error in errors {
            let Some(row) = error["bulk_index"].as_u64().and_then(|index| places.row(index.try_into().ok()?)) else {
                receipts = receipts.unnamed(1);
                continue;
            };
            let reason = Reason::new(code::DEST_FIELD_INVALID, "Batch dropped a field of the row")
                .field(error["attribute"].as_str().unwrap_or_default())
                .said(error["reason"].as_str().unwrap_or_default());
            receipts = receipts.note(row, reason);
        }
        Ok(receipts.written())
    }
}

fn send(call: &Call<'_>, rows: u32, body: Writer) -> Result<Result<sluice_sdk::Response, sluice_sdk::Failure>, Halt> {
    let settings: sluice_sdk::serde_json::Value = call.settings()?;
    let project = settings["project_key"].as_str().unwrap_or_default();
    let request = call.post("https://api.batch.com/2.11/profiles/update").credential("rest_api_key").pace_by("profiles", rows);
    Ok(request.header("x-batch-project", project).effect(Effect::Repeatable).json(body).send())
}

sluice_sdk::export_destination!(Batch);
