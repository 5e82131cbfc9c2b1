//! What the account holds, and how a checked order is applied to it. A [`State`] is also the snapshot that tests compare.
//!
//! Whom an order means (*Contacts*: the id "wins over other identifiers"): the profile of the id, else the one that any of the other
//! identifiers has. When two profiles are meant, the order is refused with `duplicate_profile` (inferred: the vendor says so of
//! `POST /profiles` alone).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{
    granting::Waiting,
    jobs::Job,
    object::{Order, Who},
    options::{List, OptIn, Options, Segment},
    profile::Profile,
    properties,
    words::Problem,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Name {
    Id,
    Email,
    Phone,
    ExternalId,
    Kx,
}

/// Everything an account holds.
#[derive(Debug, Clone, Default)]
pub struct State {
    profiles: Vec<Profile>,
    names: HashMap<(Name, String), usize>,
    pub(super) lists: BTreeMap<String, List>,
    pub(super) lists_made: u64,
    pub(super) segments: BTreeMap<String, Segment>,
    pub(super) jobs: Vec<Job>,
    /// Subscription jobs that have not ended.
    pub(super) waiting: Vec<Waiting>,
    /// So many of the next import jobs are cancelled.
    pub(super) to_cancel: u32,
    sms_set_up: bool,
    default_opt_in: OptIn,
}

/// How an order is to be applied.
#[derive(Debug, Clone, Copy)]
pub(super) struct Manner {
    /// Nulls do nothing.
    pub(super) bulk: bool,
    /// Number of the request; 0 for a seed.
    pub(super) request: u64,
    pub(super) now: Timestamp,
}

/// What an order did.
#[derive(Debug, Clone, Copy)]
pub(super) struct Landed {
    pub(super) at: usize,
    /// The profile, found by another name than its id, had another external id before.
    pub(super) renamed: bool,
}

impl State {
    pub(super) fn new(options: &Options) -> Self {
        Self {
            lists: options.lists.iter().map(|list| (list.id.clone(), list.clone())).collect(),
            segments: options.segments.iter().map(|segment| (segment.id.clone(), segment.clone())).collect(),
            to_cancel: options.jobs_cancelled,
            sms_set_up: options.sms_set_up,
            default_opt_in: options.default_opt_in,
            ..Self::default()
        }
    }

    /// Every profile, oldest first.
    pub fn profiles(&self) -> &[Profile] {
        &self.profiles
    }

    /// The profile of an id, an external id, a lower-case address or a phone number.
    pub fn profile(&self, name: &str) -> Option<&Profile> {
        let kinds = [Name::Id, Name::ExternalId, Name::Email, Name::Phone];
        kinds.into_iter().find_map(|kind| self.profiles.get(self.held(kind, name)?))
    }

    /// Attributes, `location` and `properties` by the ledger's name of their profile: what end-to-end tests compare.
    pub fn data(&self) -> BTreeMap<String, Map<String, Value>> {
        self.profiles.iter().map(|profile| (profile.key(), profile.data())).collect()
    }

    /// Lists by id.
    pub fn lists(&self) -> &BTreeMap<String, List> {
        &self.lists
    }

    /// Everybody on a list, by the ledger's names.
    pub fn members(&self, list: &str) -> BTreeSet<String> {
        self.profiles.iter().filter(|profile| profile.lists.contains_key(list)).map(Profile::key).collect()
    }

    /// Segments by id.
    pub fn segments(&self) -> &BTreeMap<String, Segment> {
        &self.segments
    }

    /// Import jobs, oldest first.
    pub fn jobs(&self) -> &[Job] {
        &self.jobs
    }

    /// Subscription jobs that have not ended.
    pub fn subscription_jobs_waiting(&self) -> usize {
        self.waiting.len()
    }

    pub(super) fn sms_set_up(&self) -> bool {
        self.sms_set_up
    }

    /// How people get onto a list, or into nothing but the account.
    pub(super) fn opt_in(&self, list: Option<&List>) -> OptIn {
        list.and_then(|list| list.opt_in_process).unwrap_or(self.default_opt_in)
    }

    pub(super) fn by_id(&self, id: &str) -> Option<usize> {
        self.held(Name::Id, id)
    }

