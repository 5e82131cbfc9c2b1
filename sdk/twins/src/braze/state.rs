//! What the vendor keeps, by all the names it can be asked for, and how a checked change is applied to it. A [`State`] is also the snapshot that tests compare.

use std::collections::{BTreeMap, HashMap, VecDeque};

use serde_json::{Map, Value};

use super::{
    attributes::{AttributeChange, Type, Update},
    events::Happening,
    export::Export,
    options::{Channel, Members, Options, Segment},
    profile::{Event, Profile, SubscriptionState},
    target::{Identifier, Refusal, Target},
};
use crate::limits;

/// Everything a workspace holds.
#[derive(Debug, Clone, Default)]
pub struct State {
    profiles: Vec<Profile>,
    by_external_id: HashMap<String, usize>,
    by_alias: HashMap<(String, String), usize>,
    by_email: HashMap<String, Vec<usize>>,
    by_phone: HashMap<String, Vec<usize>>,
    types: HashMap<String, Type>,
    events: VecDeque<Event>,
    events_forgotten: u64,
    purchases: VecDeque<Event>,
    pub(super) groups: BTreeMap<String, Channel>,
    pub(super) segments: Vec<Segment>,
    pub(super) exports: Vec<Export>,
    pub(super) exports_made: u64,
    changes: u64,
    array_elements_max: usize,
}

/// What became of one checked object.
#[derive(Debug)]
pub(super) enum Landed {
    /// Applied to the profile of this name; `overflow` names arrays that lost their oldest elements.
    Applied {
        key: String,
        overflow: Vec<String>,
    },
    /// Ignored without a word: the person does not exist.
    Ignored,
    Refused(Refusal),
}

impl State {
    pub(super) fn new(options: &Options) -> Self {
        Self {
            groups: options.subscription_groups.iter().map(|group| (group.id.clone(), group.channel)).collect(),
            segments: options.segments.clone(),
            array_elements_max: options.array_elements_max,
            ..Self::default()
        }
    }

    /// Every profile, oldest first.
    pub fn profiles(&self) -> &[Profile] {
        &self.profiles
    }

    /// The profile of an external id.
    pub fn profile(&self, external_id: &str) -> Option<&Profile> {
        self.profiles.get(*self.by_external_id.get(external_id)?)
    }

    /// Attributes by external id: what end-to-end tests compare.
    pub fn attributes(&self) -> BTreeMap<&str, &Map<String, Value>> {
        self.profiles.iter().filter_map(|p| Some((p.external_id.as_deref()?, &p.attributes))).collect()
    }

    /// Events in the order of application, repeats kept; at most [`limits::EVENTS_MAX`], the oldest are forgotten.
    pub fn events(&self) -> impl ExactSizeIterator<Item = &Event> {
        self.events.iter()
    }

    /// Events and purchases forgotten to stay within memory.
    pub fn events_forgotten(&self) -> u64 {
        self.events_forgotten
    }

    /// Purchases, as [`State::events`].
    pub fn purchases(&self) -> impl ExactSizeIterator<Item = &Event> {
        self.purchases.iter()
    }

    /// The state of a person in a subscription group; none when he was never set, or is not known.
    pub fn subscription(&self, group: &str, external_id: &str) -> Option<SubscriptionState> {
        self.profile(external_id)?.subscriptions.get(group).copied()
    }

