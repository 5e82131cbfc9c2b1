//! `uploadClickConversions` (the notes, *Upload click or offline conversions*; *Google Ads protos*, `ConversionUploadError`), for developer
//! tokens that uploaded before the door was closed; that is the service's to check.

use std::collections::{BTreeSet, HashSet};

use jiff::SignedDuration;
use serde_json::{Map, Value, json};

use super::{
    super::{
        account::{ActionType, ConversionAction, Customer, Lack},
        conversion::{Conversion, Source},
        currency::is_currency,
        limits,
        service::Service,
        shape::{list, object, text},
        state::State,
        words::{AdsError, Refusal},
    },
    identifiers::{self, Takes, Wrong},
    rows::{Asked, Upload, date_time, id_of, is_personal, required},
};
use crate::vendor::{Call, Reply};

pub(super) const UPLOAD: Upload = Upload {
    list: ("conversions", "conversions"),
    category: "conversionUploadError",
    too_many: "TOO_MANY_CONVERSIONS_IN_REQUEST",
    has_job: true,
};

/// `POST /v25/customers/{id}:uploadClickConversions`.
pub(in super::super) fn upload(service: &Service, asked: Asked<'_>) -> Result<Reply, Refusal> {
    let Asked { call, customer, .. } = asked;
    let (mut orders, mut clicks) = (HashSet::new(), HashSet::new());
    let read = |state: &State, index: usize, row: &Map<String, Value>| {
        let (mut conversion, result) = Reader { state, customer, index, call }.read(row)?;
        let sent = row.iter().filter(|(name, _)| *name != "userIdentifiers");
        conversion.sent = sent.map(|(name, value)| (name.clone(), value.clone())).collect::<Map<_, _>>().into();
        let action = conversion.conversion_action.clone();
        let fails = |code, message| Err(UPLOAD.error(code, message, index, ""));
        if conversion.transaction_id.clone().is_some_and(|order| !orders.insert((action.clone(), order))) {
            return fails("DUPLICATE_ORDER_ID", "Imported events include multiple conversions with the same order ID.");
        }
        let click = conversion.click.clone().filter(|_| conversion.transaction_id.is_none());
        if click.is_some_and(|click| !clicks.insert((action, click, conversion.at))) {
            let message = "Multiple events have the same click and `conversion_date_time`.";
            return fails("DUPLICATE_CLICK_CONVERSION_IN_REQUEST", message);
        }
        Ok((conversion, result))
    };
    UPLOAD.carry_out(service, asked, read, |state, conversion| {
        let applied = json!({ "conversion_action": conversion.conversion_action, "conversion": conversion.sent });
        added(state, conversion, applied)
    })
}

/// Adds a conversion; gives what the ledger has of it.
pub(super) fn added(state: &mut State, conversion: Conversion, applied: Value) -> (String, Value) {
    let key = conversion.key();
    state.conversions.add(conversion);
    (key, applied)
}

struct Reader<'a> {
    state: &'a State,
    customer: &'a Customer,
    index: usize,
    call: &'a Call,
}

