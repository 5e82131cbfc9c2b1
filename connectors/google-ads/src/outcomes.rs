//! Status, reason and index -> outcome.
//!
//! `error.proto` of the Data Manager API and the `errors` of the Google Ads API v25 (googleapis at f8291d2 of 2026-08-22, read 2026-11).
//! What the tables do not name is the kit's ordinary case: 401 auth, 403 permission, 404 missing, 429 throttled, 5xx and silence
//! unknown. The Data Manager API takes all records of a request or none, and names those that are bad; the Google Ads API answers for each.

use std::collections::BTreeMap;

use sluice_sdk::{ByPlace, Codes, Failure, Halt, Means, Outcome, Places, Reason, Receipts, Response, Written, code};

use crate::processing;
use crate::wire::{Adjusted, Fault, REFUSAL, Status, Violation};

/// Both APIs; neither promises `Retry-After`.
pub(crate) const GOOGLE: Codes = Codes { own, lines: CODES, of_rows: &[400], apart: of_the_day, ..Codes::of("Google Ads") };

/// Reasons of refusals of the whole; nothing was written then.
const CODES: &[(&str, Means)] = &[
    ("PERMISSION_DENIED", Means::Permission(NO_ACCESS)),
    ("USER_PERMISSION_DENIED", Means::Permission(NO_ACCESS)),
    ("CUSTOMER_NOT_ENABLED", Means::Setup("the account is not active in Google Ads")),
    ("CUSTOMER_NOT_FOUND", Means::Setup("Google Ads has no account of this `customer_id`")),
    ("OAUTH_TOKEN_EXPIRED", Means::Key("Google does not take the sign-in any more: sign in again")),
    ("OAUTH_TOKEN_INVALID", Means::Key("Google does not take the sign-in: sign in again")),
    ("DEVELOPER_TOKEN_INVALID", Means::Setup(DEVELOPER_TOKEN)),
    ("DEVELOPER_TOKEN_NOT_APPROVED", Means::Setup(DEVELOPER_TOKEN)),
    ("DEVELOPER_TOKEN_PROHIBITED", Means::Setup(DEVELOPER_TOKEN)),
    ("DEVELOPER_TOKEN_NOT_ON_ALLOWLIST", Means::Setup(DEVELOPER_TOKEN)),
    ("CUSTOMER_NOT_ALLOWLISTED_FOR_THIS_FEATURE", Means::Setup("Google does not let this developer token use the feature")),
    ("NOT_ALLOWLISTED", Means::Setup("Google does not let this account use the feature")),
    ("TERMS_AND_CONDITIONS_NOT_SIGNED", Means::Setup(TERMS)),
    ("DESTINATION_ACCOUNT_ENHANCED_CONVERSIONS_TERMS_NOT_SIGNED", Means::Setup(TERMS)),
    ("CUSTOMER_NOT_ACCEPTED_CUSTOMER_DATA_TERMS", Means::Setup(TERMS)),
    ("DESTINATION_ACCOUNT_NOT_ENABLED_ENHANCED_CONVERSIONS_FOR_LEADS", Means::Setup(LEADS)),
    ("DESTINATION_ACCOUNT_DATA_POLICY_PROHIBITS_ENHANCED_CONVERSIONS", Means::Setup(POLICY)),
    (
        "EU_POLITICAL_ADVERTISING_DECLARATION_REQUIRED",
        Means::Setup("the account lacks the declaration on political advertising in the EU"),
    ),
    ("INVALID_CONVERSION_ACTION_ID", Means::Setup(ACTION)),
    ("NO_CONVERSION_ACTION_FOUND", Means::Setup(ACTION)),
    ("INVALID_CONVERSION_ACTION_TYPE", Means::Setup(ACTION_TYPE)),
    ("EVENT_SOURCE_AND_DESTINATION_MISMATCH", Means::Setup(ACTION_TYPE)),
    ("INVALID_USER_LIST_ID", Means::NotThere("the list is not there any more: give the activation another name for it")),
    ("INVALID_USER_LIST_TYPE", Means::Setup("the list takes no members of this kind")),
    ("DISPLAY_NAME_ALREADY_USED", Means::Setup("a list of this name is there, and Google does not show it: choose another name")),
    ("INVALID_DESTINATION", Means::Setup(ACCOUNT)),
    ("DESTINATION_ACCOUNT_TYPE_MISMATCH", Means::Setup(ACCOUNT)),
    ("OPERATING_ACCOUNT_LOGIN_ACCOUNT_MISMATCH", Means::Setup(ACCOUNT)),
    ("INVALID_REQUEST_ID", Means::NotThere("Google does not know the request any more")),
    ("TOO_MANY_AUDIENCE_MEMBERS", Means::FewerRows),
    ("TOO_MANY_EVENTS", Means::FewerRows),
    ("TOO_MANY_ADJUSTMENTS_IN_REQUEST", Means::FewerRows),
    (
        "MULTIPLE_DATA_TYPES_NOT_ALLOWED",
        Means::Setup("Google takes one kind of data in a request: a mistake of the connector, report it"),
    ),
];
const NO_ACCESS: &str =
    "no access to the account, perhaps because of `login_customer_id`; or the API is not enabled in the Cloud project";
