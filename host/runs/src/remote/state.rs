//! What is known of a remote segment: which list it is evaluated by, and how the last readings went. Kept sealed in the store.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sluice_catalog::{
    ids::{DestinationId, ModelId},
    remote::{Match, Remote},
};

use crate::limits::{REMOTE_REFRESHES_KEPT, REMOTE_SHRUNK_PERCENT};

/// What is known of a remote segment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemoteState {
    /// What the newest reading that was taken gave; in force as long as the segment says what was read.
    pub membership: Option<Membership>,
    /// What that membership is of. A state that was kept without it is believed to be of what the segment says now.
    #[serde(default)]
    pub(super) of: Option<Reference>,
    /// When the list before that one was made: its file stays for queries under way.
    pub before: Option<Timestamp>,
    /// The newest first, at most 30.
    pub refreshes: Vec<Refresh>,
}

/// Where members are read and which rows they become: a list that was made of another one says nothing of this one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Reference {
    destination: DestinationId,
    segment: String,
    matches: Vec<Match>,
    model: ModelId,
}

impl Reference {
    pub(super) fn new(model: ModelId, remote: &Remote) -> Self {
        let Remote { destination, segment, matches, schedule: _ } = remote;
        Self { destination: *destination, segment: segment.clone(), matches: matches.clone(), model }
    }
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

impl Membership {
    /// Whether so few members or rows after it are too few to be taken for true.
    pub(super) fn shrinks(&self, members: u64, rows: u64) -> bool {
        let shrunk = |before: u64, now: u64| before > 0 && now * 100 < before * (100 - REMOTE_SHRUNK_PERCENT);
        shrunk(self.members, members) || shrunk(self.rows, rows)
    }
}

impl RemoteState {
    /// Whether the platform has given less than half of what is in force twice in a row: a person has to say that this is right.
    pub fn waits_for_a_person(&self) -> bool {
        let judged = self.refreshes.iter().filter(|refresh| refresh.outcome != Outcome::Failed);
        self.membership.is_some() && judged.take(2).filter(|r| r.outcome == Outcome::Shrunk).count() == 2
    }

    /// The membership in force, unless it was read of something else than this.
    pub(super) fn membership_of(&self, reference: &Reference) -> Option<Membership> {
        self.membership.filter(|_| self.of.as_ref().is_none_or(|of| of == reference))
    }

    /// Takes a reading in; what is taken comes into force. `of`: what was read, as far as the reading came to know it.
    pub(super) fn took(&mut self, refresh: Refresh, of: Option<Reference>) {
        if refresh.outcome == Outcome::Taken {
            self.before = self.membership.map(|before| before.at);
            self.membership = Some(Membership { at: refresh.at, members: refresh.members, rows: refresh.rows });
            self.of = of;
        }
        self.refreshes.insert(0, refresh);
        self.refreshes.truncate(REMOTE_REFRESHES_KEPT);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use sluice_catalog::activation::Schedule;

    use super::*;

    fn read(at: i64, outcome: Outcome, members: u64, rows: u64) -> Refresh {
        Refresh { outcome, members, rows, code: None, ..Refresh::failed(Timestamp::from_second(at).unwrap(), "", String::new()) }
    }

    #[test]
    fn less_than_half_is_too_little_and_exactly_half_is_not() {
        let before = |members, rows| Membership { at: Timestamp::UNIX_EPOCH, members, rows };
        for (members, rows, shrinks) in [(101, 50, false), (51, 25, false), (50, 50, true), (101, 24, true), (0, 0, true)] {
            assert_eq!(before(101, 50).shrinks(members, rows), shrinks, "{members} members, {rows} rows");
        }
        assert!(!before(0, 0).shrinks(0, 0), "an empty segment stays empty");
    }

    #[test]
    fn twice_too_little_waits_for_a_person_whatever_failed_in_between() {
        let mut state = RemoteState::default();
        state.took(read(1, Outcome::Taken, 100, 100), None);
        state.took(read(2, Outcome::Shrunk, 1, 1), None);
        assert!(!state.waits_for_a_person());
        state.took(read(3, Outcome::Failed, 0, 0), None);
        state.took(read(4, Outcome::Shrunk, 1, 1), None);
        assert!(state.waits_for_a_person());
        assert_eq!(state.membership.map(|in_force| in_force.members), Some(100));
        state.took(read(5, Outcome::Taken, 1, 1), None);
        assert!(!state.waits_for_a_person());
        assert_eq!((state.membership.unwrap().members, state.before), (1, Some(Timestamp::from_second(1).unwrap())));
    }

    #[test]
    fn a_membership_is_in_force_for_what_was_read_and_for_nothing_else() {
        let (model, other_model) = (ModelId::new(1, 1), ModelId::new(1, 2));
        let (destination, other_destination) = (DestinationId::new(1, 1), DestinationId::new(1, 2));
        let by = |field: &str| vec![Match { field: field.to_owned(), identifier: "id".to_owned() }];
        let remote = Remote { destination, segment: "2".into(), matches: by("id"), schedule: Schedule::Manual };
        let read_of = Reference::new(model, &remote);
        let mut state = RemoteState::default();
        assert_eq!(state.membership_of(&read_of), None);
        state.took(read(1, Outcome::Taken, 100, 100), Some(read_of.clone()));
        state.took(read(2, Outcome::Failed, 0, 0), None);
        assert!(state.membership_of(&read_of).is_some(), "a reading that failed changes nothing");
        let hourly = Remote { schedule: Schedule::EverySeconds(3600), ..remote.clone() };
        assert!(state.membership_of(&Reference::new(model, &hourly)).is_some(), "when it is read does not matter");
        let others = [
            Reference::new(other_model, &remote),
            Reference::new(model, &Remote { destination: other_destination, ..remote.clone() }),
            Reference::new(model, &Remote { segment: "777".into(), ..remote.clone() }),
            Reference::new(model, &Remote { matches: by("email"), ..remote.clone() }),
        ];
        assert!(others.iter().all(|other| state.membership_of(other).is_none()), "{others:?}");
    }

    #[test]
    fn a_state_that_was_kept_without_its_reference_stays_in_force() {
        let membership = json!({ "at": "2026-01-01T00:00:00Z", "members": 5, "rows": 4 });
        let older = json!({ "membership": membership, "before": null, "refreshes": [] });
        let state: RemoteState = serde_json::from_value(older).unwrap();
        let remote =
            Remote { destination: DestinationId::new(1, 1), segment: "2".into(), matches: Vec::new(), schedule: Schedule::Manual };
        assert_eq!(state.membership_of(&Reference::new(ModelId::new(1, 1), &remote)).map(|in_force| in_force.rows), Some(4));
    }
}
