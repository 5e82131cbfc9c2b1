//! Rehearsal: Klaviyo removes list members by its own profile ids, which have to be looked up by e-mail address first.
//!
//! What it tries of the contract: a read before the one write of a batch, rows that are not there, ids the platform gave.

use std::collections::BTreeMap;

use sluice_sdk::json::Writer;
use sluice_sdk::serde_json::Value;
use sluice_sdk::status::{self, Reset, Vendor};
use sluice_sdk::{Call, Destination, Halt, Operation, Outcome, Reason, Receipts, Request, Rows, Written, code, connected, text};

const KLAVIYO: Vendor = Vendor { name: "Klaviyo", reset: Reset::Seconds("ratelimit-reset") };
const BASE: &str = "https://a.klaviyo.com/api";

/// The connector.
#[derive(Debug)]
pub struct Klaviyo;

impl Destination for Klaviyo {
    fn check(call: &Call<'_>) -> Result<String, Halt> {
        status::of_read(&KLAVIYO, signed(call.get(format!("{BASE}/accounts"))).send())?;
        Ok(connected("Connected.", &[]))
    }

    fn write(call: &Call<'_>, rows: &Rows<'_>) -> Result<Written, Halt> {
        let (Operation::Remove, Some(emails)) = (call.operation()?, rows.column("email")) else { return Err(call.unsupported()) };
        let mut filter = String::from("any(email,[");
        for (i, email) in (0..rows.len()).filter_map(|row| emails.text(row)).enumerate() {
            let comma = if i == 0 { "" } else { "," };
            filter.push_str(comma);
            filter.push_str(&Value::from(email).to_string());
        }
        filter.push_str("])");
        let mut url = format!("{BASE}/profiles?page[size]=100&filter=");
        text::percent(&mut url, &filter);
        let found: Value = status::of_read(&KLAVIYO, signed(call.get(url)).send())?.json().map_err(Halt::Unavailable)?;
        let found = found["data"].as_array().map_or(&[][..], Vec::as_slice);
        let ids: BTreeMap<&str, &str> =
            found.iter().filter_map(|p| Some((p["attributes"]["email"].as_str()?, p["id"].as_str()?))).collect();

        let mut body = Writer::default();
        body.begin_object();
        body.name("data");
        let nobody = || Outcome::Skipped(Reason::new(code::NOT_FOUND_IN_DESTINATION, "Klaviyo has no profile with this address"));
        let places = call.objects(&mut body, rows.len(), |body, row| {
            let id = emails.text(row).and_then(|e| ids.get(e)).ok_or_else(nobody)?;
            body.name("type");
            body.string("profile");
            body.name("id");
            body.string(id);
            Ok::<(), Outcome>(())
        })?;
        body.end_object();
        if places.sent() == 0 {
            return Ok(places.finish(Receipts::accepted()));
        }
        let options: Value = call.options()?;
        let url = format!("{BASE}/lists/{}/relationships/profiles", options["list_id"].as_str().unwrap_or_default());
        let request = signed(call.request("DELETE", url)).bytes("application/vnd.api+json", body.into_bytes());
        match status::of_write(&KLAVIYO, request.send()) {
            Ok(answer) if answer.is_success() => Ok(places.finish(Receipts::accepted())),
            Ok(answer) => Ok(places.finish(Receipts::rejected(answer.reason(code::ROW_REFUSED, "Klaviyo refuses the removal")))),
            Err(ended) => places.ended(ended),
        }
    }
}

fn signed(request: Request<'_>) -> Request<'_> {
    request.credential("api_key").header("revision", "2026-07-15").header("accept", "application/vnd.api+json")
}

sluice_sdk::export_destination!(Klaviyo);
