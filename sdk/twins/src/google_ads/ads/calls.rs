//! `uploadCallConversions` (the notes, *Upload click or offline conversions*): conversions of people who called. The notes know of no
//! closed door here.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::{
    super::{
        account::{ActionType, Customer},
        conversion::{Conversion, Source},
        currency::is_currency,
        service::Service,
        shape::text,
        state::State,
        words::{AdsError, Refusal},
    },
    clicks::{self, action, added},
    rows::{Asked, Upload, date_time, required},
};
use crate::{
    contact::is_phone,
    vendor::{Call, Reply},
};

const UPLOAD: Upload = Upload { has_job: false, ..clicks::UPLOAD };

/// `POST /v25/customers/{id}:uploadCallConversions`.
pub(in super::super) fn upload(service: &Service, asked: Asked<'_>) -> Result<Reply, Refusal> {
    let mut seen = HashSet::new();
    let read = |state: &State, index: usize, row: &Map<String, Value>| {
        let conversion = read(state, asked.customer, asked.call, index, row)?;
        if !seen.insert((conversion.conversion_action.clone(), conversion.caller.clone(), conversion.at)) {
            let message = "Multiple events have the same call and `conversion_date_time`.";
            return Err(UPLOAD.error("DUPLICATE_CALL_CONVERSION_IN_REQUEST", message, index, ""));
        }
        let names = ["callerId", "callStartDateTime", "conversionAction", "conversionDateTime"];
        let result: Map<String, Value> =
            names.iter().filter_map(|name| Some(((*name).to_owned(), row.get(*name)?.clone()))).collect();
        Ok((conversion, result.into()))
    };
    UPLOAD.carry_out(service, asked, read, |state, conversion| {
        let applied = json!({ "conversion_action": conversion.conversion_action, "value": conversion.value });
        added(state, conversion, applied)
    })
}

fn read(state: &State, customer: &Customer, call: &Call, index: usize, row: &Map<String, Value>) -> Result<Conversion, AdsError> {
    let fails = |code, message, field| Err(UPLOAD.error(code, message, index, field));
    let action = action(state, customer, call, index, row, ActionType::UploadCalls)?;
    let time = |name: &str, field: &'static str| {
        let at = text(row, name).ok_or_else(|| UPLOAD.of(required(), index, field))?;
        date_time(at).map_err(|error| UPLOAD.of(error, index, field))
    };
    let (called, at) = (time("callStartDateTime", "call_start_date_time")?, time("conversionDateTime", "conversion_date_time")?);
    let caller = text(row, "callerId").ok_or_else(|| UPLOAD.of(required(), index, "caller_id"))?;
    if !is_phone(caller) {
        return fails("UNPARSEABLE_CALLERS_PHONE_NUMBER", "Make sure phone numbers are formatted as E.164.", "caller_id");
    }
    if at < called {
        let message = "The call has a `conversion_date_time` that precedes the associated click.";
        return fails("CONVERSION_PRECEDES_CALL", message, "conversion_date_time");
    }
    if text(row, "currencyCode").is_some_and(|code| !is_currency(code)) {
        let error = AdsError::new("currencyCodeError", "UNSUPPORTED", "The currency code is not supported.");
        return Err(UPLOAD.of(error, index, "currency_code"));
    }
    if state.conversions.click(&action.id, caller, at).is_some() {
        let message = "The imported call has the same `conversion_date_time` as an existing conversion.";
        return fails("CALL_CONVERSION_ALREADY_EXISTS", message, "");
    }
    Ok(Conversion {
        conversion_action: action.id.clone(),
        caller: Some(caller.to_owned()),
        at,
        value: row.get("conversionValue").and_then(Value::as_f64),
        currency: text(row, "currencyCode").map(str::to_owned),
        count: 1,
        source: Source::CallUpload,
        sent: row.clone().into(),
        request: call.number,
        ..Conversion::default()
    })
}
