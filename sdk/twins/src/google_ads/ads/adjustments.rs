//! `uploadConversionAdjustments`: retractions, restatements and enhancements (the notes, *Adjust conversion events*, *Retract conversion
//! events*, *Enhanced Conversions for Web*; *Google Ads protos*, `ConversionAdjustmentUploadError`, whose words they are).

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::{
    super::{
        account::{ActionType, ConversionAction, Customer, Lack},
        conversion::{Adjustment, Conversion},
        currency::is_currency,
        limits,
        service::Service,
        shape::{list, object, text},
        state::State,
        words::{AdsError, Refusal},
    },
    identifiers::{self, Takes, Wrong},
    rows::{Asked, Upload, date_time, id_of, is_personal, must_be_unset, required},
};
use crate::vendor::Reply;

const UPLOAD: Upload = Upload {
    list: ("conversionAdjustments", "conversion_adjustments"),
    category: "conversionAdjustmentUploadError",
    too_many: "TOO_MANY_ADJUSTMENTS_IN_REQUEST",
    has_job: true,
};

/// An adjustment that was found right.
struct Order {
    /// Where the conversion is.
    at: usize,
    kind: &'static str,
    when: Option<Timestamp>,
    value: Option<f64>,
    currency: Option<String>,
    people: BTreeSet<String>,
}

/// `POST /v25/customers/{id}:uploadConversionAdjustments`.
pub(in super::super) fn upload(service: &Service, asked: Asked<'_>) -> Result<Reply, Refusal> {
    let Asked { call, customer, .. } = asked;
    let mut seen = BTreeSet::new();
    let read = |state: &State, index: usize, row: &Map<String, Value>| {
        let (order, result) = Reader { state, customer, index, now: call.now }.read(row)?;
        let duplicate =
            if order.kind == "ENHANCEMENT" { "DUPLICATE_ENHANCEMENT_IN_REQUEST" } else { "DUPLICATE_ADJUSTMENT_IN_REQUEST" };
        match seen.insert((order.at, order.kind, order.when.filter(|_| order.kind != "ENHANCEMENT"))) {
            true => Ok((order, result)),
            false => Err(UPLOAD.error(duplicate, "The request has this adjustment twice.", index, "")),
        }
    };
    let apply = |state: &mut State, order: Order| {
        let conversion = state.conversions.at_mut(order.at);
        let adjustment = Adjustment { r#type: order.kind, at: order.when, value: order.value, request: call.number };
        conversion.adjustments.push(adjustment);
        match order.kind {
            "RETRACTION" => {
                conversion.retracted = true;
                conversion.value = Some(0.0);
                conversion.count = 0;
            }
            "RESTATEMENT" => {
                conversion.value = order.value;
                conversion.currency = order.currency.or(conversion.currency.take());
            }
            _ => {
                conversion.enhanced = true;
                conversion.identifiers.extend(order.people);
            }
        }
        let applied = json!({ "conversion_action": conversion.conversion_action, "adjustment": order.kind, "value": order.value });
        (conversion.key(), applied)
    };
    UPLOAD.carry_out(service, asked, read, apply)
}

struct Reader<'a> {
    state: &'a State,
    customer: &'a Customer,
    index: usize,
    now: Timestamp,
}

