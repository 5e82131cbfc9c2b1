//! `user_data` of an event (the notes, same part): whom it is about, hashed where the vendor asks for it.
//!
//! "At least one usable key": what is too little is *Customer information parameters*' list of combinations, as public clients have it
//! (inferred). A value that should be hashed and is not refuses the request (inferred: the stricter reading).

use std::net::IpAddr;

use serde_json::{Map, Value};

use super::{
    access::{is_hash, sha256_hex},
    event::Found,
};

const HASHED: [&str; 10] = ["em", "ph", "ge", "db", "ln", "fn", "ct", "st", "zp", "country"];
const PLAIN: [&str; 11] = [
    "client_ip_address",
    "client_user_agent",
    "fbc",
    "fbp",
    "subscription_id",
    "lead_id",
    "madid",
    "anon_id",
    "page_id",
    "page_scoped_user_id",
    "ctwa_clid",
];

/// Keys that find nobody when there are no others.
const TOO_LITTLE: [&[&str]; 4] =
    [&["ct", "country", "st", "zp", "ge", "client_user_agent"], &["db", "client_user_agent"], &["fn", "ge"], &["ln", "ge"]];

/// What is wrong.
pub(super) enum Problem {
    /// A field, and what it must be.
    Field(String, &'static str),
    /// Nobody can be found by it.
    Insufficient,
}

/// Checks it; gives the ledger's name of the person and what is to be warned of.
pub(super) fn read(user: &Map<String, Value>) -> Result<(String, Found), Problem> {
    let mut found = Found::new();
    let mut there: Vec<&str> = Vec::new();
    let nothing = sha256_hex("");
    for (name, value) in user.iter().filter(|(_, value)| !value.is_null()) {
        let wrong = |what| Err(Problem::Field(name.clone(), what));
        let known = name.as_str();
        if HASHED.contains(&known) {
            let Some(values) = texts(value) else { return wrong("must be a string or an array of strings") };
            if !values.iter().all(|value| is_hash(value)) {
                return wrong("must be hashed with SHA-256, as lower-case hex");
            }
            if values.iter().any(|value| *value == nothing) {
                found.push(("hash-of-nothing", format!("user_data.{name}")));
            }
        } else if known == "external_id" {
            match texts(value) {
                Some(values) if values.iter().all(|value| !value.trim().is_empty()) => {}
                _ => return wrong("must be a string or an array of strings that are not empty"),
            }
        } else if PLAIN.contains(&known) {
            let text = match value {
                Value::String(text) if !text.trim().is_empty() => text,
                Value::Number(number) if known.ends_with("_id") && number.is_u64() => {
                    there.push(known);
                    continue;
                }
                _ => return wrong("must be a string that is not empty"),
            };
            if known == "client_ip_address" && text.parse::<IpAddr>().is_err() {
                return wrong("must be an IP address");
            }
        } else {
            found.push(("unknown-parameter", format!("user_data.{name}")));
            continue;
        }
        there.push(known);
    }
    if TOO_LITTLE.iter().any(|little| there.iter().all(|name| little.contains(name))) {
        return Err(Problem::Insufficient);
    }
    Ok((key(user), found))
}

/// One text or several; none when there is none.
fn texts(value: &Value) -> Option<Vec<&str>> {
    match value {
        Value::String(text) => Some(vec![text]),
        Value::Array(items) if !items.is_empty() => items.iter().map(Value::as_str).collect(),
        _ => None,
    }
}

/// The customer's own id, else `email:…`, `phone:…`, or another of the keys.
fn key(user: &Map<String, Value>) -> String {
    let first = |name: &str| user.get(name).and_then(texts).and_then(|values| values.first().map(|value| (*value).to_owned()));
    if let Some(id) = first("external_id") {
        return id;
    }
    let named = [("em", "email"), ("ph", "phone")].into_iter().chain(PLAIN.into_iter().skip(2).map(|name| (name, name)));
    let named = named.filter_map(|(name, word)| Some(format!("{word}:{}", first(name)?))).next();
    named.unwrap_or_else(|| "unnamed".to_owned())
}