    /// Segments, oldest first.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// Everybody in a segment who has a profile.
    pub fn members<'a>(&'a self, segment: &'a Segment) -> Box<dyn Iterator<Item = &'a Profile> + 'a> {
        match &segment.members {
            Members::ExternalIds(ids) => Box::new(ids.iter().filter_map(|id| self.profile(id))),
            Members::AttributeEquals { name, value } => {
                Box::new(self.profiles.iter().filter(move |profile| profile.attributes.get(name) == Some(value)))
            }
        }
    }

    /// Applies a change of attributes.
    pub(super) fn apply(&mut self, change: AttributeChange, request: u64) -> Landed {
        let new_types = match self.check_types(&change.custom) {
            Ok(new_types) => new_types,
            Err(refusal) => return Landed::Refused(refusal),
        };
        if change.groups.iter().any(|(group, _)| !self.groups.contains_key(group)) {
            return Landed::Refused("'subscription_group_id' is not valid".into());
        }
        let Some(at) = self.find_or_make(&change.target, request) else { return Landed::Ignored };
        self.types.extend(new_types);
        let mut overflow = Vec::new();
        for (name, update) in change.standard.into_iter().chain(change.custom) {
            if matches!(name.as_str(), "email" | "phone") {
                self.contact(at, name, update);
            } else if write(&mut self.profiles[at].attributes, &name, update, self.array_elements_max) {
                overflow.push(name);
            }
        }
        let updated = self.next_change();
        let profile = &mut self.profiles[at];
        profile.updated = updated;
        profile.subscriptions.extend(change.groups);
        profile.touch(request).attributes += 1;
        Landed::Applied { key: profile.key(), overflow }
    }

    /// Applies an event or a purchase.
    pub(super) fn happen(&mut self, happening: Happening, purchase: bool, request: u64) -> Landed {
        let Some(at) = self.find_or_make(&happening.target, request) else { return Landed::Ignored };
        let profile = &mut self.profiles[at];
        profile.touch(request).events += 1;
        let key = profile.key();
        let Happening { name, time, text, .. } = happening;
        let list = if purchase { &mut self.purchases } else { &mut self.events };
        if list.len() == limits::EVENTS_MAX {
            list.pop_front();
            self.events_forgotten += 1;
        }
        list.push_back(Event { key: key.clone(), name, time, request, text });
        Landed::Applied { key, overflow: Vec::new() }
    }

    /// Sets a group's state for everybody of this identifier; gives their names, none when there is nobody.
    pub(super) fn subscribe(&mut self, who: &Identifier, group: &str, state: SubscriptionState, request: u64) -> Vec<String> {
        let everybody = match who {
            Identifier::Email(email) => self.by_email.get(email).cloned().unwrap_or_default(),
            Identifier::Phone(phone) => self.by_phone.get(phone).cloned().unwrap_or_default(),
            Identifier::ExternalId(_) | Identifier::Alias { .. } | Identifier::BrazeId(_) => self.find(who).into_iter().collect(),
        };
        everybody
            .into_iter()
            .map(|at| {
                let profile = &mut self.profiles[at];
                profile.subscriptions.insert(group.to_owned(), state);
                profile.touch(request).subscriptions += 1;
                profile.key()
            })
            .collect()
    }

    /// The profile an identifier means now.
    pub(super) fn get(&self, by: &Identifier) -> Option<&Profile> {
        self.profiles.get(self.find(by)?)
    }

    /// Of several profiles of one address, those with an external id go first, then the one updated last.
    fn find(&self, by: &Identifier) -> Option<usize> {
        let best = |places: Option<&Vec<usize>>| {
            places?.iter().copied().max_by_key(|&at| (self.profiles[at].external_id.is_some(), self.profiles[at].updated))
        };
        match by {
            Identifier::ExternalId(id) => self.by_external_id.get(id).copied(),
            Identifier::Alias { label, name } => self.by_alias.get(&(label.clone(), name.clone())).copied(),
            // The vendor's id of the n-th profile is n.
            Identifier::BrazeId(id) => {
                let number = usize::from_str_radix(id, 16).ok()?;
                number.checked_sub(1).filter(|&at| self.profiles.get(at).is_some_and(|profile| profile.braze_id == *id))
            }
            Identifier::Email(email) => best(self.by_email.get(email)),
            Identifier::Phone(phone) => best(self.by_phone.get(phone)),
        }
    }

    fn find_or_make(&mut self, target: &Target, request: u64) -> Option<usize> {
        if let Some(at) = self.find(&target.by) {
            return Some(at);
        }
        if target.existing_only {
            return None;
        }
        let at = self.profiles.len();
        let mut profile = Profile { braze_id: format!("{:024x}", at + 1), created_by: request, ..Profile::default() };
        let mut contact = None;
        match &target.by {
            // The vendor's own id never makes a profile.
            Identifier::BrazeId(_) => return None,
            Identifier::ExternalId(id) => {
                self.by_external_id.insert(id.clone(), at);
                profile.external_id = Some(id.clone());
            }
            Identifier::Alias { label, name } => {
                self.by_alias.insert((label.clone(), name.clone()), at);
                profile.alias = Some((label.clone(), name.clone()));
            }
            Identifier::Email(email) => contact = Some(("email", email.clone())),
            Identifier::Phone(phone) => contact = Some(("phone", phone.clone())),
        }
        profile.updated = self.next_change();
        self.profiles.push(profile);
        if let Some((name, value)) = contact {
            self.contact(at, name.to_owned(), Update::Set(value.into()));
        }
        Some(at)
    }

    /// Writes an e-mail (lower-cased (inferred)) or a phone, and keeps its index.
    fn contact(&mut self, at: usize, name: String, update: Update) {
        let index = if name == "email" { &mut self.by_email } else { &mut self.by_phone };
        let profile = &mut self.profiles[at];
        if let Some(old) = profile.text(&name)
            && let Some(places) = index.get_mut(old)
        {
            places.retain(|&place| place != at);
        }
        match update {
            Update::Set(Value::String(text)) => {
                let text = if name == "email" { text.to_lowercase() } else { text };
                index.entry(text.clone()).or_default().push(at);
                profile.attributes.insert(name, text.into());
            }
            // Only text and null pass the check of standard attributes.
            Update::Set(_) | Update::Remove | Update::Elements { .. } | Update::Increment(_) => {
                profile.attributes.remove(&name);
            }
        }
    }

    /// The type of a custom attribute is fixed by its first value, over all profiles; another one is refused (inferred:
    /// the vendor refuses or coerces). Gives the types that are fixed by these updates.
    fn check_types(&self, updates: &[(String, Update)]) -> Result<Vec<(String, Type)>, Refusal> {
        let mut new_types = Vec::new();
        for (name, update) in updates {
            match (self.types.get(name), update.ty()) {
                (Some(fixed), Some(next)) if !fixed.takes(next) => {
                    return Err(format!("'{name}' must be of type {}, not {}", fixed.word(), next.word()).into());
                }
                (None, Some(next)) => new_types.push((name.clone(), next)),
                _ => {}
            }
        }
        Ok(new_types)
    }

    fn next_change(&mut self) -> u64 {
        self.changes += 1;
        self.changes
    }
}

