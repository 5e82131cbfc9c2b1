//! A connector that keeps none of the promises that every connector makes, so that it is seen that the conformance suite finds out.

use sluice_sdk::{Call, Destination, Halt, Receipts, Rows, Written, code, json::Writer};

/// The connector.
#[derive(Debug)]
pub struct Careless;

impl Destination for Careless {
    fn check(_: &Call<'_>) -> Result<String, Halt> {
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
        let answer = call.post("https://api.careless.example/users").json(body).send();
        let fine = answer.as_ref().is_ok_and(|answer| answer.status() == 200);
        if call.service() == "trusting" || fine {
            return Ok(Receipts::accepted().written());
        }
        Ok(Receipts::rejected(sluice_sdk::Reason::new(code::ROW_REFUSED, "no")).written())
    }
}

sluice_sdk::export_destination!(Careless);