impl Reader<'_> {
    fn fails<T>(&self, code: &'static str, message: &str, field: &'static str) -> Result<T, AdsError> {
        Err(UPLOAD.error(code, message, self.index, field))
    }

    fn of(&self, error: AdsError, field: &'static str) -> AdsError {
        UPLOAD.of(error, self.index, field)
    }

    fn read(&self, row: &Map<String, Value>) -> Result<(Order, Value), AdsError> {
        let kind = match text(row, "adjustmentType") {
            Some("RETRACTION") => "RETRACTION",
            Some("RESTATEMENT") => "RESTATEMENT",
            Some("ENHANCEMENT") => "ENHANCEMENT",
            _ => return Err(self.of(required(), "adjustment_type")),
        };
        let enhances = kind == "ENHANCEMENT";
        let action = self.action(row, enhances)?;
        let when = match text(row, "adjustmentDateTime") {
            Some(when) => Some(date_time(when).map_err(|error| self.of(error, "adjustment_date_time"))?),
            // An enhancement may leave it out (inferred).
            None if enhances => None,
            None => return Err(self.of(required(), "adjustment_date_time")),
        };
        let (value, currency) = self.restated(row, kind, action)?;
        let people = self.people(row, enhances)?;
        let at = self.conversion(row, enhances, action)?;
        let conversion = self.state.conversions.at(at);
        self.times(kind, when, action, conversion)?;
        let mut result = json!({ "conversionAction": text(row, "conversionAction"), "adjustmentType": kind });
        for name in ["orderId", "gclidDateTimePair", "adjustmentDateTime"] {
            if let Some(sent) = row.get(name).filter(|sent| !sent.is_null()) {
                result[name] = sent.clone();
            }
        }
        Ok((Order { at, kind, when, value, currency, people }, result))
    }

    fn action(&self, row: &Map<String, Value>, enhances: bool) -> Result<&ConversionAction, AdsError> {
        let resource = text(row, "conversionAction").ok_or_else(|| self.of(required(), "conversion_action"))?;
        let known = id_of(resource, "conversionActions").and_then(|id| self.state.actions.get(id));
        // "validation will ignore the customer id" of the name; the action is one of this account all the same.
        let owner = self.customer.conversion_customer.as_ref().unwrap_or(&self.customer.id);
        let Some(action) = known.filter(|action| action.customer_id == *owner) else {
            let message = "The conversion action specified in the adjustment request cannot be found.";
            return self.fails("NO_CONVERSION_ACTION_FOUND", message, "conversion_action");
        };
        match action.r#type {
            ActionType::Webpage => {}
            ActionType::UploadClicks if !enhances => {}
            ActionType::UploadClicks | ActionType::UploadCalls | ActionType::StoreSalesDirectUpload => {
                let message = "The type of the conversion action isn't supported for uploading this adjustment.";
                return self.fails("INVALID_CONVERSION_ACTION_TYPE", message, "conversion_action");
            }
        }
        if self.now.duration_since(action.created_at) < SignedDuration::from_secs(limits::SETTLED_AFTER_S) {
            let message = "Can't import events to a conversion action that was just created. Try importing again in 6 hours.";
            return self.fails("TOO_RECENT_CONVERSION_ACTION", message, "conversion_action");
        }
        Ok(action)
    }

    fn restated(
        &self,
        row: &Map<String, Value>,
        kind: &str,
        action: &ConversionAction,
    ) -> Result<(Option<f64>, Option<String>), AdsError> {
        let restated = object(row, "restatementValue");
        if kind != "RESTATEMENT" {
            return if restated.is_some() { Err(self.of(must_be_unset(), "restatement_value")) } else { Ok((None, None)) };
        }
        let value = restated.and_then(|restated| restated.get("adjustedValue")).and_then(Value::as_f64);
        let value = value.ok_or_else(|| self.of(required(), "restatement_value"))?;
        let currency = restated.and_then(|restated| text(restated, "currencyCode"));
        if currency.is_some_and(|code| !is_currency(code)) {
            let error = AdsError::new("currencyCodeError", "UNSUPPORTED", "The currency code is not supported.");
            return Err(self.of(error, "restatement_value"));
        }
        if action.always_default_value {
            let code = "CANNOT_RESTATE_CONVERSION_ACTION_THAT_ALWAYS_USES_DEFAULT_CONVERSION_VALUE";
            return self.fails(code, "Can't make an adjustment to a conversion that is set up to use the default value.", "");
        }
        Ok((Some(value), currency.map(str::to_owned)))
    }

    fn people(&self, row: &Map<String, Value>, enhances: bool) -> Result<BTreeSet<String>, AdsError> {
        let sent = list(row, "userIdentifiers");
        if !enhances {
            return match sent.is_empty() && text(row, "userAgent").is_none() {
                true => Ok(BTreeSet::new()),
                false => Err(self.of(must_be_unset(), "user_identifiers")),
            };
        }
        for (lack, code) in [
            (Lack::EnhancedConversionsTerms, "CUSTOMER_NOT_ACCEPTED_CUSTOMER_DATA_TERMS"),
            (Lack::DataPolicy, "CUSTOMER_DATA_POLICY_PROHIBITS_ENHANCEMENT"),
        ] {
            if self.customer.lacks(lack) {
                return self.fails(code, "Enhanced conversions can't be used for this account as it is set up.", "");
            }
        }
        if sent.is_empty() {
            return Err(self.of(required(), "user_identifiers"));
        }
        if sent.len() > limits::UPLOAD_IDENTIFIERS_MAX {
            let error = AdsError::new("collectionSizeError", "TOO_MANY", "Too many.");
            return Err(self.of(error, "user_identifiers"));
        }
        identifiers::read(row, Takes { address: true, street: true, ids: false }).map_err(|(_, wrong)| {
            let (code, message) = match wrong {
                Wrong::Missing | Wrong::Malformed => {
                    ("INVALID_USER_IDENTIFIER", "Make sure you hash user provided data using SHA-256.")
                }
                Wrong::Unsupported => {
                    ("UNSUPPORTED_USER_IDENTIFIER", "Use user provided data such as emails or phone numbers hashed using SHA-256.")
                }
            };
            UPLOAD.error(code, message, self.index, "user_identifiers")
        })
    }

    /// The conversion that is meant: "if the original had an order id it must be used".
    fn conversion(&self, row: &Map<String, Value>, enhances: bool, action: &ConversionAction) -> Result<usize, AdsError> {
        let (order, pair) = (text(row, "orderId"), object(row, "gclidDateTimePair"));
        if order.is_some() && pair.is_some() && !enhances {
            let message = "Cannot set both gclid_date_time_pair and order_id. Use only 1 type and try again.";
            return self.fails("GCLID_DATE_TIME_PAIR_AND_ORDER_ID_BOTH_SET", message, "");
        }
        if order.is_some_and(is_personal) {
            let message = "Can't use adjustment with Order IDs containing personally-identifiable information (PII).";
            return self.fails("ORDER_ID_CONTAINS_PII", message, "order_id");
        }
        let found = match (order, pair) {
            (Some(order), _) => self.state.conversions.transaction(&action.id, order),
            (None, _) if action.r#type == ActionType::Webpage => {
                let message = "Adjustment for website conversion requires Order ID (ie, transaction ID).";
                return self.fails("MISSING_ORDER_ID_FOR_WEBPAGE", message, "order_id");
            }
            (None, Some(pair)) => {
                let (gclid, at) = (text(pair, "gclid"), text(pair, "conversionDateTime"));
                let (Some(gclid), Some(at)) = (gclid, at) else { return Err(self.of(required(), "gclid_date_time_pair")) };
                let at = date_time(at).map_err(|error| self.of(error, "gclid_date_time_pair"))?;
                let found = self.state.conversions.click(&action.id, gclid, at);
                found.filter(|at| self.state.conversions.at(*at).transaction_id.is_none())
            }
            (None, None) => return Err(self.of(required(), "order_id")),
        };
        let message = "The conversion for this conversion action and conversion identifier can't be found.";
        found.map_or_else(|| self.fails("CONVERSION_NOT_FOUND", message, ""), Ok)
    }

    fn times(
        &self,
        kind: &str,
        when: Option<Timestamp>,
        action: &ConversionAction,
        conversion: &Conversion,
    ) -> Result<(), AdsError> {
        debug_assert_eq!(action.id, conversion.conversion_action);
        if conversion.retracted {
            let message = "The conversion was already retracted. This adjustment was not processed.";
            return self.fails("CONVERSION_ALREADY_RETRACTED", message, "");
        }
        let age = self.now.duration_since(conversion.at);
        if age > SignedDuration::from_hours(24 * limits::ADJUST_DAYS_MAX) {
            let message = "Adjustment can't be made to a conversion that occurred more than 54 days ago.";
            return self.fails("CONVERSION_EXPIRED", message, "");
        }
        if kind != "ENHANCEMENT" && age < SignedDuration::from_secs(limits::ADJUST_AFTER_S) {
            let message = "Adjustment can't be recorded because the conversion occurred too recently.";
            return self.fails("TOO_RECENT_CONVERSION", message, "");
        }
        if when.is_some_and(|when| when < conversion.at) {
            let message = "Adjustment has an `adjustment_date_time` that occurred before the associated conversion.";
            return self.fails("ADJUSTMENT_PRECEDES_CONVERSION", message, "adjustment_date_time");
        }
        if kind == "ENHANCEMENT" {
            let message = "Conversion already has enhancements with the same Order ID and conversion action.";
            return if conversion.enhanced { self.fails("CONVERSION_ALREADY_ENHANCED", message, "") } else { Ok(()) };
        }
        let restated = conversion.adjustments.iter().filter(|before| before.r#type == "RESTATEMENT").filter_map(|before| before.at);
        match (kind, restated.max(), when) {
            ("RESTATEMENT", Some(last), Some(when)) if when == last => {
                let message = "The conversion has prior a restatement with the same `adjustment_date_time`.";
                self.fails("RESTATEMENT_ALREADY_EXISTS", message, "adjustment_date_time")
            }
            ("RESTATEMENT", Some(last), Some(when)) if when < last => {
                let message =
                    "More recent adjustment `adjustment_date_time` has already been reported for the associated conversion.";
                self.fails("MORE_RECENT_RESTATEMENT_FOUND", message, "adjustment_date_time")
            }
            _ => Ok(()),
        }
    }
}