    /// Profiles that have one of these names, by a filter's word for the kind of name; none for other words.
    pub(super) fn named(&self, field: &str, names: &[String]) -> Option<BTreeSet<usize>> {
        let kind = match field {
            "id" | "profile_id" => Name::Id,
            "email" => Name::Email,
            "phone_number" => Name::Phone,
            "external_id" => Name::ExternalId,
            "_kx" => Name::Kx,
            _ => return None,
        };
        Some(names.iter().filter_map(|name| self.held(kind, name)).collect())
    }

    pub(super) fn at(&self, at: usize) -> &Profile {
        &self.profiles[at]
    }

    pub(super) fn at_mut(&mut self, at: usize) -> &mut Profile {
        &mut self.profiles[at]
    }

    fn held(&self, kind: Name, name: &str) -> Option<usize> {
        self.names.get(&(kind, name.to_owned())).copied()
    }

    /// The profile that a client means.
    pub(super) fn find(&self, who: &Who) -> Result<Option<usize>, Problem> {
        let mut found = match &who.id {
            Some(id) => Some(self.by_id(id).ok_or_else(|| Problem::not_found("profile", id))?),
            None => None,
        };
        let names = [
            (Name::ExternalId, &who.external_id),
            (Name::Email, &who.email),
            (Name::Phone, &who.phone_number),
            (Name::Kx, &who.kx),
        ];
        for (kind, name) in names {
            match name.as_ref().and_then(|name| self.held(kind, name)) {
                Some(at) if found.is_some_and(|found| found != at) => return Err(Problem::duplicate(&self.profiles[at].id)),
                Some(at) => found = Some(at),
                None => {}
            }
        }
        Ok(found)
    }

    /// Whether an order can be applied, and to whom.
    pub(super) fn check(&self, order: &Order) -> Result<Option<usize>, Problem> {
        let found = self.find(&order.who)?;
        let at = |name: &str| format!("/data/attributes/{name}");
        // Reported of older revisions (*Contacts*, "Identifiers").
        if order.who.is_phone_alone() && !self.sms_set_up {
            return Err(Problem::invalid("/data/attributes", "One or more identifiers is required."));
        }
        if found.is_none() && order.who.kx.is_some() {
            // Only the vendor makes them (inferred).
            return Err(Problem::invalid(at("_kx"), "Invalid exchange id"));
        }
        let properties = order.properties.as_ref().and_then(Value::as_object);
        if let Some((name, why)) = properties.into_iter().chain([&order.patch.append]).find_map(properties::refused) {
            return Err(Problem::invalid(at(&format!("properties/{name}")), why));
        }
        let Some(profile) = found.map(|at| &self.profiles[at]) else { return Ok(None) };
        let is_single = |name: &&String| profile.properties.get(*name).is_some_and(|kept| !kept.is_array());
        if let Some(name) = order.patch.append.keys().chain(order.patch.unappend.keys()).find(is_single) {
            // (inferred)
            return Err(Problem::invalid(at(&format!("properties/{name}")), "The property is not an array."));
        }
        Ok(found)
    }

    /// Applies an order, all of it or nothing.
    pub(super) fn apply(&mut self, order: &Order, manner: Manner) -> Result<Landed, Problem> {
        let (found, profile) = self.written(order, manner)?;
        let at = found.unwrap_or_else(|| self.make(manner.request, manner.now, None));
        let before = std::mem::replace(&mut self.profiles[at], profile);
        let after = self.profiles[at].clone();
        for (kind, old, new) in [
            (Name::Email, &before.email, after.email),
            (Name::Phone, &before.phone_number, after.phone_number),
            (Name::ExternalId, &before.external_id, after.external_id),
            (Name::Kx, &before.kx, after.kx),
        ] {
            self.index(at, kind, old.as_ref(), new);
        }
        let renamed = before.external_id.is_some() && before.external_id != self.profiles[at].external_id;
        Ok(Landed { at, renamed: renamed && order.who.id.is_none() })
    }

