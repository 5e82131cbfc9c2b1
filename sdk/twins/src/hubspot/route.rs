//! The endpoints that the twin has, by date-versioned paths and by the legacy ones beside them (*Versioning*), each with its scopes.
//! Anything else is 404, a path that ends with a slash too (inferred).

use http::Method;
use percent_encoding::percent_decode_str;

use super::{members::Change, write::Mode};
use crate::vendor::Call;

/// Of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Version {
    /// v1, v3 or v4, which end in 2027.
    Legacy,
    /// 2025-09.
    September2025,
    /// 2026-03, which the twin is written of.
    March2026,
    /// 2026-09, whose writes obey an admin's validation rules.
    September2026,
}

impl Version {
    fn of(word: &str, legacy: &str) -> Option<Self> {
        Some(match word {
            "2025-09" => Self::September2025,
            "2026-03" => Self::March2026,
            "2026-09" => Self::September2026,
            _ if word == legacy => Self::Legacy,
            _ => return None,
        })
    }

    pub(super) fn has_rules(self) -> bool {
        self >= Self::September2026
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Endpoint {
    Account,
    Write(Mode, String),
    Archive(String),
    Read(String),
    Properties(String),
    CreateProperty(String),
    Property(String, String),
    Schemas,
    Associate(String, String),
    AssociateLabelled(String, String),
    EndAssociations(String, String),
    CreateList,
    List(String),
    ListByName(String, String),
    SearchLists,
    Members(String),
    MembersByJoining(String),
    ClearMembers(String),
    ChangeMembers(Change, String),
}

/// What a path and a method lead to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Route {
    To(Endpoint, Version),
    /// The path is there, for other methods.
    OtherMethod,
    Nowhere,
}

impl Route {
    pub(super) fn of(call: &Call) -> Self {
        let Some(path) = call.path.strip_prefix('/') else { return Self::Nowhere };
        let Some(parts) = path.split('/').map(decoded).collect::<Option<Vec<String>>>() else { return Self::Nowhere };
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let methods = [Method::GET, Method::POST, Method::PUT, Method::DELETE];
        match find(&call.method, &parts) {
            Some((endpoint, version)) => Self::To(endpoint, version),
            None if methods.iter().any(|method| find(method, &parts).is_some()) => Self::OtherMethod,
            None => Self::Nowhere,
        }
    }
}

fn decoded(part: &str) -> Option<String> {
    percent_decode_str(part).decode_utf8().ok().map(|part| part.into_owned())
}

/// Date-versioned paths have the version behind their name, legacy ones before it.
fn find(method: &Method, parts: &[&str]) -> Option<(Endpoint, Version)> {
    let (name, version, rest) = match parts {
        ["account-info", version, rest @ ..] => ("account-info", Version::of(version, "v3")?, rest),
        ["crm", version @ ("v3" | "v4"), name @ ("objects" | "lists" | "properties" | "associations" | "schemas"), rest @ ..] => {
            let legacy = if *name == "associations" { "v4" } else { "v3" };
            (*name, Version::of(version, legacy)?, rest)
        }
        ["crm", name @ ("objects" | "lists" | "properties" | "associations"), version, rest @ ..] => {
            (*name, Version::of(version, "")?, rest)
        }
        ["crm-object-schemas", version, "schemas", rest @ ..] => ("schemas", Version::of(version, "")?, rest),
        _ => return None,
    };
    Some((endpoint(method.as_str(), name, rest)?, version))
}

fn endpoint(method: &str, name: &str, rest: &[&str]) -> Option<Endpoint> {
    let own = |word: &&str| (*word).to_owned();
    Some(match (method, name, rest) {
        ("GET", "account-info", ["details"]) => Endpoint::Account,
        ("POST", "objects", [kind, "batch", "upsert"]) => Endpoint::Write(Mode::Upsert, own(kind)),
        ("POST", "objects", [kind, "batch", "update"]) => Endpoint::Write(Mode::Update, own(kind)),
        ("POST", "objects", [kind, "batch", "create"]) => Endpoint::Write(Mode::Create, own(kind)),
        ("POST", "objects", [kind, "batch", "archive"]) => Endpoint::Archive(own(kind)),
        ("POST", "objects", [kind, "batch", "read"]) => Endpoint::Read(own(kind)),
        ("GET", "properties", [kind]) => Endpoint::Properties(own(kind)),
        ("POST", "properties", [kind]) => Endpoint::CreateProperty(own(kind)),
        ("GET", "properties", [kind, name]) => Endpoint::Property(own(kind), own(name)),
        ("GET", "schemas", []) => Endpoint::Schemas,
        ("POST", "associations", [from, to, "batch", "associate", "default"]) => Endpoint::Associate(own(from), own(to)),
        ("POST", "associations", [from, to, "batch", "create"]) => Endpoint::AssociateLabelled(own(from), own(to)),
        ("POST", "associations", [from, to, "batch", "archive"]) => Endpoint::EndAssociations(own(from), own(to)),
        ("POST", "lists", []) => Endpoint::CreateList,
        ("POST", "lists", ["search"]) => Endpoint::SearchLists,
        ("GET", "lists", ["object-type-id", kind, "name", name]) => Endpoint::ListByName(own(kind), own(name)),
        ("GET", "lists", [id]) if *id != "search" => Endpoint::List(own(id)),
        ("GET", "lists", [id, "memberships"]) => Endpoint::Members(own(id)),
        ("GET", "lists", [id, "memberships", "join-order"]) => Endpoint::MembersByJoining(own(id)),
        ("DELETE", "lists", [id, "memberships"]) => Endpoint::ClearMembers(own(id)),
        ("PUT", "lists", [id, "memberships", "add"]) => Endpoint::ChangeMembers(Change::Add, own(id)),
        ("PUT", "lists", [id, "memberships", "remove"]) => Endpoint::ChangeMembers(Change::Remove, own(id)),
        ("PUT", "lists", [id, "memberships", "add-and-remove"]) => Endpoint::ChangeMembers(Change::Both, own(id)),
        _ => return None,
    })
}

/// What a call does with the objects of a type, or with their schema.
#[derive(Debug, Clone, Copy)]
enum Part {
    Objects,
    Schemas,
}

/// Scopes of which one is enough, by the id of a type. The notes have none of tickets (inferred).
fn scopes(part: Part, type_id: &str, verb: &str) -> Vec<String> {
    let part = match part {
        Part::Objects => "objects",
        Part::Schemas => "schemas",
    };
    let noun = match type_id {
        "0-1" => "contacts",
        "0-2" => "companies",
        "0-3" => "deals",
        "0-5" => return vec!["tickets".to_owned(), format!("crm.{part}.tickets.{verb}")],
        _ => "custom",
    };
    vec![format!("crm.{part}.{noun}.{verb}")]
}

impl Endpoint {
    /// The object types that the path names.
    pub(super) fn types(&self) -> Vec<&str> {
        match self {
            Self::Write(_, kind)
            | Self::Archive(kind)
            | Self::Read(kind)
            | Self::Properties(kind)
            | Self::CreateProperty(kind)
            | Self::Property(kind, _) => vec![kind],
            Self::Associate(from, to) | Self::AssociateLabelled(from, to) | Self::EndAssociations(from, to) => vec![from, to],
            Self::Account
            | Self::Schemas
            | Self::CreateList
            | Self::List(_)
            | Self::ListByName(..)
            | Self::SearchLists
            | Self::Members(_)
            | Self::MembersByJoining(_)
            | Self::ClearMembers(_)
            | Self::ChangeMembers(..) => Vec::new(),
        }
    }

