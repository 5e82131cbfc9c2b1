//! How a Mailchimp twin is set up: its keys and tokens, how it throttles, and the audiences that are there at the start. The API makes no
//! audience, so a twin without one answers 404 to almost everything.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use serde::{Deserialize, Serialize};

use super::{limits, merge::MergeType};
use crate::server::{Clock, system_clock};

/// What a key may do (*Errors*: "role, plan or disabled account").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// All that the twin offers.
    Full,
    /// Nothing: 403 for everything here.
    Disabled,
}

/// A key of the account. It has no `Debug`: a key is not printed.
#[derive(Clone)]
pub struct ApiKey {
    /// The key itself; what follows its last `-` is its data centre (*Hosts*).
    pub key: String,
    /// What it may do.
    pub kind: KeyKind,
}

/// How the vendor says that it is too much (*Global rate limits*: the edge answers 429 or 403 without JSON).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ThrottledAs {
    /// 429 in the vendor's words.
    #[default]
    Words,
    /// 429 without a body.
    Bare429,
    /// 403 without a body.
    Bare403,
}

/// What a segment is (*Remote segment*).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SegmentType {
    /// People are put on it; the same thing as a tag, and the only kind that can be written (inferred).
    #[default]
    Static,
    /// Made of conditions.
    Saved,
    /// The vendor's own.
    Fuzzy,
}

/// A segment that is there at the start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewSegment {
    /// The vendor's number of it.
    pub id: i64,
    /// Its name, which is the tag's.
    pub name: String,
    /// What it is.
    #[serde(default)]
    pub r#type: SegmentType,
}

/// A merge field that is there at the start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewMergeField {
    /// What values are sent under, at most [`limits::TAG_CHARS_MAX`] characters.
    pub tag: String,
    /// What people see.
    pub name: String,
    /// What values may be.
    pub r#type: MergeType,
    /// A member without a value is refused, unless merge validation is skipped.
    #[serde(default)]
    pub required: bool,
    /// The values of a `radio` or `dropdown`; any when empty.
    #[serde(default)]
    pub choices: Vec<String>,
}

/// An audience that is there at the start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewAudience {
    /// The vendor's name of it, `a1b2c3d4e5`.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Whether people confirm by mail; only shown.
    #[serde(default)]
    pub double_optin: bool,
    /// Its merge fields.
    #[serde(default)]
    pub merge_fields: Vec<NewMergeField>,
    /// The ids of its interests.
    #[serde(default)]
    pub interests: Vec<String>,
    /// Its segments.
    #[serde(default)]
    pub segments: Vec<NewSegment>,
}

impl NewAudience {
    /// An audience with nothing in it.
    pub fn named(id: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            name: name.into(),
            double_optin: false,
            merge_fields: Vec::new(),
            interests: Vec::new(),
            segments: Vec::new(),
        }
    }
}

/// How a twin is set up. [`Options::with_key`] is the start of all of them.
#[derive(Clone)]
pub struct Options {
    /// Where the API listens; loopback only. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// The keys of the account.
    pub api_keys: Vec<ApiKey>,
    /// Access tokens that people of the account gave to apps, and have not taken back. They do not end, and may do what a full key may.
    pub access_tokens: Vec<String>,
    /// The data centre that the twin stands for. A known key of another one is 403, as is a request to another one's host.
    pub data_centre: String,
    /// How throttling is said, by a fault as well as by the twin itself.
    pub throttled_as: ThrottledAs,
    /// Answer 429 above [`limits::CONNECTIONS_MAX`] requests at once. When false (default) nothing is refused, so that a test's
    /// end does not hang on the speed of a machine; use a throttling fault for a certain 429.
    pub enforce_rates: bool,
    /// Merge fields of an audience before 400. Default [`limits::MERGE_FIELDS_MAX`].
    pub merge_fields_max: usize,
    /// Makes the names of new tags lower-case (*Quirks*: "may change the case of tag names").
    pub tags_lower_case: bool,
    /// Audiences that exist.
    pub audiences: Vec<NewAudience>,
    /// Addresses, lower-case, that are well-formed and yet refused by the vendor's checks (*Errors*: "looks fake or invalid").
    pub fakes: Vec<String>,
    /// A file that gets every ledger entry as a line of JSON before the request is answered.
    pub ledger_file: Option<PathBuf>,
    /// What time it is.
    pub clock: Clock,
}

impl Options {
    /// A free port of 127.0.0.1, one key that may do all, the data centre of that key, no audience.
    pub fn with_key(key: impl Into<String>) -> Self {
        let key = key.into();
        let data_centre = data_centre(&key).to_owned();
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            api_keys: vec![ApiKey { key, kind: KeyKind::Full }],
            access_tokens: Vec::new(),
            data_centre,
            throttled_as: ThrottledAs::default(),
            enforce_rates: false,
            merge_fields_max: limits::MERGE_FIELDS_MAX,
            tags_lower_case: false,
            audiences: Vec::new(),
            fakes: Vec::new(),
            ledger_file: None,
            clock: system_clock(),
        }
    }
}

/// "The part after the last `-` of the API key" (*Hosts*); empty when it has none.
pub(super) fn data_centre(key: &str) -> &str {
    key.rsplit_once('-').map_or("", |(_, centre)| centre)
}
