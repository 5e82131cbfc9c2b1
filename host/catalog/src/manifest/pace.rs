//! Speed limits that belong to an account at the platform, not to a run.

use serde::{Deserialize, Serialize};

/// A token bucket that requests name. The host waits for it before sending; waiting is never a failure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Pace {
    /// The name that requests use.
    pub name: String,
    /// Who shares the bucket.
    pub scope: PaceScope,
    /// What one token is.
    #[serde(default)]
    pub unit: PaceUnit,
    /// Tokens that come back in each `per-seconds`.
    pub rate: u32,
    /// Length of the period, in seconds.
    pub per_seconds: u32,
    /// Tokens that may be used at once; `rate` unless said.
    #[serde(default)]
    pub burst: Option<u32>,
    /// Requests under way at once, over everybody who shares the bucket; no limit of its own unless said.
    #[serde(default)]
    pub in_flight: Option<u32>,
    /// The page that names the limit, and the day it was read.
    #[serde(default)]
    pub source: Option<super::Source>,
}

/// Who shares a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PaceScope {
    /// Everybody who uses this destination's credentials.
    Account,
    /// One object at the platform (a list, an audience).
    Object,
    /// Every destination of this connector.
    App,
}

/// What one token of a bucket pays for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum PaceUnit {
    #[default]
    Requests,
    Rows,
    Jobs,
}