const DEVELOPER_TOKEN: &str = "Google does not take the developer token";
const TERMS: &str = "the account has not accepted the terms for customer data: accept them in Google Ads";
const LEADS: &str = "enhanced conversions for leads are switched off in the account: switch them on in Google Ads";
const POLICY: &str = "Google's policies keep the account from enhanced conversions";
const ACTION: &str = "the account `customer_id` owns no conversion action of this id";
const ACTION_TYPE: &str = "the conversion action is of another type than the service needs";
const ACCOUNT: &str = "`customer_id` and `login_customer_id` do not fit together";

/// Reasons that speak of a record -> code; any other is `row-refused`.
const ROWS: &[(&str, &str)] = &[
    ("INVALID_HEX_ENCODING", code::IDENTIFIER_INVALID),
    ("INVALID_SHA256_FORMAT", code::IDENTIFIER_INVALID),
    ("INVALID_MOBILE_ID_FORMAT", code::IDENTIFIER_INVALID),
    ("TOO_MANY_USER_IDENTIFIERS", code::IDENTIFIER_INVALID),
    ("INVALID_AUDIENCE_MEMBER", code::IDENTIFIER_INVALID),
    ("ORDER_ID_CONTAINS_PII", code::IDENTIFIER_INVALID),
    ("NO_IDENTIFIERS_PROVIDED", code::NO_IDENTIFIER),
    ("MISSING_ORDER_ID_FOR_WEBPAGE", code::NO_IDENTIFIER),
    ("CONVERSION_NOT_FOUND", code::NOT_FOUND_IN_DESTINATION),
    ("CONVERSION_EXPIRED", code::TOO_OLD),
    ("REQUIRED_FIELD_MISSING", code::DEST_FIELD_INVALID),
    ("INVALID_FORMAT", code::DEST_FIELD_INVALID),
    ("INVALID_ENUM_VALUE", code::DEST_FIELD_INVALID),
    ("INVALID_NUMBER_FORMAT", code::DEST_FIELD_INVALID),
    ("INVALID_CURRENCY_CODE", code::DEST_FIELD_INVALID),
    ("INVALID_POSTAL_CODE", code::DEST_FIELD_INVALID),
    ("INVALID_REGION_CODE", code::DEST_FIELD_INVALID),
    ("INVALID_MERCHANT_ID", code::DEST_FIELD_INVALID),
    ("INVALID_MERCHANT_FEED_LANGUAGE_CODE", code::DEST_FIELD_INVALID),
    ("INVALID_CUSTOM_VARIABLE_VALUE", code::DEST_FIELD_INVALID),
    ("CUSTOM_VARIABLE_NOT_FOUND", code::DEST_FIELD_INVALID),
    ("CUSTOM_VARIABLE_NOT_ENABLED", code::DEST_FIELD_INVALID),
    ("CUSTOM_VARIABLE_VALUE_CONTAINS_PII", code::DEST_FIELD_INVALID),
    ("EVENT_TIME_INVALID", code::DEST_FIELD_INVALID),
    ("ADJUSTMENT_PRECEDES_CONVERSION", code::DEST_FIELD_INVALID),
    ("FIELD_VALUE_TOO_LONG", code::TOO_LONG),
];

