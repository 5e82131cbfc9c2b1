//! The judge: an independent, append-only list of everything a twin applied, in the order it applied it. It is written by
//! the twin alone and knows nothing of what the client believes, so after a crash it says what truly happened. With a file
//! it survives a twin that is killed too: each request's lines are handed to the system before the request is answered.

use std::{
    collections::VecDeque,
    fs::{File, OpenOptions},
    io::Write,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde_json::Value;

use crate::limits;

/// What kind of thing was applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Attributes of a profile.
    Attributes,
    /// An event.
    Event,
    /// A purchase.
    Purchase,
    /// A subscription group's state.
    Subscription,
    /// A list that was made or deleted.
    List,
    /// Somebody's place on a list.
    Membership,
    /// That two records belong together, or do no longer.
    Association,
    /// A field that records can have from now on.
    Property,
}

impl Kind {
    /// The word used in the file and over HTTP.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Attributes => "attributes",
            Self::Event => "event",
            Self::Purchase => "purchase",
            Self::Subscription => "subscription",
            Self::List => "list",
            Self::Membership => "membership",
            Self::Association => "association",
            Self::Property => "property",
        }
    }
}

/// One thing applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Position in the ledger, from 1, without gaps.
    pub seq: u64,
    /// Number of the request that carried it, as in the request log.
    pub request: u64,
    /// What it was.
    pub kind: Kind,
    /// Whose: the customer's own id, or `email:…`, `phone:…`, `alias:label:name`, `braze_id:…`, `installation:apikey:id` of a
    /// profile without one; of a list its id.
    pub key: String,
    applied: Arc<str>,
}

impl Entry {
    /// What was applied, as it was sent and without the identifiers.
    pub fn applied(&self) -> Value {
        self.applied.parse().unwrap_or(Value::Null)
    }

    /// The line of the file: one JSON object with `seq`, `request`, `kind`, `key`, `applied`.
    fn line(&self) -> String {
        format!(
            "{{\"seq\":{},\"request\":{},\"kind\":\"{}\",\"key\":{},\"applied\":{}}}\n",
            self.seq,
            self.request,
            self.kind.as_str(),
            Value::from(self.key.as_str()),
            self.applied
        )
    }
}

/// Everything a twin applied, oldest first. At most [`limits::LEDGER_ENTRIES_MAX`] entries stay in memory; the file has all.
#[derive(Debug)]
pub struct Ledger(Mutex<Book>);

#[derive(Debug)]
struct Book {
    entries: VecDeque<Entry>,
    next: u64,
    file: Option<File>,
    file_failed: Option<String>,
}

impl Ledger {
    /// A ledger that also appends to `path`, which is made when it is not there.
    pub(crate) fn open(path: Option<&Path>) -> std::io::Result<Self> {
        let file = match path {
            Some(path) => Some(OpenOptions::new().create(true).append(true).open(path)?),
            None => None,
        };
        Ok(Self(Mutex::new(Book { entries: VecDeque::new(), next: 1, file, file_failed: None })))
    }

    /// Appends what one request applied, in order. The text is JSON.
    ///
    /// Callers hold the lock of the state they changed, so the order here is the order of application.
    pub(crate) fn append(&self, request: u64, applied: impl IntoIterator<Item = (Kind, String, Arc<str>)>) {
        let mut book = self.book();
        let mut lines = String::new();
        for (kind, key, applied) in applied {
            let entry = Entry { seq: book.next, request, kind, key, applied };
            book.next += 1;
            if book.file.is_some() {
                lines.push_str(&entry.line());
            }
            if book.entries.len() == limits::LEDGER_ENTRIES_MAX {
                book.entries.pop_front();
            }
            book.entries.push_back(entry);
        }
        if lines.is_empty() {
            return;
        }
        // One write per request: a file has no buffer of its own, so a killed twin loses nothing that was answered.
        if let Some(Err(error)) = book.file.as_mut().map(|file| file.write_all(lines.as_bytes())) {
            tracing::error!(%error, "the twin's ledger file cannot be written; the ledger goes on in memory");
            book.file_failed = Some(error.to_string());
            book.file = None;
        }
    }

    /// Entries from `seq` on, at most `most` of them.
    pub fn since(&self, seq: u64, most: usize) -> Vec<Entry> {
        let book = self.book();
        let first = book.entries.front().map_or(book.next, |entry| entry.seq);
        let skip = usize::try_from(seq.saturating_sub(first)).unwrap_or(usize::MAX);
        book.entries.iter().skip(skip).take(most).cloned().collect()
    }

    /// Every entry in memory.
    pub fn entries(&self) -> Vec<Entry> {
        self.book().entries.iter().cloned().collect()
    }

    /// Entries ever appended since the start or the last reset, forgotten ones too.
    pub fn total(&self) -> u64 {
        self.book().next - 1
    }

    /// How many entries were forgotten to stay within memory.
    pub fn forgotten(&self) -> u64 {
        let book = self.book();
        book.next - 1 - book.entries.len() as u64
    }

    /// Why the file is not written any more, if so.
    pub fn file_failed(&self) -> Option<String> {
        self.book().file_failed.clone()
    }

    /// Lets go of the entries in memory and counts from 1 again; what the file has, it keeps.
    pub(crate) fn reset(&self) {
        let mut book = self.book();
        book.entries.clear();
        book.next = 1;
    }

    /// The entries from `seq` on as lines of JSON, as in the file.
    pub(crate) fn lines_since(&self, seq: u64, most: usize) -> String {
        self.since(seq, most).iter().map(Entry::line).collect()
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
