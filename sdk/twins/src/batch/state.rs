//! What the company holds, and how a checked operation is applied to it. A [`State`] is also the snapshot that tests compare.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::Arc,
};

use serde_json::{Map, Value};

use super::{
    operation::{Operation, Target},
    options::{Options, Segment},
    profile::{Event, Installation, Profile},
    user::User,
};
use crate::{ledger::Kind, limits};

/// Everything a company holds.
#[derive(Debug, Clone, Default)]
pub struct State {
    profiles: Vec<Profile>,
    by_custom_id: HashMap<String, usize>,
    by_installation: HashMap<Installation, usize>,
    events: VecDeque<Event>,
    events_forgotten: u64,
    pub(super) apps: BTreeMap<String, BTreeMap<String, User>>,
    pub(super) segments: Vec<Segment>,
}

/// What an operation did.
#[derive(Debug)]
pub(super) struct Landed {
    /// For the ledger: what was written, and to whom.
    pub(super) applied: Vec<(Kind, String, Arc<str>)>,
    /// Keys of attributes that were dropped without a word.
    pub(super) dropped: Vec<String>,
}

impl State {
    pub(super) fn new(options: &Options) -> Self {
        Self {
            apps: options.app_api_keys.iter().map(|app| (app.clone(), BTreeMap::new())).collect(),
            segments: options.segments.clone(),
            ..Self::default()
        }
    }

    /// Every profile, oldest first.
    pub fn profiles(&self) -> &[Profile] {
        &self.profiles
    }

    /// The profile of a custom id.
    pub fn profile(&self, custom_id: &str) -> Option<&Profile> {
        self.profiles.get(*self.by_custom_id.get(custom_id)?)
    }

    /// Attributes by the ledger's name of their profile: what end-to-end tests compare.
    pub fn attributes(&self) -> BTreeMap<String, &Map<String, Value>> {
        self.profiles.iter().map(|profile| (profile.key(), &profile.attributes)).collect()
    }

    /// Events in the order of application, repeats kept; at most [`limits::EVENTS_MAX`], the oldest are forgotten.
    pub fn events(&self) -> impl ExactSizeIterator<Item = &Event> {
        self.events.iter()
    }

    /// Events forgotten to stay within memory.
    pub fn events_forgotten(&self) -> u64 {
        self.events_forgotten
    }

    /// Custom data by the app's API key and the custom id.
    pub fn apps(&self) -> &BTreeMap<String, BTreeMap<String, User>> {
        &self.apps
    }

    /// Custom data of a custom id in an app.
    pub fn user(&self, app_api_key: &str, custom_id: &str) -> Option<&User> {
        self.apps.get(app_api_key)?.get(custom_id)
    }

    /// Segments that exist.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// Applies what is good of an operation; none when it names an installation that is not known: that "never creates a
    /// profile" (*Synchronize profiles*). An unknown custom id does.
    pub(super) fn apply(&mut self, operation: &Operation, request: u64) -> Option<Landed> {
        let at = match &operation.target {
            Target::Installation(installation) => *self.by_installation.get(installation)?,
            Target::CustomId(id) => self.find_or_make(id, request),
        };
        let profile = &mut self.profiles[at];
        profile.updated_by = request;
        profile.writes += u64::from(request != 0);
        let mut landed = Landed { applied: Vec::new(), dropped: Vec::new() };
        let mut written = Map::new();
        // What is erased makes room for what is new (inferred).
        let (erased, set): (Vec<_>, Vec<_>) = operation.attributes.iter().partition(|(_, value)| value.is_null());
        for (key, value) in erased.into_iter().chain(set) {
            if profile.write(key, value) {
                written.insert(key.clone(), value.clone());
            } else {
                landed.dropped.push(key.clone());
            }
        }
        let key = profile.key();
        if !written.is_empty() || operation.events.is_empty() {
            landed.applied.push((Kind::Attributes, key.clone(), Value::from(written).to_string().into()));
        }
        for event in &operation.events {
            landed.applied.push((Kind::Event, key.clone(), event.text.clone()));
            self.remember(Event {
                key: key.clone(),
                name: event.name.clone(),
                time: event.time.clone(),
                request,
                text: event.text.clone(),
            });
        }
        Some(landed)
    }

    fn find_or_make(&mut self, custom_id: &str, request: u64) -> usize {
        if let Some(&at) = self.by_custom_id.get(custom_id) {
            return at;
        }
        self.by_custom_id.insert(custom_id.to_owned(), self.profiles.len());
        self.profiles.push(Profile { custom_id: Some(custom_id.to_owned()), created_by: request, ..Profile::default() });
        self.profiles.len() - 1
    }

    fn remember(&mut self, event: Event) {
        if self.events.len() == limits::EVENTS_MAX {
            self.events.pop_front();
            self.events_forgotten += 1;
        }
        self.events.push_back(event);
    }

    /// Lets an installation be known, of this person or of nobody yet. A known one goes over to him.
    pub(super) fn install(&mut self, installation: Installation, custom_id: Option<&str>) {
        if let Some(at) = self.by_installation.remove(&installation) {
            self.profiles[at].installations.retain(|known| *known != installation);
        }
        let at = match custom_id {
            Some(id) => self.find_or_make(id, 0),
            None => {
                self.profiles.push(Profile::default());
                self.profiles.len() - 1
            }
        };
        self.profiles[at].installations.push(installation.clone());
        self.by_installation.insert(installation, at);
    }
}
