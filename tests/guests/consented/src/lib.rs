//! A connector whose platform takes tokens that a person consented to, and nothing else. What tokens are, it does not know.

use sluice_sdk::json::Writer;
use sluice_sdk::status::{self, Reset, Vendor};
use sluice_sdk::{Call, Destination, Effect, Halt, Receipts, Rows, Written, code};

/// The connector.
#[derive(Debug)]
pub struct Consented;

const CONSENTED: Vendor = Vendor { name: "Consented", reset: Reset::None };

impl Destination for Consented {
    fn check(call: &Call<'_>) -> Result<String, Halt> {
        status::of_read(&CONSENTED, call.get("https://api.consented.example/me").credential("account").send())?;
        Ok(r#"{"ok":true,"message":"Connected."}"#.into())
    }

    fn write(call: &Call<'_>, rows: &Rows<'_>) -> Result<Written, Halt> {
        let mut body = Writer::with_capacity(64);
        body.begin_array();
        for row in 0..rows.len() {
            body.begin_object();
            body.cell(&rows.keys()[0], rows.columns()[0].cell(row));
            body.end_object();
        }
        body.end_array();
        let request = call.post("https://api.consented.example/contacts").credential("account").effect(Effect::Repeatable);
        match status::of_write(&CONSENTED, request.json(body).send()) {
            Ok(answer) if answer.is_success() => Ok(Receipts::accepted().written()),
            Ok(answer) => Ok(Receipts::of_the_batch(answer.reason(code::ROW_REFUSED, "refused")).written()),
            Err(ended) => ended.into(),
        }
    }
}

sluice_sdk::export_destination!(Consented);
