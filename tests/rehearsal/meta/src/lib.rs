//! Rehearsal: Meta replaces an audience in one session of numbered batches, the last of them marked.
//!
//! What it tries of the contract: the operation `replace`, sealed uploads (`part.number`, `last`, `rows-total`), an answer that counts
//! bad rows without naming them.

use sluice_sdk::json::Writer;
use sluice_sdk::serde_json::Value;
use sluice_sdk::status::{self, Reset, Vendor};
use sluice_sdk::{Call, Destination, Effect, Halt, Operation, Receipts, Rows, Written, code, connected};

const META: Vendor = Vendor { name: "Meta", reset: Reset::None };
const BASE: &str = "https://graph.facebook.com/v25.0";

/// The connector.
#[derive(Debug)]
pub struct Meta;

impl Destination for Meta {
    fn check(call: &Call<'_>) -> Result<String, Halt> {
        status::of_read(&META, call.get(format!("{BASE}/me?fields=id,name")).credential("access_token").send())?;
        Ok(connected("Connected.", &[]))
    }

    /// A session needs a number of its own. The run's frozen instant is one: the same run resumes the same session, the next run
    /// opens another.
    fn prepare(call: &Call<'_>) -> Result<Vec<u8>, Halt> {
        Ok(call.now_ms().to_string().into_bytes())
    }

    fn write(call: &Call<'_>, rows: &Rows<'_>) -> Result<Written, Halt> {
        if call.operation()? != Operation::Replace {
            return Err(call.unsupported());
        }
        let part = call.part()?;
        let options: Value = call.options()?;
        let session: i64 = std::str::from_utf8(call.state()).ok().and_then(|t| t.parse().ok()).unwrap_or_default();
        let mut body = Writer::with_capacity(rows.len() * 160);
        body.begin_object();
        body.name("session");
        body.begin_object();
        body.name("session_id");
        body.int(session);
        body.name("batch_seq");
        body.int(i64::from(part.number) + 1);
        body.name("last_batch_flag");
        body.bool(part.last);
        if let Some(total) = part.rows_total.and_then(|t| i64::try_from(t).ok()) {
            body.name("estimated_num_total");
            body.int(total);
        }
        body.end_object();
        body.name("payload");
        body.begin_object();
        body.name("schema");
        body.begin_array();
        rows.columns().iter().for_each(|c| body.string(c.name()));
        body.end_array();
        body.name("data");
        body.begin_array();
        for row in 0..rows.len() {
            body.begin_array();
            rows.columns().iter().for_each(|c| body.string(c.text(row).unwrap_or_default()));
            body.end_array();
            call.fits(&body, row)?;
        }
        body.end_array();
        body.end_object();
        body.end_object();
        let url = format!("{BASE}/{}/usersreplace", options["audience_id"].as_str().unwrap_or_default());
        let request = call.post(url).credential("access_token").effect(Effect::Repeatable).json(body);
        let answer = match status::of_write(&META, request.send()) {
            Ok(answer) if answer.is_success() => answer,
            Ok(answer) => return Ok(Receipts::rejected(answer.reason(code::ROW_REFUSED, "Meta refuses the batch")).written()),
            Err(ended) => return ended.into(),
        };
        Ok(match answer.json::<Value>() {
            Ok(said) => {
                let bad = said["num_invalid_entries"].as_u64().and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
                Receipts::accepted().unnamed(bad.min(rows.len() as u32)).written()
            }
            Err(reason) => Receipts::unknown(reason).written(),
        })
    }
}

sluice_sdk::export_destination!(Meta);
