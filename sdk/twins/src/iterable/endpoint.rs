//! The endpoints that the twin has, each with its rate. Anything else is 404: an e-mail in a path too, which cannot hold every
//! address (*Quirks*), so that clients use the forms with a query.

use super::limits;
use crate::{rates::Rate, vendor::Call};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Endpoint {
    BulkUpdate,
    Update,
    ByEmail,
    ByUserId,
    Fields,
    Lists,
    CreateList,
    DeleteList(i64),
    Subscribe,
    Unsubscribe,
    Members,
    Preview,
    Size(i64),
}

impl Endpoint {
    pub(super) fn of(call: &Call) -> Option<Self> {
        Some(match (call.method.as_str(), call.path.strip_prefix("/api/")?) {
            ("POST", "users/bulkUpdate") => Self::BulkUpdate,
            ("POST", "users/update") => Self::Update,
            ("GET", "users/getByEmail") => Self::ByEmail,
            ("GET", "users/byUserId") => Self::ByUserId,
            ("GET", "users/getFields") => Self::Fields,
            ("GET", "lists") => Self::Lists,
            ("POST", "lists") => Self::CreateList,
            ("POST", "lists/subscribe") => Self::Subscribe,
            ("POST", "lists/unsubscribe") => Self::Unsubscribe,
            ("GET", "lists/getUsers") => Self::Members,
            ("GET", "lists/previewUsers") => Self::Preview,
            ("DELETE", path) => Self::DeleteList(path.strip_prefix("lists/")?.parse().ok()?),
            ("GET", path) => Self::Size(path.strip_prefix("lists/")?.strip_suffix("/size")?.parse().ok()?),
            _ => return None,
        })
    }

    pub(super) fn rate(self) -> Rate {
        match self {
            Self::BulkUpdate => limits::BULK_UPDATE_RATE,
            Self::Update => limits::UPDATE_RATE,
            Self::ByEmail | Self::ByUserId => limits::LOOK_UP_RATE,
            Self::Fields => limits::FIELDS_RATE,
            Self::Lists | Self::CreateList | Self::DeleteList(_) => limits::LISTS_RATE,
            Self::Subscribe | Self::Unsubscribe => limits::LIST_CALL_RATE,
            Self::Members | Self::Preview | Self::Size(_) => limits::MEMBERS_RATE,
        }
    }

    pub(super) fn has_body(self) -> bool {
        matches!(self, Self::BulkUpdate | Self::Update | Self::CreateList | Self::Subscribe | Self::Unsubscribe)
    }
}
