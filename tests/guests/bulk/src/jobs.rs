//! The service `jobs`. With the option `patient`, a job is made and started in two requests each, with a wait between them.

use std::collections::BTreeSet;

use sluice_sdk::contract::Attrs;
use sluice_sdk::json::Writer;
use sluice_sdk::serde_json::Value;
use sluice_sdk::{Call, Effect, Halt, Operation, Outcome, Reason, Receipts, Rows, Written, code, status};

use crate::{BASE, BULK};

const WAIT_MS: u32 = 100;

fn ask(call: &Call<'_>, method: &str, path: &str, body: Writer) -> Result<Value, Halt> {
    let request = match method {
        "GET" => call.get(format!("{BASE}{path}")),
        _ => call.post(format!("{BASE}{path}")).effect(Effect::Repeatable).json(body),
    };
    status::of_read(&BULK, request.send())?.json().map_err(Halt::Unavailable)
}

/// Waits between two halves of a call: the first request gives a receipt, which the second one must bring.
fn halves(call: &Call<'_>, path: &str) -> Result<Value, Halt> {
    let options: Value = call.options()?;
    if options["patient"] != true {
        return ask(call, "POST", path, Writer::default());
    }
    match call.resume() {
        None => {
            let said = ask(call, "POST", &format!("{path}?half=first"), Writer::default())?;
            let half = said["half"].as_str().unwrap_or_default();
            Err(Halt::later(half.as_bytes().to_vec(), WAIT_MS, 60_000))
        }
        Some(half) => ask(call, "POST", &format!("{path}?half={}", String::from_utf8_lossy(half)), Writer::default()),
    }
}

fn job(call: &Call<'_>) -> String {
    String::from_utf8_lossy(call.state()).into_owned()
}

/// `prepare`: an empty job; its name is the state.
pub(crate) fn make(call: &Call<'_>) -> Result<Vec<u8>, Halt> {
    let said = halves(call, "/jobs")?;
    Ok(said["job"].as_str().ok_or_else(|| Halt::unavailable("Bulk names no job"))?.as_bytes().to_vec())
}

/// `write`: rows into the job. A row that it does not take is known at once, of the others nothing.
pub(crate) fn fill(call: &Call<'_>, rows: &Rows<'_>) -> Result<Written, Halt> {
    let verb = if call.operation()? == Operation::Remove { "remove" } else { "add" };
    let ids = rows.column("id").ok_or_else(|| Halt::contract("no column `id`"))?;
    let mut body = Writer::default();
    body.begin_object();
    body.name("verb");
    body.string(verb);
    body.name("ids");
    body.begin_array();
    (0..rows.len()).for_each(|row| body.string(ids.text(row).unwrap_or_default()));
    body.end_array();
    body.end_object();
    let request = call.post(format!("{BASE}/jobs/{}/rows", job(call))).effect(Effect::Repeatable).json(body);
    let said: Value = match status::of_write(&BULK, request.send()) {
        Ok(answer) if answer.is_success() => answer.json().map_err(Halt::Unavailable)?,
        Ok(answer) => return Ok(Receipts::rejected(answer.reason(code::ROW_REFUSED, "the job takes no rows")).written()),
        Err(ended) => return ended.into(),
    };
    let mut receipts = pending(call, call.part()?.key.clone().into_bytes())?;
    for (row, id) in (0..rows.len()).filter_map(|row| Some((row, ids.text(row)?))) {
        if said["refused"].as_array().is_some_and(|refused| refused.iter().any(|r| r == id)) {
            receipts.set(row as u32, Outcome::Rejected(Reason::new(code::ROW_REFUSED, "the job does not take the row")));
        }
    }
    Ok(receipts.written())
}

fn pending(call: &Call<'_>, token: Vec<u8>) -> Result<Receipts, Halt> {
    let options: Value = call.options()?;
    let after = options["poll_after_ms"].as_u64().unwrap_or(100) as u32;
    let give_up = options["give_up_after_ms"].as_u64().unwrap_or(3_600_000);
    Ok(Receipts::pending(token, after, give_up))
}

/// `finish`: the job begins.
pub(crate) fn start(call: &Call<'_>) -> Result<Attrs, Halt> {
    halves(call, &format!("/jobs/{}/start", job(call)))?;
    Ok(Vec::new())
}

/// `poll`: what became of a batch's rows, once the job is done. They are asked for where one has to be named.
pub(crate) fn judge(call: &Call<'_>, rows: &Rows<'_>, token: &[u8]) -> Result<Written, Halt> {
    let key = call.part()?.key.as_bytes();
    let is_of_the_batch = if rows.are_unread() { key.is_empty() } else { token == key };
    if !is_of_the_batch {
        return Err(Halt::contract("the token is of another batch"));
    }
    let said = ask(call, "GET", &format!("/jobs/{}", job(call)), Writer::default())?;
    let names = |what: &str| -> BTreeSet<String> {
        said[what].as_array().into_iter().flatten().filter_map(|id| Some(id.as_str()?.to_owned())).collect()
    };
    let (refused, again) = (names("refused"), names("again"));
    match said["state"].as_str() {
        Some("done") => {}
        Some("running") => return Ok(pending(call, token.to_vec())?.written()),
        other => return Err(Halt::contract(&format!("asked after a job that is {}", other.unwrap_or("not there")))),
    }
    if refused.is_empty() && again.is_empty() {
        return Ok(Receipts::accepted().written());
    }
    if rows.are_unread() {
        return Err(Halt::with_rows(token));
    }
    let ids = rows.column("id").ok_or_else(|| Halt::contract("no column `id`"))?;
    let mut receipts = Receipts::accepted();
    for (row, id) in (0..rows.len()).filter_map(|row| Some((row, ids.text(row)?))) {
        if refused.contains(id) {
            receipts.set(row as u32, Outcome::Rejected(Reason::new(code::IDENTIFIER_INVALID, "the job refused the row")));
        } else if again.contains(id) {
            receipts.set(row as u32, Outcome::Retry(Reason::new(code::DEST_UNAVAILABLE, "the job gave the row up")));
        }
    }
    Ok(receipts.written())
}
