//! Standard attributes: their names and formats (*User attributes object*, read 2026-11). Null clears one, except a
//! subscribe state and a location (inferred).

use serde_json::Value;

use super::{attributes::fits, profile::SubscriptionState, target::Refusal, time};
use crate::{
    contact::{is_email, is_phone},
    iso,
    time::is_zone,
};

/// Checks a standard attribute; none when the name is no standard one.
pub(super) fn check(name: &str, value: &Value) -> Option<Result<(), Refusal>> {
    let good = match (format(name)?, value) {
        (Format::Text(_), Value::Null) => true,
        (Format::Text(good), Value::String(text)) => good(text),
        (Format::Subscribe, Value::String(text)) => matches!(text.as_str(), "opted_in" | "subscribed" | "unsubscribed"),
        (Format::Location, Value::Object(_)) => is_location(value),
        _ => false,
    };
    Some(if good { Ok(()) } else { Err(format!("'{name}' is not valid").into()) })
}

/// Whether this names a standard attribute.
pub(super) fn is_standard(name: &str) -> bool {
    format(name).is_some()
}

fn format(name: &str) -> Option<Format> {
    Some(match name {
        "first_name" | "last_name" | "home_city" | "image_url" => Format::Text(fits),
        "email" => Format::Text(is_email),
        "phone" => Format::Text(is_phone),
        "country" => Format::Text(iso::is_country),
        "language" => Format::Text(iso::is_language),
        "dob" => Format::Text(|text| time::day(text).is_some()),
        "gender" => Format::Text(|text| matches!(text, "M" | "F" | "O" | "N" | "P")),
        "time_zone" => Format::Text(is_zone),
        "date_of_first_session" | "date_of_last_session" => Format::Text(time::is_any),
        "email_subscribe" | "push_subscribe" => Format::Subscribe,
        "current_location" => Format::Location,
        _ => return None,
    })
}

enum Format {
    Text(fn(&str) -> bool),
    Subscribe,
    Location,
}

fn is_location(value: &Value) -> bool {
    let degrees =
        |name: &str, most: f64| value.get(name).and_then(Value::as_f64).is_some_and(|degrees| (-most..=most).contains(&degrees));
    degrees("longitude", 180.0) && degrees("latitude", 90.0)
}

/// The `subscription_groups` of an attributes object.
pub(super) fn subscription_groups(value: Value) -> Result<Vec<(String, SubscriptionState)>, Refusal> {
    let Value::Array(items) = value else { return Err("'subscription_groups' must be an array".into()) };
    items
        .into_iter()
        .map(|item| {
            let id = item.get("subscription_group_id").and_then(Value::as_str);
            let state = item.get("subscription_state").and_then(Value::as_str).and_then(SubscriptionState::read);
            match (id, state) {
                (Some(id), Some(state)) => Ok((id.to_owned(), state)),
                _ => Err("'subscription_groups' needs a subscription_group_id and a subscription_state".into()),
            }
        })
        .collect()
}
