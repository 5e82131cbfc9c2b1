//! A member of an audience as the vendor keeps it and a test compares it. Finding and changing one is `audience`'s.

use std::collections::BTreeMap;

use jiff::Timestamp;
use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What a member gets (*Step 1*).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Marketing mails.
    Subscribed,
    /// None any more, by the person's own wish.
    Unsubscribed,
    /// None any more, because they bounced.
    Cleaned,
    /// A mail that asks for confirmation.
    Pending,
    /// Stored without consent to marketing.
    Transactional,
    /// Left the audience; no request can ask for it by name.
    Archived,
}

impl Status {
    pub(super) const WORDS: &'static str = "subscribed, unsubscribed, cleaned, pending, transactional";

    /// A status that a request may name.
    pub(super) fn read(word: &str) -> Option<Self> {
        Some(match word {
            "subscribed" => Self::Subscribed,
            "unsubscribed" => Self::Unsubscribed,
            "cleaned" => Self::Cleaned,
            "pending" => Self::Pending,
            "transactional" => Self::Transactional,
            _ => return None,
        })
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Subscribed => "subscribed",
            Self::Unsubscribed => "unsubscribed",
            Self::Cleaned => "cleaned",
            Self::Pending => "pending",
            Self::Transactional => "transactional",
            Self::Archived => "archived",
        }
    }

    /// "re-subscribing an unsubscribed or archived contact is refused" (*Step 1*); a cleaned one too (inferred).
    pub(super) fn refuses_subscribing(self) -> bool {
        matches!(self, Self::Unsubscribed | Self::Cleaned | Self::Archived)
    }
}

/// A member.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Member {
    /// The address as it was sent when the member was made.
    pub email_address: String,
    /// What the member gets.
    pub status: Status,
    /// Values by upper-case tag; a cleared one is not there.
    pub merge_fields: Map<String, Value>,
    /// Interests by id.
    pub interests: BTreeMap<String, bool>,
    /// `language`, `vip`, `location`, `email_type` and the signup and opt-in fields, as they were sent.
    pub details: Map<String, Value>,
    /// When it was changed last.
    pub last_changed: Timestamp,
    /// The request that made it; 0 when it was seeded.
    pub created_by: u64,
    /// The request that wrote to it last, tags and segments included; 0 when none did.
    pub updated_by: u64,
    /// How often its fields were written, repeats included.
    pub writes: u64,
}

impl Member {
    pub(super) fn new(email_address: String, status: Status, request: u64, now: Timestamp) -> Self {
        Self {
            email_address,
            status,
            merge_fields: Map::new(),
            interests: BTreeMap::new(),
            details: Map::new(),
            last_changed: now,
            created_by: request,
            updated_by: request,
            writes: 0,
        }
    }

    /// The ledger's name of it.
    pub fn key(&self) -> String {
        format!("email:{}", self.email_address.to_lowercase())
    }
}

/// "MD5 hex of the lower-cased, trimmed e-mail" (*Step 1*).
pub(super) fn subscriber_hash(email: &str) -> String {
    md5_hex(&email.trim().to_lowercase())
}

pub(super) fn md5_hex(text: &str) -> String {
    Md5::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_is_named_by_the_md5_of_the_address_in_lower_case() {
        // The vendor's own example in its pages on methods and parameters: Urist.McVankab@freddiesjokes.com.
        let want = "62eeb292278cc15f5817cb78f7790b08";
        for email in ["Urist.McVankab@freddiesjokes.com", "urist.mcvankab@freddiesjokes.com", " urist.mcvankab@freddiesjokes.com "]
        {
            assert_eq!(subscriber_hash(email), want, "{email}");
        }
    }
}
