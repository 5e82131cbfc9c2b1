//! Who a record is about: hashed identifiers in the encoding that the request says, mobile ids, ids of the advertiser's own, addresses
//! of networks; and what he consented to.
//!
//! Strict where the notes are: a hash is 64 lower-case hexadecimal digits, a country two capitals, a country and a postal code are
//! never hashed.

use std::{collections::BTreeMap, net::IpAddr};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map, Value};

use super::super::{
    account::{Customer, Lack},
    limits,
    shape::{list, object, text},
    words::Violation,
};
use crate::iso::is_country;

/// Bytes of a SHA-256.
const HASH_BYTES: usize = 32;

/// How identifiers are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Hex,
    Base64,
}

impl Encoding {
    pub(super) fn of(body: &Map<String, Value>) -> Option<Self> {
        match text(body, "encoding")? {
            "HEX" => Some(Self::Hex),
            "BASE64" => Some(Self::Base64),
            _ => None,
        }
    }

    /// The hash in hexadecimal digits, or why it is none.
    fn read(self, value: &str) -> Result<String, &'static str> {
        match self {
            Self::Hex => match () {
                () if !value.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) => Err("INVALID_HEX_ENCODING"),
                () if value.len() != 2 * HASH_BYTES => Err("INVALID_SHA256_FORMAT"),
                () => Ok(value.to_owned()),
            },
            Self::Base64 => match STANDARD.decode(value) {
                Err(_) => Err("INVALID_BASE64_ENCODING"),
                Ok(bytes) if bytes.len() != HASH_BYTES => Err("INVALID_SHA256_FORMAT"),
                Ok(bytes) => Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect()),
            },
        }
    }

    /// The hash; none when it is none, which `found` then says.
    fn hashed(self, value: &str, at: String, found: &mut Vec<Violation>) -> Option<String> {
        self.read(value).map_err(|reason| found.push(Violation::new(reason, at))).ok()
    }
}

/// What a record names somebody by, and of which kinds.
#[derive(Debug, Default)]
pub(super) struct Named {
    pub(super) identifiers: Vec<String>,
    pub(super) kinds: BTreeMap<&'static str, usize>,
}

impl Named {
    fn add(&mut self, kind: &'static str, identifier: String) {
        *self.kinds.entry(kind).or_default() += 1;
        self.identifiers.push(identifier);
    }
}

/// `userData`. Without an encoding nothing can be read, which the caller refuses once for the request.
pub(super) fn user_data(
    data: &Map<String, Value>,
    at: &str,
    encoding: Option<Encoding>,
    named: &mut Named,
    found: &mut Vec<Violation>,
) {
    let sent = list(data, "userIdentifiers");
    if sent.is_empty() {
        found.push(Violation::new("REQUIRED_FIELD_MISSING", format!("{at}.user_identifiers")));
    }
    if sent.len() > limits::IDENTIFIERS_MAX {
        found.push(Violation::new("TOO_MANY_USER_IDENTIFIERS", format!("{at}.user_identifiers")));
    }
    let Some(encoding) = encoding else { return };
    for (index, identifier) in sent.iter().filter_map(Value::as_object).enumerate() {
        let at = format!("{at}.user_identifiers[{index}]");
        if let Some(value) = text(identifier, "emailAddress") {
            if let Some(hash) = encoding.hashed(value, format!("{at}.email_address"), found) {
                named.add("EMAIL", format!("email:{hash}"));
            }
        } else if let Some(value) = text(identifier, "phoneNumber") {
            if let Some(hash) = encoding.hashed(value, format!("{at}.phone_number"), found) {
                named.add("PHONE_NUMBER", format!("phone:{hash}"));
            }
        } else if let Some(address) = object(identifier, "address") {
            let at = format!("{at}.address");
            let names =
                [("givenName", "given_name"), ("familyName", "family_name")].map(|(name, snake)| match text(address, name) {
                    Some(value) => encoding.hashed(value, format!("{at}.{snake}"), found),
                    None => {
                        found.push(Violation::new("REQUIRED_FIELD_MISSING", format!("{at}.{snake}")));
                        None
                    }
                });
            let region = text(address, "regionCode");
            match region {
                None => found.push(Violation::new("REQUIRED_FIELD_MISSING", format!("{at}.region_code"))),
                Some(code) if !is_country(code) => found.push(Violation::new("INVALID_REGION_CODE", format!("{at}.region_code"))),
                Some(_) => {}
            }
            let postal = text(address, "postalCode");
            match postal {
                None => found.push(Violation::new("REQUIRED_FIELD_MISSING", format!("{at}.postal_code"))),
                Some(code) if code.trim() != code || encoding.read(code).is_ok() => {
                    found.push(Violation::new("INVALID_POSTAL_CODE", format!("{at}.postal_code")));
                }
                Some(_) => {}
            }
            if let ([Some(given), Some(family)], Some(region), Some(postal)) = (names, region, postal) {
                named.add("ADDRESS", format!("address:{given}|{family}|{region}|{}", postal.replace(' ', "_")));
            }
        } else {
            found.push(Violation::new("REQUIRED_FIELD_MISSING", at));
        }
    }
}