    /// The profile that an order would leave behind, and where it is.
    pub(super) fn written(&self, order: &Order, manner: Manner) -> Result<(Option<usize>, Profile), Problem> {
        let found = self.check(order)?;
        if !manner.bulk {
            self.keeps_a_name(order, found)?;
        }
        let mut profile = match found {
            Some(at) => self.profiles[at].clone(),
            None => self.newcomer(manner.request, manner.now, None),
        };
        profile.write(order, manner.bulk);
        profile.updated = manner.now;
        profile.updated_by = manner.request;
        profile.writes += 1;
        let Profile { email, phone_number, external_id, kx, .. } = &mut profile;
        for (name, kept, sent) in [
            ("email", email, &order.who.email),
            ("phone_number", phone_number, &order.who.phone_number),
            ("external_id", external_id, &order.who.external_id),
            ("_kx", kx, &order.who.kx),
        ] {
            if sent.is_some() {
                kept.clone_from(sent);
            } else if !manner.bulk && order.cleared.contains(&name) {
                *kept = None;
            }
        }
        Ok((found, profile))
    }

    /// A profile whose last identifier is cleared could not be found again: refused (inferred).
    fn keeps_a_name(&self, order: &Order, found: Option<usize>) -> Result<(), Problem> {
        let Some(profile) = found.map(|at| &self.profiles[at]) else { return Ok(()) };
        let keeps = [
            ("email", profile.email.is_some() || order.who.email.is_some()),
            ("phone_number", profile.phone_number.is_some() || order.who.phone_number.is_some()),
            ("external_id", profile.external_id.is_some() || order.who.external_id.is_some()),
        ];
        match order.cleared.first() {
            Some(first) if keeps.iter().all(|(name, has)| !has || order.cleared.contains(name)) => {
                Err(Problem::invalid(format!("/data/attributes/{first}"), "One or more identifiers is required."))
            }
            _ => Ok(()),
        }
    }

    /// A new profile; its id is the vendor's to give, or a seed's.
    fn make(&mut self, request: u64, now: Timestamp, id: Option<String>) -> usize {
        let profile = self.newcomer(request, now, id);
        let at = self.profiles.len();
        self.names.insert((Name::Id, profile.id.clone()), at);
        self.profiles.push(profile);
        at
    }

    fn newcomer(&self, request: u64, now: Timestamp, id: Option<String>) -> Profile {
        let id = id.unwrap_or_else(|| format!("01TW1N{:020}", self.profiles.len() + 1));
        Profile { id, created: now, updated: now, created_by: request, ..Profile::default() }
    }

    /// Somebody who is subscribed or unsubscribed becomes a profile of these names.
    pub(super) fn introduce(&mut self, who: &Who, request: u64, now: Timestamp) -> usize {
        let at = self.make(request, now, None);
        self.complete(at, who);
        at
    }

    /// Gives a profile the names that it lacks.
    pub(super) fn complete(&mut self, at: usize, who: &Who) {
        if self.profiles[at].email.is_none() {
            self.profiles[at].email.clone_from(&who.email);
            self.index(at, Name::Email, None, who.email.clone());
        }
        if self.profiles[at].phone_number.is_none() {
            self.profiles[at].phone_number.clone_from(&who.phone_number);
            self.index(at, Name::Phone, None, who.phone_number.clone());
        }
    }

    /// Keeps the names in step with a profile's.
    fn index(&mut self, at: usize, kind: Name, old: Option<&String>, new: Option<String>) {
        if let Some(old) = old.filter(|old| Some(*old) != new.as_ref()) {
            self.names.remove(&(kind, old.clone()));
        }
        if let Some(new) = new {
            self.names.insert((kind, new), at);
        }
    }

    /// Seeds may give a profile the id by which the vendor knows it, and a `_kx`.
    pub(super) fn seed(&mut self, order: &Order, now: Timestamp) -> Result<usize, Problem> {
        let mut order = order.clone();
        let manner = Manner { bulk: true, request: 0, now };
        if let Some(id) = order.who.id.take() {
            let at = match self.by_id(&id).or(self.find(&order.who)?) {
                Some(at) => at,
                None => self.make(0, now, Some(id)),
            };
            order.who.id = Some(self.profiles[at].id.clone());
        }
        if order.who.kx.is_some() && self.find(&order.who)?.is_none() {
            let at = self.make(0, now, None);
            order.who.id = Some(self.profiles[at].id.clone());
        }
        Ok(self.apply(&order, manner)?.at)
    }
}
