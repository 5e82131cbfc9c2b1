//! A dataset (pixel) and the events in it (*Conversions API*). An event whose name and id came within 48 hours counts once: the first is
//! kept (*Deduplicate*; counted from when it came, (inferred)). Events for the test tool are kept beside the others.

use std::collections::{HashMap, VecDeque};

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use super::{limits, options::Dataset};
use crate::limits::EVENTS_MAX;

/// An event.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Event {
    /// `event_name`.
    pub name: String,
    /// `event_time`, a second of the epoch.
    pub time: i64,
    /// `event_id`.
    pub id: Option<String>,
    /// Whose it is, as the ledger names him.
    pub key: String,
    /// The whole of it, as it was sent.
    pub data: Value,
    /// Number of the request.
    pub request: u64,
    /// When it came.
    pub at: Timestamp,
}

/// A dataset and its events.
#[derive(Debug, Clone)]
pub struct DatasetState {
    /// The dataset.
    pub info: Dataset,
    events: VecDeque<Event>,
    tested: VecDeque<Event>,
    forgotten: u64,
    seen: HashMap<(String, String), Timestamp>,
}

impl DatasetState {
    pub(super) fn new(info: Dataset) -> Self {
        Self { info, events: VecDeque::new(), tested: VecDeque::new(), forgotten: 0, seen: HashMap::new() }
    }

    /// Events, oldest first, within the twin's own limit.
    pub fn events(&self) -> &VecDeque<Event> {
        &self.events
    }

    /// Events that were sent with a `test_event_code`.
    pub fn tested(&self) -> &VecDeque<Event> {
        &self.tested
    }

    /// Whether the event is another copy of one that is kept.
    fn is_copy(&self, event: &Event) -> bool {
        let Some(id) = &event.id else { return false };
        let first = self.seen.get(&(event.name.clone(), id.clone()));
        first.is_some_and(|first| event.at.as_second().saturating_sub(first.as_second()) < limits::DUPLICATE_S)
    }

    /// Keeps an event; false when it is a copy.
    pub(super) fn keep(&mut self, event: Event) -> bool {
        if self.is_copy(&event) {
            return false;
        }
        if let Some(id) = &event.id {
            self.seen.insert((event.name.clone(), id.clone()), event.at);
        }
        if push(&mut self.events, event) {
            self.forgotten += 1;
        }
        true
    }

    /// Keeps an event for the test tool.
    pub(super) fn test(&mut self, event: Event) {
        push(&mut self.tested, event);
    }

    /// As the reserved paths show it.
    pub(super) fn told(&self) -> Value {
        json!({ "dataset": self.info, "events": self.events, "tested": self.tested, "forgotten": self.forgotten })
    }
}

/// Appends within the limit; whether the oldest had to go.
fn push(events: &mut VecDeque<Event>, event: Event) -> bool {
    let full = events.len() == EVENTS_MAX;
    if full {
        events.pop_front();
    }
    events.push_back(event);
    full
}
