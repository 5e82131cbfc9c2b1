//! An event as it was sent: what it must have before any of its request is taken, and what the vendor only finds fault with.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::{
    super::{
        account::{ActionType, ConversionAction},
        currency::is_currency,
        limits,
        shape::{list, object, text, time},
        state::State,
        words::Violation,
    },
    destination::{Target, addressed},
    people::{self, Encoding, Named},
};
use crate::{
    contact::{is_email, is_phone},
    iso::is_language,
};

/// An event that was found right.
pub(super) struct Event<'a> {
    pub(super) sent: &'a Map<String, Value>,
    pub(super) at: Timestamp,
    pub(super) people: BTreeSet<String>,
    pub(super) to: Vec<usize>,
    pub(super) place: String,
}

impl Event<'_> {
    fn ad(&self, name: &str) -> Option<&str> {
        object(self.sent, "adIdentifiers").and_then(|ids| text(ids, name))
    }

    pub(super) fn click(&self) -> Option<&str> {
        ["gclid", "gbraid", "wbraid"].into_iter().find_map(|name| self.ad(name))
    }

    pub(super) fn is_braid(&self) -> bool {
        self.ad("gbraid").is_some() || self.ad("wbraid").is_some()
    }

    /// As it was sent, without who did it.
    pub(super) fn told(&self) -> Value {
        let without = ["userData", "destinationReferences", "consent"];
        let kept = self.sent.iter().filter(|(name, value)| !value.is_null() && !without.contains(&name.as_str()));
        kept.map(|(name, value)| (name.clone(), value.clone())).collect::<Map<_, _>>().into()
    }
}