    /// What a token needs: of each of these, one. `types` are the ids of [`Endpoint::types`].
    pub(super) fn needs(&self, types: &[String]) -> Vec<Vec<String>> {
        let each = |part, verb| types.iter().map(|kind| scopes(part, kind, verb)).collect();
        match self {
            Self::Account => Vec::new(),
            // Associations need both ends (inferred).
            Self::Write(..) | Self::Archive(_) | Self::Associate(..) | Self::AssociateLabelled(..) | Self::EndAssociations(..) => {
                each(Part::Objects, "write")
            }
            Self::Read(_) => each(Part::Objects, "read"),
            Self::Properties(_) | Self::Property(..) => each(Part::Schemas, "read"),
            Self::CreateProperty(_) => each(Part::Schemas, "write"),
            Self::Schemas => vec![vec!["crm.schemas.custom.read".to_owned()]],
            Self::List(_) | Self::ListByName(..) | Self::SearchLists | Self::Members(_) | Self::MembersByJoining(_) => {
                vec![vec!["crm.lists.read".to_owned()]]
            }
            Self::CreateList | Self::ClearMembers(_) | Self::ChangeMembers(..) => vec![vec!["crm.lists.write".to_owned()]],
        }
    }

    /// Whether the call has a JSON body.
    pub(super) fn has_body(&self) -> bool {
        match self {
            Self::Write(..)
            | Self::Archive(_)
            | Self::Read(_)
            | Self::CreateProperty(_)
            | Self::Associate(..)
            | Self::AssociateLabelled(..)
            | Self::EndAssociations(..)
            | Self::CreateList
            | Self::SearchLists
            | Self::ChangeMembers(..) => true,
            Self::Account
            | Self::Properties(_)
            | Self::Property(..)
            | Self::Schemas
            | Self::List(_)
            | Self::ListByName(..)
            | Self::Members(_)
            | Self::MembersByJoining(_)
            | Self::ClearMembers(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_its_version_where_its_age_puts_it() {
        let find = |method: Method, path: &str| find(&method, &path.split('/').collect::<Vec<_>>()).map(|(_, version)| version);
        for (path, want) in [
            ("crm/objects/2026-03/contacts/batch/upsert", Some(Version::March2026)),
            ("crm/objects/2026-09/contacts/batch/upsert", Some(Version::September2026)),
            ("crm/objects/2025-09/contacts/batch/upsert", Some(Version::September2025)),
            ("crm/v3/objects/contacts/batch/upsert", Some(Version::Legacy)),
            ("crm/v4/objects/contacts/batch/upsert", None),
            ("crm/objects/v3/contacts/batch/upsert", None),
            ("crm/2026-03/objects/contacts/batch/upsert", None),
            ("crm/objects/2026-04/contacts/batch/upsert", None),
            ("crm/associations/2026-03/contacts/companies/batch/create", Some(Version::March2026)),
            ("crm/v4/associations/contacts/companies/batch/create", Some(Version::Legacy)),
            ("crm/v3/associations/contacts/companies/batch/create", None),
            ("crm/objects/2026-03/contacts/batch/upsert/", None),
            ("crm/objects/2026-03/contacts", None),
        ] {
            assert_eq!(find(Method::POST, path), want, "{path}");
        }
        assert_eq!(find(Method::GET, "crm-object-schemas/2026-03/schemas"), Some(Version::March2026));
        assert_eq!(find(Method::GET, "crm/v3/schemas"), Some(Version::Legacy));
        assert_eq!(find(Method::GET, "account-info/v3/details"), Some(Version::Legacy));
        assert_eq!(find(Method::GET, "account-info/2026-03/details"), Some(Version::March2026));
    }
}
