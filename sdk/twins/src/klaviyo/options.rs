//! How a Klaviyo twin is set up: its keys, how its account is set, when its jobs end, and what is there at the start.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::limits;
use crate::server::{Clock, system_clock};

/// Every scope that the twin's endpoints ask for (*OpenAPI*, "Scopes" of each operation).
pub const ALL_SCOPES: [&str; 7] =
    ["accounts:read", "lists:read", "lists:write", "profiles:read", "profiles:write", "subscriptions:write", "segments:read"];

/// A private key of the account. It has no `Debug`: a key is not printed.
#[derive(Clone)]
pub struct ApiKey {
    /// The key itself; the vendor's begin with `pk_`.
    pub key: String,
    /// What it may do, as the vendor names it, see [`ALL_SCOPES`].
    pub scopes: Vec<String>,
}

impl ApiKey {
    /// A key that may do all that the twin offers.
    pub fn with_all(key: impl Into<String>) -> Self {
        Self::with(key, &ALL_SCOPES)
    }

    /// A key that may do this alone.
    pub fn with(key: impl Into<String>, scopes: &[&str]) -> Self {
        Self { key: key.into(), scopes: scopes.iter().map(|&scope| scope.to_owned()).collect() }
    }
}

/// What a request without a key, or with a header of another shape, gets (*Errors*: "400 for a malformed/missing key on some
/// revisions").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NoKey {
    /// 401, as a key that is not known.
    #[default]
    Unauthorized,
    /// 400.
    BadRequest,
}

/// How people get onto a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OptIn {
    /// They confirm first; the twin's people never do.
    #[default]
    DoubleOptIn,
    /// At once.
    SingleOptIn,
}

/// When jobs end. They end in the order in which they were taken (the notes: "FIFO per account").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobsEnd {
    /// So many questions after an import job are answered with `queued` (the first) and `processing`; at the next one it has ended,
    /// and every job before it. Subscription jobs, which nobody can ask about, end at once.
    AfterPolls(u32),
    /// Import jobs and subscription jobs end so many seconds of the twin's clock after they were taken.
    AfterSeconds(u32),
}

/// A list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct List {
    /// The vendor's id of it.
    pub id: String,
    /// Its name, which another list may have as well (inferred).
    pub name: String,
    /// How people get onto it; the account's way when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opt_in_process: Option<OptIn>,
    /// When it was made.
    #[serde(default)]
    pub created: Timestamp,
}

/// A segment; they are made in the dashboard, so a twin must be told of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Segment {
    /// The vendor's id of it.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether its members are kept up to date.
    #[serde(default = "yes")]
    pub is_active: bool,
    /// When it was made.
    #[serde(default)]
    pub created: Timestamp,
    /// Who is in it, as far as they have a profile.
    #[serde(default)]
    pub members: Vec<SegmentMember>,
}

fn yes() -> bool {
    true
}

/// Somebody in a segment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SegmentMember {
    /// An id, external id, lower-case address or phone number of the profile.
    pub profile: String,
    /// Since when.
    #[serde(default)]
    pub joined_group_at: Timestamp,
}

/// How a twin is set up. [`Options::with_key`] is the start of all of them.
#[derive(Clone)]
pub struct Options {
    /// Where the API listens; loopback only. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// The private keys of the account.
    pub api_keys: Vec<ApiKey>,
    /// The account's public id, of six characters.
    pub account_id: String,
    /// What a request without a key gets.
    pub no_key: NoKey,
    /// How people get onto lists that do not say.
    pub default_opt_in: OptIn,
    /// The account can send SMS. Without it a phone number alone names nobody, and nobody subscribes to SMS.
    pub sms_set_up: bool,
    /// When jobs end.
    pub jobs_end: JobsEnd,
    /// So many of the next import jobs are cancelled half-way, in place of being ended.
    pub jobs_cancelled: u32,
    /// Bytes of a body before 413. Default [`limits::BODY_BYTES_MAX`].
    pub body_bytes_max: usize,
    /// Profiles of one import job. Default [`limits::JOB_PROFILES_MAX`].
    pub job_profiles_max: usize,
    /// Answer 429 above the vendor's limits, by the clock. When false (default) the headers count and nothing is refused, so that
    /// a test's end does not hang on the speed of a machine; use a throttling fault for a certain 429.
    pub enforce_rates: bool,
    /// Lists that exist.
    pub lists: Vec<List>,
    /// Segments that exist.
    pub segments: Vec<Segment>,
    /// A file that gets every ledger entry as a line of JSON before the request is answered.
    pub ledger_file: Option<PathBuf>,
    /// What time it is.
    pub clock: Clock,
}

impl Options {
    /// A free port of 127.0.0.1, one key that may do all, an account with SMS and double opt-in, jobs that end at the third question.
    pub fn with_key(key: impl Into<String>) -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            api_keys: vec![ApiKey::with_all(key)],
            account_id: "Tw1nAc".to_owned(),
            no_key: NoKey::default(),
            default_opt_in: OptIn::default(),
            sms_set_up: true,
            jobs_end: JobsEnd::AfterPolls(2),
            jobs_cancelled: 0,
            body_bytes_max: limits::BODY_BYTES_MAX,
            job_profiles_max: limits::JOB_PROFILES_MAX,
            enforce_rates: false,
            lists: Vec::new(),
            segments: Vec::new(),
            ledger_file: None,
            clock: system_clock(),
        }
    }
}
