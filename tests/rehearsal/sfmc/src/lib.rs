//! Rehearsal: Salesforce Marketing Cloud takes rows into a queue and says later what became of each.
//!
//! What it tries of the contract: `pending` with a ticket, `poll` with the same rows, a host that depends on a setting.

use sluice_sdk::json::Writer;
use sluice_sdk::serde_json::Value;
use sluice_sdk::status::{self, Reset, Vendor};
use sluice_sdk::{Call, Destination, Effect, Halt, Outcome, Reason, Receipts, Rows, Written, code, connected, text};

const SFMC: Vendor = Vendor { name: "Marketing Cloud", reset: Reset::None };
const POLL_AFTER_MS: u32 = 30_000;
const GIVE_UP_AFTER_MS: u64 = 24 * 3_600_000;

/// The connector.
#[derive(Debug)]
pub struct Sfmc;

impl Destination for Sfmc {
    fn check(call: &Call<'_>) -> Result<String, Halt> {
        let url = format!("{}/none/status", base(call)?);
        match status::of_read(&SFMC, call.get(url).credential("access_token").send()) {
            Ok(_) | Err(Halt::Missing(_)) => Ok(connected("Connected.", &[])),
            Err(halt) => Err(halt),
        }
    }

    fn write(call: &Call<'_>, rows: &Rows<'_>) -> Result<Written, Halt> {
        let options: Value = call.options()?;
        let mut url = format!("{}/dataextensions/key:", base(call)?);
        text::percent(&mut url, options["data_extension"].as_str().unwrap_or_default());
        url.push_str("/rows");
        let keys = rows.keys();
        let mut body = Writer::with_capacity(rows.len() * 128);
        body.begin_object();
        body.name("items");
        call.objects(&mut body, rows.len(), |body, row| {
            keys.iter().zip(rows.columns()).for_each(|(key, column)| body.cell(key, column.cell(row)));
            Ok::<(), Reason>(())
        })?;
        body.end_object();
        let answer = call.request("PUT", url).credential("access_token").effect(Effect::Repeatable).json(body).send();
        let answer = match status::of_write(&SFMC, answer) {
            Ok(answer) if answer.is_success() => answer,
            Ok(answer) => return Ok(Receipts::rejected(answer.reason(code::ROW_REFUSED, "the rows were not queued")).written()),
            Err(ended) => return ended.into(),
        };
        match answer.json::<Value>().map(|said| said["requestId"].as_str().map(str::to_owned)) {
            Ok(Some(id)) => Ok(Receipts::pending(id.into_bytes(), POLL_AFTER_MS, GIVE_UP_AFTER_MS).written()),
            Ok(None) => Ok(Receipts::unknown(answer.reason(code::DEST_PROTOCOL, "the answer names no request")).written()),
            Err(reason) => Ok(Receipts::unknown(reason).written()),
        }
    }

    fn poll(call: &Call<'_>, _rows: &Rows<'_>, token: &[u8]) -> Result<Written, Halt> {
        let id = String::from_utf8_lossy(token);
        let url = format!("{}/{id}/status", base(call)?);
        let said: Value =
            status::of_read(&SFMC, call.get(url).credential("access_token").send())?.json().map_err(Halt::Unavailable)?;
        if said["status"]["requestStatus"] != "Complete" {
            return Ok(Receipts::pending(token.to_vec(), POLL_AFTER_MS, GIVE_UP_AFTER_MS).written());
        }
        if said["status"]["hasErrors"] == false {
            return Ok(Receipts::accepted().written());
        }
        let url = format!("{}/{id}/results", base(call)?);
        let said: Value =
            status::of_read(&SFMC, call.get(url).credential("access_token").send())?.json().map_err(Halt::Unavailable)?;
        let mut receipts = Receipts::accepted();
        for (row, item) in said["items"].as_array().map_or(&[][..], Vec::as_slice).iter().enumerate() {
            if item["status"] == "Error" {
                let reason = Reason::new(code::ROW_REFUSED, "the row could not be written")
                    .said(item["message"].as_str().unwrap_or_default());
                receipts.set(row as u32, Outcome::Rejected(reason));
            }
        }
        Ok(receipts.written())
    }
}

fn base(call: &Call<'_>) -> Result<String, Halt> {
    let settings: Value = call.settings()?;
    Ok(format!("https://{}.rest.marketingcloudapis.com/data/v1/async", settings["subdomain"].as_str().unwrap_or_default()))
}

sluice_sdk::export_destination!(Sfmc);
