//! One profile object as a client sends it: whom it names and what it asks for (*Contacts*, "Bulk body"). What can be seen without
//! knowing the account is checked here and refuses the request, with a pointer; the rest is a matter of applying it (which is
//! which is inferred, but for e-mail and phone).

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{
    body::{Node, Problems},
    limits,
};
use crate::{
    contact::{is_email, is_phone},
    log::Warning,
    vendor::Call,
};

/// Names that a profile may be found by; the address is lower-case, since that is how the vendor compares (inferred).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Who {
    /// The vendor's own id, which "wins over other identifiers".
    pub(super) id: Option<String>,
    pub(super) email: Option<String>,
    pub(super) phone_number: Option<String>,
    pub(super) external_id: Option<String>,
    pub(super) kx: Option<String>,
}

impl Who {
    pub(super) fn is_nobody(&self) -> bool {
        *self == Self::default()
    }

    /// Only by phone.
    pub(super) fn is_phone_alone(&self) -> bool {
        self.phone_number.is_some() && Self { phone_number: None, ..self.clone() }.is_nobody()
    }
}

/// Changes to properties that are there (*Contacts*: `meta.patch_properties`).
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Patch {
    pub(super) append: Map<String, Value>,
    pub(super) unappend: Map<String, Value>,
    pub(super) unset: Vec<String>,
}

/// What is asked for of one profile.
#[derive(Debug, Clone)]
pub(super) struct Order {
    pub(super) who: Who,
    /// Identifiers that are to be cleared.
    pub(super) cleared: Vec<&'static str>,
    /// Names, title and so on: texts and nulls.
    pub(super) attributes: Map<String, Value>,
    /// Values and nulls by name; null itself clears all.
    pub(super) location: Option<Value>,
    /// The same.
    pub(super) properties: Option<Value>,
    pub(super) patch: Patch,
    /// The object as it came.
    pub(super) payload: Value,
    /// What it writes, as JSON, for the ledger.
    pub(super) text: Arc<str>,
    capitals: bool,
    zone: bool,
}

/// Texts that are a profile's own (*Contacts*, "Attributes").
pub(super) const TEXTS: [&str; 6] = ["first_name", "last_name", "organization", "locale", "title", "image"];
/// Of a location.
pub(super) const LOCATION: [&str; 10] =
    ["address1", "address2", "city", "country", "latitude", "longitude", "region", "zip", "timezone", "ip"];

impl Order {
    /// Reads an object of type `profile`; its problems are added to the others.
    pub(super) fn read(payload: Value, at: String, problems: &Problems) -> Option<Self> {
        let mut node = Node::of(payload.clone(), at, "profile", problems)?;
        node.is("profile");
        let id = node.text("id");
        let order = Self::take(&mut node, id, payload);
        node.finish();
        order
    }

    /// "At least one of" the identifiers (*Contacts*).
    pub(super) fn must_name_somebody(&self, at: &str, problems: &Problems) {
        if self.who.is_nobody() {
            problems.invalid(format!("{at}/attributes"), "One or more identifiers is required.");
        }
    }

    /// Takes attributes and `meta` out of an object.
    pub(super) fn take(node: &mut Node<'_>, id: Option<String>, payload: Value) -> Option<Self> {
        let before = node.problems().count();
        if payload.to_string().len() > limits::PROFILE_BYTES_MAX {
            node.problems().invalid(node.at.clone(), "The maximum allowed payload size per profile is 100KB.");
        }
        let mut attributes = node.need("attributes")?;
        let mut order = Self {
            who: Who { id, ..Who::default() },
            cleared: Vec::new(),
            attributes: Map::new(),
            location: None,
            properties: None,
            patch: Patch::default(),
            payload,
            text: "".into(),
            capitals: false,
            zone: false,
        };
        order.identifiers(&mut attributes);
        order.texts(&mut attributes);
        order.location(&mut attributes);
        order.properties = object_or_null(&mut attributes, "properties");
        attributes.finish();
        if let Some(meta) = node.node("meta") {
            order.meta(meta);
        }
        if node.problems().count() != before {
            return None;
        }
        order.text = order.written().into();
        Some(order)
    }

    fn identifiers(&mut self, attributes: &mut Node<'_>) {
        for name in ["email", "phone_number", "external_id"] {
            if attributes.raw_is_null(name) {
                self.cleared.push(name);
            }
        }
        let at = |name: &str| format!("{}/{name}", attributes.at);
        let (email_at, phone_at, external_at) = (at("email"), at("phone_number"), at("external_id"));
        if let Some(email) = attributes.text("email") {
            if !is_email(&email) {
                attributes.problems().invalid(email_at, "Invalid email address");
            }
            let lower = email.to_lowercase();
            self.capitals = lower != email;
            self.who.email = Some(lower);
        }
        if let Some(phone) = attributes.text("phone_number") {
            if !is_phone(&phone) {
                let detail = "Invalid phone number format (Example of a valid format: +12345678901)";
                attributes.problems().invalid(phone_at, detail);
            }
            self.who.phone_number = Some(phone);
        }
        if let Some(id) = attributes.text("external_id") {
            if id.trim().is_empty() || id.chars().count() > limits::EXTERNAL_ID_CHARS_MAX {
                attributes.problems().invalid(external_at, "'external_id' must have 1 to 255 characters.");
            }
            self.who.external_id = Some(id);
        }
        self.who.kx = attributes.text("_kx");
    }