/// Words about a retraction for which it comes again: it is too early, or Google was busy. A duplicate in the request comes alone.
const LATER: &[&str] = &[
    "TOO_RECENT_CONVERSION",
    "TOO_RECENT_CONVERSION_ACTION",
    "DUPLICATE_ADJUSTMENT_IN_REQUEST",
    "CONCURRENT_MODIFICATION",
    "RESOURCE_EXHAUSTED",
    "RESOURCE_TEMPORARILY_EXHAUSTED",
    "INTERNAL_ERROR",
    "TRANSIENT_ERROR",
];

fn line(own: &str) -> Option<Means> {
    CODES.iter().find(|(code, _)| *code == own).map(|(_, means)| *means)
}

/// The first word of a refusal that the table knows; else the first one.
fn own(answer: &Response) -> Option<String> {
    let error: Status = answer.json_member(REFUSAL).ok()?;
    let of_records = error.details.iter().flat_map(|d| d.field_violations.iter().map(|v| v.reason.as_str()));
    let of_faults = error.details.iter().flat_map(|d| d.errors.iter().map(Fault::name));
    let of_all = error.details.iter().map(|d| d.reason.as_str());
    let words: Vec<&str> =
        of_records.chain(of_faults).chain(of_all).chain([error.status.as_str()]).filter(|w| !w.is_empty()).collect();
    let known = words.iter().find(|word| line(word).is_some());
    known.or(words.first()).map(|word| (*word).to_owned())
}

/// The day's allowance is used up: "Day: stop until the daily reset".
fn of_the_day(answer: &Response) -> Option<Halt> {
    let details = (answer.status() == 429).then(|| answer.json_member::<Status>(REFUSAL).ok())??.details;
    let limit = details.iter().find_map(|detail| detail.metadata.get("quota_limit")?.as_str())?;
    let message = "the Cloud project's allowance of the day is used up";
    limit.contains("PerDay").then(|| Halt::Quota(answer.reason(code::DEST_QUOTA, message).vendor(limit)))
}

/// Records that were given to Google.
pub(crate) fn of_ingest(places: &Places, answer: Result<Response, Failure>) -> Result<Written, Halt> {
    let named = named(places, &answer);
    if !named.is_empty() {
        return Ok(places.spoiled_by(named));
    }
    places.answered(GOOGLE.of_write(answer), |answer| processing::begun(places, answer))
}

/// Rows that a refusal names by their position; none where it speaks of the whole.
fn named(places: &Places, answer: &Result<Response, Failure>) -> BTreeMap<u32, Outcome> {
    let bad = |answer: &&Response| !answer.looks_like_a_page() && matches!(GOOGLE.meaning(answer), Some((Means::BadRows(_), _)));
    let refusal = answer.as_ref().ok().filter(bad).and_then(|answer| answer.json_member::<Status>(REFUSAL).ok());
    let details = refusal.map(|refusal| refusal.details).unwrap_or_default();
    let mut said = ByPlace::new(places);
    let violations = details.iter().flat_map(|detail| &detail.field_violations);
    violations.for_each(|violation| said.say(violation.index(), violation.refused()));
    said.rows()
}

impl Violation {
    /// The position in `events.events[2].user_data…` or `audience_members[17]…`: "take the first `[n]`".
    pub(crate) fn index(&self) -> Option<u32> {
        let (array, rest) = self.field.split_once('[')?;
        let records = ["events", "audience_members", "audienceMembers"].contains(&array.rsplit('.').next()?);
        rest.split_once(']')?.0.parse().ok().filter(|_| records)
    }

