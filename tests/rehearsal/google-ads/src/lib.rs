//! Rehearsal: a Google Ads job is created, filled in any number of calls, started once, and tells only then whether it worked.
//!
//! What it tries of the contract: `prepare` (create), `write` (fill; bad operations named), `finish` (start), and then `poll` of
//! batches that are pending. It is why `finish` comes when every batch has an *answer*, and not when every batch is settled.

use sluice_sdk::json::Writer;
use sluice_sdk::serde_json::Value;
use sluice_sdk::status::{self, Reset, Vendor};
use sluice_sdk::{
    Attrs, Call, Destination, Effect, Halt, Operation, Outcome, Reason, Receipts, Request, Rows, Written, code, connected,
};

const GOOGLE: Vendor = Vendor { name: "Google Ads", reset: Reset::None };
const BASE: &str = "https://googleads.googleapis.com/v25";
const POLL_AFTER_MS: u32 = 300_000;
const GIVE_UP_AFTER_MS: u64 = 48 * 3_600_000;

/// The connector.
#[derive(Debug)]
pub struct GoogleAds;

impl Destination for GoogleAds {
    fn check(call: &Call<'_>) -> Result<String, Halt> {
        status::of_read(&GOOGLE, signed(call.get(format!("{BASE}/customers:listAccessibleCustomers"))).send())?;
        Ok(connected("Connected.", &[]))
    }

    fn prepare(call: &Call<'_>) -> Result<Vec<u8>, Halt> {
        let options: Value = call.options()?;
        let (customer, list) = (options["customer"].as_str().unwrap_or_default(), options["list"].as_str().unwrap_or_default());
        let mut body = Writer::default();
        body.begin_object();
        body.name("job");
        body.begin_object();
        body.name("type");
        body.string("CUSTOMER_MATCH_USER_LIST");
        body.name("customerMatchUserListMetadata");
        body.begin_object();
        body.name("userList");
        body.string(&format!("customers/{customer}/userLists/{list}"));
        body.end_object();
        body.end_object();
        body.end_object();
        let url = format!("{BASE}/customers/{customer}/offlineUserDataJobs:create");
        // An empty job that is never started does nothing, so a repeat is harmless.
        let request = signed(call.post(url)).effect(Effect::Repeatable).json(body);
        let said: Value = status::of_read(&GOOGLE, request.send())?.json().map_err(Halt::Unavailable)?;
        let name = said["resourceName"].as_str().ok_or_else(|| Halt::unavailable("Google Ads names no job"))?;
        Ok(name.as_bytes().to_vec())
    }

    fn write(call: &Call<'_>, rows: &Rows<'_>) -> Result<Written, Halt> {
        let verb = match call.operation()? {
            Operation::Add => "create",
            Operation::Remove => "remove",
            _ => return Err(call.unsupported()),
        };
        let keys = rows.keys();
        let mut body = Writer::with_capacity(rows.len() * 160);
        body.begin_object();
        body.name("enablePartialFailure");
        body.bool(true);
        body.name("operations");
        let places = call.objects(&mut body, rows.len(), |body, row| {
            body.name(verb);
            body.begin_object();
            body.name("userIdentifiers");
            body.begin_array();
            for (key, column) in keys.iter().zip(rows.columns()) {
                body.begin_object();
                body.cell(key, column.cell(row));
                body.end_object();
            }
            body.end_array();
            body.end_object();
            Ok::<(), Reason>(())
        })?;
        body.end_object();
        let url = format!("{BASE}/{}:addOperations", String::from_utf8_lossy(call.state()));
        let answer = match status::of_write(&GOOGLE, signed(call.post(url)).effect(Effect::Repeatable).json(body).send()) {
            Ok(answer) if answer.is_success() => answer,
            Ok(answer) => {
                return Ok(Receipts::rejected(answer.reason(code::ROW_REFUSED, "the job takes none of the rows")).written());
            }
            Err(ended) => return ended.into(),
        };
        let said: Value = match answer.json() {
            Ok(said) => said,
            Err(reason) => return Ok(Receipts::unknown(reason).written()),
        };
        let mut receipts = Receipts::pending(Vec::new(), POLL_AFTER_MS, GIVE_UP_AFTER_MS);
        for detail in said["partialFailureError"]["details"].as_array().map_or(&[][..], Vec::as_slice) {
            for error in detail["errors"].as_array().map_or(&[][..], Vec::as_slice) {
                let index = error["location"]["fieldPathElements"][0]["index"].as_u64();
                if let Some(row) = index.and_then(|index| places.row(index.try_into().ok()?)) {
                    let reason = Reason::new(code::IDENTIFIER_INVALID, "Google Ads refuses the member");
                    receipts.set(row, Outcome::Rejected(reason.said(error["message"].as_str().unwrap_or_default())));
                }
            }
        }
        Ok(receipts.written())
    }

    fn finish(call: &Call<'_>) -> Result<Attrs, Halt> {
        let url = format!("{BASE}/{}:run", String::from_utf8_lossy(call.state()));
        status::of_read(&GOOGLE, signed(call.post(url)).effect(Effect::Repeatable).send())?;
        Ok(vec![("job".into(), String::from_utf8_lossy(call.state()).into_owned())])
    }

    fn poll(call: &Call<'_>, _rows: &Rows<'_>, _token: &[u8]) -> Result<Written, Halt> {
        let url = format!("{BASE}/{}", String::from_utf8_lossy(call.state()));
        let said: Value = status::of_read(&GOOGLE, signed(call.get(url)).send())?.json().map_err(Halt::Unavailable)?;
        Ok(match said["status"].as_str() {
            Some("SUCCESS") => Receipts::accepted().written(),
            Some("FAILED") => {
                let why = said["failureReason"].as_str().unwrap_or_default();
                Receipts::retry(Reason::new(code::DEST_UNAVAILABLE, "the job failed").vendor(why)).written()
            }
            _ => Receipts::pending(Vec::new(), POLL_AFTER_MS, GIVE_UP_AFTER_MS).written(),
        })
    }
}

fn signed(request: Request<'_>) -> Request<'_> {
    request.credential("access_token").credential("developer_token")
}

sluice_sdk::export_destination!(GoogleAds);
