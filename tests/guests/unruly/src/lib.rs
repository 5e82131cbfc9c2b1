//! A connector that misbehaves as its option `mood` says. It sends nothing, so every row that it does not speak of is still with us.

use sluice_sdk::contract::{Column, Receipt, Written};
use sluice_sdk::{Call, Destination, Halt, Outcome, Reason, Receipts, Rows, code, serde_json};

/// The connector.
#[derive(Debug)]
pub struct Unruly;

impl Destination for Unruly {
    fn check(_: &Call<'_>) -> Result<String, Halt> {
        Ok(r#"{"ok":true,"message":"Connected."}"#.into())
    }

    fn write(call: &Call<'_>, rows: &Rows<'_>) -> Result<Written, Halt> {
        let options: serde_json::Value = call.options()?;
        let count = rows.len() as u32;
        let refused = || Outcome::Rejected(Reason::new(code::ROW_REFUSED, "no"));
        match options["mood"].as_str().unwrap_or("honest") {
            "trap" => panic!("as asked"),
            "loop" => loop {
                std::hint::black_box(count);
            },
            "hoard" => {
                let mut hoard: Vec<Vec<u8>> = Vec::new();
                loop {
                    hoard.push(Vec::with_capacity(1 << 20));
                    std::hint::black_box(&hoard);
                }
            }
            "too-many" => Ok(receipt(vec![(count + 4, refused())])),
            "twice" => Ok(receipt(vec![(0, refused()), (0, Outcome::Accepted)])),
            "few-ids" => {
                let mut written = receipt(Vec::new());
                // Texts of two rows, whatever the batch has.
                let offsets = [0i32, 1, 2].iter().flat_map(|at| at.to_le_bytes()).collect();
                written.receipt.remote_ids = Some(Column { present: vec![], validity: vec![], offsets, data: b"ab".to_vec() });
                Ok(written)
            }
            "later" => Ok(Receipts::all(Outcome::Pending).written()),
            "job" => Ok(Receipts::all(Outcome::Pending).later(vec![2], 100, 60_000).written()),
            "slow-job" => Ok(Receipts::all(Outcome::Pending).later(vec![0], 1_200_000, 3_600_000).written()),
            "poison" if rows.role("identifier").is_some_and(|id| (0..rows.len()).any(|row| id.text(row) == Some("13"))) => {
                panic!("a row that it does not bear")
            }
            _ => Ok(Receipts::accepted().written()),
        }
    }

    fn poll(_: &Call<'_>, rows: &Rows<'_>, token: &[u8]) -> Result<Written, Halt> {
        Ok(polled(rows, token))
    }
}

/// What a job is answered with.
fn polled(rows: &Rows<'_>, token: &[u8]) -> Written {
    match token {
        // Once more, then the first row is refused and the others are there.
        [left] if *left > 0 => Receipts::all(Outcome::Pending).later(vec![left - 1], 100, 60_000).written(),
        _ if rows.is_empty() => Receipts::accepted().written(),
        _ => receipt(vec![(0, Outcome::Rejected(Reason::new(code::ROW_REFUSED, "no")))]),
    }
}

fn receipt(except: Vec<(u32, Outcome)>) -> Written {
    let receipt = Receipt { all: Outcome::Accepted, except, notes: Vec::new(), unnamed: 0, remote_ids: None, attrs: Vec::new() };
    Written { receipt, later: None, stop: None }
}

sluice_sdk::export_destination!(Unruly);
