//! `userIdentifiers[]` of Google Ads: hashes of 64 lower-case hexadecimal digits; which kinds are taken is each service's.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::super::shape::{list, object, text};
use crate::{contact, iso::is_country};

/// What is wrong with one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrong {
    /// None of the kinds is there.
    Missing,
    /// No hash, or no address.
    Malformed,
    /// Of a kind that the service does not take.
    Unsupported,
}

/// Which kinds beside e-mail addresses and phone numbers are taken.
#[derive(Debug, Clone, Copy)]
pub(super) struct Takes {
    pub(super) address: bool,
    /// City, state and street of an address.
    pub(super) street: bool,
    /// Mobile ids and ids of the advertiser's own.
    pub(super) ids: bool,
}

fn is_hash(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// Everybody's names, as Data Manager's are kept; or the position of the first that is wrong.
pub(super) fn read(of: &Map<String, Value>, takes: Takes) -> Result<BTreeSet<String>, (usize, Wrong)> {
    let sent = list(of, "userIdentifiers").iter().filter_map(Value::as_object);
    sent.enumerate().map(|(index, one)| name(one, takes).map_err(|wrong| (index, wrong))).collect()
}

fn name(one: &Map<String, Value>, takes: Takes) -> Result<String, Wrong> {
    let hashed = |kind: &str, value: &str| if is_hash(value) { Ok(format!("{kind}:{value}")) } else { Err(Wrong::Malformed) };
    if let Some(value) = text(one, "hashedEmail") {
        return hashed("email", value);
    }
    if let Some(value) = text(one, "hashedPhoneNumber") {
        return hashed("phone", value);
    }
    if let Some(address) = object(one, "addressInfo") {
        if !takes.address {
            return Err(Wrong::Unsupported);
        }
        let more = ["city", "state", "hashedStreetAddress"].iter().any(|name| text(address, name).is_some());
        if more && !takes.street {
            return Err(Wrong::Unsupported);
        }
        let names = [text(address, "hashedFirstName"), text(address, "hashedLastName")];
        return match (names, text(address, "countryCode"), text(address, "postalCode")) {
            ([Some(first), Some(last)], Some(country), Some(postal))
                if is_hash(first) && is_hash(last) && is_country(country) && !is_hash(postal) =>
            {
                Ok(format!("address:{first}|{last}|{country}|{}", postal.replace(' ', "_")))
            }
            _ => Err(Wrong::Malformed),
        };
    }
    for (field, kind) in [("mobileId", "mobile"), ("thirdPartyUserId", "user")] {
        if let Some(value) = text(one, field) {
            return match takes.ids {
                false => Err(Wrong::Unsupported),
                // An address where an id of the advertiser's belongs was to be hashed.
                true if contact::is_email(value) => Err(Wrong::Malformed),
                true => Ok(format!("{kind}:{value}")),
            };
        }
    }
    Err(Wrong::Missing)
}
