//! An audience: its members, merge fields and segments, and how the vendor shows them. What a request may do to a member is
//! `order`'s.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{
    member::{Member, Status, md5_hex, subscriber_hash},
    merge::MergeField,
    options::{NewAudience, NewSegment, SegmentType},
};

/// A segment. A static one is a tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Segment {
    /// The vendor's number of it.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// What it is.
    pub r#type: SegmentType,
    /// The addresses of those on it, lower-case; archived ones stay, unseen.
    pub members: BTreeSet<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed.
    pub updated_at: Timestamp,
}

/// An audience.
#[derive(Debug, Clone, Serialize)]
pub struct Audience {
    /// The vendor's name of it.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Whether people confirm by mail.
    pub double_optin: bool,
    /// Its merge fields.
    pub merge_fields: Vec<MergeField>,
    /// The ids of its interests.
    pub interests: BTreeSet<String>,
    /// Its segments by id.
    pub segments: BTreeMap<i64, Segment>,
    /// Its members by address in lower case.
    pub members: BTreeMap<String, Member>,
    /// Addresses that were permanently deleted, lower-case: they cannot come back.
    pub forgotten: BTreeSet<String>,
    /// Addresses by MD5 and by `contact_id`.
    #[serde(skip)]
    names: HashMap<String, String>,
    /// The id of the next segment.
    #[serde(skip)]
    next_segment: i64,
}

/// The id of the first segment that a twin makes, as in the notes' example.
const FIRST_SEGMENT: i64 = 49_381;

impl Audience {
    pub(super) fn new(new: NewAudience, now: Timestamp) -> Self {
        let NewAudience { id, name, double_optin, merge_fields, interests, segments } = new;
        let merge_fields = (1..).zip(merge_fields).map(|(merge_id, field)| MergeField::new(merge_id, field)).collect();
        let mut audience = Self {
            id,
            name,
            double_optin,
            merge_fields,
            interests: interests.into_iter().collect(),
            segments: BTreeMap::new(),
            members: BTreeMap::new(),
            forgotten: BTreeSet::new(),
            names: HashMap::new(),
            next_segment: FIRST_SEGMENT,
        };
        for segment in segments {
            audience.put(segment, now);
        }
        audience
    }

    /// Puts a segment in place, or another in its place.
    pub(super) fn put(&mut self, new: NewSegment, now: Timestamp) -> &mut Segment {
        let NewSegment { id, name, r#type } = new;
        self.next_segment = self.next_segment.max(id + 1);
        let segment = Segment { id, name, r#type, members: BTreeSet::new(), created_at: now, updated_at: now };
        self.segments.entry(id).insert_entry(segment).into_mut()
    }

    /// Makes a static segment.
    pub(super) fn make(&mut self, name: String, now: Timestamp) -> &mut Segment {
        let id = self.next_segment;
        self.put(NewSegment { id, name, r#type: SegmentType::Static }, now)
    }

    /// The static segment of a tag; names are compared without case (inferred from *Quirks*: the vendor may change it).
    pub(super) fn tag(&self, name: &str) -> Option<i64> {
        let name = name.trim().to_lowercase();
        let mut tags = self.segments.values().filter(|segment| segment.r#type == SegmentType::Static);
        tags.find(|tag| tag.name.to_lowercase() == name).map(|tag| tag.id)
    }

    /// The address that a path means: an MD5, a clear address or a `contact_id` (*Step 1*).
    pub(super) fn named(&self, name: &str) -> Option<&str> {
        let lower = name.trim().to_lowercase();
        let email = if lower.contains('@') { &lower } else { self.names.get(&lower)? };
        self.members.get_key_value(email.as_str()).map(|(email, _)| email.as_str())
    }

    /// A member who has not left.
    pub(super) fn present(&self, email: &str) -> Option<&Member> {
        self.members.get(email).filter(|member| member.status != Status::Archived)
    }

    pub(super) fn enter(&mut self, member: Member) -> &mut Member {
        let email = member.email_address.to_lowercase();
        self.names.insert(subscriber_hash(&email), email.clone());
        self.names.insert(self.contact_id(&email), email.clone());
        self.members.entry(email).insert_entry(member).into_mut()
    }

    /// Deletes a member for ever (*Removal*: "blocks re-import").
    pub(super) fn forget(&mut self, email: &str) {
        self.members.remove(email);
        for segment in self.segments.values_mut() {
            segment.members.remove(email);
        }
        self.forgotten.insert(email.to_owned());
    }

    /// Everybody on a segment, by address.
    pub fn on(&self, segment: i64) -> BTreeSet<String> {
        self.segments.get(&segment).map(|segment| segment.members.clone()).unwrap_or_default()
    }

    fn contact_id(&self, email: &str) -> String {
        md5_hex(&format!("{} {email}", self.id))
    }

    /// A member as the vendor shows it; `stats`, links and what else nobody here writes are left out.
    pub(super) fn shown(&self, email: &str) -> Value {
        let Some(member) = self.members.get(email) else { return Value::Null };
        let merge_fields = self.merge_fields.iter().map(|field| {
            let value = member.merge_fields.get(&field.tag).cloned();
            (field.tag.clone(), value.unwrap_or_else(|| "".into()))
        });
        let on = self.segments.values().filter(|s| s.r#type == SegmentType::Static && s.members.contains(email));
        let tags: Vec<Value> = on.map(|tag| json!({ "id": tag.id, "name": tag.name })).collect();
        let mut shown = member.details.clone();
        let own = json!({
            "id": subscriber_hash(email), "email_address": member.email_address, "contact_id": self.contact_id(email),
            "unique_email_id": md5_hex(&format!("unique {email}"))[..10], "status": member.status.word(),
            "merge_fields": merge_fields.collect::<Map<_, _>>(), "interests": member.interests,
            "last_changed": member.last_changed.to_string(), "tags_count": tags.len(), "tags": tags, "list_id": self.id,
        });
        if let Value::Object(own) = own {
            shown.extend(own);
        }
        shown.into()
    }

    /// A segment as the vendor shows it; `member_count` counts the subscribed (the vendor's description).
    pub(super) fn segment(&self, segment: &Segment) -> Value {
        let subscribed =
            segment.members.iter().filter(|email| self.members.get(*email).is_some_and(|m| m.status == Status::Subscribed));
        json!({
            "id": segment.id, "name": segment.name, "type": segment.r#type, "member_count": subscribed.count(),
            "created_at": segment.created_at.to_string(), "updated_at": segment.updated_at.to_string(), "list_id": self.id,
        })
    }

    /// The audience as the vendor shows it.
    pub(super) fn to_json(&self) -> Value {
        let count = |status| self.members.values().filter(|member| member.status == status).count();
        json!({
            "id": self.id, "name": self.name, "double_optin": self.double_optin,
            "stats": {
                "member_count": count(Status::Subscribed), "unsubscribe_count": count(Status::Unsubscribed),
                "cleaned_count": count(Status::Cleaned), "merge_field_count": self.merge_fields.len(),
            },
        })
    }
}
