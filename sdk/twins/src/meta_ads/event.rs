//! What one event must be (the notes, "Send conversion events").
//!
//! Subcodes 2804003 (too old) with its sentence, 2804010 (no currency), 2804009 (no value), 2804023 (a value without a currency), 2804004
//! (in the future) and 2804050 (nobody to find) are those that public clients met (read 2026-11); 2804019 stands for all others, and
//! their sentences are (inferred). So is what a value of `custom_data` must be beyond the notes' table.

use iso_currency::Currency;
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{
    datasets::Event,
    limits,
    user_data::{self, Problem},
    words::Refusal,
};

const ACTION_SOURCES: [&str; 9] =
    ["email", "website", "app", "phone_call", "chat", "physical_store", "system_generated", "business_messaging", "other"];

const KNOWN: [&str; 16] = [
    "event_name",
    "event_time",
    "event_id",
    "action_source",
    "event_source_url",
    "user_data",
    "custom_data",
    "data_processing_options",
    "data_processing_options_country",
    "data_processing_options_state",
    "opt_out",
    "app_data",
    "attribution_data",
    "original_event_data",
    "referrer_url",
    "messaging_channel",
];

const DELIVERIES: [&str; 3] = ["in_store", "curbside", "home_delivery"];

/// Codes and places of warnings.
pub(super) type Found = Vec<(&'static str, String)>;

/// Reads an event, or says what is wrong with it.
pub(super) fn read(item: Value, request: u64, now: Timestamp) -> Result<(Event, Found), Refusal> {
    let Value::Object(event) = &item else { return Err(parameter("data", "must be an object")) };
    let name = text(event, "event_name")?.ok_or_else(|| missing("event_name"))?;
    let source = text(event, "action_source")?.ok_or_else(|| missing("action_source"))?;
    if !ACTION_SOURCES.contains(&source) {
        return Err(parameter("action_source", format_args!("must be one of {}", ACTION_SOURCES.join(", "))));
    }
    let time = time(event, source == "physical_store", now)?;
    let id = text(event, "event_id")?.map(str::to_owned);
    let url = text(event, "event_source_url")?;
    let Some(Value::Object(user)) = event.get("user_data") else { return Err(missing("user_data")) };
    let (key, mut found) = user_data::read(user).map_err(|problem| match problem {
        Problem::Field(name, what) => parameter(&format!("user_data[{name}]"), what),
        Problem::Insufficient => Refusal::invalid(
            2_804_050,
            "Insufficient customer information",
            "The event doesn't have enough customer information to be matched: add more parameters to user_data.",
        ),
    })?;
    if source == "website" {
        if url.is_none() {
            return Err(missing("event_source_url"));
        }
        if !user.contains_key("client_user_agent") {
            return Err(missing("user_data[client_user_agent]"));
        }
    }
    options(event)?;
    if event.get("opt_out").is_some_and(|flag| !flag.is_boolean() && !flag.is_null()) {
        return Err(parameter("opt_out", "must be a boolean"));
    }
    for name in ["app_data", "attribution_data", "original_event_data"] {
        if event.get(name).is_some_and(|value| !value.is_object() && !value.is_null()) {
            return Err(parameter(name, "must be an object"));
        }
    }
    custom_data(event, name)?;
    if id.is_none() {
        found.push(("no-event-id", "event_id".to_owned()));
    }
    let unknown = event.keys().filter(|name| !KNOWN.contains(&name.as_str()));
    found.extend(unknown.map(|name| ("unknown-parameter", name.clone())));
    let event = Event { name: name.to_owned(), time, id, key, data: item.clone(), request, at: now };
    Ok((event, found))
}

fn parameter(field: &str, what: impl std::fmt::Display) -> Refusal {
    Refusal::invalid(2_804_019, "Server Side Api Parameter Error", format!("The parameter {field} {what}."))
}

fn missing(field: &str) -> Refusal {
    parameter(field, "is required and missing")
}

/// A text that is not empty; none when there is none.
fn text<'a>(event: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, Refusal> {
    match event.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if !text.trim().is_empty() => Ok(Some(text)),
        Some(_) => Err(parameter(name, "must be a string that is not empty")),
    }
}

