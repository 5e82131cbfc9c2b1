//! One object of a call of profiles: whom it names, and what is to be written to him. A wrong shape, and a name that means
//! nobody, refuse the whole call (*Synchronize profiles*, "Errors": "split by halves to find the row"); an attribute or an
//! event that is wrong is lost alone.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{
    attributes::{Attributes, is_contact},
    events::{self, Occurrence},
    limits,
    profile::Installation,
    values::fits,
    words::{Lost, Refusal},
};
use crate::contact::is_email;

/// Whose profile is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    CustomId(String),
    Installation(Installation),
}

/// What is asked for of one profile.
#[derive(Debug)]
pub(super) struct Operation {
    pub(super) target: Target,
    /// What may be written, by the keys as sent.
    pub(super) attributes: BTreeMap<String, Value>,
    pub(super) events: Vec<Occurrence>,
    pub(super) lost: Vec<Lost>,
    /// What a good client would not do: code and place.
    pub(super) hints: Vec<(&'static str, String)>,
}

impl Operation {
    /// Reads the operation at a position of a call of version 2.`minor` at a time.
    pub(super) fn read(value: Value, index: usize, minor: u32, now: Timestamp) -> Result<Self, Refusal> {
        let what = format!("[{index}]");
        let mut object = object(value, &what)?;
        let mut hints = Vec::new();
        let target = target(object.remove("identifiers"), &what, minor, &mut hints)?;
        let mut attributes = match object.remove("attributes") {
            None => Map::new(),
            Some(attributes) => self::object(attributes, &format!("{what}.attributes"))?,
        };
        if let Target::Installation(_) = target {
            let contacts: Vec<String> = attributes.keys().filter(|key| is_contact(key)).cloned().collect();
            for key in contacts {
                attributes.remove(&key);
                hints.push(("contact-for-installation", format!("{what}.attributes.{key}")));
            }
        }
        let attributes = Attributes::read(attributes);
        hints.extend(attributes.twice.into_iter().map(|key| ("same-attribute-twice", format!("{what}.attributes.{key}"))));
        let mut operation = Self { target, attributes: attributes.kept, events: Vec::new(), lost: attributes.lost, hints };
        if let Some(events) = object.remove("events") {
            operation.read_events(events, &what, now)?;
        }
        operation.unknown(&what, object);
        Ok(operation)
    }

    fn read_events(&mut self, events: Value, what: &str, now: Timestamp) -> Result<(), Refusal> {
        let Value::Array(events) = events else { return Err(Refusal::malformed(format!("'{what}.events' must be an array"))) };
        if events.len() > limits::EVENTS_MAX {
            // That the call is refused, and not the events beyond, is inferred.
            return Err(Refusal::malformed(format!("'{what}.events' must have at most {} items", limits::EVENTS_MAX)));
        }
        for (at, event) in events.into_iter().enumerate() {
            let place = format!("{what}.events[{at}]");
            match events::read(event, &place, now)? {
                (_, Ok(event)) => {
                    self.hints.extend(event.unknown.iter().map(|key| ("unknown-key", format!("{place}.{key}"))));
                    self.events.push(event);
                }
                (name, Err(reason)) => self.lost.push(Lost::event(name, reason)),
            }
        }
        Ok(())
    }

    fn unknown(&mut self, what: &str, rest: Map<String, Value>) {
        self.hints.extend(rest.into_iter().map(|(key, _)| ("unknown-key", format!("{what}.{key}"))));
    }

    /// All of it as lost for this reason: the vendor has no other way to say that an operation failed.
    pub(super) fn all_lost(&self, reason: &str) -> Vec<Lost> {
        let attributes = self.attributes.keys().map(|key| Lost::attribute(key, reason));
        attributes.chain(self.events.iter().map(|event| Lost::event(&event.name, reason))).collect()
    }
}

fn object(value: Value, what: &str) -> Result<Map<String, Value>, Refusal> {
    match value {
        Value::Object(object) => Ok(object),
        _ => Err(Refusal::malformed(format!("'{what}' must be an object"))),
    }
}

/// "exactly one of the two identifier kinds"; an installation is none before version 2.9.
fn target(identifiers: Option<Value>, what: &str, minor: u32, hints: &mut Vec<(&'static str, String)>) -> Result<Target, Refusal> {
    let what = format!("{what}.identifiers");
    let mut identifiers = object(identifiers.ok_or_else(|| Refusal::missing(&what))?, &what)?;
    let custom_id = identifiers.remove("custom_id");
    let installation = if minor >= limits::INSTALLATION_SINCE { identifiers.remove("installation") } else { None };
    hints.extend(identifiers.into_iter().map(|(key, _)| ("unknown-key", format!("{what}.{key}"))));
    match (custom_id, installation) {
        (Some(Value::String(id)), None) if fits(&id, limits::CUSTOM_ID_CHARS_MAX) => {
            if is_email(&id) {
                hints.push(("custom-id-is-email", format!("{what}.custom_id")));
            }
            Ok(Target::CustomId(id))
        }
        (Some(_), None) => {
            Err(Refusal::malformed(format!("'{what}.custom_id' must have 1 to {} characters", limits::CUSTOM_ID_CHARS_MAX)))
        }
        (None, Some(installation)) => serde_json::from_value(installation)
            .ok()
            .filter(|found: &Installation| !found.apikey.is_empty() && !found.installation_id.is_empty())
            .map(Target::Installation)
            .ok_or_else(|| Refusal::malformed(format!("'{what}.installation' must have an apikey and an installation_id"))),
        (None, None) => Err(Refusal::missing(format_args!("{what}.custom_id"))),
        (Some(_), Some(_)) => Err(Refusal::malformed(format!("'{what}' must have either a custom_id or an installation"))),
    }
}
