//! Subscriptions to marketing: an addition subscribes people on a list, a removal unsubscribes those who are on it. An e-mail address
//! is a subscription to e-mail, a phone number one to text messages.
//!
//! `POST /api/profile-subscription-bulk-create-jobs` and `-delete-jobs` of Klaviyo's description (klaviyo/openapi at f0a30ba of
//! 2026-07-23, read 2026-11). Both answer without a job to ask after.

use std::collections::BTreeMap;

use sluice_sdk::json::Writer;
use sluice_sdk::serde_json::json;
use sluice_sdk::{Call, Cell, ColumnView, Halt, Operation, Outcome, Reason, Receipts, Rows, Value, Written, form};

use crate::jobs::Job;
use crate::known;
use crate::people::{Kind, People};
use crate::settings::SubscriptionsOptions;
use crate::wire::{LISTS, SUBSCRIBE_JOBS, UNSUBSCRIBE_JOBS};

/// "Maximum number of profiles per call: 100", of the job that unsubscribes; the other one takes the manifest's 1,000.
const UNSUBSCRIBED_MAX: usize = 100;
/// The field with the time of a consent that was given before.
const CONSENTED_AT: &str = "consented_at";

/// Subscribes or unsubscribes the people of a batch.
pub(crate) fn write(call: &Call<'_>, rows: &Rows<'_>) -> Result<Written, Halt> {
    let options: SubscriptionsOptions = call.options()?;
    let (people, list) = (People::of(rows)?, call.kept_id("a list", form::is_alphanumeric)?);
    if people.identifiers().kinds().any(|kind| !matches!(kind, Kind::Email | Kind::Phone)) {
        return Err(Halt::config("people are subscribed by `email` or `phone_number`"));
    }
    match call.operation()? {
        Operation::Add => subscribe(call, rows, &people, list, &options),
        Operation::Remove => unsubscribe(call, &people, list),
        _ => Err(call.unsupported()),
    }
}

fn subscribe(
    call: &Call<'_>,
    rows: &Rows<'_>,
    people: &People<'_>,
    list: &str,
    options: &SubscriptionsOptions,
) -> Result<Written, Halt> {
    let consented_at = match (rows.column(CONSENTED_AT), options.historical_import) {
        (Some(column), true) => Some(*column),
        (None, false) => None,
        (None, true) => return Err(Halt::setting("historical_import", "consents of the past have a time: map `consented_at`")),
        (Some(_), false) => {
            let message = "`consented_at` is mapped, which Klaviyo takes of consents of the past alone: set `historical_import`";
            return Err(Halt::setting("historical_import", message));
        }
    };
    let mut job = job(people, list, (SUBSCRIBE_JOBS, "profile-subscription-bulk-create-job"));
    job.attributes.extend(options.custom_source.as_ref().map(|source| ("custom_source", json!(source))));
    job.attributes.extend(options.historical_import.then_some(("historical_import", json!(true))));
    let profile = |body: &mut Writer, row: usize| {
        let at = consented_at.map(|column| consented(call, &column, row)).transpose()?;
        person(people, body, row, "SUBSCRIBED", at)
    };
    job.send(call, profile, |_| Ok(Receipts::accepted()))
}

/// The time of a consent, which lies in the past.
fn consented<'a>(call: &Call<'_>, column: &ColumnView<'a>, row: usize) -> Result<Value<'a>, Reason> {
    match column.cell(row) {
        Cell::Value(at @ Value::Timestamp(micros)) if micros < (call.now_ms() as i64).saturating_mul(1000) => Ok(at),
        _ => Err(Reason::bad("a consent of the past has a time before now").field(CONSENTED_AT)),
    }
}

/// Whoever is not on the list would be unsubscribed from everything, so nobody is sent before Klaviyo says that they are.
fn unsubscribe(call: &Call<'_>, people: &People<'_>, list: &str) -> Result<Written, Halt> {
    if people.len() > UNSUBSCRIBED_MAX {
        return Err(Halt::split("Klaviyo unsubscribes 100 people at a time", Some(UNSUBSCRIBED_MAX as u32)));
    }
    let members = known::ids(call, people, &format!("{LISTS}/{list}/profiles"), "members")?;
    let mut job = job(people, list, (UNSUBSCRIBE_JOBS, "profile-subscription-bulk-delete-job"));
    job.left_out = known::strangers(people, &members, Outcome::Accepted);
    job.send(call, |body, row| person(people, body, row, "UNSUBSCRIBED", None), |_| Ok(Receipts::accepted()))
}

fn job(people: &People<'_>, list: &str, (path, kind): (&'static str, &'static str)) -> Job {
    let relationships = json!({ "list": { "data": { "type": "list", "id": list } } });
    let (rows, left_out) = (people.len(), BTreeMap::new());
    Job { path, pace: "subscriptions", kind, relationships, attributes: Vec::new(), rows, left_out }
}

/// Writes the members of a profile and what becomes of its consent, on the channel that its identifier is of.
fn person(people: &People<'_>, body: &mut Writer, row: usize, word: &str, at: Option<Value<'_>>) -> Result<(), Reason> {
    people.begin(body, row, None)?;
    let by_mail = people.named(row)?.any(|(identifier, _)| identifier.kind == Kind::Email);
    let marketing = |body: &mut Writer| {
        body.member("consent", word);
        at.into_iter().for_each(|at| body.member(CONSENTED_AT, at));
    };
    let channel = |body: &mut Writer| body.object("marketing", marketing);
    body.object("subscriptions", |body| body.object(if by_mail { "email" } else { "sms" }, channel));
    // Closes the attributes.
    body.end_object();
    Ok(())
}

#[cfg(test)]
mod tests;
