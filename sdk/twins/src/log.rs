//! What arrived at a twin and what it answered: the request log, and warnings about clients that do what a vendor's page
//! asks them not to do but its API lets pass. Never holds the value of a header, so never a key.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{faults::FaultId, limits};

/// One request and its end.
#[derive(Debug, Clone)]
pub struct RequestEntry {
    /// Counted from 1 in the order in which bodies had arrived whole; the reserved paths are not counted.
    pub number: u64,
    /// When its body had arrived.
    pub at: Timestamp,
    /// Upper-case method.
    pub method: String,
    /// Path, without the query.
    pub path: String,
    /// Query, undecoded; none when a key was in it.
    pub query: Option<String>,
    /// Names of the headers, lower-case, sorted, each once. Values are never kept.
    pub headers: Vec<String>,
    /// The body, until [`limits::LOG_BODY_BYTES_MAX`] is reached by younger ones; none when a key was in it.
    pub body: Option<Bytes>,
    /// Bytes of the body.
    pub body_bytes: usize,
    /// The status sent; none while it hangs, and when no answer was given.
    pub status: Option<u16>,
    /// The fault that struck it.
    pub fault: Option<FaultId>,
    /// What became of its objects.
    pub tally: Tally,
}

/// What became of the objects (attributes, events, purchases, subscribers) of a request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Objects in the request.
    pub objects: u32,
    /// Applied; an object that a fault applied twice counts twice.
    pub applied: u32,
    /// Refused with an error.
    pub refused: u32,
    /// Silently ignored, for instance "existing only" of a person not known.
    pub ignored: u32,
}

impl RequestEntry {
    /// The body as JSON; none when it was forgotten or is not JSON.
    pub fn json(&self) -> Option<Value> {
        std::str::from_utf8(self.body.as_deref()?).ok()?.parse().ok()
    }

    pub(crate) fn to_json(&self) -> Value {
        json!({
            "number": self.number, "at": self.at.to_string(), "method": self.method, "path": self.path,
            "query": self.query, "headers": self.headers, "body": self.json(), "body_bytes": self.body_bytes,
            "status": self.status, "fault": self.fault, "objects": self.tally.objects, "applied": self.tally.applied,
            "refused": self.tally.refused, "ignored": self.tally.ignored,
        })
    }
}

/// A defect of the client that the vendor lets pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// Number of the request.
    pub request: u64,
    /// Stable kebab-case code; each twin's module lists its codes.
    pub code: &'static str,
    /// Where: positions and field names, never a value.
    pub detail: String,
}

/// The requests of one twin, oldest first, within [`limits::LOG_REQUESTS_MAX`] and [`limits::LOG_BODY_BYTES_MAX`].
#[derive(Debug, Default)]
pub struct RequestLog(Mutex<Pages>);

#[derive(Debug, Default)]
struct Pages {
    entries: VecDeque<RequestEntry>,
    total: u64,
    /// Bytes of bodies kept, and the number of the oldest entry that may have one.
    body_bytes: usize,
    oldest_body: u64,
    warnings: VecDeque<Warning>,
    warnings_total: u64,
}

impl RequestLog {
    /// Every request in memory.
    pub fn entries(&self) -> Vec<RequestEntry> {
        self.pages().entries.iter().cloned().collect()
    }

    /// Requests to `path` in memory.
    pub fn to(&self, path: &str) -> Vec<RequestEntry> {
        self.pages().entries.iter().filter(|entry| entry.path == path).cloned().collect()
    }

    /// Requests since the start or the last reset, forgotten ones too.
    pub fn total(&self) -> u64 {
        self.pages().total
    }

    /// Warnings in memory, oldest first.
    pub fn warnings(&self) -> Vec<Warning> {
        self.pages().warnings.iter().cloned().collect()
    }

    /// Warnings since the start or the last reset, forgotten ones too.
    pub fn warnings_total(&self) -> u64 {
        self.pages().warnings_total
    }

    /// Enters a request whose body has arrived, and numbers it.
    pub(crate) fn arrive(&self, entry: impl FnOnce(u64) -> RequestEntry) -> u64 {
        let mut pages = self.pages();
        pages.total += 1;
        let entry = entry(pages.total);
        pages.body_bytes += entry.body.as_ref().map_or(0, Bytes::len);
        if pages.entries.len() == limits::LOG_REQUESTS_MAX
            && let Some(oldest) = pages.entries.pop_front()
        {
            pages.body_bytes -= oldest.body.map_or(0, |body| body.len());
        }
        pages.entries.push_back(entry);
        pages.forget_bodies();
        pages.total
    }

    /// Says how a request ended.
    pub(crate) fn end(&self, number: u64, status: Option<u16>, fault: Option<FaultId>, tally: Tally) {
        if let Some(entry) = self.pages().entry(number) {
            entry.status = status;
            entry.fault = fault;
            entry.tally = tally;
        }
    }

    /// Counts objects of a request that were applied after it had ended.
    pub(crate) fn add(&self, number: u64, applied: u32) {
        if let Some(entry) = self.pages().entry(number) {
            entry.tally.applied += applied;
        }
    }

    /// Lets go of a request's body and query, because a key was in one of them.
    pub(crate) fn withhold(&self, number: u64) {
        let mut pages = self.pages();
        let freed = pages.entry(number).and_then(|entry| {
            entry.query = None;
            entry.body.take()
        });
        pages.body_bytes -= freed.map_or(0, |body| body.len());
    }

    pub(crate) fn warn(&self, warnings: Vec<Warning>) {
        if warnings.is_empty() {
            return;
        }
        let mut pages = self.pages();
        for warning in warnings {
            pages.warnings_total += 1;
            if pages.warnings.len() == limits::WARNINGS_MAX {
                pages.warnings.pop_front();
            }
            pages.warnings.push_back(warning);
        }
    }

    pub(crate) fn reset(&self) {
        *self.pages() = Pages::default();
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pages {
    fn entry(&mut self, number: u64) -> Option<&mut RequestEntry> {
        let first = self.entries.front()?.number;
        self.entries.get_mut(usize::try_from(number.checked_sub(first)?).ok()?)
    }

    fn forget_bodies(&mut self) {
        while self.body_bytes > limits::LOG_BODY_BYTES_MAX && self.oldest_body < self.total {
            self.oldest_body += 1;
            let number = self.oldest_body;
            let freed = self.entry(number).and_then(|entry| entry.body.take()).map_or(0, |body| body.len());
            self.body_bytes -= freed;
        }
    }
}

#[cfg(test)]
mod tests;
