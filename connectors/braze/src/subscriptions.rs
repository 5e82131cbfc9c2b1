//! Subscription statuses: `POST /v2/subscription/status/set`. An addition subscribes, a removal unsubscribes; people who were never
//! in the list are not touched. One request per batch, one answer for all of its users.
//!
//! "Update user's subscription group status (v2)" of braze.com/docs/api/endpoints/subscription_groups, read 2026-11.

use sluice_sdk::json::Writer;
use sluice_sdk::{Call, Effect, Halt, Operation, Receipts, Rows, Written};

use crate::identity::{Identity, Kind};
use crate::outcomes;
use crate::places::Places;
use crate::settings::{Settings, SubscriptionsOptions};
use crate::wire;

/// Sets one state for the users of a batch.
pub(crate) fn write(call: &Call<'_>, rows: &Rows<'_>) -> Result<Written, Halt> {
    let options: SubscriptionsOptions = call.options()?;
    let url = Settings::of(call)?.url(wire::SUBSCRIPTION_SET)?;
    let state = match call.operation()? {
        Operation::Add => "subscribed",
        Operation::Remove => "unsubscribed",
        _ => return Err(call.unsupported()),
    };
    let identity = Identity::of(rows, None)?;
    let users = match identity.kind() {
        Kind::ExternalId => "external_ids",
        Kind::Email => "emails",
        Kind::Phone => "phones",
        Kind::BrazeId | Kind::AliasName => {
            return Err(Halt::config("a subscription is set by external_id, email or phone"));
        }
    };
    let bytes_max = call.body_bytes_max();
    let mut body = Writer::with_capacity(200 + rows.len() * 32);
    let mut left_out = Vec::new();
    body.begin_object();
    body.name("subscription_groups");
    body.begin_array();
    body.begin_object();
    body.name("subscription_group_id");
    body.string(&options.subscription_group_id);
    body.name("subscription_state");
    body.string(state);
    body.name(users);
    body.begin_array();
    for row in 0..rows.len() {
        match identity.value(row) {
            Ok(value) => body.string(value),
            Err(reason) => left_out.push((row as u32, reason)),
        }
        if body.len() + 16 > bytes_max {
            call.fits(&body, row)?;
        }
    }
    body.end_array();
    body.end_object();
    body.end_array();
    body.end_object();
    let places = Places::new(rows.len(), left_out);
    if places.sent() == 0 {
        return Ok(places.finish(Receipts::accepted()));
    }
    let answer = call.post(url).credential("rest_api_key").pace("subscription").effect(Effect::Repeatable).json(body).send();
    outcomes::of_subscriptions(&places, answer)
}