    /// The name of the field: the path's last, in camel case. Nothing where the whole record is meant.
    pub(crate) fn name(&self) -> Option<String> {
        let (_, within) = self.field.split_once('[')?.1.split_once("].")?;
        let last = within.rsplit('.').next()?.split('[').next()?;
        let mut words = last.split('_');
        let first = words.next()?.to_owned();
        Some(words.fold(first, |name, word| {
            let (head, tail) = word.split_at(word.chars().next().map_or(0, char::len_utf8));
            name + &head.to_ascii_uppercase() + tail
        }))
    }

    fn refused(&self) -> Reason {
        let reason = refused(&self.reason).said(&self.description);
        Reason { field: self.name(), ..reason }
    }
}

fn refused(own: &str) -> Reason {
    let code = ROWS.iter().find(|(reason, _)| *reason == own).map_or(code::ROW_REFUSED, |(_, code)| code);
    let message = match code {
        code::IDENTIFIER_INVALID => "Google does not take the identifier",
        code::NO_IDENTIFIER => "Google misses an identifier",
        code::NOT_FOUND_IN_DESTINATION => "Google does not find the conversion",
        code::DEST_FIELD_INVALID | code::TOO_LONG => "Google does not take the value of a field",
        code::TOO_OLD => "Google changes conversions for 54 days, and this one is older",
        _ => "Google refuses the row",
    };
    Reason::new(code, message).vendor(own)
}

/// Retractions: each has its answer. A refusal of the whole request speaks of no row.
pub(crate) fn of_retractions(places: &Places, answer: Result<Response, Failure>) -> Result<Written, Halt> {
    const GOOGLE_ADS: Codes = Codes { of_rows: &[], ..GOOGLE };
    if let Ok(answer) = &answer
        && answer.status() == 400
        && own(answer).is_some_and(|own| LATER.contains(&own.as_str()))
    {
        return Err(Halt::Unavailable(answer.reason(code::DEST_UNAVAILABLE, "Google Ads was busy with the account")));
    }
    let mut stop = None;
    let written = places.answered(GOOGLE_ADS.of_write(answer), |answer| {
        let Adjusted { partial_failure_error, results } = answer.json()?;
        let protocol = |what: &str| answer.reason(code::DEST_PROTOCOL, what);
        if results.len() != places.sent() {
            return Err(protocol("Google Ads answers for another number of rows than were sent"));
        }
        let mut receipts = Receipts::accepted();
        for row in (0_u32..).zip(&results).filter(|(_, result)| result.is_empty()).filter_map(|(at, _)| places.row(at)) {
            receipts.set(row, Outcome::Unknown(protocol("Google Ads says neither that the row was taken nor why not")));
        }
        let mut told = Vec::new();
        for fault in partial_failure_error.details.iter().flat_map(|detail| &detail.errors) {
            let Some(row) = fault.index().and_then(|at| places.row(at)).filter(|row| !told.contains(row)) else { continue };
            told.push(row);
            receipts.set(row, not_retracted(fault, &mut stop));
        }
        Ok(receipts)
    })?;
    Ok(Written { stop: written.stop.or(stop), ..written })
}

/// What becomes of a row that has an error, and whether others would fare no better.
fn not_retracted(fault: &Fault, stop: &mut Option<Halt>) -> Outcome {
    let own = fault.name();
    // "Second retraction: treat as success."
    if own == "CONVERSION_ALREADY_RETRACTED" {
        return Outcome::Accepted;
    }
    let reason = |code: &str, message: &str| Reason::new(code, message).vendor(own).said(&fault.message);
    if LATER.contains(&own) {
        return Outcome::Retry(reason(code::DEST_UNAVAILABLE, "it is too early for Google: the row comes again"));
    }
    match line(own) {
        Some(Means::Setup(message) | Means::Permission(message)) => {
            let reason = reason(code::DEST_CONFIG, message);
            stop.get_or_insert(Halt::Config(reason.clone()));
            Outcome::Retry(reason)
        }
        _ => Outcome::Rejected(refused(own).said(&fault.message)),
    }
}

#[cfg(test)]
mod tests;
