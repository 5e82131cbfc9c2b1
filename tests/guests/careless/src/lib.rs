//! A connector that keeps none of the promises that every connector makes, so that it is seen that the conformance suite finds out.

use sluice_sdk::json::Writer;
use sluice_sdk::status::{self, Reset, Vendor};
use sluice_sdk::{Call, Destination, Effect, Failure, Halt, Reason, Receipts, Response, Rows, Written, code};

/// The connector.
#[derive(Debug)]
pub struct Careless;

impl Destination for Careless {
    fn check(_: &Call<'_>) -> Result<String, Halt> {
        Ok(r#"{"ok":true,"message":"Connected."}"#.into())
    }

    fn write(call: &Call<'_>, rows: &Rows<'_>) -> Result<Written, Halt> {
        let answer = send(call, rows);
        let fine = |answer: &Result<Response, Failure>| answer.as_ref().is_ok_and(|answer| answer.status() == 200);
        match call.service() {
            // Honest about what it is told, but it asks again by itself.
            "eager" => judged(if fine(&answer) { answer } else { send(call, rows) }),
            "harsh" if !fine(&answer) => Ok(Receipts::rejected(Reason::new(code::ROW_REFUSED, "no")).written()),
            _ => Ok(Receipts::accepted().written()),
        }
    }
}

fn send(call: &Call<'_>, rows: &Rows<'_>) -> Result<Response, Failure> {
    let mut body = Writer::with_capacity(64);
    body.begin_array();
    for row in 0..rows.len() {
        body.begin_object();
        body.cell(&rows.keys()[0], rows.columns()[0].cell(row));
        body.end_object();
    }
    body.end_array();
    call.post("https://api.careless.example/users").effect(Effect::Repeatable).json(body).send()
}

fn judged(answer: Result<Response, Failure>) -> Result<Written, Halt> {
    const CARELESS: Vendor = Vendor { name: "Careless", reset: Reset::None };
    match status::of_write(&CARELESS, answer) {
        Ok(answer) if answer.body() == br#"{"ok":true}"# => Ok(Receipts::accepted().written()),
        Ok(answer) if answer.is_success() => Ok(Receipts::unknown(answer.reason(code::DEST_PROTOCOL, "another answer")).written()),
        Ok(answer) => Ok(Receipts::of_the_batch(answer.reason(code::ROW_REFUSED, "refused")).written()),
        Err(ended) => ended.into(),
    }
}

sluice_sdk::export_destination!(Careless);
