//! How fast an account at the platform is used: the manifest's buckets, lowered by what the platform says and raised again slowly.
//!
//! A request names its buckets and waits for all of them; waiting is never a failure, only the caller's deadline ends it. A bucket
//! belongs to whoever its scope names: share one [`Pacer`] between all runs of a destination, and one [`AppBuckets`] between all
//! destinations of a connector. Waiters of a bucket are served in the order in which they came.
//!
//! A bucket of rows takes as many tokens as the request's attribute `rows` says; one of `scope = "object"` is split by the
//! attribute `object`. Both are facts that a component states about its own request.

mod bucket;
mod vendor;

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex},
};

use http::HeaderMap;
use jiff::Timestamp;
use sluice_catalog::{
    contract::Attrs,
    manifest::{Manifest, Pace, PaceScope, PaceUnit},
};
use tokio::sync::OwnedSemaphorePermit;

use crate::limits::PACE_OBJECTS_MAX;
use bucket::Bucket;
pub(crate) use vendor::retry_after;

/// The buckets of one account at a platform.
pub struct Pacer {
    buckets: Vec<Named>,
}

struct Named {
    declared: Pace,
    kept: Kept,
}

enum Kept {
    One(Arc<Bucket>),
    /// One for each object; the key "" is shared by those beyond the limit and those that name none.
    Objects(Mutex<HashMap<String, Arc<Bucket>>>),
}

/// The buckets of `scope = "app"`, shared by all destinations of one connector.
#[derive(Default)]
pub struct AppBuckets(Mutex<HashMap<String, Arc<Bucket>>>);

/// The request names a bucket that the manifest does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the manifest has no pacing bucket of the name that request's pace[{index}] gives")]
pub(crate) struct UnknownBucket {
    /// Which of the names.
    pub(crate) index: usize,
}

/// What a request waits for: buckets and tokens, in the manifest's order, so that two requests never wait for each other.
pub(crate) struct Toll(Vec<(usize, Arc<Bucket>, u32)>);

/// The right to send: given back when it is dropped.
pub(crate) struct Turn {
    buckets: Vec<Arc<Bucket>>,
    _permits: Vec<OwnedSemaphorePermit>,
    began: tokio::time::Instant,
}

impl Pacer {
    /// The manifest's buckets, all full; those of `scope = "app"` are this pacer's own.
    pub fn new(manifest: &Manifest) -> Self {
        Self::sharing(manifest, &AppBuckets::default())
    }

    /// No buckets at all, for requests of the host itself.
    pub(crate) fn none() -> Self {
        Self { buckets: Vec::new() }
    }

    /// The manifest's buckets; those of `scope = "app"` are the shared ones.
    pub fn sharing(manifest: &Manifest, app: &AppBuckets) -> Self {
        let buckets = manifest
            .pace
            .iter()
            .map(|declared| {
                let kept = match declared.scope {
                    PaceScope::Account => Kept::One(Arc::new(Bucket::new(declared))),
                    PaceScope::Object => Kept::Objects(Mutex::default()),
                    PaceScope::App => Kept::One(app.bucket(declared)),
                };
                Named { declared: declared.clone(), kept }
            })
            .collect();
        Self { buckets }
    }

    /// What the named buckets will ask of a request.
    pub(crate) fn toll(&self, names: &[String], attrs: &Attrs) -> Result<Toll, UnknownBucket> {
        let mut toll = Vec::with_capacity(names.len());
        for (index, name) in names.iter().enumerate() {
            let at = self.buckets.iter().position(|b| b.declared.name == *name).ok_or(UnknownBucket { index })?;
            if toll.iter().any(|(seen, _, _)| *seen == at) {
                continue;
            }
            let Named { declared, kept } = &self.buckets[at];
            let tokens = match declared.unit {
                PaceUnit::Requests | PaceUnit::Jobs => 1,
                PaceUnit::Rows => attr(attrs, "rows").and_then(|n| n.parse().ok()).unwrap_or(1),
            };
            let bucket = match kept {
                Kept::One(bucket) => Arc::clone(bucket),
                Kept::Objects(objects) => of_object(objects, declared, attr(attrs, "object").unwrap_or_default()),
            };
            toll.push((at, bucket, tokens));
        }
        toll.sort_unstable_by_key(|(at, _, _)| *at);
        Ok(Toll(toll))
    }
}

fn attr<'a>(attrs: &'a Attrs, key: &str) -> Option<&'a str> {
    attrs.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str())
}

fn of_object(objects: &Mutex<HashMap<String, Arc<Bucket>>>, declared: &Pace, object: &str) -> Arc<Bucket> {
    let mut objects = objects.lock().unwrap_or_else(|e| e.into_inner());
    if let Some(bucket) = objects.get(object) {
        return Arc::clone(bucket);
    }
    let key = if objects.len() < PACE_OBJECTS_MAX { object } else { "" };
    Arc::clone(objects.entry(key.to_owned()).or_insert_with(|| Arc::new(Bucket::new(declared))))
}

impl AppBuckets {
    fn bucket(&self, declared: &Pace) -> Arc<Bucket> {
        let mut shared = self.0.lock().unwrap_or_else(|e| e.into_inner());
        Arc::clone(shared.entry(declared.name.clone()).or_insert_with(|| Arc::new(Bucket::new(declared))))
    }
}

impl Toll {
    /// Waits for every bucket. Dropping the future gives back what it holds, but for tokens already taken.
    pub(crate) async fn pay(&self) -> Turn {
        let mut permits = Vec::new();
        for (_, bucket, tokens) in &self.0 {
            permits.extend(bucket.enter(*tokens).await);
        }
        let buckets = self.0.iter().map(|(_, bucket, _)| Arc::clone(bucket)).collect();
        Turn { buckets, _permits: permits, began: tokio::time::Instant::now() }
    }
}

impl Turn {
    /// Learns from an answer: 429 (and 503 that names a time) lowers the buckets; a used-up allowance makes them wait for its reset.
    pub(crate) fn learn(&self, status: u16, headers: &HeaderMap, now: Timestamp) {
        if self.buckets.is_empty() {
            return;
        }
        let named = vendor::wait(status, headers, now);
        for bucket in &self.buckets {
            match (status, named) {
                (429, named) => bucket.lower(self.began, named),
                (_, Some(wait)) => bucket.hold(wait),
                (_, None) => {}
            }
        }
    }
}

impl fmt::Debug for Pacer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.buckets.iter().map(|b| &b.declared.name)).finish()
    }
}

impl fmt::Debug for AppBuckets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AppBuckets")
    }
}

#[cfg(test)]
mod tests;