    fn texts(&mut self, attributes: &mut Node<'_>) {
        for name in TEXTS {
            if attributes.raw_is_null(name) {
                self.attributes.insert(name.to_owned(), Value::Null);
            } else if let Some(text) = attributes.text(name) {
                if name == "locale" && !is_locale(&text) {
                    attributes.problems().invalid(format!("{}/locale", attributes.at), "Invalid locale");
                }
                self.attributes.insert(name.to_owned(), text.into());
            }
        }
    }

    fn location(&mut self, attributes: &mut Node<'_>) {
        let at = format!("{}/location", attributes.at);
        self.location = object_or_null(attributes, "location");
        let Some(Value::Object(location)) = &self.location else { return };
        for (name, value) in location {
            let fits = match (name.as_str(), value) {
                (_, Value::Null) | ("latitude" | "longitude", Value::Number(_)) => true,
                (_, Value::String(_)) => LOCATION.contains(&name.as_str()),
                _ => false,
            };
            if !LOCATION.contains(&name.as_str()) {
                let problem = super::words::Problem::no_field(format!("{at}/{name}"), name, "profile");
                attributes.problems().add(problem);
            } else if !fits {
                attributes.problems().invalid(format!("{at}/{name}"), format!("'{name}' must be a string."));
            }
        }
        // "IANA" (*Contacts*); *OpenAPI* recommends it, so another one passes.
        let zone = location.get("timezone").and_then(Value::as_str);
        self.zone = zone.is_some_and(|zone| jiff::tz::TimeZone::get(zone).is_err());
    }

    fn meta(&mut self, mut meta: Node<'_>) {
        if let Some(mut patch) = meta.node("patch_properties") {
            self.patch.append = patch.map("append").unwrap_or_default();
            self.patch.unappend = patch.map("unappend").unwrap_or_default();
            self.patch.unset = match patch.raw("unset") {
                None | Some(Value::Null) => Vec::new(),
                Some(Value::String(name)) => vec![name],
                Some(value) => serde_json::from_value(value).unwrap_or_else(|_| {
                    patch.problems().invalid(format!("{}/unset", patch.at), "'unset' must be a string or an array of strings.");
                    Vec::new()
                }),
            };
            patch.finish();
        }
        meta.finish();
    }

    /// The attributes without identifiers, and the patch, as they were sent.
    fn written(&self) -> String {
        let mut written = self.payload.get("attributes").and_then(Value::as_object).cloned().unwrap_or_default();
        written.retain(|name, _| !matches!(name.as_str(), "email" | "phone_number" | "external_id" | "_kx"));
        if let Some(patch) = self.payload.pointer("/meta/patch_properties") {
            written.insert("patch_properties".to_owned(), patch.clone());
        }
        Value::Object(written).to_string()
    }

    /// What a good client would not send. `at` names the object; `bulk` is where nulls do nothing (*Bulk import guide*).
    pub(super) fn warnings(&self, call: &Call, at: &str, bulk: bool) -> Vec<Warning> {
        let mut warnings = Vec::new();
        if self.capitals {
            warnings.push(call.warning("email-not-lower-case", at));
        }
        if self.zone {
            warnings.push(call.warning("timezone-not-iana", at));
        }
        if let Some(name) = self.first_null().filter(|_| bulk) {
            warnings.push(call.warning("null-ignored", format!("{at}.{name}")));
        }
        warnings
    }

    fn first_null(&self) -> Option<String> {
        let named = |group: &Option<Value>, prefix: &str| match group {
            Some(Value::Null) => Some(prefix.to_owned()),
            Some(Value::Object(map)) => map.iter().find(|(_, value)| value.is_null()).map(|(name, _)| format!("{prefix}.{name}")),
            _ => None,
        };
        let text = self.attributes.iter().find(|(_, value)| value.is_null()).map(|(name, _)| name.clone());
        let cleared = self.cleared.first().map(|name| (*name).to_owned());
        text.or(cleared).or_else(|| named(&self.location, "location")).or_else(|| named(&self.properties, "properties"))
    }
}

fn object_or_null(node: &mut Node<'_>, name: &str) -> Option<Value> {
    if node.raw_is_null(name) {
        return Some(Value::Null);
    }
    node.map(name).map(Value::Object)
}

/// "IETF BCP 47 language tag format like (ISO 639-1/2)-(ISO 3166 alpha-2)" (*OpenAPI*); a language alone, a script and a number of
/// a region pass (inferred).
fn is_locale(text: &str) -> bool {
    let mut parts = text.split('-');
    let letters = |part: &str, counts: std::ops::RangeInclusive<usize>| {
        counts.contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphabetic())
    };
    let region = |part: &str| letters(part, 2..=2) || (part.len() == 3 && part.bytes().all(|b| b.is_ascii_digit()));
    let language = parts.next().is_some_and(|part| letters(part, 2..=3));
    let rest: Vec<&str> = parts.collect();
    language
        && match rest.as_slice() {
            [] => true,
            [one] => region(one) || letters(one, 4..=4),
            [script, two] => letters(script, 4..=4) && region(two),
            _ => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locale_is_a_language_and_perhaps_a_script_and_a_region() {
        for (text, good) in [
            ("fr-FR", true),
            ("fr", true),
            ("zh-Hant-TW", true),
            ("es-419", true),
            ("fr_FR", false),
            ("f", false),
            ("français", false),
            ("fr-FR-x", false),
            ("", false),
        ] {
            assert_eq!(is_locale(text), good, "{text}");
        }
    }
}