impl Reader<'_> {
    fn fails<T>(&self, code: &'static str, message: &str, field: &'static str) -> Result<T, AdsError> {
        Err(UPLOAD.error(code, message, self.index, field))
    }

    fn of(&self, error: AdsError, field: &'static str) -> AdsError {
        UPLOAD.of(error, self.index, field)
    }

    fn read(&self, row: &Map<String, Value>) -> Result<(Conversion, Value), AdsError> {
        let action = action(self.state, self.customer, self.call, self.index, row, ActionType::UploadClicks)?;
        let at = text(row, "conversionDateTime").ok_or_else(|| self.of(required(), "conversion_date_time"))?;
        let at = date_time(at).map_err(|error| self.of(error, "conversion_date_time"))?;
        if at > self.call.now {
            let error = AdsError::new("dateError", "CANNOT_BE_IN_FUTURE", "The date is in the future.");
            return Err(self.of(error, "conversion_date_time"));
        }
        if text(row, "currencyCode").is_some_and(|code| !is_currency(code)) {
            let error = AdsError::new("currencyCodeError", "UNSUPPORTED", "The currency code is not supported.");
            return Err(self.of(error, "currency_code"));
        }
        let [gclid, gbraid, wbraid] = ["gclid", "gbraid", "wbraid"].map(|name| text(row, name));
        if gbraid.is_some() && wbraid.is_some() {
            return self.fails(
                "GBRAID_WBRAID_BOTH_SET",
                "Can't use both gbraid and wbraid parameters. Use only 1 and try again.",
                "",
            );
        }
        let click = gclid.or(gbraid).or(wbraid);
        let people = self.people(row)?;
        if click.is_none() && people.is_empty() {
            return Err(self.of(required(), "gclid"));
        }
        if action.one_per_click && gclid.is_none() && click.is_some() {
            let message = "Conversion actions that use one-per-click counting can't be used with gbraid or wbraid parameters.";
            return self.fails("ONE_PER_CLICK_CONVERSION_ACTION_NOT_PERMITTED_WITH_BRAID", message, "");
        }
        let allow_listed = ["userIpAddress", "sessionAttributesEncoded"].iter().any(|name| text(row, name).is_some());
        if allow_listed || object(row, "sessionAttributesKeyValuePairs").is_some() {
            // "This field is only available to allowlisted users" (*Google Ads protos*, `ClickConversion`).
            let message = "Customer is not allowlisted for accessing this feature.";
            return Err(self.of(AdsError::new("notAllowlistedError", "CUSTOMER_NOT_ALLOWLISTED_FOR_THIS_FEATURE", message), ""));
        }
        let order = text(row, "orderId");
        if order.is_some_and(is_personal) {
            let message = "Can't import events with order IDs containing personally-identifiable information (PII).";
            return self.fails("ORDER_ID_CONTAINS_PII", message, "order_id");
        }
        if order.is_some_and(|order| self.state.conversions.transaction(&action.id, order).is_some()) {
            let message = "The imported event includes an order ID that was previously recorded, so the event was not processed.";
            return self.fails("ORDER_ID_ALREADY_IN_USE", message, "order_id");
        }
        let there = click.is_some_and(|click| self.state.conversions.click(&action.id, click, at).is_some());
        if order.is_none() && there {
            let message = "The imported event has the same click and `conversion_date_time` as an existing conversion.";
            return self.fails("CLICK_CONVERSION_ALREADY_EXISTS", message, "");
        }
        self.clicked(click, at, action)?;
        let mut result =
            json!({ "conversionAction": text(row, "conversionAction"), "conversionDateTime": text(row, "conversionDateTime") });
        for name in ["gclid", "gbraid", "wbraid", "userIdentifiers"] {
            if let Some(sent) = row.get(name).filter(|sent| !sent.is_null()) {
                result[name] = sent.clone();
            }
        }
        let conversion = Conversion {
            conversion_action: action.id.clone(),
            transaction_id: order.map(str::to_owned),
            click: click.map(str::to_owned),
            at,
            value: row.get("conversionValue").and_then(Value::as_f64),
            currency: text(row, "currencyCode").map(str::to_owned),
            count: 1,
            identifiers: people,
            source: Source::ClickUpload,
            request: self.call.number,
            ..Conversion::default()
        };
        Ok((conversion, result))
    }

    fn people(&self, row: &Map<String, Value>) -> Result<BTreeSet<String>, AdsError> {
        let sent = list(row, "userIdentifiers").len();
        if sent == 0 {
            return Ok(BTreeSet::new());
        }
        for (lack, code) in [
            (Lack::EnhancedConversionsTerms, "CUSTOMER_NOT_ACCEPTED_CUSTOMER_DATA_TERMS"),
            (Lack::EnhancedConversionsForLeads, "CUSTOMER_NOT_ENABLED_ENHANCED_CONVERSIONS_FOR_LEADS"),
            (Lack::DataPolicy, "CUSTOMER_DATA_POLICY_PROHIBITS_ENHANCED_CONVERSIONS"),
        ] {
            if self.customer.lacks(lack) {
                return self.fails(code, "Enhanced conversions can't be used for this account as it is set up.", "");
            }
        }
        if sent > limits::UPLOAD_IDENTIFIERS_MAX {
            let error = AdsError::new("collectionSizeError", "TOO_MANY", "Too many.");
            return Err(self.of(error, "user_identifiers"));
        }
        identifiers::read(row, Takes { address: false, street: false, ids: false }).map_err(|(_, wrong)| {
            let (code, message) = match wrong {
                Wrong::Missing | Wrong::Malformed => {
                    ("INVALID_USER_IDENTIFIER", "Make sure you hash user provided data using SHA-256.")
                }
                Wrong::Unsupported => ("UNSUPPORTED_USER_IDENTIFIER", "Use only hashed email or phone number and try again."),
            };
            UPLOAD.error(code, message, self.index, "user_identifiers")
        })
    }

    /// Holds a conversion against its click, as far as that is known.
    fn clicked(&self, click: Option<&str>, at: jiff::Timestamp, action: &ConversionAction) -> Result<(), AdsError> {
        let Some(id) = click else { return Ok(()) };
        let Some(click) = self.state.clicks.get(id) else {
            return match self.state.clicks_must_be_known {
                true => self.fails("EVENT_NOT_FOUND", "The imported event could not be attributed to a click.", ""),
                false => Ok(()),
            };
        };
        if at < click.at {
            let message = "The imported event has a `conversion_date_time` that precedes the click.";
            return self.fails("CONVERSION_PRECEDES_EVENT", message, "conversion_date_time");
        }
        if self.call.now.duration_since(click.at) < SignedDuration::from_secs(limits::SETTLED_AFTER_S) {
            let message =
                "The click associated with the given identifier occurred less than 6 hours ago. Retry after 6 hours have passed.";
            return self.fails("TOO_RECENT_EVENT", message, "");
        }
        if at.duration_since(click.at) > SignedDuration::from_hours(24 * i64::from(action.click_window_days)) {
            let message =
                "The imported event can't be recorded because its click occurred before this conversion's click-through window.";
            return self.fails("EXPIRED_EVENT", message, "");
        }
        Ok(())
    }
}