/// Writes one attribute; true when an array lost its oldest elements.
fn write(attributes: &mut Map<String, Value>, name: &str, update: Update, elements_max: usize) -> bool {
    match update {
        Update::Remove => {
            attributes.remove(name);
            false
        }
        Update::Increment(by) => {
            let old = attributes.get(name).cloned().unwrap_or_else(|| 0.into());
            let new = match old.as_i64() {
                Some(old) => old.saturating_add(by).into(),
                None => Value::from(old.as_f64().unwrap_or(0.0) + by as f64),
            };
            attributes.insert(name.to_owned(), new);
            false
        }
        Update::Set(Value::Array(items)) => set(attributes, name, items, elements_max),
        Update::Set(value) => {
            attributes.insert(name.to_owned(), value);
            false
        }
        Update::Elements { add, remove } => {
            let mut items = match attributes.get_mut(name) {
                Some(Value::Array(items)) => std::mem::take(items),
                _ => Vec::new(),
            };
            items.retain(|item| !remove.contains(item));
            for item in add {
                if !items.contains(&item) {
                    items.push(item);
                }
            }
            set(attributes, name, items, elements_max)
        }
    }
}

fn set(attributes: &mut Map<String, Value>, name: &str, mut items: Vec<Value>, elements_max: usize) -> bool {
    let over = items.len().saturating_sub(elements_max);
    items.drain(..over);
    attributes.insert(name.to_owned(), items.into());
    over > 0
}