/// "max 7 days old, else the entire request fails (2804003); `physical_store` allows 62 days; not in the future".
fn time(event: &Map<String, Value>, in_store: bool, now: Timestamp) -> Result<i64, Refusal> {
    let time = event.get("event_time").ok_or_else(|| missing("event_time"))?;
    let time =
        time.as_i64().filter(|time| *time > 0).ok_or_else(|| parameter("event_time", "must be a Unix timestamp in seconds"))?;
    let age = now.as_second().saturating_sub(time);
    if age < 0 {
        return Err(Refusal::invalid(
            2_804_004,
            "Event Timestamp in the Future",
            "The timestamp for this event is in the future. Enter a timestamp that has occurred.",
        ));
    }
    let most = if in_store { limits::STORE_EVENT_AGE_S } else { limits::EVENT_AGE_S };
    if age > most {
        let days = most / 86_400;
        return Err(Refusal::invalid(
            2_804_003,
            "Event Timestamp Too Old",
            format!(
                "The timestamp for this event is too far in the past. Events need to be sent from your server within {days} days of when \
                 they occurred. Enter a timestamp that has occurred within the last {days} days."
            ),
        ));
    }
    Ok(time)
}

/// `["LDU"]` with a country and a state, or `[]`.
fn options(event: &Map<String, Value>) -> Result<(), Refusal> {
    let options = match event.get("data_processing_options") {
        None | Some(Value::Null) => return Ok(()),
        Some(Value::Array(options)) => options,
        Some(_) => return Err(parameter("data_processing_options", "must be an array")),
    };
    if options.iter().any(|option| option != "LDU") {
        return Err(parameter("data_processing_options", "must be [\"LDU\"] or []"));
    }
    for name in ["data_processing_options_country", "data_processing_options_state"] {
        let there = event.get(name).is_some_and(Value::is_u64);
        if !options.is_empty() && !there {
            return Err(parameter(name, "must be an integer with LDU"));
        }
    }
    Ok(())
}

fn custom_data(event: &Map<String, Value>, name: &str) -> Result<(), Refusal> {
    let none = Map::new();
    let custom = match event.get("custom_data") {
        None | Some(Value::Null) => &none,
        Some(Value::Object(custom)) => custom,
        Some(_) => return Err(parameter("custom_data", "must be an object")),
    };
    let at = |name: &str| custom.get(name).filter(|value| !value.is_null());
    let wrong = |name: &str, what: &str| parameter(&format!("custom_data[{name}]"), what);
    let currency = match at("currency") {
        None => None,
        Some(Value::String(code)) if Currency::from_code(code).is_some() => Some(code),
        Some(_) => return Err(wrong("currency", "must be a code of ISO 4217")),
    };
    for name in ["value", "predicted_ltv"] {
        if at(name).is_some_and(|value| !value.is_number()) {
            return Err(wrong(name, "must be a number"));
        }
    }
    let is_purchase = name == "Purchase";
    match (currency, at("value")) {
        (None, _) if is_purchase => Err(Refusal::invalid(
            2_804_010,
            "Missing Currency for Purchase Event",
            "Your Purchase event doesn't include a currency parameter. Add a currency to custom_data.",
        )),
        (_, None) if is_purchase => Err(Refusal::invalid(
            2_804_009,
            "Missing Value for Purchase Event",
            "Your Purchase event doesn't include a value parameter. Add a value to custom_data.",
        )),
        (None, Some(_)) => Err(Refusal::invalid(
            2_804_023,
            "Missing Currency for Value",
            "Your event includes a value parameter without a currency parameter. Add a currency to custom_data.",
        )),
        _ => Ok(()),
    }?;
    for name in ["order_id", "content_name", "content_category", "search_string"] {
        if at(name).is_some_and(|value| !value.is_string()) {
            return Err(wrong(name, "must be a string"));
        }
    }
    if at("num_items").is_some_and(|value| !value.is_u64()) {
        return Err(wrong("num_items", "must be a non-negative integer"));
    }
    if at("content_type").is_some_and(|value| value != "product" && value != "product_group") {
        return Err(wrong("content_type", "must be product or product_group"));
    }
    let is_name = |value: &Value| value.is_string() || value.is_u64();
    if at("content_ids").is_some_and(|value| !value.as_array().is_some_and(|ids| ids.iter().all(is_name))) {
        return Err(wrong("content_ids", "must be an array of strings"));
    }
    match at("contents") {
        None => Ok(()),
        Some(Value::Array(contents)) if contents.iter().all(is_content) => Ok(()),
        Some(_) => Err(wrong("contents", "must be an array of objects with an id and a quantity")),
    }
}

/// `{id, quantity, item_price, delivery_category}`.
fn is_content(content: &Value) -> bool {
    let fits = |name: &str, fits: fn(&Value) -> bool| content.get(name).is_none_or(fits);
    content.get("id").is_some_and(|id| id.is_string() || id.is_u64())
        && fits("quantity", Value::is_u64)
        && fits("item_price", Value::is_number)
        && fits("delivery_category", |value| DELIVERIES.iter().any(|known| value == known))
}
