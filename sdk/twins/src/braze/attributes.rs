//! One object of the `attributes` array: which updates it asks for, or why it is refused. A partly invalid object is
//! refused whole (*Track users*, read 2026-11). What depends on state (the type of an attribute, whether the person
//! exists) is `state`'s; the formats of standard attributes are `standard`'s.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{
    limits,
    profile::SubscriptionState,
    standard,
    target::{Refusal, Target},
    time,
};

/// A change of one profile, checked as far as it can be without knowing the profile.
#[derive(Debug)]
pub(super) struct AttributeChange {
    pub(super) target: Target,
    /// Standard attributes, by name.
    pub(super) standard: Vec<(String, Update)>,
    /// Custom attributes, by name.
    pub(super) custom: Vec<(String, Update)>,
    pub(super) groups: Vec<(String, SubscriptionState)>,
    /// The object without its identifiers, as JSON, for the ledger.
    pub(super) text: Arc<str>,
    /// Names of nested attributes that were dropped.
    pub(super) dropped: Vec<String>,
}

/// What happens to one attribute.
#[derive(Debug, PartialEq)]
pub(super) enum Update {
    Set(Value),
    Remove,
    Elements { add: Vec<Value>, remove: Vec<Value> },
    Increment(i64),
}

/// The type an attribute gets from its first value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Boolean,
    Number,
    Text,
    Time,
    Array,
    Object,
    Objects,
}

impl Update {
    /// The type that the value speaks for; none for a removal.
    pub(super) fn ty(&self) -> Option<Type> {
        match self {
            Self::Remove => None,
            Self::Increment(_) => Some(Type::Number),
            Self::Elements { .. } => Some(Type::Array),
            Self::Set(value) => Some(match value {
                Value::Null => return None,
                Value::Bool(_) => Type::Boolean,
                Value::Number(_) => Type::Number,
                Value::String(text) if time::is_any(text) => Type::Time,
                Value::String(_) => Type::Text,
                Value::Array(items) if items.first().is_some_and(Value::is_object) => Type::Objects,
                Value::Array(_) => Type::Array,
                Value::Object(_) => Type::Object,
            }),
        }
    }
}

impl Type {
    /// Whether a value of type `next` may be written to an attribute of this type: the same, and a date into a text.
    pub(super) fn takes(self, next: Self) -> bool {
        self == next || (self == Self::Text && next == Self::Time)
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Boolean => "boolean",
            Self::Number => "number",
            Self::Text => "string",
            Self::Time => "date",
            Self::Array => "array",
            Self::Object => "object",
            Self::Objects => "object array",
        }
    }
}

/// Reads one object.
pub(super) fn check(object: Value, blacklist: &[String]) -> Result<AttributeChange, Refusal> {
    let Value::Object(mut object) = object else { return Err("attributes must be objects".into()) };
    let target = Target::take(&mut object, blacklist)?;
    let whole = Value::Object(object);
    let text = whole.to_string().into();
    let Value::Object(object) = whole else { unreachable!("it was made an object three lines above") };
    let mut change =
        AttributeChange { target, standard: Vec::new(), custom: Vec::new(), groups: Vec::new(), text, dropped: Vec::new() };
    for (name, value) in object {
        if name == "subscription_groups" {
            change.groups = standard::subscription_groups(value)?;
        } else if let Some(checked) = standard::check(&name, &value) {
            checked?;
            change.standard.push((name, if value.is_null() { Update::Remove } else { Update::Set(value) }));
        } else {
            key(&name)?;
            match custom(&name, value)? {
                Some(update) => change.custom.push((name, update)),
                None => change.dropped.push(name),
            }
        }
    }
    Ok(change)
}

/// Keys of custom attributes: not empty, at most 255 characters, no `$` first, no blanks around (inferred but the first).
fn key(name: &str) -> Result<(), Refusal> {
    let why = if name.is_empty() {
        "must not be empty"
    } else if name.chars().count() > limits::KEY_CHARS_MAX {
        "must be at most 255 characters"
    } else if name.starts_with('$') {
        "must not start with '$'"
    } else if name.trim() != name {
        "must not start or end with blanks"
    } else {
        return Ok(());
    };
    Err(format!("custom attribute names {why}").into())
}

/// A custom value; none for a nested one that is dropped whole because of something inside it.
fn custom(name: &str, value: Value) -> Result<Option<Update>, Refusal> {
    Ok(Some(match value {
        Value::Null => Update::Remove,
        Value::Bool(_) | Value::Number(_) => Update::Set(value),
        Value::String(ref text) => {
            short(name, text)?;
            Update::Set(value)
        }
        Value::Array(ref items) if items.first().is_some_and(Value::is_object) => {
            if !items.iter().all(Value::is_object) {
                return Err(format!("'{name}' mixes objects with other values").into());
            }
            if !items.iter().all(is_sound) {
                return Ok(None);
            }
            Update::Set(value)
        }
        Value::Array(ref items) => {
            elements(name, items)?;
            Update::Set(value)
        }
        Value::Object(object) => return operation(name, object),
    }))
}

/// `{"add"/"remove": […]}`, `{"inc": n}`, or a nested object.
fn operation(name: &str, mut object: Map<String, Value>) -> Result<Option<Update>, Refusal> {
    if let (1, Some(by)) = (object.len(), object.get("inc")) {
        let by = by.as_i64().ok_or_else(|| format!("'{name}' can be incremented by integers only"))?;
        return Ok(Some(Update::Increment(by)));
    }
    if !object.is_empty() && object.iter().all(|(key, value)| matches!(key.as_str(), "add" | "remove") && value.is_array()) {
        let mut list = |key: &str| match object.remove(key) {
            Some(Value::Array(items)) => elements(name, &items).map(|()| items),
            _ => Ok(Vec::new()),
        };
        return Ok(Some(Update::Elements { add: list("add")?, remove: list("remove")? }));
    }
    let nested = Value::Object(object);
    Ok(is_sound(&nested).then_some(Update::Set(nested)))
}

fn elements(name: &str, items: &[Value]) -> Result<(), Refusal> {
    items.iter().try_for_each(|item| match item {
        Value::String(text) => short(name, text),
        Value::Bool(_) | Value::Number(_) => Ok(()),
        Value::Null | Value::Array(_) | Value::Object(_) => {
            Err(format!("'{name}' must be an array of strings, numbers or booleans").into())
        }
    })
}

fn short(name: &str, text: &str) -> Result<(), Refusal> {
    if fits(text) { Ok(()) } else { Err(format!("'{name}' must be at most 255 characters").into()) }
}

/// Whether a string value is short enough.
pub(super) fn fits(text: &str) -> bool {
    text.len() <= limits::STRING_CHARS_MAX || text.chars().count() <= limits::STRING_CHARS_MAX
}

/// Whether a nested value holds nothing null and nothing too long, at any depth.
fn is_sound(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(_) | Value::Number(_) => true,
        Value::String(text) => fits(text),
        Value::Array(items) => items.iter().all(is_sound),
        Value::Object(object) => object.iter().all(|(name, value)| key(name).is_ok() && is_sound(value)),
    }
}
