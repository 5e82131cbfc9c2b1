//! What the account holds. A [`State`] is also the snapshot that tests compare.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{audience::Audience, jobs::Job, member::Member, options::Options, words::Refusal};

/// Everything an account holds.
#[derive(Debug, Clone, Default)]
pub struct State {
    pub(super) audiences: BTreeMap<String, Audience>,
    pub(super) jobs: BTreeMap<String, Job>,
    pub(super) jobs_made: u64,
    /// Addresses that look fake, lower-case.
    pub(super) fakes: Arc<BTreeSet<String>>,
}

impl State {
    pub(super) fn new(options: &Options, now: Timestamp) -> Self {
        let audiences = options.audiences.iter().map(|new| (new.id.clone(), Audience::new(new.clone(), now)));
        let fakes: BTreeSet<String> = options.fakes.iter().map(|fake| fake.to_lowercase()).collect();
        Self { audiences: audiences.collect(), jobs: BTreeMap::new(), jobs_made: 0, fakes: Arc::new(fakes) }
    }

    /// Audiences by id.
    pub fn audiences(&self) -> &BTreeMap<String, Audience> {
        &self.audiences
    }

    /// Batch jobs by id.
    pub fn jobs(&self) -> &BTreeMap<String, Job> {
        &self.jobs
    }

    /// A member of an audience, by an address in any case, its MD5 or a `contact_id`.
    pub fn member(&self, audience: &str, name: &str) -> Option<&Member> {
        let audience = self.audiences.get(audience)?;
        audience.members.get(audience.named(name)?)
    }

    /// Everybody on a segment, by address in lower case; nobody when there is no such segment.
    pub fn members(&self, audience: &str, segment: i64) -> BTreeSet<String> {
        self.audiences.get(audience).map(|audience| audience.on(segment)).unwrap_or_default()
    }

    pub(super) fn audience(&self, id: &str) -> Result<&Audience, Refusal> {
        self.audiences.get(id).ok_or_else(Refusal::not_found)
    }

    pub(super) fn audience_mut(&mut self, id: &str) -> Result<&mut Audience, Refusal> {
        self.audiences.get_mut(id).ok_or_else(Refusal::not_found)
    }

    pub(super) fn to_json(&self) -> Value {
        json!({ "audiences": self.audiences, "jobs": self.jobs })
    }

    /// One thing: `audiences/{id}`, `members/{audience}:{address or hash}`, `segments/{audience}:{id}`, `jobs/{id}`.
    pub(super) fn one(&self, kind: &str, key: &str) -> Option<Value> {
        match kind {
            "audiences" => Some(json!(self.audiences.get(key)?)),
            "jobs" => Some(json!(self.jobs.get(key)?)),
            "members" => {
                let (audience, name) = key.split_once(':')?;
                Some(json!(self.member(audience, name)?))
            }
            "segments" => {
                let (audience, id) = key.split_once(':')?;
                Some(json!(self.audiences.get(audience)?.segments.get(&id.parse().ok()?)?))
            }
            _ => None,
        }
    }
}
