//! The endpoints that the twin has, each with its rate, its scopes and its body. Anything else is 404, a path that ends with a
//! slash too (inferred).

use super::limits::{self, Tier};
use crate::vendor::Call;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Endpoint {
    Accounts,
    Lists,
    CreateList,
    List(String),
    ListMembers(String),
    ListMemberIds(String),
    AddToList(String),
    RemoveFromList(String),
    Profiles,
    CreateProfile,
    Profile(String),
    PatchProfile(String),
    UpsertProfile,
    CreateJob,
    Job(String),
    JobProfiles(String),
    JobErrors(String),
    Subscribe,
    Unsubscribe,
    Segments,
    Segment(String),
    SegmentMembers(String),
    SegmentMemberIds(String),
}

impl Endpoint {
    pub(super) fn of(call: &Call) -> Option<Self> {
        let parts: Vec<&str> = call.path.strip_prefix("/api/")?.split('/').collect();
        let own = |id: &&str| (*id).to_owned();
        Some(match (call.method.as_str(), parts.as_slice()) {
            ("GET", ["accounts"]) => Self::Accounts,
            ("GET", ["lists"]) => Self::Lists,
            ("POST", ["lists"]) => Self::CreateList,
            ("GET", ["lists", id]) => Self::List(own(id)),
            ("GET", ["lists", id, "profiles"]) => Self::ListMembers(own(id)),
            ("GET", ["lists", id, "relationships", "profiles"]) => Self::ListMemberIds(own(id)),
            ("POST", ["lists", id, "relationships", "profiles"]) => Self::AddToList(own(id)),
            ("DELETE", ["lists", id, "relationships", "profiles"]) => Self::RemoveFromList(own(id)),
            ("GET", ["profiles"]) => Self::Profiles,
            ("POST", ["profiles"]) => Self::CreateProfile,
            ("GET", ["profiles", id]) => Self::Profile(own(id)),
            ("PATCH", ["profiles", id]) => Self::PatchProfile(own(id)),
            ("POST", ["profile-import"]) => Self::UpsertProfile,
            ("POST", ["profile-bulk-import-jobs"]) => Self::CreateJob,
            ("GET", ["profile-bulk-import-jobs", id]) => Self::Job(own(id)),
            ("GET", ["profile-bulk-import-jobs", id, "profiles"]) => Self::JobProfiles(own(id)),
            ("GET", ["profile-bulk-import-jobs", id, "import-errors"]) => Self::JobErrors(own(id)),
            ("POST", ["profile-subscription-bulk-create-jobs"]) => Self::Subscribe,
            ("POST", ["profile-subscription-bulk-delete-jobs"]) => Self::Unsubscribe,
            ("GET", ["segments"]) => Self::Segments,
            ("GET", ["segments", id]) => Self::Segment(own(id)),
            ("GET", ["segments", id, "profiles"]) => Self::SegmentMembers(own(id)),
            ("GET", ["segments", id, "relationships", "profiles"]) => Self::SegmentMemberIds(own(id)),
            _ => return None,
        })
    }

    pub(super) fn tier(&self) -> Tier {
        match self {
            Self::Accounts => limits::XS,
            Self::CreateList => limits::CREATE_LIST,
            Self::AddToList(_)
            | Self::RemoveFromList(_)
            | Self::CreateJob
            | Self::Job(_)
            | Self::JobProfiles(_)
            | Self::JobErrors(_) => limits::M,
            Self::Lists
            | Self::List(_)
            | Self::ListMembers(_)
            | Self::ListMemberIds(_)
            | Self::Profiles
            | Self::CreateProfile
            | Self::Profile(_)
            | Self::PatchProfile(_)
            | Self::UpsertProfile
            | Self::Subscribe
            | Self::Unsubscribe
            | Self::Segments
            | Self::Segment(_)
            | Self::SegmentMembers(_)
            | Self::SegmentMemberIds(_) => limits::L,
        }
    }

    pub(super) fn scopes(&self) -> &'static [&'static str] {
        match self {
            Self::Accounts => &["accounts:read"],
            Self::Lists | Self::List(_) => &["lists:read"],
            Self::CreateList => &["lists:write"],
            Self::ListMembers(_) | Self::ListMemberIds(_) | Self::Job(_) => &["lists:read", "profiles:read"],
            Self::AddToList(_) | Self::RemoveFromList(_) | Self::CreateJob => &["lists:write", "profiles:write"],
            Self::Profiles | Self::Profile(_) | Self::JobProfiles(_) | Self::JobErrors(_) => &["profiles:read"],
            Self::CreateProfile | Self::PatchProfile(_) | Self::UpsertProfile => &["profiles:write"],
            Self::Subscribe | Self::Unsubscribe => &["lists:write", "profiles:write", "subscriptions:write"],
            Self::Segments | Self::Segment(_) => &["segments:read"],
            Self::SegmentMembers(_) | Self::SegmentMemberIds(_) => &["profiles:read", "segments:read"],
        }
    }

    pub(super) fn has_body(&self) -> bool {
        match self {
            Self::CreateList
            | Self::AddToList(_)
            | Self::RemoveFromList(_)
            | Self::CreateProfile
            | Self::PatchProfile(_)
            | Self::UpsertProfile
            | Self::CreateJob
            | Self::Subscribe
            | Self::Unsubscribe => true,
            Self::Accounts
            | Self::Lists
            | Self::List(_)
            | Self::ListMembers(_)
            | Self::ListMemberIds(_)
            | Self::Profiles
            | Self::Profile(_)
            | Self::Job(_)
            | Self::JobProfiles(_)
            | Self::JobErrors(_)
            | Self::Segments
            | Self::Segment(_)
            | Self::SegmentMembers(_)
            | Self::SegmentMemberIds(_) => false,
        }
    }

    /// Whether the body is one profile, of [`limits::PROFILE_BYTES_MAX`] at most.
    pub(super) fn is_one_profile(&self) -> bool {
        matches!(self, Self::CreateProfile | Self::PatchProfile(_) | Self::UpsertProfile)
    }
}
