//! Whom an object is about: exactly one of external id, alias and Braze id, else an e-mail address, else a phone number
//! (*Track users*, *User attributes object*, read 2026-11).

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::limits;
use crate::contact::{is_email, is_phone};

/// Why an object is refused, in the vendor's words where a page gives them.
pub(super) type Refusal = Cow<'static, str>;

/// The vendor's words for an object without an identifier.
pub(super) const IDENTIFIER_REQUIRED: &str = "'external_id' is required";
/// The vendor's words for a junk id.
pub(super) const BLACKLISTED: &str = "provided external_id is blacklisted and disallowed";

/// A person, as named by a client.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Identifier {
    ExternalId(String),
    Alias { label: String, name: String },
    BrazeId(String),
    Email(String),
    Phone(String),
}

impl Identifier {
    /// The name the ledger uses: an external id as it is, the others with their kind before them.
    pub(super) fn key(&self) -> String {
        match self {
            Self::ExternalId(id) => id.clone(),
            Self::Alias { label, name } => format!("alias:{label}:{name}"),
            Self::BrazeId(id) => format!("braze_id:{id}"),
            Self::Email(email) => format!("email:{email}"),
            Self::Phone(phone) => format!("phone:{phone}"),
        }
    }
}

/// A person, and whether he has to exist already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) by: Identifier,
    pub(super) existing_only: bool,
}

impl Target {
    /// Takes the identifier and the flag out of an object. What is left are attributes (an e-mail beside an external id).
    ///
    /// Absent, the flag means false, but true for an alias. With an e-mail and a phone as the only identifiers the e-mail
    /// is it, and the phone stays an attribute. Two of the three strong identifiers are refused (inferred).
    pub(super) fn take(object: &mut Map<String, Value>, blacklist: &[String]) -> Result<Self, Refusal> {
        let external_id = object.remove("external_id");
        let alias = object.remove("user_alias");
        let braze_id = object.remove("braze_id");
        let flag = match object.remove("_update_existing_only") {
            None => None,
            Some(Value::Bool(flag)) => Some(flag),
            Some(_) => return Err("'_update_existing_only' must be a boolean".into()),
        };
        let by = match (external_id, alias, braze_id) {
            (Some(id), None, None) => external_id_of(id, blacklist)?,
            (None, Some(alias), None) => alias_of(alias)?,
            (None, None, Some(id)) => Identifier::BrazeId(text("braze_id", id)?),
            (None, None, None) => contact(object)?,
            _ => return Err("Only one of 'external_id', 'user_alias' or 'braze_id' may be given".into()),
        };
        let existing_only = flag.unwrap_or(matches!(by, Identifier::Alias { .. }));
        Ok(Self { by, existing_only })
    }
}

fn external_id_of(value: Value, blacklist: &[String]) -> Result<Identifier, Refusal> {
    let Value::String(id) = value else { return Err("'external_id' must be a string".into()) };
    if id.trim().is_empty() {
        return Err(IDENTIFIER_REQUIRED.into());
    }
    if id.len() > limits::EXTERNAL_ID_BYTES_MAX {
        return Err("'external_id' is too long".into());
    }
    if blacklist.contains(&id) {
        return Err(BLACKLISTED.into());
    }
    Ok(Identifier::ExternalId(id))
}

fn alias_of(value: Value) -> Result<Identifier, Refusal> {
    let Value::Object(mut alias) = value else { return Err("'user_alias' must be an object".into()) };
    let mut part = |name: &'static str| match alias.remove(name) {
        Some(value) => text(name, value),
        None => Err(Cow::Owned(format!("'{name}' is required"))),
    };
    let (name, label) = (part("alias_name")?, part("alias_label")?);
    Ok(Identifier::Alias { label, name })
}

fn contact(object: &mut Map<String, Value>) -> Result<Identifier, Refusal> {
    if let Some(email) = object.remove("email") {
        let email = text("email", email)?.to_lowercase();
        return if is_email(&email) { Ok(Identifier::Email(email)) } else { Err("'email' is not valid".into()) };
    }
    if let Some(phone) = object.remove("phone") {
        let phone = text("phone", phone)?;
        return if is_phone(&phone) { Ok(Identifier::Phone(phone)) } else { Err("'phone' is not valid".into()) };
    }
    Err(IDENTIFIER_REQUIRED.into())
}

fn text(name: &'static str, value: Value) -> Result<String, Refusal> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Ok(text),
        _ => Err(format!("'{name}' must be a string that is not empty").into()),
    }
}
