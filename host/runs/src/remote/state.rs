//! What is known of a remote segment: which list it is evaluated by, and how the last readings went. Kept sealed in the store.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::limits::{REMOTE_REFRESHES_KEPT, REMOTE_SHRUNK_PERCENT};

/// What is known of a remote segment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemoteState {
    /// The membership in force; none before the first reading.
    pub membership: Option<Membership>,
    /// When the list before that one was made: its file stays for queries under way.
    pub before: Option<Timestamp>,
    /// The newest first, at most 30.
    pub refreshes: Vec<Refresh>,
}

/// A membership that the segment is evaluated by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = RemoteMembership)]
pub struct Membership {
    /// When it was read; names the file of the list.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Members at the platform.
    pub members: u64,
    /// Rows of the model that are members.
    pub rows: u64,
}

/// How a reading ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = RemoteOutcome)]
pub enum Outcome {
    /// What was read is in force.
    Taken,
    /// It was less than half of what was there before, so the membership before is still in force.
    Shrunk,
    /// It could not be read, or not to its end; the membership before is still in force.
    Failed,
}

/// A reading of a remote segment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = RemoteRefresh)]
pub struct Refresh {
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// How it ended.
    pub outcome: Outcome,
    /// Members that the platform gave.
    pub members: u64,
    /// Members that exactly one row of the model is.
    pub matched: u64,
    /// Members that no row is.
    pub unmatched: u64,
    /// Members that several rows are; all of these rows are in the segment.
    pub ambiguous: u64,
    /// Rows of the model that are members.
    pub rows: u64,
    /// Up to five of the members that no row is, masked.
    pub unmatched_sample: Vec<String>,
    /// Up to five of the members that several rows are, masked.
    pub ambiguous_sample: Vec<String>,
    /// Code of the registry, where it was not taken.
    pub code: Option<String>,
    /// Why, for people.
    pub cause: Option<String>,
}

impl Refresh {
    /// One that was not read.
    pub(super) fn failed(at: Timestamp, code: &str, cause: String) -> Self {
        Self {
            at,
            outcome: Outcome::Failed,
            members: 0,
            matched: 0,
            unmatched: 0,
            ambiguous: 0,
            rows: 0,
            unmatched_sample: Vec::new(),
            ambiguous_sample: Vec::new(),
            code: Some(code.to_owned()),
            cause: Some(cause),
        }
    }
}

impl RemoteState {
    /// Whether the platform has given less than half twice in a row: a person has to say that this is right.
    pub fn waits_for_a_person(&self) -> bool {
        self.refreshes
            .iter()
            .filter(|refresh| refresh.outcome != Outcome::Failed)
            .take(2)
            .filter(|r| r.outcome == Outcome::Shrunk)
            .count()
            == 2
    }

    /// Whether so few members or rows are too few to be taken for true.
    pub(super) fn shrinks(&self, members: u64, rows: u64) -> bool {
        let shrunk = |before: u64, now: u64| before > 0 && now * 100 < before * (100 - REMOTE_SHRUNK_PERCENT);
        self.membership.is_some_and(|before| shrunk(before.members, members) || shrunk(before.rows, rows))
    }

    /// Takes a reading in; what is taken comes into force.
    pub(super) fn took(&mut self, refresh: Refresh) {
        if refresh.outcome == Outcome::Taken {
            self.before = self.membership.map(|before| before.at);
            self.membership = Some(Membership { at: refresh.at, members: refresh.members, rows: refresh.rows });
        }
        self.refreshes.insert(0, refresh);
        self.refreshes.truncate(REMOTE_REFRESHES_KEPT);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(at: i64, outcome: Outcome, members: u64, rows: u64) -> Refresh {
        Refresh { outcome, members, rows, code: None, ..Refresh::failed(Timestamp::from_second(at).unwrap(), "", String::new()) }
    }

    #[test]
    fn less_than_half_is_too_little_and_exactly_half_is_not() {
        let mut state = RemoteState::default();
        assert!(!state.shrinks(0, 0), "the first reading may be empty");
        state.took(read(1, Outcome::Taken, 101, 50));
        for (members, rows, shrinks) in [(101, 50, false), (51, 25, false), (50, 50, true), (101, 24, true), (0, 0, true)] {
            assert_eq!(state.shrinks(members, rows), shrinks, "{members} members, {rows} rows");
        }
        state.took(read(2, Outcome::Taken, 0, 0));
        assert!(!state.shrinks(0, 0), "an empty segment stays empty");
    }

    #[test]
    fn twice_too_little_waits_for_a_person_whatever_failed_in_between() {
        let mut state = RemoteState::default();
        state.took(read(1, Outcome::Taken, 100, 100));
        state.took(read(2, Outcome::Shrunk, 1, 1));
        assert!(!state.waits_for_a_person());
        state.took(read(3, Outcome::Failed, 0, 0));
        state.took(read(4, Outcome::Shrunk, 1, 1));
        assert!(state.waits_for_a_person());
        assert_eq!(state.membership.map(|in_force| in_force.members), Some(100));
        state.took(read(5, Outcome::Taken, 1, 1));
        assert!(!state.waits_for_a_person());
        assert_eq!((state.membership.unwrap().members, state.before), (1, Some(Timestamp::from_second(1).unwrap())));
    }
}
