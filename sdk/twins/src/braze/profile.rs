//! A person and what happened to him, as the vendor keeps it and a test compares it. Finding and changing one is `state`'s.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::limits;

/// Whether a person gets a subscription group's messages. Without a state he is unknown to the group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SubscriptionState {
    /// He does.
    Subscribed,
    /// He does not.
    Unsubscribed,
}

impl SubscriptionState {
    pub(super) fn read(text: &str) -> Option<Self> {
        match text {
            "subscribed" => Some(Self::Subscribed),
            "unsubscribed" => Some(Self::Unsubscribed),
            _ => None,
        }
    }
}

/// A person.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Profile {
    /// The vendor's own id: 24 hexadecimal digits.
    pub braze_id: String,
    /// The customer's id; none for a profile known by e-mail, phone or alias alone.
    pub external_id: Option<String>,
    /// Label and name of an alias.
    pub alias: Option<(String, String)>,
    /// Standard (e-mail and phone too) and custom attributes.
    pub attributes: Map<String, Value>,
    /// State by subscription group.
    pub subscriptions: BTreeMap<String, SubscriptionState>,
    /// The request that made it; 0 when it was seeded.
    pub created_by: u64,
    /// What each request wrote to it, oldest first; at most [`limits::TOUCHES_MAX`].
    pub touches: VecDeque<Touch>,
    #[serde(skip)]
    pub(super) updated: u64,
}

/// How often one request wrote to one profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Touch {
    /// Number of the request.
    pub request: u64,
    /// Attributes objects applied.
    pub attributes: u32,
    /// Events and purchases applied.
    pub events: u32,
    /// Subscription states set.
    pub subscriptions: u32,
}

impl Profile {
    /// Attributes objects applied, over all requests remembered.
    pub fn attribute_writes(&self) -> u64 {
        self.touches.iter().map(|touch| u64::from(touch.attributes)).sum()
    }

    /// Whether an attributes object of a request after `request` was applied.
    pub fn written_after(&self, request: u64) -> bool {
        self.touches.iter().any(|touch| touch.request > request && touch.attributes > 0)
    }

    pub(super) fn touch(&mut self, request: u64) -> &mut Touch {
        if self.touches.back().is_none_or(|last| last.request != request) {
            if self.touches.len() == limits::TOUCHES_MAX {
                self.touches.pop_front();
            }
            self.touches.push_back(Touch { request, attributes: 0, events: 0, subscriptions: 0 });
        }
        self.touches.back_mut().expect("a touch of this request was pushed if none was there")
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).and_then(Value::as_str)
    }

    /// The name the ledger uses.
    pub(super) fn key(&self) -> String {
        if let Some(id) = &self.external_id {
            return id.clone();
        }
        match (&self.alias, self.text("email"), self.text("phone")) {
            (Some((label, name)), _, _) => format!("alias:{label}:{name}"),
            (None, Some(email), _) => format!("email:{email}"),
            (None, None, Some(phone)) => format!("phone:{phone}"),
            (None, None, None) => format!("braze_id:{}", self.braze_id),
        }
    }
}

/// An event or a purchase, as often as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Whose, named as in the ledger: the external id, or `email:…`, `phone:…`, `alias:…`, `braze_id:…`.
    pub key: String,
    /// An event's name, a purchase's product id.
    pub name: String,
    /// Its time as sent.
    pub time: String,
    /// The request that brought it.
    pub request: u64,
    /// Kept as text, which is a fifth of a tree: half a million real events fit a small machine.
    pub(super) text: Arc<str>,
}

impl Event {
    /// The whole object as sent, without the identifiers.
    pub fn object(&self) -> Value {
        self.text.parse().unwrap_or(Value::Null)
    }

    /// A property; null when it was not sent.
    pub fn property(&self, name: &str) -> Value {
        let mut object = self.object();
        object.get_mut("properties").and_then(|properties| properties.get_mut(name)).map(Value::take).unwrap_or_default()
    }

    pub(super) fn to_json(&self) -> Value {
        json!({ "key": self.key, "request": self.request, "object": self.object() })
    }
}
