//! The answer of every bulk call: how many were taken, and the others by the value of their identifier, in one list for each
//! reason (*Synchronize user attributes*, "Response 200"). It is 200 when nobody was taken, too (*Quirks*).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::failure::{Because, Failure};

/// What unknown people are called: bulk updates have no word for them and call them invalid (inferred), list calls say that
/// they are not found (the vendor's description: "for subscribe/unsubscribe only").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unknown {
    Invalid,
    NotFound,
}

#[derive(Debug)]
pub(super) struct Report {
    unknown: Unknown,
    pub(super) taken: u32,
    pub(super) failed: u32,
    created: BTreeSet<String>,
    filtered: BTreeSet<String>,
    lists: BTreeMap<&'static str, Vec<String>>,
}

const LISTS: [&str; 10] = [
    "invalidEmails",
    "invalidUserIds",
    "notFoundEmails",
    "notFoundUserIds",
    "conflictEmails",
    "conflictUserIds",
    "forgottenEmails",
    "forgottenUserIds",
    "invalidDataEmails",
    "invalidDataUserIds",
];

impl Report {
    pub(super) fn new(unknown: Unknown) -> Self {
        let lists = LISTS.into_iter().map(|name| (name, Vec::new())).collect();
        Self { unknown, taken: 0, failed: 0, created: BTreeSet::new(), filtered: BTreeSet::new(), lists }
    }

    pub(super) fn take(&mut self, created: Vec<String>, filtered: Vec<String>) {
        self.taken += 1;
        self.created.extend(created);
        self.filtered.extend(filtered);
    }

    pub(super) fn fail(&mut self, failure: Failure) {
        self.failed += 1;
        let (emails, user_ids) = match failure.because {
            Because::Invalid => ("invalidEmails", "invalidUserIds"),
            Because::Unknown if self.unknown == Unknown::Invalid => ("invalidEmails", "invalidUserIds"),
            Because::Unknown => ("notFoundEmails", "notFoundUserIds"),
            Because::InvalidData | Because::Clash => ("invalidDataEmails", "invalidDataUserIds"),
            Because::Forgotten => ("forgottenEmails", "forgottenUserIds"),
            Because::Conflict => ("conflictEmails", "conflictUserIds"),
        };
        for (list, name) in [(emails, failure.email), (user_ids, failure.user_id)] {
            if let Some(name) = name {
                self.lists.entry(list).or_default().push(name);
            }
        }
    }

    pub(super) fn to_json(&self) -> Value {
        json!({
            "successCount": self.taken, "failCount": self.failed,
            "createdFields": self.created, "filteredOutFields": self.filtered,
            "failedUpdates": self.lists,
            // "Top-level invalidEmails/invalidUserIds are deprecated duplicates."
            "invalidEmails": self.lists["invalidEmails"], "invalidUserIds": self.lists["invalidUserIds"],
        })
    }
}
