//! A user list and who is on it. Somebody is the set of identifiers that he was sent with; taking identifiers away leaves him with the
//! others, so that a removal that names some of them alone is seen for what it is.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::account::{KeyType, NewUserList};

/// Somebody on a list.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Member {
    /// `email:…`, `phone:…`, `address:given|family|REGION|postal`, `mobile:…`, `user:…`, `ip:…`.
    pub identifiers: BTreeSet<String>,
    /// When he was last added.
    pub added_at: Timestamp,
    /// The consent that he was added with.
    pub consent: Option<Value>,
    /// The request that added him last.
    pub request: u64,
}

/// A user list.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UserList {
    /// Its id.
    pub id: String,
    /// The customer that owns it.
    pub customer_id: String,
    /// Its name.
    pub display_name: String,
    /// What it is for.
    pub description: Option<String>,
    /// `OPEN` or `CLOSED`.
    pub membership_status: String,
    /// An id of another system.
    pub integration_code: Option<String>,
    /// Seconds that somebody stays on it.
    pub membership_duration_s: u64,
    /// Its key.
    pub key_type: KeyType,
    /// What came with its key, as the vendor has it (`contactIdInfo`, `mobileIdInfo`, `userIdInfo`).
    pub info: Map<String, Value>,
    members: BTreeMap<String, Member>,
    #[serde(skip)]
    by_identifier: HashMap<String, BTreeSet<String>>,
}

/// What a removal did.
#[derive(Debug, Default)]
pub(super) struct Removed {
    /// Names of those who are gone.
    pub(super) gone: Vec<String>,
    /// Names of those who are left with fewer identifiers, before and after.
    pub(super) left: Vec<(String, String)>,
}

/// The name of somebody with these identifiers.
pub(super) fn name_of(identifiers: &BTreeSet<String>) -> String {
    identifiers.iter().map(String::as_str).collect::<Vec<_>>().join(" ")
}

impl UserList {
    pub(super) fn new(new: NewUserList) -> Self {
        let info = match new.key_type {
            KeyType::ContactId => json!({ "contactIdInfo": { "dataSourceType": "DATA_SOURCE_TYPE_FIRST_PARTY" } }),
            KeyType::MobileId => json!({ "mobileIdInfo": { "keySpace": "ANDROID", "appId": "example.app" } }),
            KeyType::UserId => json!({ "userIdInfo": {} }),
        };
        Self {
            id: new.id,
            customer_id: new.customer_id,
            display_name: new.display_name,
            description: None,
            membership_status: "OPEN".to_owned(),
            integration_code: None,
            membership_duration_s: 540 * 86_400,
            key_type: new.key_type,
            info: info.as_object().cloned().unwrap_or_default(),
            members: BTreeMap::new(),
            by_identifier: HashMap::new(),
        }
    }

    /// Everybody on it, by the identifiers with blanks between them.
    pub fn members(&self) -> &BTreeMap<String, Member> {
        &self.members
    }

    /// Puts somebody on it, or renews him; gives his name.
    pub(super) fn add(&mut self, member: Member) -> String {
        let name = name_of(&member.identifiers);
        for identifier in &member.identifiers {
            self.by_identifier.entry(identifier.clone()).or_default().insert(name.clone());
        }
        self.members.insert(name.clone(), member);
        name
    }

    fn take(&mut self, name: &str) -> Option<Member> {
        let member = self.members.remove(name)?;
        for identifier in &member.identifiers {
            if let Some(names) = self.by_identifier.get_mut(identifier) {
                names.remove(name);
                if names.is_empty() {
                    self.by_identifier.remove(identifier);
                }
            }
        }
        Some(member)
    }

    /// Takes identifiers away.
    pub(super) fn remove(&mut self, identifiers: &BTreeSet<String>) -> Removed {
        let names: BTreeSet<String> =
            identifiers.iter().filter_map(|identifier| self.by_identifier.get(identifier)).flatten().cloned().collect();
        let mut removed = Removed::default();
        for name in names {
            let Some(mut member) = self.take(&name) else { continue };
            member.identifiers.retain(|identifier| !identifiers.contains(identifier));
            if member.identifiers.is_empty() {
                removed.gone.push(name);
            } else {
                let after = self.add(member);
                removed.left.push((name, after));
            }
        }
        removed
    }

    /// Takes everybody away who was last added before this time, or everybody; gives their names.
    pub(super) fn remove_all(&mut self, before: Option<Timestamp>) -> Vec<String> {
        let is_due = |member: &Member| before.is_none_or(|before| member.added_at < before);
        let names: Vec<String> = self.members.iter().filter(|(_, member)| is_due(member)).map(|(name, _)| name.clone()).collect();
        names.iter().for_each(|name| drop(self.take(name)));
        names
    }

    /// Its name in Data Manager.
    pub(super) fn resource(&self) -> String {
        format!("accountTypes/GOOGLE_ADS/accounts/{}/userLists/{}", self.customer_id, self.id)
    }

    /// As Data Manager answers it. Sizes are exact here and estimates there; the match rate is that of a good list.
    pub(super) fn shown(&self) -> Value {
        let members = self.members.len().to_string();
        let mut info = self.info.clone();
        info.insert("uploadKeyTypes".to_owned(), json!([self.key_type.as_str()]));
        if let Some(contact) = info.get_mut("contactIdInfo").and_then(Value::as_object_mut)
            && !self.members.is_empty()
        {
            contact.insert("matchRatePercentage".to_owned(), 60.into());
        }
        let mut shown = json!({
            "name": self.resource(), "id": self.id, "displayName": self.display_name,
            "membershipStatus": self.membership_status, "membershipDuration": format!("{}s", self.membership_duration_s),
            "accessReason": "OWNED", "accountAccessStatus": "ENABLED",
            "sizeInfo": {
                "displayNetworkMembersCount": members, "searchNetworkMembersCount": members,
                "youtubeMembersCount": members, "gmailMembersCount": members,
            },
            "targetNetworkInfo": { "eligibleForDisplay": true, "eligibleForSearch": true },
            "ingestedUserListInfo": info,
        });
        for (name, value) in [("description", &self.description), ("integrationCode", &self.integration_code)] {
            if let Some(value) = value {
                shown[name] = value.as_str().into();
            }
        }
        shown
    }
}
