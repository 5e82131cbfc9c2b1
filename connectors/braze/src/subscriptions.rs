//! Subscription statuses: `POST /v2/subscription/status/set`. An addition subscribes, a removal unsubscribes; people who were never
//! in the list are not touched. One request per batch, one answer for all of its users.
//!
//! "Update user's subscription group status (v2)" of braze.com/docs/api/endpoints/subscription_groups, read 2026-11.

use sluice_sdk::json::Writer;
use sluice_sdk::{Call, Effect, Halt, Operation, Places, Rows, Written};

use crate::identity::{Identity, Kind};
use crate::outcomes;
use crate::settings::{Settings, SubscriptionsOptions};
use crate::wire;

/// Identifiers that a group takes, and the member that lists their values.
const USERS: [(Kind, &str); 3] = [(Kind::ExternalId, "external_ids"), (Kind::Email, "emails"), (Kind::Phone, "phones")];

/// Sets one state for the users of a batch.
pub(crate) fn write(call: &Call<'_>, rows: &Rows<'_>) -> Result<Written, Halt> {
    let options: SubscriptionsOptions = call.options()?;
    let url = Settings::of(call)?.url(wire::SUBSCRIPTION_SET)?;
    let state = match call.operation()? {
        Operation::Add => "subscribed",
        Operation::Remove => "unsubscribed",
        _ => return Err(call.unsupported()),
    };
    // Nobody goes by an alias here, so none has a label; the word only lets the refusal below be the one that is told.
    let identity = Identity::of_members(rows, Some("none"))?;
    if identity.kinds().any(|kind| USERS.iter().all(|(known, _)| *known != kind)) {
        return Err(Halt::config("a subscription is set by external_id, email or phone"));
    }
    let mut left_out = Vec::new();
    let mut users = Vec::with_capacity(rows.len());
    for row in 0..rows.len() {
        match identity.value(row) {
            Ok(user) => users.push(user),
            Err(reason) => left_out.push((row as u32, reason)),
        }
    }
    let body = body(&options.subscription_group_id, state, &users);
    call.fits(&body, rows.len() / 2)?;
    let places = Places::new(rows.len(), left_out);
    let request = call.post(url).credential("rest_api_key").pace("subscription").effect(Effect::Repeatable);
    places.send(request.json(body), |answer| outcomes::of_subscriptions(&places, answer))
}

/// One object for each kind of identifier: e-mail addresses and phones must not be in the same one.
fn body(group: &str, state: &str, users: &[(Kind, &str)]) -> Writer {
    let mut body = Writer::with_capacity(200 + users.len() * 32);
    let of = |body: &mut Writer, (kind, list): (Kind, &'static str)| {
        let mut values = users.iter().filter(|(of, _)| *of == kind).map(|(_, value)| *value).peekable();
        if values.peek().is_some() {
            body.item(|body| {
                body.member("subscription_group_id", group);
                body.member("subscription_state", state);
                body.array(list, |body| values.for_each(|value| body.string(value)));
            });
        }
    };
    body.item(|body| body.array("subscription_groups", |body| USERS.into_iter().for_each(|users| of(body, users))));
    body
}