/// The action of a row, which is of this type and old enough.
pub(super) fn action<'a>(
    state: &'a State,
    customer: &Customer,
    call: &Call,
    index: usize,
    row: &Map<String, Value>,
    wanted: ActionType,
) -> Result<&'a ConversionAction, AdsError> {
    let resource = text(row, "conversionAction").ok_or_else(|| UPLOAD.of(required(), index, "conversion_action"))?;
    let owner = customer.conversion_customer.as_ref().unwrap_or(&customer.id);
    let known = id_of(resource, "conversionActions").and_then(|id| state.actions.get(id)).filter(|it| it.customer_id == *owner);
    let fails = |code, message| Err(UPLOAD.error(code, message, index, "conversion_action"));
    match known {
        None => fails("NO_CONVERSION_ACTION_FOUND", "The conversion action specified in the upload request cannot be found."),
        Some(action) if action.r#type != wanted => {
            fails("INVALID_CONVERSION_ACTION_TYPE", "The conversion action isn't set up for uploading conversions.")
        }
        Some(action) if call.now.duration_since(action.created_at) < SignedDuration::from_secs(limits::SETTLED_AFTER_S) => {
            let message = "Can't import events to a conversion action that was just created. Try importing again in 6 hours.";
            fails("TOO_RECENT_CONVERSION_ACTION", message)
        }
        Some(action) => Ok(action),
    }
}
