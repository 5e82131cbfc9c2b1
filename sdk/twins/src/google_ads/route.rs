//! The endpoints that the twin has. All of the vendor's hosts are one listener here; their paths differ. Anything else is 404, other
//! live versions of Google Ads (v22 to v24) too.

use crate::vendor::Call;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Endpoint {
    Token,
    Consent,
    Manager(Manager),
    Ads(Ads),
}

/// Data Manager v1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Manager {
    IngestMembers,
    RemoveMembers,
    RemoveAllMembers,
    IngestEvents,
    Status,
    Lists(Account),
    CreateList(Account),
    List(Account, String),
    PatchList(Account, String),
    DeleteList(Account, String),
}

/// `accountTypes/{kind}/accounts/{id}` of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) kind: String,
    pub(super) id: String,
}

/// What a quota counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Quota {
    IngestionMutate,
    IngestionRead,
    ManagementMutate,
    ManagementRead,
    AdsOperations,
}

/// Google Ads v25.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ads {
    Accessible,
    Adjust(String),
    Clicks(String),
    Calls(String),
    CreateJob(String),
    AddOperations(String, String),
    RunJob(String, String),
    Search(String),
    MutateLists(String),
}

impl Ads {
    /// The customer that it is about.
    pub(super) fn customer(&self) -> Option<&str> {
        match self {
            Self::Accessible => None,
            Self::Adjust(id)
            | Self::Clicks(id)
            | Self::Calls(id)
            | Self::CreateJob(id)
            | Self::AddOperations(id, _)
            | Self::RunJob(id, _)
            | Self::Search(id)
            | Self::MutateLists(id) => Some(id),
        }
    }
}

impl Manager {
    pub(super) fn quota(&self) -> Quota {
        match self {
            Self::IngestMembers | Self::RemoveMembers | Self::RemoveAllMembers | Self::IngestEvents => Quota::IngestionMutate,
            Self::Status => Quota::IngestionRead,
            Self::Lists(_) | Self::List(..) => Quota::ManagementRead,
            Self::CreateList(_) | Self::PatchList(..) | Self::DeleteList(..) => Quota::ManagementMutate,
        }
    }
}

impl Endpoint {
    pub(super) fn of(call: &Call) -> Option<Self> {
        let method = call.method.as_str();
        match (method, call.path.as_str()) {
            ("POST", "/token") => Some(Self::Token),
            ("GET", "/o/oauth2/v2/auth") => Some(Self::Consent),
            (_, path) => {
                if let Some(rest) = path.strip_prefix("/v1/") {
                    manager(method, rest).map(Self::Manager)
                } else {
                    ads(method, path.strip_prefix("/v25/")?).map(Self::Ads)
                }
            }
        }
    }
}

fn manager(method: &str, path: &str) -> Option<Manager> {
    let parts: Vec<&str> = path.split('/').collect();
    let account = |kind: &str, id: &str| Account { kind: kind.to_owned(), id: id.to_owned() };
    Some(match (method, parts.as_slice()) {
        ("POST", ["audienceMembers:ingest"]) => Manager::IngestMembers,
        ("POST", ["audienceMembers:remove"]) => Manager::RemoveMembers,
        ("POST", ["audienceMembers:removeAll"]) => Manager::RemoveAllMembers,
        ("POST", ["events:ingest"]) => Manager::IngestEvents,
        ("GET", ["requestStatus:retrieve"]) => Manager::Status,
        ("GET", ["accountTypes", kind, "accounts", id, "userLists"]) => Manager::Lists(account(kind, id)),
        ("POST", ["accountTypes", kind, "accounts", id, "userLists"]) => Manager::CreateList(account(kind, id)),
        ("GET", ["accountTypes", kind, "accounts", id, "userLists", list]) => Manager::List(account(kind, id), (*list).to_owned()),
        ("PATCH", ["accountTypes", kind, "accounts", id, "userLists", list]) => {
            Manager::PatchList(account(kind, id), (*list).to_owned())
        }
        ("DELETE", ["accountTypes", kind, "accounts", id, "userLists", list]) => {
            Manager::DeleteList(account(kind, id), (*list).to_owned())
        }
        _ => return None,
    })
}

fn ads(method: &str, path: &str) -> Option<Ads> {
    let parts: Vec<&str> = path.split('/').collect();
    let own = |id: &str| id.to_owned();
    Some(match (method, parts.as_slice()) {
        ("GET", ["customers:listAccessibleCustomers"]) => Ads::Accessible,
        ("POST", ["customers", call]) => match call.split_once(':')? {
            (id, "uploadConversionAdjustments") => Ads::Adjust(own(id)),
            (id, "uploadClickConversions") => Ads::Clicks(own(id)),
            (id, "uploadCallConversions") => Ads::Calls(own(id)),
            _ => return None,
        },
        ("POST", ["customers", id, "offlineUserDataJobs:create"]) => Ads::CreateJob(own(id)),
        ("POST", ["customers", id, "offlineUserDataJobs", call]) => match call.split_once(':')? {
            (job, "addOperations") => Ads::AddOperations(own(id), own(job)),
            (job, "run") => Ads::RunJob(own(id), own(job)),
            _ => return None,
        },
        ("POST", ["customers", id, "googleAds:search"]) => Ads::Search(own(id)),
        ("POST", ["customers", id, "userLists:mutate"]) => Ads::MutateLists(own(id)),
        _ => return None,
    })
}