/// The events of a request; what is wrong with them is added to `found`.
pub(super) fn read<'a>(
    state: &State,
    now: Timestamp,
    body: &'a Map<String, Value>,
    targets: &[Target],
    validates: bool,
    found: &mut Vec<Violation>,
) -> Vec<Event<'a>> {
    let sent = list(body, "events");
    if sent.is_empty() {
        found.push(Violation::new("REQUIRED_FIELD_MISSING", "events"));
    }
    if sent.len() > limits::EVENTS_MAX {
        found.push(Violation::new("TOO_MANY_EVENTS", "events"));
        return Vec::new();
    }
    if object(body, "encryptionInfo").is_some() {
        // The twin has no keys to read it with.
        found.push(Violation::new("INVALID_ARGUMENT", "encryption_info"));
    }
    let actions: Vec<Option<&ConversionAction>> = targets
        .iter()
        .map(|target| {
            let field = format!("{}.product_destination_id", target.at);
            let action = state.actions.get(&target.id).filter(|action| action.customer_id == target.customer.id);
            match action.map(|action| action.r#type) {
                None => found.push(Violation::new("INVALID_CONVERSION_ACTION_ID", field)),
                Some(ActionType::Webpage | ActionType::UploadClicks) => {}
                Some(ActionType::UploadCalls | ActionType::StoreSalesDirectUpload) => {
                    found.push(Violation::new("INVALID_CONVERSION_ACTION_TYPE", field));
                }
            }
            action
        })
        .collect();
    let encoding = Encoding::of(body);
    let mut events = Vec::new();
    let mut any_people = false;
    for (index, sent) in sent.iter().filter_map(Value::as_object).enumerate() {
        let place = format!("events.events[{index}]");
        let to = addressed(targets, sent, &place, found);
        let mut named = Named::default();
        if let Some(data) = object(sent, "userData") {
            any_people = true;
            people::user_data(data, &format!("{place}.user_data"), encoding, &mut named, found);
        }
        let types = to.iter().filter_map(|at| actions.get(*at).copied().flatten()).map(|action| action.r#type);
        let at = check(sent, &place, types.collect(), now, validates, found);
        let people = named.identifiers.into_iter().collect();
        events.push(Event { sent, at: at.unwrap_or(now), people, to, place });
    }
    if any_people && encoding.is_none() {
        found.push(Violation::new("REQUIRED_FIELD_MISSING", "encoding"));
    }
    for (at, target) in targets.iter().enumerate() {
        let for_leads = actions[at].is_some_and(|action| action.r#type == ActionType::UploadClicks);
        let has_people = events.iter().any(|event| event.to.contains(&at) && object(event.sent, "userData").is_some());
        if let Some(reason) = people::lacks_for_people(&target.customer, for_leads).filter(|_| has_people) {
            found.push(Violation::new(reason, target.at.clone()));
        }
    }
    events
}

/// What an event must have for actions of these types; gives its time.
fn check(
    sent: &Map<String, Value>,
    place: &str,
    types: Vec<ActionType>,
    now: Timestamp,
    validates: bool,
    found: &mut Vec<Violation>,
) -> Option<Timestamp> {
    let mut add = |reason, field: &str| found.push(Violation::new(reason, format!("{place}.{field}")));
    let at = text(sent, "eventTimestamp").and_then(time);
    match at {
        None => add("REQUIRED_FIELD_MISSING", "event_timestamp"),
        Some(at) if at.duration_since(now) > SignedDuration::from_secs(limits::AHEAD_S_MAX) => {
            add("EVENT_TIME_INVALID", "event_timestamp");
        }
        Some(_) => {}
    }
    let transaction = text(sent, "transactionId");
    if transaction.is_none() && types.contains(&ActionType::Webpage) {
        add("REQUIRED_FIELD_MISSING", "transaction_id");
    }
    if text(sent, "currency").is_some_and(|code| !is_currency(code)) {
        add("INVALID_CURRENCY_CODE", "currency");
    }
    if object(sent, "thirdPartyUserData").is_some() {
        add("THIRD_PARTY_USER_DATA_NOT_ALLOWED", "third_party_user_data");
    }
    let ads = object(sent, "adIdentifiers");
    let has_ad = |names: &[&str]| ads.is_some_and(|ads| names.iter().any(|name| text(ads, name).is_some()));
    // Of web events the notes say "one of user data or ad ids", of offline ones which ids.
    let enough = object(sent, "userData").is_some()
        || has_ad(&["gclid", "gbraid", "wbraid"])
        || (!types.contains(&ActionType::UploadClicks) && has_ad(&["sessionAttributes", "mobileDeviceId"]));
    if !enough {
        found.push(Violation::new("NO_IDENTIFIERS_PROVIDED", place));
    }
    let devices = [("event_device_info", object(sent, "eventDeviceInfo")), ("ad_identifiers.landing_page_device_info", ads)];
    for (field, device) in devices {
        let device = if field.starts_with("ad_") { device.and_then(|ads| object(ads, "landingPageDeviceInfo")) } else { device };
        if device.and_then(|device| text(device, "ipAddress")).is_some_and(|ip| !people::is_ip(ip)) {
            found.push(Violation::new("INVALID_FORMAT", format!("{place}.{field}.ip_address")));
        }
    }
    let language = object(sent, "cartData").and_then(|cart| text(cart, "merchantFeedLanguageCode"));
    if language.is_some_and(|code| !is_language(&code.to_lowercase())) {
        let field = format!("{place}.cart_data.merchant_feed_language_code");
        found.push(Violation::new("INVALID_MERCHANT_FEED_LANGUAGE_CODE", field));
    }
    for (index, variable) in list(sent, "customVariables").iter().filter_map(Value::as_object).enumerate() {
        if text(variable, "value").is_some_and(|value| is_email(value) || is_phone(value)) {
            found.push(Violation::new("CUSTOM_VARIABLE_VALUE_CONTAINS_PII", format!("{place}.custom_variables[{index}].value")));
        }
    }
    // Observed: "a bare 400 on `events[n]`, and `validateOnly` does not catch it" (the notes, *Quirks*).
    if !validates && transaction.is_some_and(|id| id.bytes().all(|b| b.is_ascii_digit())) {
        let description = "Request contains an invalid argument.".to_owned();
        found.push(Violation { field: place.to_owned(), reason: None, description });
    }
    at
}

/// What the vendor accepts and finds fault with (*Data Manager protos*, `WarningReason`).
pub(super) fn field_warnings(events: &[Event<'_>], targets: &[Target]) -> Vec<Value> {
    let mut warnings = Vec::new();
    let mut warn = |reason: &str, field: String, description: &str| {
        warnings.push(json!({ "reason": format!("WARNING_REASON_{reason}"), "description": description, "field": field }));
    };
    for event in events {
        let place = &event.place;
        if let Some(cart) = object(event.sent, "cartData") {
            if event.is_braid() {
                let reason = "CART_DATA_NOT_SUPPORTED_WITH_GBRAID_OR_WBRAID";
                warn(reason, format!("{place}.cart_data"), "Cart data is not supported with gbraid or wbraid.");
            }
            if text(cart, "merchantId").is_some_and(|id| !id.bytes().all(|b| b.is_ascii_digit())) {
                warn("INVALID_MERCHANT_ID", format!("{place}.cart_data.merchant_id"), "The merchant ID is invalid.");
            }
            for (index, item) in list(cart, "items").iter().filter_map(Value::as_object).enumerate() {
                let at = format!("{place}.cart_data.items[{index}]");
                if text(item, "merchantProductId").is_none() {
                    let reason = "CART_DATA_ITEM_MERCHANT_PRODUCT_ID_MISSING";
                    warn(reason, format!("{at}.merchant_product_id"), "The product ID is missing in the cart item.");
                }
                if item.get("unitPrice").is_none_or(Value::is_null) {
                    warn(
                        "CART_DATA_ITEM_UNIT_PRICE_MISSING",
                        format!("{at}.unit_price"),
                        "The unit price is missing in the cart item.",
                    );
                }
            }
        }
        for (index, variable) in list(event.sent, "customVariables").iter().filter_map(Value::as_object).enumerate() {
            let customers = event.to.iter().filter_map(|at| targets.get(*at)).map(|target| &target.customer);
            let mut known = customers.flat_map(|customer| &customer.custom_variables);
            // Unknown names are passed over without a word (*Data Manager protos*, `CustomVariable`).
            if known.any(|known| Some(known.name.as_str()) == text(variable, "variable") && !known.enabled) {
                let field = format!("{place}.custom_variables[{index}]");
                warn("CUSTOM_VARIABLE_NOT_ENABLED", field, "The custom variable is not enabled in the account.");
            }
        }
    }
    warnings
}
