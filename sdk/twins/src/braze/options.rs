//! How a Braze twin is set up: keys, contract, what exists in its workspace before the first request.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::limits;
use crate::server::{Clock, system_clock};

/// Permission of a key to write attributes, events and purchases.
pub const USERS_TRACK: &str = "users.track";
/// Permission of a key to set subscription states.
pub const SUBSCRIPTION_STATUS_SET: &str = "subscription.status.set";
/// Permission of a key to read subscription states.
pub const SUBSCRIPTION_STATUS_GET: &str = "subscription.status.get";
/// Permission of a key to list segments.
pub const SEGMENTS_LIST: &str = "segments.list";
/// Permission of a key to export the users of a segment.
pub const USERS_EXPORT_SEGMENT: &str = "users.export.segment";
/// Every permission that the twin's endpoints ask for.
pub const ALL_PERMISSIONS: [&str; 5] =
    [USERS_TRACK, SUBSCRIPTION_STATUS_SET, SUBSCRIPTION_STATUS_GET, SEGMENTS_LIST, USERS_EXPORT_SEGMENT];

/// A key of the workspace. It has no `Debug`: a key is not printed.
#[derive(Clone)]
pub struct ApiKey {
    /// The key itself.
    pub key: String,
    /// What it may do, as the vendor names it, for instance [`USERS_TRACK`].
    pub permissions: Vec<String>,
}

impl ApiKey {
    /// A key that may do all that the twin offers.
    pub fn with_all(key: impl Into<String>) -> Self {
        Self { key: key.into(), permissions: ALL_PERMISSIONS.map(str::to_owned).to_vec() }
    }

    /// A key that may do this alone.
    pub fn with(key: impl Into<String>, permissions: &[&str]) -> Self {
        Self { key: key.into(), permissions: permissions.iter().map(|&p| p.to_owned()).collect() }
    }
}

/// Objects that one request to `/users/track` may hold, by contract (*Track users*, *API rate limits*, read 2026-11).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ObjectsPerRequest {
    /// 50, attributes, events and purchases together: contracts by monthly active users.
    #[default]
    Fifty,
    /// 75 together.
    SeventyFive,
    /// 75 of each of the three: legacy customers.
    SeventyFiveOfEach,
}

/// What a subscription group is about; decides by what its people may be named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Channel {
    /// E-mail: external ids and e-mail addresses.
    Email,
    /// SMS: external ids and phones.
    Sms,
    /// WhatsApp: external ids and phones.
    WhatsApp,
}

/// A subscription group; they are made in the dashboard, so a twin must be told of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubscriptionGroup {
    /// Its UUID.
    pub id: String,
    /// Its channel.
    pub channel: Channel,
}

/// A segment; they are made in the dashboard, so a twin must be told of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Segment {
    /// Its API identifier.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its tags.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Who is in it.
    pub members: Members,
}

/// Who is in a segment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Members {
    /// These people, as far as they have a profile.
    ExternalIds(Vec<String>),
    /// Everybody whose attribute has this value: the filter an operator makes for a boolean attribute.
    AttributeEquals {
        /// The attribute.
        name: String,
        /// The value.
        value: Value,
    },
}

/// How a twin is set up. [`Options::with_key`] is the start of all of them.
#[derive(Clone)]
pub struct Options {
    /// Where the API listens; loopback only. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where the file storage listens: another host to a client; loopback only.
    pub files_listen: SocketAddr,
    /// What the storage is called in answers, for example `https://exports.s3.amazonaws.com`; where it listens unless said.
    pub files_named: Option<String>,
    /// The keys of the workspace.
    pub api_keys: Vec<ApiKey>,
    /// The contract's objects per request.
    pub contract: ObjectsPerRequest,
    /// Bytes of a body before 413. Default [`limits::BODY_BYTES_MAX`].
    pub body_bytes_max: usize,
    /// Elements of an array attribute. Default [`limits::ARRAY_ELEMENTS_MAX`].
    pub array_elements_max: usize,
    /// Answer 429 above the vendor's limits, by the clock. When false (default) the headers count and nothing is refused,
    /// so that a test's end does not hang on the speed of a machine; use a throttling fault for a certain 429.
    pub enforce_rates: bool,
    /// External ids known as junk. The vendor does not publish its list: these are (inferred).
    pub blacklisted_external_ids: Vec<String>,
    /// Groups that exist.
    pub subscription_groups: Vec<SubscriptionGroup>,
    /// Segments that exist, oldest first.
    pub segments: Vec<Segment>,
    /// Questions after an export's file that are answered "not there yet" before it is ready.
    pub export_polls_before_ready: u32,
    /// The workspace has its own bucket, so an export's answer has no URL.
    pub own_bucket: bool,
    /// A file that gets every ledger entry as a line of JSON before the request is answered.
    pub ledger_file: Option<PathBuf>,
    /// What time it is.
    pub clock: Clock,
}

impl Options {
    /// Free ports of 127.0.0.1, one key that may do all, the strictest contract.
    pub fn with_key(key: impl Into<String>) -> Self {
        let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self {
            listen: free,
            files_listen: free,
            files_named: None,
            api_keys: vec![ApiKey::with_all(key)],
            contract: ObjectsPerRequest::default(),
            body_bytes_max: limits::BODY_BYTES_MAX,
            array_elements_max: limits::ARRAY_ELEMENTS_MAX,
            enforce_rates: false,
            blacklisted_external_ids: ["null", "undefined", "nil", "none", "anonymous"].map(str::to_owned).to_vec(),
            subscription_groups: Vec::new(),
            segments: Vec::new(),
            export_polls_before_ready: 2,
            own_bucket: false,
            ledger_file: None,
            clock: system_clock(),
        }
    }
}
