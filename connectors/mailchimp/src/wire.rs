//! Mailchimp's response shapes, nothing else.
//!
//! "Export segments" and "Remote segment" of the vendor sheet of 2026-11 (Marketing API 3.0.55 to 3.0.91).

use serde::Deserialize;

/// The audience, as far as it is asked for.
#[derive(Debug, Deserialize)]
pub(crate) struct Audience {
    /// Its id.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: String,
}

/// A merge field of the audience.
#[derive(Debug, Deserialize)]
pub(crate) struct MergeField {
    /// What its values are sent under.
    pub(crate) tag: String,
}

/// `application/problem+json`, the body of every refusal.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Problem {
    /// What kind of refusal, for example `Invalid Resource`.
    pub(crate) title: String,
    /// In words.
    pub(crate) detail: String,
    /// The fields that are to blame.
    pub(crate) errors: Vec<FieldError>,
}

/// One of them.
#[derive(Debug, Deserialize)]
pub(crate) struct FieldError {
    /// Its name, for example `merge_fields.BDAY`.
    #[serde(default)]
    pub(crate) field: String,
    /// In words.
    #[serde(default)]
    pub(crate) message: String,
}

/// A contact, as a single write answers. Only its address tells it from anything else.
#[derive(Debug, Deserialize)]
pub(crate) struct Contact {
    /// Its address.
    pub(crate) email_address: String,
}

/// The answer to a batch of contacts; 200 even when rows fail.
#[derive(Debug, Deserialize)]
pub(crate) struct Batch {
    /// Contacts that were made.
    pub(crate) new_members: Vec<Contact>,
    /// Contacts that were there and were changed.
    pub(crate) updated_members: Vec<Contact>,
    /// Contacts that were not taken.
    pub(crate) errors: Vec<RowError>,
}

/// A contact that was not taken.
#[derive(Debug, Deserialize)]
pub(crate) struct RowError {
    /// Its address.
    pub(crate) email_address: String,
    /// In words.
    #[serde(default)]
    pub(crate) error: String,
    /// `ERROR_CONTACT_EXISTS` or `ERROR_GENERIC`.
    #[serde(default)]
    pub(crate) error_code: String,
    /// The field that is to blame, where one is.
    pub(crate) field: Option<String>,
}

/// A static segment of the audience.
#[derive(Debug, Deserialize)]
pub(crate) struct Segment {
    /// Its id.
    pub(crate) id: i64,
    /// Its name.
    pub(crate) name: String,
}

/// The answer to a removal of members, reduced to what is asked for.
#[derive(Debug, Deserialize)]
pub(crate) struct Removed {
    /// Addresses that were not taken, and why.
    pub(crate) errors: Vec<MembersError>,
    /// So many.
    pub(crate) error_count: u64,
    /// Contacts who left; always there, which tells the answer from anything else.
    #[serde(rename = "total_removed")]
    _total_removed: u64,
}

/// Addresses that share an error.
#[derive(Debug, Deserialize)]
pub(crate) struct MembersError {
    /// The addresses.
    pub(crate) email_addresses: Vec<String>,
    /// In words.
    #[serde(default)]
    pub(crate) error: String,
}

/// A member of a segment.
#[derive(Debug, Deserialize)]
pub(crate) struct Member {
    /// Their address: always there, and empty or null of contacts who have a phone number alone (inferred; since 2026-04).
    #[serde(deserialize_with = "Option::deserialize")]
    pub(crate) email_address: Option<String>,
}

/// A page of a segment's members.
#[derive(Debug, Deserialize)]
pub(crate) struct Members {
    /// The contacts.
    pub(crate) members: Vec<Member>,
    /// Of all pages.
    pub(crate) total_items: u64,
}