/// `mobileData`: ten ids at most, in the form of a UUID (inferred).
pub(super) fn mobile_data(data: &Map<String, Value>, at: &str, named: &mut Named, found: &mut Vec<Violation>) {
    let sent = list(data, "mobileIds");
    if sent.is_empty() {
        found.push(Violation::new("REQUIRED_FIELD_MISSING", format!("{at}.mobile_ids")));
    }
    if sent.len() > limits::MOBILE_IDS_MAX {
        found.push(Violation::new("TOO_MANY_ELEMENTS", format!("{at}.mobile_ids")));
    }
    for (index, id) in sent.iter().filter_map(Value::as_str).enumerate() {
        if is_uuid(id) {
            named.add("MOBILE_ID", format!("mobile:{}", id.to_ascii_lowercase()));
        } else {
            found.push(Violation::new("INVALID_MOBILE_ID_FORMAT", format!("{at}.mobile_ids[{index}]")));
        }
    }
}

/// Eight, four, four, four and twelve hexadecimal digits.
pub(in super::super) fn is_uuid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12]) && parts.iter().all(|part| part.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// `userIdData`.
pub(super) fn user_id_data(data: &Map<String, Value>, at: &str, named: &mut Named, found: &mut Vec<Violation>) {
    match text(data, "userId") {
        Some(id) => named.add("USER_ID", format!("user:{id}")),
        None => found.push(Violation::new("REQUIRED_FIELD_MISSING", format!("{at}.user_id"))),
    }
}

/// `ipData` of composite data.
pub(super) fn ip_data(data: &[Value], at: &str, named: &mut Named, found: &mut Vec<Violation>) {
    for (index, ip) in data.iter().filter_map(Value::as_object).enumerate() {
        let at = format!("{at}.ip_data[{index}].ip_address");
        match text(ip, "ipAddress") {
            None => found.push(Violation::new("REQUIRED_FIELD_MISSING", at)),
            Some(address) if address.parse::<IpAddr>().is_err() => found.push(Violation::new("INVALID_FORMAT", at)),
            Some(address) => named.add("IP_ADDRESS", format!("ip:{address}")),
        }
    }
}

/// Whether an address of a network is one.
pub(super) fn is_ip(text: &str) -> bool {
    text.parse::<IpAddr>().is_ok()
}

/// Why a record fails for want of consent: its own goes before the request's (*Data Manager protos*, `consent`).
pub(super) fn refused_by<'a>(
    customer: &Customer,
    body: &'a Map<String, Value>,
    record: &'a Map<String, Value>,
) -> (Option<&'static str>, Option<&'a Map<String, Value>>) {
    let consent = object(record, "consent").or_else(|| object(body, "consent"));
    let said = consent.and_then(|consent| text(consent, "adUserData"));
    let why = match said {
        Some("CONSENT_DENIED") => Some("DENIED_CONSENT"),
        Some("CONSENT_GRANTED") => None,
        _ if customer.consent_needed => Some("UNKNOWN_CONSENT"),
        _ => None,
    };
    (why, consent)
}

/// What a customer lacks for hashed people in events, where it lacks something.
pub(super) fn lacks_for_people(customer: &Customer, for_leads: bool) -> Option<&'static str> {
    [
        (Lack::EnhancedConversionsTerms, true, "DESTINATION_ACCOUNT_ENHANCED_CONVERSIONS_TERMS_NOT_SIGNED"),
        (Lack::DataPolicy, true, "DESTINATION_ACCOUNT_DATA_POLICY_PROHIBITS_ENHANCED_CONVERSIONS"),
        (Lack::EnhancedConversionsForLeads, for_leads, "DESTINATION_ACCOUNT_NOT_ENABLED_ENHANCED_CONVERSIONS_FOR_LEADS"),
    ]
    .into_iter()
    .find(|(lack, concerns, _)| *concerns && customer.lacks(*lack))
    .map(|(_, _, reason)| reason)
}
